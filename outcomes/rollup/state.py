"""How the engine is doing: its queue, and when figures were last rebuilt and verified.

Read by pages, commands, health and metrics, so that all of them say the same. Ages are by the
database's clock, which stamps the keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, F, Max, Min, Q

from habitat_tracker.clock import database_now
from outcomes.choices import RunKind
from outcomes.models import FigureRun, StaleFigure


@dataclass(frozen=True)
class QueueState:
    """How many stale keys wait, of how many indicators, and since when.

    The oldest is of those that can be computed; `too_large` are the indicators that cannot,
    because their sums do not fit the database.
    """

    keys: int = 0
    indicators: int = 0
    oldest: datetime | None = None
    oldest_seconds: float = 0.0
    too_large: int = 0


def queue_by_plan(plan_id: int | None = None) -> dict[int, QueueState]:
    """The queue of every plan that has one, or of one plan."""
    queue = StaleFigure.objects.order_by()
    if plan_id is not None:
        queue = queue.of_plan(plan_id)
    found = {
        row["plan_id"]: QueueState(
            keys=row["keys"],
            indicators=row["indicators"],
            oldest=row["oldest"],
            too_large=row["too_large"],
        )
        for row in queue.values("plan_id").annotate(
            keys=Count("*"),
            indicators=Count("indicator_id", distinct=True),
            oldest=Min("created_at", filter=Q(too_large_at=None)),
            too_large=Count("indicator_id", distinct=True, filter=~Q(too_large_at=None)),
        )
    }
    if not found:
        return {}
    now = database_now()
    return {plan: _aged(state, now) for plan, state in found.items()}


def queue_state(plan_id: int | None = None) -> QueueState:
    """The queue of a plan, or of all plans together."""
    states = list(queue_by_plan(plan_id).values())
    oldest = min(states, key=lambda state: state.oldest or database_now(), default=QueueState())
    return replace(
        oldest,
        keys=sum(state.keys for state in states),
        indicators=sum(state.indicators for state in states),
        too_large=sum(state.too_large for state in states),
    )


def too_large(plan_id: int) -> set[int]:
    """The indicators of a plan that wait although they were tried: their sums do not fit."""
    keys = StaleFigure.objects.of_plan(plan_id).exclude(too_large_at=None)
    return set(keys.values_list("indicator_id", flat=True).distinct())


def _aged(state: QueueState, now: datetime) -> QueueState:
    waited = (now - state.oldest).total_seconds() if state.oldest else 0.0
    return replace(state, oldest_seconds=max(waited, 0.0))


@dataclass(frozen=True)
class Rebuild:
    """A rebuild with how far it is: indicators computed, of how many."""

    run: FigureRun
    left: int

    @property
    def is_finished(self) -> bool:
        """Whether every indicator has been computed."""
        return self.run.finished_at is not None or self.left == 0

    @property
    def done(self) -> int:
        """How many indicators have been computed."""
        return self.run.total - self.left


def last_rebuild(plan_id: int) -> Rebuild | None:
    """The newest rebuild of all of a plan, with its progress."""
    run = (
        FigureRun.objects.rebuilds()
        .filter(plan=plan_id, indicator__isnull=True)
        .select_related("by")
        .first()
    )
    return progress_of(run) if run else None


def progress_of(run: FigureRun) -> Rebuild:
    """How far a rebuild is: each of its indicators has one key until it is computed."""
    left = 0
    if run.finished_at is None:
        left = StaleFigure.objects.of_plan(run.plan_id).filter(run=run.pk).count()
    return Rebuild(run, left)


def last_verifications(plan_id: int, number: int = 1) -> list[FigureRun]:
    """The newest verifications that came to their end."""
    return list(FigureRun.objects.verifications().filter(plan=plan_id)[:number])


def differences_by_plan(plan_ids: Iterable[int]) -> dict[int, int]:
    """How many differences the last verification of each plan found."""
    newest = (
        FigureRun.objects.verifications()
        .filter(plan__in=list(plan_ids))
        .order_by()
        .values("plan")
        .annotate(last=Max("pk"))
        .values("last")
    )
    return dict(FigureRun.objects.filter(pk__in=newest).values_list("plan_id", "differences"))


def finished_by_plan() -> dict[int, tuple[datetime | None, datetime | None]]:
    """When each plan's figures were last all computed again, and last verified."""
    whole = FigureRun.objects.filter(indicator__isnull=True).order_by()
    return {
        row["plan_id"]: (row["rebuilt"], row["verified"])
        for row in whole.values("plan_id").annotate(
            rebuilt=Max(F("finished_at"), filter=Q(kind=RunKind.REBUILD)),
            verified=Max(F("finished_at"), filter=Q(kind=RunKind.VERIFICATION)),
        )
    }
