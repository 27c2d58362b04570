"""What endpoints that write read from a request: body, version, place and project."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from habitat_tracker.accounts.models import Country
from habitat_tracker.errors import InvalidInput
from outcomes.models import Thing
from projects.models import Project

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The version that you saw, as `ETag` gave it; or `version` in the body.",
)


class ReadsRequests:
    """Reads of a plan's endpoint; every problem bears the name of the body's field."""

    request: Any
    plan: Any

    def body(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's body, read; raises the problems of its fields."""
        given = shape(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def version(self, given: dict[str, Any]) -> int | None:
        """The version that the caller saw: in the body, else in `If-Match`."""
        if given.get("version") is not None:
            return int(given["version"])
        header = self.request.headers.get("If-Match", "").strip()
        if not header:
            return None
        found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', header)
        if found is None:
            raise InvalidInput.of(
                "If-Match", "invalid_version", _("“If-Match” holds the version that you saw.")
            )
        return int(found[1])

    def place(self, code: str | None) -> tuple[Country | None, Thing | None]:
        """A country by its three letters, a city by its key, or nothing."""
        if not code:
            return None, None
        country = Country.objects.filter(iso3=code).first()
        if country:
            return country, None
        city = (
            Thing.objects.filter(plan=self.plan, kind="city", key=code)
            .select_related("country")
            .first()
        )
        if city is None:
            raise InvalidInput.of(
                "place",
                "unknown_place",
                _("“%(code)s” is neither a country's three letters nor a city's key.")
                % {"code": code[:40]},
            )
        return None, city

    def project(self, code: str) -> Project:
        """A project of the plan."""
        found = (
            Project.objects.visible_to(self.request.user)
            .filter(plan=self.plan, code=code)
            .select_related("office", "plan")
            .first()
        )
        if found is None:
            raise InvalidInput.of(
                "project", "unknown_project", _("There is no such project in this plan.")
            )
        return found
