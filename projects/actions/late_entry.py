"""Letting a project report late: work in a period that was closed."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, prefixed, text_of
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem
from habitat_tracker.wording import said_day
from plans.models import ReportingPeriod
from projects.models import LateEntry, Project

# A late entry is for weeks, not for good; who needs longer opens the period again.
LONGEST = timedelta(days=60)


@transaction.atomic
def allow_late_entry(
    *, project: Project, period: ReportingPeriod, until: date | None, reason: str, by: User
) -> LateEntry:
    """Let a project work in a closed period until the end of a day, at most 60 days from now.

    Raises `period_not_closed`, `late_entry_standing`, `missing_reason`, `missing_date`,
    `date_out_of_range` and `not_allowed`.
    """
    if not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may let a project report late."))
    held = ReportingPeriod.objects.select_for_update().get(pk=period.pk)
    if held.plan_id != project.plan_id:
        raise InvalidInput.of(
            "period", "unknown_period", _("There is no such period in this plan.")
        )
    problems = []
    today = timezone.localdate()
    if not reason.strip():
        problems.append(
            Problem("reason", "missing_reason", _("Say why the project may report late."))
        )
    if until is None:
        problems.append(Problem("until", "missing_date", _("Say until when.")))
    elif not today <= until <= today + LONGEST:
        problems.append(
            Problem(
                "until",
                "date_out_of_range",
                _("Choose a day from today to %(day)s.") % {"day": said_day(today + LONGEST)},
            )
        )
    if problems or until is None:
        raise InvalidInput(problems)
    if not held.is_closed:
        raise DomainError(
            _("%(period)s is not closed; everybody can report in it.") % {"period": held},
            "period_not_closed",
        )
    standing = LateEntry.objects.select_for_update().filter(
        project=project, period=held, ended_at__isnull=True
    )
    for entry in standing:
        if entry.is_in_force:
            raise DomainError(
                _("%(project)s may report late in %(period)s already; end that first.")
                % {"project": project.code, "period": held},
                "late_entry_standing",
            )
        entry.ended_at = timezone.now()  # its day has passed
        entry.save(update_fields=["ended_at"])
        _record_end(entry, by)
    made = LateEntry.objects.create(
        project=project, period=held, until=until, reason=reason.strip(), granted_by=by
    )
    record_activity(
        by=by,
        verb="allowed late entry",
        targets=[project, held],
        reason=made.reason,
        project=project.code,
        period=held.label,
        until=str(until),
        changes=prefixed("late_entry", difference(None, made)),
    )
    return made


@transaction.atomic
def end_late_entry(*, entry: LateEntry, by: User, reason: str = "") -> LateEntry:
    """End a late entry before its day; ended once, it stays ended."""
    if not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may end this."))
    held = (
        LateEntry.objects.select_for_update(of=("self",))
        .select_related("project", "period")
        .get(pk=entry.pk)
    )
    if held.ended_at is None:
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])
        _record_end(held, by, reason)
    return held


def _record_end(entry: LateEntry, by: User, reason: str = "") -> None:
    """It is over for the project and in the period."""
    record_activity(
        by=by,
        verb="ended late entry",
        targets=[entry.project, entry.period],
        reason=reason,
        project=entry.project.code,
        period=entry.period.label,
        changes={"late_entry.ended_at": [None, text_of(entry.ended_at)]},
    )
