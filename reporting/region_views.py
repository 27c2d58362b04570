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
from .regions import region_page, region_rows
from .selection import read_selection


@require_safe
def regions(request: HttpRequest, plan: str) -> HttpResponse:
    """All regions side by side."""
    found = plan_or_404(request, plan)
    context = {"plan": found, "rows": region_rows(found, person(request))}
    return render(request, "reporting/regions.html", context)


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
