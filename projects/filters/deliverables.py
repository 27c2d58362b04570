"""The filters of the register of deliverables."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from habitat_tracker.filters import CodeFilter, WithinOfficeFilter
from outcomes.choices import DeliverableKind
from plans.models import ReportingPeriod

from ..models import (
    Deliverable,
)
from .common import outcomes_of_the_plan, periods_of_the_plan


class DeliverableFilter(filters.FilterSet):
    """Deliverables by words, kind, outcome, office (with all below it), project and period.

    `q` is looked for in title, symbol, link and project. Cancelled ones are shown only where
    `state` asks for them.
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
    office = WithinOfficeFilter(
        field_name="project__office", label=_("Office"), empty_label=_("All offices")
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
