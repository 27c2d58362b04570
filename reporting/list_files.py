"""Files of lists and of pages that show one table, as CSV and Excel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import URLPattern

from habitat_tracker.accounts.models import Office, User
from habitat_tracker.clock import end_of_day
from habitat_tracker.web import person, visible_or_404
from outcomes.choices import StatedTopic
from projects import filters, models
from projects.money import forecast_years
from projects.partners import count_partners, usual_window

from .downloads import both, refuse_unclear, stated_of
from .exports.agreements import agreements_table
from .exports.appraisals import appraisals_table
from .exports.core_budget import core_budget_table
from .exports.deferrals import deferrals_table
from .exports.deliverables import deliverables_table
from .exports.feedback import feedback_table
from .exports.flagships import flagships_table
from .exports.forecast import forecast_table
from .exports.frameworks import frameworks_table, targets_table
from .exports.lists import LISTS, list_table
from .exports.partner_contributions import partner_contributions_table
from .exports.partner_count import partner_count_table
from .exports.partners import partners_table
from .exports.priorities import priorities_table
from .exports.projects import projects_table
from .exports.regions import region_table
from .exports.risks import risks_table
from .exports.tables import Table
from .exports.transactions import transactions_table
from .flagships import flagships_page
from .frameworks import framework_page, frameworks_page
from .regions import region_page
from .selection import read_selection


def _list(
    where: str,
    rows: Callable[[Any, User], Any],
    chosen_by: Callable[..., Any],
    table: Callable[..., Table],
    *stated: StatedTopic,
    file: str = "",
) -> list[URLPattern]:
    """The rows of a plan that the reader sees, as the filter of their page chooses them.

    What documents state on the topics `stated` stands beside the table.
    """

    def build(request: HttpRequest, plan: Any) -> Table:
        asked = chosen_by(request.GET, rows(plan, person(request)), request=request)
        refuse_unclear(asked)
        return table(asked, stated_of(request, plan, *stated)) if stated else table(asked)

    return both(where, build, file=file)


def _frameworks(request: HttpRequest, plan: Any) -> Table:
    selection = read_selection(plan, _only(request, "scope"))
    rows = frameworks_page(plan, person(request), selection.scope.office)
    return frameworks_table(selection, rows)


def _targets(request: HttpRequest, plan: Any, code: str) -> Table:
    selection = read_selection(plan, _only(request, "scope", "period", "basis", "as_of"))
    page = framework_page(selection, code, person(request))
    if page is None:
        raise Http404
    return targets_table(selection, page)


def _partner_count(request: HttpRequest, plan: Any) -> Table:
    form = filters.PartnerCountForm(request.GET)
    refuse_unclear(form)
    asked, (start, end) = form.cleaned_data, usual_window(plan.current)
    start, end = asked["start"] or start, asked["end"] or end
    moment = end_of_day(asked["as_of"]) if asked["as_of"] else None
    return partner_count_table(count_partners(plan, start, max(start, end), moment), moment)


def _flagships(request: HttpRequest, plan: Any) -> Table:
    selection = read_selection(plan, _only(request, "period", "basis", "as_of"))
    return flagships_table(selection, flagships_page(selection, person(request)))


def _region(request: HttpRequest, plan: Any, office: str) -> Table:
    shown = visible_or_404(Office.objects.regions(), request.user, code=office)
    selection = read_selection(plan, request.GET.dict() | {"scope": shown.code})
    return region_table(selection, region_page(selection, shown, person(request)))


def _only(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if name in request.GET}


def _forecast(request: HttpRequest, plan: Any) -> Table:
    rows = models.ExpectedIncome.objects.visible_to(person(request)).filter(plan=plan)
    asked = filters.ExpectedIncomeFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return forecast_table(asked, forecast_years(plan))


def _priorities(request: HttpRequest, plan: Any) -> Table:
    return priorities_table(plan, person(request))


urlpatterns = [
    *(
        one
        for listed in LISTS
        for one in _list(listed.name, listed.rows, listed.filter, partial(list_table, listed))
    ),
    *_list(
        "projects",
        lambda plan, user: models.Project.objects.visible_to(user).filter(plan=plan).counted(),
        filters.ProjectFilter,
        projects_table,
    ),
    *_list(
        "deliverables",
        lambda plan, user: models.Deliverable.objects.visible_to(user).of_plan(plan),
        filters.DeliverableFilter,
        deliverables_table,
    ),
    *_list(
        "partners",
        lambda plan, user: models.Partner.objects.visible_to(user).filter(plan=plan),
        filters.PartnerFilter,
        partners_table,
        StatedTopic.PARTNERS,
    ),
    *_list(
        "agreements",
        lambda plan, user: models.Agreement.objects.visible_to(user).of_plan(plan),
        filters.AgreementFilter,
        agreements_table,
    ),
    *_list(
        "contributions",
        lambda plan, user: models.PartnerContribution.objects.visible_to(user).filter(
            project__plan=plan
        ),
        filters.PartnerContributionFilter,
        partner_contributions_table,
    ),
    *_list(
        "partner-feedback",
        lambda plan, user: models.PartnerFeedback.objects.visible_to(user).filter(
            project__plan=plan
        ),
        filters.PartnerFeedbackFilter,
        feedback_table,
    ),
    *_list(
        "appraisals",
        lambda plan, user: models.Appraisal.objects.visible_to(user).filter(
            plan=plan, recalled_at=None
        ),
        filters.AppraisalFilter,
        appraisals_table,
        StatedTopic.APPRAISAL,
    ),
    *_list(
        "risks",
        lambda plan, user: models.Risk.objects.visible_to(user).filter(plan=plan),
        filters.RiskFilter,
        risks_table,
    ),
    *_list(
        "transactions",
        lambda plan, user: models.Transaction.objects.visible_to(user).of_plan(plan),
        filters.TransactionFilter,
        transactions_table,
        file="money",
    ),
    *_list(
        "money/core-budget",
        lambda plan, user: models.CoreBudget.objects.at().visible_to(user).filter(plan=plan),
        filters.CoreBudgetFilter,
        core_budget_table,
        StatedTopic.RESOURCES,
    ),
    *_list(
        "money/deferrals",
        lambda plan, user: models.Deferral.objects.visible_to(user).of_plan(plan),
        filters.DeferralFilter,
        deferrals_table,
    ),
    *both("money/forecast", _forecast),
    *both("partners/count", _partner_count, "partner-count"),
    *both("frameworks", _frameworks),
    *both("frameworks/<str:code>/targets", _targets),
    *both("flagships", _flagships),
    *both("regions/priorities", _priorities),  # before the region of that name
    *both("regions/<str:office>", _region, "region"),
]
