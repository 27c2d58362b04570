"""Loading many postings at once, from another system or a spreadsheet, with every check."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem
from habitat_tracker.fields import from_fixed, parse_decimal, to_fixed
from outcomes import loading_sql as sql
from outcomes import scopes
from outcomes.choices import Basis, Qualifier, State
from outcomes.permissions import can_set_values
from plans.models import StrategicPlan

from .ledger import EVERY_PERIOD, wake_up

# What one posting lists at most, as for a result.
MOST_THINGS = 2_000


class PostingRow(NamedTuple):
    """One number of one posting, as text: a total, or the part of one category (`cell`).

    `source` and `place` name the contributor, `period` is a label or a number. Empty is: the
    basis official, the state reported, the qualifier exact, the cell the total. A quantity has
    a `value`, a percentage `numerator` and `denominator`, a rating the code of its level;
    things are keys with a semicolon between them, `unnamed` those that are only counted.
    """

    indicator: str
    source: str
    place: str
    period: str
    value: str = ""
    numerator: str = ""
    denominator: str = ""
    cell: str = ""
    basis: str = ""
    state: str = ""
    qualifier: str = ""
    rating: str = ""
    things: str = ""
    unnamed: str = ""


@dataclass(frozen=True)
class Loaded:
    """What a load did, in rows: posted, found in the ledger as they are, and withdrawn."""

    posted: int
    unchanged: int
    withdrawn: int


def load_postings(
    *,
    plan: StrategicPlan,
    rows: Iterable[PostingRow],
    by: User | None,
    reason: str = "",
    check: bool = False,
) -> Loaded:
    """Post what the rows say and withdraw what their places held; all of it or nothing.

    A place is a contributor, a period and a basis: the rows of one say all that it holds, so
    that a category without a row is withdrawn, and so are credits. What the ledger holds
    already stays untouched. With `check` nothing is written.

    Whoever posts for the same contributors at the same moment, or moves them, waits, and is
    waited for. Raises `InvalidInput` with a problem for every row at fault, counted from 1, and
    `NotAllowed` for anybody but managers of headquarters and the system itself (`by` is None).
    """
    if by is not None and not can_set_values(by, scopes.PLAN):
        raise NotAllowed(_("Only a manager of headquarters may load postings."))
    with transaction.atomic():
        return _Load(plan, by, reason).run(rows, check=check)


class _Load:
    """One load: read the rows, check them as a set, change the ledger."""

    def __init__(self, plan: StrategicPlan, by: User | None, reason: str) -> None:
        self.plan = plan
        self.by = by
        self.reason = reason
        # Of version 7; the number of the row makes it whole. See `time_ordered_id`.
        stamp = f"{time.time_ns() // 1_000_000:012x}7{secrets.token_hex(2)[1:]}"
        load = f"{stamp}8{secrets.token_hex(4)[1:]}"
        self.params = {
            "plan": plan.pk,
            "by": by.pk if by else None,
            "reason": reason,
            "today": connection.ops.adapt_datefield_value(timezone.localdate()),
            "load": load,
            "source": f"load:{load[:16]}:",
            "last": EVERY_PERIOD,
            "most_things": MOST_THINGS,
        }
        self.id = sql.POSTGRESQL_ID if connection.vendor == "postgresql" else sql.SQLITE_ID

    def run(self, rows: Iterable[PostingRow], *, check: bool) -> Loaded:
        self.tune("64MB", "off")
        self.drop_tables()
        self.execute(sql.CREATE_ROW)
        self.execute(sql.CREATE_THING)
        reading = _Reading(rows)
        _stage("loading_row", sql.ROW_COLUMNS, reading)
        _stage("loading_thing", ("row_no", "name"), reading.things)
        self.execute(sql.CREATE_CONTRIBUTOR.format(lock=sql.LOCK[connection.vendor]))
        # After whatever others posted for them, so that nothing is withdrawn before it was posted.
        self.params["now"] = connection.ops.adapt_datetimefield_value(database_now())
        self.execute(sql.CREATE_POSTING)
        self.execute(sql.CREATE_LISTED)
        problems = self.problems(reading.problems)
        if problems:
            raise InvalidInput(problems)
        loaded = self.compare(reading.number)
        if not check and (loaded.posted or loaded.withdrawn):
            self.write(loaded)
        self.drop_tables()
        self.tune("DEFAULT", "DEFAULT")
        return loaded

    def drop_tables(self) -> None:
        for table in sql.TABLES:
            self.execute(f"DROP TABLE IF EXISTS {table}")

    def tune(self, work_mem: str, merge_joins: str) -> None:
        """Room to hash in, and no sorting of tables that have no statistics yet."""
        if connection.vendor == "postgresql":
            value = work_mem if work_mem == "DEFAULT" else f"'{work_mem}'"
            self.execute(f"SET LOCAL work_mem = {value}")
            self.execute(f"SET LOCAL enable_mergejoin = {merge_joins}")

    def compare(self, rows: int) -> Loaded:
        """What of the file the ledger holds already, by place."""
        self.execute(sql.CREATE_HELD)
        ((held,),) = self.fetch(sql.COUNT_HELD)
        if not held:
            self.new = sql.NOTHING_KEPT
            return Loaded(rows, 0, 0)
        self.new = sql.NOT_KEPT
        # Else the planner takes the tables for small, and joins them row by row.
        if connection.vendor == "postgresql":
            self.execute("ANALYZE loading_posting, loading_listed, loading_held")
        else:
            for index in sql.INDEXES:
                self.execute(index)
        self.execute(sql.CREATE_KEPT)
        if connection.vendor != "postgresql":
            self.execute(sql.INDEX_KEPT)
        ((kept,),) = self.fetch(sql.COUNT_KEPT)
        ((gone,),) = self.fetch(self.fill(sql.COUNT_GONE))
        return Loaded(rows - kept, kept, gone)

    def fill(self, statement: str) -> str:
        return statement.replace("{id}", self.id).replace("{new}", self.new)

    def write(self, loaded: Loaded) -> None:
        """Withdraw, post, and append the stale keys, in this order and transaction."""
        if loaded.withdrawn:
            self.execute(self.fill(sql.WITHDRAW))
        for statement in (sql.POST, sql.POST_THINGS, sql.MARK_STALE):
            self.execute(self.fill(statement))
        wake_up()
        record_activity(
            by=self.by,
            verb="loaded",
            targets=[self.plan],
            reason=self.reason,
            posted=loaded.posted,
            withdrawn=loaded.withdrawn,
        )

    def problems(self, read: list[Problem]) -> list[Problem]:
        """What is wrong with the rows, in their order; a fault hides those that may follow it.

        A number that cannot be read is missing too, and a wrong part makes a wrong sum.
        """
        found = list(read)
        for more in (self._of_rows(), self._of_sets()):
            told = {problem.row for problem in found}
            found += [problem for problem in more if problem.row not in told]
        return sorted(found, key=lambda problem: problem.row)

    def _of_rows(self) -> Iterator[Problem]:
        flags = ", ".join(sql.FLAG.format(condition=rule[2]) for rule in sql.ROW_RULES)
        (broken,) = self.fetch(sql.BROKEN.format(flags=flags))
        for (column, code, condition), is_broken in zip(sql.ROW_RULES, broken, strict=True):
            if is_broken:
                for row, text in self.fetch(
                    sql.ROWS_OF_RULE.format(field=column, condition=condition)
                ):
                    message = _(_MESSAGES[code]) % {
                        "code": text,
                        "period": text,
                        "most": MOST_THINGS,
                    }
                    yield Problem(column, code, message, row)

    def _of_sets(self) -> Iterator[Problem]:
        for row, first in self.fetch(sql.DUPLICATE_ROWS):
            message = _("Row %(row)s is on the same number.") % {"row": first}
            yield Problem("row", "duplicate_row", message, row)
        for row, cell, dimension, total_row, *sums in self.fetch(sql.CELLS_AND_TOTALS):
            if total_row is None:
                message = _("The part “%(code)s” needs a row with its total, which is reported.")
                yield Problem("cell", "missing_total", message % {"code": cell}, row)
                continue
            parts, total = sums[:2] if sums[0] > sums[1] else sums[2:]
            message = _(
                "By %(dimension)s the parts make %(parts)s, above the total: %(total)s."
            ) % {"dimension": dimension, "parts": _plain(parts), "total": _plain(total)}
            yield Problem("cell", "cells_exceed_total", message, row)
        for row, name in self.fetch(sql.UNKNOWN_THINGS):
            message = _("%(thing)s is not something that this indicator counts.") % {"thing": name}
            yield Problem("things", "unknown_thing", message, row)

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, self.params)

    def fetch(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self.params)
            return cursor.fetchall()


def _plain(scaled: int) -> str:
    return f"{from_fixed(scaled).normalize():f}"


_MESSAGES = {
    "unknown_indicator": gettext_noop("There is no indicator “%(code)s” in this plan."),
    "headline_takes_no_results": gettext_noop(
        "A headline takes the results of other indicators; nothing is entered on it."
    ),
    "not_a_reporting_line": gettext_noop(
        "“%(code)s” does not report this indicator for this place."
    ),
    "unknown_period": gettext_noop("There is no period “%(period)s” in this plan."),
    "period_closed": gettext_noop("%(period)s is closed."),
    "period_not_begun": gettext_noop("This period has not begun."),
    "unknown_category": gettext_noop("“%(code)s” is not a category of this indicator."),
    "value_without_report": gettext_noop("Remove the number, or mark the result as reported."),
    "field_of_another_kind": gettext_noop("This column is not for indicators of this kind."),
    "missing_value": gettext_noop(
        "Enter a value, or say that it is not available or not applicable."
    ),
    "missing_denominator": gettext_noop("A percentage needs its denominator: of how many?"),
    "missing_numerator": gettext_noop("A percentage needs its numerator."),
    "denominator_zero": gettext_noop("The denominator cannot be 0."),
    "negative_not_allowed": gettext_noop("The number cannot be below 0."),
    "not_a_whole_number": gettext_noop("Things are counted in whole numbers."),
    "too_many_things": gettext_noop("A result lists %(most)s things at most."),
    "unknown_level": gettext_noop("“%(code)s” is not a level of this scale."),
    "numerator_exceeds_denominator_in_cell": gettext_noop(
        "The numerator is above the denominator."
    ),
}


# --- Reading rows ---------------------------------------------------------------------------

_BASES: dict[str, str] = {"": str(int(Basis.OFFICIAL))} | {
    basis.word: str(int(basis)) for basis in Basis
}
_QUALIFIERS: dict[str, str] = {"": str(int(Qualifier.EXACT))} | {
    qualifier.word: str(int(qualifier)) for qualifier in Qualifier
}
_STATES: dict[str, str] = {"": State.REPORTED.value} | {state: state for state in State.values}
_TEXTS = ("indicator", "source", "place", "period", "cell", "rating", "state", "name")
_NUMBERS = ("value", "numerator", "denominator", "unnamed")
_AT_A_TIME = 10_000
# What separates columns and rows on the way to the database is in no code.
_CONTROLS = str.maketrans(dict.fromkeys("\0\b\t\n\r", " "))


class _Reading:
    """The rows as lines of the staging table, read once; words and numbers are checked here."""

    def __init__(self, rows: Iterable[PostingRow]) -> None:
        self.rows = rows
        self.number = 0  # of rows, known when they have been read
        self.problems: list[Problem] = []
        self.things: list[tuple[str, ...]] = []

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        # Run once for every row of a file: names are looked up outside the loop.
        bases, states, qualifiers = _BASES, _STATES, _QUALIFIERS
        number = 0
        for number, row in enumerate(self.rows, start=1):
            (indicator, source, place, period, value, numerator, denominator) = row[:7]
            (cell, basis, state, qualifier, rating, things, unnamed) = row[7:]
            written = f"{indicator}{source}{place}{period}{cell}{rating}"
            if " " in written or not written.isprintable():
                indicator, source, place, period, cell, rating = (
                    text.translate(_CONTROLS).strip()
                    for text in (indicator, source, place, period, cell, rating)
                )
            try:
                known = (states[state], bases[basis], qualifiers[qualifier])
            except KeyError:
                known = self.words(number, state, basis, qualifier)
            try:
                amounts = (
                    value and _fixed(value),
                    numerator and _fixed(numerator),
                    denominator and _fixed(denominator),
                    unnamed and _fixed(unnamed),
                )
            except InvalidInput:
                amounts = self.numbers(number, value, numerator, denominator, unnamed)
            listed = self.list_things(number, things) if things else "0"
            yield (
                str(number),
                indicator,
                source,
                place,
                period,
                cell,
                rating,
                *known,
                listed,
                *amounts,
            )
        self.number = number

    def words(self, row: int, state: str, basis: str, qualifier: str) -> tuple[str, str, str]:
        """State, basis and qualifier where one is not written as usual."""
        no_basis = _("There is no basis “%(basis)s”: it is official or provisional.")
        return (
            self.word(row, "state", state, _STATES, _("There is no such state.")),
            self.word(row, "basis", basis, _BASES, no_basis % {"basis": basis[:40]}),
            self.word(row, "qualifier", qualifier, _QUALIFIERS, _("There is no such qualifier.")),
        )

    def word(self, row: int, where: str, text: str, known: dict[str, str], message: str) -> str:
        found = known.get(text.strip().lower())
        if found is None:
            self.problems.append(Problem(where, f"unknown_{where}", message, row))
        return found or known[""]

    def numbers(self, row: int, *texts: str) -> tuple[str, str, str, str]:
        """The numbers of a row in which one cannot be read."""
        found = []
        for where, text in zip(
            ("value", "numerator", "denominator", "unnamed"), texts, strict=True
        ):
            try:
                found.append(text and _fixed(text, where))
            except InvalidInput as error:
                problem = error.problems[0]
                self.problems.append(Problem(where, problem.code, problem.message, row))
                found.append("")
        return found[0], found[1], found[2], found[3]

    def list_things(self, row: int, text: str) -> str:
        """How many different things a row lists, each put down by its key."""
        keys = {key.strip() for key in text.translate(_CONTROLS).split(";")} - {""}
        self.things += [(str(row), key) for key in sorted(keys)]
        return str(len(keys))


def _fixed(text: str, where: str = "value") -> str:
    """A number as the scaled integer of the database; most are plain digits."""
    if text.isascii():
        if len(text) < 12 and text.isdigit():
            return text + "000000"
        whole, point, part = text.partition(".")
        if point and len(whole) < 12 and len(part) < 7 and whole.isdigit() and part.isdigit():
            return whole + part.ljust(6, "0")
    return str(to_fixed(parse_decimal(text, where))) if text.strip() else ""


def _stage(table: str, columns: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    """Put lines of text into a staging table, so many at a time; an empty number is null."""
    names = ", ".join(columns)
    texts = [name for name in columns if name in _TEXTS]
    left = iter(lines)
    with connection.cursor() as cursor:
        while some := list(islice(left, _AT_A_TIME)):
            if connection.vendor == "postgresql":
                # A tab parts columns and nothing is quoted: no text holds either character.
                cursor.copy_expert(
                    f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv, DELIMITER E'\\t',"
                    f" QUOTE E'\\b', NULL '', FORCE_NOT_NULL ({', '.join(texts)}))",
                    StringIO("\n".join(map("\t".join, some)) + "\n"),
                )
            else:
                nullable = [name not in _TEXTS for name in columns]
                cursor.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})",
                    [
                        [
                            text if text or not null else None
                            for text, null in zip(line, nullable, strict=True)
                        ]
                        for line in some
                    ],
                )
