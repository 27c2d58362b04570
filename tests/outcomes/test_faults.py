"""What breaks in the night: workers killed, Redis lost, PostgreSQL dead, clocks that disagree.

Afterwards no number is lost, no figure differs from the ledger, and the queue is empty soon.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction

from habitat_tracker.celery import app
from habitat_tracker.clock import database_now
from habitat_tracker.health import stale_figures
from outcomes.actions import mark_plan_stale
from outcomes.models import Figure, Indicator, Measurement, StaleFigure
from outcomes.rollup.queue import drain, is_stale
from outcomes.rollup.verify import verify
from outcomes.tasks import drain_stale_figures
from tests.conftest import database_url, missing, start_job_process, stop, wait_until
from tests.private_services import Services

from .ledger import Ledger
from .test_concurrency import closing, somebody_waits

pytestmark = pytest.mark.live

# The schedule sweeps every five seconds; machines that run tests may be slow.
SOON = 60.0


@pytest.fixture
def ledger(transactional_db: None) -> Ledger:
    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    return Ledger()


def queue_is_empty() -> bool:
    """Whether no figure waits any more."""
    return not StaleFigure.objects.exists()


def all_is_well() -> bool:
    """Whether nothing waits and nothing differs."""
    return queue_is_empty() and list(verify()) == []


class Workers:
    """Worker processes on the test database, which a test may kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker, which drains when it is ready."""
        process = start_job_process(
            *("worker", "--concurrency=1", f"--hostname=faults{len(self.started)}@localhost"),
            log=self.folder / "worker.log",
            DATABASE_URL=database_url(),
            CELERY_BROKER_URL=settings.CELERY_BROKER_URL,
        )
        self.started.append(process)
        return process

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker and its children at once: no handler runs, nothing is said."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def forget_messages(self) -> None:
        """Take what waits in the broker out of it."""
        app.control.purge()


@pytest.fixture
def workers(ledger: Ledger, tmp_path: Path) -> Iterator[Workers]:
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        missing("Redis (CELERY_BROKER_URL)")
    workers = Workers(tmp_path)
    workers.forget_messages()  # those of other tests are of no concern here
    yield workers
    for process in workers.started:
        stop(process)
    workers.forget_messages()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


# --- Workers ---------------------------------------------------------------------------------


def die_while_storing(workers: Workers, indicator: Indicator) -> None:
    """A worker has stored leaves and waits for a row of a figure when it is killed."""
    with transaction.atomic():
        list(Figure.objects.select_for_update().filter(indicator=indicator))
        worker = workers.start()
        wait_until(somebody_waits, seconds=SOON)
        workers.kill(worker)


def finish_with_another(workers: Workers) -> None:
    """A new worker does what is left, with no schedule and no wake-up."""
    workers.start()
    wait_until(queue_is_empty, seconds=SOON)


def test_a_worker_that_starts_drains_with_no_schedule_and_no_wake_up(
    ledger: Ledger, workers: Workers
) -> None:
    indicator = ledger.indicator()
    ledger.post(ledger.contributor(indicator), 1, "5")
    workers.forget_messages()
    finish_with_another(workers)
    assert ledger.figure(indicator, 1).to_date == 5
    assert all_is_well()


def test_a_worker_killed_in_the_middle_of_a_drain_loses_nothing(
    ledger: Ledger, workers: Workers
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    drain()
    ledger.post(contributor, 1, "7")
    die_while_storing(workers, indicator)
    assert is_stale(ledger.plan.pk) == {indicator.pk}
    assert ledger.figure(indicator, 1).to_date == 5
    finish_with_another(workers)
    assert ledger.figure(indicator, 1).to_date == 7
    assert all_is_well()


def test_a_worker_killed_in_the_middle_of_a_rebuild_loses_nothing(
    ledger: Ledger, workers: Workers
) -> None:
    headline = ledger.indicator("H", is_headline=True)
    fed = [ledger.indicator(code, feeds=headline) for code in ("A", "B", "C")]
    for indicator in fed:
        ledger.post(ledger.contributor(indicator), 1, "5")
    drain()
    Figure.objects.exclude(indicator=fed[2]).update(period_numerator=1)
    mark_plan_stale(ledger.plan)
    die_while_storing(workers, fed[2])
    # Each indicator is a transaction of its own: what was done stays, the one it died in waits.
    assert fed[2].pk in is_stale(ledger.plan.pk)
    finish_with_another(workers)
    assert ledger.figure(headline, 1).to_date == 15
    assert all_is_well()


def test_one_wake_up_brings_a_second_worker_into_a_rebuild(
    ledger: Ledger, workers: Workers
) -> None:
    indicators = [ledger.indicator(code) for code in ("A", "B", "C", "D")]
    for indicator in indicators:
        ledger.post(ledger.contributor(indicator), 1, "5")
    drain()
    Figure.objects.update(period_numerator=1)
    app.control.purge()
    mark_plan_stale(ledger.plan)
    with transaction.atomic():  # who has done A does not get on with B
        list(Figure.objects.select_for_update().filter(indicator=indicators[1]))
        workers.start()
        workers.start()
        wait_until(lambda: is_stale(ledger.plan.pk) == {indicators[1].pk}, seconds=SOON)
    wait_until(queue_is_empty, seconds=SOON)
    assert all_is_well()


def test_a_job_delivered_twice_late_and_out_of_order_changes_nothing(
    ledger: Ledger, workers: Workers
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    drain_stale_figures.apply_async(countdown=2)
    for value in ("5", "7", "9"):
        ledger.post(contributor, 1, value)
        drain_stale_figures.delay()
        drain_stale_figures.delay()
    workers.start()
    workers.start()
    wait_until(queue_is_empty, seconds=SOON)
    before = list(Figure.objects.order_by("pk").values())
    assert [drain_stale_figures(), drain_stale_figures()] == [0, 0]
    assert ledger.figure(indicator, 1).to_date == 9
    assert list(Figure.objects.order_by("pk").values()) == before
    assert all_is_well()


def test_two_rebuilds_at_once_end_as_one(ledger: Ledger, threads: ThreadPoolExecutor) -> None:
    indicators = [ledger.indicator(code) for code in ("A", "B", "C")]
    for indicator in indicators:
        ledger.post(ledger.contributor(indicator), 1, "5")
    drain()
    Figure.objects.update(period_numerator=1)

    def rebuild() -> None:
        mark_plan_stale(ledger.plan)
        drain()

    with transaction.atomic():  # both have begun before either can store anything
        list(Figure.objects.select_for_update().filter(indicator=indicators[0]))
        rebuilds = [threads.submit(closing(rebuild)) for _ in range(2)]
        wait_until(somebody_waits)
    for one in rebuilds:
        one.result(timeout=60)
    assert [ledger.figure(indicator, 1).to_date for indicator in indicators] == [5, 5, 5]
    assert all_is_well()


# --- Writers ---------------------------------------------------------------------------------


def test_a_writer_that_rolls_back_under_a_running_drain_leaves_nothing(
    ledger: Ledger, threads: ThreadPoolExecutor
) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.post(contributor, 1, "7")
        threads.submit(closing(drain)).result(timeout=20)
        raise RuntimeError
    assert Measurement.objects.count() == 1
    assert ledger.figure(indicator, 1).to_date == 5
    assert all_is_well()


def test_machines_whose_clocks_disagree_keep_the_order_of_what_was_posted(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    moments = [database_now()]
    for hours, value in ((7, "5"), (-11, "7"), (3, "9")):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
            ledger.post(contributor, 1, value)
            assert stale_figures()["oldest_seconds"] < 600
        moments.append(database_now())
    drain()
    then = [ledger.figure(indicator, 1, moment=moment).to_date for moment in moments]
    assert then == [None, 5, 7, 9]
    posted = Measurement.objects.order_by("posted_at").values_list("posted_at", flat=True)
    assert all(
        before < at < after for before, at, after in zip(moments, posted, moments[1:], strict=False)
    )
    assert all_is_well()


# --- Services --------------------------------------------------------------------------------

MAKE_PLAN = """
from outcomes.models import Category, Dimension
from tests.outcomes.ledger import Ledger
ledger = Ledger({plan!r})
indicator = ledger.indicator()
sex = Dimension.objects.create(indicator=indicator, code="sex")
for code in ("women", "men"):
    Category.objects.create(dimension=sex, indicator=indicator, code=code)
for number in range({writers}):
    ledger.contributor(indicator, f"s{{number}}", place=f"p{{number}}")
"""

# Writes until it is told to end; what fails is entered again until it is said to be saved.
WRITER = """
import signal, sys, time
from decimal import Decimal
import django
django.setup()
from django.db import InterfaceError, OperationalError, connection
from outcomes.actions import Amount, Entry, Posting, replace_postings
from outcomes.choices import Basis
from outcomes.models import Contributor
told_to_end = []
signal.signal(signal.SIGTERM, lambda *_: told_to_end.append(True))
plan, source = sys.argv[1:]
contributor = Contributor.objects.select_related("plan").get(plan__code=plan, source=source)
value = 0
while not told_to_end:
    value += 1
    half = Amount(Decimal(value))
    posting = Posting(
        source="test", state="reported", amount=Amount(Decimal(2 * value)),
        cells=(("women", half), ("men", half)),
    )
    entry = Entry(contributor, 1 + value % 4, Basis.OFFICIAL, posting)
    while True:
        try:
            replace_postings(plan=contributor.plan, entries=[entry], by=None)
            break
        except (InterfaceError, OperationalError):
            connection.close()
            time.sleep(0.2)
    print(value, flush=True)
"""

WAITING = "SELECT COUNT(*) FROM outcomes_stalefigure"
LIVE = """
SELECT c.source, m.period, m.numerator / 2000000
FROM outcomes_measurement m
JOIN outcomes_contributor c ON c.id = m.contributor_id
JOIN plans_strategicplan p ON p.id = m.plan_id
WHERE p.code = '{plan}' AND m.cell = '' AND m.withdrawn_at IS NULL"""
# A number came in with both of its cells, or not at all; withdrawn ones as well.
NOT_WHOLE = """
SELECT COUNT(*) FROM (
    SELECT 1 FROM outcomes_measurement
    GROUP BY plan_id, contributor_id, period, posted_at
    HAVING COUNT(*) <> 3 OR MAX(numerator) <> 2 * MIN(numerator)
        OR COUNT(DISTINCT COALESCE(withdrawn_at, posted_at)) <> 1
) broken"""
WRITERS = 3


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """A PostgreSQL and a Redis that these tests may kill."""
    # PostgreSQL's own user cannot reach the folder that pytest gives.
    with TemporaryDirectory() as folder:
        one = Services(Path(folder))
        try:
            yield one
        finally:
            one.close()


class People:
    """Some who write at once on a plan of their own; each number that was said to be saved."""

    def __init__(self, services: Services, plan: str) -> None:
        self.services, self.plan = services, plan
        script = MAKE_PLAN.format(plan=plan, writers=WRITERS)
        services.manage("shell", "--no-imports", "--command", script)
        self.writers = {
            f"s{number}": services.script(WRITER, plan, f"s{number}") for number in range(WRITERS)
        }
        wait_until(self.have_begun, seconds=SOON)

    def have_begun(self) -> bool:
        """Whether each of them has saved a number in each period."""
        return len(self.live()) == WRITERS * 4

    def live(self) -> dict[tuple[str, int], int]:
        """What the ledger says, by writer and period."""
        rows = self.services.postgres.ask(LIVE.format(plan=self.plan))
        return {(source, period): value for source, period, value in rows}

    def saved(self) -> dict[tuple[str, int], int]:
        """Let all of them end; what each was told to be saved."""
        for process in self.writers.values():
            process.terminate()
        last = {}
        for source, process in self.writers.items():
            said, _errors = process.communicate(timeout=SOON)
            assert process.returncode == 0
            for line in said.split():
                last[(source, 1 + int(line) % 4)] = int(line)
        return last


def assert_recovers(services: Services, people: People) -> None:
    """All that was said to be saved is there and whole, and the figures follow soon."""
    saved = people.saved()
    assert len(saved) == WRITERS * 4
    assert people.live() == saved
    assert services.postgres.ask(NOT_WHOLE) == 0

    def nothing_waits() -> bool:
        return bool(services.postgres.ask(WAITING) == 0)

    wait_until(nothing_waits, seconds=SOON)
    assert services.manage("verify_figures", "--no-drain") == "0 differences.\n"


def test_redis_flushed_and_stopped_while_people_write_costs_only_time(services: Services) -> None:
    with services.worker_and_schedule():
        people = People(services, "REDIS")
        services.redis.client().flushall()
        before = people.live()
        services.redis.kill()
        wait_until(lambda: people.live() != before)  # people go on without it
        time.sleep(3)
        services.redis.start()
        services.redis.client().flushall()
        assert_recovers(services, people)


def test_work_that_waited_without_redis_and_workers_is_done_at_the_next_start(
    services: Services,
) -> None:
    services.redis.kill()
    people = People(services, "ALONE")
    saved = people.saved()
    assert people.live() == saved
    assert services.postgres.ask(WAITING) > 0
    services.redis.start()
    with services.worker_and_schedule():
        assert_recovers(services, people)


def test_postgresql_that_dies_under_writers_keeps_all_that_was_saved(services: Services) -> None:
    with services.worker_and_schedule():
        people = People(services, "POSTGRES")
        for _ in range(2):
            services.postgres.control("restart", "-m", "immediate")
            before = people.live()
            wait_until(lambda before=before: people.live() != before)
        assert_recovers(services, people)


def test_a_writer_killed_in_the_middle_leaves_its_last_number_whole_or_absent(
    services: Services,
) -> None:
    people = People(services, "WRITERS")
    for writer in people.writers.values():
        writer.kill()
    said = {source: int(p.communicate()[0].split()[-1]) for source, p in people.writers.items()}
    live = people.live()
    highest = {source: max(live[(source, n)] for n in range(1, 5)) for source in said}
    assert all(0 <= highest[source] - said[source] <= 1 for source in said)
    assert services.postgres.ask(NOT_WHOLE) == 0
    assert services.manage("verify_figures") == "0 differences.\n"
