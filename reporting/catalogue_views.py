"""Pages of what can be found by tool and by city: the catalogue, and products by city."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from habitat_tracker.web import person, plan_or_404
from plans.choices import USED_THEMES
from plans.models import StrategicPlan, Theme
from projects.catalogue import catalogue
from projects.cities import delivered_by_city
from projects.filters import CatalogueFilter, DeliverableFilter
from projects.models import Deliverable
from projects.permissions import can_place_cities

from . import charts, maps
from .downloads import refuse_unclear
from .exports.catalogue import catalogue_table
from .exports.cities import cities_table
from .exports.tables import Table


def _tools(request: HttpRequest, plan: Any) -> CatalogueFilter:
    rows = Theme.objects.filter(plan=plan, kind__in=USED_THEMES)
    return CatalogueFilter(request.GET, rows, request=request)


@require_safe
def tools(request: HttpRequest, plan: str) -> HttpResponse:
    """The catalogue of services and tools with how many projects use each."""
    found = plan_or_404(request, plan)
    asked = _tools(request, found)
    valid = asked.is_valid()
    context = {
        "plan": found,
        "filter": asked,
        "rows": catalogue(found, asked.qs, person(request)) if valid else [],
        "is_filtered": bool(request.GET.get("q")),
        "query": request.GET.urlencode(),
    }
    return render(request, "reporting/tools.html", context, status=200 if valid else 400)


def tools_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """The catalogue as a table, searched as on its page."""
    asked = _tools(request, plan)
    refuse_unclear(asked)
    return catalogue_table(catalogue(plan, asked.qs, person(request)), asked)


def _delivered(request: HttpRequest, plan: Any) -> DeliverableFilter:
    rows = Deliverable.objects.visible_to(person(request)).of_plan(plan)
    return DeliverableFilter(request.GET, rows, request=request)


@require_safe
def cities(request: HttpRequest, plan: str) -> HttpResponse:
    """How much was delivered in each city; every number leads to the list."""
    found = plan_or_404(request, plan)
    asked = _delivered(request, found)
    for name in ("project", "city", "applied"):
        asked.form.fields[name].widget = asked.form.fields[name].hidden_widget()
    valid = asked.is_valid()
    chosen = request.GET.copy()
    chosen.pop("city", None)
    rows = delivered_by_city(asked.qs) if valid else []
    context = {
        "plan": found,
        "filter": asked,
        "rows": rows,
        "summary": maps.cities_summary(rows),
        "disclaimer": maps.DISCLAIMER,
        "may_place": can_place_cities(person(request)),
        "is_filtered": any(request.GET.get(name) for name in asked.filters),
        "query": request.GET.urlencode(),
        "others": chosen.urlencode(),
    }
    return render(request, "reporting/cities.html", context, status=200 if valid else 400)


@require_safe
def cities_map(request: HttpRequest, plan: str) -> HttpResponse:
    """The same on a map, as a picture; `size=small` for a phone."""
    asked = _delivered(request, plan_or_404(request, plan))
    refuse_unclear(asked)
    small = request.GET.get("size") == "small"
    return charts.picture(request, maps.cities_spec(delivered_by_city(asked.qs), small=small))


def cities_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """The same as a table."""
    asked = _delivered(request, plan)
    refuse_unclear(asked)
    return cities_table(asked)
