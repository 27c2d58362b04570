"""The register of risks with its heat map; one of them, entered, rated anew and closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError
from habitat_tracker.paging import page_of
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from projects import actions
from projects.choices import Register
from projects.filters import RiskFilter
from projects.forms import RiskCloseForm, RiskForm
from projects.models import Project, Risk
from projects.risk_map import RATINGS, heat_map

from .saved_views import kept_views

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_safe
def risks(request: HttpRequest, plan: str) -> HttpResponse:
    """Risks, the gravest first, and the heat map of the open ones among those asked for."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = (
        Risk.objects.visible_to(user)
        .filter(plan=found)
        .select_related("project", "outcome", "office", "owner")
        .order_by("-score", "-pk")
    )
    filtered = RiskFilter(request.GET, rows, request=request)
    project = filtered.form.fields["project"]
    project.widget = project.hidden_widget()
    valid = filtered.is_valid()
    asked = filtered.qs if valid else rows.none()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(asked, request),
        "map": heat_map(asked),
        "kept_by_map": _kept_by_map(request, filtered),
        "ratings": RATINGS,
        "project": filtered.form.cleaned_data.get("project") if valid else None,
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_add": can_manage_plan(user),
        **kept_views(request, found, Register.RISKS),
    }
    return render(request, "projects/risks.html", context, status=200 if valid else 400)


def _kept_by_map(request: HttpRequest, filtered: RiskFilter) -> QueryDict:
    """The page's filters that the links of the map keep; its numbers are of open risks only."""
    kept = QueryDict(mutable=True)
    for name in filtered.filters:
        value = request.GET.get(name, "")
        if value and (name, value) != ("state", "all"):
            kept[name] = value
    return kept


def _found(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Risk]:
    its_plan = plan_or_404(request, plan)
    rows = Risk.objects.select_related("project__office", "outcome", "office", "owner")
    return its_plan, visible_or_404(rows, request.user, plan=its_plan, pk=pk)


@require_http_methods(READ_AND_SEND)
def risk(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One risk, with its history; closing it."""
    its_plan, shown = _found(request, plan, pk)
    user = person(request)
    form, status = RiskCloseForm(request.POST or None), 200
    if request.method == "POST":
        if request.POST.get("act") != "close":
            raise Http404
        status = 400
        if form.is_valid():
            try:
                actions.close_risk(risk=shown, reason=form.cleaned_data["reason"], by=user)
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("“%(title)s” was closed.") % {"title": shown.title})
                return redirect("projects:risk", plan=its_plan.code, pk=shown.pk)
    context = {
        "plan": its_plan,
        "shown": shown,
        "form": form,
        "may_change": shown.is_open and actions.may_keep_risks(user, shown.project),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:20],
    }
    return render(request, "projects/risk.html", context, status=status)


@require_http_methods(READ_AND_SEND)
def add_risk(request: HttpRequest, plan: str, code: str = "") -> HttpResponse:
    """Enter a risk of a project, or of an outcome or the plan."""
    found = plan_or_404(request, plan)
    project = None
    if code:
        rows = Project.objects.select_related("office", "plan")
        project = visible_or_404(rows, request.user, plan=found, code=code)
    return _edit(request, found, project, None)


@require_http_methods(READ_AND_SEND)
def change_risk(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Rate and describe a risk anew."""
    found, held = _found(request, plan, pk)
    return _edit(request, found, held.project, held)


def _edit(
    request: HttpRequest, plan: Any, project: Project | None, held: Risk | None
) -> HttpResponse:
    user = person(request)
    allow(actions.may_keep_risks(user, project), _("You may not keep these risks."))
    form = RiskForm(request.POST or None, plan=plan, project=project, held=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            seen = whole_number(request.POST.get("version", ""), None)
            try:
                saved = actions.save_risk(
                    plan=plan,
                    entered=form.entered(),
                    by=user,
                    risk=held,
                    version=seen if held else None,
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("“%(title)s” was saved.") % {"title": saved.title})
                return redirect("projects:risk", plan=plan.code, pk=saved.pk)
    context = {"plan": plan, "project": project, "held": held, "form": form}
    return render(request, "projects/risk_edit.html", context, status=status)
