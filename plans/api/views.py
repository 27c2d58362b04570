"""Plans, domains and reporting periods."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.drf import PlanScopedMixin, RowSerializer, ScopedMixin
from plans.filters import PeriodFilter, PlanFilter
from plans.models import Domain, PlanRevision, ReportingPeriod, StrategicPlan


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
