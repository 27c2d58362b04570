"""Figures through the API: the engine's values with coverage, status and moment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from outcomes import scopes
from outcomes.actions import set_target
from outcomes.models import StaleFigure, StatusOverride
from outcomes.rollup.queue import drain
from plans.models import PlanRevision
from projects.models import ProjectIndicator
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db
FIGURES = "plans/SP/figures/"


@pytest.fixture
def plan() -> Any:
    """Training in Kenya and France: 12 and 8 approved, 5 more submitted."""
    plan = factories.plan()
    outcome = factories.outcome(plan)
    people = factories.indicator(outcome, "PEOPLE", {"sex": ["women", "men"]})
    share = factories.indicator(factories.outcome(plan, "2.1"), "SHARE", kind="percentage")
    kenya = factories.country("KEN")
    france = factories.country("FRA", "France", factories.office("ROE"))
    here = factories.project(plan, "A", where=kenya, serves=outcome)
    there = factories.project(plan, "B", at=factories.office("ROE"), where=france, serves=outcome)
    in_kenya = factories.line(here, people, kenya)
    factories.report(in_kenya, "12", cells={"women": "7"}, qualifier="more_than")
    factories.report(factories.line(there, people, france), "8")
    factories.report(in_kenya, "5", at="2020-Q2", to="submitted")
    factories.report(factories.line(here, share, kenya), numerator="1", denominator="3")
    set_target(indicator=people, scope=scopes.PLAN, value="40", on=date(2020, 12, 31), by=None)
    drain()
    return plan


@pytest.fixture
def api(plan: Any) -> Api:
    """A reader without any role."""
    return Api(factories.user(role=None))


def test_a_figure_tells_value_parts_coverage_and_status(api: Api) -> None:
    assert api.rows(FIGURES, indicator="PEOPLE", period="2020-Q1") == [
        {
            "indicator": "PEOPLE",
            "scope": "plan",
            "period": "2020-Q1",
            "basis": "official",
            "cell": None,
            "as_of": None,
            "value": "20",
            "numerator": None,
            "denominator": None,
            "qualifier": "more_than",
            "in_period": "20",
            "in_period_qualifier": "more_than",
            "shared": "0",
            "unnamed": None,
            "reported": 2,
            "expected": 2,
            "baseline": None,
            "target": "40",
            "target_date": "2020-12-31",
            "status": "on_track",
            "lack": None,
            "override": None,
            "progress": "50",
            "expected_progress": "24.863388",
            "updating": False,
        }
    ]


def test_scope_basis_and_period_are_chosen_by_the_address(api: Api) -> None:
    def value(**parameters: str) -> tuple[Any, Any]:
        [row] = api.rows(FIGURES, indicator="PEOPLE", **parameters)
        return row["value"], row["in_period"]

    assert value(scope="KEN", period="2020-Q2") == ("12", None)
    assert value(scope="KEN", period="2020-Q2", basis="provisional") == ("17", "5")
    assert value(scope="ROE", period="2020-Q1") == ("8", "8")
    assert value(scope="HQ", period="2020-Q1") == ("20", "20")


def test_the_period_is_the_one_that_pages_open_on(api: Api) -> None:
    assert {row["period"] for row in api.rows(FIGURES)} == {"2020-Q1"}


def test_a_percentage_has_its_parts_and_what_is_missing_is_null(api: Api) -> None:
    [row] = api.rows(FIGURES, outcome="2.1")
    assert (row["value"], row["numerator"], row["denominator"]) == ("33.333333", "1", "3")
    assert (row["status"], row["lack"], row["progress"]) == ("no_target", "target", None)
    [nothing] = api.rows(FIGURES, outcome="2.1", scope="FRA")
    assert (nothing["value"], nothing["numerator"], nothing["status"]) == (None, None, "no_data")
    assert (nothing["reported"], nothing["expected"]) == (0, 0)


def test_cells_are_asked_for_by_code_or_all(api: Api) -> None:
    [women] = api.rows(FIGURES, cell="women")
    assert (women["indicator"], women["cell"], women["value"]) == ("PEOPLE", "women", "7")
    assert (women["reported"], women["status"]) == (None, None)
    cells = [(row["indicator"], row["cell"]) for row in api.rows(FIGURES, cell="*")]
    assert cells == [("PEOPLE", None), ("PEOPLE", "women"), ("SHARE", None)]


def test_a_figure_that_is_being_recomputed_says_so(plan: Any, api: Api) -> None:
    factories.report(
        ProjectIndicator.objects.get(project__code="A", indicator__code="PEOPLE"), "5", at="2020-Q3"
    )
    assert StaleFigure.objects.exists()
    [row] = api.rows(FIGURES, indicator="PEOPLE")
    assert row["updating"] is True
    drain()
    [row] = api.rows(FIGURES, indicator="PEOPLE", period="2020-Q3")
    assert (row["updating"], row["value"]) == (False, "25")


def test_figures_come_as_they_stood(plan: Any, api: Api) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).date()
    [row] = api.rows(FIGURES, indicator="PEOPLE", as_of=yesterday.isoformat(), period="2020-Q1")
    assert (row["as_of"], row["value"]) == (yesterday.isoformat(), None)
    today = timezone.now().date()
    [row] = api.rows(FIGURES, indicator="PEOPLE", as_of=today.isoformat(), period="2020-Q1")
    assert row["value"] == "20"


def test_a_reviewers_own_judgement_is_shown_beside_the_status(plan: Any, api: Api) -> None:
    StatusOverride.objects.create(
        indicator=plan.indicators.get(code="PEOPLE"),
        period=1,
        status="delayed",
        reason="Late start",
        recorded_at=timezone.now(),
    )
    [row] = api.rows(FIGURES, indicator="PEOPLE")
    assert row["status"] == "on_track"
    assert row["override"] == {"status": "delayed", "reason": "Late start"}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"indicator": "XX"}, "unknown_value"),
        ({"outcome": "9.9"}, "unknown_value"),
        ({"scope": "XX"}, "unknown_scope"),
        ({"period": "2031-Q1"}, "unknown_period"),
        ({"basis": "guessed"}, "unknown_basis"),
        ({"cell": "other"}, "unknown_cell"),
        ({"cell": "a\x00"}, "unknown_cell"),
        ({"as_of": "yesterday"}, "unknown_as_of"),
        ({"as_of": "2999-01-01"}, "unknown_as_of"),
        ({"scop": "KEN"}, "unknown_parameter"),
    ],
)
def test_unknown_values_are_refused(api: Api, parameters: dict[str, str], code: str) -> None:
    assert refused(api.get(FIGURES, **parameters)) == (400, code)


def test_a_plan_without_periods_says_so(api: Api) -> None:
    factories.plan("EMPTY", quarters=0)
    assert PlanRevision.objects.count() == 2
    assert refused(api.get("plans/EMPTY/figures/")) == (409, "no_periods")


def test_figures_cost_the_same_for_one_project_and_three(plan: Any, api: Api) -> None:
    before = api.queries(FIGURES, cell="*")
    outcome = factories.outcome(plan)
    for iso3 in ("UGA", "RWA"):
        place = factories.country(iso3)
        indicator = factories.indicator(outcome, categories={"age": ["young"]})
        line = factories.line(factories.project(plan, where=place), indicator, place)
        factories.report(line, "3", cells={"young": "1"})
    drain()
    assert api.queries(FIGURES, cell="*") == before
    assert before <= 12
