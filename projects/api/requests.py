"""What endpoints that write read from a request: body, version, place and project."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country
from habitat_tracker.drf import IF_MATCH, ReadsBody
from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import person
from outcomes.models import Thing
from projects.models import Project

__all__ = ["IF_MATCH", "ReadsRequests"]


class ReadsRequests(ReadsBody):
    """Reads of a plan's endpoint; every problem bears the name of the body's field."""

    plan: Any

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
            Project.objects.visible_to(person(self.request))
            .filter(plan=self.plan, code=code)
            .select_related("office", "plan")
            .first()
        )
        if found is None:
            raise InvalidInput.of(
                "project", "unknown_project", _("There is no such project in this plan.")
            )
        return found
