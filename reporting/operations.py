"""What managers see of the engine: what waits, the last rebuild, and what verifications found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import SCALE
from outcomes.choices import Basis, ScopeKind
from outcomes.models import FigureDifference, FigureRun, Indicator
from outcomes.rollup.queue import is_stale
from outcomes.rollup.state import (
    QueueState,
    Rebuild,
    last_rebuild,
    last_verifications,
    queue_state,
    too_large,
)
from outcomes.rollup.verify import NO_FIGURE
from outcomes.scopes import split
from plans.models import ReportingPeriod, StrategicPlan

from .selection import Scope, scope_of_country, scope_of_office
from .words import plain_decimal

# How many verifications and differences the page lists.
LISTED_RUNS = 7
LISTED_DIFFERENCES = 100
NAMED_UPDATING = 12


@dataclass(frozen=True)
class Found:
    """A difference with the names of its place; a leaf, which has no page, has only words."""

    difference: FigureDifference
    scope: Scope | None = None
    period: ReportingPeriod | None = None
    why_url: str = ""

    @property
    def stored(self) -> str:
        """What is stored and should not be: only the parts that differ."""
        return _parts_beside(self.difference.stored, self.difference.computed)

    @property
    def computed(self) -> str:
        """What it should be: only the parts that differ."""
        return _parts_beside(self.difference.computed, self.difference.stored)

    @property
    def basis(self) -> str:
        """The basis in the reader's language; a posting that breaks a rule has none here."""
        basis = self.difference.basis
        return str(Basis(basis).label) if basis else ""


def _parts_beside(one: str, other: str) -> str:
    """The parts of a difference's text that the other side does not have, in a reader's words."""
    others = set(other.split(", "))
    told = []
    for part in one.split(", "):
        name, _space, value = part.rpartition(" ")
        if part not in others and name in _PARTS:
            is_counted = name in ("reported", "expected")
            number = Fraction(int(value), 1 if is_counted else SCALE)
            told.append(f"{plain_decimal(number)} {_PARTS[name]}")
        elif part not in others:
            told.append(str(_NO_FIGURE) if part == NO_FIGURE else part.replace("_", " "))
    return ", ".join(told) or "–"


_NO_FIGURE = gettext_lazy("no figure")
# Numbers are kept as whole numbers of millionths, but for those that count.
_PARTS = {
    "numerator": gettext_lazy("to date"),
    "period_numerator": gettext_lazy("in the period"),
    "reported": gettext_lazy("reported"),
    "expected": gettext_lazy("expected"),
}


@dataclass(frozen=True)
class OperationsPage:
    """How the engine is doing with the figures of one plan."""

    queue: QueueState
    updating: list[Indicator]
    too_large: list[Indicator]
    rebuild: Rebuild | None
    verifications: list[FigureRun]
    found: list[Found]

    @property
    def last(self) -> FigureRun | None:
        """The last verification."""
        return self.verifications[0] if self.verifications else None

    @property
    def more_updating(self) -> int:
        """How many indicators are updating beyond those that the page names."""
        return max(len(self.updating) - NAMED_UPDATING, 0)

    @property
    def is_rebuilding(self) -> bool:
        """Whether all figures are being computed again."""
        return self.rebuild is not None and not self.rebuild.is_finished

    @property
    def is_moving(self) -> bool:
        """Whether something is being computed, so that the page is worth reading again."""
        return bool(self.updating)


def operations_page(plan: StrategicPlan) -> OperationsPage:
    """Everything on the page, in a number of queries that does not depend on what was found."""
    verifications = last_verifications(plan.pk, LISTED_RUNS)
    stuck = too_large(plan.pk)
    stale = Indicator.objects.filter(plan=plan, pk__in=is_stale(plan.pk)).order_by(
        "position", "code"
    )
    return OperationsPage(
        queue=queue_state(plan.pk),
        updating=[indicator for indicator in stale if indicator.pk not in stuck],
        too_large=[indicator for indicator in stale if indicator.pk in stuck],
        rebuild=last_rebuild(plan.pk),
        verifications=verifications,
        found=_found(plan, verifications[0]) if verifications else [],
    )


def _found(plan: StrategicPlan, run: FigureRun) -> list[Found]:
    """The first differences of a verification, with where to look."""
    if not run.differences:
        return []
    differences = list(run.found.select_related("indicator")[:LISTED_DIFFERENCES])
    periods = {one.number: one for one in ReportingPeriod.objects.filter(plan=plan)}
    places = [(one, *split(one.scope)) for one in differences if one.scope is not None]
    offices = Office.objects.in_bulk([pk for _, kind, pk in places if kind == ScopeKind.OFFICE])
    countries = Country.objects.in_bulk([pk for _, kind, pk in places if kind == ScopeKind.COUNTRY])

    def scope_of(number: int | None) -> Scope | None:
        if number is None:
            return None
        kind, pk = split(number)
        if kind == ScopeKind.PLAN:
            return Scope()
        if kind == ScopeKind.OFFICE:
            return scope_of_office(offices[pk]) if pk in offices else None
        return scope_of_country(countries[pk]) if pk in countries else None

    listed = []
    for one in differences:
        scope = scope_of(one.scope)
        period = periods.get(one.period) if one.period is not None else None
        if scope is None or period is None:
            listed.append(Found(one))
        else:
            listed.append(Found(one, scope, period, _why_url(plan, one, scope, period)))
    return listed


def _why_url(
    plan: StrategicPlan, one: FigureDifference, scope: Scope, period: ReportingPeriod
) -> str:
    """The page that says why the figure is what it is; none for a figure of another plan."""
    if one.indicator.plan_id != plan.pk or not one.basis:
        return ""
    parts = {
        "scope": scope.code,
        "period": period.label,
        "basis": Basis(one.basis).word,
        "cell": one.cell,
    }
    address = reverse("reporting:why", args=[plan.code, one.indicator.code])
    return f"{address}?{urlencode({name: value for name, value in parts.items() if value})}"
