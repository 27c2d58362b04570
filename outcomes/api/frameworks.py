"""Global frameworks with their targets, and what an indicator is aligned with."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters as filters
from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.drf import PlanScopedMixin, RowSerializer, StrictSerializer
from habitat_tracker.filters import SearchFilter, plan_code
from outcomes.actions import FrameworkInput
from outcomes.models import IndicatorFramework, ThemeLink
from plans.models import Theme


class FrameworkLinkSerializer(RowSerializer):
    """An alignment with a framework or target: what says so, and how sure that is."""

    target = serializers.SlugRelatedField("code", source="theme", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = IndicatorFramework
        fields = ["target", "confidence", "source", "note"]


class FrameworkLinkBody(StrictSerializer):
    """An alignment as it is sent."""

    target = serializers.CharField(max_length=40, help_text="The code of a framework or target.")
    confidence = serializers.CharField(
        allow_blank=True, default="", max_length=20, help_text="`stated`, `high`, `medium`, `low`."
    )
    source = serializers.CharField(  # type: ignore[assignment]  # a field of the body
        allow_blank=True, default="", max_length=2_000, help_text="What says so, or who judged."
    )
    note = serializers.CharField(allow_blank=True, default="", max_length=10_000)


class FrameworksBody(StrictSerializer):
    """All that an indicator or a project is aligned with; what is left out is taken away."""

    links = serializers.ListField(child=FrameworkLinkBody(), max_length=200)
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="The version that you saw."
    )


def links_in(given: dict[str, Any]) -> list[FrameworkInput]:
    """The alignments of a body."""
    return [FrameworkInput(**one) for one in given["links"]]


class OutcomeAlignment(RowSerializer):
    """An outcome that serves a framework or target."""

    outcome = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = ThemeLink
        fields = ["outcome", "confidence", "source", "note"]


class IndicatorAlignment(RowSerializer):
    """An indicator that serves a framework or target."""

    indicator = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = IndicatorFramework
        fields = ["indicator", "confidence", "source", "note"]


class FrameworkRow(RowSerializer):
    """A framework, or a target (`part_of` names its framework), with what serves it."""

    part_of = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    outcomes = OutcomeAlignment(source="outcome_links", many=True, read_only=True)
    indicators = IndicatorAlignment(source="indicator_links", many=True, read_only=True)

    class Meta:
        model = Theme
        fields = [
            "code",
            "kind",
            "part_of",
            "name",
            "text",
            "source",
            "verification",
            "note",
            "outcomes",
            "indicators",
        ]


def _frameworks(request: Any) -> Any:
    return Theme.objects.filter(plan__code=plan_code(request)).frameworks()


class FrameworkFilter(filters.FilterSet):
    """Frameworks and targets by framework and by words."""

    framework = filters.ModelChoiceFilter(
        queryset=_frameworks, to_field_name="code", method="by_framework"
    )
    q = SearchFilter(codes=("code",), texts=("name", "text"))

    class Meta:
        model = Theme
        fields: list[str] = []

    def by_framework(self, rows: Any, _name: str, value: Theme) -> Any:
        """A framework with its targets."""
        return rows.within(value)


class FrameworkViewSet(PlanScopedMixin, ReadOnlyModelViewSet[Theme]):
    """The global frameworks that the plan is aligned with, and their targets."""

    queryset = (
        Theme.objects.aligned()
        .select_related("part_of")
        .prefetch_related(
            Prefetch("outcome_links", ThemeLink.objects.select_related("outcome")),
            Prefetch("indicator_links", IndicatorFramework.objects.select_related("indicator")),
        )
    )
    serializer_class = FrameworkRow
    filterset_class = FrameworkFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("position", "code")
