"""What filters choose from: the offices, outcomes, themes and periods of the plan at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django_filters.fields import ModelChoiceField, ModelChoiceIterator

from habitat_tracker.accounts.models import Office
from habitat_tracker.filters import WithinOfficeFilter, plan_code
from outcomes.models import Outcome
from plans.choices import ABOUT_THEMES, ThemeKind
from plans.models import Domain, ReportingPeriod, Theme

from ..models import Partner
from ..offices import offices_of_plan


class _OfPlan(ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for office in offices_of_plan(self.field.plan, asked=self.field.asked):
            yield self.choice(office)


class OfficeOfPlanField(ModelChoiceField):
    """Takes any office by its code, and offers those that a plan has to do with.

    `asked` is the code of the one that was chosen, which is offered too.
    """

    iterator = _OfPlan

    def __init__(self, *, plan: str = "", asked: str = "", **kwargs: Any) -> None:
        self.plan, self.asked = plan, asked
        super().__init__(**{"queryset": Office.objects.all(), "to_field_name": "code"} | kwargs)


class OfficeOfPlanFilter(WithinOfficeFilter):
    """Rows of an office and all below it; pages offer the offices of the plan in the address.

    The parameter is called `office` in every list.
    """

    field_class = OfficeOfPlanField

    @property
    def field(self) -> Any:
        """The field, which is told the plan and what was asked for."""
        self.extra["plan"] = plan_code(self.get_request())
        asked = getattr(getattr(self, "parent", None), "data", None) or {}
        self.extra["asked"] = asked.get("office", "")
        return super().field


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
