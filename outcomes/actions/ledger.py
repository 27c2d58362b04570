"""Posting to the ledger: the only way a number gets in, and out again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from habitat_tracker.accounts.models import User
from habitat_tracker.clock import DatabaseNow, database_now
from outcomes import scopes
from outcomes.choices import TOTAL, Basis, Kind, OverTime, Qualifier, State, is_additive
from outcomes.models import (
    Contributor,
    ContributorRevision,
    Indicator,
    Measurement,
    PostedThing,
    StaleFigure,
    time_ordered_id,
)
from plans.models import StrategicPlan

EVERY_PERIOD = 32_000


@dataclass(frozen=True)
class Amount:
    """A number as the ledger holds it: a value over nothing, or a numerator and denominator."""

    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True)
class Posting:
    """What one result says, ready for the ledger.

    `cells` are amounts by category code. `credits` maps other indicators' ids to the category
    codes that they share with the result's own indicator.
    """

    source: str
    state: str
    amount: Amount = Amount()
    cells: tuple[tuple[str, Amount], ...] = ()
    things: tuple[int, ...] = ()
    unnamed: Decimal = Decimal(0)
    rating: str = ""
    qualifier: int = Qualifier.EXACT
    credits: tuple[tuple[int, frozenset[str]], ...] = ()


@dataclass(frozen=True)
class Entry:
    """Where a posting goes: contributor, period number and basis; None withdraws only."""

    contributor: Contributor
    period: int
    basis: Basis
    posting: Posting | None


@transaction.atomic
def replace_postings(
    *,
    plan: StrategicPlan,
    entries: Iterable[Entry],
    by: User | None,
    reason: str = "",
    keep_same_source: bool = False,
    contributors_held: bool = False,
) -> None:
    """Withdraw what the entries' places hold in the ledger and post what they say now.

    With `keep_same_source` a place that holds the same source already stays as it is: a
    revision of a result never changes once it is posted. `contributors_held` says that the
    caller has locked the contributors in this transaction.

    Old and new rows carry the same moment of the database's clock, so that at any moment one
    of them counts. The figures that either touches are marked as stale in this transaction.
    """
    asked = list(entries)
    places = {(entry.contributor.pk, entry.period, int(entry.basis)) for entry in asked}
    if not contributors_held:
        _wait_for_others({place[0] for place in places})
    held: dict[tuple[int, int, int], list[Measurement]] = {place: [] for place in places}
    for row in Measurement.objects.live().filter(
        plan=plan,
        contributor__in={place[0] for place in places},
        period__in={place[1] for place in places},
        basis__in={place[2] for place in places},
    ):
        held.get((row.contributor_id, row.period, row.basis), []).append(row)
    if keep_same_source:
        asked = [entry for entry in asked if not _is_same(entry, held)]
    if not asked:
        return
    live = [
        row
        for entry in asked
        for row in held[(entry.contributor.pk, entry.period, int(entry.basis))]
    ]
    homes = {
        home.contributor_id: home
        for home in ContributorRevision.objects.at()
        .filter(contributor__in={entry.contributor.pk for entry in asked})
        .annotate(now=DatabaseNow())
    }
    now = max((home.now for home in homes.values()), default=None) or database_now()
    withdraw(plan=plan, rows=live, at=now, by=by, reason=reason)
    posted: list[Measurement] = []
    listed: list[PostedThing] = []
    for entry in asked:
        if entry.posting is not None:
            home = homes[entry.contributor.pk]
            rows, things = _rows(plan, entry, entry.posting, home, now, by)
            posted += rows
            listed += things
    Measurement.objects.bulk_create(posted, batch_size=500)
    PostedThing.objects.bulk_create(listed, batch_size=500)
    mark_postings_stale(plan, gone=live, come=posted)


def _is_same(entry: Entry, held: dict[tuple[int, int, int], list[Measurement]]) -> bool:
    """Whether the entry's place holds just what it says: the same source, or nothing."""
    rows = held[(entry.contributor.pk, entry.period, int(entry.basis))]
    if entry.posting is None:
        return not rows
    return {row.source for row in rows} == {entry.posting.source}


def _wait_for_others(contributors: set[int]) -> None:
    """Wait for whoever posts for these contributors, or moves them; others wait for us.

    Else a posting could count where its contributor was when the move had already looked for
    what to take along, or be withdrawn by somebody with an earlier moment than its own. In one
    sorted order, so that nobody waits for each other.
    """
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        rows = Contributor.objects.select_for_update(no_key=True).order_by("pk")
        list(rows.filter(pk__in=contributors).values_list("pk"))


def _rows(
    plan: StrategicPlan,
    entry: Entry,
    posting: Posting,
    home: ContributorRevision,
    now: datetime,
    by: User | None,
) -> tuple[list[Measurement], list[PostedThing]]:
    """The ledger rows of one posting: the total and the cells, own and credited."""
    own = entry.contributor.indicator_id
    reported = posting.state == State.REPORTED
    credited = posting.credits if reported else ()
    targets: list[tuple[int, frozenset[str] | None]] = [(own, None), *credited]
    rows: list[Measurement] = []
    things: list[PostedThing] = []
    for indicator_id, shared in targets:
        cells = [(TOTAL, posting.amount)] + [
            (code, amount) for code, amount in posting.cells if shared is None or code in shared
        ]
        for cell, amount in cells:
            row = Measurement(
                plan=plan,
                id=time_ordered_id(),
                indicator_id=indicator_id,
                recorded_on_id=own,
                contributor=entry.contributor,
                office_id=home.office_id,
                country_id=home.country_id,
                basis=entry.basis,
                period=entry.period,
                cell=cell,
                state=posting.state,
                numerator=amount.numerator,
                denominator=amount.denominator,
                unnamed=posting.unnamed if cell == TOTAL else Decimal(0),
                rating=posting.rating if cell == TOTAL else "",
                qualifier=posting.qualifier,
                source=posting.source,
                posted_at=now,
                posted_by=by,
            )
            rows.append(row)
            if cell == TOTAL:
                things += [
                    PostedThing(plan=plan, measurement_id=row.id, thing_id=thing)
                    for thing in posting.things
                ]
    return rows, things


def withdraw(
    *,
    plan: StrategicPlan,
    rows: Iterable[Measurement],
    at: datetime,
    by: User | None,
    reason: str = "",
) -> None:
    """Take postings out of the ledger; they stay readable as of earlier moments."""
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        Measurement.objects.filter(plan=plan, id__in=ids[start : start + 500]).update(
            withdrawn_at=at, withdrawn_by=by, reason=reason
        )


@transaction.atomic
def move_postings(
    *, contributor: Contributor, home: ContributorRevision, by: User | None, reason: str
) -> None:
    """Withdraw a contributor's postings and post them anew under its new office and country."""
    plan = contributor.plan
    live = list(Measurement.objects.live().filter(plan=plan, contributor=contributor))
    if not live:
        return
    now = database_now()
    listed = {
        (row.measurement_id, row.thing_id)
        for row in PostedThing.objects.filter(
            plan=plan, measurement_id__in=[row.id for row in live]
        )
    }
    withdraw(plan=plan, rows=live, at=now, by=by, reason=reason)
    moved: list[Measurement] = []
    things: list[PostedThing] = []
    for row in live:
        again = Measurement(
            **{
                field.attname: getattr(row, field.attname)
                for field in Measurement._meta.concrete_fields
                if not field.generated
            }
        )
        again.id = time_ordered_id()
        again.office_id, again.country_id = home.office_id, home.country_id
        again.posted_at, again.posted_by = now, by
        moved.append(again)
        things += [
            PostedThing(plan=plan, measurement_id=again.id, thing_id=thing)
            for posting, thing in listed
            if posting == row.id
        ]
    Measurement.objects.bulk_create(moved, batch_size=500)
    PostedThing.objects.bulk_create(things, batch_size=500)
    mark_postings_stale(plan, gone=live, come=moved)


# What takes a contributor's turn: a value begins, or the series stops being applicable.
TURNS = (State.REPORTED, State.NOT_APPLICABLE)


def mark_postings_stale(
    plan: StrategicPlan, *, gone: Iterable[Measurement], come: Iterable[Measurement]
) -> None:
    """Append the stale keys of postings that were withdrawn and posted.

    Each indicator that counts a posting is touched, and the headline that it feeds, in the
    posting's leaf and in the periods that it reaches (`_reach`).
    """
    # indicator, leaf, basis, contributor, period -> what it said before, what it says now
    places: dict[tuple[int, int, int, int, int], tuple[set[str], set[str]]] = {}
    own: set[tuple[int, int]] = set()
    for rows, when in ((gone, 0), (come, 1)):
        for row in rows:
            leaf = scopes.of_leaf(row.office_id, row.country_id)
            place = (row.indicator_id, leaf, row.basis, row.contributor_id, row.period)
            places.setdefault(place, (set(), set()))[when].add(row.state)
            if row.indicator_id == row.recorded_on_id:
                own.add((row.indicator_id, row.contributor_id))
    rules, excepted = _rules_of(plan, {place[0] for place in places}, {pair[1] for pair in own})
    turning: dict[tuple[int, int, int, int, int], _Moved] = {}
    for place, (before, now) in places.items():
        moved = _turns(rules[place[0]], before, now, is_excepted=place[0] in excepted)
        if moved and (place[0], place[3]) in own:
            turning[place] = moved
    turns = _turns_of(plan, {place[3] for place in turning})
    keys: dict[tuple[int, int, int], tuple[int, int]] = {}
    for place, (before, now) in places.items():
        indicator_id, leaf, basis, contributor, period = place
        until = _reach(rules[indicator_id], before, now, period)
        if place in turning:
            until = max(
                until, _until_next_turn(turns.get((contributor, basis), []), period, turning[place])
            )
        for touched in (indicator_id, rules[indicator_id].feeds_id):
            if touched is not None:
                first, last = keys.get((touched, leaf, basis), (period, until))
                keys[(touched, leaf, basis)] = (min(first, period), max(last, until))
    StaleFigure.objects.bulk_create(
        (
            StaleFigure(
                plan=plan,
                indicator_id=indicator_id,
                leaf=leaf,
                basis=basis,
                first_period=first,
                last_period=last,
            )
            for (indicator_id, leaf, basis), (first, last) in keys.items()
        ),
        batch_size=500,
    )
    wake_up()


def _reach(rules: Indicator, before: set[str], now: set[str], period: int) -> int:
    """The last period whose figures a changed posting moves, its turn apart.

    A value that is stored by period moves its own period; one that is held to date (sums,
    maxima, means, things) every later one. Coverage moves in its own period.
    """
    if rules.over_time == OverTime.LATEST or State.REPORTED not in before | now:
        return period
    if is_additive(rules.kind, rules.over_time, rules.across):
        return period
    return EVERY_PERIOD


def _rules_of(
    plan: StrategicPlan, indicator_ids: set[int], contributors: set[int]
) -> tuple[dict[int, Indicator], set[int]]:
    """The indicators, and those for which a contributor is not applicable in some period."""
    exceptions = Measurement.objects.live().filter(
        plan=plan,
        indicator=OuterRef("pk"),
        contributor__in=contributors,
        cell=TOTAL,
        state=State.NOT_APPLICABLE,
    )
    indicators = Indicator.objects.filter(plan=plan, pk__in=indicator_ids)
    found = list(
        indicators.only("kind", "over_time", "across", "feeds_id").annotate(
            has_exceptions=Exists(exceptions)
        )
    )
    return {row.pk: row for row in found}, {row.pk for row in found if row.has_exceptions}


class _Moved(Enum):
    """What a change moves up to the contributor's next turn."""

    ALWAYS = auto()
    AFTER_NOT_APPLICABLE = auto()  # only where it was not applicable before


def _turns(
    rules: Indicator, before: set[str], now: set[str], *, is_excepted: bool
) -> _Moved | None:
    """Whether a change reaches up to the contributor's next turn.

    The latest value does, and who is expected where *not applicable* came or went, or, if
    somebody `is_excepted` in some period, where a report that ends that came or went.
    """
    if rules.over_time == OverTime.LATEST and (before | now) & set(TURNS):
        return _Moved.ALWAYS
    if (State.NOT_APPLICABLE in before) != (State.NOT_APPLICABLE in now):
        return _Moved.ALWAYS
    if is_excepted and (State.REPORTED in before) != (State.REPORTED in now):
        return _Moved.AFTER_NOT_APPLICABLE
    return None


def _until_next_turn(turns: list[tuple[int, str]], period: int, moved: _Moved) -> int:
    """The last period before the next turn; the period itself where nothing moves after it."""
    before = [state for number, state in turns if number < period]
    if moved == _Moved.AFTER_NOT_APPLICABLE and before[-1:] != [State.NOT_APPLICABLE]:
        return period
    return next((number for number, _state in turns if number > period), EVERY_PERIOD) - 1


def _turns_of(
    plan: StrategicPlan, contributors: set[int]
) -> dict[tuple[int, int], list[tuple[int, str]]]:
    """Periods and states of contributors' turns, by contributor and basis; no query for none.

    A report without a usable value, which came in another way, ends no carried value.
    """
    turns: dict[tuple[int, int], list[tuple[int, str]]] = {}
    if not contributors:
        return turns
    has_value = (
        Q(numerator__isnull=False) & (Q(denominator=None) | Q(denominator__gt=0))
        | ~Q(rating="")
        | Q(indicator__kind=Kind.DISTINCT)
    )
    for contributor, basis, period, state in (
        Measurement.objects.live()
        .filter(
            Q(state=State.NOT_APPLICABLE) | Q(state=State.REPORTED) & has_value,
            plan=plan,
            contributor__in=contributors,
            cell=TOTAL,
            indicator=F("recorded_on"),
        )
        .order_by("period")
        .values_list("contributor_id", "basis", "period", "state")
    ):
        turns.setdefault((contributor, basis), []).append((period, state))
    return turns


def mark_indicators_stale(plan: StrategicPlan, indicator_ids: Iterable[int]) -> None:
    """Mark whole indicators as stale (rules, feeds, periods, merges), with their headlines."""
    asked = set(indicator_ids)
    asked |= set(
        Indicator.objects.filter(pk__in=asked, feeds__isnull=False).values_list(
            "feeds_id", flat=True
        )
    )
    StaleFigure.objects.bulk_create(
        StaleFigure(plan=plan, indicator_id=indicator_id, first_period=1, last_period=EVERY_PERIOD)
        for indicator_id in sorted(asked)
    )
    wake_up()


def mark_plan_stale(plan: StrategicPlan) -> None:
    """Mark every figure of a plan as stale: a new period, for instance."""
    mark_indicators_stale(plan, Indicator.objects.filter(plan=plan).values_list("pk", flat=True))


def wake_up() -> None:
    """Tell a worker, after commit, that there is work; a lost message only costs a sweep."""
    if not any(_send_wake_up in hook for hook in connection.run_on_commit):
        transaction.on_commit(_send_wake_up, robust=True)


def _send_wake_up() -> None:
    from outcomes.tasks import drain_stale_figures

    drain_stale_figures.apply_async(retry=False)
