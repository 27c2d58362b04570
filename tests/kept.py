"""Whether what is kept for earlier moments says of now what the rows themselves say."""

from __future__ import annotations

from projects.choices import Rank
from projects.models import Alignment, Project, ProjectRevision


def projects_kept_otherwise() -> list[str]:
    """The codes of projects whose current revision is missing or says something else."""
    primary = dict(Alignment.objects.filter(rank=Rank.PRIMARY).values_list("project", "outcome"))
    columns = ("office", "flagship", "status")
    kept = {
        project: values
        for project, *values in ProjectRevision.objects.at().values_list(
            "project", *columns, "outcome"
        )
    }
    rows = Project.objects.values_list("pk", "code", *columns)
    return [code for pk, code, *own in rows if kept.get(pk) != [*own, primary.get(pk)]]
