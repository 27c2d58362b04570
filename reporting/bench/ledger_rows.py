"""Writes the ledger to measure on: contributors and postings, by set-based SQL.

Each of `sources` projects reports all 36 indicators for one place, on both bases: every second
one in all periods, the others in two of the four years. Values come from a number that is mixed
from contributor and period, so that the same request makes the same ledger. Rows are written
period by period, as time would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from django.db import connection, transaction

from habitat_tracker.accounts.models import User
from habitat_tracker.fields import SCALE
from outcomes.choices import Across, Kind, OverTime
from outcomes.models import Measurement, PostedThing, Thing
from plans.models import ReportingPeriod

from .world import MAILBOX, PERIODS, RULES, SEXES, START, THINGS, World, is_broken_down

INDICATORS = len(RULES)
# Of a total in per cent, so that the parts never exceed it.
SHARES = dict(zip(SEXES, (45, 40, 5), strict=True))
RUN = 8  # periods of a project that begins and ends
MEAN_RUN = (PERIODS + RUN) / 2
CREDITED = 20  # every 20th project shares what adds up with the next indicator of its kind
ZIPF = 1.3  # the first of 81 places has about 300 times as many projects as the last
_WHOLE = 10**9

# Of reported totals, each with 0 to 3 cells; about 2 % are not reported.
_CELLS = 1.5 * 0.98


@dataclass(frozen=True)
class Dialect:
    """Where the two databases write the same thing differently."""

    series: str
    identity: str
    moment: str
    text: str

    @classmethod
    def here(cls) -> Dialect:
        """That of the database in use."""
        if connection.vendor == "postgresql":
            return cls(
                series="SELECT generate_series(0::bigint, {count} - 1)",
                identity="('{head}' || lpad(to_hex({number}), 15, '0'))::uuid",
                moment="'{moment}'::timestamptz",
                text="({text})::jsonb",
            )
        return cls(
            series="SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count} - 1",
            identity="'{head}' || printf('%015x', {number})",
            moment="'{moment}'",
            text="({text})",
        )

    def numbers(self, count: int) -> str:
        """The start of a statement that has `numbers (n)` from 0 to before a count."""
        return f"WITH RECURSIVE numbers (n) AS ({self.series.format(count=count)})"

    def at(self, moment: datetime) -> str:
        """A moment of the database."""
        return self.moment.format(moment=moment.strftime("%Y-%m-%d %H:%M:%S"))


def rows_of_a_project() -> float:
    """How many live rows one project has in the ledger, on the average."""
    cells = sum(_CELLS for rule in RULES if is_broken_down(*rule))
    sums = sum(1 for rule in RULES if rule == (Kind.QUANTITY, OverTime.SUM, Across.SUM))
    credited = sums * (1 + _CELLS) / CREDITED
    return 2 * MEAN_RUN * (INDICATORS + cells) + PERIODS * 2 * credited


def projects_for(rows: int) -> int:
    """How many projects it takes to fill a ledger of so many rows; at least one."""
    return max(1, round(rows / rows_of_a_project()))


def write_ledger(
    world: World, sources: int, *, skew: bool = False, say: Callable[[str], None] = print
) -> int:
    """Write the contributors of so many projects and all their postings; how many rows.

    With `skew` the projects are spread over the places by Zipf's law, else evenly.
    """
    dialect = Dialect.here()
    with transaction.atomic():
        _list_world(world, skew)
        _seat_contributors(world, sources, dialect, skew)
        _settle_constraints()
        written = 0
        with without_indexes(Measurement, PostedThing):
            for period in ReportingPeriod.objects.filter(plan=world.plan):
                written += _post_period(world, period, dialect)
                say(f"period {period.label}: {written:,} rows")
        _drop_lists()
    analyze("outcomes_contributorrevision", "outcomes_measurement", "outcomes_postedthing")
    return written


def _execute(*statements: str) -> int:
    """Run statements made of our own texts and whole numbers; rows of the last one."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return int(cursor.rowcount)


def _insert(table: str, rows: list[tuple[int | str | None, ...]]) -> None:
    marks = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _list_world(world: World, skew: bool) -> None:
    """Indicators, places and cells as tables for the time of the transaction."""
    _execute(
        """CREATE TEMPORARY TABLE bench_indicator (
            number integer, id bigint, kind text, over_time text, across text,
            cells integer, credited bigint)""",
        """CREATE TEMPORARY TABLE bench_place (
            low bigint, high bigint, office bigint, country integer, place text)""",
        "CREATE TEMPORARY TABLE bench_cell (number integer, code text, share integer)",
        "CREATE TEMPORARY TABLE bench_thing (kind text, number integer, id bigint)",
    )
    adding = [one for one, rule in zip(world.indicators, RULES, strict=True) if rule == RULES[0]]
    following = {
        one.pk: after.pk for one, after in zip(adding, [*adding[1:], adding[0]], strict=True)
    }
    _insert(
        "bench_indicator",
        [
            (
                number,
                one.pk,
                str(one.kind),
                str(one.over_time),
                str(one.across),
                int(is_broken_down(*RULES[number])),
                following.get(one.pk),
            )
            for number, one in enumerate(world.indicators)
        ],
    )
    things = Thing.objects.filter(plan=world.plan).order_by("kind", "key")
    by_kind = groupby(things.values_list("kind", "pk"), key=itemgetter(0))
    _insert(
        "bench_thing",
        [
            (kind, number, pk)
            for kind, listed in by_kind
            for number, (_kind, pk) in enumerate(listed)
        ],
    )
    places = [
        (office.pk, country.pk if country else None, country.iso3 if country else "")
        for office, country in world.leaves
    ]
    bounds = _zipf(len(places)) if skew else [(n, n + 1) for n in range(len(places))]
    _insert("bench_place", [(*bound, *place) for bound, place in zip(bounds, places, strict=True)])
    _insert("bench_cell", [(0, "", 100), *((n, *one) for n, one in enumerate(SHARES.items(), 1))])


def _zipf(places: int) -> list[tuple[int, int]]:
    """Stretches of 0 to 10^9 whose lengths fall by Zipf's law."""
    weights = [1 / (rank + 1) ** ZIPF for rank in range(places)]
    total, low = sum(weights), 0.0
    bounds = []
    for weight in weights:
        high = low + weight / total * _WHOLE
        bounds.append((round(low), round(high)))
        low = high
    return bounds


def _seat_contributors(world: World, sources: int, dialect: Dialect, skew: bool) -> None:
    """Contributors with their revisions, and where each of their postings counts."""
    plan, now = world.plan.pk, dialect.at(datetime.combine(START, time.min, UTC))
    spread = f"n * 618033989 % {_WHOLE}" if skew else f"n % {len(world.leaves)}"
    named = "c.plan_id = {plan} AND c.indicator_id = i.id AND c.source = 'bench:' || p.number"
    period = f"FROM plans_reportingperiod WHERE plan_id = {plan} AND number = p.{{}}"
    begins = f"CASE WHEN n % 2 = 1 THEN n * 48271 % 65537 % {PERIODS - RUN + 1} ELSE 0 END"
    columns = {
        "contributor_id": "c.id",
        "office_id": "p.office",
        "country_id": "p.country",
        "expected_from": f"(SELECT start {period.format('first')})",
        "expected_to": f"""CASE WHEN p.number % 2 = 1 THEN
            (SELECT "end" {period.format("last")}) END""",
        "recorded_at": now,
        "reason": "''",
        "plan_id": str(plan),
        "indicator_id": "i.id",
    }
    _execute(
        f"""CREATE TEMPORARY TABLE bench_project AS
        {dialect.numbers(sources)}
        SELECT n AS number, office, country, place, {begins} + 1 AS first,
            CASE WHEN n % 2 = 1 THEN {begins} + {RUN} ELSE {PERIODS} END AS last
        FROM numbers JOIN bench_place ON {spread} >= low AND {spread} < high""",
        f"""INSERT INTO outcomes_contributor (plan_id, indicator_id, source, place)
        SELECT {plan}, i.id, 'bench:' || p.number, p.place
        FROM bench_project p CROSS JOIN bench_indicator i ORDER BY p.number, i.number""",
    )
    _settle_constraints()
    analyze("outcomes_contributor", "bench_project", "bench_indicator", "bench_cell")
    joined = f"""FROM bench_project p CROSS JOIN bench_indicator i
        JOIN outcomes_contributor c ON {named.format(plan=plan)}"""
    seat = f"""SELECT p.number * {INDICATORS} + i.number AS number, c.id AS contributor,
            i.id AS recorded_on, p.office, p.country, p.first, p.last,
            i.kind, i.over_time, i.across, i.cells"""
    _execute(
        f"""INSERT INTO outcomes_contributorrevision ({", ".join(columns)})
        SELECT {", ".join(columns.values())} {joined}""",
        f"""CREATE TEMPORARY TABLE bench_seat AS
        SELECT * FROM (
            {seat}, i.id AS indicator, 0 AS shared {joined}
            UNION ALL
            {seat}, i.credited AS indicator, 1 AS shared {joined}
            WHERE i.credited IS NOT NULL AND p.number % {CREDITED} = 0
        ) seats ORDER BY number, shared""",
    )
    analyze("bench_seat")


# What one contributor says in one period, before basis and cell. `mixed` is below a prime, so
# that its remainders are spread evenly; the provisional value is now and then another.
_SAID = f"""
    SELECT s.*, s.mixed * 0 + {{period}} AS period,
           CASE WHEN s.mixed % 97 = 0 THEN 'not_applicable'
                WHEN s.mixed % 89 = 0 THEN 'not_available' ELSE 'reported' END AS state,
           CASE WHEN s.over_time = '{OverTime.SUM.value}' THEN 10 + s.mixed % 981
                WHEN s.over_time = '{OverTime.LATEST.value}'
                    THEN (10 + s.number * 7 % 90) * {{period}}
                WHEN s.over_time = '{OverTime.MAX.value}' THEN 100 + s.mixed % 1000
                ELSE s.mixed % 11 END AS units,
           100 + s.mixed % 400 AS base,
           s.number % 50 + 2 * {{period}} AS per_cent
    FROM (SELECT b.*, (b.number * 48271 + {{period}} * 69621) % 1000003 AS mixed
          FROM bench_seat b WHERE {{period}} BETWEEN b.first AND b.last) s
"""

_IS = "v.state = 'reported' AND v.kind = "
_CORRECTED = "CASE WHEN b.basis = 2 AND v.mixed % 50 = 0 THEN 1 ELSE 0 END"
_QUANTITY = f"(v.units + {_CORRECTED}) * c.share / 100 * {SCALE}"
_NUMERATOR = f"(v.base * v.per_cent / 100 + {_CORRECTED}) * c.share / 100 * {SCALE}"
_LEVEL = """CASE (v.mixed + v.period) % 4
                WHEN 0 THEN 'none' WHEN 1 THEN 'low' WHEN 2 THEN 'medium' ELSE 'high' END"""

_VALUES = f"""
           CASE WHEN {_IS} '{Kind.QUANTITY.value}' THEN {_QUANTITY}
                WHEN {_IS} '{Kind.PERCENTAGE.value}' THEN {_NUMERATOR} END,
           CASE WHEN {_IS} '{Kind.PERCENTAGE.value}' THEN v.base * c.share / 100 * {SCALE} END,
           CASE WHEN {_IS} '{Kind.DISTINCT.value}' AND v.mixed % 10 = 0 THEN 3 * {SCALE}
                ELSE 0 END,
           CASE WHEN {_IS} '{Kind.RATING.value}' THEN {_LEVEL} ELSE '' END,
           CASE WHEN v.state <> 'reported' OR v.mixed % 20 > 2 THEN 0
                ELSE v.mixed % 20 + 1 END"""

_BASES = "(SELECT 1 AS basis UNION ALL SELECT 2)"
# A number of its own for every row of a period.
_ROW = "((v.number * 2 + v.shared) * 2 + b.basis - 1) * 4"


def _post_period(world: World, period: ReportingPeriod, dialect: Dialect) -> int:
    """All postings of one period, provisional ones when submitted, official ones when due."""
    plan, reviewer = world.plan.pk, User.objects.get(email=f"reviewer{MAILBOX}").pk
    due = datetime.combine(period.due, time(12), UTC)
    head = f"{int(due.timestamp() * 1000):012x}7{period.number:03x}8"
    said = _SAID.format(period=period.number)
    total = dialect.identity.format(head=head, number=_ROW)
    row = dialect.identity.format(head=head, number=f"{_ROW} + c.number")
    written = _execute(
        f"""INSERT INTO outcomes_measurement (
            plan_id, id, indicator_id, recorded_on_id, contributor_id, office_id, country_id,
            basis, period, cell, state, numerator, denominator, unnamed, rating, qualifier,
            source, posted_at, posted_by_id, reason)
        SELECT {plan}, {row}, v.indicator, v.recorded_on, v.contributor, v.office, v.country,
            b.basis, v.period, c.code, v.state, {_VALUES},
            'bench:' || v.number,
            CASE b.basis WHEN 2 THEN {dialect.at(due - timedelta(days=10))}
                         ELSE {dialect.at(due)} END,
            {reviewer}, ''
        FROM ({said}) v
        JOIN bench_cell c ON c.number <= v.cells * (v.mixed % 4)
        CROSS JOIN {_BASES} b
        WHERE (c.number = 0 OR v.state = 'reported')
          AND (v.shared = 0 OR v.state = 'reported')""",
    )
    _execute(
        f"""INSERT INTO outcomes_postedthing (plan_id, measurement_id, thing_id)
        {dialect.numbers(3)}
        SELECT {plan}, {total}, t.id
        FROM ({said}) v
        CROSS JOIN {_BASES} b
        JOIN numbers ON n <= v.mixed % 3
        JOIN outcomes_indicator i ON i.id = v.indicator
        JOIN bench_thing t ON t.kind = i.thing_kind AND t.number = (v.mixed + n * 37) % {THINGS}
        WHERE v.kind = '{Kind.DISTINCT.value}' AND v.state = 'reported'"""
    )
    return written


def _drop_lists() -> None:
    for name in ("indicator", "place", "cell", "project", "seat", "thing"):
        _execute(f"DROP TABLE bench_{name}")


# --- PostgreSQL --------------------------------------------------------------------------


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def analyze(*tables: str) -> None:
    """Tell the planner how many rows tables have now.

    A table that was empty when it was last looked at is planned for as if it still were.
    """
    if _is_postgresql():
        _execute(*(f"ANALYZE {table}" for table in tables))


def tidy_up(*tables: str) -> None:
    """What autovacuum does in time, for some tables or all of them.

    Rows are counted, indexes can be read without the table, and what was deleted is not read.
    """
    if _is_postgresql():
        vacuum = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
        _execute(f"{vacuum} {', '.join(tables)}")


def _settle_constraints() -> None:
    """Check foreign keys now: the checks that wait would hold up a change of the tables."""
    if _is_postgresql():
        _execute("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def without_indexes(*models: type[Measurement] | type[PostedThing]) -> Iterator[None]:
    """Load empty tables without indexes and foreign keys, and make these anew at the end.

    Several times as fast as keeping them up row by row. Tables that hold rows keep them, and
    so does SQLite; primary keys stay. Call it in a transaction: a failure leaves all as it was.
    """
    tables = [model._meta.db_table for model in models]
    if not _is_postgresql() or any(model.objects.exists() for model in models):
        yield
        return
    laid_aside = [definition for table in tables for definition in _lay_aside(table)]
    yield
    _execute("SET LOCAL maintenance_work_mem = '512MB'", *laid_aside)


def _lay_aside(table: str) -> list[str]:
    """Drop a table's foreign keys and secondary indexes; the statements that make them anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', %(table)s::text, conname),
                      format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', %(table)s::text, conname,
                             pg_get_constraintdef(oid))
               FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'f'
               UNION ALL
               SELECT format('DROP INDEX %%I', c.relname), pg_get_indexdef(i.indexrelid)
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               WHERE i.indrelid = %(table)s::regclass
                 AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)""",
            {"table": table},
        )
        found = cursor.fetchall()
    _execute(*(drop for drop, _make in found))
    return [make for _drop, make in found]
