"""The catalogue of services and tools, and how many projects use each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan, Theme
from projects.models import Project, ProjectTheme


@dataclass(frozen=True)
class CatalogueRow:
    """A service or tool and the number of projects that say they use it."""

    tool: Theme
    projects: int


def catalogue(plan: StrategicPlan, tools: Any, user: User) -> list[CatalogueRow]:
    """The services and tools asked for, the most used first, else as the plan lists them.

    Two queries. Projects are counted as in the tables of what projects are about.
    """
    projects = Project.objects.visible_to(user).filter(plan=plan).counted()
    links = ProjectTheme.objects.filter(project__in=projects, theme__plan=plan).order_by()
    used: Counter[int] = Counter()
    for theme, number in links.values_list("theme").annotate(Count("project", distinct=True)):
        used[theme] = number
    rows = [CatalogueRow(tool, used[tool.pk]) for tool in tools.order_by("position", "code")]
    return sorted(rows, key=lambda row: -row.projects)
