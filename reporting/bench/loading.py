"""How long loading 50,000 rows with every check takes, against a bare COPY of the same text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from django.db import connection, transaction

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.clock import database_now
from outcomes.actions import PostingRow, load_postings
from outcomes.choices import Kind, OverTime
from outcomes.models import (
    Category,
    Contributor,
    ContributorRevision,
    Dimension,
    Indicator,
    Measurement,
    Thing,
)
from plans.models import ReportingPeriod, StrategicPlan

from .findings import Finding, Options
from .measure import in_turns

ROWS, QUICK_ROWS = 50_000, 10_000
GOAL = 10
LEDGER = Measurement._meta.db_table

# Beside the plan that the other scenarios measure on.
CODE = "BENCH-IMPORT"
INDICATORS = 40
PERIODS = 8
NUMBERS = ("value", "numerator", "denominator", "unnamed")
CATEGORIES = ("women", "men")


class _Undone(Exception):
    """Ends a transaction whose work shall not stay."""


def run(options: Options) -> list[Finding]:
    """The loading of rows of every kind; PostgreSQL only, since SQLite has no COPY.

    The sides read the same CSV text. The bare side copies it into a temporary table of the same
    columns (numbers as numeric) and does nothing else. A third side copies the finished rows
    into the ledger, which keeps its keys and indexes: what no import can be faster than. All
    that is made here is rolled back.
    """
    if connection.vendor != "postgresql":
        return []
    rows = QUICK_ROWS if options.quick else ROWS
    finished = io.StringIO()
    try:
        with transaction.atomic():
            plan = _world(rows)
            text = _file(rows)
            _load(plan, text, finished)
            loaded, bare, into_ledger = in_turns(
                options.repetitions,
                lambda: _load(plan, text),
                lambda: _bare_copy(text),
                lambda: _copy_into_ledger(finished),
            )
            raise _Undone
    except _Undone:
        raw = {
            "rows": rows,
            "load": loaded.raw(),
            "copy": bare.raw(),
            "copy_into_ledger": into_ledger.raw(),
        }
        name = f"import of {rows:,} rows with checks"
        return [
            Finding(f"{name} / bare COPY", loaded.over(bare), GOAL, raw=raw),
            Finding(f"{name} / COPY into the ledger", loaded.over(into_ledger)),
        ]


def _load(plan: StrategicPlan, text: str, finished: io.StringIO | None = None) -> None:
    """Load the file and undo it; with `finished` the ledger's rows are written there."""
    try:
        with transaction.atomic():
            lines = csv.reader(io.StringIO(text))
            load_postings(plan=plan, rows=map(PostingRow._make, lines), by=None)
            _check()
            if finished is not None:
                with connection.cursor() as cursor:
                    rows = f"SELECT {_ledger()} FROM {LEDGER} WHERE plan_id = {plan.pk}"
                    cursor.copy_expert(f"COPY ({rows}) TO STDOUT", finished)
            raise _Undone
    except _Undone:
        return


def _copy_into_ledger(rows: io.StringIO) -> None:
    try:
        with transaction.atomic():
            rows.seek(0)
            with connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {LEDGER} ({_ledger()}) FROM STDIN", rows)
            _check()
            raise _Undone
    except _Undone:
        return


def _ledger() -> str:
    """The columns of the ledger that are written."""
    return ", ".join(
        str(field.column) for field in Measurement._meta.concrete_fields if not field.generated
    )


def _check() -> None:
    """What a commit would check."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _bare_copy(text: str) -> None:
    columns = ", ".join(
        f"{name} {'NUMERIC' if name in NUMBERS else 'TEXT'}" for name in PostingRow._fields
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bare_copy ({columns})")
        cursor.copy_expert("COPY bare_copy FROM STDIN WITH (FORMAT csv)", io.StringIO(text))
        cursor.execute("DROP TABLE bare_copy")


# --- A plan and a file of it --------------------------------------------------------------


def _kind(number: int) -> Kind:
    """Of ten indicators seven are quantities, the others one of each other kind."""
    others = {7: Kind.PERCENTAGE, 8: Kind.DISTINCT, 9: Kind.RATING}
    return others.get(number % 10, Kind.QUANTITY)


def _rows() -> Iterator[PostingRow]:
    """Rows without end: half of the quantities with two parts, everything on both bases."""
    source = 0
    while True:
        for number in range(INDICATORS):
            for period in range(1, PERIODS + 1):
                place = {
                    "indicator": f"B{number:02d}",
                    "source": f"project-{source}",
                    "place": "",
                    "period": f"2020-P{period}",
                }
                for basis in ("official", "provisional"):
                    yield from _posting(number, basis, place, source + 3 * period)
        source += 1


def _posting(number: int, basis: str, place: dict[str, str], seed: int) -> Iterator[PostingRow]:
    kind = _kind(number)
    more: dict[str, str] = {"basis": basis}
    if kind == Kind.QUANTITY and number % 2:
        yield PostingRow(**place, **more, value=f"{2 * seed + 1}.5")
        for cell in CATEGORIES:
            yield PostingRow(**place, **more, value=str(seed), cell=cell)
    elif kind == Kind.QUANTITY:
        yield PostingRow(**place, **more, value=str(1000 + seed), qualifier="at_least")
    elif kind == Kind.PERCENTAGE:
        yield PostingRow(**place, **more, numerator=str(seed), denominator=str(1000 + seed))
    elif kind == Kind.RATING:
        yield PostingRow(**place, **more, rating="high")
    else:
        things = ";".join(f"city-{(seed + n) % 50}" for n in range(3))
        yield PostingRow(**place, **more, things=things, unnamed="2")


def _file(rows: int) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    for _number, row in zip(range(rows), _rows(), strict=False):
        lines.writerow(row)
    return text.getvalue()


def _world(rows: int) -> StrategicPlan:
    """A plan with indicators of every kind, and contributors for the file."""
    now = database_now()
    office = Office.objects.create(code=CODE, name={"en": "Bench"}, path="/bench/")
    plan = StrategicPlan.objects.create(code=CODE, title={"en": "Bench"})
    ReportingPeriod.objects.bulk_create(
        ReportingPeriod(
            plan=plan,
            number=number,
            label=f"2020-P{number}",
            kind="quarter",
            start=date(2020, number, 1),
            end=date(2020, number, 28),
            due=date(2020, number, 28),
        )
        for number in range(1, PERIODS + 1)
    )
    headline = Indicator.objects.create(
        plan=plan, owner="plan", code="HEAD", title={"en": "Headline"}, is_headline=True
    )
    countries: list[Country | None] = list(Country.objects.all()[:50]) or [None]
    sources = rows // (INDICATORS * PERIODS * 2) + 1
    for number in range(INDICATORS):
        kind = _kind(number)
        indicator = Indicator.objects.create(
            plan=plan,
            owner="plan",
            code=f"B{number:02d}",
            title={"en": "Bench"},
            kind=kind,
            thing_kind="city" if kind == Kind.DISTINCT else "",
            over_time=OverTime.LATEST if kind == Kind.RATING else OverTime.SUM,
            feeds=headline if kind == Kind.QUANTITY and number % 4 == 0 else None,
        )
        if kind == Kind.QUANTITY:
            sex = Dimension.objects.create(indicator=indicator, code="sex")
            for category in CATEGORIES:
                Category.objects.create(indicator=indicator, dimension=sex, code=category)
        elif kind == Kind.RATING:
            indicator.levels.create(code="high", position=1)
        contributors = Contributor.objects.bulk_create(
            Contributor(plan=plan, indicator=indicator, source=f"project-{source}")
            for source in range(sources)
        )
        ContributorRevision.objects.bulk_create(
            ContributorRevision(
                contributor=contributor,
                plan=plan,
                indicator=indicator,
                office=office,
                country=countries[place % len(countries)],
                expected_from=date(2020, 1, 1),
                recorded_at=now,
            )
            for place, contributor in enumerate(contributors)
        )
    Thing.objects.bulk_create(
        Thing(plan=plan, kind="city", key=f"city-{number}", name={"en": f"City {number}"})
        for number in range(50)
    )
    return plan
