"""Pages of the regions, and their priorities as a file."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from habitat_tracker.accounts.models import Office
from habitat_tracker.web import person, plan_or_404, visible_or_404

from .downloads import as_file
from .exports.priorities import priorities_table
from .exports.regions import regions_table
from .regions import RegionRow, region_page, region_rows
from .selection import Selection, read_selection


@require_safe
def regions(request: HttpRequest, plan: str) -> HttpResponse:
    """All regions side by side."""
    selection, rows = _asked(request, plan)
    context = {
        "plan": selection.plan,
        "selection": selection,
        "rows": rows,
        "updating": any(row.updating for row in rows),
    }
    response = render(request, "reporting/regions.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _asked(request: HttpRequest, plan: str) -> tuple[Selection, list[RegionRow]]:
    """What the address selects, and every region by it; a region is the scope of its own row."""
    selection = read_selection(plan_or_404(request, plan), request.GET.dict() | {"scope": ""})
    user = person(request)
    return selection, region_rows(selection, Office.objects.visible_to(user).regions(), user)


@require_safe
def regions_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """All regions side by side as a file, a row each."""
    selection, rows = _asked(request, plan)
    return as_file(regions_table(selection, rows), f"regions-{timezone.localdate()}.{kind}", kind)


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


@require_safe
def priorities_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """The priorities of all regional strategies as a file, a row for each outcome served."""
    found = plan_or_404(request, plan)
    table = priorities_table(found, person(request))
    return as_file(table, f"priorities-{timezone.localdate()}.{kind}", kind)
