"""The core budget, and outcomes that are put off. Every rule is that of `projects.actions`."""

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
    decimal_text,
)
from habitat_tracker.errors import InvalidInput
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import person
from outcomes.api.stated import StatedFigureRow
from outcomes.choices import StatedTopic
from outcomes.models import Outcome, StatedFigure
from projects import actions
from projects.actions import CoreBudgetInput, ForecastInput
from projects.choices import DeferralState
from projects.filters import CoreBudgetFilter, DeferralFilter, ExpectedIncomeFilter
from projects.models import CoreBudget, Deferral, ExpectedIncome
from projects.money import ForecastYear, forecast_years

from .requests import ReadsRequests
from .result_bodies import Person
from .transactions import Withdrawal


class CoreBudgetRow(RowSerializer):
    """The core budget of a year in US dollars; `received` is null where it is not known."""

    share = serializers.SerializerMethodField()
    is_at_risk = serializers.BooleanField(help_text="Less was received than `risk_below` percent.")

    class Meta:
        model = CoreBudget
        fields = [
            "id",
            "year",
            "approved",
            "received",
            "share",
            "risk_below",
            "is_at_risk",
            "source",
            "note",
            "recorded_at",
        ]

    def get_share(self, one: CoreBudget) -> str | None:
        """Received in percent of approved, rounded to two places; null where it is not known."""
        return None if one.percent is None else decimal_text(one.percent)


class CoreBudgets(serializers.Serializer[Any]):
    """A page of the core budget, and what documents state of resources."""

    next = serializers.URLField(allow_null=True)
    results = CoreBudgetRow(many=True)
    stated = StatedFigureRow(many=True)


class NewCoreBudget(StrictSerializer):
    """The core budget of a year; what was set before is superseded."""

    year = serializers.IntegerField(min_value=1, max_value=9998)
    approved = DecimalInput()
    received = DecimalInput(required=False, allow_null=True)
    risk_below = DecimalInput(required=False, allow_null=True, help_text="In percent.")
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=1000, allow_blank=True
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="The `id` of the one that you saw for the year, 0 for none.",
    )


class CoreBudgetViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[CoreBudget]
):
    """The budget that is not earmarked: approved and received, year by year."""

    queryset = CoreBudget.objects.at()
    filterset_class = CoreBudgetFilter
    serializer_class = CoreBudgetRow
    ordering: ClassVar[tuple[str, ...]] = ("year",)

    @extend_schema(responses=CoreBudgets)
    def list(self, request: Request, plan: str) -> Response:
        """Year by year, and what documents state of resources."""
        answer = super().list(request)
        stated = StatedFigure.objects.visible_to(person(request)).on(
            self.plan, StatedTopic.RESOURCES
        )
        answer.data["stated"] = StatedFigureRow(stated, many=True).data
        return answer

    @extend_schema(request=NewCoreBudget, responses={200: CoreBudgetRow})
    def create(self, request: Request, plan: str) -> Response:
        """Set the core budget of a year; managers of headquarters."""
        given = self.body(NewCoreBudget)
        numbers = {name: str(given.get(name) or "") for name in ("received", "risk_below")}
        held = actions.set_core_budget(
            plan=self.plan,
            entered=CoreBudgetInput(
                year=given["year"],
                approved=given["approved"],
                source=given["source"],
                note=given["note"],
                **numbers,
            ),
            by=person(request),
            seen=given.get("version"),
        )
        return Response(CoreBudgetRow(held).data)


class DeferralRow(RowSerializer):
    """An outcome that is or was put off; `ended_at` is null where it still is."""

    outcome = serializers.CharField(source="outcome.code")
    state = serializers.SerializerMethodField()
    is_late = serializers.BooleanField(help_text="Still put off although its new date has passed.")
    recorded_by = Person(read_only=True)
    ended_at = serializers.DateTimeField(source="superseded_at", allow_null=True)
    ended_by = Person(source="superseded_by", read_only=True)

    class Meta:
        model = Deferral
        fields = [
            *("id", "outcome", "planned", "until", "reason", "state", "is_late"),
            *("recorded_at", "recorded_by", "ended_at", "ended_by"),
        ]

    @extend_schema_field(serializers.ChoiceField(DeferralState.choices))
    def get_state(self, one: Deferral) -> str:
        """Put off, put off anew (another row says to when), or taken up again."""
        return one.state.value


class NewDeferral(StrictSerializer):
    """An outcome, when it was planned, the new date, and why."""

    outcome = serializers.CharField(max_length=10)
    planned = serializers.DateField()
    until = serializers.DateField()
    reason = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class EndOfDeferral(StrictSerializer):
    """Why the work is taken up again, if there is something to say."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class DeferralViewSet(
    ReadsRequests, PlanScopedMixin, mixins.ListModelMixin, GenericViewSet[Deferral]
):
    """The outcomes that are put off; those that were, where `state` asks for them."""

    queryset = Deferral.objects.with_what_followed()
    plan_path = "outcome__plan"
    filterset_class = DeferralFilter
    serializer_class = DeferralRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    @extend_schema(request=NewDeferral, responses={201: DeferralRow})
    def create(self, request: Request, plan: str) -> Response:
        """Put an outcome off; managers of headquarters. An earlier deferral is superseded."""
        given = self.body(NewDeferral)
        code = given.pop("outcome")
        outcome = Outcome.objects.filter(plan=self.plan, code=code).first()
        if outcome is None:
            raise InvalidInput.of(
                "outcome", "unknown_outcome", _("There is no such outcome in this plan.")
            )
        user = person(request)
        held = actions.defer_outcome(outcome=outcome, **given, by=user)
        return Response(DeferralRow(held).data, status=201)

    @extend_schema(request=EndOfDeferral, responses={204: None})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, plan: str, pk: str) -> Response:
        """Take the work on the outcome up again."""
        user = person(request)
        actions.end_deferral(
            deferral=self.get_object(), by=user, reason=self.body(EndOfDeferral)["reason"]
        )
        return Response(status=204)


class ExpectedIncomeRow(RowSerializer):
    """Income that is expected in a year, with its worth in US dollars."""

    prong = serializers.CharField(source="prong.code", allow_null=True, default=None)
    rate_month = serializers.DateField(format="%Y-%m", help_text="The month of the rate.")
    posted_by = Person(read_only=True)
    withdrawn_by = Person(read_only=True)

    class Meta:
        model = ExpectedIncome
        fields = [
            *("id", "year", "donor", "earmarked", "currency", "amount", "usd", "rate"),
            *("rate_month", "likelihood", "prong", "note", "posted_at", "posted_by"),
            *("withdrawn_at", "withdrawn_by", "reason"),
        ]


class NewExpectedIncome(StrictSerializer):
    """Income that the plan expects in a year."""

    year = serializers.IntegerField(min_value=1, max_value=9998)
    amount = DecimalInput()
    likelihood = serializers.CharField(
        max_length=20, help_text="`signed`, `pledged` or `probable`."
    )
    earmarked = serializers.BooleanField()
    donor = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    currency = serializers.CharField(required=False, default="USD", max_length=10)
    prong = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=40,
        help_text="The code of a prong of the resource mobilization strategy.",
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)


class ExpectedOfLikelihood(serializers.Serializer[Any]):
    """How much is expected with a likelihood; null where nothing is."""

    likelihood = serializers.CharField()
    usd = DecimalText(allow_null=True)


class ForecastOfYear(serializers.Serializer[Any]):
    """A year in US dollars; null where nothing is recorded, which differs from 0."""

    year = serializers.IntegerField(help_text="0: all years together.")
    approved = DecimalText(allow_null=True)
    received = DecimalText(allow_null=True)
    expected = serializers.SerializerMethodField()
    expected_total = DecimalText(allow_null=True)

    @extend_schema_field(ExpectedOfLikelihood(many=True))
    def get_expected(self, year: ForecastYear) -> list[dict[str, Any]]:
        """From the surest on."""
        rows = [{"likelihood": one.value, "usd": usd} for one, usd in year.by_likelihood]
        return [dict(row) for row in ExpectedOfLikelihood(rows, many=True).data]


class ExpectedIncomeViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[ExpectedIncome],
):
    """Income that the plan expects, by year."""

    queryset = ExpectedIncome.objects.with_names()
    filterset_class = ExpectedIncomeFilter
    serializer_class = ExpectedIncomeRow
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("year", "pk")

    @extend_schema(request=NewExpectedIncome, responses={201: ExpectedIncomeRow})
    def create(self, request: Request, plan: str) -> Response:
        """Record income that is expected; managers of headquarters."""
        given = self.body(NewExpectedIncome)
        earmarked = "yes" if given.pop("earmarked") else "no"
        held = actions.expect_income(
            plan=self.plan,
            entered=ForecastInput(earmarked=earmarked, **given),
            by=person(request),
        )
        return Response(ExpectedIncomeRow(held).data, status=201)

    @extend_schema(request=Withdrawal, responses=ExpectedIncomeRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, plan: str, pk: str) -> Response:
        """Take back what was expected, with a reason; it is kept and counts no longer."""
        held = actions.withdraw_expected_income(
            expected=self.get_object(),
            reason=self.body(Withdrawal)["reason"],
            by=person(request),
        )
        return Response(ExpectedIncomeRow(held).data)

    @extend_schema(responses=ForecastOfYear(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def years(self, request: Request, plan: str) -> Response:
        """What is expected year by year, beside what projects may spend and received."""
        refuse_unknown_parameters(request, set())
        return Response(ForecastOfYear(forecast_years(self.plan), many=True).data)
