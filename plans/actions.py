"""Writes on plans and their reporting periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.clock import database_now
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.wording import said_day

from .choices import Language, ReviewSteps, Verification
from .models import PlanRevision, ReportingPeriod, StrategicPlan, Theme

SETTINGS = (
    "start",
    "end",
    "due_days",
    "minimum_coverage",
    "on_track_at",
    "delayed_at",
    "decided_on",
    "decided_by",
    "source",
)
LONGEST_NAME, LONGEST_TEXT, LONGEST_SOURCE = 300, 5_000, 300


@dataclass(frozen=True)
class ThemeInput:
    """What a theme is called and what it means, by language, with the document that says so."""

    name: Mapping[str, str]
    text: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    verification: str = ""


@transaction.atomic
def revise_plan(
    *, plan: StrategicPlan, by: User | None, reason: str = "", **settings: Any
) -> PlanRevision:
    """Set dates and settings of a plan; what is the same changes nothing.

    An extension moves no target: targets keep the date they were set with.
    """
    StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    current = PlanRevision.objects.at().filter(plan=plan).first()
    wanted = {name: getattr(current, name) for name in SETTINGS} if current else {}
    wanted.update(settings)
    if current and all(getattr(current, name) == wanted[name] for name in SETTINGS):
        return current
    now = database_now()
    if current:
        current.superseded_at, current.superseded_by = now, by
        current.save(update_fields=["superseded_at", "superseded_by"])
    made = PlanRevision.objects.create(
        plan=plan, recorded_at=now, recorded_by=by, reason=reason, **wanted
    )
    changes = difference(current, made)
    for name in ("plan", "reason"):
        changes.pop(name, None)
    record_activity(by=by, verb="set plan", targets=[plan], reason=reason, changes=changes)
    return made


@transaction.atomic
def add_period(
    *,
    plan: StrategicPlan,
    label: str,
    kind: str,
    start: date,
    end: date,
    due: date | None = None,
    by: User | None = None,
    reason: str = "",
) -> ReportingPeriod:
    """Add the plan's next reporting period; it begins the day after the one before ends."""
    last = plan.periods.order_by("-number").first()
    if last and start != last.end + timedelta(days=1):
        raise DomainError(
            _("Periods follow each other without gap or overlap: %(label)s must begin on %(day)s.")
            % {"label": label, "day": said_day(last.end + timedelta(days=1))},
            "periods_not_contiguous",
        )
    settings = PlanRevision.objects.at().filter(plan=plan).first()
    days = settings.due_days if settings else 15
    made = ReportingPeriod.objects.create(
        plan=plan,
        number=last.number + 1 if last else 1,
        label=label,
        kind=kind,
        start=start,
        end=end,
        due=due or end + timedelta(days=days),
    )
    record_activity(
        by=by, verb="added", targets=[made], reason=reason, changes=difference(None, made)
    )
    return made


@transaction.atomic
def set_review_steps(
    *, plan: StrategicPlan, steps: int, by: User, reason: str = ""
) -> StrategicPlan:
    """Say whether one or two people review a result; what waits follows the new setting at once.

    Raises `not_allowed` and `unknown_review_steps`.
    """
    if not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may set how results are reviewed."))
    if steps not in ReviewSteps.values:
        raise InvalidInput.of(
            "review_steps", "unknown_review_steps", _("A review has one step or two.")
        )
    held = StrategicPlan.objects.select_for_update().get(pk=plan.pk)
    if held.review_steps != steps:
        before = snapshot([held])
        held.review_steps = steps
        held.save(update_fields=["review_steps"])
        record_activity(
            by=by,
            verb="set review steps",
            targets=[held],
            reason=reason,
            changes=before.told([held]),
        )
    return held


def _locked(period: ReportingPeriod, by: User) -> ReportingPeriod:
    if not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may do this to a reporting period."))
    return ReportingPeriod.objects.select_for_update().get(pk=period.pk)


@transaction.atomic
def close_period(*, period: ReportingPeriod, by: User, reason: str = "") -> ReportingPeriod:
    """Close a period: nothing in it is submitted, approved, corrected or withdrawn any more."""
    period = _locked(period, by)
    if not period.has_begun():
        raise DomainError(_("This period has not begun."), "period_not_begun")
    if not period.is_closed:
        before = snapshot([period])
        period.closed_at = timezone.now()
        period.save(update_fields=["closed_at"])
        record_activity(
            by=by, verb="closed", targets=[period], reason=reason, changes=before.told([period])
        )
    return period


@transaction.atomic
def reopen_period(*, period: ReportingPeriod, by: User, reason: str) -> ReportingPeriod:
    """Open a closed period again; a reason is needed and kept."""
    period = _locked(period, by)
    if not reason.strip():
        raise DomainError(_("Say why the period is opened again."), "missing_reason")
    if period.is_closed:
        before = snapshot([period])
        period.closed_at = None
        period.save(update_fields=["closed_at"])
        record_activity(
            by=by, verb="reopened", targets=[period], reason=reason, changes=before.told([period])
        )
    return period


@transaction.atomic
def set_due_date(
    *, period: ReportingPeriod, due: date, by: User, reason: str = ""
) -> ReportingPeriod:
    """Move the last day to report in time; it lies after the period's end."""
    period = _locked(period, by)
    if due <= period.end:
        raise DomainError(_("The due date must lie after the period's end."), "due_before_end")
    if due != period.due:
        before = snapshot([period])
        period.due = due
        period.save(update_fields=["due"])
        record_activity(
            by=by,
            verb="moved due date",
            targets=[period],
            reason=reason,
            changes=before.told([period]),
        )
    return period


@transaction.atomic
def rename_theme(
    *, theme: Theme, said: ThemeInput, by: User, version: int | None = None, reason: str = ""
) -> Theme:
    """Say anew what a theme is called; its code, and so every figure and tag, stays as it is.

    The plan file does not take the name back (`load_plan`). Raises `not_allowed`,
    `version_conflict`, and with every field's problem `missing_name` (in English, as in the plan
    file), `unknown_language`, `too_long` and `unknown_answer`.
    """
    if not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may rename a theme."))
    held = Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)
    check_version(version, held.version)
    problems: list[Problem] = []
    values: dict[str, Any] = {
        "name": _by_language("name", said.name, LONGEST_NAME, problems),
        "text": _by_language("text", said.text, LONGEST_TEXT, problems),
        "source": said.source.strip(),
        "verification": said.verification,
    }
    if Language.EN not in values["name"]:
        text = _("Give the name in English; whoever has no other language reads it.")
        problems.append(Problem("name.en", "missing_name", text))
    if len(values["source"]) > LONGEST_SOURCE:
        problems.append(too_long("source", LONGEST_SOURCE))
    if said.verification and said.verification not in Verification.values:
        text = _("There is no such answer.")
        problems.append(Problem("verification", "unknown_answer", text))
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    for name, value in values.items():
        setattr(held, name, value)
    changes = before.told([held])
    if changes[held]:
        held.version += 1
        held.save(update_fields=[*values, "version"])
        record_activity(by=by, verb="changed", targets=[held], reason=reason, changes=changes)
    return held


def _by_language(
    name: str, texts: Mapping[str, str], most: int, problems: list[Problem]
) -> dict[str, str]:
    """A text in the languages in which there is one."""
    kept = {language: text.strip() for language, text in texts.items() if text.strip()}
    for language, text in kept.items():
        if language not in Language.values:
            told = _("There is no language “%(code)s” here.") % {"code": language[:20]}
            problems.append(Problem(name, "unknown_language", told))
        elif len(text) > most:
            problems.append(too_long(f"{name}.{language}", most))
    return kept
