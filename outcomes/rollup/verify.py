"""Compares every stored figure with one computed from scratch, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F

from outcomes.choices import Basis
from outcomes.models import Figure, Indicator
from plans.models import StrategicPlan

from .compute import FIELDS, FigureRow, Selection, compute, rules_at
from .queue import stored_rows, whole_plan

# Stored rows of periods that the plan does not have are differences too.
EVERY_ROW = Selection(-32_768, 32_767)


@dataclass(frozen=True)
class Difference:
    """A figure that is not what the ledger says: stored, computed, and where."""

    plan: str
    indicator: str
    scope: int
    basis: str
    cell: str
    period: int
    stored: FigureRow | None
    computed: FigureRow | None

    def __str__(self) -> str:
        where = f"{self.plan} {self.indicator} scope {self.scope} {self.basis}"
        cell = f" cell {self.cell}" if self.cell else ""
        return (
            f"{where}{cell} period {self.period}: stored {_text(self.stored)},"
            f" the ledger says {_text(self.computed)}"
        )


def _text(row: FigureRow | None) -> str:
    if row is None:
        return "no figure"
    told = {name: value for name, value in row.__dict__.items() if value is not None}
    return ", ".join(f"{name} {value}" for name, value in told.items()) or "an empty figure"


def verify(plan: StrategicPlan | None = None) -> Iterator[Difference]:
    """Every difference between stored and recomputed figures of a plan (or of all).

    Indicators with stale keys are compared too: drain the queue first.
    """
    indicators = Indicator.objects.select_related("plan").order_by("plan_id", "pk")
    strays = Figure.objects.exclude(plan=F("indicator__plan")).select_related("plan", "indicator")
    if plan is not None:
        indicators = indicators.filter(plan=plan)
        strays = strays.filter(plan=plan)
    for indicator in indicators.iterator():
        selection = whole_plan(indicator.plan_id)
        rules = rules_at(indicator)
        computed = compute(rules, selection) if rules and selection else {}
        stored = stored_rows(indicator, EVERY_ROW)
        for key in sorted(computed.keys() | stored.keys()):
            if computed.get(key) != stored.get(key):
                scope, basis, cell, period = key
                yield Difference(
                    plan=indicator.plan.code,
                    indicator=indicator.code,
                    scope=scope,
                    basis=Basis(basis).word,
                    cell=cell,
                    period=period,
                    stored=stored.get(key),
                    computed=computed.get(key),
                )
    for stray in strays:
        yield Difference(
            plan=stray.plan.code,
            indicator=stray.indicator.code,
            scope=stray.scope,
            basis=Basis(stray.basis).word,
            cell=stray.cell,
            period=stray.period,
            stored=FigureRow(*(getattr(stray, name) for name in FIELDS)),
            computed=None,
        )
