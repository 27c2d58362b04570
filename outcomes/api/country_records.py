"""Country records: read by all staff, written by the managers of the country's office."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.models import Country
from habitat_tracker.drf import (
    IF_MATCH,
    PlanScopedMixin,
    ReadsBody,
    RowSerializer,
    StrictSerializer,
)
from habitat_tracker.web import allow, person, visible_or_404
from outcomes import actions
from outcomes.filters import CountryRecordFilter
from outcomes.models import CountryRecord
from outcomes.permissions import can_keep_country

_FIELDS = (
    *("cca_stage", "cca_year", "framework_stage", "framework_start", "framework_end"),
    *("is_member", "is_signatory", "content_rating", "content_text", "link", "source"),
)


class CountryRecordRow(RowSerializer):
    """Where a country stands; what is empty or null is not known."""

    country = serializers.SlugRelatedField("iso3", read_only=True)  # type: ignore[var-annotated]
    office = serializers.CharField(source="country.office.code", read_only=True)

    class Meta:
        model = CountryRecord
        fields = ["country", "office", *_FIELDS, "version", "recorded_at", "superseded_at"]


class CountryRecordBody(StrictSerializer):
    """Where a country stands, the whole of it: what is left out is not known."""

    cca_stage = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=20,
        help_text="Empty (not known), `not_started`, `in_preparation` or `done`.",
    )
    cca_year = serializers.IntegerField(default=None, allow_null=True)
    framework_stage = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=20,
        help_text="Empty (not known), `not_started`, `in_preparation` or `signed`.",
    )
    framework_start = serializers.IntegerField(default=None, allow_null=True, help_text="A year.")
    framework_end = serializers.IntegerField(default=None, allow_null=True, help_text="A year.")
    is_member = serializers.BooleanField(
        default=None, allow_null=True, help_text="Of the United Nations country team."
    )
    is_signatory = serializers.BooleanField(
        default=None, allow_null=True, help_text="Of the cooperation framework."
    )
    content_rating = serializers.IntegerField(default=None, allow_null=True, help_text="0 to 3.")
    content_text = serializers.CharField(allow_blank=True, default="", max_length=10_000)
    link = serializers.CharField(allow_blank=True, default="", max_length=1_000)
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, default="", max_length=1_000
    )
    reason = serializers.CharField(allow_blank=True, default="", max_length=1_000)
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version that you saw; 0 where there was none yet.",
    )


class CountryRecordViewSet(
    ReadsBody,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[CountryRecord],
):
    """Countries with their common country assessment, cooperation framework and urban content.

    Countries of which nothing is recorded are not listed; `as_of` gives the records of that day.
    """

    queryset = CountryRecord.objects.select_related("country__office")
    serializer_class = CountryRecordRow
    filterset_class = CountryRecordFilter
    lookup_field = "country__iso3"
    lookup_url_kwarg = "iso3"
    lookup_value_regex = r"[^/\x00]+"
    ordering: ClassVar[tuple[str, ...]] = ("country__iso3",)

    def get_queryset(self) -> Any:
        """One country's record is the one that counts now; lists choose the day themselves."""
        rows = super().get_queryset()
        return rows.at() if self.detail else rows

    @extend_schema(request=CountryRecordBody, parameters=[IF_MATCH], responses=CountryRecordRow)
    def update(self, request: Request, plan: str, iso3: str) -> Response:
        """Say where a country stands; needs the version that you saw."""
        user = person(request)
        country = visible_or_404(Country.objects.select_related("office"), user, iso3=iso3)
        allow(
            can_keep_country(user, country),
            _("Only a manager of the country's office or one above it may keep its record."),
        )
        given = self.body(CountryRecordBody)
        record = actions.save_country_record(
            plan=self.plan,
            country=country,
            said=actions.CountryRecordInput(**{name: given[name] for name in _FIELDS}),
            by=user,
            version=self.needed_version(given),
            reason=given["reason"],
        )
        headers = {"ETag": f'"{record.version}"'}
        return Response(CountryRecordRow(record).data, headers=headers)
