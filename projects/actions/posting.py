"""Keeps the ledger in step with the results: what counts now, on each basis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Prefetch

from habitat_tracker.accounts.models import User
from outcomes.actions import Amount, Entry, Posting, replace_postings
from outcomes.choices import Basis, Kind
from outcomes.models import Category
from plans.models import StrategicPlan
from projects.choices import PENDING, Status
from projects.models import Result, ResultCell


def source_of(result: Result) -> str:
    """How the ledger names a result."""
    return f"result:{result.pk}"


def sync_ledger(
    *, plan: StrategicPlan, touched: Iterable[Result], by: User | None, reason: str = ""
) -> None:
    """Post what the lines and periods of the touched results say now.

    Official is the approved revision; provisional is the pending one where there is one, else
    the approved one. What the ledger already holds stays untouched, so a second call changes
    nothing. The caller has locked the lines with their contributors.
    """
    results = list(touched)
    lines = {result.line_id: result.line for result in results}
    periods = {result.period_id: result.period for result in results}
    places = {(result.line_id, result.period_id) for result in results}
    counting: dict[tuple[int, int], dict[str, Result]] = defaultdict(dict)
    # Only an indicator that counts things has any to ask for.
    listing = {pk for pk, line in lines.items() if line.indicator.kind == Kind.DISTINCT}
    for result in (
        Result.objects.filter(
            line__in=lines, period__in=periods, status__in=(Status.APPROVED, *PENDING)
        )
        .select_related("rating")
        .prefetch_related(
            *(["things"] if listing else []),
            "credits",
            Prefetch("cells", ResultCell.objects.select_related("category__dimension")),
        )
    ):
        kind = "approved" if result.status == Status.APPROVED else "pending"
        counting[(result.line_id, result.period_id)][kind] = result
    shared = _shared_categories(counting)
    entries = []
    for line_id, period_id in sorted(places):
        line, period = lines[line_id], periods[period_id]
        now = counting.get((line_id, period_id), {})
        wanted = {
            Basis.OFFICIAL: now.get("approved"),
            Basis.PROVISIONAL: now.get("pending") or now.get("approved"),
        }
        for basis, result in wanted.items():
            posting = _posting(result, line_id in listing, shared) if result else None
            entries.append(Entry(line.contributor, period.number, basis, posting))
    replace_postings(
        plan=plan,
        entries=entries,
        by=by,
        reason=reason,
        keep_same_source=True,
        contributors_held=True,
    )


def _shared_categories(
    counting: dict[tuple[int, int], dict[str, Result]],
) -> dict[int, set[tuple[str, str]]]:
    """The (dimension, category) codes of every indicator that takes part in a credit."""
    involved: set[int] = set()
    for results in counting.values():
        for result in results.values():
            involved.update(credit.pk for credit in result.credits.all())
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    if involved:
        for indicator_id, dimension, code in Category.objects.filter(
            indicator__in=involved
        ).values_list("indicator_id", "dimension__code", "code"):
            found[indicator_id].add((dimension, code))
    return found


def _posting(
    result: Result, lists_things: bool, shared: dict[int, set[tuple[str, str]]]
) -> Posting:
    """What a result says, in the ledger's words."""
    cells = [
        (
            cell.category.code,
            Amount(cell.value if cell.value is not None else cell.numerator, cell.denominator),
        )
        for cell in result.cells.all()
    ]
    dimensions = {cell.category.code: cell.category for cell in result.cells.all()}
    credits = []
    for indicator in result.credits.all():
        common = frozenset(
            code
            for code, category in dimensions.items()
            if (category.dimension.code, code) in shared[indicator.pk]
        )
        credits.append((indicator.pk, common))
    return Posting(
        source=source_of(result),
        state=result.state,
        amount=Amount(
            result.value if result.value is not None else result.numerator, result.denominator
        ),
        cells=tuple(cells),
        things=tuple(thing.pk for thing in result.things.all()) if lists_things else (),
        unnamed=result.unnamed or Decimal(0),
        rating=result.rating.code if result.rating else "",
        qualifier=result.qualifier,
        credits=tuple(credits),
    )
