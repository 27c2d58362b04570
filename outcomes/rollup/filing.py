"""Files a verification: when it was, how many figures differed, and the first of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from outcomes.choices import RunKind
from outcomes.models import Figure, FigureDifference, FigureRun, Indicator, Leaf
from plans.models import StrategicPlan

from .broken import SENTENCES, BrokenRow
from .queue import drain
from .verify import Difference, verify

# So many differences are kept of a run; the number of all of them is exact.
KEPT_DIFFERENCES = 1_000
# So many runs are kept of a plan and a kind, and for so long those that found a difference.
KEPT_RUNS = 30
KEPT_WITH_DIFFERENCES = timedelta(days=365)


def plans_with_figures() -> list[StrategicPlan]:
    """The plans that have indicators, or figures all the same."""
    has = [
        Exists(model._default_manager.filter(plan=OuterRef("pk")))
        for model in (Indicator, Leaf, Figure)
    ]
    return list(StrategicPlan.objects.filter(Q(has[0]) | Q(has[1]) | Q(has[2])).order_by("pk"))


def file_verification(
    plan: StrategicPlan,
    *,
    by: User | None = None,
    told: Callable[[Difference | BrokenRow], None] | None = None,
) -> FigureRun:
    """Drain, compare every figure of a plan with the ledger, and keep what was found.

    Postings that break a rule of the ledger are kept, and counted, beside figures that differ.
    `told` hears of each. What a posting has just touched is no difference: see
    `verify`. A run that is killed keeps no end and counts for nothing.
    """
    drain(plan_id=plan.pk)
    run = FigureRun.objects.create(
        kind=RunKind.VERIFICATION,
        plan=plan,
        by=by,
        total=Indicator.objects.filter(plan=plan).count(),
    )
    number, first = 0, list[Difference | BrokenRow]()
    for difference in verify(plan, settled=True):
        number += 1
        if told:
            told(difference)
        if len(first) < KEPT_DIFFERENCES:
            first.append(difference)
    with transaction.atomic():
        FigureDifference.objects.bulk_create(_filed(run, one) for one in first)
        FigureRun.objects.filter(pk=run.pk).update(differences=number, finished_at=Now())
    prune(plan)
    run.refresh_from_db()
    return run


def _filed(run: FigureRun, one: Difference | BrokenRow) -> FigureDifference:
    """What is kept of a figure that differs, or of a posting that breaks a rule."""
    if isinstance(one, Difference):
        return FigureDifference(
            run=run,
            indicator_id=one.indicator_id,
            where=one.where[:200],
            scope=one.scope,
            basis=one.basis,
            cell=one.cell,
            period=one.period,
            stored=one.stored,
            computed=one.computed,
        )
    return FigureDifference(
        run=run,
        indicator_id=one.indicator_id,
        where=one.where[:200],
        stored=f"posting {one.id} of {one.source}",
        computed=f"{SENTENCES[one.code]} ({one.code})",
    )


def prune(plan: StrategicPlan) -> None:
    """Forget old runs: the last 30 of a kind stay, and a year long those with differences.

    A rebuild that is going on stays, however old.
    """
    year_ago = database_now() - KEPT_WITH_DIFFERENCES
    for kind in RunKind.values:
        runs = FigureRun.objects.filter(plan=plan, kind=kind)
        newest = list(runs.values_list("pk", flat=True)[:KEPT_RUNS])
        old = runs.exclude(pk__in=newest).exclude(differences__gt=0, started_at__gt=year_ago)
        if kind == RunKind.REBUILD:
            old = old.filter(finished_at__isnull=False)
        old.delete()
