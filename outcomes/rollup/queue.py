"""The queue of stale figures and its drain.

A writer appends stale keys in its own transaction. A worker locks a few indicators that nobody
else works on, claims their keys, computes in a new statement what the ledger says now and stores
what differs, all in one transaction. Killed at any line, the keys are there again; run twice,
the end is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import DataError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from outcomes import scopes
from outcomes.choices import Basis
from outcomes.models import FigureRun, StaleFigure

from . import prepared, sql
from .compute import Touched, periods_of
from .rules import rules_of
from .store import clear, recompute

log = structlog.get_logger(__name__)

# How many keys one transaction takes at most.
BATCH = {"postgresql": 500, "sqlite": 20_000}
# Of how many indicators, if only leaves of them changed: the rest is for other workers.
AT_ONCE = {"postgresql": 4, "sqlite": 1_000}
# From so many touched leaves on an indicator is computed as a whole.
WHOLE_FROM = {"postgresql": 400, "sqlite": 8}
_SKIP_LOCKED = {"postgresql": "FOR UPDATE SKIP LOCKED", "sqlite": ""}
# What a database, or its driver, may raise where a sum does not fit 64 bits.
TOO_LARGE = (DataError, OperationalError, OverflowError)
# Advisory locks of this family are taken on (plan, indicator).
_LOCK_FAMILY = 0x4854


@dataclass(frozen=True)
class StaleKey:
    """One claimed row of the queue."""

    id: UUID | str
    plan_id: int
    indicator_id: int
    leaf: int
    basis: int
    first: int
    last: int
    run: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it stands for every figure of its indicator."""
        return self.leaf == scopes.EVERY_LEAF


def drain(
    plan_id: int | None = None,
    *,
    told: Callable[[list[StaleKey]], None] | None = None,
    call_another: Callable[[], None] | None = None,
) -> int:
    """Compute what is stale, of one plan or of all; returns how many stale keys were done.

    Nobody waits for anybody: an indicator that somebody else works on is left to them, and who
    works on one looks again when it is stored. An indicator whose figures do not fit the database
    (sums of 10^13 and above) keeps its keys, so that they go on saying "updating"; it is logged,
    its keys say that it is too large, and it does not hold up the others. A transaction computes
    at most one whole indicator, so that a rebuild moves on visibly, other workers share it, and a
    crash loses little. `told` hears, after each commit, which keys were done. `call_another` is
    called once, after the first commit, where one transaction did not take all: who is woken by
    it does the same, so that workers join one by one. Nobody is called for keys that nobody can
    compute.
    """
    done, is_whole = 0, False
    # SQLite has one writer at a time: without a key nobody asks to be it.
    while (not done and connection.vendor == "postgresql") or _waits(plan_id):
        taken: list[StaleKey] = []
        try:
            with transaction.atomic():
                taken, is_more = _take(plan_id, is_whole=is_whole)
                _bring_up_to_date(taken)
        except TOO_LARGE as error:
            if not taken or not is_too_large(error):
                raise
            # The batch is undone. One by one, the indicator that does not fit is found.
            for pair in sorted({(key.plan_id, key.indicator_id) for key in taken}):
                done += _drain_alone(*pair)
            continue
        if not taken:
            break
        done += len(taken)
        _finish_rebuilds_of(taken)
        if told:
            told(taken)
        if call_another and is_more:
            call_another()
            call_another = None
        is_whole = not is_whole
    return done


def _take(plan_id: int | None, *, is_whole: bool) -> tuple[list[StaleKey], bool]:
    """Lock indicators that nobody else has locked, and claim their keys; whether others wait.

    With `is_whole` rather one that is to be computed as a whole, else rather some whose leaves
    changed: neither a rebuild nor what people post meanwhile waits for the other.
    """
    vendor = connection.vendor
    wanted, params = _wanted(plan_id)
    at_once = (AT_ONCE[vendor], 1)
    params |= {
        "batch": BATCH[vendor],
        "every_leaf": scopes.EVERY_LEAF,
        "is_whole": int(is_whole),
        "at_once": at_once[is_whole],
        "otherwise_at_once": at_once[not is_whole],
        "family": _LOCK_FAMILY,
    }
    statement = sql.TAKE.format(
        wanted=" AND ".join(wanted),
        lock=sql.TRY_LOCK[vendor],
        skip=_SKIP_LOCKED[vendor],
    )
    with connection.cursor() as cursor:
        if vendor == "postgresql":
            prepared.execute(cursor, statement, lambda: statement, params)
        else:
            cursor.execute(statement, params)
        rows = cursor.fetchall()
    taken = [StaleKey(*row[:-1]) for row in rows]
    waiting = rows[0][-1] if rows else 0
    indicators = len({(key.plan_id, key.indicator_id) for key in taken})
    return taken, waiting > indicators or len(taken) >= BATCH[vendor]


def finish_rebuilds() -> None:
    """Finish the rebuilds that have no key left; doing it again changes nothing.

    Whoever drains asks after the commit, so of several workers the last one sees no key. The
    sweep asks too, for a worker that died between the two.
    """
    runs = FigureRun.objects.rebuilds().filter(finished_at__isnull=True)
    if runs.exists():
        left = StaleFigure.objects.filter(plan=OuterRef("plan"), run=OuterRef("pk"))
        if runs.filter(~Exists(left)).update(finished_at=Now()):
            look_at_figures()


def look_at_figures() -> None:
    """Let PostgreSQL see how many leaves and figures there are now.

    Pages are planned for by that: after a first rebuild, of empty tables, they would take
    several times as long until the database looks by itself.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE outcomes_leaf, outcomes_figure")


def _finish_rebuilds_of(taken: list[StaleKey]) -> None:
    if any(key.run for key in taken):
        finish_rebuilds()


def _waits(plan_id: int | None) -> bool:
    """Whether there is a key that is worth trying."""
    wanted, params = _wanted(plan_id)
    with connection.cursor() as cursor:
        cursor.execute(sql.WAITS.format(wanted=" AND ".join(wanted)), params)
        return cursor.fetchone() is not None


def _drain_alone(plan_id: int, indicator_id: int) -> int:
    with transaction.atomic():
        lock_indicators([(plan_id, indicator_id)])
        taken: list[StaleKey] = []
        try:
            with transaction.atomic():
                taken = _claim(plan_id, indicator_id)
                _bring_up_to_date(taken)
        except TOO_LARGE as error:
            if not is_too_large(error):
                raise
            _say_too_large(plan_id, taken)
            log.error(
                "figures_not_computed", plan=plan_id, indicator=indicator_id, error=str(error)
            )
            return 0
    _finish_rebuilds_of(taken)
    return len(taken)


def _say_too_large(plan_id: int, keys: list[StaleKey]) -> None:
    """Keep with the keys that were tried, and are there again, that they were too large."""
    ids = [key.id for key in keys]
    for start in range(0, len(ids), 500):
        StaleFigure.objects.of_plan(plan_id).filter(id__in=ids[start : start + 500]).update(
            too_large_at=Now()
        )


def is_too_large(error: Exception) -> bool:
    """Whether it says that a sum was too large for 64 bits, and not, say, the connection lost."""
    if isinstance(error, OperationalError):
        return connection.vendor == "sqlite" and "overflow" in str(error)
    return True


def claim_all(plan_id: int) -> int:
    """Take every key of a plan that nobody else holds, for this transaction; how many."""
    taken = 0
    while claimed := _claim(plan_id, is_every=True):
        taken += len(claimed)
    return taken


def _claim(
    plan_id: int, indicator_id: int | None = None, *, is_every: bool = False
) -> list[StaleKey]:
    """Take the oldest keys of a plan, or of one indicator, out of the queue, for this transaction.

    With `is_every`, also those of an indicator that has just been too large.
    """
    wanted, params = _wanted(plan_id, is_every=is_every)
    params["batch"] = BATCH[connection.vendor]
    if indicator_id is not None:
        wanted.append("indicator_id = %(indicator)s")
        params["indicator"] = indicator_id
    skip = _SKIP_LOCKED[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql.CLAIM.format(wanted=" AND ".join(wanted), skip=skip), params)
        return [StaleKey(*row) for row in cursor.fetchall()]


def _wanted(plan_id: int | None, *, is_every: bool = False) -> tuple[list[str], dict[str, Any]]:
    """The conditions for a key, of one plan or of all, to be taken."""
    vendor = connection.vendor
    then = sql.HALF_A_MINUTE_AGO[vendor]
    wanted = ["1 = 1" if is_every else sql.WORTH_TRYING.format(half_a_minute_ago=then)]
    params: dict[str, Any] = {}
    if plan_id is not None:
        wanted.append("plan_id = %(plan)s")
        params["plan"] = plan_id
    return wanted, params


def _bring_up_to_date(keys: list[StaleKey]) -> None:
    """Compute the figures of claimed keys, plan by plan, under the locks of their indicators.

    Where an indicator is computed as a whole, the rest of its keys is claimed too.
    """
    by_plan: dict[int, dict[int, list[StaleKey]]] = defaultdict(lambda: defaultdict(list))
    for key in keys:
        by_plan[key.plan_id][key.indicator_id].append(key)
    for plan_id, by_indicator in by_plan.items():
        rules = rules_of(by_indicator)
        periods = periods_of(plan_id)
        last = periods[-1].number if periods else 0
        nothing = [pk for pk in by_indicator if pk not in rules or not periods]
        if nothing:
            clear(plan_id, nothing)
        for indicator_id in sorted(by_indicator.keys() - set(nothing)):
            touched = touched_by(by_indicator[indicator_id], last)
            if touched is None:
                while rest := _claim(plan_id, indicator_id):
                    keys += rest
            if touched is None or touched:
                recompute(rules[indicator_id], periods, touched)


def touched_by(keys: Iterable[StaleKey], last: int) -> list[Touched] | None:
    """The leaves that keys name, each basis once; None where the whole indicator is stale."""
    ranges: dict[tuple[int, int], tuple[int, int]] = {}
    for key in keys:
        if key.leaf == scopes.EVERY_LEAF:
            return None
        for basis in [key.basis] if key.basis else list(Basis):
            first, until = ranges.get((key.leaf, basis), (key.first, key.last))
            ranges[(key.leaf, basis)] = (min(first, key.first), max(until, key.last))
    if len(ranges) >= WHOLE_FROM[connection.vendor]:
        return None
    return [
        Touched(leaf, int(basis), max(first, 1), min(until, last))
        for (leaf, basis), (first, until) in sorted(ranges.items())
        if first <= last
    ]


def lock_indicators(pairs: Iterable[tuple[int, int]]) -> None:
    """Wait until nobody else stores figures of these (plan, indicator); until the transaction ends.

    In one sorted order, so that two who do never wait for each other; who holds a lock already
    waits for no other. SQLite has one writer at a time by itself.
    """
    plans_and_indicators = sorted(pairs)
    if connection.vendor == "postgresql" and plans_and_indicators:
        plans, indicators = zip(*plans_and_indicators, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.LOCK,
                {"family": _LOCK_FAMILY, "plans": list(plans), "indicators": list(indicators)},
            )


def is_stale(plan_id: int, indicator_ids: Iterable[int] | None = None) -> set[int]:
    """Which of the plan's indicators have figures that are being updated."""
    stale = StaleFigure.objects.filter(plan_id=plan_id)
    if indicator_ids is not None:
        stale = stale.filter(indicator_id__in=list(indicator_ids))
    return set(stale.values_list("indicator_id", flat=True).distinct())
