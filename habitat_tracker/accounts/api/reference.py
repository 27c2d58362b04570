"""Offices and countries: reference data, read only."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from ...drf import RowSerializer, ScopedMixin
from ..filters import CountryFilter, OfficeFilter
from ..models import Country, Office


class OfficeSerializer(RowSerializer):
    """An office, and the one above it by its code."""

    parent = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated, assignment]

    class Meta:
        model = Office
        fields = ["code", "name", "kind", "parent", "seat", "source", "verification", "note"]


class CountrySerializer(RowSerializer):
    """A country or area, and its office by code."""

    office = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[var-annotated]

    class Meta:
        model = Country
        fields = ["iso3", "iso2", "m49", "name", "region", "subregion", "office"]


class OfficeViewSet(ScopedMixin, ReadOnlyModelViewSet[Office]):
    """The tree of offices."""

    queryset = Office.objects.select_related("parent")
    serializer_class = OfficeSerializer
    filterset_class = OfficeFilter
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("path",)


class CountryViewSet(ScopedMixin, ReadOnlyModelViewSet[Country]):
    """Countries and areas of the United Nations' M49 standard."""

    queryset = Country.objects.select_related("office")
    serializer_class = CountrySerializer
    filterset_class = CountryFilter
    lookup_field = "iso3"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("iso3",)
