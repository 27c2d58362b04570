"""What the demonstration's projects are about: invented, said by those who report for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from outcomes.actions import FrameworkInput
from plans.choices import EXAMINED_THEMES, NAMED_THEMES, USED_THEMES, ThemeKind
from plans.models import StrategicPlan, Theme
from projects.actions import Description, describe_project, set_project_frameworks
from projects.choices import CovidMarker, ProjectStatus
from projects.models import Project

from .people import Staff
from .portfolio import SEED
from .words import SOURCE

USES = "Demonstration: how the project uses it."
RESTS_ON = "Demonstration: what the score rests on."
# Tools at the end of the list are used by nobody, so that the page has some to show.
UNUSED_TOOLS = 3


def say_what_they_are_about(plan: StrategicPlan, staff: Staff, projects: Sequence[Project]) -> None:
    """Four of five projects are described; every seventh serves a target of its own."""
    themes: dict[str, list[Theme]] = {}
    for theme in Theme.objects.filter(plan=plan).order_by("position", "code"):
        themes.setdefault(theme.kind, []).append(theme)
    targets = themes.get(ThemeKind.FRAMEWORK_TARGET, [])
    for number, project in enumerate(projects):
        draw = random.Random(f"{SEED} about {project.code}")
        if number % 5:
            by = None if project.status == ProjectStatus.CLOSED else staff.manager
            describe_project(project=project, said=_said(themes, draw), by=by)
        if number % 7 == 3 and targets:
            link = FrameworkInput(
                draw.choice(targets).code, SOURCE, draw.choice(["high", "medium", "low"])
            )
            set_project_frameworks(project=project, links=[link], by=staff.manager)


def _said(themes: dict[str, list[Theme]], draw: random.Random) -> Description:
    named = _of(themes, NAMED_THEMES)
    examined = _of(themes, EXAMINED_THEMES)
    tools = _of(themes, USED_THEMES)[:-UNUSED_TOOLS]
    flagships = themes.get(ThemeKind.FLAGSHIP, [])
    covid = draw.choice([*CovidMarker.values, CovidMarker.NOT_PART])
    scores: dict[str, Any] = {}
    for name in ("replication", "innovation"):
        score = draw.choice([None, 0, 1, 2, 2, 3])
        if score is not None:
            scores |= {name: score, f"{name}_text": RESTS_ON}
    return Description(
        named={one.code: USES for one in draw.sample(named, min(3, len(named)))},
        markers={one.code: draw.choice([0, 1, 2]) for one in examined if draw.random() < 0.6},
        tools=tuple(one.code for one in draw.sample(tools, min(2, len(tools)))),
        flagship=draw.choice(flagships).code if flagships and draw.random() < 0.3 else "",
        covid=covid,
        covid_share=str(draw.randrange(5, 60)) if covid == CovidMarker.PARTLY else None,
        **scores,
    )


def _of(themes: dict[str, list[Theme]], kinds: Sequence[str]) -> list[Theme]:
    return [one for kind in kinds for one in themes.get(kind, [])]
