"""Regional strategies with their priorities: read by all staff, written by their managers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Office
from habitat_tracker.drf import (
    IF_MATCH,
    PlanScopedMixin,
    ReadsBody,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.web import allow, person, visible_or_404
from outcomes import actions
from outcomes.filters import StrategyFilter
from outcomes.models import PriorityOutcome, RegionalStrategy, StrategyPriority
from outcomes.permissions import can_keep_strategy

_OFFICE = r"[^/\x00]+"


class PriorityOutcomeRow(RowSerializer):
    """An outcome that the priority serves; `unverified` is our reading, no document says so."""

    outcome = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = PriorityOutcome
        fields = ["outcome", "verification"]


class PriorityRow(RowSerializer):
    """A priority of a regional strategy, with the passage that states it."""

    outcomes = PriorityOutcomeRow(source="outcome_links", many=True, read_only=True)

    class Meta:
        model = StrategyPriority
        fields = [
            *("id", "key", "position", "text", "paragraph", "quote", "outcomes"),
            *("source", "verification", "note", "version"),
        ]


class StrategyRow(RowSerializer):
    """What a region sets out to do; without countries it is for all of its office."""

    office = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    countries = serializers.SlugRelatedField("iso3", many=True, read_only=True)  # type: ignore[var-annotated]
    priorities = PriorityRow(source="current", many=True, read_only=True)

    class Meta:
        model = RegionalStrategy
        fields = [
            *("office", "text", "start", "end", "countries", "quote"),
            *("source", "verification", "note", "version", "priorities"),
        ]


class _Documented(StrictSerializer):
    """A text by language, the passage that states it, and its source."""

    text = serializers.DictField(child=serializers.CharField(max_length=10_000))
    quote = serializers.DictField(child=serializers.CharField(max_length=10_000), default=dict)
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, default="", max_length=1_000
    )
    verification = serializers.CharField(allow_blank=True, default="", max_length=20)
    reason = serializers.CharField(allow_blank=True, default="", max_length=1_000)
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw; 0 where there was none yet.",
    )


class StrategyBody(_Documented):
    """A regional strategy, the whole of it but its priorities."""

    start = serializers.DateField(default=None, allow_null=True)
    end = serializers.DateField(default=None, allow_null=True)
    countries = serializers.ListField(
        child=serializers.CharField(max_length=10),
        default=list,
        max_length=300,
        help_text="Three letters each; none: all countries of the office.",
    )


class PriorityBody(_Documented):
    """A priority, the whole of it."""

    paragraph = serializers.CharField(allow_blank=True, default="", max_length=100)
    outcomes = serializers.DictField(
        child=serializers.CharField(max_length=20),
        default=dict,
        help_text="Outcomes by code, each with how sure that is; `unverified`: your own reading.",
    )


class OrderBody(StrictSerializer):
    """The ids of all priorities, in their order; the version is that of the strategy."""

    order = serializers.ListField(child=serializers.IntegerField(), max_length=1_000)
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class WithdrawalBody(StrictSerializer):
    """Why a priority no longer holds."""

    reason = serializers.CharField(allow_blank=True, max_length=10_000)
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class RegionalStrategyViewSet(
    ReadsBody,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[RegionalStrategy],
):
    """The regional strategies of the plan, with the priorities that hold, in their order."""

    queryset = RegionalStrategy.objects.with_priorities()
    serializer_class = StrategyRow
    filterset_class = StrategyFilter
    lookup_field = "office__code"
    lookup_url_kwarg = "office"
    lookup_value_regex = _OFFICE
    ordering: ClassVar[tuple[str, ...]] = ("office__path",)

    @extend_schema(request=StrategyBody, parameters=[IF_MATCH], responses=StrategyRow)
    def update(self, request: Request, plan: str, office: str) -> Response:
        """Keep a region's strategy; what is left out is taken away, the priorities stay."""
        region = visible_or_404(Office.objects.regions(), request.user, code=office)
        self._check(region)
        given = self.body(StrategyBody)
        version = self.needed_version(given)
        actions.save_strategy(
            plan=self.plan,
            office=region,
            said=actions.StrategyInput(
                countries=tuple(given["countries"]),
                **{name: given[name] for name in ("start", "end", *_SAID)},
            ),
            by=person(request),
            version=version,
            reason=given["reason"],
        )
        return self._answer(office)

    @extend_schema(request=PriorityBody, responses={201: StrategyRow})
    @action(detail=True, methods=["post"])
    def priorities(self, request: Request, plan: str, office: str) -> Response:
        """Add a priority at the end of the strategy."""
        strategy = self._strategy()
        given = self.body(PriorityBody)
        actions.save_priority(
            strategy=strategy,
            said=self._said(given),
            by=person(request),
            reason=given["reason"],
        )
        return self._answer(office, 201)

    @extend_schema(request=PriorityBody, parameters=[IF_MATCH], responses=StrategyRow)
    @action(detail=True, methods=["put"], url_path=r"priorities/(?P<priority>\d{1,18})")
    def priority(self, request: Request, plan: str, office: str, priority: str) -> Response:
        """Change a priority, the whole of it; needs the version that you saw."""
        strategy = self._strategy()
        row = self._priority(strategy, priority)
        given = self.body(PriorityBody)
        actions.save_priority(
            strategy=strategy,
            priority=row,
            said=self._said(given),
            by=person(request),
            version=self.needed_version(given),
            reason=given["reason"],
        )
        return self._answer(office)

    @extend_schema(request=WithdrawalBody, parameters=[IF_MATCH], responses=StrategyRow)
    @action(detail=True, methods=["post"], url_path=r"priorities/(?P<priority>\d{1,18})/withdraw")
    def withdraw(self, request: Request, plan: str, office: str, priority: str) -> Response:
        """Take a priority out of the strategy and say why."""
        row = self._priority(self._strategy(), priority)
        given = self.body(WithdrawalBody)
        actions.withdraw_priority(
            priority=row,
            reason=given["reason"],
            by=person(request),
            version=self.version(given),
        )
        return self._answer(office)

    @extend_schema(request=OrderBody, parameters=[IF_MATCH], responses=StrategyRow)
    @action(detail=True, methods=["put"])
    def order(self, request: Request, plan: str, office: str) -> Response:
        """Put the priorities in order."""
        strategy = self._strategy()
        given = self.body(OrderBody)
        actions.reorder_priorities(
            strategy=strategy,
            order=given["order"],
            by=person(request),
            version=self.version(given),
        )
        return self._answer(office)

    def _strategy(self) -> RegionalStrategy:
        """The strategy of the address, for who keeps it."""
        strategy = self.get_object()
        self._check(strategy.office)
        return strategy

    def _check(self, office: Office) -> None:
        user = person(self.request)
        allow(
            can_keep_strategy(user, office),
            _("Only a manager of this office or one above it may do this."),
        )

    def _priority(self, strategy: RegionalStrategy, key: str) -> StrategyPriority:
        row = StrategyPriority.objects.filter(strategy=strategy, pk=key).first()
        if row is None:
            raise Http404
        return row

    def _said(self, given: dict[str, Any]) -> actions.PriorityInput:
        return actions.PriorityInput(
            **{name: given[name] for name in ("outcomes", "paragraph", *_SAID)}
        )

    def _answer(self, office: str, status: int = 200) -> Response:
        """The strategy as it is now."""
        fresh = self.get_queryset().get(office__code=office)
        headers = {"ETag": f'"{fresh.version}"'}
        return Response(StrategyRow(fresh).data, status=status, headers=headers)


_SAID = ("text", "quote", "source", "verification")
