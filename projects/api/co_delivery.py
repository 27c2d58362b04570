"""Who brought about a result, as bodies of requests and answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from habitat_tracker.drf import DecimalInput, DecimalText, StrictSerializer
from projects.models import Result


class PartnerPartBody(StrictSerializer):
    """What a partner did, as it is sent."""

    partner = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    what = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    share = DecimalInput(required=False, allow_null=True, default=None, help_text="In percent.")


class CoDeliveryBody(StrictSerializer):
    """All who brought a result about; partners that are left out are taken away."""

    lead = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The partner that leads; null: UN-Habitat.",
    )
    own_part = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
    own_share = DecimalInput(
        required=False,
        allow_null=True,
        default=None,
        help_text="UN-Habitat's own, in percent; all shares are given and come to 100, or none.",
    )
    partners = serializers.ListField(child=PartnerPartBody(), max_length=100)
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The version of the result that you saw; else `If-Match`.",
    )


class PartnerShare(serializers.Serializer[Any]):
    """A partner of a joint result; one that was merged stands under the name that counts."""

    partner = serializers.IntegerField()
    name = serializers.CharField()
    share = DecimalText(allow_null=True)


class PartnerPart(PartnerShare):
    """A partner of a joint result and what it did."""

    what = serializers.CharField()


class Together(serializers.Serializer[Any]):
    """Who brought a joint result about, in short."""

    lead = serializers.IntegerField(allow_null=True, help_text="Null: UN-Habitat.")
    own_share = DecimalText(allow_null=True)
    partners = PartnerShare(many=True)


class CoDelivery(Together):
    """Who brought a result about; without partners it is UN-Habitat's alone."""

    own_part = serializers.CharField()
    partners = PartnerPart(many=True)
    version = serializers.IntegerField(help_text="Of the result.")


def co_delivery_of(result: Result) -> dict[str, Any]:
    """Who brought a result about, as the API tells it; read `with_co_delivery`."""
    told: dict[str, Any] = {"lead": None, "own_part": "", "own_share": None, "partners": []}
    for one in sorted(result.co_deliverers.all(), key=lambda one: one.pk):
        if one.counted_as is None:
            told |= {"own_part": one.what, "own_share": one.share}
            continue
        root = one.counted_as
        part = {"partner": root.pk, "name": root.name, "what": one.what, "share": one.share}
        told["partners"].append(part)
        if one.is_lead:
            told["lead"] = root.pk
    return told | {"version": result.version}
