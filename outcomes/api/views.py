"""Outcomes and indicators."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from habitat_tracker.drf import IF_MATCH, PlanScopedMixin, ReadsBody, RowSerializer
from habitat_tracker.web import allow, person
from outcomes.actions import set_indicator_frameworks
from outcomes.filters import IndicatorFilter, OutcomeFilter
from outcomes.models import (
    Category,
    Dimension,
    Indicator,
    IndicatorFramework,
    Outcome,
    RatingLevel,
    VerificationMeans,
)
from outcomes.permissions import can_align_indicators

from .frameworks import FrameworkLinkSerializer, FrameworksBody, links_in


class OutcomeSerializer(RowSerializer):
    """An outcome, under a domain."""

    domain = serializers.SlugRelatedField("code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Outcome
        fields = ["code", "domain", "title", "short_title", "source", "verification", "note"]


class CategorySerializer(RowSerializer):
    """A category of a breakdown."""

    class Meta:
        model = Category
        fields = ["code", "name"]


class DimensionSerializer(RowSerializer):
    """A breakdown: where it is additive, nobody is in two of its categories."""

    categories = CategorySerializer(many=True, read_only=True)

    class Meta:
        model = Dimension
        fields = ["code", "name", "additive", "categories"]


class RatingLevelSerializer(RowSerializer):
    """A level of a rating's scale, the lowest first."""

    class Meta:
        model = RatingLevel
        fields = ["code", "name"]


class IndicatorSerializer(RowSerializer):
    """What is measured, in which unit, and by which rules its figures come about."""

    outcome = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    domain = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    feeds = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    dimensions = DimensionSerializer(many=True, read_only=True)
    levels = RatingLevelSerializer(many=True, read_only=True)
    frameworks = FrameworkLinkSerializer(many=True, read_only=True)
    means_of_verification = serializers.SlugRelatedField("text", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Indicator
        fields = [
            "code",
            "title",
            "unit",
            "owner",
            "outcome",
            "domain",
            "level",
            "kind",
            "thing_kind",
            "counts_from",
            "over_time",
            "across",
            "direction",
            "frequency",
            "is_headline",
            "feeds",
            "allow_negative",
            "decimals",
            "method",
            "evidence_rule",
            "means_of_verification",
            "origin",
            "source",
            "verification",
            "note",
            "dimensions",
            "levels",
            "frameworks",
            "version",
        ]


class OutcomeViewSet(PlanScopedMixin, ReadOnlyModelViewSet[Outcome]):
    """The plan's outcomes."""

    queryset = Outcome.objects.select_related("domain")
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("position", "code")


class IndicatorViewSet(ReadsBody, PlanScopedMixin, ReadOnlyModelViewSet[Indicator]):
    """The plan's indicators, headlines among them."""

    queryset = Indicator.objects.select_related("outcome", "domain", "feeds").prefetch_related(
        "levels",
        Prefetch("frameworks", IndicatorFramework.objects.select_related("theme")),
        Prefetch("means_of_verification", VerificationMeans.objects.current()),
        Prefetch("dimensions", Dimension.objects.prefetch_related("categories")),
    )
    serializer_class = IndicatorSerializer
    filterset_class = IndicatorFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("position", "code")

    @extend_schema(request=FrameworksBody, parameters=[IF_MATCH], responses=IndicatorSerializer)
    @action(detail=True, methods=["put"])
    def frameworks(self, request: Request, plan: str, code: str) -> Response:
        """Say which frameworks and targets the indicator serves; needs the version you saw."""
        indicator = self.get_object()
        user = person(request)
        allow(
            can_align_indicators(user),
            _("Only a manager or administrator at headquarters may align an indicator."),
        )
        given = self.body(FrameworksBody)
        version = self.needed_version(given)
        set_indicator_frameworks(
            indicator=indicator, links=links_in(given), by=user, version=version
        )
        return Response(IndicatorSerializer(self.queryset.all().get(pk=indicator.pk)).data)
