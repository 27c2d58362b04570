"""The register of deliverables: entered once, and every result that counts them kept in step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, VersionConflict
from habitat_tracker.fields import LANGUAGES, parse_decimal
from habitat_tracker.wording import said_day
from outcomes.actions import get_thing
from outcomes.choices import DeliverableKind, State
from outcomes.models import Outcome, Thing
from plans.models import ReportingPeriod, StrategicPlan
from projects import permissions
from projects.choices import OPEN, PENDING, Language, Status
from projects.models import Deliverable, Project, ProjectIndicator, Result
from projects.schedule import standing

from .checks import ResultInput
from .evidence import checked_link
from .register import Counted, Place, counts, read_counts
from .results import check_periods, save_results

# Persons at one event; more is a mistake.
MOST_PARTICIPANTS = 1_000_000
# Two of one title are two where their day or place differs; of the others the title tells.
DATED = (DeliverableKind.EVENT, DeliverableKind.ADVISORY_SERVICE, DeliverableKind.OUTREACH)
# Letters and digits with the signs of document symbols and book numbers: HS/012/21E.
SYMBOL = re.compile(r"[^\W_][\w ./()\[\]:-]*")
PARTICIPANTS = ("women", "men", "unstated")


@dataclass(frozen=True)
class DeliverableInput:
    """What somebody entered of a deliverable, as they wrote it.

    Participants are of events: women, men, and those of whom the sex is not stated. `is_joint`
    says that another project registered it already and that it is this project's too.
    """

    kind: str
    title: str
    outcome: Outcome | None
    date: date | None
    language: str = Language.EN
    country: Country | None = None
    city: Thing | None = None
    link: str = ""
    symbol: str = ""
    women: object | None = None
    men: object | None = None
    unstated: object | None = None
    is_joint: bool = False


@transaction.atomic
def save_deliverable(
    *,
    project: Project,
    entered: DeliverableInput,
    by: User,
    deliverable: Deliverable | None = None,
    version: int | None = None,
    reason: str = "",
) -> Deliverable:
    """Register what a project delivered, or change what is registered; its results follow.

    The date says the period it counts in: first and last day of a period belong to it. The
    results that count it are counted anew in the same transaction: drafts are changed, beside
    approved ones corrections begin, for which `reason` says why. Raises `InvalidInput` with
    every field's problem, `duplicate_deliverable` naming who registered it, `version_conflict`,
    `already_cancelled`, `already_submitted` naming the result, `period_closed` and `not_allowed`.
    """
    _check_may_register(by, project)
    held = _held(deliverable, version) if deliverable else None
    values = _checked(project.plan, entered)
    lines = _counting_lines(project)
    periods = _open_periods(project, {values["date"], held.date if held else values["date"]})
    values |= _identity(project, entered, values, held, by)
    row = held or Deliverable(project=project, entered_by=by, version=0)
    before = _places(lines, row, periods) if held else []
    earlier = snapshot([held])
    for name, value in values.items():
        setattr(row, name, value)
    if held and not earlier.told([row])[row]:
        return row
    row.version += 1
    row.changed_at, row.changed_by = timezone.now(), by
    _write(row)
    record_activity(
        by=by,
        verb="changed" if held else "registered",
        targets=[row],
        reason=reason,
        changes=earlier.told([row]),
    )
    _recount([*before, *_places(lines, row, periods)], by, reason)
    return row


@transaction.atomic
def cancel_deliverable(
    *, deliverable: Deliverable, reason: str, by: User, version: int | None = None
) -> Deliverable:
    """Take a deliverable out of the register; it is kept, with the reason, and counts nowhere.

    The results that counted it are counted anew; that of the last one is a value of 0. Raises
    `missing_reason`, `already_cancelled`, `version_conflict`, `already_submitted`,
    `period_closed` and `not_allowed`.
    """
    project = deliverable.project
    _check_may_register(by, project)
    if not reason.strip():
        raise InvalidInput.of("reason", "missing_reason", _("Say why it is cancelled."))
    held = _held(deliverable, version)
    lines = _counting_lines(project)
    places = _places(lines, held, _open_periods(project, {held.date}))
    earlier = snapshot([held])
    held.cancelled_at, held.cancel_reason = timezone.now(), reason.strip()
    held.version += 1
    held.changed_at, held.changed_by = timezone.now(), by
    held.save()
    record_activity(
        by=by,
        verb="cancelled",
        targets=[held],
        reason=held.cancel_reason,
        changes=earlier.told([held]),
    )
    _recount(places, by, reason)
    return held


def _check_may_register(by: User, project: Project) -> None:
    if not permissions.can_register(by, project):
        raise NotAllowed(
            _("Only a reporter of this project's office may register what it delivers.")
        )


def _held(deliverable: Deliverable, version: int | None) -> Deliverable:
    """A deliverable as it is now, locked; refused where it was cancelled or changed meanwhile."""
    held: Deliverable = (
        Deliverable.objects.select_for_update(of=("self",))
        .select_related(
            "project__office", "project__plan", "outcome", "thing", "country", "city", "changed_by"
        )
        .get(pk=deliverable.pk)
    )
    if held.cancelled_at is not None:
        raise DomainError(
            _("“%(title)s” was cancelled; register it again if it counts.") % {"title": held},
            "already_cancelled",
        )
    if version is not None and version != held.version:
        raise VersionConflict(
            _("%(who)s changed this deliverable meanwhile; look at it again.")
            % {"who": held.changed_by}
        )
    return held


# --- What may be entered ---------------------------------------------------------------------


def _checked(plan: StrategicPlan, entered: DeliverableInput) -> dict[str, Any]:
    """The fields as they are stored; every problem is told at once."""
    problems: list[Problem] = []

    def refuse(field: str, code: str, message: str) -> None:
        problems.append(Problem(field, code, message))

    title = " ".join(entered.title.split())
    symbol = " ".join(entered.symbol.split())
    link = entered.link.strip()
    if entered.kind not in DeliverableKind.values:
        text = _("There is no such kind of deliverable.") if entered.kind else _("Choose the kind.")
        refuse("kind", "unknown_kind", text)
    if not title:
        refuse("title", "missing_title", _("Give its title."))
    elif len(title) > 300:
        refuse("title", "too_long", _("A title has 300 characters at most."))
    if entered.outcome is None:
        refuse("outcome", "missing_outcome", _("Say which outcome it serves."))
    elif entered.outcome.plan_id != plan.pk:
        refuse("outcome", "unknown_outcome", _("There is no such outcome in this plan."))
    if entered.date is None:
        refuse("date", "missing_date", _("Say on which day it was published or delivered."))
    elif entered.date > timezone.localdate():
        refuse("date", "date_in_future", _("This day is yet to come; register what was delivered."))
    if entered.language not in Language.values:
        refuse("language", "unknown_language", _("There is no such choice of language."))
    if entered.city and (entered.city.plan_id != plan.pk or entered.city.kind != "city"):
        refuse("city", "unknown_place", _("This is not a city of the plan."))
    if not link and not symbol:
        text = _("Give a link or a document symbol, so that it can be found.")
        refuse("link", "missing_link_or_symbol", text)
    if symbol and (len(symbol) > 60 or not SYMBOL.fullmatch(symbol)):
        text = _("Write the symbol as on the document, like HS/012/21E; 60 characters at most.")
        refuse("symbol", "not_a_symbol", text)
    if link:
        try:
            link = checked_link(link, "link")
        except InvalidInput as error:
            problems += error.problems
    participants = _participants(entered, problems)
    if problems:
        raise InvalidInput(problems)
    country = entered.city.country if entered.city else entered.country
    return {
        "kind": entered.kind,
        "title": title,
        "outcome": entered.outcome,
        "date": entered.date,
        "language": entered.language,
        "country": country,
        "city": entered.city,
        "link": link,
        "symbol": symbol,
        **participants,
    }


def _participants(entered: DeliverableInput, problems: list[Problem]) -> dict[str, int | None]:
    """Persons by sex: of an event they are known, of a joint one told by who registered it."""
    found: dict[str, int | None] = {}
    faults: list[Problem] = []
    for name in PARTICIPANTS:
        written = getattr(entered, name)
        found[name] = None
        if written is not None and str(written).strip():
            try:
                found[name] = _persons(name, str(written))
            except InvalidInput as error:
                faults += error.problems
    given = [name for name, number in found.items() if number is not None]
    is_event = entered.kind == DeliverableKind.EVENT
    if given and not is_event:
        text = _("Only a seminar or workshop has participants.")
        faults.append(Problem(given[0], "participants_of_event_only", text))
    elif given and entered.is_joint:
        text = _("Participants of a joint event are counted where it was registered first.")
        faults.append(Problem(given[0], "participants_of_joint_event", text))
    elif is_event and not entered.is_joint and not faults and not sum(found[n] or 0 for n in found):
        text = _("Say how many took part; those of whom the sex is not stated stand apart.")
        faults.append(Problem("women", "missing_participants", text))
    problems += faults
    return found


def _persons(name: str, written: str) -> int:
    number = parse_decimal(written, name)
    if number != number.to_integral_value():
        raise InvalidInput.of(name, "not_a_whole_number", _("People are counted in whole numbers."))
    if number < 0:
        raise InvalidInput.of(name, "negative_not_allowed", _("The number cannot be below 0."))
    if number > MOST_PARTICIPANTS:
        raise InvalidInput.of(
            name,
            "out_of_range",
            _("An event has %(most)s participants at most.") % {"most": MOST_PARTICIPANTS},
        )
    return int(number)


# --- Which thing it is, and that it is registered once ---------------------------------------


def _identity(
    project: Project,
    entered: DeliverableInput,
    values: dict[str, Any],
    held: Deliverable | None,
    by: User,
) -> dict[str, Any]:
    """What it is counted as, and who registered it first where it is joint.

    One that several projects registered stays what it is counted as when its title is corrected.
    """
    kind = DeliverableKind(values["kind"])
    key = _key(kind, values)
    first = _registered_first(project, entered, values, key, held)
    is_shared = held is not None and (
        held.joint_with_id is not None or held.joint.counting().exists()
    )
    if held is not None and is_shared and (first or not held.joint_with_id):
        if kind != held.kind:
            raise InvalidInput.of(
                "kind",
                "joint_deliverable",
                _("Other projects registered this as theirs too, so its kind stays."),
            )
        return {"thing": held.thing, "joint_with": first}
    if first is not None:
        return {"thing": first.thing, "joint_with": first}
    language = values["language"] if values["language"] in LANGUAGES else "en"
    named = f"{values['title']}, {values['date']}" if kind in DATED else values["title"]
    thing = get_thing(
        plan=project.plan,
        kind=kind.thing_kind,
        key=key,
        name={language: named},
        country=values["country"],
        by=by,
    )
    return {"thing": thing, "joint_with": None}


def _key(kind: DeliverableKind, values: dict[str, Any]) -> str:
    """What tells two deliverables of a kind apart, in at most 120 characters."""
    parts = [values["title"].casefold()]
    if kind in DATED:
        place = values["city"].key if values["city"] else ""
        country = values["country"].iso3 if values["country"] else ""
        parts += [str(values["date"]), country, place]
    key = " | ".join(part for part in parts if part)
    if len(key) > 120:
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
        key = f"{key[:100]}… {digest}"
    return key


def _registered_first(
    project: Project,
    entered: DeliverableInput,
    values: dict[str, Any],
    key: str,
    held: Deliverable | None,
) -> Deliverable | None:
    """Who registered the same first; refused unless it is joint, and always within a project."""
    kind = DeliverableKind(values["kind"])
    same = Q(thing__kind=kind.thing_kind, thing__key=key)
    if values["symbol"]:
        same |= Q(symbol__iexact=values["symbol"])
    found = (
        Deliverable.objects.counting()
        .filter(same, kind=kind, project__plan=project.plan)
        .select_related("project__office", "joint_with__thing", "thing")
        .order_by("pk")
    )
    if held is not None:
        found = found.exclude(pk=held.pk).exclude(joint_with=held)
    others = list(found[:20])
    own = next((one for one in others if one.project_id == project.pk), None)
    if own is not None:
        raise _duplicate(own, values["symbol"])
    if held is not None and held.joint_with_id and entered.is_joint:
        return held.joint_with
    first = others[0] if others else None
    if first is not None and not entered.is_joint:
        raise _duplicate(first, values["symbol"])
    if first is None and entered.is_joint:
        raise InvalidInput.of(
            "is_joint",
            "nothing_to_join",
            _("No other project registered this; leave it as this project's own."),
        )
    return (first.joint_with or first) if first else None


def _duplicate(one: Deliverable, symbol: str) -> InvalidInput:
    is_symbol = bool(symbol) and one.symbol.casefold() == symbol.casefold()
    return InvalidInput.of(
        "symbol" if is_symbol else "title",
        "duplicate_deliverable",
        _("%(project)s (%(office)s) registered this already: “%(title)s”, %(day)s.")
        % {
            "project": one.project.code,
            "office": one.project.office,
            "title": one.title,
            "day": said_day(one.date),
        },
    )


def _write(row: Deliverable) -> None:
    """Store it; who registers the same for the project in the same moment is refused."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise InvalidInput.of(
            "title",
            "duplicate_deliverable",
            _("Somebody registered “%(title)s” for this project in this moment.") % {"title": row},
        ) from error


# --- The results that count it ---------------------------------------------------------------


def _counting_lines(project: Project) -> list[ProjectIndicator]:
    """The lines of a project that count from the register, locked in one order."""
    return list(
        ProjectIndicator.objects.select_for_update(of=("self",))
        .filter(project=project)
        .exclude(indicator__counts_from="")
        .select_related("project__office", "project__plan", "indicator__plan", "country", "city")
        .order_by("pk")
    )


def _open_periods(project: Project, days: Iterable[date]) -> dict[date, ReportingPeriod]:
    """The period of each day, where it takes changes.

    Raises `date_outside_plan`, `period_closed` and `period_not_begun`.
    """
    found = {}
    for day in days:
        period = ReportingPeriod.objects.filter(
            plan=project.plan, start__lte=day, end__gte=day
        ).first()
        if period is None:
            raise InvalidInput.of(
                "date", "date_outside_plan", _("This day lies in no reporting period of the plan.")
            )
        found[day] = period
    check_periods((project.pk, period.pk) for period in found.values())
    return found


def _places(
    lines: Iterable[ProjectIndicator], one: Deliverable, periods: dict[date, ReportingPeriod]
) -> list[Place]:
    """The lines that count a deliverable, each in its period."""
    return [(line, periods[one.date]) for line in lines if counts(line, one)]


def _recount(places: Iterable[Place], by: User, reason: str) -> None:
    """Bring the results of these places in step with the register; the others stay as they are.

    Nothing is stored where nothing is registered and nothing was reported.
    """
    asked = {(line.pk, period.pk): (line, period) for line, period in places}
    if not asked:
        return
    register = read_counts(asked.values())
    held = _standing(asked)
    entries = []
    for key, (line, period) in asked.items():
        working, approved = standing(held.get(key, []))
        current, counted = working or approved, register[key]
        if current is None and not counted.deliverables:
            continue
        if current is not None and counted.is_said_by(current):
            continue
        _refuse_pending(working)
        _ask_why(approved if working is None else None, reason)
        entries.append(_entry(line, period, current, reason))
    if entries:
        save_results(entries=entries, by=by)


def _standing(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[Result]]:
    """What is being worked on and what is approved, by line and period."""
    asked = set(places)
    found: dict[tuple[int, int], list[Result]] = {}
    for result in (
        Result.objects.filter(
            line__in={line for line, _period in asked},
            period__in={period for _line, period in asked},
            status__in=(*OPEN, Status.APPROVED),
        )
        .select_related("line__project", "line__indicator", "line__country", "line__city", "period")
        .prefetch_related("things", "credits", "cells__category")
    ):
        found.setdefault((result.line_id, result.period_id), []).append(result)
    return found


def _refuse_pending(working: Result | None) -> None:
    if working is not None and working.status in PENDING:
        raise DomainError(
            _("“%(result)s” is submitted and counts this; recall it first.") % {"result": working},
            "already_submitted",
        )


def _ask_why(approved: Result | None, reason: str) -> None:
    if approved is not None and not reason.strip():
        raise InvalidInput.of(
            "reason",
            "missing_reason",
            _("“%(result)s” is approved and counts this; say why it is corrected.")
            % {"result": approved},
        )


def _entry(
    line: ProjectIndicator, period: ReportingPeriod, current: Result | None, reason: str
) -> ResultInput:
    """What the result says beside its number, which the register gives."""
    if current is None:
        return ResultInput(line=line, period=period)
    return ResultInput(
        line=line,
        period=period,
        state=State.REPORTED,
        qualifier=current.qualifier,
        credits=list(current.credits.all()),
        narrative=current.narrative,
        window_start=current.window_start,
        window_end=current.window_end,
        reason=reason,
    )


def counted_by(result: Result) -> Counted | None:
    """What the register says of a result's line and period; None where its number is typed."""
    return read_counts([(result.line, result.period)]).get((result.line_id, result.period_id))
