"""Where a project belonged and stood, kept for what is asked as of an earlier moment."""

from __future__ import annotations

from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from projects.choices import Rank
from projects.models import Project, ProjectRevision


def keep_revision(project: Project, by: User | None, reason: str = "") -> None:
    """Date from now on where a project belongs and stands; nothing where that is kept already.

    Each write of its office, flagship, primary outcome or status ends with this. The project is
    as it is stored, and locked by who writes.
    """
    primary = project.alignments.filter(rank=Rank.PRIMARY).values_list("outcome", flat=True)
    values = {
        "office_id": project.office_id,
        "flagship_id": project.flagship_id,
        "outcome_id": primary.first(),
        "status": project.status,
    }
    current = ProjectRevision.objects.at().filter(project=project)
    held = current.values(*values).first()
    if held == values:
        return
    now = database_now()
    if held is not None:
        current.update(superseded_at=now, superseded_by=by)
    ProjectRevision.objects.create(
        project=project, recorded_at=now, recorded_by=by, reason=reason, **values
    )
