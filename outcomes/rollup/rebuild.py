"""Computes all figures of a plan anew: while people work (online), or at one stroke (offline).

Online, a rebuild is one stale key for each whole indicator, in one transaction with its run.
Workers do the rest as they do any other key: an indicator at a time, under its lock, in a
transaction of its own. So a killed rebuild goes on by itself, and two at once only compute an
indicator twice. Offline, everything is computed in one transaction: whoever reads sees the old
figures until it commits, and they stay if it fails.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models.functions import Now

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from outcomes.choices import RunKind
from outcomes.models import Figure, FigureRun, Indicator, Leaf, StaleFigure
from plans.models import StrategicPlan

from . import state
from .compute import periods_of
from .queue import (
    TOO_LARGE,
    claim_all,
    drain,
    finish_rebuilds,
    is_too_large,
    lock_indicators,
    look_at_figures,
)
from .rules import rules_of
from .sql import FOREVER
from .store import recompute

# An indicator that is about to be computed: its number, of how many, and its code.
Progress = Callable[[int, int, str], None]


class FiguresDoNotFit(DomainError):
    """The sums of an indicator are too large for the database."""

    default_code = "figures_do_not_fit"

    def __init__(self, indicator: str) -> None:
        super().__init__(f"the sums of indicator {indicator} do not fit (10^13 and above).")
        self.indicator = indicator


@transaction.atomic
def start_rebuild(
    plan: StrategicPlan, *, indicator: Indicator | None = None, by: User | None = None
) -> FigureRun:
    """Mark every indicator of a plan (or one) as stale, headlines included, for one run.

    Who drains computes them and finishes the run. Without indicators it is finished at once.
    """
    indicators = Indicator.objects.filter(plan=plan).order_by("pk")
    if indicator is not None:
        indicators = indicators.filter(pk=indicator.pk)
    asked = list(indicators.values_list("pk", flat=True))
    run = FigureRun.objects.create(
        kind=RunKind.REBUILD, plan=plan, indicator=indicator, by=by, total=len(asked)
    )
    StaleFigure.objects.bulk_create(
        StaleFigure(plan=plan, indicator_id=pk, first_period=1, last_period=FOREVER, run=run.pk)
        for pk in asked
    )
    if not asked:
        finish_rebuilds()
    return run


def unfinished_rebuild(plan: StrategicPlan, indicator: Indicator | None = None) -> FigureRun | None:
    """The newest rebuild of the same figures that is still going on."""
    runs = FigureRun.objects.rebuilds().filter(
        plan=plan, indicator=indicator, finished_at__isnull=True
    )
    return next((run for run in runs if not state.progress_of(run).is_finished), None)


def rebuild_offline(
    plan: StrategicPlan, *, by: User | None = None, told: Progress | None = None
) -> FigureRun:
    """Compute everything of a plan anew in one transaction, under the locks of its indicators.

    The rows are deleted, not truncated: a truncated table would make readers wait, and show
    nothing to those whose transaction began earlier. Raises `FiguresDoNotFit` for the first
    indicator that is too large for the database, and nothing has changed.
    """
    with transaction.atomic():
        indicators = dict(
            Indicator.objects.filter(plan=plan).order_by("pk").values_list("pk", "code")
        )
        lock_indicators((plan.pk, pk) for pk in indicators)
        run = FigureRun.objects.create(
            kind=RunKind.REBUILD, plan=plan, by=by, total=len(indicators)
        )
        # What waits is computed with the rest; what others have taken is left to them.
        claim_all(plan.pk)
        for model in (Leaf, Figure):
            rows = model._default_manager.filter(plan=plan)
            rows._raw_delete(rows.db)
        periods = periods_of(plan.pk)
        rules = rules_of(indicators)
        for number, (pk, code) in enumerate(indicators.items(), start=1):
            if told:
                told(number, len(indicators), code)
            if periods and pk in rules:
                try:
                    recompute(rules[pk], periods)
                except TOO_LARGE as error:
                    if not is_too_large(error):
                        raise
                    raise FiguresDoNotFit(code) from error
        FigureRun.objects.filter(pk=run.pk).update(finished_at=Now())
    finish_rebuilds()
    look_at_figures()
    drain(plan.pk)  # what people posted meanwhile was left to whoever holds the locks
    run.refresh_from_db()
    return run
