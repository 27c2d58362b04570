"""The filters of stories of impact and innovation labs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.models import Country, Office

from ..choices import (
    LabStatus,
    StoryStatus,
)
from ..models import (
    InnovationLab,
    Story,
)


class StoryFilter(filters.FilterSet):
    """Stories by words, project, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
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

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Stories of the projects of an office and all below it."""
        return rows.filter(project__office__path__startswith=value.path)


class LabFilter(filters.FilterSet):
    """Innovation labs by words, country, office (with all below it) and status."""

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    country = filters.ModelChoiceFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    office = filters.ModelChoiceFilter(
        queryset=Office.objects.order_by("path"),
        to_field_name="code",
        method="by_office",
        label=_("Office"),
        empty_label=_("All offices"),
    )
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

    def by_office(self, rows: Any, _name: str, value: Office) -> Any:
        """Labs of an office and all below it."""
        return rows.filter(office__path__startswith=value.path)
