"""Several workers and writers at once, on PostgreSQL: no stale total is stored, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from outcomes import scopes
from outcomes.actions import Loaded, PostingRow, load_postings
from outcomes.models import Contributor, Figure, Measurement, StaleFigure
from outcomes.rollup import queue, sql, state
from outcomes.rollup.queue import drain
from outcomes.rollup.rebuild import start_rebuild
from outcomes.rollup.verify import verify
from tests.conftest import missing, wait_until

from .ledger import Ledger

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ledger() -> Ledger:
    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    return Ledger()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def closing(work: Callable[[], Any]) -> Callable[[], Any]:
    """The work of a thread, which gives its database connection back."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return run


def somebody_waits() -> bool:
    """Whether a session of this database waits for a lock of another one."""
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL tells the same activity again and again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND cardinality(pg_blocking_pids(pid)) > 0"
        )
        return cursor.fetchone() is not None


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without the lock"])
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_two_workers_under_one_total_need_the_lock_of_its_indicator(
    ledger: Ledger,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
    order: str,
) -> None:
    """One worker has stored the leaf of Kenya but not committed when another stores Nepal's.

    Neither sees the leaf of the other, so that the total which is stored last lacks one of
    them, unless the second worker leaves the indicator to the first.
    """
    indicator = ledger.indicator()
    posts = {
        "a": (ledger.contributor(indicator, "a"), "5"),
        "b": (ledger.contributor(indicator, "b", country=ledger.nepal), "7"),
    }
    drain()
    if not locked:
        monkeypatch.setattr(sql, "TRY_LOCK", dict.fromkeys(sql.TRY_LOCK, "1 = 1"))
    stored, posted = threading.Event(), threading.Event()

    def first_worker() -> None:
        with transaction.atomic():
            drain()
            stored.set()
            assert posted.wait(20)
        drain()

    ledger.post(posts[order[0]][0], 1, posts[order[0]][1])
    first = threads.submit(closing(first_worker))
    assert stored.wait(20)
    ledger.post(posts[order[1]][0], 1, posts[order[1]][1])
    second = threads.submit(closing(drain))
    if locked:
        assert second.result(timeout=20) == 0
    else:
        wait_until(somebody_waits)
    posted.set()
    first.result(timeout=20)
    second.result(timeout=20)
    assert StaleFigure.objects.count() == 0
    lost = int(posts[order[0]][1])
    assert ledger.figure(indicator, 1).to_date == (12 if locked else 12 - lost)
    assert (list(verify()) == []) is locked


def test_writers_and_workers_at_once_lose_nothing(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    headline = ledger.indicator("H", is_headline=True)
    fed = [ledger.indicator(code, feeds=headline) for code in ("A", "B")]
    contributors = [
        ledger.contributor(indicator, f"s{number}", place=f"p{number}")
        for indicator in fed
        for number in range(4)
    ]
    writing = threading.Event()
    writing.set()

    def write(contributor: Contributor) -> None:
        for value in range(10):
            ledger.post(contributor, 1 + value % 4, str(value))

    def work() -> None:
        while writing.is_set():
            drain()

    workers = [threads.submit(closing(work)) for _ in range(2)]
    writers = [threads.submit(closing(lambda one=one: write(one))) for one in contributors]
    for writer in writers:
        writer.result(timeout=60)
    writing.clear()
    for worker in workers:
        worker.result(timeout=60)
    drain()
    # the last values of the four periods are 8, 9, 6 and 7, of eight contributors
    assert ledger.figure(headline, 4).to_date == 8 * 30
    assert (list(verify()), StaleFigure.objects.count()) == ([], 0)


def drain_that_waits(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, others_done: threading.Event
) -> Future[int]:
    """A worker that has computed its first indicator, and commits when others are done."""
    computing = threading.Event()
    recompute = queue.recompute

    def slow_once(*args: Any) -> None:
        recompute(*args)
        if not computing.is_set():
            computing.set()
            assert others_done.wait(30)

    monkeypatch.setattr(queue, "recompute", slow_once)
    worker = threads.submit(closing(drain))
    assert computing.wait(30)
    return worker


def test_workers_share_what_changed_by_indicators_and_do_not_wait_for_each_other(
    ledger: Ledger, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    contributors = [ledger.contributor(ledger.indicator(f"I{number}")) for number in range(6)]
    drain()
    for contributor in contributors:
        ledger.post(contributor, 1, "5")
    others_done = threading.Event()
    first = drain_that_waits(threads, monkeypatch, others_done)
    assert drain() == 2
    assert StaleFigure.objects.count() == 4
    others_done.set()
    assert first.result(timeout=30) == 4
    assert (list(verify()), StaleFigure.objects.count()) == ([], 0)


def test_workers_share_a_rebuild_and_the_last_one_finishes_it(
    ledger: Ledger, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        ledger.post(ledger.contributor(ledger.indicator(f"I{number}")), 1, "5")
    drain()
    Figure.objects.update(period_numerator=1)
    run = start_rebuild(ledger.plan)
    others_done = threading.Event()
    first = drain_that_waits(threads, monkeypatch, others_done)
    assert drain() == 11
    assert state.progress_of(run).left == 1
    others_done.set()
    assert first.result(timeout=30) == 1
    run.refresh_from_db()
    assert run.finished_at is not None
    assert (list(verify()), StaleFigure.objects.count()) == ([], 0)


def test_a_posting_made_while_its_contributor_moves_counts_at_the_new_home(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator, place="")
    with transaction.atomic():
        ledger.contributor(indicator, place="", country=ledger.nepal)
        posting = threads.submit(closing(lambda: ledger.post(contributor, 1, "5")))
        wait_until(somebody_waits)
    posting.result(timeout=20)
    drain()
    assert ledger.figure(indicator, 1, scope=scopes.of_country(524)).to_date == 5
    assert list(verify()) == []


# --- Many postings at once ---------------------------------------------------------------------


def load(ledger: Ledger, *values: tuple[str, str]) -> Loaded:
    """Load values of the first period, each with the source of its contributor."""
    rows = [PostingRow("I", source, "", "1", value) for source, value in values]
    return load_postings(plan=ledger.plan, rows=rows, by=None)


def test_a_load_waits_for_the_move_of_its_contributor_and_counts_at_the_new_home(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    indicator = ledger.indicator()
    ledger.contributor(indicator, place="")
    with transaction.atomic():
        ledger.contributor(indicator, place="", country=ledger.nepal)
        loading = threads.submit(closing(lambda: load(ledger, ("a", "5"))))
        wait_until(somebody_waits)
    loading.result(timeout=20)
    drain()
    assert ledger.figure(indicator, 1, scope=scopes.of_country(524)).to_date == 5
    assert list(verify()) == []


def test_a_contributor_that_is_moved_while_its_postings_are_loaded_takes_them_along(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    indicator = ledger.indicator()
    ledger.contributor(indicator, place="")
    with transaction.atomic():
        load(ledger, ("a", "5"))
        moving = threads.submit(
            closing(lambda: ledger.contributor(indicator, place="", country=ledger.nepal))
        )
        wait_until(somebody_waits)
    moving.result(timeout=20)
    drain()
    assert ledger.figure(indicator, 1, scope=scopes.of_country(524)).to_date == 5
    assert list(verify()) == []


def test_a_load_withdraws_what_was_posted_while_it_waited_later_than_that(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    """It asks for its contributors in one order, so that nobody waits for each other."""
    indicator = ledger.indicator()
    one, two = (ledger.contributor(indicator, source, place="") for source in "ab")
    Contributor.objects.filter(pk=one.pk).update(source="c")  # now behind the other in the table
    with transaction.atomic():
        Contributor.objects.select_for_update().get(pk=one.pk)
        loading = threads.submit(closing(lambda: load(ledger, ("b", "7"), ("c", "7"))))
        wait_until(somebody_waits)
        for contributor in (one, two):
            ledger.post(contributor, 1, "5")
    assert loading.result(timeout=20) == Loaded(posted=2, unchanged=0, withdrawn=2)
    assert ledger.value(indicator, 1) == 14
    assert list(verify()) == []


def test_a_posting_withdraws_what_was_loaded_while_it_waited(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator, place="")
    with transaction.atomic():
        load(ledger, ("a", "7"))
        posting = threads.submit(closing(lambda: ledger.post(contributor, 1, "5")))
        wait_until(somebody_waits)
    posting.result(timeout=20)
    assert ledger.value(indicator, 1) == 5
    before, after = Measurement.objects.order_by("posted_at")
    assert before.posted_at < before.withdrawn_at == after.posted_at
    assert list(verify()) == []
