"""The core budget of the plan, and the outcomes that are put off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError
from habitat_tracker.fields import plain
from habitat_tracker.paging import page_of
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects import actions
from projects.choices import Likelihood
from projects.filters import DeferralFilter, ExpectedIncomeFilter
from projects.forms import CoreBudgetForm, DeferralForm, ForecastForm, WithdrawalForm
from projects.models import CoreBudget, Deferral, ExpectedIncome
from projects.money import forecast_years


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


def forecast(request: HttpRequest, plan: str) -> HttpResponse:
    """The income that is expected, year by year; managers of headquarters record it."""
    found = plan_or_404(request, plan)
    user = person(request)
    may_manage = can_manage_plan(user)
    form, status = ForecastForm(plan=found), 200
    if request.method == "POST":
        allow(may_manage, _("Only a manager at headquarters may record expected income."))
        form, status = ForecastForm(request.POST, plan=found), 400
        if form.is_valid():
            try:
                actions.expect_income(plan=found, entered=form.entered(), by=user)
            except DomainError as error:
                add_problems(form, error)
            else:
                messages.success(request, _("The expected income is recorded."))
                return redirect("projects:forecast", plan=found.code)
    rows = ExpectedIncome.objects.visible_to(user).filter(plan=found).with_names()
    filtered = ExpectedIncomeFilter(request.GET, rows.order_by("year", "pk"), request=request)
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "years": forecast_years(found),
        "likelihoods": Likelihood.labels,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "query": request.GET.urlencode(),
        "form": form,
        "may_manage": may_manage,
    }
    if not valid and status == 200:
        status = 400
    return render(request, "projects/forecast.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def expected_income(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One expected income with what became of it; managers of headquarters withdraw it."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = ExpectedIncome.objects.filter(plan=found).with_names()
    shown = visible_or_404(rows, user, pk=pk)
    may_manage = can_manage_plan(user)
    form, status = WithdrawalForm(), 200
    if request.method == "POST":
        allow(may_manage, _("Only a manager at headquarters may record expected income."))
        form, status = WithdrawalForm(request.POST), 400
        if form.is_valid():
            try:
                actions.withdraw_expected_income(
                    expected=shown, reason=form.cleaned_data["reason"], by=user
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("It is withdrawn."))
                return redirect("projects:forecast", plan=found.code)
    context = {"plan": found, "shown": shown, "form": form, "may_manage": may_manage}
    return render(request, "projects/expected_income.html", context, status=status)
