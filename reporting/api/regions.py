"""Regions in the API: side by side, and what the page of one says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Office
from habitat_tracker.drf import ScopedMixin, TranslatedText
from habitat_tracker.lists import KeysetPagination, refuse_unknown_parameters
from habitat_tracker.web import person, plan_or_404
from outcomes.api.stated import StatedFigureRow
from outcomes.api.strategies import StrategyRow
from outcomes.choices import AssessmentStage, Basis, FrameworkStage, UrbanContent
from projects.choices import PartnerKind, ProjectStatus
from reporting.countries import CountryRow
from reporting.pages import OutcomeRow
from reporting.progress import Status
from reporting.regions import RegionPage, RegionRow, region_page, region_rows
from reporting.selection import Selection, read_selection
from reporting.words import in_order, plain_decimal

from .figures import Decimal
from .money import MoneySums


class Counted(serializers.Serializer[Any]):
    """A number of rows, and the filters of their list that give just these.

    Lists tell of now: of a day that has passed they may give others.
    """

    count = serializers.IntegerField()
    query = serializers.CharField()


class ProjectsOfStatus(Counted):
    """Projects of a status, by the filters of `projects/`."""

    status = serializers.ChoiceField(ProjectStatus.choices)


class PartnersInForce(Counted):
    """Partners of a kind with an agreement in force on the day, by the filters of `partners/`."""

    kind = serializers.ChoiceField(PartnerKind.choices)


class StatusCounted(serializers.Serializer[Any]):
    """How many stand at a status."""

    status = serializers.ChoiceField(Status.choices)
    count = serializers.IntegerField()


class RegionBody(serializers.Serializer[Any]):
    """A region, and what its results, money and countries are of: period, basis, day."""

    office = serializers.CharField()
    name = TranslatedText()
    period = serializers.CharField()
    basis = serializers.ChoiceField([basis.word for basis in Basis])
    as_of = serializers.DateField(allow_null=True)
    updating = serializers.BooleanField()


class RegionNumbers(RegionBody):
    """A region beside the others: `outcomes` are the plan's by status, `serves` what it aims at."""

    priorities = serializers.IntegerField()
    serves = serializers.ListField(child=serializers.CharField())
    outcomes = StatusCounted(many=True)
    countries = serializers.IntegerField()
    projects = ProjectsOfStatus(many=True)
    money = MoneySums()
    partners = Counted()


class OutcomeProgress(serializers.Serializer[Any]):
    """How an outcome stands."""

    outcome = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    mean_progress = Decimal(allow_null=True)
    indicators = StatusCounted(many=True)
    reported = serializers.IntegerField()
    expected = serializers.IntegerField()
    updating = serializers.BooleanField()


class OutcomeStanding(OutcomeProgress):
    """How an outcome stands in the region, and the projects that serve it primarily."""

    projects = Counted()


class CountryStanding(serializers.Serializer[Any]):
    """A country of the region; what is null is not known."""

    country = serializers.CharField()
    name = TranslatedText()
    cca_stage = serializers.ChoiceField(AssessmentStage.choices, allow_null=True)
    cca_year = serializers.IntegerField(allow_null=True)
    framework_stage = serializers.ChoiceField(FrameworkStage.choices, allow_null=True)
    framework_start = serializers.IntegerField(allow_null=True)
    framework_end = serializers.IntegerField(allow_null=True)
    content_rating = serializers.ChoiceField(UrbanContent.choices, allow_null=True)


class AnswerCounted(serializers.Serializer[Any]):
    """How many countries gave an answer; `unknown` where nothing is recorded."""

    answer = serializers.CharField()
    count = serializers.IntegerField()


class CountriesCounted(serializers.Serializer[Any]):
    """How many countries stand where, and each of them."""

    count = serializers.IntegerField()
    cca = AnswerCounted(many=True)
    framework = AnswerCounted(many=True)
    content = AnswerCounted(many=True)
    rows = CountryStanding(many=True)


class RegionSummary(RegionBody):
    """All that the page of a region says."""

    strategy = StrategyRow(allow_null=True)
    outcomes = OutcomeStanding(many=True)
    without_outcome = Counted(help_text="Projects without a primary outcome.")
    projects = ProjectsOfStatus(many=True)
    money = MoneySums()
    partners = PartnersInForce(many=True)
    countries = CountriesCounted()
    stated = StatedFigureRow(many=True)


SELECTED = [
    OpenApiParameter("period", str, description="A label; else the period that pages open on."),
    OpenApiParameter("basis", str, description="`official` (if left out) or `provisional`."),
    OpenApiParameter("as_of", OpenApiTypes.DATE, description="As it stood on that day."),
]
NAMES = {"period", "basis", "as_of"}


class RegionViewSet(ScopedMixin, GenericViewSet[Office]):
    """The regions with results, projects, money, partners, countries and strategies."""

    queryset = Office.objects.regions()
    serializer_class = RegionNumbers
    filter_backends = ()
    lookup_field = "code"
    lookup_url_kwarg = "office"
    lookup_value_regex = r"[^/\x00]+"
    ordering = ("path",)

    @extend_schema(parameters=SELECTED)
    def list(self, request: Request, plan: str) -> Response:
        """All regions side by side."""
        refuse_unknown_parameters(request, NAMES | KeysetPagination.parameters)
        selection = self.selection()
        offices: Any = self.paginate_queryset(self.get_queryset()) or []
        user = person(request)
        rows = region_rows(selection, offices, user)
        bodies = [numbers_of(row, selection) for row in rows]
        return self.get_paginated_response(RegionNumbers(bodies, many=True).data)

    @extend_schema(parameters=SELECTED, responses=RegionSummary)
    def retrieve(self, request: Request, plan: str, office: str) -> Response:
        """All that the page of a region says."""
        refuse_unknown_parameters(request, NAMES)
        region = self.get_object()
        selection = self.selection(region.code)
        user = person(request)
        page = region_page(selection, region, user)
        return Response(RegionSummary(summary_of(page, selection)).data)

    def selection(self, scope: str = "") -> Selection:
        """What the address selects, for a region or for all."""
        plan = plan_or_404(self.request._request, self.kwargs["plan"])
        return read_selection(plan, self.request.query_params.dict() | {"scope": scope})


def _head(office: Office, selection: Selection, updating: bool) -> dict[str, Any]:
    return {
        "office": office.code,
        "name": office.name,
        "period": selection.period.label,
        "basis": selection.basis.word,
        "as_of": selection.as_of,
        "updating": updating,
    }


def numbers_of(row: RegionRow, selection: Selection) -> dict[str, Any]:
    """A region's numbers in the API's words."""
    code = row.office.code
    return {
        **_head(row.office, selection, row.updating),
        "priorities": len(row.strategy.current) if row.strategy else 0,
        "serves": row.outcomes,
        "outcomes": _by_status(row.statuses),
        "countries": row.countries.countries,
        "projects": [
            _projects(code, row.projects[status], status=status)
            for status in ProjectStatus.values
            if status in row.projects
        ],
        "money": row.money,
        "partners": counted(row.partners, office=code, in_force=row.day),
    }


def summary_of(page: RegionPage, selection: Selection) -> dict[str, Any]:
    """What the page of a region says in the API's words."""
    code, counts = page.office.code, page.countries.counts
    answers = {
        name: [{"answer": answer, "count": n} for answer, _words, n in told]
        for name, _label, told in counts.states
    }
    return {
        **_head(page.office, selection, page.results.updating),
        "strategy": page.strategy,
        "outcomes": [_standing(code, row, n) for row, n in page.outcomes],
        "without_outcome": counted(page.unserved, office=code, domain="none"),
        "projects": [_projects(code, n, status=status) for status, _label, n in page.projects],
        "money": page.money,
        "partners": [
            {"kind": kind, **counted(n, office=code, kind=kind, in_force=page.day)}
            for kind, _label, n in page.partners
        ],
        "countries": {
            "count": counts.countries,
            **answers,
            "rows": [_country(row) for row in page.countries.rows],
        },
        "stated": page.stated,
    }


def counted(n: int, **filters: Any) -> dict[str, Any]:
    """A number of rows with the filters of their list."""
    return {"count": n, "query": urlencode(filters)}


def _projects(office: str, n: int, status: str) -> dict[str, Any]:
    return {"status": status, **counted(n, office=office, status=status)}


def _by_status(counts: Any) -> list[dict[str, Any]]:
    return [{"status": status.value, "count": n} for status, n in in_order(counts)]


def progress_of(row: OutcomeRow) -> dict[str, Any]:
    """How an outcome stands in the API's words."""
    return {
        "outcome": row.outcome.code,
        "status": row.spread.status.value,
        "mean_progress": plain_decimal(row.spread.mean_progress),
        "indicators": _by_status(row.spread.counts),
        "reported": row.spread.reported,
        "expected": row.spread.expected,
        "updating": row.updating,
    }


def _standing(office: str, row: OutcomeRow, projects: int) -> dict[str, Any]:
    query = counted(projects, office=office, primary=row.outcome.code)
    return {**progress_of(row), "projects": query}


def _country(row: CountryRow) -> dict[str, Any]:
    record = row.record
    return {
        "country": row.country.iso3,
        "name": row.country.name,
        "cca_stage": (record and record.cca_stage) or None,
        "cca_year": record and record.cca_year,
        "framework_stage": (record and record.framework_stage) or None,
        "framework_start": record and record.framework_start,
        "framework_end": record and record.framework_end,
        "content_rating": record and record.content_rating,
    }
