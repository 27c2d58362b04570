"""The offices that a plan has to do with: what its lists and figures can be narrowed to.

Offices belong to no plan, and several plans are kept side by side. Where somebody chooses what is
shown, a plan offers its own; who enters something chooses among all offices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from habitat_tracker.accounts.models import Office
from outcomes import scopes
from outcomes.models import (
    Baseline,
    ContributorRevision,
    Milestone,
    RegionalStrategy,
    StatedFigure,
    Target,
)

from .models import (
    AgreementRevision,
    Delegation,
    InnovationLab,
    Project,
    ProjectRevision,
    Risk,
)

# What an office has, or had, under a plan, and how the plan is found from there. Projects come
# first: where an office has one, nothing else is looked for. Contributors are asked too, since
# what headquarters does in a country counts for the office of that country.
_HELD: tuple[tuple[Any, str], ...] = (
    (Project, "plan"),
    (ProjectRevision, "project__plan"),
    (ContributorRevision, "plan"),
    (RegionalStrategy, "plan"),
    (StatedFigure, "plan"),
    (AgreementRevision, "agreement__partner__plan"),
    (Delegation, "plan"),
    (Risk, "plan"),
    (InnovationLab, "plan"),
)
_SET = (Target, Baseline, Milestone)


def offices_of_plan(plan: str, among: Any = None, asked: str = "") -> list[Office]:
    """Those offices that the plan of a code has something of, with all above them; one query.

    The one `asked` for by its code is among them, so that a page shows what it was narrowed to.
    `among`: of these offices only.
    """
    return offered(seen_from_plan(plan, among), asked)


def seen_from_plan(plan: str, among: Any = None) -> list[Any]:
    """Offices in the order of their tree, each with whether the plan has something of it.

    `has_part` says so of the office alone; see `offered`.
    """
    offices = Office.objects.all() if among is None else among
    numbered = offices.annotate(scope=F("pk") + scopes.of_office(0))
    return list(numbered.annotate(has_part=_has_part(plan)).order_by("path"))


def offered(seen: Iterable[Any], asked: str = "") -> list[Office]:
    """Of offices that were seen from a plan those that have part in it, and all above them."""
    known = list(seen)
    wanted = {pk for one in known if one.has_part for pk in one.chain}
    return [one for one in known if one.pk in wanted or one.code == asked]


def _has_part(plan: str) -> Q:
    part = Q()
    for model, path in _HELD:
        of_plan = {f"{path}__code": plan}
        part |= Q(Exists(model._default_manager.filter(office=OuterRef("pk"), **of_plan)))
    for model in _SET:
        values = model._default_manager.filter(indicator__plan__code=plan)
        part |= Q(scope__in=values.order_by().values("scope"))
    return part
