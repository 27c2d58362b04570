"""Progress and status: how a figure stands against baseline, milestones and target.

One rule for every page, report and the API. Exact fractions throughout; a status is decided
before anything is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from habitat_tracker.fields import from_fixed
from outcomes.choices import Direction, Kind, OverTime, Status, counts_from_zero
from outcomes.models import Baseline, Indicator, Milestone, Target
from outcomes.rollup import sql
from outcomes.rollup.compute import ids
from outcomes.rollup.reader import FigureValue
from plans.models import PlanRevision, ReportingPeriod

PER_MILLE = 1000


class Lack(models.TextChoices):
    """Why a figure is `no_target`, in words."""

    TARGET = "target", _("No target set")
    BASELINE = "baseline", _("No baseline set, so progress cannot be said")
    RATING = "rating", _("Ratings are counted; they have no target")
    NOT_ADDED_UP = "not_added_up", _("Several values that are not added up; they are listed")


@dataclass(frozen=True)
class Standard:
    """A baseline, milestone or target as it is read: the value, its date and its source."""

    value: Decimal
    date: date | None = None
    source: str = ""
    verification: str = ""


@dataclass(frozen=True)
class Yardstick:
    """What a figure is held against: baseline, milestones and target of one scope."""

    baseline: Any = None
    target: Any = None
    milestones: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How a figure stands. Progress and expected progress are percentages, not capped."""

    status: Status
    progress: Fraction | None = None
    expected: Fraction | None = None
    lack: Lack | None = None
    has_target: bool = False

    @property
    def capped(self) -> Fraction | None:
        """Progress within 0..100, as it is averaged and drawn."""
        return (
            None if self.progress is None else min(max(self.progress, Fraction(0)), Fraction(100))
        )


NOTHING = Yardstick()


# Asked for by every page with a figure: not put together anew each time.
_YARDSTICK = """
SELECT '{kind}', indicator_id, scope, date, value, source, verification
FROM {table} y WHERE {asked}"""


def yardsticks(
    indicators: Iterable[Indicator],
    scopes: Iterable[int] | None = None,
    moment: datetime | None = None,
) -> dict[tuple[int, int], Yardstick]:
    """Baseline, milestones and target by (indicator, scope), as they stood; one query."""
    asked = ids(one.pk for one in indicators)
    wanted = f" AND scope IN ({ids(scopes)})" if scopes is not None else ""
    params = {"moment": connection.ops.adapt_datetimefield_value(moment)} if moment else None
    counted = sql.CURRENT if moment is None else sql.CURRENT_THEN
    statement = " UNION ALL ".join(
        _YARDSTICK.format(
            kind=model.__name__,
            table=model._meta.db_table,
            asked=f"{counted.format(alias='y')} AND indicator_id IN ({asked}){wanted}",
        )
        for model in (Baseline, Target, Milestone)
    )
    found: dict[tuple[int, int], dict[str, list[Standard]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for kind, indicator_id, scope, day, value, source, verification in cursor.fetchall():
            # SQLite gives a date as text.
            day = date.fromisoformat(day) if isinstance(day, str) else day
            kinds = found.setdefault((indicator_id, scope), {})
            standard = Standard(from_fixed(value), day, source, verification)
            kinds.setdefault(kind, []).append(standard)
    return {
        key: Yardstick(
            baseline=kinds.get("Baseline", [None])[0],
            target=kinds.get("Target", [None])[0],
            milestones=tuple(
                sorted(kinds.get("Milestone", []), key=lambda row: row.date or date.min)
            ),
        )
        for key, kinds in found.items()
    }


def assess(
    figure: FigureValue, yardstick: Yardstick, plan: PlanRevision, period: ReportingPeriod
) -> Progress:
    """Status and progress of one figure; the first rule that matches gives the status."""
    value = figure.to_date
    if figure.kind == Kind.RATING:
        if figure.row.denominator:
            return Progress(Status.NO_TARGET, lack=Lack.RATING)
        return Progress(Status.NO_DATA)
    if value is None:
        several = figure.is_not_added_up
        return Progress(
            Status.NO_TARGET if several else Status.NO_DATA,
            expected=_pace(figure, yardstick, plan, period),
            lack=Lack.NOT_ADDED_UP if several else None,
            has_target=yardstick.target is not None,
        )
    if yardstick.target is None:
        return Progress(Status.NO_TARGET, lack=Lack.TARGET)
    baseline = _baseline(figure, yardstick)
    if baseline is None:
        return Progress(Status.NO_TARGET, lack=Lack.BASELINE, has_target=True)
    target = Fraction(yardstick.target.value)
    good = value >= target if figure.direction == Direction.INCREASE else value <= target
    maintain = target == baseline
    progress = None if maintain else 100 * (value - baseline) / (target - baseline)
    expected = _pace(figure, yardstick, plan, period)

    def told(status: Status) -> Progress:
        return Progress(status, progress, expected, has_target=True)

    sums_up = figure.over_time == OverTime.SUM and figure.direction == Direction.INCREASE
    delivered = good and sums_up
    too_few = figure.expected and (
        figure.reported * PER_MILLE < figure.expected * plan.minimum_coverage
    )
    if too_few and not delivered:
        return told(Status.LOW_COVERAGE)
    if maintain:
        return told(Status.MAINTAINED if good else Status.NOT_MAINTAINED)
    if good:
        return told(Status.ACHIEVED)
    assert progress is not None
    if progress < 0:
        return told(Status.REGRESSED)
    if expected is None or expected <= 0:
        return told(Status.NOT_DUE)
    return told(_by_performance(progress, expected, plan))


def _by_performance(progress: Fraction, expected: Fraction, plan: PlanRevision) -> Status:
    if progress * PER_MILLE >= expected * plan.on_track_at:
        return Status.ON_TRACK
    if progress * PER_MILLE >= expected * plan.delayed_at:
        return Status.DELAYED
    return Status.OFF_TRACK


def _baseline(figure: FigureValue, yardstick: Yardstick) -> Fraction | None:
    if yardstick.baseline is not None:
        return Fraction(yardstick.baseline.value)
    return Fraction(0) if counts_from_zero(figure.kind, figure.over_time) else None


def _pace(
    figure: FigureValue, yardstick: Yardstick, plan: PlanRevision, period: ReportingPeriod
) -> Fraction | None:
    """Expected progress at the period's end, linear in days between neighbouring milestones.

    The eve of the plan's start counts as 0, the target as 100 at its own date; after the last
    of these points the pace stays.
    """
    baseline = _baseline(figure, yardstick)
    if yardstick.target is None or baseline is None:
        return None
    target = Fraction(yardstick.target.value)
    if target == baseline:
        return None
    points = {plan.start - timedelta(days=1): Fraction(0), yardstick.target.date: Fraction(100)}
    for row in yardstick.milestones:
        points[row.date] = 100 * (Fraction(row.value) - baseline) / (target - baseline)
    day = period.end
    days = sorted(points)
    if day >= days[-1]:
        return points[days[-1]]
    for before, after in pairwise(days):
        if before <= day <= after:
            passed = Fraction((day - before).days, (after - before).days)
            return points[before] + (points[after] - points[before]) * passed
    return Fraction(0)


@dataclass(frozen=True)
class Spread:
    """How the indicators of an outcome, a domain or the plan stand together."""

    status: Status
    counts: dict[Status, int]
    mean_progress: Fraction | None
    with_progress: int
    indicators: int
    reported: int
    expected: int


def spread(assessed: list[tuple[Indicator, FigureValue, Progress]], plan: PlanRevision) -> Spread:
    """The spread of statuses, mean capped progress and own status; headlines are left out."""
    rows = [row for row in assessed if not row[0].is_headline]
    counts = {
        status: number
        for status in Status
        if (number := sum(1 for row in rows if row[2].status == status))
    }
    progressing = [progress for _i, _f, progress in rows if progress.progress is not None]
    reported = sum(figure.reported for _i, figure, _p in rows)
    expected = sum(figure.expected for _i, figure, _p in rows)
    mean = (
        sum((p.capped or Fraction(0) for p in progressing), Fraction(0)) / len(progressing)
        if progressing
        else None
    )
    return Spread(
        status=_own_status(rows, progressing, mean, reported, expected, plan),
        counts=counts,
        mean_progress=mean,
        with_progress=len(progressing),
        indicators=len(rows),
        reported=reported,
        expected=expected,
    )


def _own_status(
    rows: list[tuple[Indicator, FigureValue, Progress]],
    progressing: list[Progress],
    mean: Fraction | None,
    reported: int,
    expected: int,
    plan: PlanRevision,
) -> Status:
    """In the order of the rule book; kept levels have a target but no percentage to average."""
    kept = [p for _i, _f, p in rows if p.status in (Status.MAINTAINED, Status.NOT_MAINTAINED)]
    targeted = [p for _i, _f, p in rows if p.has_target]
    done = bool(targeted) and all(
        p.status in (Status.ACHIEVED, Status.MAINTAINED) for p in targeted
    )
    if mean is None:
        if kept and done:
            return Status.ACHIEVED
        has_value = any(f.row.denominator is not None or f.reported for _i, f, _p in rows)
        return Status.NO_TARGET if has_value else Status.NO_DATA
    if len(progressing) * PER_MILLE < (len(targeted) - len(kept)) * plan.minimum_coverage:
        return Status.LOW_COVERAGE
    if expected and reported * PER_MILLE < expected * plan.minimum_coverage:
        return Status.LOW_COVERAGE
    if done:
        return Status.ACHIEVED
    pace = sum((p.expected or Fraction(0) for p in progressing), Fraction(0)) / len(progressing)
    if pace <= 0:
        return Status.NOT_DUE
    return _by_performance(mean, pace, plan)
