"""Finds postings that break a rule of the ledger, however they got in.

Everything that is posted through the product has been checked on its way. What was written to
the database in another way has not, and a figure computed from it is wrong without differing
from the ledger. A check reads the ledger of a plan once for each group of rules, as a set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from habitat_tracker.clock import database_now
from outcomes.choices import Basis
from plans.models import StrategicPlan

from . import broken_sql as sql

# What each code says of a posting.
SENTENCES = {
    "headline_takes_no_results": "a headline takes the results of its feeders, not its own",
    "of_another_plan": "its indicator or its contributor belongs to another plan",
    "contributor_of_another_indicator": "its contributor reports on another indicator",
    "not_the_home": "office and country are not where its contributor counts",
    "unknown_period": "the plan does not have this period",
    "unknown_basis": "there is no such basis",
    "unknown_state": "there is no such state",
    "unknown_qualifier": "there is no such qualifier",
    "unknown_category": "the indicator does not have this category",
    "cell_of_things_or_rating": "things and ratings have no cells",
    "cell_without_total": "a cell needs its total",
    "cells_exceed_total": "the cells of a dimension together are above the total",
    "value_without_report": "what is not reported holds no value",
    "field_of_another_kind": "it holds a value that belongs to another kind of indicator",
    "missing_value": "it is reported without a value",
    "missing_denominator": "a percentage needs its denominator",
    "denominator_zero": "the denominator cannot be 0",
    "numerator_exceeds_denominator_in_cell": "the numerator of a cell is above its denominator",
    "unknown_level": "the scale does not have this level",
    "negative_not_allowed": "the number cannot be below 0",
    "not_a_whole_number": "things are counted in whole numbers",
    "out_of_range": "the number is not below 100,000,000,000 in size",
    "credit_not_comparable": "the two indicators cannot be credited with the same results",
    "things_not_counted": "it lists things where none are counted",
    "thing_of_another_plan": "it lists a thing of another plan",
    "thing_of_another_kind": "it lists a thing of another kind than the indicator counts",
    "posted_in_the_future": "it was posted or withdrawn in the future by the database's clock",
    "withdrawn_before_posted": "it was withdrawn before it was posted",
}


@dataclass(frozen=True)
class BrokenRow:
    """A posting that breaks a rule: which one, and the rule's stable code."""

    plan: str
    indicator: str
    source: str
    contributor: str
    period: str
    basis: str
    cell: str
    id: UUID
    code: str
    indicator_id: int

    def __str__(self) -> str:
        return (
            f"{self.plan} {self.indicator} {self.where}: posting {self.id} of {self.source}:"
            f" {SENTENCES[self.code]} ({self.code})"
        )

    @property
    def where(self) -> str:
        """Which place of the ledger it is, in words."""
        cell = f" cell {self.cell}" if self.cell else ""
        return f"contributor {self.contributor} {self.basis}{cell} period {self.period}"


def broken_rows(plan: StrategicPlan) -> Iterator[BrokenRow]:
    """Every rule that a posting of the plan breaks; one finding for each posting and rule.

    Live postings, and withdrawn ones as to when they were posted and withdrawn.
    """
    vendor = "postgresql" if connection.vendor == "postgresql" else "sqlite"
    words = {"same_unit": sql.SAME_UNIT[vendor], "now": sql.NOW[vendor]}
    params = {"plan": plan.pk}
    yield from _found(*_asked(sql.BROKEN_ROWS, sql.ROW_RULES, words), params)
    yield from _found(sql.BROKEN_CELLS, ["cell_without_total", "cells_exceed_total"], params)
    yield from _found(*_asked(sql.BROKEN_THINGS, sql.THING_RULES, words), params)
    moment = connection.ops.adapt_datetimefield_value(database_now())
    asked = _asked(sql.BROKEN_TIMES, sql.TIME_RULES, words)
    yield from _found(*asked, params | {"now": moment})


def _asked(statement: str, rules: dict[str, str], words: dict[str, str]) -> tuple[str, list[str]]:
    """A statement that asks for several rules in one pass, and the codes of its last columns."""
    conditions = [condition.format(**words) for condition in rules.values()]
    flags = ", ".join(sql.FLAG.format(condition=condition) for condition in conditions)
    any_of_them = " OR ".join(f"({condition})" for condition in conditions)
    return statement.format(flags=flags, any=any_of_them), list(rules)


def _found(statement: str, codes: list[str], params: dict[str, Any]) -> Iterator[BrokenRow]:
    """What a statement finds; a posting that lists several wrong things is named once."""
    named = set[tuple[UUID, str]]()
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = cursor.fetchall()
    for row in rows:
        plan, indicator, source, contributor, place, label, number, basis, cell, pk = row[:10]
        indicator_id = row[10]
        posting = pk if isinstance(pk, UUID) else UUID(pk)
        for code, is_broken in zip(codes, row[11:], strict=True):
            if is_broken and (posting, code) not in named:
                named.add((posting, code))
                yield BrokenRow(
                    plan=plan,
                    indicator=indicator,
                    source=source,
                    contributor=f"{contributor} {place}".strip(),
                    period=label or str(number),
                    basis=basis_word(basis),
                    cell=cell,
                    id=posting,
                    code=code,
                    indicator_id=indicator_id,
                )


def basis_word(number: int) -> str:
    """The name of a basis, or its number where there is none."""
    return Basis(number).word if number in Basis.values else f"basis {number}"
