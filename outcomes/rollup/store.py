"""Stores what `compute` says: leaves from the ledger, then the figures above from the leaves."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from plans.models import ReportingPeriod

from . import sql
from .compute import Computation, Touched, with_recursive
from .rules import RulesAt

# What is stored of each table: the name of its rows in a statement, their key and columns.
LEAVES = ("outcomes_leaf", "leaf", sql.KEY, sql.LEAF_COLUMNS)
FIGURES = ("outcomes_figure", "figure", sql.FIGURE_KEY, sql.FIGURE_COLUMNS)


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
    _replace(LEAVES, computation, [*computation.start, *computation.leaves()])


def store_figures(computation: Computation) -> None:
    """Offices, countries and the plan, from the stored leaves."""
    _replace(FIGURES, computation, computation.figures(stored=True))


def clear(plan_id: int, indicator_ids: Iterable[int]) -> None:
    """Take out the figures of indicators that nothing can be computed for."""
    from outcomes.models import Figure, Leaf

    for model in (Leaf, Figure):
        model.objects.filter(plan_id=plan_id, indicator__in=list(indicator_ids)).delete()


def _replace(
    what: tuple[str, str, tuple[str, ...], tuple[str, ...]],
    computation: Computation,
    parts: list[str],
) -> None:
    table, source, key, columns = what
    words = {
        "table": table,
        "source": source,
        "key": ", ".join(key),
        "columns": ", ".join(columns),
        "now": sql.NOW[computation.vendor],
    }
    with connection.cursor() as cursor:
        if computation.vendor == "postgresql":
            of_range, using = sql.RANGE[source] if computation.is_part else ("1 = 1", "")
            statement = sql.PLANNER[computation.is_part] + with_recursive(parts, "")
            statement += sql.REPLACE.format(
                using=f"USING {using}" if using else "",
                range=of_range,
                same_key=" AND ".join(f"w.{name} = s.{name}" for name in key),
                set=", ".join(f"{name} = excluded.{name}" for name in columns),
                stored=", ".join(f"s.{name}" for name in columns),
                excluded=", ".join(f"excluded.{name}" for name in columns),
                **words,
            )
            cursor.execute(statement, computation.params)
            return
        first = "" if not computation.is_part else with_recursive(parts, "")
        of_range = sql.ONE_RANGE[source] if computation.touched else "1 = 1"
        if computation.touched:
            [one] = computation.touched
            for name in ("leaf", "basis", "first", "last"):
                of_range = of_range.replace(f"t.{name}", str(getattr(one, name)))
        cursor.execute(
            (first if "area" in of_range else "") + sql.DELETE.format(table=table, range=of_range),
            computation.params,
        )
        cursor.execute(
            sql.INSERT.format(with_parts=with_recursive(parts, ""), **words), computation.params
        )
