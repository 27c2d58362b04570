"""Who has reported, for managers of offices, and reminding those who have not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from habitat_tracker.accounts.models import Office
from habitat_tracker.errors import DomainError
from habitat_tracker.web import allow, person, plan_or_404, show_refusal, visible_or_404
from outcomes.models import Outcome
from plans.models import ReportingPeriod
from projects import actions, permissions
from projects.models import Project
from projects.reported import managed_offices, usual_period, who_reported


@require_safe
def reported(request: HttpRequest, plan: str) -> HttpResponse:
    """Offices and indicators of a period with what was sent; a fixed number of queries."""
    found = plan_or_404(request, plan)
    user = person(request)
    allow(
        permissions.can_see_who_reported(user),
        _("Managers of an office see who has reported in it."),
    )
    managed = managed_offices(user)
    periods = list(ReportingPeriod.objects.filter(plan=found).order_by("number"))
    outcomes = list(Outcome.objects.filter(plan=found).order_by("position", "code"))
    period = _chosen(request, "period", {one.label: one for one in periods}, usual_period(periods))
    outcome = _chosen(request, "outcome", {one.code: one for one in outcomes}, None)
    context = {
        "plan": found,
        "periods": [one for one in reversed(periods) if one.has_begun()],
        "period": period,
        "outcomes": outcomes,
        "outcome": outcome,
        "page": (
            who_reported(found, period, managed, _office(request, managed), outcome)
            if period
            else None
        ),
    }
    return render(request, "projects/reported.html", context)


def _chosen(request: HttpRequest, name: str, known: dict[str, Any], usual: Any) -> Any:
    """What the query names; what is not there does not exist (404)."""
    asked = request.GET.get(name, "")
    if asked and asked not in known:
        raise Http404
    return known.get(asked, usual)


def _office(request: HttpRequest, managed: list[Office]) -> Office | None:
    """The office that the query names, else the only one that is managed.

    One that is managed by others is as if it was not there.
    """
    code = request.GET.get("office", "")
    if not code:
        return managed[0] if len(managed) == 1 else None
    office = get_object_or_404(Office, code=code)
    if not any(office.path.startswith(one.path) for one in managed):
        raise Http404
    return office


@require_POST
def remind(request: HttpRequest, plan: str) -> HttpResponse:
    """Remind the reporters of a project, or of all projects of an office and below."""
    found = plan_or_404(request, plan)
    user = person(request)
    period = get_object_or_404(
        ReportingPeriod, plan=found, label=request.POST.get("period", "")[:20]
    )
    visible = Project.objects.visible_to(user).filter(plan=found)
    code = request.POST.get("project", "")
    if code:
        projects = [visible_or_404(Project.objects.filter(plan=found), user, code=code[:40])]
    else:
        office = get_object_or_404(Office, code=request.POST.get("office", "")[:20])
        projects = list(visible.in_office(office))
    try:
        made = actions.remind(
            projects=projects, period=period, message=request.POST.get("message", ""), by=user
        )
    except DomainError as error:
        show_refusal(request, error)
    else:
        words = ngettext(
            "The reporters of %(n)s project were reminded; they see it on My work, and in their "
            "next daily e-mail.",
            "The reporters of %(n)s projects were reminded; they see it on My work, and in their "
            "next daily e-mail.",
            len(made),
        )
        messages.success(request, words % {"n": len(made)})
    shown = {"period": period.label}
    shown |= {
        name: request.POST[f"shown_{name}"][:20]
        for name in ("office", "outcome")
        if request.POST.get(f"shown_{name}")
    }
    return redirect(f"{reverse('projects:reported', args=[found.code])}?{urlencode(shown)}")
