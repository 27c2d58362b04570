"""`bench concurrency`: what the roll-up costs those who write at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from statistics import median
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from outcomes.choices import Kind, OverTime
from outcomes.models import Contributor, Indicator, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from plans.models import StrategicPlan

from . import crowd
from .findings import Finding, Options
from .world import bench_plan

WRITERS, WORKERS = 8, 2
EACH = 2  # contributors of a writer on each shared indicator
PATIENCE = 600.0  # seconds to wait for the queue to empty


def run(options: Options) -> list[Finding]:
    """8 writers on a few shared indicators, without and with 2 workers, in turns.

    Every value counts in the plan's own figures, so all meet there. Raises CommandError on
    SQLite, and where the queue does not empty in ten minutes.
    """
    if connection.vendor != "postgresql":
        raise CommandError("`bench concurrency` needs PostgreSQL: SQLite has one writer at a time.")
    plan = bench_plan()
    indicators = _shared_indicators(plan)
    options.say("computing what is stale before the first round ...")
    drain(plan.pk)
    rounds = 2 if options.quick else max(3, options.repetitions // 2)
    alone: list[float] = []
    together: list[float] = []
    waits: list[float] = []
    aborted = 0
    locks_before = _deadlocks()
    with _processes(plan, indicators) as (writers, workers, stop):
        for number in range(rounds):
            rate, refused = _round(writers, options.seconds)
            alone.append(rate)
            aborted += refused
            options.say(f"round {number + 1}: {rate:,.0f} values a second with no worker")
            drain(plan.pk)
            stop.clear()
            for worker in workers:
                worker.send("work")
            rate, refused = _round(writers, options.seconds)
            ended = time.monotonic()
            together.append(rate)
            _wait_until_empty(plan, ended)
            waits.append(time.monotonic() - ended)
            stop.set()
            aborted += refused + sum(worker.recv().aborted for worker in workers)
            options.say(f"round {number + 1}: {rate:,.0f} values a second with {WORKERS} workers")
    drain(plan.pk)
    differing = [str(difference) for difference in verify(plan)]
    raw: dict[str, Any] = {
        "writers": WRITERS,
        "workers": WORKERS,
        "rounds": rounds,
        "seconds_a_round": options.seconds,
        "indicators": [indicator.code for indicator in indicators],
        "values_a_second_without_workers": alone,
        "values_a_second_with_workers": together,
        "wake_up": "to a broker in the memory of each process, on both sides",
    }
    return [
        Finding(
            "concurrency: write rate with workers / without",
            median(together) / median(alone),
            goal=0.5,
            at_least=True,
            raw=raw,
        ),
        Finding(
            "concurrency: aborted transactions",
            aborted,
            goal=0,
            raw={"deadlocks_by_the_database": _deadlocks() - locks_before},
        ),
        Finding(
            "concurrency: differing figures",
            len(differing),
            goal=0,
            raw={"first": differing[:3]} if differing else {},
        ),
        Finding(
            "concurrency: seconds until the queue is empty", median(waits), raw={"rounds": waits}
        ),
    ]


def _shared_indicators(plan: StrategicPlan) -> list[Indicator]:
    """Two that feed a headline, one level and one percentage."""
    of_plan = Indicator.objects.filter(plan=plan, is_headline=False)
    adding = of_plan.filter(feeds__isnull=False)[:2]
    level = of_plan.filter(kind=Kind.QUANTITY, over_time=OverTime.LATEST, across="sum")[:1]
    percentage = of_plan.filter(kind=Kind.PERCENTAGE, over_time=OverTime.SUM)[:1]
    return [*adding, *level, *percentage]


def _contributors(indicators: list[Indicator]) -> list[list[int]]:
    """The contributors of each writer: nobody shares one, all share the indicators."""
    of_writer: list[list[int]] = [[] for _ in range(WRITERS)]
    for indicator in indicators:
        found = Contributor.objects.filter(indicator=indicator).order_by("pk")
        ids = list(found.values_list("pk", flat=True)[: WRITERS * EACH])
        if len(ids) < WRITERS:
            raise CommandError("There are too few contributors: `bench gen` with more --rows.")
        for number, pk in enumerate(ids):
            of_writer[number % WRITERS].append(pk)
    return of_writer


@contextmanager
def _processes(
    plan: StrategicPlan, indicators: list[Indicator]
) -> Iterator[tuple[list[Connection], list[Connection], Any]]:
    """Writers and workers that are set up and wait for orders; they end with the block."""
    context = get_context("spawn")
    database = connection.settings_dict["NAME"]
    stop = context.Event()
    started: list[SpawnProcess] = []

    def start(work: Callable[..., None], *arguments: Any) -> Connection:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, database, *arguments), daemon=True)
        process.start()
        theirs.close()
        started.append(process)
        return ours

    try:
        writers = [start(crowd.write_values, ids) for ids in _contributors(indicators)]
        workers = [start(crowd.drain_figures, plan.pk, stop) for _ in range(WORKERS)]
        for pipe in (*writers, *workers):
            pipe.recv()  # it is ready
        yield writers, workers, stop
        stop.set()
        for pipe in (*writers, *workers):
            pipe.send(None)
        for process in started:
            process.join(timeout=30)
    finally:
        for process in started:
            if process.is_alive():
                process.terminate()


def _round(writers: list[Connection], seconds: float) -> tuple[float, int]:
    """All writers write for so long; values a second, and how many were refused."""
    for writer in writers:
        writer.send(seconds)
    counted = [writer.recv() for writer in writers]
    rate = sum(one.done / one.seconds for one in counted)
    return rate, sum(one.aborted for one in counted)


def _wait_until_empty(plan: StrategicPlan, since: float) -> None:
    while StaleFigure.objects.filter(plan=plan).exists():
        if time.monotonic() - since > PATIENCE:
            raise CommandError(
                f"The queue is not empty {PATIENCE:.0f} seconds after writing ended."
            )
        time.sleep(0.05)


def _deadlocks() -> int:
    """How many deadlocks the database has told of so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
