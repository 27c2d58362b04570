"""Who has reported, for managers of offices, and reminding those who have not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from habitat_tracker.errors import DomainError, NotAllowed
from habitat_tracker.web import allow, person, plan_or_404, visible_or_404
from outcomes.models import Outcome
from plans.models import ReportingPeriod, StrategicPlan
from projects import actions, permissions
from projects.models import Project
from projects.reported import managed_offices, usual_period, who_reported


@require_safe
def reported(request: HttpRequest, plan: str) -> HttpResponse:
    """Offices and indicators of a period with what was sent; a fixed number of queries."""
    return _show(request, plan_or_404(request, plan), request.GET)


@dataclass(frozen=True)
class Refused:
    """A reminder that was not sent: why, of which office or project, and the message typed."""

    why: str
    code: str
    message: str


def _show(
    request: HttpRequest,
    plan: StrategicPlan,
    asked: Mapping[str, str],
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    allow(
        permissions.can_see_who_reported(user),
        _("Managers of an office see who has reported in it."),
    )
    managed = managed_offices(user)
    periods = list(ReportingPeriod.objects.filter(plan=plan).order_by("number"))
    outcomes = list(Outcome.objects.filter(plan=plan).order_by("position", "code"))
    period = _chosen(asked, "period", {one.label: one for one in periods}, usual_period(periods))
    outcome = _chosen(asked, "outcome", {one.code: one for one in outcomes}, None)
    page = None
    if period:
        page = who_reported(plan, period, managed, _office(asked, managed), outcome)
    rows = page.rows if page else ()
    context = {
        "plan": plan,
        "periods": [one for one in reversed(periods) if one.has_begun()],
        "period": period,
        "outcomes": outcomes,
        "outcome": outcome,
        "page": page,
        "refused": refused,
        "has_form": refused and any(row.code == refused.code and row.to_remind for row in rows),
    }
    return render(request, "projects/reported.html", context, status=status)


def _chosen(asked: Mapping[str, str], name: str, known: dict[str, Any], usual: Any) -> Any:
    """What the query names; what is not there does not exist (404)."""
    value = asked.get(name, "")
    if value and value not in known:
        raise Http404
    return known.get(value, usual)


def _office(asked: Mapping[str, str], managed: list[Office]) -> Office | None:
    """The office that the query names, else the only one that is managed.

    One that is managed by others is as if it was not there.
    """
    code = asked.get("office", "")
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
    message = request.POST.get("message", "")
    shown = {"period": period.label}
    shown |= {
        name: request.POST[f"shown_{name}"][:20]
        for name in ("office", "outcome")
        if request.POST.get(f"shown_{name}")
    }
    try:
        made = actions.remind(projects=projects, period=period, message=message, by=user)
    except NotAllowed:
        raise
    except DomainError as error:
        row = code or request.POST.get("office", "")
        refused = Refused(str(error.message), row, message)
        return _show(request, found, shown, refused, error.status)
    words = ngettext(
        "The reporters of %(n)s project were reminded; they see it on My work, and in their "
        "next daily e-mail.",
        "The reporters of %(n)s projects were reminded; they see it on My work, and in their "
        "next daily e-mail.",
        len(made),
    )
    messages.success(request, words % {"n": len(made)})
    return redirect(f"{reverse('projects:reported', args=[found.code])}?{urlencode(shown)}")
