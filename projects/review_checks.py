"""What a reviewer looks at twice before approving: remarks on results, never refusals.

All results of a page are looked at together, at a fixed number of queries. A rule that refuses
is in `actions/checks.py`; what is here lets a result pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.wording import number, said_day
from outcomes import scopes
from outcomes.choices import Direction, Kind, OverTime, Qualifier, State
from outcomes.models import Dimension, Milestone, Target

from .choices import Status
from .models import Evidence, Result

# A change beyond this many times the last value, either way, is looked at.
LEAP = 3
# A value is far from what was planned below a half of it or above twice as much.
FAR = 2


@dataclass(frozen=True)
class Remark:
    """One check that a result did not pass: a stable code, and words for the reviewer."""

    code: str
    text: str


@dataclass(frozen=True)
class _Before:
    """An approved value of the same line in an earlier period."""

    number: int
    period: str
    value: Fraction
    text: str


@dataclass(frozen=True)
class _Known:
    """What is known beside the results themselves, read once for all of them."""

    dimensions: dict[int, list[Dimension]]
    before: dict[int, list[_Before]]
    planned: dict[int, list[Any]]
    users: dict[int, set[tuple[int, int]]]


def remarks_on(results: Iterable[Result]) -> dict[int, list[Remark]]:
    """The remarks on each result by its id; five queries, however many results.

    The results come `with_names()`. What another line's file or an earlier value tells is read
    whoever asks: it is shown only to reviewers of the result.
    """
    asked = list(results)
    if not asked:
        return {}
    known = _known(asked)
    return {
        result.pk: [remark for check in CHECKS for remark in check(result, known)]
        for result in asked
    }


# --- What is read -----------------------------------------------------------------------------


def _known(results: list[Result]) -> _Known:
    lines = {result.line_id: result.line for result in results}
    dimensions: dict[int, list[Dimension]] = defaultdict(list)
    for dimension in Dimension.objects.filter(
        indicator__in={line.indicator_id for line in lines.values()}, additive=True
    ):
        dimensions[dimension.indicator_id].append(dimension)
    before: dict[int, list[_Before]] = defaultdict(list)
    earlier = (
        Result.objects.filter(line__in=lines, status=Status.APPROVED, state=State.REPORTED)
        .select_related("period")
        .annotate(named=Count("things"))
        .order_by("period__number")
    )
    for result in earlier:
        value = _value(result, lines[result.line_id].indicator.kind, result.named)
        if value is not None:
            before[result.line_id].append(
                _Before(result.period.number, str(result.period), value, number(value))
            )
    of_scope = {scopes.of_contributor(line.contributor_id): line.pk for line in lines.values()}
    planned: dict[int, list[Any]] = defaultdict(list)
    for model in (Milestone, Target):
        for one in model._default_manager.filter(scope__in=of_scope, superseded_at__isnull=True):
            planned[of_scope[one.scope]].append(one)
    files = {
        piece.stored_id for result in results for piece in result.evidence.all() if piece.stored_id
    }
    users: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for file, line, period in (
        Evidence.objects.current()
        .filter(stored__in=files, result__isnull=False)
        .exclude(result__status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
        .values_list("stored", "result__line", "result__period")
    ):
        users[file].add((line, period))
    return _Known(dimensions, before, planned, users)


def _value(result: Result, kind: str, named: int) -> Fraction | None:
    """The number of a result, a percentage on 0..100; None for a rating or where there is none."""
    if kind == Kind.PERCENTAGE:
        if result.numerator is None or not result.denominator:
            return None
        return Fraction(result.numerator) * 100 / Fraction(result.denominator)
    if kind == Kind.DISTINCT:
        return Fraction(named) + Fraction(result.unnamed or 0)
    return None if result.value is None else Fraction(result.value)


def _own(result: Result) -> Fraction | None:
    """The number that a result reports."""
    if result.state != State.REPORTED:
        return None
    return _value(result, result.line.indicator.kind, len(result.things.all()))


def _last(result: Result, known: _Known) -> _Before | None:
    """The last approved value of the line before the result's period."""
    earlier = [
        one for one in known.before.get(result.line_id, []) if one.number < result.period.number
    ]
    return earlier[-1] if earlier else None


# --- The checks -------------------------------------------------------------------------------


def _no_evidence(result: Result, known: _Known) -> Iterator[Remark]:
    is_counted = bool(result.line.indicator.counts_from)
    if result.state == State.REPORTED and not is_counted and not result.evidence.all():
        yield Remark("no_evidence", _("No evidence stands behind it."))


def _shared_file(result: Result, known: _Known) -> Iterator[Remark]:
    here = (result.line_id, result.period_id)
    files = {piece.stored_id for piece in result.evidence.all() if piece.stored_id}
    others = {place for file in files for place in known.users.get(file, set())} - {here}
    if others:
        words = ngettext(
            "The same file stands behind %(n)s other result.",
            "The same file stands behind %(n)s other results.",
            len(others),
        )
        yield Remark("file_used_elsewhere", words % {"n": len(others)})


def _breakdown(result: Result, known: _Known) -> Iterator[Remark]:
    """Only where parts add up, and something is there to be broken down."""
    kind = result.line.indicator.kind
    field = {Kind.QUANTITY: "value", Kind.PERCENTAGE: "denominator"}.get(Kind(kind))
    total = getattr(result, field) if field and result.state == State.REPORTED else None
    if not field or not total:
        return
    parts: dict[int, Decimal] = defaultdict(Decimal)
    for cell in result.cells.all():
        parts[cell.category.dimension_id] += getattr(cell, field) or 0
    for dimension in known.dimensions.get(result.line.indicator_id, []):
        rest = total - parts.get(dimension.pk, Decimal(0))
        if rest:
            yield Remark(
                "breakdown_incomplete",
                _("By %(dimension)s, %(rest)s of %(total)s are not told.")
                % {
                    "dimension": str(dimension).lower(),
                    "rest": number(rest),
                    "total": number(total),
                },
            )


def _fell(result: Result, known: _Known) -> Iterator[Remark]:
    """A level or running total that should go up went down."""
    rules = result.line.indicator
    value, last = _own(result), _last(result, known)
    if (
        value is not None
        and last is not None
        and value < last.value
        and rules.over_time == OverTime.LATEST
        and rules.direction == Direction.INCREASE
    ):
        yield Remark(
            "below_last_period",
            _("Lower than %(value)s in %(period)s, though it is a running total or level.")
            % {"value": last.text, "period": last.period},
        )


def _leapt(result: Result, known: _Known) -> Iterator[Remark]:
    value, last = _own(result), _last(result, known)
    if value is None or last is None or last.value <= 0 or value < 0:
        return
    words = {"n": LEAP, "value": last.text, "period": last.period}
    if value > LEAP * last.value:
        text = _("More than %(n)s times the %(value)s of %(period)s.") % words
        yield Remark("large_change", text)
    elif value * LEAP < last.value:
        text = _("Less than one part in %(n)s of the %(value)s of %(period)s.") % words
        yield Remark("large_change", text)


def _far_from_plan(result: Result, known: _Known) -> Iterator[Remark]:
    """Against a milestone or target of the line itself that falls in the result's period."""
    period, rules = result.period, result.line.indicator
    value = _own(result)
    due = [
        one
        for one in known.planned.get(result.line_id, [])
        if period.start <= one.date <= period.end and one.value > 0
    ]
    if value is None or not due:
        return
    if rules.over_time == OverTime.SUM and rules.kind == Kind.QUANTITY:
        value += sum(
            (
                one.value
                for one in known.before.get(result.line_id, [])
                if one.number < period.number
            ),
            Fraction(0),
        )
    planned = Fraction(max(due, key=lambda one: one.date).value)
    if value * FAR < planned or value > FAR * planned:
        yield Remark(
            "far_from_milestone",
            _("It comes to %(value)s, where %(planned)s was planned by %(day)s.")
            % {
                "value": number(value),
                "planned": number(planned),
                "day": said_day(max(one.date for one in due)),
            },
        )


def _not_exact(result: Result, known: _Known) -> Iterator[Remark]:
    if result.state == State.REPORTED and result.qualifier != Qualifier.EXACT:
        word = Qualifier(result.qualifier).label
        yield Remark(
            "not_exact", _("The number is not exact: it says “%(word)s”.") % {"word": word}
        )


def _late(result: Result, known: _Known) -> Iterator[Remark]:
    """A correction comes later by its nature."""
    sent, due = result.submitted_at, result.period.due
    if sent is None or result.revision > 1 or timezone.localdate(sent) <= due:
        return
    days = (timezone.localdate(sent) - due).days
    words = ngettext(
        "Submitted %(n)s day after the due date.", "Submitted %(n)s days after the due date.", days
    )
    yield Remark("submitted_late", words % {"n": days})


def _correction(result: Result, known: _Known) -> Iterator[Remark]:
    if result.revision > 1:
        yield Remark("correction", _("A correction: %(why)s") % {"why": result.correction_reason})


def _no_words(result: Result, known: _Known) -> Iterator[Remark]:
    if result.state == State.REPORTED and not result.narrative.strip():
        yield Remark("no_narrative", _("Nothing is said about it in words."))


# In the order in which a reviewer reads them.
CHECKS: tuple[Callable[[Result, _Known], Iterator[Remark]], ...] = (
    _correction,
    _fell,
    _leapt,
    _far_from_plan,
    _breakdown,
    _no_evidence,
    _shared_file,
    _not_exact,
    _late,
    _no_words,
)
