"""The filters of the register of risks."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.filters import CodeFilter

from ..choices import (
    RiskCategory,
)
from ..models import (
    Risk,
)
from .common import OfficeOfPlanFilter


class RiskFilter(filters.FilterSet):
    """Risks by words, office (with all below it), project, category, rating, owner and state.

    `state` is `open`, `overdue` (to be looked at again) or `closed`; without one, open ones.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    category = filters.ChoiceFilter(
        choices=RiskCategory.choices, label=_("Category"), empty_label=_("All categories")
    )
    likelihood = filters.ChoiceFilter(
        choices=[(n, str(n)) for n in range(1, 6)], label=_("Likelihood"), empty_label=_("Any")
    )
    impact = filters.ChoiceFilter(
        choices=[(n, str(n)) for n in range(1, 6)], label=_("Impact"), empty_label=_("Any")
    )
    state = filters.ChoiceFilter(
        choices=[
            ("overdue", _("Overdue")),
            ("closed", _("Closed")),
            ("all", _("All")),
        ],
        method="by_state",
        label=_("State"),
        empty_label=_("Open"),
    )

    class Meta:
        model = Risk
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that are open."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.open()

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Risks that hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(description__icontains=word)
                | Q(measures__icontains=word)
                | Q(project__code__iexact=word)
            )
        return rows

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Those overdue, those closed, or all."""
        if value == "overdue":
            return rows.overdue(timezone.localdate())
        return rows.filter(closed_at__isnull=False) if value == "closed" else rows
