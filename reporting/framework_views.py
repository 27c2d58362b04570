"""Pages of global frameworks: what contributes to each of them and to their targets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from habitat_tracker.errors import InvalidInput
from habitat_tracker.paging import page_of
from habitat_tracker.web import person, plan_or_404, visible_or_404
from outcomes.choices import Confidence
from plans.models import StrategicPlan, Theme
from projects.filters import ContributingFilter
from projects.models import Project

from .downloads import refuse_unclear
from .exports.frameworks import contributing_table
from .exports.tables import Table
from .frameworks import contributing_projects, framework_page, frameworks_page
from .selection import read_selection


@require_safe
def frameworks(request: HttpRequest, plan: str) -> HttpResponse:
    """Every framework with how many outcomes, indicators and projects serve it, in a scope."""
    selection = read_selection(plan_or_404(request, plan), _asked(request, "scope"))
    context = {
        "plan": selection.plan,
        "selection": selection,
        "rows": frameworks_page(selection.plan, person(request), selection.scope.office),
    }
    return render(request, "reporting/frameworks.html", context)


@require_safe
def framework(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """A framework or a target: outcomes, indicators with their figures, projects."""
    found = plan_or_404(request, plan)
    selection = read_selection(found, _asked(request, "scope", "period", "basis", "as_of"))
    user = person(request)
    page = framework_page(selection, code, user)
    if page is None:
        text = _("There is no framework or target “%(code)s” in this plan.")
        raise Http404(text % {"code": code[:40]})
    asked = {
        "office": selection.scope.office.code if selection.scope.office else "",
        "country": request.GET.get("country", "")
        or (selection.scope.country.iso3 if selection.scope.country else ""),
        "confidence": request.GET.get("confidence", ""),
    }
    projects = Project.objects.visible_to(user).filter(plan=found).counted()
    filtered = ContributingFilter(asked, projects, request=request, themes=page.themes)
    valid = filtered.is_valid()
    rows = contributing_projects(filtered.qs if valid else projects.none(), page.themes)
    context = {
        "plan": found,
        "selection": selection,
        "page": page,
        "filter": filtered,
        "projects": page_of(rows, request),
        "asked_query": urlencode({name: value for name, value in asked.items() if value}),
        "confidences": dict(Confidence.choices),
    }
    return render(request, "reporting/framework.html", context, status=200 if valid else 400)


def framework_file(request: HttpRequest, plan: StrategicPlan, code: str) -> Table:
    """The projects that serve a framework or target as a table, filtered as on its page."""
    user = person(request)
    themes = Theme.objects.filter(plan=plan).aligned()
    theme = visible_or_404(themes, user, code=code)
    group = list(Theme.objects.filter(plan=plan).within(theme).values_list("pk", flat=True))
    rows = Project.objects.visible_to(user).filter(plan=plan).counted()
    asked = ContributingFilter(request.GET, rows, request=request, themes=group)
    refuse_unclear(asked)
    return contributing_table(theme, asked)


def _asked(request: HttpRequest, *names: str) -> dict[str, Any]:
    """The part of the address that selects figures; of an unknown office it says so."""
    if any(len(request.GET.get(name, "")) > 100 for name in names):
        raise InvalidInput.of("scope", "unknown_scope", _("There is no such office or country."))
    return {name: request.GET[name] for name in names if name in request.GET}
