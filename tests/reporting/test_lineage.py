"""Why a figure is what it is: contributions add up under every rule, exclusions have reasons."""

from __future__ import annotations

import os
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from habitat_tracker.accounts.choices import Role
from habitat_tracker.clock import database_now
from outcomes import scopes
from outcomes.choices import Basis
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import read
from projects.actions import send_back, withdraw
from reporting import lineage
from tests import factories
from tests.cases import world as case_files
from tests.cases.engine import World, rolled_back
from tests.cases.random_worlds import worlds

CASES = case_files.read_cases(Path(case_files.__file__).parent)


def explained(
    world: SimpleNamespace, period: str = "2020-Q2", basis: Basis = Basis.OFFICIAL, **more: Any
) -> lineage.Explanation:
    """The lineage of the small plan's figure."""
    return lineage.explain(
        world.indicator,
        scope=scopes.PLAN,
        period=factories.period(world.plan, period),
        basis=basis,
        **more,
    )


def disagreements(world: World, moment: datetime | None = None) -> list[str]:
    """Figures of the last period that their lineage does not add up to, or count up to."""
    wrong = []
    periods = {period.number: period for period in world.periods.values()}
    last = max(periods)
    for indicator in world.indicators.values():
        figures = read([indicator], periods=(last, last), bases=list(Basis), moment=moment)
        for _indicator, scope, basis, cell, number in list(figures.rows):
            told = lineage.explain(
                indicator,
                scope=scope,
                period=periods[number],
                basis=Basis(basis),
                cell=cell,
                moment=moment,
            )
            where = f"{indicator.code} {scope} {basis} {cell!r} {number}"
            if not told.adds_up:
                wrong.append(f"{where}: {told.total}, the figure is {told.figure.to_date}")
            left = len(told.missing) + len(told.not_available)
            if not cell and told.figure.expected - told.figure.reported != left:
                wrong.append(f"{where}: {left} did not report, the coverage says otherwise")
    return wrong


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_contributions_add_up_to_every_figure_of_the_worked_cases(db: None, case: Any) -> None:
    world = World(case)
    world.replay()

    assert disagreements(world) == []


@pytest.mark.django_db
@settings(
    max_examples=int(os.environ.get("RANDOM_WORLDS", "4")),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize="RANDOM_WORLDS" not in os.environ,
)
@given(case=worlds())
def test_contributions_add_up_in_random_worlds_now_and_as_they_stood(case: Any) -> None:
    with rolled_back():
        world = World(case)
        world.replay()
        halfway = world.times[len(world.times) // 2] if world.times else None

        assert disagreements(world) == []
        assert disagreements(world, halfway) == []


def test_a_contribution_names_project_place_period_value_and_approver(
    world: SimpleNamespace,
) -> None:
    told = explained(world)

    assert [
        (
            one.line.project.code,
            one.line.place_name,
            one.period.label,
            one.counted,
            one.qualifier.word,
            one.result.approved_by.name,
        )
        for one in told.contributions
        if one.line and one.result and one.result.approved_by
    ] == [
        ("P1", "Kenya", "2020-Q2", 4, "more_than", "Reviewer"),
        ("P1", "Kenya", "2020-Q1", 3, "exact", "Reviewer"),
    ]
    assert told.text == "more than 7"


def test_a_submitted_result_is_left_out_and_its_effect_told(world: SimpleNamespace) -> None:
    factories.report(world.line, 10, "2020-Q3", to="submitted")
    drain()
    told = explained(world, "2020-Q3")

    assert told.waiting is not None
    assert (told.waiting.count, told.waiting.would_be) == (1, "more than 17")
    assert [one.line.project.code for one in told.missing if one.line] == ["P1"]


def test_work_in_progress_of_another_office_is_counted_and_not_shown(
    world: SimpleNamespace,
) -> None:
    elsewhere = factories.user("Elsewhere", Role.REPORTER, factories.office("ROLAC"))
    here = factories.user("Here", Role.REPORTER, world.project.office)
    factories.report(world.line, 10, "2020-Q3", to="submitted")
    drain()

    for user, seen in ((elsewhere, False), (here, True)):
        official = explained(world, "2020-Q3", user=user)
        provisional = explained(world, "2020-Q3", Basis.PROVISIONAL, user=user)
        assert official.waiting is not None
        assert official.waiting.unseen == (0 if seen else 1)
        assert (provisional.hidden, provisional.hidden_counted) == (
            (0, 0) if seen else (1, Fraction(10))
        )
        assert provisional.adds_up


def test_states_without_a_value_have_their_own_reasons(world: SimpleNamespace) -> None:
    other = factories.line(factories.project(world.plan, "P2"), world.indicator)
    factories.report(world.line, at="2020-Q3", state="not_available")
    factories.report(other, at="2020-Q2", state="not_applicable")
    drain()
    told = explained(world, "2020-Q3")

    assert [one.line.project.code for one in told.not_available if one.line] == ["P1"]
    assert [(one.line.project.code, one.since.label) for one in told.not_applicable] == [  # type: ignore[union-attr]
        ("P2", "2020-Q2")
    ]
    assert told.missing == []


def test_a_withdrawn_result_is_told_with_its_reason(world: SimpleNamespace) -> None:
    result = factories.report(world.line, 5, "2020-Q3")
    withdraw(rows=[result], by=factories.user("Boss", Role.REVIEWER), reason="Counted twice")
    drain()
    told = explained(world, "2020-Q3")

    assert [(one.text, one.reason, one.is_corrected) for one in told.replaced] == [
        ("5", "Counted twice", False)
    ]


def test_a_correction_replaces_and_as_of_shows_what_stood(world: SimpleNamespace) -> None:
    before = database_now()
    factories.report(world.line, 6, "2020-Q1")
    drain()
    now, then = explained(world), explained(world, moment=before)

    assert (now.figure.to_date, then.figure.to_date) == (10, 7)
    assert [(one.text, one.is_corrected) for one in now.replaced] == [("3", True)]
    assert then.replaced == []
    assert now.adds_up and then.adds_up


def test_a_correction_tells_why_it_was_made_and_what_it_replaced(world: SimpleNamespace) -> None:
    factories.report(world.line, 6, "2020-Q1", reason="Two were counted twice")
    factories.report(world.line, 5, "2020-Q2", reason="A late count")
    drain()
    told = {one.period.label: one.correction for one in explained(world).contributions}

    assert told == {
        "2020-Q1": "A correction of “3”: Two were counted twice",
        "2020-Q2": "A correction of “more than 4”: A late count",
    }


@pytest.mark.parametrize(
    ("fields", "before", "after", "cell", "told"),
    [
        (
            {"kind": "percentage"},
            {"numerator": "1", "denominator": "4"},
            {"numerator": "2", "denominator": "4"},
            "",
            "A correction of “1 of 4”: Recount",
        ),
        (
            {"kind": "distinct", "thing_kind": "city"},
            {"things": ["Nairobi", "Mombasa"], "unnamed": "1"},
            {"things": ["Nairobi"]},
            "",
            "A correction of “3”: Recount",
        ),
        (
            {"kind": "rating", "over_time": "latest", "levels": ["low", "high"]},
            {"rating": "low"},
            {"rating": "high"},
            "",
            "A correction of “low”: Recount",
        ),
        (
            {},
            {"state": "not_available"},
            {"value": "2"},
            "",
            "A correction of “not available”: Recount",
        ),
        (
            {"categories": {"sex": ["women", "men"]}},
            {"value": "5", "cells": {"women": "2"}},
            {"value": "5", "cells": {"women": "3"}},
            "women",
            "A correction of “2”: Recount",
        ),
        (
            {"categories": {"sex": ["women", "men"]}},
            {"value": "5"},
            {"value": "5", "cells": {"women": "3"}},
            "women",
            "A correction: Recount",
        ),
    ],
)
def test_what_a_correction_replaced_is_told_for_every_kind(
    world: SimpleNamespace, fields: Any, before: Any, after: Any, cell: str, told: str
) -> None:
    world.indicator = factories.indicator(world.outcome, **fields)
    line = factories.line(world.project, world.indicator, world.country)
    factories.report(line, **before)
    factories.report(line, **after, reason="Recount")
    drain()

    [one] = explained(world, "2020-Q1", cell=cell).contributions
    assert one.correction == told


def test_more_corrections_cost_no_more_queries(
    world: SimpleNamespace, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    factories.report(world.line, 6, "2020-Q1", reason="Recount")
    drain()
    with django_assert_max_num_queries(27) as few:
        assert [one.correction for one in explained(world).contributions]
    for _more in range(3):
        project = factories.project(world.plan, where=world.country)
        line = factories.line(project, world.indicator, world.country)
        factories.report(line, 1, "2020-Q2")
        factories.report(line, 2, "2020-Q2", reason="Recount")
    drain()

    with django_assert_num_queries(len(few)):
        assert [one.correction for one in explained(world).contributions]


def test_a_returned_result_waits_no_more(world: SimpleNamespace) -> None:
    result = factories.report(world.line, 10, "2020-Q3", to="submitted")
    send_back(rows=[result], by=factories.user("Boss", Role.REVIEWER), reason="Which source?")
    drain()

    assert explained(world, "2020-Q3").waiting is None


def test_a_window_names_only_its_part_and_still_adds_up(world: SimpleNamespace) -> None:
    told = explained(world, window=slice(0, 1))

    assert [one.result is not None for one in told.contributions] == [True, False]
    assert told.adds_up


def test_the_number_of_queries_does_not_grow_with_projects(
    world: SimpleNamespace, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25) as few:
        explained(world)
    for _more in range(3):
        project = factories.project(world.plan, where=world.country)
        factories.report(factories.line(project, world.indicator, world.country), 1, "2020-Q2")
    drain()

    with django_assert_num_queries(len(few)):
        explained(world)
