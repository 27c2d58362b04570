"""The page of what projects are about, and the same as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from habitat_tracker.web import person, plan_or_404
from plans.models import StrategicPlan

from .about_projects import analyses
from .downloads import refuse_unclear
from .exports.analyses import analyses_table
from .exports.tables import Table
from .filters import AnalysisFilter


@require_safe
def about_projects(request: HttpRequest, plan: str) -> HttpResponse:
    """What projects say they are about; every number leads to its projects in the register."""
    found = plan_or_404(request, plan)
    asked = AnalysisFilter(request.GET, request=request)
    valid = asked.is_valid()
    office = asked.form.cleaned_data.get("office") if valid else None
    context: dict[str, Any] = {
        "plan": found,
        "filter": asked,
        "office": office,
        "page": analyses(found, person(request), office) if valid else None,
        "query": request.GET.urlencode(),
    }
    return render(request, "reporting/analyses.html", context, status=200 if valid else 400)


def about_projects_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """All tables in one, a row for each number."""
    asked = AnalysisFilter(request.GET, request=request)
    refuse_unclear(asked)
    page = analyses(plan, person(request), asked.form.cleaned_data["office"])
    return analyses_table(page, asked)
