"""Compares every stored figure with one computed from scratch, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from habitat_tracker.accounts.models import Country, Office
from outcomes.models import Figure, Indicator, Leaf
from outcomes.scopes import LEAF, split
from plans.models import ReportingPeriod, StrategicPlan

from . import sql
from .broken import BrokenRow, basis_word, broken_rows
from .compute import Computation, periods_of, whole, with_recursive
from .queue import drain, is_stale, lock_indicators
from .rules import RulesAt, rules_of

NO_FIGURE = "no figure"


@dataclass(frozen=True)
class Difference:
    """A figure that is not what the ledger says: stored, computed, and where."""

    plan: str
    indicator: str
    where: str
    stored: str
    computed: str
    indicator_id: int = 0
    # Which figure; a leaf has no scope.
    scope: int | None = None
    basis: int = 0
    cell: str = ""
    period: int = 0

    def __str__(self) -> str:
        return (
            f"{self.plan} {self.indicator} {self.where}: stored {self.stored},"
            f" the ledger says {self.computed}"
        )


def verify(
    plan: StrategicPlan | None = None, *, settled: bool = False
) -> Iterator[Difference | BrokenRow]:
    """What is wrong with the figures of a plan (or of all), and with what they are computed from.

    Every difference between stored and recomputed leaves and figures, then every posting that
    breaks a rule of the ledger. Indicators with stale keys are compared too: drain the queue
    first. With `settled`, an indicator that differs is compared again under its lock and, while
    it has stale keys, left out: what people enter meanwhile is no difference.
    """
    yield from _every_difference(plan, settled)
    for one in [plan] if plan is not None else StrategicPlan.objects.order_by("pk"):
        yield from broken_rows(one)


def _every_difference(plan: StrategicPlan | None, settled: bool) -> Iterator[Difference]:
    indicators = Indicator.objects.select_related("plan").order_by("plan_id", "pk")
    if plan is not None:
        indicators = indicators.filter(plan=plan)
    periods: dict[int, list[ReportingPeriod]] = {}
    for indicator in indicators.iterator():
        if indicator.plan_id not in periods:
            periods[indicator.plan_id] = periods_of(indicator.plan_id)
        rules = rules_of([indicator.pk]).get(indicator.pk)
        found = list(_differences(indicator, rules, periods[indicator.plan_id]))
        if found and settled:
            found = _settled(indicator)
        yield from found
    for model, key, columns in (
        (Leaf, sql.KEY, sql.LEAF_COLUMNS),
        (Figure, sql.FIGURE_KEY, sql.FIGURE_COLUMNS),
    ):
        strays = model._default_manager.exclude(plan=F("indicator__plan"))
        if plan is not None:
            strays = strays.filter(plan=plan)
        for code, of_indicator, indicator_id, *values in strays.values_list(
            "plan__code", "indicator__code", "indicator_id", *key, *columns
        ):
            at = dict(zip(key, values, strict=False))
            yield Difference(
                code,
                of_indicator,
                _where(at),
                _text(columns, values[len(key) :]),
                NO_FIGURE,
                indicator_id=indicator_id,
                **_place(at),
            )


def _settled(indicator: Indicator) -> list[Difference]:
    """The differences of an indicator that no stale key explains; its queue is drained first.

    Nobody stores figures, or takes out keys for good, while its lock is held: a posting that
    came before the comparison still has its key. Rules and periods may have changed too.
    """
    for _attempt in range(3):
        drain(plan_id=indicator.plan_id)
        with transaction.atomic():
            lock_indicators([(indicator.plan_id, indicator.pk)])
            rules = rules_of([indicator.pk]).get(indicator.pk)
            found = list(_differences(indicator, rules, periods_of(indicator.plan_id)))
            if not found or not is_stale(indicator.plan_id, [indicator.pk]):
                return found
    return []


def _differences(
    indicator: Indicator, rules: RulesAt | None, periods: list[ReportingPeriod]
) -> Iterator[Difference]:
    """Leaves and figures of one indicator: a statement each, which returns what differs."""
    for table, source, key, columns in (
        ("outcomes_leaf", "leaf", sql.KEY, sql.LEAF_COLUMNS),
        ("outcomes_figure", "figure", sql.FIGURE_KEY, sql.FIGURE_COLUMNS),
    ):
        parts: list[str] = []
        params: dict[str, Any] = {"plan": indicator.plan_id, "indicator": indicator.pk}
        if rules is not None and periods:
            computation = Computation(rules, periods)
            parts = (
                [*computation.start, *computation.leaves()]
                if source == "leaf"
                else computation.figures(stored=False)
            )
            params = computation.params
        statement = sql.COMPARE if parts else sql.EVERY_STORED
        found: dict[tuple[Any, ...], dict[int, list[Any]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                (with_recursive(parts, ",") if parts else "WITH ")
                + statement.format(table=table, source=source, columns=", ".join((*key, *columns))),
                params,
            )
            for side, *values in cursor.fetchall():
                at, row = values[: len(key)], values[len(key) :]
                found.setdefault(tuple(at), {})[side] = row
        for place in sorted(found):
            sides = found[place]
            at = dict(zip(key, place, strict=True))
            yield Difference(
                indicator.plan.code,
                indicator.code,
                _where(at),
                _text(columns, sides.get(0)),
                _text(columns, sides.get(1)),
                indicator_id=indicator.pk,
                **_place(at),
            )


def _place(key: dict[str, Any]) -> dict[str, Any]:
    """Which figure it is, as it is kept."""
    return {"scope": key.get("scope"), **{name: key[name] for name in ("basis", "cell", "period")}}


def _where(key: dict[str, Any]) -> str:
    """Which figure it is, in words: scope or leaf, basis, cell, period."""
    if "leaf" in key:
        office, m49 = divmod(key["leaf"], LEAF)
        place = f"leaf {_office(office)}" + (f" {_country(m49)}" if m49 else "")
    else:
        kind, pk = split(key["scope"])
        place = f"scope {key['scope']}"
        if kind == "office":
            place = f"scope {_office(pk)}"
        elif kind == "country":
            place = f"scope {_country(pk)}"
    cell = f" cell {key['cell']}" if key["cell"] else ""
    reports = f" of {key['reports']} reports" if key.get("reports", 1) > 1 else ""
    return f"{place} {basis_word(key['basis'])}{cell}{reports} period {key['period']}"


def _office(pk: int) -> str:
    return Office.objects.filter(pk=pk).values_list("code", flat=True).first() or f"office {pk}"


def _country(m49: int) -> str:
    return Country.objects.filter(pk=m49).values_list("iso3", flat=True).first() or f"{m49:03}"


def _text(columns: tuple[str, ...], values: list[Any] | tuple[Any, ...] | None) -> str:
    if values is None:
        return NO_FIGURE
    told = [
        f"{name} {whole(value)}"
        for name, value in zip(columns, values, strict=True)
        if value is not None
    ]
    return ", ".join(told) or "an empty figure"
