"""`bench workers`: what more workers bring that share the services and nothing else.

Each worker is a Celery process with a working directory, HOME and TMPDIR of its own, as on a
machine of its own: it meets the others in PostgreSQL and the broker only.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from kombu.exceptions import OperationalError as BrokerError

from habitat_tracker.celery import app
from outcomes.actions import rebuild_figures, replace_postings
from outcomes.models import Contributor, ContributorRevision, Indicator, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from plans.models import StrategicPlan

from .change import entries
from .findings import Finding, Options
from .measure import has_shared_services
from .world import bench_plan

SIZES = (1, 2, 4)
CHANGED = 12  # indicators of which every leaf gets another value
STARTING = 120.0  # seconds for all workers of a round to answer
PATIENCE = 600.0  # seconds to wait for the queue to empty
# What Celery says of a job that is done: last, how many stale keys that were.
DONE = re.compile(r"drain_stale_figures\[\S+\] succeeded in \S+s: (\d+)")


@dataclass(frozen=True)
class Round:
    """The seconds from a commit until nothing was stale, and the keys that each worker did."""

    seconds: float
    done: list[int]


@dataclass
class Worker:
    """A Celery worker process, with a folder of its own that holds its log."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    counted: int = 0

    @property
    def files(self) -> list[str]:
        """What it keeps on its machine, its log apart."""
        found = [path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file()]
        return sorted(str(path) for path in found if path.name != "log")

    @property
    def log(self) -> str:
        """All that it has said."""
        return (self.folder / "log").read_text(errors="replace")

    def newly_done(self) -> int:
        """The stale keys that it has done since this was last asked."""
        before, self.counted = self.counted, sum(map(int, DONE.findall(self.log)))
        return self.counted - before

    def end(self) -> None:
        """Wait until it has finished what it does; if that takes long, end it at once."""
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # with its children
            self.process.wait()


def run(options: Options) -> list[Finding]:
    """A whole rebuild and a load of changed values by 1, 2 and 4 workers, in turns.

    Both are one commit with one wake-up, and no sweep runs: who works was woken by that, or by
    another worker. Raises CommandError without PostgreSQL and a Redis broker that no other
    worker listens to, and where the queue does not empty in ten minutes.
    """
    _refuse_elsewhere()
    plan = bench_plan()
    options.say("computing what is stale before the first round ...")
    drain(plan.pk)
    contributors = _one_of_each_leaf(plan)
    rounds = 1 if options.quick else max(3, options.repetitions // 2)
    rebuilds: dict[int, list[Round]] = {size: [] for size in SIZES}
    changes: dict[int, list[Round]] = {size: [] for size in SIZES}
    files: set[str] = set()
    value = Decimal(10)
    for number in range(rounds):
        for size in SIZES:
            value += 1
            with _workers(size) as workers:
                rebuilt = _round(plan, workers, partial(rebuild_figures, plan=plan, by=None))
                changed = _round(plan, workers, partial(_change, plan, contributors, value))
                files |= {name for worker in workers for name in worker.files}
            rebuilds[size].append(rebuilt)
            changes[size].append(changed)
            options.say(
                f"round {number + 1}, workers: {size}, a rebuild in {rebuilt.seconds:.1f} s,"
                f" changed values in {changed.seconds:.1f} s"
            )
    left = StaleFigure.objects.filter(plan=plan).count()
    options.say("verifying ...")
    differing = [str(difference) for difference in verify(plan)]
    return [
        *_ratios("a rebuild", rebuilds, indicators=Indicator.objects.filter(plan=plan).count()),
        *_ratios(
            "changed values",
            changes,
            indicators=len({one.indicator_id for one in contributors}),
            values=len(contributors),
        ),
        Finding(
            "workers: differing figures",
            len(differing),
            goal=0,
            raw={"first": differing[:3]} if differing else {},
        ),
        Finding("workers: stale keys left", left, goal=0),
        Finding(
            "workers: files kept by workers",
            len(files),
            goal=0,
            raw={"names": sorted(files)} if files else {},
        ),
    ]


def _ratios(what: str, taken: dict[int, list[Round]], **raw: int) -> list[Finding]:
    """Wall time with several workers over that with one; no more is possible than cores are."""

    def wall(size: int) -> float:
        return median(one.seconds for one in taken[size])

    def told(size: int) -> dict[str, Any]:
        return {
            "seconds": [one.seconds for one in taken[size]],
            "keys_by_each_worker": "; ".join(" + ".join(map(str, one.done)) for one in taken[size]),
        }

    return [
        Finding(
            f"workers: {what}, {size} workers / 1, by the clock",
            wall(size) / wall(1),
            raw={
                "cores_for_workers_and_database": os.cpu_count(),
                **raw,
                "with_1": told(1),
                f"with_{size}": told(size),
            },
        )
        for size in SIZES[1:]
    ]


# --- What they work on -------------------------------------------------------------------


def _one_of_each_leaf(plan: StrategicPlan) -> list[Contributor]:
    """For some indicators, a contributor of every office and country that reports."""
    indicators = Indicator.objects.filter(plan=plan, is_headline=False).order_by("pk")[:CHANGED]
    homes = ContributorRevision.objects.filter(
        indicator__in=list(indicators), superseded_at__isnull=True
    ).select_related("contributor__plan", "contributor__indicator")
    found = {(home.indicator_id, home.leaf): home.contributor for home in homes}
    return [contributor for _, contributor in sorted(found.items(), key=lambda one: one[0])]


def _change(plan: StrategicPlan, contributors: list[Contributor], value: Decimal) -> None:
    """All report another value at once, as in a file that is loaded."""
    changed = [entry for one in contributors for entry in entries(one, value)]
    replace_postings(plan=plan, entries=changed, by=None, reason="bench")


def _round(plan: StrategicPlan, workers: list[Worker], make_stale: Callable[[], Any]) -> Round:
    """What it takes until nothing is stale, from the commit on."""
    make_stale()
    began = time.monotonic()
    _wait(
        lambda: not StaleFigure.objects.filter(plan=plan).exists(),
        workers,
        PATIENCE,
        "the queue is not empty",
    )
    seconds = time.monotonic() - began
    _wait(lambda: _are_idle(workers), workers, PATIENCE, "the workers are not done")
    return Round(seconds, [worker.newly_done() for worker in workers])


# --- Workers -----------------------------------------------------------------------------


def _refuse_elsewhere() -> None:
    if not has_shared_services():
        raise CommandError(
            "`bench workers` needs PostgreSQL (DATABASE_URL) and a Redis broker"
            " (CELERY_BROKER_URL), which worker processes share."
        )
    try:
        others = [name for answer in app.control.ping(timeout=1) for name in answer]
    except BrokerError as error:
        raise CommandError(f"The broker of CELERY_BROKER_URL does not answer: {error}") from error
    if others:
        raise CommandError(
            f"Other workers listen to this broker ({', '.join(others)}). Measure with one of its"
            " own: another Redis database in CELERY_BROKER_URL."
        )


@contextmanager
def _workers(size: int) -> Iterator[list[Worker]]:
    """So many worker processes that answer; they end with the block."""
    started: list[Worker] = []
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))  # not without them
    with TemporaryDirectory() as folder:
        try:
            for number in range(1, size + 1):
                started.append(_start(f"bench{number}@localhost", Path(folder) / str(number)))
            names = {worker.name for worker in started}

            def all_answer() -> bool:
                answers = app.control.ping(sorted(names), timeout=2, limit=size)
                return {name for answer in answers for name in answer} == names

            _wait(all_answer, started, STARTING, "not all workers answer")
            _wait(lambda: _are_idle(started), started, PATIENCE, "old wake-ups are not done")
            yield started
        finally:
            for worker in started:
                worker.process.terminate()
            for worker in started:
                worker.end()
            signal.signal(signal.SIGTERM, before)


def _start(name: str, folder: Path) -> Worker:
    folder.mkdir()
    database = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        # the database that is measured, which in a test is not that of the settings
        "DATABASE_URL": database._replace(
            path="/" + quote(connection.settings_dict["NAME"])
        ).geturl(),
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "habitat_tracker.settings",
        "EMBEDDED_WORKER": "false",
        "LOG_LEVEL": "INFO",
        "PYTHONPATH": str(settings.BASE_DIR),
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "--app=habitat_tracker", "worker"),
                *("--concurrency=1", f"--hostname={name}", "--loglevel=INFO"),
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Worker(name, folder, process)


def _are_idle(workers: list[Worker]) -> bool:
    """Whether no wake-up waits in the broker or is worked on."""
    with app.connection_for_read() as broker:
        if broker.default_channel.client.llen(app.conf.task_default_queue):
            return False
    names = [worker.name for worker in workers]
    active = app.control.inspect(names, timeout=2, limit=len(names)).active() or {}
    return len(active) == len(names) and not any(active.values())


def _wait(
    condition: Callable[[], bool], workers: list[Worker], patience: float, complaint: str
) -> None:
    """Until it is so; raises CommandError after so many seconds, or where a worker has ended."""
    until = time.monotonic() + patience
    while not condition():
        for worker in workers:
            if worker.process.poll() is not None:
                raise CommandError(f"Worker {worker.name} has ended: {worker.log[-500:]}")
        if time.monotonic() > until:
            raise CommandError(f"After {patience:.0f} seconds {complaint}.")
        time.sleep(0.02)
