"""The filters of the register of deliverables."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.filters import ByNameField, CodeFilter, plan_code
from outcomes.choices import DeliverableKind
from outcomes.models import Thing
from plans.models import ReportingPeriod

from ..models import Deliverable, ProductApplication
from .common import OfficeOfPlanFilter, outcomes_of_the_plan, periods_of_the_plan


def deliverables_of_the_plan(request: Any) -> QuerySet[Deliverable]:
    """What the projects of the plan that the address names delivered."""
    return Deliverable.objects.filter(project__plan__code=plan_code(request))


def cities_of_the_plan(request: Any) -> QuerySet[Thing]:
    """The cities in which or for which the plan's projects delivered something."""
    delivered = deliverables_of_the_plan(request).filter(city__isnull=False)
    return Thing.objects.filter(pk__in=delivered.values("city")).select_related("country")


class _CityField(ByNameField):
    def label_from_instance(self, obj: Thing) -> str:
        return f"{obj}, {obj.country}" if obj.country else str(obj)


class _CityFilter(filters.ModelChoiceFilter):
    field_class = _CityField


class DeliverableFilter(filters.FilterSet):
    """Deliverables by words, kind, outcome, office (with all below it), city, project and period.

    `q` is looked for in title, symbol, link and project. Cancelled ones are shown only where
    `state` asks for them. `applied` shows products only: those that other projects apply, or not.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    kind = filters.ChoiceFilter(
        choices=DeliverableKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    outcome = filters.ModelChoiceFilter(
        queryset=outcomes_of_the_plan,
        to_field_name="code",
        label=_("Outcome"),
        empty_label=_("All outcomes"),
    )
    office = OfficeOfPlanFilter(
        field_name="project__office", label=_("Office"), empty_label=_("All offices")
    )
    country = InCountryFilter(label=_("Country"), empty_label=_("All countries"))
    city = _CityFilter(
        queryset=cities_of_the_plan,
        to_field_name="key",
        label=_("City"),
        empty_label=_("All cities"),
    )
    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    period = filters.ModelChoiceFilter(
        queryset=periods_of_the_plan,
        to_field_name="label",
        method="by_period",
        label=_("Period"),
        empty_label=_("All periods"),
    )
    state = filters.ChoiceFilter(
        choices=[("cancelled", _("Cancelled")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
        empty_label=_("Those that count"),
    )

    applied = filters.ChoiceFilter(
        choices=[("true", _("Applied by other projects")), ("false", _("Not applied by any yet"))],
        method="by_use",
        label=_("Use"),
        empty_label=_("Applied or not"),
    )

    class Meta:
        model = Deliverable
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that count."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.counting()

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Deliverables that hold every word."""
        return rows.search(value)

    def by_period(self, rows: Any, _name: str, value: ReportingPeriod) -> Any:
        """Deliverables whose day lies in a period."""
        return rows.filter(date__gte=value.start, date__lte=value.end)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Cancelled ones, or all."""
        return rows.filter(cancelled_at__isnull=False) if value == "cancelled" else rows

    def by_use(self, rows: Any, _name: str, value: str) -> Any:
        """Products that other projects apply, or those that none applies yet."""
        return rows.applied(is_applied=value == "true")


class ProductApplicationFilter(filters.FilterSet):
    """Which projects apply which products, by project, office, product and state.

    Of a joint product those of all who registered it; without a state those not withdrawn.
    """

    project = CodeFilter("projects.Project", in_plan=True)
    office = OfficeOfPlanFilter(field_name="project__office")
    deliverable = filters.ModelChoiceFilter(
        queryset=deliverables_of_the_plan, method="by_deliverable"
    )
    state = filters.ChoiceFilter(
        choices=[("withdrawn", _("Withdrawn")), ("all", _("All"))], method="by_state"
    )

    class Meta:
        model = ProductApplication
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that were not withdrawn."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.standing()

    def by_deliverable(self, rows: Any, _name: str, value: Deliverable) -> Any:
        """Those of a product, whoever registered it."""
        return rows.of_thing(value.thing_id)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows
