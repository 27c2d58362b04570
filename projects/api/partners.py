"""Partners and agreements with them. Every rule is that of `projects.actions`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.clock import end_of_day
from habitat_tracker.drf import DecimalInput, PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import allow, person, whole_number
from outcomes.api.stated import StatedFigureRow
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects import actions, permissions
from projects.actions import AgreementInput, ContributionInput, PartnerInput
from projects.choices import (
    AgreementKind,
    AgreementScope,
    AgreementState,
    ContributionRole,
    PartnerKind,
)
from projects.filters import (
    AgreementFilter,
    PartnerContributionFilter,
    PartnerCountForm,
    PartnerFilter,
)
from projects.models import Agreement, Partner, PartnerContribution
from projects.partners import count_partners, preview_merge, usual_window

from .requests import IF_MATCH, ReadsRequests
from .result_bodies import CheckedWord, MoveWithReason, Person

NUMBER = r"\d{1,18}"


class ReadsPartners(ReadsRequests):
    """Reads what the endpoints of partners have in common."""

    def country(self, code: str | None, field: str = "country") -> Country | None:
        """A country by its three letters."""
        if not code:
            return None
        found = Country.objects.filter(iso3=code).first()
        if found is None:
            text = _("“%(code)s” is not the three-letter code of a country.")
            raise InvalidInput.of(field, "unknown_place", text % {"code": code[:40]})
        return found

    def partner(self, pk: int, field: str = "partner") -> Partner:
        """A partner of the plan."""
        found = (
            Partner.objects.visible_to(person(self.request)).filter(plan=self.plan, pk=pk).first()
        )
        if found is None:
            raise InvalidInput.of(
                field, "unknown_partner", _("There is no such partner in this plan.")
            )
        return found


class VersionSeen(StrictSerializer):
    """The version that the caller saw."""

    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw; else `If-Match`.",
    )


class PartnerContent(VersionSeen):
    """What is registered of a partner."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    kind = CheckedWord(PartnerKind.choices, required=False)
    country = serializers.CharField(
        required=False, allow_null=True, max_length=3, help_text="A country's three letters."
    )
    website = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    confirm_similar = serializers.BooleanField(
        required=False,
        default=False,
        help_text="One of nearly the same name is there, and this is another.",
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class MergeWith(MoveWithReason):
    """Which partner it is, how one knows, and what was shown before."""

    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Its key.")
    preview = serializers.CharField(
        required=False,
        default="",
        max_length=64,
        help_text="The `preview` that `GET` gave: what you saw is what you confirm.",
    )


class PartnerRow(RowSerializer):
    """A partner; one that was merged counts as `merged_into`."""

    country = serializers.CharField(source="country.iso3", allow_null=True, default=None)
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)
    entered_by = Person(read_only=True, allow_null=True)

    class Meta:
        model = Partner
        fields = [
            "id",
            "name",
            "kind",
            "country",
            "website",
            "merged_into",
            "version",
            "entered_by",
            "entered_at",
            "changed_at",
        ]


class KindCounted(serializers.Serializer[Any]):
    """How many partners of a kind; null where the plan has no agreement."""

    kind = serializers.ChoiceField(PartnerKind.choices)
    partners = serializers.IntegerField(allow_null=True)


class PartnersCounted(serializers.Serializer[Any]):
    """Partners with an agreement signed within the window; totals are sums of the kinds.

    Where the plan has no agreement the numbers are null: nothing is known, which differs from 0.
    """

    start = serializers.DateField()
    end = serializers.DateField()
    reviewed = KindCounted(many=True, help_text="The kinds that the review counts.")
    total = serializers.IntegerField(allow_null=True, help_text="Of those kinds together.")
    others = KindCounted(many=True)
    total_of_all = serializers.IntegerField(allow_null=True)


class PartnersSummary(PartnersCounted):
    """The count, and what documents state of partners."""

    stated = StatedFigureRow(many=True)


class MergeSeen(serializers.Serializer[Any]):
    """What is counted before and after two partners are one."""

    partner = serializers.IntegerField(source="partner.pk")
    into = serializers.IntegerField(source="into.pk", help_text="The one that counts afterwards.")
    before = PartnersCounted()
    after = PartnersCounted()
    agreements = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of each now; together afterwards."
    )
    agreements_together = serializers.IntegerField()
    contributions = serializers.ListField(
        child=serializers.IntegerField(), help_text="To projects, of each now."
    )
    contributions_together = serializers.IntegerField()
    preview = serializers.CharField(source="key", help_text="To be named where it is confirmed.")


class PartnerViewSet(
    ReadsPartners,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Partner],
):
    """Organizations that UN-Habitat works with, each registered once, by name."""

    queryset = Partner.objects.select_related("plan", "country", "entered_by")
    filterset_class = PartnerFilter
    serializer_class = PartnerRow
    lookup_value_regex = NUMBER
    ordering: ClassVar[tuple[str, ...]] = ("key", "pk")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One partner; `ETag` is its version."""
        return self.answer(self.get_object())

    @extend_schema(request=PartnerContent, responses={201: PartnerRow})
    def create(self, request: Request, plan: str) -> Response:
        """Add a partner.

        One of the same name is refused (`partner_exists`), one of nearly the same name too
        (`similar_partner`), unless `confirm_similar` says that both are partners.
        """
        user = person(request)
        allow(
            permissions.can_add_partner(user),
            _("Only reporters and managers of an office may add partners."),
        )
        given = self.body(PartnerContent)
        entered: dict[str, Any] = {"name": "", "kind": ""}
        saved = actions.save_partner(
            plan=self.plan,
            entered=PartnerInput(**(entered | self.fields(given))),
            by=user,
            confirm_similar=given["confirm_similar"],
            reason=given["reason"],
        )
        return self.answer(saved, status=201)

    @extend_schema(request=PartnerContent, parameters=[IF_MATCH], responses=PartnerRow)
    def partial_update(self, request: Request, plan: str, pk: str) -> Response:
        """Change a partner; fields that are left out stay as they are.

        Needs the version that you saw (`version` or `If-Match`). A new name changes no figure.
        """
        held, user = self.get_object(), person(request)
        allow(
            permissions.can_change_partner(user),
            _("Only a manager of an office may change partners."),
        )
        given = self.body(PartnerContent)
        entered = {name: getattr(held, name) for name in ("name", "kind", "country", "website")}
        saved = actions.save_partner(
            plan=self.plan,
            entered=PartnerInput(**(entered | self.fields(given))),
            by=user,
            partner=held,
            version=self.needed_version(given),
            confirm_similar=given["confirm_similar"],
            reason=given["reason"],
        )
        return self.answer(saved)

    @extend_schema(request=MergeWith, parameters=[IF_MATCH], responses=PartnerRow)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, plan: str, pk: str) -> Response:
        """Say that it is another partner; gives the one that counts from now on.

        `preview` names what `GET` showed; where that has changed since, nothing is merged.
        """
        held, user = self._to_merge(), person(request)
        given = self.body(MergeWith)
        if not given["preview"]:
            text = _("Look at what will be counted, and name the preview that you saw.")
            raise InvalidInput.of("preview", "missing_preview", text)
        root = actions.merge_partners(
            partner=held,
            into=self.partner(given["into"], "into"),
            by=user,
            reason=given["reason"],
            version=self.version(given),
            preview=given["preview"],
        )
        return self.answer(root)

    @extend_schema(
        parameters=[
            OpenApiParameter("into", int, required=True, description="The key of the other one.")
        ],
        responses=MergeSeen,
        filters=False,
    )
    @merge.mapping.get
    def see_merge(self, request: Request, plan: str, pk: str) -> Response:
        """What would be counted if it were another partner; nothing is changed."""
        held = self._to_merge()
        refuse_unknown_parameters(request, {"into"})
        into = whole_number(request.query_params.get("into", ""), 0, digits=18)
        return Response(MergeSeen(preview_merge(held, self.partner(into, "into"))).data)

    def _to_merge(self) -> Partner:
        """The partner, for whoever may say that it is another one."""
        held = self.get_object()
        allow(
            permissions.can_change_partner(person(self.request)),
            _("Only a manager of an office may change partners."),
        )
        return held

    @extend_schema(
        parameters=[
            OpenApiParameter("start", str, description="Signed from (else the plan's start)."),
            OpenApiParameter("end", str, description="Signed until (else today)."),
            OpenApiParameter("as_of", str, description="As known at the end of a day."),
        ],
        responses=PartnersSummary,
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def count(self, request: Request, plan: str) -> Response:
        """How many partners have an agreement signed within a window, by kind."""
        form = PartnerCountForm(request.query_params)
        refuse_unknown_parameters(request, set(form.fields))
        if not form.is_valid():
            raise InvalidInput(
                [
                    Problem(field, "invalid", str(message))
                    for field, messages in form.errors.items()
                    for message in messages
                ]
            )
        asked = form.cleaned_data
        start, end = usual_window(self.plan.current)
        start, end = asked["start"] or start, asked["end"] or end
        moment = end_of_day(asked["as_of"]) if asked["as_of"] else None
        counted = count_partners(self.plan, start, max(start, end), moment)
        stated = StatedFigure.objects.visible_to(person(request)).on(
            self.plan, StatedTopic.PARTNERS
        )
        body = PartnersCounted(counted).data
        return Response(body | {"stated": StatedFigureRow(stated, many=True).data})

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the body says, for the action."""
        names = ("name", "kind", "website")
        said: dict[str, Any] = {name: given[name] for name in names if name in given}
        if "country" in given:
            said["country"] = self.country(given["country"])
        return said

    def answer(self, one: Partner, status: int = 200) -> Response:
        """A partner with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = PartnerRow(fresh, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})


class AgreementContent(VersionSeen):
    """What is registered of an agreement."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=200)
    kind = CheckedWord(AgreementKind.choices, required=False)
    scope = CheckedWord(AgreementScope.choices, required=False)
    office = serializers.CharField(required=False, max_length=20, help_text="Its code.")
    countries = serializers.ListField(
        child=serializers.CharField(max_length=3),
        required=False,
        max_length=300,
        help_text="Countries' three letters.",
    )
    signed = serializers.DateField(required=False)
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class NewAgreement(AgreementContent):
    """An agreement with a partner."""

    partner = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class AgreementRow(RowSerializer):
    """An agreement; `state` is where it stands today."""

    partner = serializers.IntegerField(source="partner_id")
    office = serializers.CharField(source="office.code")
    countries = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    entered_by = Person(read_only=True, allow_null=True)

    class Meta:
        model = Agreement
        fields = [
            "id",
            "partner",
            "title",
            "reference",
            "kind",
            "scope",
            "office",
            "countries",
            "signed",
            "start",
            "end",
            "state",
            "note",
            "withdrawn_at",
            "withdrawal_reason",
            "version",
            "entered_by",
            "entered_at",
            "changed_at",
        ]

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_countries(self, one: Agreement) -> list[str]:
        """Countries' three letters."""
        return sorted(country.iso3 for country in one.countries.all())

    @extend_schema_field(serializers.ChoiceField(AgreementState.choices))
    def get_state(self, one: Agreement) -> str:
        """To come, in force, ended or withdrawn."""
        return one.state.value


class AgreementViewSet(
    ReadsPartners,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Agreement],
):
    """Agreements with partners; a renewal is an agreement of its own."""

    queryset = Agreement.objects.select_related("partner", "office", "entered_by").prefetch_related(
        "countries"
    )
    plan_path = "partner__plan"
    filterset_class = AgreementFilter
    serializer_class = AgreementRow
    lookup_value_regex = NUMBER
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One agreement; `ETag` is its version."""
        return self.answer(self.get_object())

    @extend_schema(request=NewAgreement, responses={201: AgreementRow})
    def create(self, request: Request, plan: str) -> Response:
        """Add an agreement that an office signed with a partner."""
        user = person(request)
        allow(
            permissions.can_add_partner(user),
            _("Only reporters and managers of an office may add its agreements."),
        )
        given = self.body(NewAgreement)
        entered: dict[str, Any] = dict.fromkeys(("title", "kind", "scope"), "")
        entered |= dict.fromkeys(("office", "signed", "start"))
        saved = actions.save_agreement(
            partner=self.partner(given["partner"]),
            entered=AgreementInput(**(entered | self.fields(given))),
            by=user,
            reason=given["reason"],
        )
        return self.answer(saved, status=201)

    @extend_schema(request=AgreementContent, parameters=[IF_MATCH], responses=AgreementRow)
    def partial_update(self, request: Request, plan: str, pk: str) -> Response:
        """Change an agreement; fields that are left out stay as they are.

        Needs the version that you saw (`version` or `If-Match`).
        """
        held = self.get_object()
        user = person(request)
        allow(
            permissions.can_change_agreement(user, held),
            _("Only a manager of the agreement's office may change it."),
        )
        given = self.body(AgreementContent)
        names = ("title", "kind", "scope", "office", "signed", "start", "end", "reference", "note")
        entered: dict[str, Any] = {name: getattr(held, name) for name in names}
        entered["countries"] = tuple(held.countries.all())
        saved = actions.save_agreement(
            partner=held.partner,
            entered=AgreementInput(**(entered | self.fields(given))),
            by=user,
            agreement=held,
            version=self.needed_version(given),
            reason=given["reason"],
        )
        return self.answer(saved)

    @extend_schema(request=MoveWithReason, parameters=[IF_MATCH], responses=AgreementRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take out an agreement that was entered by mistake, with a reason; it is kept."""
        held = self.get_object()
        given = self.body(MoveWithReason)
        saved = actions.withdraw_agreement(
            agreement=held,
            reason=given["reason"],
            by=person(request),
            version=self.version(given),
        )
        return self.answer(saved)

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the body says, for the action."""
        aside = ("partner", "office", "countries", "reason", "version")
        said = {name: value for name, value in given.items() if name not in aside}
        if "office" in given:
            said["office"] = Office.objects.filter(code=given["office"]).first()
            if said["office"] is None:
                raise InvalidInput.of("office", "unknown_office", _("There is no such office."))
        if "countries" in given:
            named = (self.country(code, "countries") for code in given["countries"])
            said["countries"] = tuple(one for one in named if one)
        return said

    def answer(self, one: Agreement, status: int = 200) -> Response:
        """An agreement with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = AgreementRow(fresh, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})


class ContributionContent(VersionSeen):
    """What a partner contributes to a project."""

    partner = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    role = CheckedWord(ContributionRole.choices, required=False)
    what = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    amount = DecimalInput(required=False, allow_null=True)
    currency = serializers.CharField(
        required=False, allow_blank=True, max_length=3, help_text="Three letters, like EUR."
    )
    start = serializers.DateField(
        required=False, help_text="Its month says at which rate an amount is converted."
    )
    end = serializers.DateField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class NewContribution(ContributionContent):
    """A contribution to a project."""

    project = serializers.CharField(max_length=40)


class ContributionRow(RowSerializer):
    """A contribution; `usd` is the amount at `rate`, that of `rate_month`."""

    project = serializers.CharField(source="project.code")
    partner = serializers.IntegerField(source="partner_id")
    rate_month = serializers.DateField(format="%Y-%m", allow_null=True)
    entered_by = Person(read_only=True, allow_null=True)

    class Meta:
        model = PartnerContribution
        fields = [
            "id",
            "project",
            "partner",
            "role",
            "what",
            "amount",
            "currency",
            "usd",
            "rate",
            "rate_month",
            "start",
            "end",
            "withdrawn_at",
            "withdrawal_reason",
            "version",
            "entered_by",
            "entered_at",
            "changed_at",
        ]


class PartnerContributionViewSet(
    ReadsPartners,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[PartnerContribution],
):
    """What partners contribute to the plan's projects."""

    queryset = PartnerContribution.objects.select_related(
        "project__office", "project__plan", "partner", "entered_by"
    )
    plan_path = "project__plan"
    filterset_class = PartnerContributionFilter
    serializer_class = ContributionRow
    lookup_value_regex = NUMBER
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One contribution; `ETag` is its version."""
        return self.answer(self.get_object())

    @extend_schema(request=NewContribution, responses={201: ContributionRow})
    def create(self, request: Request, plan: str) -> Response:
        """Say what a partner contributes to a project."""
        given = self.body(NewContribution)
        project = self.project(given["project"])
        self.allow_keeping(project)
        entered: dict[str, Any] = {"partner": None, "role": "", "what": "", "start": None}
        saved = actions.save_contribution(
            project=project,
            entered=ContributionInput(**(entered | self.fields(given))),
            by=person(request),
            reason=given["reason"],
        )
        return self.answer(saved, status=201)

    @extend_schema(request=ContributionContent, parameters=[IF_MATCH], responses=ContributionRow)
    def partial_update(self, request: Request, plan: str, pk: str) -> Response:
        """Change a contribution; fields that are left out stay as they are.

        Needs the version that you saw (`version` or `If-Match`).
        """
        held = self.get_object()
        self.allow_keeping(held.project)
        given = self.body(ContributionContent)
        names = ("partner", "role", "what", "amount", "currency", "start", "end")
        entered = {name: getattr(held, name) for name in names}
        saved = actions.save_contribution(
            project=held.project,
            entered=ContributionInput(**(entered | self.fields(given))),
            by=person(request),
            contribution=held,
            version=self.needed_version(given),
            reason=given["reason"],
        )
        return self.answer(saved)

    @extend_schema(request=MoveWithReason, parameters=[IF_MATCH], responses=ContributionRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take out a contribution that was entered by mistake, with a reason; it is kept."""
        held = self.get_object()
        given = self.body(MoveWithReason)
        saved = actions.withdraw_contribution(
            contribution=held,
            reason=given["reason"],
            by=person(request),
            version=self.version(given),
        )
        return self.answer(saved)

    def allow_keeping(self, project: Any) -> None:
        """Refused before the body is read further."""
        allow(
            permissions.can_keep_contributions(person(self.request), project),
            _("Only reporters and managers of the project's office say what partners contribute."),
        )

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the body says, for the action."""
        aside = ("project", "partner", "reason", "version")
        said = {name: value for name, value in given.items() if name not in aside}
        if "partner" in given:
            said["partner"] = self.partner(given["partner"])
        return said

    def answer(self, one: PartnerContribution, status: int = 200) -> Response:
        """A contribution with its version as `ETag`."""
        fresh = self.queryset.all().get(pk=one.pk)
        data = ContributionRow(fresh, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{fresh.version}"'})
