"""Baselines, milestones and targets: who may set them, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from habitat_tracker.errors import DomainError
from outcomes import actions, scopes
from outcomes.choices import Direction, Kind, OverTime
from outcomes.models import Baseline, Indicator, Milestone, Target
from tests import factories
from tests.roles import both, who_may

pytestmark = pytest.mark.django_db
END = date(2023, 12, 31)


def indicator(**rules: Any) -> Indicator:
    """A level, where nothing else is said."""
    plan = factories.plan()
    return factories.indicator(factories.outcome(plan), **{"over_time": OverTime.LATEST, **rules})


SETS: dict[str, Any] = {
    "baseline": lambda **to: actions.set_baseline(value="1", **to),
    "milestone": lambda **to: actions.set_milestone(value="1", on=END, **to),
    "target": lambda **to: actions.set_target(value="1", on=END, **to),
}


@pytest.mark.parametrize("what", SETS)
def test_who_may_set_values_of_the_plan(what: str) -> None:
    one = indicator()
    assert who_may(lambda by: SETS[what](indicator=one, by=by)) == {"manager above"}


@pytest.mark.parametrize("what", SETS)
def test_who_may_set_values_of_an_office(what: str) -> None:
    one, scope = indicator(), scopes.of_office(factories.office("ROAF").pk)
    allowed = who_may(lambda by: SETS[what](indicator=one, by=by, scope=scope))
    assert allowed == both("manager")


def test_who_may_set_values_of_a_country() -> None:
    one = indicator()
    kenya = factories.country("KEN", "Kenya", factories.office("ROAF"))
    scope = scopes.of_country(kenya.pk)
    allowed = who_may(lambda by: SETS["target"](indicator=one, by=by, scope=scope))
    assert allowed == both("manager")


def test_who_may_set_values_of_a_reporting_line() -> None:
    one, kenya = indicator(), factories.country("KEN", "Kenya", factories.office("ROAF"))
    line = factories.line(factories.project(one.plan, where=kenya), one, kenya)
    scope = scopes.of_contributor(line.contributor_id)
    allowed = who_may(lambda by: SETS["target"](indicator=one, by=by, scope=scope))
    assert allowed == both("manager")


def test_a_country_of_no_office_is_looked_after_by_headquarters() -> None:
    one, atlantis = indicator(), factories.country("ATL", "Atlantis")
    type(atlantis).objects.update(office=None)
    scope = scopes.of_country(atlantis.pk)
    allowed = who_may(lambda by: SETS["target"](indicator=one, by=by, scope=scope))
    assert allowed == {"manager above"}


def refused(act: Any, **to: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        act(by=None, **to)
    assert not any(model.objects.at().exists() for model in (Baseline, Milestone, Target))
    return refusal.value.code


def test_what_adds_up_begins_at_zero_and_increases() -> None:
    one = indicator(over_time=OverTime.SUM)
    assert refused(actions.set_baseline, indicator=one, value="5") == "baseline_not_zero"
    one.direction = Direction.DECREASE
    assert refused(actions.set_target, indicator=one, value="5", on=END) == "sum_must_increase"


def test_a_target_lies_on_the_right_side_of_its_baseline() -> None:
    one = indicator()
    actions.set_baseline(indicator=one, value="5", by=None)
    with pytest.raises(DomainError, match="wrong side"):
        actions.set_target(indicator=one, value="4", on=END, by=None)
    assert not Target.objects.exists()


def test_a_rating_has_no_target_and_a_target_has_a_date() -> None:
    rating = indicator(kind=Kind.RATING)
    assert refused(actions.set_target, indicator=rating, value="1", on=END) == (
        "rating_has_no_target"
    )
    level = factories.indicator(rating.plan, over_time=OverTime.LATEST)
    assert refused(actions.set_target, indicator=level, value="1", on=None) == "missing_date"


@pytest.mark.parametrize("value", ["abc", "NaN", "1e999"])
def test_values_are_numbers(value: str) -> None:
    assert refused(actions.set_target, indicator=indicator(), value=value, on=END) in (
        "not_a_number",
        "out_of_range",
    )


def test_a_change_supersedes_and_keeps_what_was() -> None:
    one = indicator()
    actions.set_target(indicator=one, value="10", on=END, source="A", by=None)
    actions.set_target(indicator=one, value="10", on=END, source="A", by=None)
    actions.set_target(indicator=one, value="20", on=END, source="B", by=None)
    kept = [(int(row.value), row.superseded_at is None) for row in Target.objects.all()]
    assert kept == [(10, False), (20, True)]
