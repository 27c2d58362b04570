"""The processes of `bench concurrency`: writers that post values, workers that drain.

Each is a process of its own with its own connection. It takes orders through a pipe and
answers with what it counted. Nothing of the product is imported before the process is set up.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Event

PAUSE = 0.02  # seconds that a worker rests when nothing is stale


@dataclass(frozen=True)
class Counted:
    """What a process did in one round, and the seconds it took."""

    done: int
    aborted: int
    seconds: float


def set_up(database: str) -> None:
    """Start the product in this process, on a database, with a broker that is not there.

    A wake-up goes to a broker in this process's memory: it costs the same few instructions in
    every round, and no worker is woken by it.
    """
    os.environ |= {
        "CELERY_BROKER_URL": "memory://",
        "EMBEDDED_WORKER": "false",
        "LOG_LEVEL": "CRITICAL",
    }
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()


def write_values(orders: Connection, database: str, contributor_ids: list[int]) -> None:
    """Until told to end: wait for a number of seconds, post values so long, answer."""
    set_up(database)
    from outcomes.models import Contributor

    contributors = list(
        Contributor.objects.filter(pk__in=contributor_ids).select_related("plan", "indicator")
    )
    dice = random.Random(contributor_ids[0])
    orders.send("ready")
    while seconds := orders.recv():
        orders.send(_write(contributors, dice, seconds))


def _write(contributors: list[Any], dice: random.Random, seconds: float) -> Counted:
    from django.db import OperationalError

    from outcomes.actions import replace_postings

    done = aborted = 0
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        entry = _value(dice.choice(contributors), dice)
        try:
            replace_postings(plan=entry.contributor.plan, entries=[entry], by=None, reason="bench")
        except OperationalError:
            aborted += 1
        else:
            done += 1
    return Counted(done, aborted, time.monotonic() - began)


def _value(contributor: Any, dice: random.Random) -> Any:
    """A value of some period, with two cells."""
    from outcomes.actions import Amount, Entry, Posting
    from outcomes.choices import Basis, Kind, State

    whole = dice.randrange(10, 1000)
    of = Decimal(1000) if contributor.indicator.kind == Kind.PERCENTAGE else None
    cells = tuple(
        (code, Amount(Decimal(whole // 3), of and Decimal(400))) for code in ("women", "men")
    )
    posting = Posting(
        source="bench:writer",
        state=State.REPORTED,
        amount=Amount(Decimal(whole), of),
        cells=cells,
    )
    return Entry(contributor, dice.randrange(1, 17), Basis.OFFICIAL, posting)


def drain_figures(orders: Connection, database: str, plan_id: int, stop: Event) -> None:
    """Until told to end: wait for an order, drain until `stop`, answer."""
    set_up(database)
    from structlog.testing import capture_logs

    from outcomes.rollup.queue import drain

    orders.send("ready")
    while orders.recv():
        done = aborted = 0
        began = time.monotonic()
        while not stop.is_set():
            with capture_logs() as told:
                taken = drain(plan_id)
            done += taken
            # a drain that the database refused says so, and leaves its keys to the next
            aborted += sum(1 for entry in told if entry["event"] == "figures_not_computed")
            if not taken:
                time.sleep(PAUSE)
        orders.send(Counted(done, aborted, time.monotonic() - began))
