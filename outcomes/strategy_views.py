"""Regional strategies and their priorities: written, put in order, withdrawn by their managers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from habitat_tracker.accounts.models import Office
from habitat_tracker.errors import DomainError
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    show_refusal,
    visible_or_404,
)

from . import actions
from .forms import PriorityForm, StrategyForm, WithdrawalForm
from .models import Outcome, RegionalStrategy, StrategyPriority
from .permissions import can_keep_strategy


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def _region(request: HttpRequest, plan: str, code: str) -> tuple[Any, Office]:
    """The plan and the region, for who keeps its strategy."""
    found = plan_or_404(request, plan)
    office = visible_or_404(Office.objects.regions(), request.user, code=code)
    allow(
        can_keep_strategy(person(request), office),
        _("Only a manager of this office or one above it may do this."),
    )
    return found, office


def _strategy(request: HttpRequest, plan: str, code: str) -> tuple[Any, RegionalStrategy]:
    """The strategy of a region; priorities belong to one."""
    found, office = _region(request, plan, code)
    rows = RegionalStrategy.objects.select_related("office", "plan")
    return found, visible_or_404(rows, request.user, plan=found, office=office)


def strategy(request: HttpRequest, plan: str, office: str) -> HttpResponse:
    """Write the strategy of a region; below it stand its priorities."""
    found, region = _region(request, plan, office)
    held = (
        RegionalStrategy.objects.filter(plan=found, office=region)
        .prefetch_related("countries")
        .first()
    )
    form = StrategyForm(request.POST or None, held=held, language=_language(), office=region)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            version = form.cleaned_data["version"]

            def save() -> None:
                actions.save_strategy(
                    plan=found,
                    office=region,
                    said=form.strategy(),
                    by=person(request),
                    version=version if held else version or 0,
                    reason=form.cleaned_data["reason"],
                )

            status = _refused(form, save)
            if not status:
                messages.success(request, _("The strategy was saved."))
                return redirect("reporting:region", plan=found.code, office=region.code)
    priorities = StrategyPriority.objects.filter(strategy=held).current().with_outcomes()
    context = {
        "plan": found,
        "office": region,
        "strategy": held,
        "form": form,
        "priorities": list(priorities) if held else [],
    }
    return render(request, "outcomes/strategy.html", context, status=status)


def add_priority(request: HttpRequest, plan: str, office: str) -> HttpResponse:
    """Add a priority at the end."""
    found, held = _strategy(request, plan, office)
    return _edit(request, found, held, None)


def priority(request: HttpRequest, plan: str, office: str, pk: int) -> HttpResponse:
    """Change a priority that holds."""
    found, held = _strategy(request, plan, office)
    return _edit(request, found, held, _priority(held, pk))


def _priority(strategy: RegionalStrategy, pk: int) -> StrategyPriority:
    rows = StrategyPriority.objects.filter(strategy=strategy).current().with_outcomes()
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    row.strategy = strategy
    return row


def _edit(
    request: HttpRequest,
    plan: Any,
    strategy: RegionalStrategy,
    row: StrategyPriority | None,
    withdrawal: WithdrawalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a priority; `withdrawal` is one that was refused, with what was typed."""
    is_sent = request.method == "POST" and withdrawal is None
    form = PriorityForm(
        request.POST if is_sent else None,
        held=row,
        language=_language(),
        outcomes=Outcome.objects.filter(plan=plan).order_by("position", "code"),
    )
    if is_sent:
        status = 400
        if form.is_valid():

            def save() -> None:
                actions.save_priority(
                    strategy=strategy,
                    priority=row,
                    said=form.priority(),
                    by=person(request),
                    version=form.cleaned_data["version"],
                    reason=form.cleaned_data["reason"],
                )

            status = _refused(form, save)
            if not status:
                messages.success(request, _("The priority was saved."))
                return redirect("reporting:region", plan=plan.code, office=strategy.office.code)
    if withdrawal is None and row is not None:
        withdrawal = WithdrawalForm(initial={"version": row.version})
    context = {
        "plan": plan,
        "office": strategy.office,
        "priority": row,
        "form": form,
        "withdrawal": withdrawal,
    }
    return render(request, "outcomes/priority.html", context, status=status)


def _refused(form: Form, save: Any) -> int:
    """The status of a refusal, told beside its field; 0 where it was saved."""
    try:
        save()
    except DomainError as error:
        add_problems(form, error)
        return error.status
    return 0


@require_POST
def withdraw(request: HttpRequest, plan: str, office: str, pk: int) -> HttpResponse:
    """Take a priority out of its strategy; back to the region."""
    found, held = _strategy(request, plan, office)
    row = _priority(held, pk)
    form, status = WithdrawalForm(request.POST), 400
    if form.is_valid():

        def take_out() -> None:
            actions.withdraw_priority(priority=row, by=person(request), **form.cleaned_data)

        status = _refused(form, take_out)
    if status:
        return _edit(request, found, held, row, form, status)
    messages.success(request, _("The priority was withdrawn."))
    return redirect("reporting:region", plan=found.code, office=held.office.code)


@require_POST
def move(request: HttpRequest, plan: str, office: str, pk: int) -> HttpResponse:
    """Move a priority one place up or down; back to the strategy."""
    found, held = _strategy(request, plan, office)
    row = _priority(held, pk)
    order = list(
        StrategyPriority.objects.filter(strategy=held).current().values_list("pk", flat=True)
    )
    at = order.index(row.pk)
    to = at + (1 if request.POST.get("act") == "down" else -1)
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        try:
            actions.reorder_priorities(strategy=held, order=order, by=person(request))
        except DomainError as error:
            show_refusal(request, error)
    return redirect("regions:strategy", plan=found.code, office=held.office.code)
