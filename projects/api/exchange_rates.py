"""Exchange rates: what amounts are said in US dollars with; loaded by file."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.drf import RowSerializer, ScopedMixin, StrictSerializer
from habitat_tracker.web import allow, person
from projects import actions
from projects.filters import ExchangeRateFilter
from projects.models import ExchangeRate

from .requests import ReadsRequests


class ExchangeRateRow(RowSerializer):
    """How many units of a currency one US dollar is worth in a month."""

    month = serializers.DateField(format="%Y-%m", help_text="Year and month, like 2021-03.")

    class Meta:
        model = ExchangeRate
        fields = ["currency", "month", "rate", "loaded_at"]


class RatesFile(StrictSerializer):
    """A CSV file or workbook whose first row is `year,month,currency,rate`."""

    file = serializers.FileField(allow_empty_file=True)
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=1000,
        help_text="Why rates that are there already are replaced by others.",
    )


class RatesLoaded(serializers.Serializer[Any]):
    """How many rates of the file were new, replaced others, or were there already."""

    added = serializers.IntegerField()
    replaced = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class ExchangeRateViewSet(
    ReadsRequests, ScopedMixin, mixins.ListModelMixin, GenericViewSet[ExchangeRate]
):
    """United Nations operational rates of exchange, the newest month first."""

    queryset = ExchangeRate.objects.all()
    filterset_class = ExchangeRateFilter
    serializer_class = ExchangeRateRow
    ordering: ClassVar[tuple[str, ...]] = ("-month", "currency")
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": RatesFile}, responses={200: RatesLoaded})
    def create(self, request: Request) -> Response:
        """Load a file of rates, all of it or nothing; managers of headquarters."""
        user = person(request)
        allow(can_manage_plan(user), _("Only a manager at headquarters may load exchange rates."))
        given = self.body(RatesFile)
        loaded = actions.load_exchange_rates(
            file=given["file"], name=given["file"].name, by=user, reason=given["reason"]
        )
        return Response(RatesLoaded(loaded).data)
