"""Stores what `compute` says: leaves from the ledger, then the figures above from the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from outcomes.models import Figure, Leaf
from plans.models import ReportingPeriod

from . import prepared, sql
from .compute import Computation, Touched, with_recursive
from .rules import RulesAt


@dataclass(frozen=True)
class Stored:
    """A table of the engine: its name, that of its rows in a statement, their key and columns."""

    table: str
    source: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def words(self) -> dict[str, str]:
        """What fills the statements that store it."""
        return {
            "table": self.table,
            "source": self.source,
            "key": ", ".join(self.key),
            "columns": ", ".join(self.columns),
        }


LEAVES = Stored("outcomes_leaf", "leaf", sql.KEY, sql.LEAF_COLUMNS)
FIGURES = Stored("outcomes_figure", "figure", sql.FIGURE_KEY, sql.FIGURE_COLUMNS)


def recompute(
    rules: RulesAt, periods: list[ReportingPeriod], touched: Iterable[Touched] | None = None
) -> None:
    """Compute an indicator's leaves anew, and what lies above them; store what differs.

    Only the touched leaves and the scopes that they belong to, or (None) everything. The
    caller holds the indicator's lock; both run in its transaction, each in a new statement.
    """
    if touched is not None and connection.vendor != "postgresql":
        for one in touched:  # SQLite joins sets of keys badly, and single keys well
            _recompute(Computation(rules, periods, touched=[one]))
        return
    _recompute(Computation(rules, periods, touched=touched))


def _recompute(computation: Computation) -> None:
    store_leaves(computation)
    store_figures(computation)


def store_leaves(computation: Computation) -> None:
    """Leaves from the ledger."""
    _replace(LEAVES, computation, lambda: [*computation.start, *computation.leaves()])


def store_figures(computation: Computation) -> None:
    """Offices, countries and the plan, from the stored leaves."""
    _replace(FIGURES, computation, lambda: computation.figures(stored=True))


def clear(plan_id: int, indicator_ids: Iterable[int]) -> None:
    """Take out the figures of indicators that nothing can be computed for."""
    for model in (Leaf, Figure):
        model.objects.filter(plan_id=plan_id, indicator__in=list(indicator_ids)).delete()


def _replace(what: Stored, computation: Computation, parts: Callable[[], list[str]]) -> None:
    """Store what a computation says, and take out what it no longer says."""
    with connection.cursor() as cursor:
        if computation.vendor == "sqlite":
            computed = with_recursive(parts(), "")
            _out(cursor, what, computation, computed)
            cursor.execute(_into(what, computation, computed), computation.params)
        elif computation.is_part:
            prepared.execute(
                cursor,
                (what.source, *computation.shape),
                lambda: _merge(what, computation, with_recursive(parts(), "")),
                computation.params,
                planner=sql.PLANNER[(True, what.source)],
            )
        else:
            computed = with_recursive(parts(), "")
            cursor.execute(sql.IS_STORED.format(**what.words), computation.params)
            # Comparing with what is there costs as much as writing it.
            store = _merge if cursor.fetchone()[0] else _into
            planner = sql.PLANNER[(False, what.source)]
            cursor.execute(planner + store(what, computation, computed), computation.params)


def _merge(what: Stored, computation: Computation, computed: str) -> str:
    """PostgreSQL's statement: delete, insert and update what differs, all at once."""
    of_range, using = sql.RANGE[what.source] if computation.is_part else ("1 = 1", "")
    return computed + sql.REPLACE.format(
        using=f"USING {using}" if using else "",
        range=of_range,
        of_stored=", ".join(f"s.{name}" for name in what.key),
        set=", ".join(f"{name} = excluded.{name}" for name in what.columns),
        stored=", ".join(f"s.{name}" for name in what.columns),
        excluded=", ".join(f"excluded.{name}" for name in what.columns),
        **what.words,
        now=sql.NOW["postgresql"],
    )


def _into(what: Stored, computation: Computation, computed: str) -> str:
    """The statement that writes what is computed where nothing is stored."""
    now = sql.NOW[computation.vendor]
    return sql.INSERT.format(with_parts=computed, now=now, **what.words)


def _out(cursor: Any, what: Stored, computation: Computation, computed: str) -> None:
    """SQLite: take out what is stored of the indicator, or of the touched leaf."""
    of_range, before = "1 = 1", ""
    if computation.is_part:
        of_range = sql.ONE_RANGE[what.source]
        before = computed if "area" in of_range else ""
    cursor.execute(before + sql.DELETE.format(range=of_range, **what.words), computation.params)
