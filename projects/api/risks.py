"""The register of risks. Every rule is that of the actions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import User
from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import allow, person
from outcomes.models import Outcome
from projects import actions
from projects.actions import RiskInput
from projects.filters import RiskFilter
from projects.models import Risk

from .life import VERSION, Moved
from .requests import IF_MATCH, ReadsRequests
from .result_bodies import Person


class RiskRow(RowSerializer):
    """A risk; `score` is likelihood times impact, `level` what that means."""

    project = serializers.CharField(source="project.code", allow_null=True, default=None)
    outcome = serializers.CharField(source="outcome.code", allow_null=True, default=None)
    office = serializers.CharField(source="office.code")
    level = serializers.CharField(source="level.value")
    owner = Person(read_only=True)

    class Meta:
        model = Risk
        fields = [
            *("id", "title", "description", "project", "outcome", "office", "category"),
            *("likelihood", "impact", "score", "level", "response", "measures", "owner"),
            *("review_by", "closed_at", "close_reason", "version"),
        ]


class RiskBody(StrictSerializer):
    """A risk, the whole of it."""

    title = serializers.CharField(allow_blank=True, max_length=400)
    description = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    category = serializers.CharField(max_length=20)
    likelihood = serializers.IntegerField(help_text="1 to 5.")
    impact = serializers.IntegerField(help_text="1 to 5.")
    response = serializers.CharField(max_length=20)
    measures = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    owner = serializers.CharField(max_length=254, help_text="Their e-mail address.")
    review_by = serializers.DateField(required=False, allow_null=True, default=None)
    version = serializers.IntegerField(**VERSION)


class NewRisk(RiskBody):
    """A risk of a project or of an outcome, by its code; of neither, of the plan."""

    project = serializers.CharField(allow_blank=True, default="", max_length=40)
    outcome = serializers.CharField(allow_blank=True, default="", max_length=10)


class RiskViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Risk],
):
    """What may keep the plan, an outcome or a project from its results."""

    queryset = Risk.objects.select_related("project__office", "outcome", "office", "owner")
    filterset_class = RiskFilter
    serializer_class = RiskRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=NewRisk, responses={201: RiskRow})
    def create(self, request: Request, plan: str) -> Response:
        """Enter a risk."""
        given = self.body(NewRisk)
        project = self.project(code) if (code := given.pop("project")) else None
        outcome = None
        if code := given.pop("outcome"):
            outcome = Outcome.objects.filter(plan=self.plan, code=code).first()
            if outcome is None:
                text = _("There is no such outcome in this plan.")
                raise InvalidInput.of("outcome", "unknown_outcome", text)
        return self.write(given | {"project": project, "outcome": outcome}, None, 201)

    @extend_schema(request=RiskBody, parameters=[IF_MATCH], responses=RiskRow)
    def update(self, request: Request, plan: str, pk: str) -> Response:
        """Rate and describe a risk anew, the whole of it."""
        held = self.get_object()
        return self.write(self.body(RiskBody) | {"project": held.project}, held, 200)

    def write(self, given: dict[str, Any], held: Risk | None, status: int) -> Response:
        """Save what was sent."""
        user = person(self.request)
        allow(actions.may_keep_risks(user, given["project"]), _("You may not keep these risks."))
        version = self.version(given)
        given.pop("version", None)
        owner = User.objects.filter(email__iexact=given.pop("owner")).first()
        if owner is None:
            raise InvalidInput.of("owner", "unknown_person", _("There is no such person."))
        entered = RiskInput(**given, owner=owner)
        saved = actions.save_risk(
            plan=self.plan, entered=entered, by=user, risk=held, version=version
        )
        return self.answer(saved, status)

    @extend_schema(request=Moved, responses=RiskRow)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, plan: str, pk: str) -> Response:
        """Close a risk, with a reason."""
        held, given, user = self.get_object(), self.body(Moved), person(request)
        done = actions.close_risk(
            risk=held,
            reason=given["reason"],
            by=user,
            version=self.version(given),
        )
        return self.answer(done)

    def answer(self, one: Risk, status: int = 200) -> Response:
        """A risk with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        headers = {"ETag": f'"{fresh.version}"'}
        return Response(RiskRow(fresh).data, status=status, headers=headers)
