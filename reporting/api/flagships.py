"""Flagship programmes in the API: what their page says."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from habitat_tracker.drf import TranslatedText
from habitat_tracker.lists import refuse_unknown_parameters
from habitat_tracker.web import person, plan_or_404
from outcomes.api.stated import StatedFigureRow
from reporting.flagships import Flagship, FlagshipsPage, flagships_page
from reporting.selection import read_selection
from reporting.words import plain_decimal

from .figures import Decimal
from .money import MoneySums
from .regions import NAMES, SELECTED, OutcomeProgress, ProjectsOfStatus, counted, progress_of


class FlagshipRow(serializers.Serializer[Any]):
    """A flagship programme; its outcomes stand as all projects report on them."""

    code = serializers.CharField()
    name = TranslatedText()
    outcomes = OutcomeProgress(many=True)
    projects = ProjectsOfStatus(many=True)
    approved_results = serializers.IntegerField(help_text="Results of its projects.")
    money = MoneySums()
    approved_share = Decimal(allow_null=True, help_text="Of all approved budgets, in percent.")
    stated = StatedFigureRow(many=True)


class Flagships(serializers.Serializer[Any]):
    """All flagship programmes, and what documents state of them together."""

    flagships = FlagshipRow(many=True)
    stated = StatedFigureRow(many=True)


class FlagshipViewSet(ViewSet):
    """Flagship programmes: outcomes served, projects, balance of funding, results."""

    @extend_schema(parameters=SELECTED, responses=Flagships)
    def list(self, request: Request, plan: str) -> Response:
        """All of them, in the order of the plan."""
        refuse_unknown_parameters(request, NAMES)
        found = plan_or_404(request._request, plan)
        selection = read_selection(found, request.query_params.dict() | {"scope": ""})
        return Response(Flagships(_body(flagships_page(selection, person(request)))).data)


def _body(page: FlagshipsPage) -> dict[str, Any]:
    return {"flagships": [_flagship(one) for one in page.flagships], "stated": page.stated}


def _flagship(one: Flagship) -> dict[str, Any]:
    code = one.theme.code
    return {
        "code": code,
        "name": one.theme.name,
        "outcomes": [progress_of(row) for row in one.outcomes],
        "projects": [
            {"status": status.value, **counted(n, flagship=code, status=status.value)}
            for status, n in one.by_status
        ],
        "approved_results": one.results,
        "money": one.row.money,
        "approved_share": plain_decimal(one.row.approved_share),
        "stated": one.stated,
    }
