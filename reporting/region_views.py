"""Pages of the regions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from habitat_tracker.accounts.models import Office
from habitat_tracker.web import person, plan_or_404, visible_or_404
from plans.models import StrategicPlan

from .exports.regions import regions_table
from .exports.tables import Table
from .regions import RegionRow, region_page, region_rows
from .selection import Selection, read_selection


@require_safe
def regions(request: HttpRequest, plan: str) -> HttpResponse:
    """All regions side by side."""
    selection, rows = _asked(request, plan_or_404(request, plan))
    context = {
        "plan": selection.plan,
        "selection": selection,
        "rows": rows,
        "updating": any(row.updating for row in rows),
    }
    response = render(request, "reporting/regions.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _asked(request: HttpRequest, plan: StrategicPlan) -> tuple[Selection, list[RegionRow]]:
    """What the address selects, and every region by it; a region is the scope of its own row."""
    selection = read_selection(plan, request.GET.dict() | {"scope": ""})
    user = person(request)
    return selection, region_rows(selection, Office.objects.visible_to(user).regions(), user)


def regions_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """All regions side by side as a table, a row each."""
    return regions_table(*_asked(request, plan))


@require_safe
def region(request: HttpRequest, plan: str, office: str) -> HttpResponse:
    """One region."""
    found = plan_or_404(request, plan)
    shown = visible_or_404(Office.objects.regions(), request.user, code=office)
    selection = read_selection(found, request.GET.dict() | {"scope": shown.code})
    page = region_page(selection, shown, person(request))
    context = {
        "plan": found,
        "office": shown,
        "selection": selection,
        "page": page,
        "updating": page.results.updating,
    }
    response = render(request, "reporting/region.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response
