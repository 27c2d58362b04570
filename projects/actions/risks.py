"""The register of risks: entered, rated anew, closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects.choices import RiskCategory, RiskResponse
from projects.models import Project, Risk
from projects.permissions import can_describe

LONGEST_TEXT = 5_000


@dataclass(frozen=True)
class RiskInput:
    """What somebody entered of a risk; of an outcome, of a project, or else of the plan."""

    title: str
    category: str
    likelihood: object
    impact: object
    response: str
    owner: User | None
    review_by: date | None
    description: str = ""
    measures: str = ""
    outcome: Outcome | None = None
    project: Project | None = None


def may_keep_risks(user: User, project: Project | None) -> bool:
    """Of a project: its office's reporters and managers; of outcome or plan: headquarters'
    managers.
    """
    return can_describe(user, project) if project else can_manage_plan(user)


@transaction.atomic
def save_risk(
    *,
    plan: StrategicPlan,
    entered: RiskInput,
    by: User,
    risk: Risk | None = None,
    version: int | None = None,
) -> Risk:
    """Enter a risk, or rate and describe one anew; what it is of stays as it is.

    Raises `not_allowed`, `version_conflict`, `already_closed`, and with every field's problem
    `missing_title`, `unknown_category`, `unknown_response`, `rating_out_of_range` (1 to 5),
    `missing_measures` (of what is reduced, shared or avoided), `missing_owner`,
    `inactive_person`, `missing_date`, `date_in_past`, `outcome_and_project`, `other_plan` and
    `too_long`.
    """
    held = _held(risk, version) if risk else None
    project = held.project if held else entered.project
    _check_may(by, project)
    if held is not None and not held.is_open:
        raise DomainError(_("This risk was closed."), "already_closed")
    problems: list[Problem] = []
    ratings = {
        name: _rating(getattr(entered, name), name, problems) for name in ("likelihood", "impact")
    }
    problems += _wrong(plan, entered, held)
    if problems:
        raise InvalidInput(problems)
    assert entered.owner is not None and entered.review_by is not None
    before = snapshot([held])
    row = held or Risk(
        plan=plan,
        outcome=entered.outcome,
        project=project,
        office=project.office if project else Office.objects.get(parent=None),
        entered_by=by,
        version=0,
    )
    row.title, row.description = " ".join(entered.title.split()), entered.description.strip()
    row.category, row.response = entered.category, entered.response
    row.measures, row.owner = entered.measures.strip(), entered.owner
    row.review_by = entered.review_by
    row.likelihood, row.impact = ratings["likelihood"], ratings["impact"]
    row.score = row.likelihood * row.impact
    row.version += 1
    row.save()
    told = before.told([row])
    if told[row]:
        verb = "changed" if held else "added"
        record_activity(by=by, verb=verb, targets=[row], changes=told)
    return row


@transaction.atomic
def close_risk(*, risk: Risk, reason: str, by: User, version: int | None = None) -> Risk:
    """Close a risk that is over or has come true; it is kept, with the reason.

    Raises `not_allowed`, `version_conflict`, `missing_reason` and `already_closed`.
    """
    held = _held(risk, version)
    _check_may(by, held.project)
    if not held.is_open:
        raise DomainError(_("This risk was closed."), "already_closed")
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why."))
    before = snapshot([held])
    held.closed_at, held.close_reason = timezone.now(), reason.strip()[:LONGEST_TEXT]
    held.version += 1
    held.save(update_fields=["closed_at", "close_reason", "version"])
    record_activity(
        by=by,
        verb="closed a risk",
        targets=[held],
        reason=held.close_reason,
        changes=before.told([held]),
    )
    return held


def _held(risk: Risk, version: int | None) -> Risk:
    held: Risk = (
        Risk.objects.select_for_update(of=("self",))
        .select_related("project__office", "office")
        .get(pk=risk.pk)
    )
    check_version(version, held.version)
    return held


def _check_may(by: User, project: Project | None) -> None:
    if not may_keep_risks(by, project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may keep its risks.")
            if project
            else _("Only a manager at headquarters may keep the risks of the plan.")
        )


def _rating(written: object, name: str, problems: list[Problem]) -> int:
    text = str(written).strip()
    if text in ("1", "2", "3", "4", "5"):
        return int(text)
    problems.append(Problem(name, "rating_out_of_range", _("Rate it from 1 to 5.")))
    return 1


def _wrong(plan: StrategicPlan, entered: RiskInput, held: Risk | None) -> list[Problem]:
    problems: list[Problem] = []

    def say(field: str, code: str, text: str) -> None:
        problems.append(Problem(field, code, text))

    if not entered.title.strip():
        say("title", "missing_title", _("Say in a few words what may happen."))
    if entered.category not in RiskCategory.values:
        say("category", "unknown_category", _("There is no such category."))
    if entered.response not in RiskResponse.values:
        say("response", "unknown_response", _("There is no such response."))
    elif entered.response != RiskResponse.ACCEPT and not entered.measures.strip():
        say("measures", "missing_measures", _("Say what is done about it."))
    for name, most in (("title", 200), ("description", LONGEST_TEXT), ("measures", LONGEST_TEXT)):
        if len(getattr(entered, name)) > most:
            problems.append(too_long(name, most))
    if entered.owner is None:
        say("owner", "missing_owner", _("Name who answers for it."))
    elif not entered.owner.is_active:
        say("owner", "inactive_person", _("This account is not active."))
    if entered.review_by is None:
        say("review_by", "missing_date", _("Say by when it is looked at again."))
    elif entered.review_by < timezone.localdate() and (
        held is None or held.review_by != entered.review_by
    ):
        say("review_by", "date_in_past", _("This day has passed."))
    if held is None and entered.outcome and entered.project:
        text = _("A risk is of an outcome or of a project.")
        say("project", "outcome_and_project", text)
    for name in ("outcome", "project"):
        what = getattr(entered, name)
        if what is not None and what.plan_id != plan.pk:
            say(name, "other_plan", _("It belongs to another plan."))
    return problems
