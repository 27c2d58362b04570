"""What lists of offices and countries are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters as filters

from ..filters import ByNameField, CodeFilter, SearchFilter, WithinOfficeFilter
from .choices import OfficeKind
from .models import Country, Office


class InCountryFilter(CodeFilter):
    """Rows of one country, named by its three letters; the list offers all by their names."""

    field_class = ByNameField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("accounts.Country", code="iso3", **kwargs)


class OfficeFilter(filters.FilterSet):
    """Offices by kind and by the office above them."""

    kind = filters.ChoiceFilter(choices=OfficeKind.choices)
    parent = CodeFilter("accounts.Office", field_name="parent")
    q = SearchFilter(codes=("code",), texts=("name",))
    ordering = filters.OrderingFilter(fields=[("path", "path"), ("code", "code")])

    class Meta:
        model = Office
        fields: list[str] = []


class CountryFilter(filters.FilterSet):
    """Countries by the office (and those below) that they belong to, and by region."""

    office = WithinOfficeFilter()
    region = filters.CharFilter(field_name="region", lookup_expr="iexact")
    subregion = filters.CharFilter(field_name="subregion", lookup_expr="iexact")
    q = SearchFilter(codes=("iso3", "iso2"), texts=("name",))
    ordering = filters.OrderingFilter(fields=[("iso3", "iso3"), ("m49", "m49")])

    class Meta:
        model = Country
        fields: list[str] = []
