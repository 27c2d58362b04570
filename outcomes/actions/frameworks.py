"""What global frameworks and their targets outcomes, indicators and projects are aligned with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem, check_version, too_long
from plans.models import StrategicPlan, Theme

from ..choices import Confidence
from ..models import FrameworkLink, Indicator, IndicatorFramework
from ..permissions import can_align_indicators

LONGEST_SOURCE = 300
LONGEST_NOTE = 5_000


@dataclass(frozen=True)
class FrameworkInput:
    """One alignment as somebody wrote it: the code of a framework or target, and what says so."""

    target: str
    source: str = ""
    confidence: str = ""
    note: str = ""


@transaction.atomic
def set_indicator_frameworks(
    *,
    indicator: Indicator,
    links: Sequence[FrameworkInput],
    by: User | None,
    version: int | None = None,
    reason: str = "",
) -> Indicator:
    """Say which frameworks and targets an indicator serves, all of them: what is left out goes.

    `by` empty is the system itself. Raises `not_allowed`, `version_conflict` and what
    `read_links` raises.
    """
    if by is not None and not can_align_indicators(by):
        raise NotAllowed(
            _("Only a manager or administrator at headquarters may align an indicator.")
        )
    held = (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("plan")
        .get(pk=indicator.pk)
    )
    check_version(version, held.version)
    wanted = read_links(held.plan, links)
    changes = keep_links(held.frameworks.select_related("theme"), wanted, indicator=held)
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


def read_links(plan: StrategicPlan, given: Sequence[FrameworkInput]) -> dict[Theme, FrameworkInput]:
    """The links by framework or target, checked as a whole.

    Raises, with every problem under `links.<number>.<field>`: `unknown_target`, `given_twice`,
    `missing_source`, `unknown_confidence` and `too_long`.
    """
    known = {one.code: one for one in Theme.objects.filter(plan=plan).aligned()}
    wanted: dict[Theme, FrameworkInput] = {}
    problems: list[Problem] = []

    def wrong(number: int, name: str, code: str, text: str) -> None:
        problems.append(Problem(f"links.{number}.{name}", code, text))

    for number, one in enumerate(given):
        found = known.get(one.target)
        if found is None:
            text = _("There is no framework or target “%(code)s” in this plan.")
            wrong(number, "target", "unknown_target", text % {"code": one.target[:40]})
        elif found in wanted:
            wrong(number, "target", "given_twice", _("This framework or target is given twice."))
        else:
            wanted[found] = one
        if not one.source.strip():
            text = _("Name the paragraph or document that says so, or who judged it.")
            wrong(number, "source", "missing_source", text)
        if one.confidence not in Confidence.values:
            text = _("Say how sure it is: stated, high, medium or low.")
            wrong(number, "confidence", "unknown_confidence", text)
        for name, most in (("source", LONGEST_SOURCE), ("note", LONGEST_NOTE)):
            if len(getattr(one, name)) > most:
                problems.append(too_long(f"links.{number}.{name}", most))
    if problems:
        raise InvalidInput(problems)
    return wanted


def keep_links(rows: Any, wanted: Mapping[Theme, FrameworkInput], **owner: Any) -> Changes:
    """Store the links of an owner as they are wanted; what changed, target by target."""
    model: Any = rows.model
    held = {one.theme_id: one for one in rows}
    changes: Changes = {}
    made: list[FrameworkLink] = []
    changed: list[FrameworkLink] = []
    for theme, said in wanted.items():
        one = held.pop(theme.pk, None)
        before = _told(one) if one else None
        link = one or model(theme=theme, **owner)
        link.source, link.note = said.source.strip(), said.note.strip()
        link.confidence = said.confidence
        if before != _told(link):
            changes[f"frameworks.{theme.code}"] = [before, _told(link)]
            (changed if one else made).append(link)
    for gone in held.values():
        changes[f"frameworks.{gone.theme.code}"] = [_told(gone), None]
    model.objects.bulk_create(made)
    model.objects.bulk_update(changed, ["source", "confidence", "note"])
    if held:
        model.objects.filter(pk__in=[one.pk for one in held.values()]).delete()
    return changes


def _told(link: FrameworkLink) -> str:
    """A link in one text: how sure, what says so, and the note."""
    return "; ".join(part for part in (link.confidence, link.source, link.note) if part)


def links_of(rows: Iterable[IndicatorFramework | Any]) -> list[FrameworkInput]:
    """Links that are stored as they were written."""
    return [FrameworkInput(one.theme.code, one.source, one.confidence, one.note) for one in rows]
