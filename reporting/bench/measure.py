"""Measuring: medians of CPU and wall time, both sides of a ratio taken in turns.

CPU is that of this process and, on a PostgreSQL of the same machine, of the process behind
the connection. Where that cannot be read there is only wall time.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from outcomes.models import Figure, Measurement

PROCESSES = Path("/proc")
HERE = ("", "localhost", "127.0.0.1", "::1")

LOOKUP = """
SELECT numerator, denominator, qualifier, period_numerator, period_denominator, reported, expected
FROM outcomes_figure
WHERE plan_id = %s AND indicator_id = %s AND scope = %s AND basis = %s AND cell = %s
  AND period = %s"""


@dataclass(frozen=True)
class Spent:
    """Seconds that something took: by the clock, and of CPU where that is known."""

    wall: float
    cpu: float | None = None

    def over(self, other: Spent) -> float:
        """How many times the other this is: by CPU where both know it, else by the clock."""
        if self.cpu is not None and other.cpu:
            return self.cpu / other.cpu
        return self.wall / other.wall

    def by_the_clock(self, other: Spent) -> float:
        """How many times the other this is, by wall time."""
        return self.wall / other.wall

    def shared_by(self, number: int) -> Spent:
        """What each of so many took, on the average."""
        return Spent(self.wall / number, None if self.cpu is None else self.cpu / number)

    def raw(self) -> dict[str, float | None]:
        """The seconds, for the raw figures of a finding."""
        return {"wall": self.wall, "cpu": self.cpu}


def spent(work: Callable[[], object]) -> Spent:
    """What doing it once takes."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    wall = time.perf_counter() - wall
    after = cpu_seconds()
    return Spent(wall, None if cpu is None or after is None else after - cpu)


def middle(taken: list[Spent]) -> Spent:
    """The median of wall and the median of CPU, each for itself."""
    cpus = [one.cpu for one in taken if one.cpu is not None]
    return Spent(
        median(one.wall for one in taken), median(cpus) if len(cpus) == len(taken) else None
    )


def in_turns(repetitions: int, *sides: Callable[[], object]) -> list[Spent]:
    """The medians of several things, measured in turns, so that a busy moment hits all."""
    taken: list[list[Spent]] = [[] for _ in sides]
    for _ in range(repetitions):
        for times, side in zip(taken, sides, strict=True):
            times.append(spent(side))
    return [middle(times) for times in taken]


class LookUps:
    """So many look-ups, each of one figure by its whole primary key: the unit of several goals.

    Keys of stored figures, spread over the table, through Django's cursor. They are measured in
    turns with what they are the unit of, and a hundred at once: one is shorter than CPU clocks
    tell. Raises CommandError where no figure is stored.
    """

    number = 100

    def __init__(self, plan_id: int) -> None:
        stored = Figure.objects.filter(plan_id=plan_id).order_by("?")
        names = ("plan_id", "indicator_id", "scope", "basis", "cell", "period")
        self.keys = list(stored.values_list(*names)[: self.number])
        if not self.keys:
            raise CommandError("No figure is stored: run `manage.py bench rebuild` first.")
        while len(self.keys) < self.number:
            self.keys += self.keys[: self.number - len(self.keys)]
        self()  # what is read for the first time is not measured

    def __call__(self) -> None:
        """Look all of them up."""
        with connection.cursor() as cursor:
            for key in self.keys:
                cursor.execute(LOOKUP, key)
                cursor.fetchone()

    def one(self, all_of_them: Spent) -> Spent:
        """What one of them took."""
        return all_of_them.shared_by(self.number)


# --- CPU ---------------------------------------------------------------------------------


def cpu_seconds() -> float | None:
    """CPU so far of this process and of the database process behind the connection.

    None where the database is a process that cannot be seen from here.
    """
    if connection.vendor != "postgresql":
        return time.process_time()
    backend = _backend_seconds(_backend())
    return None if backend is None else backend + time.process_time()


def _backend() -> int | None:
    """The number of the process behind the connection; None on another machine."""
    host = connection.settings_dict["HOST"] or ""
    if host not in HERE and not host.startswith("/"):
        return None
    connection.ensure_connection()
    # asked of the driver, so that the question itself costs the database nothing
    pid = connection.connection.info.backend_pid
    try:
        name = (PROCESSES / str(pid) / "comm").read_text()
    except OSError:
        return None
    return pid if name.startswith("postgres") else None


def _backend_seconds(pid: int | None) -> float | None:
    """CPU of a process: in nanoseconds where the kernel tells them, else in clock ticks."""
    if pid is None:
        return None
    try:
        return int((PROCESSES / str(pid) / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        pass
    try:
        fields = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def one_database_process() -> Iterator[None]:
    """No parallel workers while measuring: their CPU would not be seen."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET max_parallel_workers_per_gather")


# --- The machine -------------------------------------------------------------------------


def database_version() -> str:
    """Vendor and version of the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW server_version")
        else:
            cursor.execute("SELECT sqlite_version()")
        return f"{connection.vendor} {cursor.fetchone()[0]}"


def has_shared_services() -> bool:
    """Whether database and broker are such that processes on several machines share them."""
    return connection.vendor == "postgresql" and settings.CELERY_BROKER_URL.startswith("redis")


def load_average() -> list[float]:
    """How busy the machine was over the last 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


def machine() -> dict[str, Any]:
    """Where and when a measurement is made, to be kept beside its figures."""
    return {
        "database": database_version(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "date": timezone.now().isoformat(timespec="seconds"),
        "cpu_of_database_known": cpu_seconds() is not None,
        "load_at_start": load_average(),
    }


def machine_after() -> dict[str, Any]:
    """What is known of the machine when the measurement is over."""
    return {"load_at_end": load_average(), "ledger_rows": Measurement.objects.count()}
