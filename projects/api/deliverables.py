"""The register of deliverables. Every rule is that of `projects.actions`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import (
    DecimalInput,
    DecimalText,
    PlanScopedMixin,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import allow, person
from outcomes.choices import DeliverableKind
from outcomes.models import Outcome
from projects import actions, permissions
from projects.actions import DeliverableInput
from projects.choices import Language
from projects.cities import delivered_by_city
from projects.filters import DeliverableFilter
from projects.models import Deliverable

from .requests import IF_MATCH, ReadsRequests
from .result_bodies import CheckedWord, MoveWithReason, Person

PARTICIPANTS = ("women", "men", "unstated")


class DeliverableContent(StrictSerializer):
    """What is registered of a deliverable."""

    kind = CheckedWord(DeliverableKind.choices, required=False)
    title = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    outcome = serializers.CharField(
        required=False, max_length=10, help_text="The code of the outcome that it serves."
    )
    date = serializers.DateField(
        required=False, help_text="Published or delivered on; says the period in which it counts."
    )
    language = CheckedWord(Language.choices, required=False)
    place = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=120,
        help_text="A country's three letters or a city's key; null for none.",
    )
    link = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    symbol = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="As on it, like HS/012/21E."
    )
    women = DecimalInput(required=False, allow_null=True, help_text="Participants of an event.")
    men = DecimalInput(required=False, allow_null=True, help_text="Participants of an event.")
    unstated = DecimalInput(
        required=False, allow_null=True, help_text="Participants whose sex is not stated."
    )
    is_joint = serializers.BooleanField(
        required=False,
        help_text="Another project registered it first, and it is this project's too.",
    )
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=10_000,
        help_text="Needed where an approved result counts it: why that is corrected.",
    )
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw; else `If-Match`.",
    )


class NewDeliverable(DeliverableContent):
    """A deliverable of a project."""

    project = serializers.CharField(max_length=40)


class CityDelivered(serializers.Serializer[Any]):
    """A city with its deliverables; `city` is what the list is filtered by.

    Where it lies is in degrees, null where nobody has said.
    """

    country = serializers.CharField(source="country.iso3")
    city = serializers.CharField(source="city.key")
    name = serializers.JSONField(source="city.name")
    latitude = DecimalText(source="city.latitude", allow_null=True)
    longitude = DecimalText(source="city.longitude", allow_null=True)
    count = serializers.IntegerField()
    last = serializers.DateField()


class DeliverableRow(RowSerializer):
    """A deliverable of the register."""

    project = serializers.CharField(source="project.code")
    office = serializers.CharField(source="project.office.code")
    outcome = serializers.CharField(source="outcome.code")
    place = serializers.SerializerMethodField()
    joint_with = serializers.IntegerField(source="joint_with_id", allow_null=True)
    applied_by = serializers.IntegerField(
        allow_null=True,
        help_text="How many other projects apply it; null where it is no product.",
    )
    entered_by = Person(read_only=True)

    class Meta:
        model = Deliverable
        fields = [
            "id",
            "project",
            "office",
            "kind",
            "title",
            "outcome",
            "date",
            "language",
            "place",
            "link",
            "symbol",
            "women",
            "men",
            "unstated",
            "joint_with",
            "applied_by",
            "cancelled_at",
            "cancel_reason",
            "version",
            "entered_by",
            "entered_at",
            "changed_at",
        ]

    @extend_schema_field({"type": "string", "nullable": True})
    def get_place(self, one: Deliverable) -> str | None:
        """A country's three letters, a city's key, or null."""
        if one.city:
            return one.city.key
        return one.country.iso3 if one.country else None


class DeliverableViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Deliverable],
):
    """What the plan's projects delivered, each registered once; results count from here."""

    queryset = Deliverable.objects.select_related(
        "project__office", "project__plan", "outcome", "country", "city", "entered_by"
    ).with_applications()
    plan_path = "project__plan"
    filterset_class = DeliverableFilter
    serializer_class = DeliverableRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One deliverable; `ETag` is its version."""
        return self.answer(self.get_object())

    @extend_schema(request=NewDeliverable, responses={201: DeliverableRow})
    def create(self, request: Request, plan: str) -> Response:
        """Register a deliverable; the results that count it follow.

        Registered by another project already it is refused (`duplicate_deliverable`) unless
        `is_joint` says that it is this project's too.
        """
        given = self.body(NewDeliverable)
        project = self.project(given["project"])
        self.allow_registering(project)
        entered: dict[str, Any] = {"kind": "", "title": "", "outcome": None, "date": None}
        entered |= self.fields(given)
        saved = actions.save_deliverable(
            project=project,
            entered=DeliverableInput(**entered),
            by=person(request),
            reason=given.get("reason", ""),
        )
        return self.answer(saved, status=201)

    @extend_schema(responses=CityDelivered(many=True))
    @action(detail=False, url_path="by-city", pagination_class=None)
    def by_city(self, request: Request, plan: str) -> Response:
        """How much was delivered in each city, by country and name; filtered as the list."""
        rows = delivered_by_city(self.filter_queryset(self.get_queryset()))
        assert rows or self.plan
        return Response(CityDelivered(rows, many=True).data)

    @extend_schema(request=DeliverableContent, parameters=[IF_MATCH], responses=DeliverableRow)
    def partial_update(self, request: Request, plan: str, pk: str) -> Response:
        """Change what is registered; fields that are left out stay as they are.

        Needs the version that you saw (`version` or `If-Match`).
        """
        held = self.get_object()
        self.allow_registering(held.project)
        given = self.body(DeliverableContent)
        names = ("kind", "title", "outcome", "date", "language", "country", "city", "link")
        entered = {name: getattr(held, name) for name in (*names, "symbol", *PARTICIPANTS)}
        entered["is_joint"] = held.joint_with_id is not None
        saved = actions.save_deliverable(
            project=held.project,
            entered=DeliverableInput(**(entered | self.fields(given))),
            by=person(request),
            deliverable=held,
            version=self.needed_version(given),
            reason=given.get("reason", ""),
        )
        return self.answer(saved)

    @extend_schema(request=MoveWithReason, parameters=[IF_MATCH], responses=DeliverableRow)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, plan: str, pk: str) -> Response:
        """Take a deliverable out of the register, with a reason; it is kept and counts nowhere."""
        held = self.get_object()
        given = self.body(MoveWithReason)
        saved = actions.cancel_deliverable(
            deliverable=held,
            reason=given["reason"],
            by=person(request),
            version=self.version(given),
        )
        return self.answer(saved)

    def allow_registering(self, project: Any) -> None:
        """Refused before the body is read further."""
        allow(
            permissions.can_register(person(self.request), project),
            _("Only a reporter of this project's office may register what it delivers."),
        )

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the body says, for the action."""
        said = {
            name: value
            for name, value in given.items()
            if name not in ("project", "place", "reason", "version")
        }
        if "outcome" in said:
            said["outcome"] = Outcome.objects.filter(plan=self.plan, code=said["outcome"]).first()
            if said["outcome"] is None:
                raise InvalidInput.of(
                    "outcome", "unknown_outcome", _("There is no such outcome in this plan.")
                )
        if "place" in given:
            said["country"], said["city"] = self.place(given["place"])
        return said

    def answer(self, one: Deliverable, status: int = 200) -> Response:
        """A deliverable with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = DeliverableRow(fresh, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})
