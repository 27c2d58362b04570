"""What projects are about in the API: the tables of the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from habitat_tracker.drf import DecimalText
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import person, plan_or_404
from reporting.about_projects import analyses
from reporting.filters import AnalysisFilter


class AnalysisCell(serializers.Serializer[Any]):
    """A number of projects, and the filters of `projects/` that list just these."""

    column = serializers.CharField()
    count = serializers.IntegerField()
    query = serializers.CharField()


class AnalysisRow(serializers.Serializer[Any]):
    """A row of a table."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    group = serializers.CharField()
    cells = AnalysisCell(many=True)


class AnalysisTable(serializers.Serializer[Any]):
    """A table: drivers and enablers, linkage, markers, tools, flagships, scaling, COVID-19."""

    key = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.SerializerMethodField()
    rows = AnalysisRow(many=True)

    def get_columns(self, table: Any) -> dict[str, str]:
        """The columns by code, with what heads them."""
        return dict(table.columns)


class CovidAmounts(serializers.Serializer[Any]):
    """An approved budget in US dollars, and what of it responds to COVID-19.

    Null where no project with a budget was examined for it, which differs from 0.
    """

    domain = serializers.CharField(source="of.code", allow_null=True, default=None)
    is_total = serializers.BooleanField(help_text="All domains, and what belongs to none.")
    approved = DecimalText(allow_null=True)
    responds = DecimalText(allow_null=True)
    not_examined = DecimalText(allow_null=True)


class AnalysesBody(serializers.Serializer[Any]):
    """How many projects there are, and what they are about."""

    projects = serializers.IntegerField()
    tables = AnalysisTable(many=True)
    covid_money = CovidAmounts(many=True)


class AnalysisViewSet(ViewSet):
    """What projects say they are about, counted under their primary outcome."""

    @extend_schema(
        parameters=[OpenApiParameter("office", OpenApiTypes.STR, description="With all below.")],
        responses=AnalysesBody,
    )
    def list(self, request: Request, plan: str) -> Response:
        """All tables, of the whole plan or an office with all below it."""
        refuse_unknown_parameters(request, {"office"})
        found = plan_or_404(request._request, plan)
        asked = AnalysisFilter(request.query_params)
        if not asked.is_valid():
            raise InvalidInput([Problem("office", "unknown_value", str(asked.errors["office"][0]))])
        user = person(request)
        page = analyses(found, user, asked.form.cleaned_data["office"])
        return Response(AnalysesBody(page).data)
