"""The queue of stale figures and its drain.

A writer appends stale keys in its own transaction. A worker claims keys, locks their
indicators in one sorted order, computes in a new statement what the ledger says now, stores
what differs and deletes the claimed keys, all in one transaction. Killed at any line, the
keys are there again; run twice, the end is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import structlog
from django.db import DataError, OperationalError, connection, transaction
from django.db.models import Q

from habitat_tracker.accounts.models import Office
from habitat_tracker.clock import database_now
from outcomes import scopes
from outcomes.models import Figure, Indicator, StaleFigure
from plans.models import ReportingPeriod

from .compute import FIELDS, FigureRow, Key, Selection, compute, rules_at

log = structlog.get_logger(__name__)

BATCH = 500
# Advisory locks of this family are taken on (plan, indicator).
_LOCK_FAMILY = 0x4854


def drain(plan_id: int | None = None) -> int:
    """Compute what is stale now, of one plan or of all; returns how many stale keys were done.

    Keys that are appended meanwhile are left to the wake-up of those who append them, and keys
    that another worker has claimed to that worker. An indicator whose figures do not fit the
    database (sums of 10^13 and above) keeps its keys, so that they go on saying "updating", is
    logged, and does not hold up the others.
    """
    done = 0
    for indicator_id, of_plan in _stale_indicators(plan_id):
        try:
            taken = BATCH
            while taken == BATCH:
                taken = _drain_indicator(of_plan, indicator_id)
                done += taken
        except (DataError, OperationalError, OverflowError) as error:
            log.error(
                "figures_not_computed", plan=of_plan, indicator=indicator_id, error=str(error)
            )
    return done


def _stale_indicators(plan_id: int | None) -> list[tuple[int, int]]:
    stale = StaleFigure.objects.order_by("plan_id", "indicator_id")
    if plan_id is not None:
        stale = stale.filter(plan_id=plan_id)
    return list(stale.values_list("indicator_id", "plan_id").distinct())


@transaction.atomic
def _drain_indicator(plan_id: int, indicator_id: int) -> int:
    """Claim an indicator's stale keys and bring their figures up to date."""
    claimed = StaleFigure.objects.filter(plan_id=plan_id, indicator_id=indicator_id)
    if connection.features.has_select_for_update_skip_locked:
        claimed = claimed.select_for_update(skip_locked=True)
    keys = list(claimed.order_by("created_at")[:BATCH])
    if not keys:
        return 0
    lock_indicator(plan_id, indicator_id)
    selection = _selection_of(plan_id, keys)
    if selection is not None:
        indicator = Indicator.objects.get(pk=indicator_id)
        recompute(indicator, selection)
    StaleFigure.objects.filter(plan_id=plan_id, id__in=[key.id for key in keys]).delete()
    return len(keys)


def lock_indicator(plan_id: int, indicator_id: int) -> None:
    """Wait until nobody else stores figures of this indicator; until the transaction ends.

    SQLite has one writer at a time by itself.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                [_LOCK_FAMILY, (plan_id * 100_003 + indicator_id) % 2**31],
            )


def _selection_of(plan_id: int, keys: list[StaleFigure]) -> Selection | None:
    """The scopes and periods that the stale keys touch; None where the plan has no periods."""
    last = ReportingPeriod.objects.filter(plan_id=plan_id).order_by("-number").first()
    if last is None:
        return None
    first = min(key.first_period for key in keys)
    until = min(max(key.last_period for key in keys), last.number)
    offices = [key.office_id for key in keys if key.office_id]
    if len(offices) < len(keys):
        return Selection(first, until)
    touched = {scopes.PLAN}
    for office in Office.objects.filter(pk__in=offices):
        touched.update(scopes.of_office(pk) for pk in office.chain)
    touched.update(scopes.of_country(key.country_id) for key in keys if key.country_id)
    return Selection(first, until, frozenset(touched))


def recompute(indicator: Indicator, selection: Selection) -> None:
    """Compute the selection from the ledger and store what differs from what is stored."""
    rules = rules_at(indicator)
    wanted = compute(rules, selection) if rules else {}
    stored = stored_rows(indicator, selection)
    changed = {key: row for key, row in wanted.items() if stored.get(key) != row}
    gone = [key for key in stored if key not in wanted]
    now = database_now()
    Figure.objects.bulk_create(
        [
            Figure(
                plan_id=indicator.plan_id,
                indicator_id=indicator.pk,
                scope=scope,
                basis=basis,
                cell=cell,
                period=period,
                computed_at=now,
                **vars(row),
            )
            for (scope, basis, cell, period), row in changed.items()
        ],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["plan", "indicator", "scope", "basis", "cell", "period"],
        update_fields=[*FIELDS, "computed_at"],
    )
    _delete(indicator, gone)


def _delete(indicator: Indicator, keys: list[Key]) -> None:
    groups: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for scope, basis, cell, period in keys:
        groups[(scope, basis, cell)].append(period)
    for (scope, basis, cell), periods in groups.items():
        Figure.objects.filter(
            plan_id=indicator.plan_id,
            indicator=indicator,
            scope=scope,
            basis=basis,
            cell=cell,
            period__in=periods,
        ).delete()


def stored_rows(indicator: Indicator, selection: Selection) -> dict[Key, FigureRow]:
    """What is stored for an indicator in a selection, in the shape of `compute`."""
    stored = Figure.objects.filter(
        plan_id=indicator.plan_id,
        indicator=indicator,
        period__range=(selection.first, selection.last),
    )
    if selection.scopes is not None:
        stored = stored.filter(scope__in=selection.scopes)
    return {
        (scope, basis, cell, period): FigureRow(*values)
        for scope, basis, cell, period, *values in stored.values_list(
            "scope", "basis", "cell", "period", *FIELDS
        )
    }


def is_stale(plan_id: int, indicator_ids: Iterable[int] | None = None) -> set[int]:
    """Which of the plan's indicators have figures that are being updated."""
    stale = StaleFigure.objects.filter(plan_id=plan_id)
    if indicator_ids is not None:
        stale = stale.filter(Q(indicator_id__in=list(indicator_ids)))
    return set(stale.values_list("indicator_id", flat=True).distinct())


def whole_plan(plan_id: int) -> Selection | None:
    """Every period and scope of a plan; None where it has no periods."""
    last = ReportingPeriod.objects.filter(plan_id=plan_id).order_by("-number").first()
    return Selection(1, last.number) if last else None
