"""The filters of stories of impact and innovation labs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.filters import InCountryFilter

from ..choices import (
    LabStatus,
    StoryStatus,
)
from ..models import (
    InnovationLab,
    Story,
)
from .common import OfficeOfPlanFilter


class StoryFilter(filters.FilterSet):
    """Stories by words, project, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = InCountryFilter(
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = OfficeOfPlanFilter(
        field_name="project__office", label=_("Office"), empty_label=_("All offices")
    )
    status = filters.ChoiceFilter(
        choices=StoryStatus.choices, label=_("Status"), empty_label=_("Any status")
    )

    class Meta:
        model = Story
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Stories that hold every word."""
        for word in value.split():
            rows = rows.filter(
                Q(title__icontains=word) | Q(text__icontains=word) | Q(project__code__iexact=word)
            )
        return rows


class LabFilter(filters.FilterSet):
    """Innovation labs by words, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = InCountryFilter(
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
    status = filters.ChoiceFilter(
        choices=LabStatus.choices, label=_("Status"), empty_label=_("Any status")
    )

    class Meta:
        model = InnovationLab
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Labs that hold every word in name, city or host."""
        for word in value.split():
            rows = rows.filter(
                Q(name__icontains=word) | Q(city__icontains=word) | Q(host__icontains=word)
            )
        return rows
