"""Computing everything anew: online as stale keys of a run, offline at one stroke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.clock import database_now
from outcomes import tasks
from outcomes.actions import mark_plan_stale, rebuild_figures
from outcomes.models import Figure, FigureDifference, FigureRun, Leaf, StaleFigure
from outcomes.rollup import filing, queue, rebuild, sql, state
from outcomes.rollup.queue import drain
from outcomes.rollup.rebuild import FiguresDoNotFit, rebuild_offline, start_rebuild
from outcomes.rollup.verify import verify
from tests import factories
from tests.roles import who_may

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    """Three indicators, the last a headline that the others feed; all figures computed."""
    ledger = Ledger()
    headline = ledger.indicator("H", is_headline=True)
    for code in ("A", "B"):
        ledger.post(ledger.contributor(ledger.indicator(code, feeds=headline)), 1, "5")
    drain()
    return ledger


def stored() -> list[tuple[Any, ...]]:
    """Every figure, but for when it was computed."""
    columns = ("indicator__code", *sql.FIGURE_KEY, *sql.FIGURE_COLUMNS)
    return list(Figure.objects.order_by("indicator__code", *sql.FIGURE_KEY).values_list(*columns))


def spoil() -> None:
    """Figures and leaves that are not what the ledger says."""
    Figure.objects.update(period_numerator=1)
    Leaf.objects.update(period_numerator=1)


class Died(BaseException):
    """The process is gone."""


def dying_after(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let a worker die when it has computed so many indicators."""
    done = []

    def recompute(*args: Any) -> None:
        if len(done) == times:
            raise Died
        done.append(args)
        real(*args)

    real = queue.recompute
    monkeypatch.setattr(queue, "recompute", recompute)


# --- Online ------------------------------------------------------------------------------------


def test_a_rebuild_restores_every_figure_and_finishes(ledger: Ledger) -> None:
    right = stored()
    spoil()
    run = start_rebuild(ledger.plan)
    drain()
    run.refresh_from_db()
    assert (run.total, run.finished_at is not None) == (3, True)
    assert (stored(), list(verify())) == (right, [])


def test_each_indicator_is_a_batch_of_its_own(ledger: Ledger) -> None:
    start_rebuild(ledger.plan)
    batches: list[int] = []
    drain(told=lambda keys: batches.append(len(keys)))
    assert batches == [1, 1, 1]


def test_whole_indicators_of_no_run_are_batches_of_their_own_too(ledger: Ledger) -> None:
    mark_plan_stale(ledger.plan)
    batches: list[int] = []
    assert drain(told=lambda keys: batches.append(len(keys))) == 3
    assert batches == [1, 1, 1]


def test_postings_are_not_held_up_by_a_rebuild(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_rebuild(ledger.plan)
    ledger.post(ledger.contributor(ledger.indicator("NEW")), 1, "7")
    dying_after(monkeypatch, 2)
    with pytest.raises(Died):
        drain()
    left = StaleFigure.objects.exclude(leaf=0)
    assert not left.exists()


def test_a_rebuild_that_dies_goes_on_where_it_was(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = stored()
    spoil()
    run = start_rebuild(ledger.plan)
    with monkeypatch.context() as broken:
        dying_after(broken, 1)
        with pytest.raises(Died):
            drain()
    run.refresh_from_db()
    going_on = state.progress_of(run)
    assert (going_on.done, going_on.is_finished, run.finished_at) == (1, False, None)
    drain()
    run.refresh_from_db()
    assert (run.finished_at is not None, stored()) == (True, right)


def test_the_sweep_finishes_a_run_whose_worker_died_after_its_last_commit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start_rebuild(ledger.plan)
    with monkeypatch.context() as broken:
        broken.setattr(queue, "finish_rebuilds", lambda: None)
        drain()
    tasks.drain_stale_figures()
    run.refresh_from_db()
    assert run.finished_at is not None


def test_finishing_twice_keeps_the_first_time(ledger: Ledger) -> None:
    run = start_rebuild(ledger.plan)
    drain()
    run.refresh_from_db()
    queue.finish_rebuilds()
    assert FigureRun.objects.get(pk=run.pk).finished_at == run.finished_at


def test_two_rebuilds_at_once_both_finish(ledger: Ledger) -> None:
    start_rebuild(ledger.plan)
    start_rebuild(ledger.plan)
    drain()
    assert FigureRun.objects.filter(finished_at__isnull=False).count() == 2


def test_a_rebuild_of_one_indicator_leaves_the_others(ledger: Ledger) -> None:
    one = Figure.objects.filter(indicator__code="A").first()
    assert one is not None
    spoil()
    start_rebuild(ledger.plan, indicator=one.indicator)
    drain()
    wrong = {difference.indicator for difference in verify()}
    assert wrong == {"B", "H"}


def test_another_plan_is_left_alone(ledger: Ledger) -> None:
    other = Ledger("Q")
    other.indicator()
    drain()
    start_rebuild(ledger.plan)
    assert set(state.queue_by_plan()) == {ledger.plan.pk}


# --- The action --------------------------------------------------------------------------------


def test_managers_and_administrators_of_headquarters_may_rebuild() -> None:
    plan = factories.plan()
    assert who_may(lambda person: rebuild_figures(plan=plan, by=person)) == {
        "manager above",
        "administrator above",
    }


def test_a_rebuild_is_recorded_with_who_asked(ledger: Ledger) -> None:
    chief = factories.user("Chief", Role.MANAGER)
    run = rebuild_figures(plan=ledger.plan, by=chief)
    act = ActivityEntry.objects.get(verb="had figures computed again")
    assert (run.by, act.actor, act.details) == (chief, chief, {"run": run.pk})


def test_asking_again_joins_the_rebuild_that_is_going_on(ledger: Ledger) -> None:
    first = rebuild_figures(plan=ledger.plan, by=None)
    assert rebuild_figures(plan=ledger.plan, by=None) == first
    drain()
    assert rebuild_figures(plan=ledger.plan, by=None) != first


# --- Offline -----------------------------------------------------------------------------------


def test_an_offline_rebuild_gives_the_same_figures_and_takes_what_waits(ledger: Ledger) -> None:
    right = stored()
    spoil()
    mark_plan_stale(ledger.plan)
    StaleFigure.objects.filter(indicator__code="A").update(too_large_at=database_now())
    run = rebuild_offline(ledger.plan)
    assert (run.total, run.finished_at is not None, StaleFigure.objects.count()) == (3, True, 0)
    assert (stored(), list(verify())) == (right, [])


def test_an_offline_rebuild_that_fails_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, told = stored(), []
    mark_plan_stale(ledger.plan)

    def fail(*args: Any) -> None:
        raise DataError("bigint out of range")

    monkeypatch.setattr(rebuild, "recompute", fail)
    with pytest.raises(FiguresDoNotFit, match="indicator H "):
        rebuild_offline(ledger.plan, told=lambda *one: told.append(one))
    assert (stored(), told) == (right, [(1, 3, "H")])
    assert (StaleFigure.objects.count(), FigureRun.objects.count()) == (3, 0)


# --- Verifications that are filed --------------------------------------------------------------


def test_a_verification_files_each_difference_with_its_place(ledger: Ledger) -> None:
    figure = Figure.objects.filter(indicator__code="A", scope=0, basis=1, period=1)
    figure.update(period_numerator=1)
    assert tasks.verify_figures() == 1
    run, found = FigureRun.objects.get(), FigureDifference.objects.get()
    assert (run.kind, run.total, run.differences) == ("verification", 3, 1)
    assert (found.indicator.code, found.scope, found.basis, found.cell, found.period) == (
        *("A", 0, 1),
        *("", 1),
    )
    assert "period_numerator 5000000" in found.computed


def test_a_verification_drains_first(ledger: Ledger) -> None:
    ledger.post(ledger.contributor(ledger.indicator("NEW")), 1, "7")
    assert (tasks.verify_figures(), StaleFigure.objects.count()) == (0, 0)


def test_what_is_posted_while_comparing_is_no_difference(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.post(ledger.contributor(ledger.indicator("NEW")), 1, "7")
    monkeypatch.setattr(filing, "drain", lambda plan_id: 0)
    assert filing.file_verification(ledger.plan).differences == 0


def test_so_many_differences_are_kept_and_all_are_counted(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "KEPT_DIFFERENCES", 2)
    Figure.objects.filter(indicator__code="A").update(period_numerator=1)
    run = filing.file_verification(ledger.plan)
    assert (run.differences > 2, run.found.count()) == (True, 2)


def test_old_verifications_are_forgotten_but_for_a_year_those_with_differences(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "KEPT_RUNS", 1)
    old = [
        FigureRun.objects.create(
            kind="verification", plan=ledger.plan, total=3, differences=differences
        )
        for differences in (0, 1, 1)
    ]
    FigureRun.objects.filter(pk=old[1].pk).update(started_at=timezone.now() - timedelta(days=366))
    run = filing.file_verification(ledger.plan)
    assert list(FigureRun.objects.all()) == [run, old[2]]
