"""Set-up of reporting periods, opened and closed with their due dates, and names of themes."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.paging import page_of
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404

from . import actions
from .choices import ReviewSteps
from .filters import ThemeFilter
from .forms import PeriodForm, ThemeForm
from .models import ReportingPeriod, StrategicPlan, Theme


@dataclass(frozen=True)
class PeriodRow:
    """A period with the form in which it is changed; `asked` is the act that was refused."""

    period: ReportingPeriod
    form: PeriodForm
    asked: str = ""

    @property
    def is_overdue(self) -> bool:
        """Open after its last day to report in time."""
        return self.period.is_open and timezone.localdate() > self.period.due


def periods(request: HttpRequest, plan: str) -> HttpResponse:
    """The plan's periods; managers of headquarters close, open and move them."""
    found = plan_or_404(request, plan)
    refused: PeriodRow | None = None
    status = 200
    if request.method == "POST" and request.POST.get("act") == "review":
        steps = request.POST.get("review_steps", "")
        actions.set_review_steps(
            plan=found,
            steps=int(steps) if steps in ("1", "2") else 0,
            reason=request.POST.get("reason", "")[:1000],
            by=person(request),
        )
        messages.success(request, _("How results are reviewed was saved."))
        return redirect("setup:periods", plan=found.code)
    if request.method == "POST":
        label = request.POST.get("period", "")
        period = next((one for one in found.periods.all() if one.label == label), None)
        if period is None:
            raise Http404
        asked, form = request.POST.get("act", ""), PeriodForm(request.POST, prefix=period.label)
        try:
            done = _carry_out(asked, period, form, person(request))
        except NotAllowed:
            raise
        except DomainError as error:
            _tell(form, asked, error)
            refused, status = PeriodRow(period, form, asked), error.status
        else:
            if done:
                messages.success(request, done)
                return redirect("setup:periods", plan=found.code)
            refused, status = PeriodRow(period, form, asked), 400
    rows = [
        refused
        if refused and refused.period.pk == period.pk
        else PeriodRow(period, PeriodForm(prefix=period.label, initial={"due": period.due}))
        for period in found.periods.order_by("-number")
    ]
    context = {
        "plan": found,
        "rows": rows,
        "may_manage": can_manage_plan(person(request)),
        "steps": ReviewSteps.choices,
        "history": ActivityEntry.objects.filter(
            Q(
                target_type=ReportingPeriod._meta.label_lower,
                target_id__in=[str(row.period.pk) for row in rows],
            )
            | Q(target_type=StrategicPlan._meta.label_lower, target_id=str(found.pk))
        ).select_related("actor")[:30],
    }
    return render(request, "plans/periods.html", context, status=status)


def _carry_out(act: str, period: ReportingPeriod, form: PeriodForm, by: User) -> str:
    """Do what was asked; says what was done, or nothing where the form itself is wrong."""
    if not form.is_valid():
        return ""
    reason = form.cleaned_data["reason"]
    if act == "close":
        actions.close_period(period=period, by=by, reason=reason)
        return _("%(period)s is closed.") % {"period": period}
    if act == "reopen":
        actions.reopen_period(period=period, by=by, reason=reason)
        return _("%(period)s is open again.") % {"period": period}
    if act == "due":
        if form.cleaned_data["due"] is None:
            raise InvalidInput.of("due", "missing_date", _("Give the new date."))
        actions.set_due_date(period=period, due=form.cleaned_data["due"], by=by, reason=reason)
        return _("The due date of %(period)s was moved.") % {"period": period}
    raise Http404


def _tell(form: PeriodForm, act: str, error: DomainError) -> None:
    """Put a refusal beside the field that it is about."""
    if isinstance(error, InvalidInput):
        add_problems(form, error)
    elif error.code == "missing_reason":
        form.add_error("reason", str(error.message))
    else:
        form.add_error("due" if act == "due" else None, str(error.message))


def themes(request: HttpRequest, plan: str) -> HttpResponse:
    """What the plan's themes are called, by kind."""
    found = plan_or_404(request, plan)
    rows = Theme.objects.visible_to(person(request)).filter(plan=found)
    filtered = ThemeFilter(request.GET, rows.order_by("kind", "position", "code"), request=request)
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_manage": can_manage_plan(person(request)),
    }
    return render(request, "plans/themes.html", context, status=200 if valid else 400)


def theme(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One theme; managers of headquarters rename it."""
    found = plan_or_404(request, plan)
    user = person(request)
    held = visible_or_404(Theme.objects.filter(plan=found).select_related("plan"), user, pk=pk)
    form, status = ThemeForm(request.POST or None, held=held), 200
    if request.method == "POST":
        allow(can_manage_plan(user), _("Only a manager at headquarters may rename a theme."))
        status = 400
        if form.is_valid():
            try:
                actions.rename_theme(
                    theme=held,
                    said=form.said(),
                    version=form.cleaned_data["version"],
                    reason=form.cleaned_data["reason"],
                    by=user,
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("The theme was saved."))
                return redirect("setup:theme", plan=found.code, pk=held.pk)
    context = {
        "plan": found,
        "theme": held,
        "form": form,
        "may_manage": can_manage_plan(user),
        "history": ActivityEntry.objects.about(held).select_related("actor")[:30],
    }
    return render(request, "plans/theme.html", context, status=status)
