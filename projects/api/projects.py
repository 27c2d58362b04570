"""Projects: who works where, for which outcomes, and what they report; read only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.drf import PlanScopedMixin, RowSerializer
from projects.filters import ProjectFilter
from projects.models import Alignment, Project, ProjectIndicator


@extend_schema_field(OpenApiTypes.STR)
class PlaceField(serializers.Field[Any, Any, Any, Any]):
    """A line's place: a country's three letters, a city's key, or null where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**(kwargs | {"source": "*", "read_only": True, "allow_null": True}))

    def to_representation(self, line: ProjectIndicator) -> str | None:
        """The code that an entry names the place with."""
        if line.city:
            return line.city.key
        return line.country.iso3 if line.country else None


class AlignmentSerializer(RowSerializer):
    """An outcome that a project serves, and how strongly."""

    outcome = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Alignment
        fields = ["outcome", "rank", "justification"]


class LineSerializer(RowSerializer):
    """A reporting line: an indicator that the project reports for a place, from when to when."""

    indicator = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    place = PlaceField()

    class Meta:
        model = ProjectIndicator
        fields = ["indicator", "place", "expected_from", "expected_to"]


class ProjectSerializer(RowSerializer):
    """A project; `lines` are what results can be sent for."""

    office = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]
    countries = serializers.SlugRelatedField("iso3", many=True, read_only=True)  # type: ignore[var-annotated]
    alignments = AlignmentSerializer(many=True, read_only=True)
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Project
        fields = [
            "code",
            "title",
            "summary",
            "kind",
            "status",
            "office",
            "countries",
            "start",
            "end",
            "alignments",
            "lines",
        ]


class ProjectViewSet(PlanScopedMixin, ReadOnlyModelViewSet[Project]):
    """The plan's projects, and the corporate sources that results are taken from."""

    queryset = Project.objects.select_related("office").prefetch_related(
        "countries",
        Prefetch("alignments", Alignment.objects.select_related("outcome")),
        Prefetch("lines", ProjectIndicator.objects.select_related("indicator", "country", "city")),
    )
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("code",)
