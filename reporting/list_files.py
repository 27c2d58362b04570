"""Files of lists and of pages that show one table, as CSV and Excel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from habitat_tracker.accounts.models import Office
from habitat_tracker.clock import end_of_day
from habitat_tracker.web import person, plan_or_404, visible_or_404
from projects.filters import PartnerCountForm
from projects.partners import count_partners, usual_window

from .downloads import as_file, refuse_unclear
from .exports.flagships import flagships_table
from .exports.frameworks import frameworks_table, targets_table
from .exports.lists import LISTS, ListFile, list_table
from .exports.partner_count import partner_count_table
from .exports.regions import region_table
from .exports.tables import Table
from .flagships import flagships_page
from .frameworks import framework_page, frameworks_page
from .regions import region_page
from .selection import read_selection

Build = Callable[..., Table]


@require_safe
def page_file(
    request: HttpRequest, plan: str, name: str, build: Build, kind: str, **asked: Any
) -> FileResponse:
    """What a page shows as a file, filtered as there."""
    table = build(request, plan_or_404(request, plan), **asked)
    name = "-".join([name, *(str(one).lower() for one in asked.values())])
    return as_file(table, f"{name}-{timezone.localdate()}.{kind}", kind)


def _listed(listed: ListFile) -> Build:
    def build(request: HttpRequest, plan: Any) -> Table:
        rows = listed.rows(plan, person(request))
        asked = listed.filter(request.GET, rows, request=request)
        refuse_unclear(asked)
        return list_table(listed, asked)

    return build


def _frameworks(request: HttpRequest, plan: Any) -> Table:
    selection = read_selection(plan, _only(request, "scope"))
    rows = frameworks_page(plan, person(request), selection.scope.office)
    return frameworks_table(selection, rows)


def _targets(request: HttpRequest, plan: Any, code: str) -> Table:
    selection = read_selection(plan, _only(request, "scope", "period", "basis", "as_of"))
    page = framework_page(selection, code, person(request))
    if page is None:
        raise Http404
    return targets_table(selection, page)


def _partner_count(request: HttpRequest, plan: Any) -> Table:
    form = PartnerCountForm(request.GET)
    refuse_unclear(form)
    asked, (start, end) = form.cleaned_data, usual_window(plan.current)
    start, end = asked["start"] or start, asked["end"] or end
    moment = end_of_day(asked["as_of"]) if asked["as_of"] else None
    return partner_count_table(count_partners(plan, start, max(start, end), moment), moment)


def _flagships(request: HttpRequest, plan: Any) -> Table:
    selection = read_selection(plan, _only(request, "period", "basis", "as_of"))
    return flagships_table(selection, flagships_page(selection, person(request)))


def _region(request: HttpRequest, plan: Any, office: str) -> Table:
    shown = visible_or_404(Office.objects.regions(), request.user, code=office)
    selection = read_selection(plan, request.GET.dict() | {"scope": shown.code})
    return region_table(selection, region_page(selection, shown, person(request)))


def _only(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if name in request.GET}


def _both(where: str, name: str, build: Build) -> list[URLPattern]:
    return [
        path(
            f"plans/<str:plan>/{where}.{kind}",
            page_file,
            {"name": name, "build": build, "kind": kind},
            name=f"{name.replace('-', '_')}_{kind}",
        )
        for kind in ("csv", "xlsx")
    ]


urlpatterns = [
    *(one for listed in LISTS for one in _both(listed.name, listed.name, _listed(listed))),
    *_both("frameworks", "frameworks", _frameworks),
    *_both("frameworks/<str:code>/targets", "targets", _targets),
    *_both("partners/count", "partner-count", _partner_count),
    *_both("flagships", "flagships", _flagships),
    *_both("regions/<str:office>", "region", _region),
]
