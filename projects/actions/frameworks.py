"""The global frameworks and targets that a project serves by itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import NotAllowed, check_version
from outcomes.actions import FrameworkInput
from outcomes.actions.frameworks import keep_links, read_links
from projects.models import Project
from projects.permissions import can_describe


@transaction.atomic
def set_project_frameworks(
    *,
    project: Project,
    links: Sequence[FrameworkInput],
    by: User | None,
    version: int | None = None,
    reason: str = "",
) -> Project:
    """Say which frameworks and targets a project serves beyond what it inherits, all of them.

    What is left out is taken away. `by` empty is the system itself. Raises `not_allowed`,
    `version_conflict`, and with every problem `unknown_target`, `given_twice`, `missing_source`,
    `unknown_confidence` and `too_long`.
    """
    if by is not None and not can_describe(by, project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may say what it is about.")
        )
    held = Project.objects.select_for_update(of=("self",)).select_related("plan").get(pk=project.pk)
    check_version(version, held.version)
    wanted = read_links(held.plan, links)
    changes = keep_links(held.frameworks.select_related("theme"), wanted, project=held)
    if changes:
        held.version += 1
        held.save(update_fields=["version"])
        record_activity(
            by=by,
            verb="aligned with frameworks",
            targets=[held],
            reason=reason,
            changes={held: changes},
        )
    return held
