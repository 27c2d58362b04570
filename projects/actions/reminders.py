"""Reminding those who report of what they owe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import OfficeRole, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from plans.models import ReportingPeriod
from projects import permissions
from projects.models import Project, ProjectIndicator, Reminder

# A project is reminded of a period once within this time.
PAUSE = timedelta(hours=24)
LONGEST = 1_000


@transaction.atomic
def remind(
    *, projects: Iterable[Project], period: ReportingPeriod, message: str = "", by: User
) -> list[Reminder]:
    """Ask those who report for the projects for what they owe in a period.

    Of several projects only those are reminded that owe something, have somebody to report and
    were not reminded within 24 hours; it is refused where none is left: `nothing_owed`,
    `nobody_to_remind`, `reminded_already`. Raises `too_long` (1,000 characters) and `not_allowed`
    too, for a project that `by` does not manage. The e-mail is the next daily one.
    """
    asked = {project.pk for project in projects}
    held = list(
        Project.objects.select_for_update(of=("self",))
        .filter(pk__in=asked, plan=period.plan_id)
        .select_related("office", "plan")
        .order_by("pk")
    )
    for project in held:
        if not permissions.can_manage(by, project):
            raise NotAllowed(_("Only a manager of this project's office may remind of it."))
    said = message.strip()
    if len(said) > LONGEST:
        raise InvalidInput.of(
            "message",
            "too_long",
            _("A message has %(most)s characters at most; this one has %(length)s.")
            % {"most": LONGEST, "length": len(said)},
        )
    lines: Any = ProjectIndicator.objects.owed(period.plan, timezone.localdate())
    owing = set(
        lines.filter(project__in=[project.pk for project in held], period_id=period.pk).values_list(
            "project", flat=True
        )
    )
    late = [project for project in held if project.pk in owing]
    if not late:
        raise DomainError(
            _("Nothing is owed in %(period)s that can be reported now.") % {"period": period},
            "nothing_owed",
        )
    reporters = reporters_of(late)
    reachable = [project for project in late if reporters[project.pk]]
    if not reachable:
        raise DomainError(
            _("No active reporter is there to be reminded, in this office or above it."),
            "nobody_to_remind",
        )
    recently = set(
        Reminder.objects.since(timezone.now() - PAUSE)
        .filter(period=period, project__in=[project.pk for project in reachable])
        .values_list("project", flat=True)
    )
    fresh = [project for project in reachable if project.pk not in recently]
    if not fresh:
        raise DomainError(
            _("They were reminded of %(period)s within the last 24 hours.") % {"period": period},
            "reminded_already",
        )
    return _send(fresh, reporters, period, said, by)


def _send(
    projects: list[Project],
    reporters: dict[int, list[User]],
    period: ReportingPeriod,
    message: str,
    by: User,
) -> list[Reminder]:
    made = Reminder.objects.bulk_create(
        Reminder(project=project, period=period, message=message, by=by) for project in projects
    )
    Reminder.to.through._default_manager.bulk_create(
        Reminder.to.through(reminder_id=one.pk, user_id=user.pk)
        for one in made
        for user in reporters[one.project_id]
    )
    record_activity(
        by=by,
        verb="reminded",
        targets=[one.project for one in made],
        reason=message,
        period=period.label,
        changes={one.project: {"reminder": [None, str(period)]} for one in made},
    )
    return made


def reporters_of(projects: Iterable[Project]) -> dict[int, list[User]]:
    """Who reports for each project: of its office, or of the nearest above that has anybody.

    One query; the projects come with their office.
    """
    asked = list(projects)
    above = {office for project in asked for office in project.office.chain}
    held: dict[int, list[User]] = defaultdict(list)
    for role in OfficeRole.objects.filter(
        office__in=above, role=Role.REPORTER, user__is_active=True
    ).select_related("user"):
        held[role.office_id].append(role.user)
    return {
        project.pk: next(
            (held[office] for office in reversed(project.office.chain) if held[office]), []
        )
        for project in asked
    }
