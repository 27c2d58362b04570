"""What a project is about: drivers, markers, flagship, COVID-19, tools, innovation, replication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, snapshot
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.fields import parse_decimal
from plans.choices import ABOUT_THEMES, EXAMINED_THEMES, NAMED_THEMES, USED_THEMES, ThemeKind
from plans.models import Theme
from projects.choices import CovidMarker, Marker, ProjectStatus, Score
from projects.models import Project, ProjectTheme
from projects.permissions import can_describe

from .project_revisions import keep_revision

LONGEST_TEXT = 5_000
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Description:
    """What somebody says a project is about, as they wrote it.

    `named` are drivers and enablers by code with the reason, `markers` inclusion dimensions and
    cross-cutting issues with their marker (what is left out was not examined), `tools` codes of
    the catalogue. `covid_share` is in percent of the budget.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    markers: Mapping[str, object] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    flagship: str = ""
    covid: str = CovidMarker.NOT_EXAMINED
    covid_share: object | None = None
    replication: object | None = None
    replication_text: str = ""
    innovation: object | None = None
    innovation_text: str = ""


@transaction.atomic
def describe_project(
    *,
    project: Project,
    said: Description,
    by: User | None,
    version: int | None = None,
    reason: str = "",
) -> Project:
    """Say what a project is about, the whole of it: what is left out is taken away.

    `by` empty is the system itself. Raises `not_allowed`, `project_closed`, `needs_revision` (where
    an approved project document says it), `version_conflict`, and with every field's problem
    `unknown_theme`, `missing_reason` (of a driver or enabler), `unknown_marker`,
    `unknown_flagship`, `unknown_answer`, `missing_share`, `share_without_part`,
    `share_out_of_range` (above 0 and below 100), `unknown_score`, `missing_text` (of a score),
    `too_long` and those of numbers.
    """
    if by is not None and not can_describe(by, project):
        raise NotAllowed(
            _("Only a reporter or manager of the project's office may say what it is about.")
        )
    held = Project.objects.select_for_update(of=("self",)).select_related("plan").get(pk=project.pk)
    if by is not None and (refusal := said_for_good(held)):
        raise refusal
    check_version(version, held.version)
    problems: list[Problem] = []
    wanted = _themes(held, said, problems)
    values = _values(held, said, problems)
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    for name, value in values.items():
        setattr(held, name, value)
    parts = _keep_themes(held, wanted)
    told = before.told([held], parts={held.pk: parts})
    if told[held]:
        held.version += 1
        held.save(update_fields=[*values, "version"])
        keep_revision(held, by, reason)
        record_activity(by=by, verb="described", targets=[held], reason=reason, changes=told)
    return held


def said_for_good(project: Project) -> DomainError | None:
    """Why nobody may say anew what a project is about; nothing where they may."""
    if project.status == ProjectStatus.CLOSED:
        return DomainError(
            _("The project is closed: what it is about stays as it is."), "project_closed"
        )
    approved = project.documents.approved().first()
    if approved is not None and approved.content.get("about"):
        return DomainError(
            _("The project document was approved: what it is about changes with a revision."),
            "needs_revision",
        )
    return None


def check_description(project: Project, said: Description) -> list[Problem]:
    """All that `describe_project` would refuse of what is said; nothing is stored."""
    problems: list[Problem] = []
    _themes(project, said, problems)
    _values(project, said, problems)
    return problems


def _themes(
    project: Project, said: Description, problems: list[Problem]
) -> dict[Theme, tuple[int | None, str]]:
    """The themes with marker and reason, as they are to be stored."""
    known = {
        one.code: one for one in Theme.objects.filter(plan=project.plan, kind__in=ABOUT_THEMES)
    }
    wanted: dict[Theme, tuple[int | None, str]] = {}

    def theme(code: str, kinds: tuple[ThemeKind, ...], where: str) -> Theme | None:
        found = known.get(code)
        if found is None or found.kind not in kinds:
            text = _("“%(code)s” is not in this list.") % {"code": code[:40]}
            problems.append(Problem(where, "unknown_theme", text))
            return None
        return found

    for code, why in said.named.items():
        where = f"named.{code}"
        if found := theme(code, NAMED_THEMES, where):
            wanted[found] = None, why.strip()
            if not why.strip():
                text = _("Say how the project uses it.")
                problems.append(Problem(where, "missing_reason", text))
            _check_length(why, where, problems)
    for code, written in said.markers.items():
        where = f"markers.{code}"
        if found := theme(code, EXAMINED_THEMES, where):
            marker = _whole(written, Marker.values)
            if marker is None:
                text = _("A marker is 0 (not targeted), 1 (significant) or 2 (principal).")
                problems.append(Problem(where, "unknown_marker", text))
            wanted[found] = marker, ""
    for code in said.tools:
        if found := theme(code, USED_THEMES, "tools"):
            wanted[found] = None, ""
    return wanted


def _values(project: Project, said: Description, problems: list[Problem]) -> dict[str, Any]:
    """The project's own fields, as they are to be stored."""
    flagship = None
    if said.flagship:
        flagship = Theme.objects.filter(
            plan=project.plan, kind=ThemeKind.FLAGSHIP, code=said.flagship
        ).first()
        if flagship is None:
            text = _("There is no such flagship programme in this plan.")
            problems.append(Problem("flagship", "unknown_flagship", text))
    values: dict[str, Any] = {"flagship": flagship, "covid": said.covid}
    values["covid_share"] = _covid_share(said, problems)
    for name in ("replication", "innovation"):
        written, text = getattr(said, name), getattr(said, f"{name}_text").strip()
        score = None
        if written not in (None, ""):
            score = _whole(written, Score.values)
            if score is None:
                refusal = _("A score is 0 (none), 1 (low), 2 (medium) or 3 (high).")
                problems.append(Problem(name, "unknown_score", refusal))
            elif not text:
                refusal = _("Say what the score rests on.")
                problems.append(Problem(f"{name}_text", "missing_text", refusal))
        _check_length(text, f"{name}_text", problems)
        values[name], values[f"{name}_text"] = score, text
    return values


def _covid_share(said: Description, problems: list[Problem]) -> Decimal | None:
    """The share of the budget in percent; only of a part is it asked."""
    written = "" if said.covid_share is None else str(said.covid_share).strip()
    if said.covid not in CovidMarker.values:
        problems.append(Problem("covid", "unknown_answer", _("There is no such answer.")))
        return None
    if said.covid != CovidMarker.PARTLY:
        if written:
            text = _("A share belongs to a project of which a part responds to COVID-19.")
            problems.append(Problem("covid_share", "share_without_part", text))
        return None
    if not written:
        text = _("Say which share of the budget responds to COVID-19, in percent.")
        problems.append(Problem("covid_share", "missing_share", text))
        return None
    try:
        share = parse_decimal(written, "covid_share")
    except InvalidInput as error:
        problems += error.problems
        return None
    if not 0 < share < HUNDRED:
        text = _("A part is more than 0 and less than 100 percent.")
        problems.append(Problem("covid_share", "share_out_of_range", text))
    return share


def _keep_themes(project: Project, wanted: Mapping[Theme, tuple[int | None, str]]) -> Changes:
    """Store the links as they are wanted; what changed, theme by theme."""
    held = {one.theme_id: one for one in project.themes.select_related("theme")}
    changes: Changes = {}
    made: list[ProjectTheme] = []
    changed: list[ProjectTheme] = []
    for theme, (marker, reason) in wanted.items():
        one = held.pop(theme.pk, None)
        before = _told(one) if one else None
        link = one or ProjectTheme(project=project, theme=theme)
        link.marker, link.reason = marker, reason
        if before != _told(link):
            changes[f"themes.{theme.code}"] = [before, _told(link)]
            (changed if one else made).append(link)
    for gone in held.values():
        changes[f"themes.{gone.theme.code}"] = [_told(gone), None]
    ProjectTheme.objects.bulk_create(made)
    ProjectTheme.objects.bulk_update(changed, ["marker", "reason"])
    if held:
        ProjectTheme.objects.filter(pk__in=[one.pk for one in held.values()]).delete()
    return changes


def _told(link: ProjectTheme) -> str:
    return link.reason or ("yes" if link.marker is None else str(link.marker))


def _whole(written: object, allowed: list[int]) -> int | None:
    text = str(written).strip()
    return int(text) if text in {str(one) for one in allowed} else None


def _check_length(text: str, where: str, problems: list[Problem]) -> None:
    if len(text) > LONGEST_TEXT:
        problems.append(too_long(where, LONGEST_TEXT))
