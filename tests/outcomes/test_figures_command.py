"""`manage.py figures`: what it says, and that it can be begun again."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from outcomes.actions import rebuild_figures
from outcomes.models import Figure, FigureRun, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    for code in ("A", "B"):
        ledger.post(ledger.contributor(ledger.indicator(code)), 1, "5")
    drain()
    return ledger


def figures(*asked: str) -> str:
    """What `manage.py figures` prints."""
    out = StringIO()
    call_command("figures", *asked, stdout=out, stderr=out)
    return out.getvalue()


def spoil() -> None:
    Figure.objects.update(period_numerator=1)


def test_status_of_figures_that_nothing_was_done_with(ledger: Ledger) -> None:
    assert figures("status").splitlines() == [
        "Plan P",
        "  queue: 0 stale keys",
        "  updating: nothing",
        "  last rebuild: none",
        "  last verification: none",
    ]


def test_status_names_what_waits_and_how_far_a_rebuild_is(ledger: Ledger) -> None:
    figures("verify")
    figures("rebuild", "--no-wait")
    [state] = json.loads(figures("status", "--plan", "P", "--json"))
    assert (state["queue"]["keys"], state["updating"]) == (2, ["A", "B"])
    assert (state["rebuild"]["done"], state["rebuild"]["finished_at"]) == (0, None)
    assert (state["verification"]["differences"], state["verification"]["total"]) == (0, 2)


def test_rebuild_says_each_indicator_and_puts_figures_right(ledger: Ledger) -> None:
    spoil()
    first, second, end = figures("rebuild", "--plan", "P").splitlines()
    assert (first[:-1], second[:-1]) == ("1 of 2: ", "2 of 2: ")
    assert {first[-1], second[-1]} == {"A", "B"}
    assert end == "Plan P: 2 indicators computed again."
    assert list(verify()) == []


def test_rebuild_of_one_indicator(ledger: Ledger) -> None:
    printed = figures("rebuild", "--plan", "P", "--indicator", "B")
    assert printed.splitlines() == ["1 of 1: B", "Plan P: 1 indicators computed again."]


def test_rebuild_joins_one_that_is_going_on(ledger: Ledger) -> None:
    rebuild_figures(plan=ledger.plan, by=None)
    printed = figures("rebuild", "--plan", "P")
    assert "is going on, 0 of 2 done; joining it." in printed
    assert (FigureRun.objects.count(), StaleFigure.objects.count()) == (1, 0)


def test_rebuild_offline(ledger: Ledger) -> None:
    spoil()
    assert "Plan P: 2 indicators computed again." in figures("rebuild", "--offline")
    assert list(verify()) == []


def test_rebuild_names_an_indicator_that_does_not_fit_the_database(ledger: Ledger) -> None:
    ledger.post_too_much(ledger.indicator("HUGE"))
    with pytest.raises(CommandError) as refused:
        figures("rebuild")
    assert str(refused.value) == "Not computed, their sums are 10^13 or above: HUGE."
    assert FigureRun.objects.get().finished_at is None
    assert figures("status").splitlines()[2:4] == [
        "  updating: nothing",
        "  not computed, their sums are 10^13 or above: HUGE",
    ]
    [state] = json.loads(figures("status", "--json"))
    assert (state["updating"], state["too_large"]) == ([], ["HUGE"])


def test_rebuild_offline_names_an_indicator_that_does_not_fit_and_changes_nothing(
    ledger: Ledger,
) -> None:
    ledger.post_too_much(ledger.indicator("HUGE"))
    before = list(Figure.objects.order_by("pk").values())
    with pytest.raises(CommandError) as refused:
        figures("rebuild", "--offline")
    assert str(refused.value) == (
        "Nothing was changed in plan P: the sums of indicator HUGE do not fit (10^13 and above)."
    )
    assert list(Figure.objects.order_by("pk").values()) == before
    assert (FigureRun.objects.count(), StaleFigure.objects.exists()) == (0, True)


def test_verify_files_what_it_finds_and_ends_with_an_error(ledger: Ledger) -> None:
    Figure.objects.filter(indicator__code="A", scope=0, basis=1, period=1).update(
        period_numerator=1
    )
    with pytest.raises(CommandError, match="1 figures differ from the ledger"):
        figures("verify")
    assert FigureRun.objects.get().differences == 1


def test_verify_without_draining_files_nothing(ledger: Ledger) -> None:
    ledger.post(ledger.contributor(ledger.indicator("NEW")), 1, "7")
    with pytest.raises(CommandError):
        figures("verify", "--no-drain")
    assert FigureRun.objects.count() == 0


@pytest.mark.parametrize(
    "asked",
    [
        ("status", "--plan", "NONE"),
        ("rebuild", "--indicator", "A"),
        ("rebuild", "--plan", "P", "--indicator", "NONE"),
        ("rebuild", "--offline", "--no-wait"),
    ],
)
def test_what_cannot_be_done_is_refused(ledger: Ledger, asked: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        figures(*asked)
