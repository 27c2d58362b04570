"""Pages of figures: the plan, its outcomes and indicators, and why a number is what it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from habitat_tracker.accounts.permissions import can_audit, can_manage_plan
from habitat_tracker.errors import InvalidInput
from habitat_tracker.paging import page_of
from habitat_tracker.web import allow, person, plan_or_404, plans_of, visible_or_404
from outcomes.actions import override_status, rebuild_figures
from outcomes.choices import TOTAL, StatedTopic
from outcomes.models import Indicator
from outcomes.permissions import (
    can_align_indicators,
    can_judge_status,
    can_rebuild_figures,
    can_watch_figures,
)
from outcomes.rollup.state import differences_by_plan
from plans.models import StrategicPlan
from projects.models import Deferral
from projects.money import money_summary
from projects.permissions import can_load_money
from projects.waiting import plan_to_work_on, works_on_results_only

from . import charts, lineage, pages, words
from .audit import AuditFilter, acts_on, audit_table, record_or_404
from .downloads import as_file, refuse_unclear, stated_of
from .exports.contributions import contributions_table, file_name
from .exports.money import money_table
from .exports.tables import Table
from .flagships import flagships_page
from .forms import JudgementForm, MoneyForm
from .frameworks import indicator_alignment
from .money import money_page
from .operations import operations_page
from .selection import Selection, read_selection

ON_A_PAGE = 100


def _selection(request: HttpRequest, code: str) -> Selection:
    """The plan of the address and what its query selects."""
    return read_selection(plan_or_404(request, code), request.GET.dict())


def _show(
    request: HttpRequest,
    template: str,
    selection: Selection,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A page of figures; never kept by the browser, since figures move."""
    response = render(
        request,
        template,
        {"selection": selection, "plan": selection.plan, **context},
        status=status,
    )
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The page that the site opens on: the newest real plan.

    For those who report or review and do no more it is their work, in the newest plan in which
    something waits for them.
    """
    plans = plans_of(request)
    if not plans:
        raise Http404(_("No plan has been loaded yet."))
    user = person(request)
    if works_on_results_only(user):
        plan = plan_to_work_on(user, plans) or plans[0]
        return redirect("projects:my_work", plan=plan.code)
    return redirect("reporting:plan", plan=plans[0].code)


@require_safe
def plan(request: HttpRequest, plan: str) -> HttpResponse:
    """The plan at a glance: headlines, domains, outcomes."""
    selection = _selection(request, plan)
    user = person(request)
    page = pages.plan_page(selection, user)
    found = differences_by_plan([selection.plan.pk]) if can_watch_figures(user) else {}
    return _show(
        request,
        "reporting/plan.html",
        selection,
        page=page,
        updating=page.updating,
        differences=found.get(selection.plan.pk, 0),
        deferrals=list(Deferral.objects.at(selection.moment).of_plan(selection.plan)),
    )


@require_safe
def about(request: HttpRequest, plan: str) -> HttpResponse:
    """What the plan rests on: mandates, approvals, its extension, themes, with their sources."""
    shown = plan_or_404(request, plan)
    page = pages.about_page(shown, person(request))
    return render(request, "reporting/about.html", {"plan": shown, "page": page})


@require_safe
def operations(request: HttpRequest, plan: str) -> HttpResponse:
    """How the engine is doing, for managers and administrators."""
    shown, user = plan_or_404(request, plan), person(request)
    allow(
        can_watch_figures(user),
        _("Only managers and administrators see how the engine is doing."),
    )
    context = {
        "plan": shown,
        "page": operations_page(shown),
        "may_rebuild": can_rebuild_figures(user),
    }
    return render(request, "reporting/operations.html", context)


@require_POST
def rebuild(request: HttpRequest, plan: str) -> HttpResponse:
    """Have all figures of the plan computed again; pages say "updating" until it is done."""
    shown = plan_or_404(request, plan)
    rebuild_figures(plan=shown, by=person(request))
    messages.success(request, _("All figures are being computed again."))
    return redirect("reporting:operations", plan=shown.code)


@require_safe
def outcome(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """One outcome: how it is doing, where, since when."""
    selection = _selection(request, plan)
    page = pages.outcome_page(selection, code, person(request))
    if page is None:
        raise Http404(_("There is no outcome “%(code)s” in this plan.") % {"code": code})
    return _show(
        request,
        "reporting/outcome.html",
        selection,
        page=page,
        updating=page.updating,
        trends=[(trend, charts.summary(trend)) for trend in page.trends if trend.is_drawn],
        deferral=Deferral.objects.at(selection.moment).filter(outcome=page.outcome).first(),
    )


@require_safe
def indicator(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """One indicator: its method in words, its figures by period, office, country and category."""
    return _indicator(request, _selection(request, plan), code, JudgementForm())


@require_POST
def judge(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """A reviewer judges the status of what is selected otherwise, or takes that back."""
    selection = _selection(request, plan)
    found = visible_or_404(Indicator.objects.filter(plan=selection.plan), request.user, code=code)
    form = JudgementForm(request.POST)
    if form.is_valid():
        try:
            override_status(
                indicator=found,
                scope=selection.scope.number,
                period=selection.period.number,
                basis=selection.basis,
                status=form.cleaned_data["status"] or None,
                reason=form.cleaned_data["reason"],
                by=person(request),
            )
        except InvalidInput as refused:
            form.add_error("reason", refused.message)
        else:
            messages.success(request, _("Your judgement is shown beside what the rule says."))
            address = reverse("reporting:indicator", args=[selection.plan.code, found.code])
            return redirect(address + selection.query)
    return _indicator(request, selection, code, form, status=400)


def _indicator(
    request: HttpRequest, selection: Selection, code: str, form: JudgementForm, status: int = 200
) -> HttpResponse:
    page = pages.indicator_page(selection, code, person(request))
    if page is None:
        raise Http404(_("There is no indicator “%(code)s” in this plan.") % {"code": code})
    return _show(
        request,
        "reporting/indicator.html",
        selection,
        page=page,
        indicator=page.row.indicator,
        updating=page.updating,
        method=words.method(page.row.indicator),
        summary=charts.summary(page.trend),
        judgement=form,
        alignment=indicator_alignment(page.row.indicator),
        may_align=can_align_indicators(person(request)),
        may_judge=selection.moment is None
        and can_judge_status(person(request), selection.scope.number),
        status=status,
    )


@require_safe
def trend(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """The chart of an indicator as a picture; drawn again only when its figures have moved."""
    selection = _selection(request, plan)
    found = visible_or_404(Indicator.objects.filter(plan=selection.plan), request.user, code=code)
    small = request.GET.get("size") == "small"
    return charts.picture(request, charts.trend_spec(pages.trend_of(selection, found), small=small))


@require_safe
def why(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Why this number: the formula, every contribution, and what was left out."""
    page = max(1, int(number)) if (number := request.GET.get("page", "1")).isdecimal() else 1
    window = slice((page - 1) * ON_A_PAGE, page * ON_A_PAGE)
    selection, explanation = _explain(request, plan, code, window)
    return _show(
        request,
        "reporting/why.html",
        selection,
        indicator=explanation.indicator,
        explanation=explanation,
        contributions=Paginator(explanation.contributions, ON_A_PAGE).get_page(page),
        first=lineage.FIRST,
        updating=explanation.updating,
    )


@require_safe
def contributions(request: HttpRequest, plan: str, code: str, kind: str) -> FileResponse:
    """Every contribution of a figure as a file, for the same selection as the page."""
    # The rows get their names while they are written, so many at a time.
    selection, explanation = _explain(request, plan, code, slice(0, 0))
    return as_file(
        contributions_table(explanation, selection), file_name(explanation, selection, kind), kind
    )


def audit(request: HttpRequest, plan: str) -> HttpResponse:
    """What was done in the offices that the reader looks after; a fixed number of queries."""
    found = plan_or_404(request, plan)
    asked = _asked_audit(request)
    context = {
        "plan": found,
        "filter": asked,
        "page": page_of(asked.acts(), request),
        "is_filtered": any(request.GET.get(name) for name in asked.fields),
        "query": request.GET.urlencode(),
    }
    return render(request, "reporting/audit.html", context, status=400 if asked.errors else 200)


def audit_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """The same acts as a table, a row for each field that changed."""
    asked = _asked_audit(request)
    refuse_unclear(asked)
    return audit_table(asked)


def _asked_audit(request: HttpRequest) -> AuditFilter:
    user = person(request)
    allow(can_audit(user), _("Only managers and administrators read what others did."))
    return AuditFilter(request.GET, user=user)


@require_safe
def money(request: HttpRequest, plan: str) -> HttpResponse:
    """What projects may spend, received and spent, by what it is for; the core budget."""
    found = plan_or_404(request, plan)
    user = person(request)
    form = MoneyForm(request.GET, plan=found)
    valid = form.is_valid()
    page = money_page(found, form.asked() if valid else {}, user)
    context = {
        "plan": found,
        "form": form,
        "page": page,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "query": request.GET.urlencode(),
        "may_manage": can_manage_plan(user),
        "may_load": can_load_money(user),
    }
    return render(request, "reporting/money.html", context, status=200 if valid else 400)


def money_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """The same money as a table, a row for each part of each cut."""
    form = MoneyForm(request.GET, plan=plan)
    refuse_unclear(form)
    stated = stated_of(request, plan, StatedTopic.RESOURCES, StatedTopic.DEFERRAL)
    return money_table(money_summary(plan, **form.asked()), form, stated)


@require_safe
def flagships(request: HttpRequest, plan: str) -> HttpResponse:
    """The flagship programmes: what they serve, their projects, money and progress."""
    selection = read_selection(plan_or_404(request, plan), request.GET.dict() | {"scope": ""})
    context = {
        "plan": selection.plan,
        "selection": selection,
        "page": flagships_page(selection, person(request)),
    }
    return render(request, "reporting/flagships.html", context)


def history(request: HttpRequest, plan: str, kind: str, key: int) -> HttpResponse:
    """Everything that was done to one record, for whoever sees the record."""
    found = plan_or_404(request, plan)
    user = person(request)
    record = record_or_404(user, found, kind, key)
    context = {
        "plan": found,
        "record": record,
        "kind": record._meta.label_lower,
        "page": page_of(acts_on(user, record), request),
    }
    return render(request, "reporting/history.html", context)


def _explain(
    request: HttpRequest, plan: str, code: str, window: slice
) -> tuple[Selection, lineage.Explanation]:
    """What the address selects of an indicator that the reader sees, and what it is made of."""
    selection = _selection(request, plan)
    found = visible_or_404(
        Indicator.objects.filter(plan=selection.plan).select_related("outcome__domain"),
        request.user,
        code=code,
    )
    cell = request.GET.get("cell", TOTAL)
    if cell and cell not in lineage.cells_of(found):
        raise InvalidInput.of(
            "cell",
            "unknown_cell",
            _("“%(cell)s” is no category of this indicator.") % {"cell": cell[:40]},
        )
    return selection, lineage.explain(
        found,
        scope=selection.scope.number,
        period=selection.period,
        basis=selection.basis,
        cell=cell,
        moment=selection.moment,
        user=request.user,
        settings=selection.settings,
        window=window,
    )
