"""The cities of a plan, and where they lie."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.drf import (
    DecimalInput,
    DecimalText,
    PlanScopedMixin,
    RowSerializer,
    StrictSerializer,
    TranslatedText,
)
from habitat_tracker.web import allow, person
from outcomes.models import Thing
from projects import actions
from projects.actions import Position
from projects.permissions import can_place_cities

from .requests import ReadsRequests


class CityRow(RowSerializer):
    """A city; `latitude` and `longitude` in degrees of WGS 84, null where nobody has said."""

    country = serializers.CharField(source="country.iso3", allow_null=True, default=None)
    name = TranslatedText()
    latitude = DecimalText(allow_null=True)
    longitude = DecimalText(allow_null=True)
    source = serializers.CharField(source="position_source")  # type: ignore[assignment]

    class Meta:
        model = Thing
        fields = ["key", "name", "country", "latitude", "longitude", "source"]


class PositionBody(StrictSerializer):
    """Where a city lies, the whole of it; null for both is not known."""

    latitude = DecimalInput(allow_null=True)
    longitude = DecimalInput(allow_null=True)
    source = serializers.CharField(allow_blank=True, default="")  # type: ignore[assignment]


class CityViewSet(
    ReadsRequests,
    PlanScopedMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Thing],
):
    """The cities of a plan, each once, by their keys."""

    queryset = Thing.objects.filter(kind="city").select_related("country")
    serializer_class = CityRow
    lookup_field = "key"
    # Such as KEN/nairobi.
    lookup_value_regex = r"[^/]+(?:/[^/]+)?"
    ordering: ClassVar[tuple[str, ...]] = ("key",)

    @extend_schema(request=PositionBody, responses=CityRow)
    def update(self, request: Request, plan: str, key: str) -> Response:
        """Say where a city lies."""
        city = self.get_object()
        user = person(request)
        allow(
            can_place_cities(user),
            _("Only a reporter or manager of an office may say where a city lies."),
        )
        said: dict[str, Any] = self.body(PositionBody)
        saved = actions.place_city(city=city, said=Position(**said), by=user)
        return Response(CityRow(saved, context=self.get_serializer_context()).data)
