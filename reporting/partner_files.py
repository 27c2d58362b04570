"""Files of partners and money: agreements, contributions, what partners say, core budget."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_safe

from habitat_tracker.web import person, plan_or_404
from outcomes.choices import StatedTopic
from projects.filters import (
    AgreementFilter,
    CoreBudgetFilter,
    DeferralFilter,
    ExpectedIncomeFilter,
    PartnerContributionFilter,
    PartnerFeedbackFilter,
)
from projects.models import (
    Agreement,
    CoreBudget,
    Deferral,
    ExpectedIncome,
    PartnerContribution,
    PartnerFeedback,
)
from projects.money import forecast_years

from .downloads import as_file, refuse_unclear, stated_of
from .exports.agreements import agreements_table
from .exports.core_budget import core_budget_table
from .exports.deferrals import deferrals_table
from .exports.feedback import feedback_table
from .exports.forecast import forecast_table
from .exports.partner_contributions import partner_contributions_table


@require_safe
def agreements_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """Agreements as a file, filtered as on their page."""
    found = plan_or_404(request, plan)
    rows = Agreement.objects.visible_to(person(request)).of_plan(found)
    asked = AgreementFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return as_file(agreements_table(asked), _named("agreements", kind), kind)


@require_safe
def contributions_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """What partners contribute as a file, filtered as in the API."""
    found = plan_or_404(request, plan)
    rows = PartnerContribution.objects.visible_to(person(request)).filter(project__plan=found)
    asked = PartnerContributionFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return as_file(partner_contributions_table(asked), _named("contributions", kind), kind)


@require_safe
def feedback_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """What partners say and the reader may see as a file, filtered as in the API."""
    found = plan_or_404(request, plan)
    rows = PartnerFeedback.objects.visible_to(person(request)).filter(project__plan=found)
    asked = PartnerFeedbackFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return as_file(feedback_table(asked), _named("partner-feedback", kind), kind)


@require_safe
def core_budget_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """The core budget year by year as a file."""
    found = plan_or_404(request, plan)
    rows: Any = CoreBudget.objects.at().visible_to(person(request)).filter(plan=found)
    asked = CoreBudgetFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    table = core_budget_table(asked, stated_of(request, found, StatedTopic.RESOURCES))
    return as_file(table, _named("core-budget", kind), kind)


@require_safe
def forecast_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """Expected income as a file, filtered as on its page."""
    found = plan_or_404(request, plan)
    rows: Any = ExpectedIncome.objects.visible_to(person(request)).filter(plan=found)
    asked = ExpectedIncomeFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return as_file(forecast_table(asked, forecast_years(found)), _named("forecast", kind), kind)


@require_safe
def deferrals_file(request: HttpRequest, plan: str, kind: str) -> FileResponse:
    """Outcomes that are or were put off as a file, filtered as on their page."""
    found = plan_or_404(request, plan)
    rows: Any = Deferral.objects.visible_to(person(request)).of_plan(found)
    asked = DeferralFilter(request.GET, rows, request=request)
    refuse_unclear(asked)
    return as_file(deferrals_table(asked), _named("deferrals", kind), kind)


def _named(what: str, kind: str) -> str:
    return f"{what}-{timezone.localdate()}.{kind}"
