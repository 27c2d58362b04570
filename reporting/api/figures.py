"""Figures with their status: the same as on the pages, from the same engine."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django_filters.utils import translate_validation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import PlanScopedMixin
from habitat_tracker.errors import InvalidInput
from habitat_tracker.lists import KeysetPagination, refuse_unknown_parameters
from habitat_tracker.web import person
from outcomes.choices import TOTAL, Basis, Qualifier
from outcomes.models import Category, Indicator, RatingLevel
from outcomes.rollup.reader import FigureValue, read
from reporting.filters import FigureFilter
from reporting.pages import IndicatorRow, indicator_rows, indicators_of
from reporting.progress import Lack, Status, yardsticks
from reporting.selection import Selection, read_selection
from reporting.words import plain_decimal

# Every cell that has a figure, beside the total.
EVERY_CELL = "*"
QUALIFIERS = [qualifier.word for qualifier in Qualifier]


class Decimal(serializers.CharField):
    """A decimal as text: exact where six decimals hold it, else rounded half up."""


class Override(serializers.Serializer[Any]):
    """A reviewer's own judgement of the status, with the reason."""

    status = serializers.ChoiceField(Status.choices)
    reason = serializers.CharField()


class FigureSerializer(serializers.Serializer[Any]):
    """A figure: indicator, scope, period, basis and cell; what has no value is null, never 0.

    Coverage, progress and status belong to the total (`cell` null); cells have none.
    `updating` says that something was entered that is not in the figure yet.
    """

    indicator = serializers.CharField()
    scope = serializers.CharField()
    period = serializers.CharField()
    basis = serializers.ChoiceField([basis.word for basis in Basis])
    cell = serializers.CharField(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    value = Decimal(allow_null=True, help_text="From the plan's start to the period's end.")
    numerator = Decimal(allow_null=True)
    denominator = Decimal(allow_null=True)
    qualifier = serializers.ChoiceField(QUALIFIERS, allow_null=True)
    in_period = Decimal(allow_null=True)
    in_period_qualifier = serializers.ChoiceField(QUALIFIERS, allow_null=True)
    shared = Decimal(allow_null=True)
    unnamed = Decimal(allow_null=True)
    reported = serializers.IntegerField(allow_null=True)
    expected = serializers.IntegerField(allow_null=True)
    baseline = Decimal(allow_null=True)
    target = Decimal(allow_null=True)
    target_date = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(Status.choices, allow_null=True)
    lack = serializers.ChoiceField(Lack.choices, allow_null=True)
    override = Override(allow_null=True)
    progress = Decimal(allow_null=True)
    expected_progress = Decimal(allow_null=True)
    updating = serializers.BooleanField()


def figure_body(row: IndicatorRow, figure: FigureValue, selection: Selection) -> dict[str, Any]:
    """A figure in the API's words; a cell has no coverage, progress and status of its own."""
    total = figure.cell == TOTAL
    stands, stick = row.progress, row.yardstick
    judged = getattr(row.indicator, "judged_status", None)
    return {
        "indicator": row.indicator.code,
        "scope": selection.scope.code,
        "period": selection.period.label,
        "basis": selection.basis.word,
        "cell": figure.cell or None,
        "as_of": selection.as_of,
        "value": plain_decimal(figure.to_date),
        "numerator": plain_decimal(figure.numerator),
        "denominator": plain_decimal(figure.denominator),
        "qualifier": _word(figure.qualifier),
        "in_period": plain_decimal(figure.in_period),
        "in_period_qualifier": _word(figure.period_qualifier),
        "shared": plain_decimal(figure.shared),
        "unnamed": plain_decimal(figure.unnamed),
        "reported": figure.reported if total else None,
        "expected": figure.expected if total else None,
        "baseline": _value(stick.baseline) if total else None,
        "target": _value(stick.target) if total else None,
        "target_date": stick.target.date if total and stick.target else None,
        "status": stands.status.value if total else None,
        "lack": stands.lack.value if total and stands.lack else None,
        "override": (
            {"status": judged, "reason": row.indicator.judged_reason}  # type: ignore[attr-defined]
            if total and judged
            else None
        ),
        "progress": plain_decimal(stands.progress) if total else None,
        "expected_progress": plain_decimal(stands.expected) if total else None,
        "updating": row.updating,
    }


def _word(qualifier: Qualifier | None) -> str | None:
    return None if qualifier is None else qualifier.word


def _value(standard: Any) -> str | None:
    return None if standard is None else f"{standard.value.normalize():f}"


class FigureViewSet(PlanScopedMixin, GenericViewSet[Indicator]):
    """The plan's figures."""

    queryset = Indicator.objects.all()
    serializer_class = FigureSerializer
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter("indicator", str, description="An indicator's code."),
            OpenApiParameter("outcome", str, description="Indicators of an outcome."),
            OpenApiParameter("domain", str, description="Indicators of a domain itself."),
            OpenApiParameter(
                "scope",
                str,
                description="An office's code or a country's three letters; else `plan`.",
            ),
            OpenApiParameter(
                "period", str, description="A label; else the period that pages open on."
            ),
            OpenApiParameter(
                "basis", str, description="`official` (if left out) or `provisional`."
            ),
            OpenApiParameter(
                "cell", str, description="A category's or a level's code, or `*` for all cells too."
            ),
            OpenApiParameter("as_of", OpenApiTypes.DATE, description="As it stood on that day."),
        ]
    )
    def list(self, request: Request, plan: str) -> Response:
        """Figures of one scope, period and basis: totals, unless a cell is asked for."""
        known = {*FigureFilter.base_filters, "scope", "period", "basis", "cell", "as_of"}
        refuse_unknown_parameters(request, known | KeysetPagination.parameters)
        cell = self.cell(request.query_params.get("cell", TOTAL))
        selection = read_selection(self.plan, request.query_params)
        rows = indicators_of(selection, person(request))
        filterset = FigureFilter(request.query_params, rows, request=request)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        indicators = self.paginate_queryset(filterset.qs) or []
        return self.get_paginated_response(self.bodies(list(indicators), selection, cell))

    def cell(self, code: str) -> str:
        """The cell asked for; raises `unknown_cell`."""
        if code in (TOTAL, EVERY_CELL):
            return code
        for model in (Category, RatingLevel):
            if (
                "\0" not in code
                and model.objects.filter(indicator__plan=self.plan, code=code).exists()
            ):
                return code
        raise InvalidInput.of(
            "cell",
            "unknown_cell",
            _("There is no category or level “%(code)s” in this plan.") % {"code": code[:40]},
        )

    def bodies(
        self, indicators: Sequence[Indicator], selection: Selection, cell: str
    ) -> builtins.list[dict[str, Any]]:
        """The figures of the indicators; of cells, those that there are."""
        number, scope = selection.period.number, selection.scope.number
        figures = read(
            indicators,
            periods=(number, number),
            scopes=[scope],
            bases=[selection.basis],
            cells=cell != TOTAL,
            moment=selection.moment,
        )
        standards = yardsticks(indicators, [scope], selection.moment)
        found = []
        for row in indicator_rows(indicators, figures, selection, standards):
            cells = figures.cells(row.indicator, scope, number, selection.basis)
            if cell in (TOTAL, EVERY_CELL):
                found.append(figure_body(row, row.figure, selection))
            if cell == EVERY_CELL:
                found += [figure_body(row, cells[code], selection) for code in sorted(cells)]
            elif cell in cells:
                found.append(figure_body(row, cells[cell], selection))
        return found
