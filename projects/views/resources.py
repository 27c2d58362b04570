"""The core budget of the plan, and the outcomes that are put off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError
from habitat_tracker.fields import plain
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects import actions
from projects.filters import DeferralFilter
from projects.forms import CoreBudgetForm, DeferralForm
from projects.models import CoreBudget, Deferral


def core_budget(request: HttpRequest, plan: str) -> HttpResponse:
    """The core budget year by year; managers of headquarters set it."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = list(CoreBudget.objects.at().visible_to(user).filter(plan=found).order_by("year"))
    form, status = CoreBudgetForm(initial=_of_year(rows, request.GET.get("year", ""))), 200
    if request.method == "POST":
        allow(can_manage_plan(user), _("Only a manager at headquarters may set the core budget."))
        form, status = CoreBudgetForm(request.POST), 400
        if form.is_valid():
            try:
                actions.set_core_budget(
                    plan=found, entered=form.entered(), by=user, seen=form.cleaned_data["seen"]
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("The core budget is set."))
                return redirect("projects:core_budget", plan=found.code)
    context = {
        "plan": found,
        "core": rows,
        "form": form,
        "may_manage": can_manage_plan(user),
        "stated": StatedFigure.objects.visible_to(user).on(found, StatedTopic.RESOURCES),
    }
    return render(request, "projects/core_budget.html", context, status=status)


def _of_year(rows: list[CoreBudget], asked: str) -> dict[str, Any]:
    """What the form begins with where a year is to be changed."""
    for one in rows:
        if str(one.year) == asked:
            numbers = {name: plain(getattr(one, name)) for name in ("approved", "received")}
            return {
                "seen": one.pk,
                "year": one.year,
                **numbers,
                "risk_below": plain(one.risk_below),
                "source": one.source,
                "note": one.note,
            }
    return {}


def deferrals(request: HttpRequest, plan: str) -> HttpResponse:
    """The outcomes that are put off; managers of headquarters put off and take up again."""
    found = plan_or_404(request, plan)
    user = person(request)
    form, status = DeferralForm(plan=found), 200
    if request.method == "POST":
        allow(can_manage_plan(user), _("Only a manager at headquarters may put an outcome off."))
        form, status = DeferralForm(request.POST, plan=found), 400
        if form.is_valid():
            try:
                actions.defer_outcome(**form.cleaned_data, by=user)
            except DomainError as error:
                add_problems(form, error)
            else:
                messages.success(request, _("The outcome is put off."))
                return redirect("projects:deferrals", plan=found.code)
    rows = Deferral.objects.visible_to(user).of_plan(found).with_what_followed()
    filtered = DeferralFilter(request.GET, rows, request=request)
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "deferrals": filtered.qs if valid else rows.none(),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "query": request.GET.urlencode(),
        "form": form,
        "may_manage": can_manage_plan(user),
    }
    if not valid and status == 200:
        status = 400
    return render(request, "projects/deferrals.html", context, status=status)


@require_POST
def end_deferral(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Take the work on an outcome up again."""
    found = plan_or_404(request, plan)
    user = person(request)
    held = visible_or_404(Deferral.objects.filter(outcome__plan=found), user, pk=pk)
    actions.end_deferral(deferral=held, by=user)
    messages.success(request, _("The outcome is taken up again."))
    return redirect("projects:deferrals", plan=found.code)
