"""Pages of figures."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.web import plan_or_404, plans_of


def home(request: HttpRequest) -> HttpResponse:
    """The plan that the site opens on: the newest real one."""
    plans = plans_of(request)
    if not plans:
        raise Http404(_("No plan has been loaded yet."))
    return redirect("reporting:plan", plan=plans[0].code)


def plan(request: HttpRequest, plan: str) -> HttpResponse:
    """The plan's own page."""
    return render(request, "reporting/plan.html", {"plan": plan_or_404(request, plan)})
