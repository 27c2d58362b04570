"""Plans, domains, reporting periods and themes."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.drf import (
    IF_MATCH,
    PlanScopedMixin,
    ReadsBody,
    RowSerializer,
    ScopedMixin,
    StrictSerializer,
)
from habitat_tracker.web import allow, person
from plans import actions
from plans.filters import PeriodFilter, PlanFilter, ThemeFilter
from plans.models import Domain, PlanRevision, ReportingPeriod, StrategicPlan, Theme


class PlanDates(RowSerializer):
    """A plan's dates and settings that count now; the shares are per mille."""

    class Meta:
        model = PlanRevision
        fields = [
            "start",
            "end",
            "due_days",
            "minimum_coverage",
            "on_track_at",
            "delayed_at",
            "decided_on",
            "decided_by",
            "source",
        ]


class PlanSerializer(RowSerializer):
    """A strategic plan."""

    predecessor = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    current = serializers.SerializerMethodField()

    class Meta:
        model = StrategicPlan
        fields = [
            "code",
            "title",
            "short_title",
            "vision",
            "objective",
            "is_demonstration",
            "review_steps",
            "predecessor",
            "current",
            "source",
            "note",
        ]

    def get_current(self, plan: StrategicPlan) -> PlanDates:
        """Dates and settings."""
        return PlanDates(plan.current_revisions[0]).data  # type: ignore[attr-defined, return-value]


class DomainSerializer(RowSerializer):
    """A domain of change."""

    class Meta:
        model = Domain
        fields = ["code", "title", "priority", "source", "verification", "note"]


class PeriodSerializer(RowSerializer):
    """A reporting period, named by its label; results can be entered while it is open."""

    is_open = serializers.BooleanField(read_only=True)

    class Meta:
        model = ReportingPeriod
        fields = ["label", "number", "kind", "start", "end", "due", "is_open", "closed_at"]


class ThemeRow(RowSerializer):
    """A theme of the plan: a driver, enabler, flagship, prong, tool or another kind."""

    part_of = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]

    class Meta:
        model = Theme
        fields = [
            *("id", "kind", "code", "name", "text", "part_of"),
            *("source", "verification", "note", "version"),
        ]


class ThemeBody(StrictSerializer):
    """What a theme is called and what it means, the whole of it."""

    name = serializers.DictField(child=serializers.CharField(max_length=10_000, allow_blank=True))
    text = serializers.DictField(
        child=serializers.CharField(max_length=10_000, allow_blank=True), default=dict
    )
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, default="", max_length=1_000
    )
    verification = serializers.CharField(allow_blank=True, default="", max_length=20)
    reason = serializers.CharField(allow_blank=True, default="", max_length=1_000)
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="The version that you saw."
    )


class PlanViewSet(ScopedMixin, ReadOnlyModelViewSet[StrategicPlan]):
    """Plans that have dates; a predecessor that is known by name only is named by its successor."""

    queryset = (
        StrategicPlan.objects.filter(revisions__superseded_at__isnull=True, revisions__isnull=False)
        .select_related("predecessor")
        .prefetch_related(
            Prefetch("revisions", PlanRevision.objects.at(), to_attr="current_revisions")
        )
    )
    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("is_demonstration", "code")


class DomainViewSet(PlanScopedMixin, ReadOnlyModelViewSet[Domain]):
    """The plan's domains of change."""

    queryset = Domain.objects.all()
    serializer_class = DomainSerializer
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("position", "code")


class PeriodViewSet(PlanScopedMixin, ReadOnlyModelViewSet[ReportingPeriod]):
    """The plan's reporting periods."""

    queryset = ReportingPeriod.objects.all()
    serializer_class = PeriodSerializer
    filterset_class = PeriodFilter
    lookup_field = "label"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("number",)


class ThemeViewSet(ReadsBody, PlanScopedMixin, ReadOnlyModelViewSet[Theme]):
    """The plan's themes of every kind, and what they are called."""

    queryset = Theme.objects.select_related("part_of")
    serializer_class = ThemeRow
    filterset_class = ThemeFilter
    lookup_value_regex = r"\d{1,18}"
    ordering: ClassVar[tuple[str, ...]] = ("kind", "position", "code")

    @extend_schema(request=ThemeBody, parameters=[IF_MATCH], responses=ThemeRow)
    def update(self, request: Request, plan: str, pk: str) -> Response:
        """Rename a theme; its code stays. Managers of headquarters, with the version they saw."""
        held = self.get_object()
        user = person(request)
        allow(can_manage_plan(user), _("Only a manager at headquarters may rename a theme."))
        given = self.body(ThemeBody)
        renamed = actions.rename_theme(
            theme=held,
            said=actions.ThemeInput(
                **{name: given[name] for name in ("name", "text", "source", "verification")}
            ),
            by=user,
            version=self.needed_version(given),
            reason=given["reason"],
        )
        headers = {"ETag": f'"{renamed.version}"'}
        return Response(ThemeRow(renamed).data, headers=headers)
