"""The catalogue of services and tools in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import person, plan_or_404
from plans.choices import USED_THEMES
from plans.models import Theme
from projects.catalogue import catalogue
from projects.filters import CatalogueFilter


class Tool(serializers.Serializer[Any]):
    """A service or tool; `projects` is how many `projects/?theme=` with its code lists."""

    code = serializers.CharField(source="tool.code")
    name = serializers.JSONField(source="tool.name")
    text = serializers.JSONField(source="tool.text")
    projects = serializers.IntegerField()


class ToolViewSet(ViewSet):
    """Services and tools that projects use."""

    @extend_schema(
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, description="Words in name or code.")],
        responses=Tool(many=True),
    )
    def list(self, request: Request, plan: str) -> Response:
        """The catalogue, the most used first."""
        refuse_unknown_parameters(request, {"q"})
        found = plan_or_404(request._request, plan)
        tools = Theme.objects.filter(plan=found, kind__in=USED_THEMES)
        asked = CatalogueFilter(request.query_params, tools, request=request._request)
        if not asked.is_valid():
            raise InvalidInput([Problem("q", "too_long", str(asked.errors["q"][0]))])
        return Response(Tool(catalogue(found, asked.qs, person(request)), many=True).data)
