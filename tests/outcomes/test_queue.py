"""Stale figures: what a posting touches, and that nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from habitat_tracker.clock import database_now
from outcomes import scopes
from outcomes.actions import mark_indicators_stale
from outcomes.choices import Basis
from outcomes.models import Figure, Measurement, StaleFigure
from outcomes.rollup import queue, sql
from outcomes.rollup.queue import drain, is_stale
from outcomes.rollup.state import too_large
from outcomes.rollup.verify import verify

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def stored() -> list[tuple[Any, ...]]:
    """Every figure, but for when it was computed."""
    columns = (*sql.FIGURE_KEY, *sql.FIGURE_COLUMNS)
    return list(Figure.objects.order_by(*sql.FIGURE_KEY).values_list("indicator", *columns))


def test_a_posting_moves_plan_offices_and_country(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.post(ledger.contributor(indicator), 2, "5")
    drain()
    moved = Figure.objects.filter(period_numerator__isnull=False)
    with_value = set(moved.values_list("scope", flat=True))
    assert with_value == {
        scopes.PLAN,
        scopes.of_office(ledger.hq.pk),
        scopes.of_office(ledger.africa.pk),
        scopes.of_country(404),
    }


def test_a_sum_reaches_forward_and_not_back(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.post(ledger.contributor(indicator), 2, "5")
    assert [ledger.value(indicator, period) for period in (1, 2, 3, 4)] == [None, 5, 5, 5]


@pytest.mark.parametrize("is_whole", [False, True], ids=["one leaf", "whole indicator"])
def test_a_latest_value_is_carried_over_a_report_without_a_value(
    ledger: Ledger, is_whole: bool
) -> None:
    indicator = ledger.indicator(over_time="latest")
    contributor = ledger.contributor(indicator)
    for period, value in ((1, "5"), (2, "7"), (4, "9")):
        ledger.post(contributor, period, value)
    drain()
    # It came in another way: nothing posts a report without a value.
    Measurement.objects.filter(period=2).update(numerator=None)
    StaleFigure.objects.create(
        plan=ledger.plan,
        indicator=indicator,
        leaf=scopes.EVERY_LEAF if is_whole else scopes.of_leaf(ledger.africa.pk, 404),
        basis=0 if is_whole else Basis.OFFICIAL,
        first_period=2,
        last_period=3,
    )
    drain()
    figures = [ledger.figure(indicator, period) for period in (1, 2, 3, 4)]
    assert [figure.to_date for figure in figures] == [5, 5, 5, 9]
    assert [figure.in_period for figure in figures] == [5, None, None, 9]
    assert [figure.reported for figure in figures] == [1, 1, 0, 1]


def test_a_report_that_ends_not_applicable_moves_who_is_expected_until_the_next_turn(
    ledger: Ledger,
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)

    def expected() -> list[int | None]:
        drain()
        assert list(verify()) == []
        return [ledger.figure(indicator, period).expected for period in (1, 2, 3, 4)]

    ledger.post(contributor, 1, state="not_applicable")
    assert expected() == [0, 0, 0, 0]
    ledger.post(contributor, 2, "5")
    assert expected() == [0, 1, 1, 1]
    ledger.post(contributor, 4, state="not_applicable")
    assert expected() == [0, 1, 1, 0]
    ledger.post(contributor, 2)
    assert expected() == [0, 0, 0, 0]


def test_a_first_report_reaches_no_later_period(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    drain()
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    ledger.post(contributor, 3, state="not_applicable")
    drain()
    ledger.post(contributor, 2, "5")
    key = StaleFigure.objects.get()
    assert (key.first_period, key.last_period) == (2, 2)


def test_a_corrected_latest_value_is_carried_over_a_report_without_a_value(
    ledger: Ledger,
) -> None:
    indicator = ledger.indicator(over_time="latest")
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    ledger.post(contributor, 2, "7")
    Measurement.objects.filter(period=2).update(numerator=None)
    mark_indicators_stale(ledger.plan, [indicator.pk])
    drain()
    ledger.post(contributor, 1, "6")
    assert [ledger.value(indicator, period) for period in (1, 2, 3)] == [6, 6, 6]


def test_a_posting_that_rolls_back_leaves_nothing(ledger: Ledger) -> None:
    contributor = ledger.contributor(ledger.indicator())
    drain()
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.post(contributor, 1, "5")
        raise RuntimeError
    assert (Measurement.objects.count(), StaleFigure.objects.count()) == (0, 0)


def test_draining_twice_changes_nothing(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.post(ledger.contributor(indicator), 1, "5")
    drain()
    before = stored()
    assert drain() == 0
    mark_indicators_stale(ledger.plan, [indicator.pk])
    assert drain() == 1
    assert stored() == before


def test_a_drain_that_dies_keeps_its_keys(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    indicator = ledger.indicator()
    ledger.post(ledger.contributor(indicator), 1, "5")

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(queue, "recompute", die)
        with pytest.raises(KeyboardInterrupt):
            drain()
    assert is_stale(ledger.plan.pk) == {indicator.pk}
    assert ledger.value(indicator, 1) == 5


def test_more_keys_than_a_batch_are_all_done(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "BATCH", dict.fromkeys(queue.BATCH, 2))
    contributor = ledger.contributor(ledger.indicator())
    for value in range(5):
        ledger.post(contributor, 1, str(value))
    drain()
    assert StaleFigure.objects.count() == 0


def test_a_total_beyond_the_database_stays_updating_and_holds_up_nobody(ledger: Ledger) -> None:
    huge, small = ledger.indicator("HUGE"), ledger.indicator("SMALL")
    ledger.post_too_much(huge)
    ledger.post(ledger.contributor(small), 1, "5")
    drain()
    assert is_stale(ledger.plan.pk) == too_large(ledger.plan.pk) == {huge.pk}
    assert ledger.figure(small, 1).to_date == 5


def test_what_was_too_large_is_tried_again_with_a_newer_key_or_after_a_while(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = ledger.indicator("HUGE")
    contributors = ledger.post_too_much(huge)
    tried = []
    recompute = queue.recompute
    monkeypatch.setattr(queue, "recompute", lambda *args: (tried.append(1), recompute(*args)))
    drain()
    times = len(tried)
    drain()
    assert len(tried) == times
    StaleFigure.objects.update(too_large_at=database_now() - timedelta(seconds=31))
    drain()
    assert len(tried) == 2 * times
    for contributor in contributors[1:]:
        ledger.post(contributor, 1)
    assert ledger.value(huge, 1) == 99_999_999_999
    assert (StaleFigure.objects.count(), too_large(ledger.plan.pk)) == (0, set())


def test_more_keys_of_what_is_too_large_than_a_batch_are_left_alone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "BATCH", dict.fromkeys(queue.BATCH, 2))
    huge, small = ledger.indicator("HUGE"), ledger.indicator("SMALL")
    ledger.post_too_much(huge)
    ledger.post(ledger.contributor(small), 1, "5")
    assert ledger.value(small, 1) == 5


def test_a_key_that_came_while_others_were_too_large_is_tried_at_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = ledger.indicator("HUGE")
    contributors = ledger.post_too_much(huge)
    say = queue._say_too_large

    def say_after_a_correction(*args: Any) -> None:
        for contributor in contributors[1:]:
            ledger.post(contributor, 1)
        say(*args)

    monkeypatch.setattr(queue, "_say_too_large", say_after_a_correction)
    drain()
    assert ledger.value(huge, 1) == 99_999_999_999
    assert StaleFigure.objects.count() == 0


def test_an_indicator_of_very_many_keys_is_computed_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    contributor = ledger.contributor(ledger.indicator())
    drain()
    monkeypatch.setattr(queue, "BATCH", dict.fromkeys(queue.BATCH, 2))
    monkeypatch.setattr(queue, "WHOLE_FROM", dict.fromkeys(queue.WHOLE_FROM, 1))
    for value in range(5):
        ledger.post(contributor, 1, str(value))
    computed = []
    recompute = queue.recompute
    monkeypatch.setattr(queue, "recompute", lambda *args: (computed.append(1), recompute(*args)))
    assert (drain(), len(computed)) == (5, 1)


def test_a_withdrawn_value_leaves_no_figure_where_nobody_is_expected(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator, expected_from=None)
    ledger.post(contributor, 1, "5")
    drain()
    ledger.post(contributor, 1)
    drain()
    assert Figure.objects.count() == 0


def test_plans_do_not_touch_each_other(ledger: Ledger) -> None:
    other = Ledger("Q")
    mine, theirs = ledger.indicator(), other.indicator()
    ledger.post(ledger.contributor(mine), 1, "5")
    other.post(other.contributor(theirs), 1, "7")
    drain(plan_id=ledger.plan.pk)
    assert is_stale(other.plan.pk) == {theirs.pk}
    assert (ledger.figure(mine, 1).to_date, ledger.value(theirs, 1)) == (5, 7)


def test_a_posting_that_feeds_a_headline_takes_few_statements(
    ledger: Ledger, django_assert_max_num_queries: Any
) -> None:
    headline = ledger.indicator("H", is_headline=True)
    feeders = [ledger.indicator(code, feeds=headline) for code in ("F1", "F2")]
    contributors = [ledger.contributor(feeder) for feeder in feeders]
    drain()
    ledger.post(contributors[0], 1, "5")
    # Two indicators: claim, select, the rules, coverage, compare and store.
    with django_assert_max_num_queries(20):
        assert drain() == 2
    assert ledger.figure(headline, 1).to_date == 5


def calls_of_a_drain() -> list[int]:
    """How many keys were left each time that a drain called another worker."""
    calls: list[int] = []
    drain(call_another=lambda: calls.append(StaleFigure.objects.count()))
    return calls


def test_a_drain_of_several_whole_indicators_calls_another_worker_once(ledger: Ledger) -> None:
    indicators = [ledger.indicator(code) for code in ("A", "B", "C")]
    drain()
    mark_indicators_stale(ledger.plan, [one.pk for one in indicators])
    assert calls_of_a_drain() == [2]
    mark_indicators_stale(ledger.plan, [indicators[0].pk])
    assert calls_of_a_drain() == []


def test_a_drain_of_more_keys_than_a_batch_calls_another_worker(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    contributor = ledger.contributor(ledger.indicator())
    drain()
    monkeypatch.setattr(queue, "BATCH", dict.fromkeys(queue.BATCH, 2))
    for value in range(5):
        ledger.post(contributor, 1, str(value))
    assert calls_of_a_drain() == [3]
    ledger.post(contributor, 1, "7")
    assert calls_of_a_drain() == []


def test_nobody_is_called_for_indicators_that_nobody_can_compute(ledger: Ledger) -> None:
    huge = [ledger.indicator(code) for code in ("HUGE", "VAST")]
    for indicator in huge:
        ledger.post_too_much(indicator)
    mark_indicators_stale(ledger.plan, [one.pk for one in huge])
    # Else workers would wake each other for ever.
    assert calls_of_a_drain() == []
    assert is_stale(ledger.plan.pk) == {one.pk for one in huge}
