"""What part of the figures an address selects."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from habitat_tracker.clock import end_of_day
from habitat_tracker.errors import DomainError, InvalidInput
from outcomes import scopes
from outcomes.choices import Basis
from reporting.selection import read_selection
from tests import factories


def test_pages_open_on_the_latest_period_past_due_with_an_approved_result(
    world: SimpleNamespace,
) -> None:
    selection = read_selection(world.plan, {})

    assert (selection.period.label, selection.basis, selection.scope.number, selection.moment) == (
        "2020-Q2",
        Basis.OFFICIAL,
        scopes.PLAN,
        None,
    )


def test_a_submitted_result_does_not_move_the_period_that_pages_open_on(
    world: SimpleNamespace,
) -> None:
    factories.report(world.line, 9, "2020-Q3", to="submitted")

    assert read_selection(world.plan, {}).period.label == "2020-Q2"


def test_an_address_names_period_basis_scope_and_date(world: SimpleNamespace) -> None:
    day = factories.days_ago(1)
    selection = read_selection(
        world.plan,
        {"period": "2020-Q3", "basis": "provisional", "scope": "KEN", "as_of": day.isoformat()},
    )

    assert selection.period.label == "2020-Q3"
    assert selection.basis == Basis.PROVISIONAL
    assert selection.scope.number == scopes.of_country(world.country.pk)
    assert selection.moment == end_of_day(day)
    assert selection.query == (
        f"?period=2020-Q3&basis=provisional&scope=KEN&as_of={day.isoformat()}"
    )


def test_today_is_simply_now(world: SimpleNamespace) -> None:
    assert read_selection(world.plan, {"as_of": factories.days_ago(0).isoformat()}).moment is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"period": "2020-Q9"}, "unknown_period"),
        ({"basis": "guessed"}, "unknown_basis"),
        ({"scope": "MARS"}, "unknown_scope"),
        ({"as_of": "yesterday"}, "unknown_as_of"),
        ({"as_of": "2999-01-01"}, "unknown_as_of"),
    ],
)
def test_a_value_that_is_not_known_is_refused_by_name(
    world: SimpleNamespace, asked: dict[str, str], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_selection(world.plan, asked)

    assert refused.value.code == code


def test_a_plan_without_periods_says_who_adds_them(db: None) -> None:
    with pytest.raises(DomainError, match="a manager adds them"):
        read_selection(factories.plan("EMPTY", quarters=0), {})


def test_a_moment_within_a_day_can_be_asked(world: SimpleNamespace) -> None:
    asked = {"as_of": f"{factories.days_ago(1).isoformat()}T14:30:00+03:00"}
    selection = read_selection(world.plan, asked)
    assert (selection.as_of, selection.moment.isoformat()) == (
        factories.days_ago(1),
        f"{factories.days_ago(1).isoformat()}T11:30:00+00:00",
    )
    assert selection.is_within_a_day
    assert selection.complete["as_of"] == asked["as_of"]
