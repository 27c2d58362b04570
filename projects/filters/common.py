"""What filters choose from: the outcomes, themes and periods of the plan at hand."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from habitat_tracker.filters import plan_code
from outcomes.models import Outcome
from plans.choices import ABOUT_THEMES, ThemeKind
from plans.models import Domain, ReportingPeriod, Theme

from ..models import Partner


def outcomes_of_the_plan(request: Any) -> QuerySet[Outcome]:
    """The outcomes of the plan that the address names; codes are unique within a plan."""
    return Outcome.objects.filter(plan__code=plan_code(request)).order_by("position", "code")


def themes_of_the_plan(request: Any) -> QuerySet[Theme]:
    """What the projects of the plan that the address names can be about."""
    rows = Theme.objects.filter(plan__code=plan_code(request), kind__in=ABOUT_THEMES)
    return rows.order_by("kind", "position", "code")


def flagships_of_the_plan(request: Any) -> QuerySet[Theme]:
    """The flagship programmes of the plan that the address names."""
    rows = Theme.objects.filter(plan__code=plan_code(request), kind=ThemeKind.FLAGSHIP)
    return rows.order_by("position", "code")


def prongs_of_the_plan(request: Any) -> QuerySet[Theme]:
    """The prongs of the resource mobilization strategy, of the plan that the address names."""
    rows = Theme.objects.filter(plan__code=plan_code(request), kind=ThemeKind.PRONG)
    return rows.order_by("position", "code")


def periods_of_the_plan(request: Any) -> QuerySet[ReportingPeriod]:
    """The reporting periods of the plan that the address names, the newest first."""
    return ReportingPeriod.objects.filter(plan__code=plan_code(request)).order_by("-number")


def frameworks_of_the_plan(request: Any) -> QuerySet[Theme]:
    """The global frameworks of the plan that the address names."""
    return Theme.objects.filter(plan__code=plan_code(request)).frameworks().order_by("position")


def targets_of_the_plan(request: Any) -> QuerySet[Theme]:
    """Frameworks and their targets, of the plan that the address names."""
    return Theme.objects.filter(plan__code=plan_code(request)).aligned().order_by("position")


def domains_of_the_plan(request: Any) -> QuerySet[Domain]:
    """The domains of change of the plan that the address names."""
    return Domain.objects.filter(plan__code=plan_code(request)).order_by("position", "code")


def partners_of_the_plan(request: Any) -> QuerySet[Partner]:
    """The partners of the plan that the address names, under every name."""
    return Partner.objects.filter(plan__code=plan_code(request))
