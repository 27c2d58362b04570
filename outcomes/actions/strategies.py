"""Regional strategies: their period and countries, and priorities mapped to the plan's outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, snapshot
from habitat_tracker.accounts.choices import REGIONAL_KINDS
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Problem,
    check_version,
    too_long,
)
from habitat_tracker.fields import LANGUAGES
from habitat_tracker.wording import said_day
from outcomes.models import Outcome, PriorityOutcome, RegionalStrategy, StrategyPriority
from outcomes.permissions import can_keep_strategy
from plans.choices import Verification
from plans.models import PlanRevision, StrategicPlan

LONGEST_TEXT = 5_000
LONGEST_SOURCE = 300
LONGEST_PARAGRAPH = 20


@dataclass(frozen=True)
class StrategyInput:
    """A strategy as somebody wrote it; texts by language, countries by their three letters."""

    text: Mapping[str, str]
    start: date | None = None
    end: date | None = None
    countries: tuple[str, ...] = ()
    quote: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    verification: str = ""


@dataclass(frozen=True)
class PriorityInput:
    """A priority as somebody wrote it; `outcomes` by code, each with how sure that is."""

    text: Mapping[str, str]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    paragraph: str = ""
    quote: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    verification: str = ""


@transaction.atomic
def save_strategy(
    *,
    plan: StrategicPlan,
    office: Office,
    said: StrategyInput,
    by: User | None,
    version: int | None = None,
    reason: str = "",
) -> RegionalStrategy:
    """Keep the strategy of a regional office under the plan; there is one for each.

    `by` empty is the system itself. Raises `not_allowed`, `not_a_region`, `version_conflict`, and
    with every field's problem `missing_text`, `too_long`, `dates_reversed`, `dates_before_plan`
    (it begins before the plan does), `unknown_place`, `country_outside_office`, `unknown_answer`.
    """
    if by is not None and not can_keep_strategy(by, office):
        raise NotAllowed(_("Only a manager of this office or one above it may do this."))
    if office.kind not in REGIONAL_KINDS:
        raise DomainError(_("Only a regional office has a regional strategy."), "not_a_region")
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)  # one after the other
    held = RegionalStrategy.objects.filter(plan=plan, office=office).first()
    check_version(version, held.version if held else 0)
    problems: list[Problem] = []
    values = _texts(said, problems)
    values |= {"start": said.start, "end": said.end}
    _check_dates(plan, said, problems)
    countries = _countries(office, said.countries, problems)
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held], many=("countries",))
    strategy = held or RegionalStrategy(plan=plan, office=office)
    for name, value in values.items():
        setattr(strategy, name, value)
    if held is None:
        strategy.save()
    strategy.countries.set(countries)
    told = before.told([strategy])[strategy]
    if told:
        if held is not None:
            strategy.version += 1
            strategy.save(update_fields=[*values, "version"])
        record_activity(
            by=by,
            verb="changed" if held else "added",
            targets=[strategy],
            reason=reason,
            changes=told,
        )
    return strategy


@transaction.atomic
def save_priority(
    *,
    strategy: RegionalStrategy,
    said: PriorityInput,
    by: User | None,
    priority: StrategyPriority | None = None,
    version: int | None = None,
    reason: str = "",
) -> StrategyPriority:
    """Add a priority at the end of a strategy, or change one.

    `by` empty is the system itself, which leaves the outcomes out where a document names none.
    Raises `not_allowed`, `already_withdrawn`, `version_conflict`, and with every field's problem
    `missing_text`, `too_long`, `missing_outcomes`, `unknown_outcome`, `unknown_answer`.
    """
    strategy = _lock(strategy, by)
    held = None
    if priority is not None:
        held = _held(strategy, priority)
        check_version(version, held.version)
    problems: list[Problem] = []
    values = _texts(said, problems)
    values["paragraph"] = said.paragraph.strip()
    _check_length(values["paragraph"], LONGEST_PARAGRAPH, "paragraph", problems)
    outcomes = _outcomes(strategy, said, by, problems)
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    row = held or StrategyPriority(strategy=strategy, position=_next_position(strategy))
    for name, value in values.items():
        setattr(row, name, value)
    if held is None:
        row.save()
    links = _keep_outcomes(row, outcomes)
    told = before.told([row], parts={row.pk: links})
    if told[row]:
        if held is not None:
            row.version += 1
            row.save(update_fields=[*values, "version"])
        record_activity(
            by=by,
            verb="changed" if held else "added",
            targets=[row],
            reason=reason,
            changes=told,
        )
    return row


@transaction.atomic
def reorder_priorities(
    *,
    strategy: RegionalStrategy,
    order: Iterable[int],
    by: User | None,
    version: int | None = None,
) -> RegionalStrategy:
    """Put the priorities that hold into an order, by their ids; all of them, each once.

    Raises `not_allowed`, `version_conflict` (of the strategy) and `wrong_order`.
    """
    strategy = _lock(strategy, by)
    check_version(version, strategy.version)
    rows = {one.pk: one for one in StrategyPriority.objects.filter(strategy=strategy).current()}
    wanted = list(order)
    if sorted(wanted) != sorted(rows):
        raise InvalidInput.of(
            "order", "wrong_order", _("Name every priority of the strategy, each once.")
        )
    before = snapshot(rows.values())
    for position, key in enumerate(wanted, start=1):
        rows[key].position = position
    told = {row: changes for row, changes in before.told(rows.values()).items() if changes}
    if told:
        StrategyPriority.objects.bulk_update(rows.values(), ["position"])
        strategy.version += 1
        strategy.save(update_fields=["version"])
        record_activity(by=by, verb="put in order", targets=list(told), changes=told)
    return strategy


@transaction.atomic
def withdraw_priority(
    *, priority: StrategyPriority, reason: str, by: User | None, version: int | None = None
) -> StrategyPriority:
    """Take a priority out of its strategy and keep why.

    Raises `not_allowed`, `already_withdrawn`, `version_conflict` and `missing_reason`.
    """
    strategy = _lock(priority.strategy, by)
    held = _held(strategy, priority)
    check_version(version, held.version)
    problems: list[Problem] = []
    if not reason.strip():
        problems.append(Problem("reason", "missing_reason", _("Say why, in writing.")))
    _check_length(reason, LONGEST_TEXT, "reason", problems)
    if problems:
        raise InvalidInput(problems)
    before = snapshot([held])
    held.withdrawn_at, held.withdraw_reason = timezone.now(), reason.strip()
    held.version += 1
    held.save(update_fields=["withdrawn_at", "withdraw_reason", "version"])
    record_activity(
        by=by,
        verb="withdrawn",
        targets=[held],
        reason=reason.strip(),
        changes=before.told([held]),
    )
    return held


def _lock(strategy: RegionalStrategy, by: User | None) -> RegionalStrategy:
    """The strategy, locked, for who may keep it."""
    held = (
        RegionalStrategy.objects.select_for_update(of=("self",))
        .select_related("office")
        .get(pk=strategy.pk)
    )
    if by is not None and not can_keep_strategy(by, held.office):
        raise NotAllowed(_("Only a manager of this office or one above it may do this."))
    return held


def _held(strategy: RegionalStrategy, priority: StrategyPriority) -> StrategyPriority:
    """The priority as it is stored, if it still holds."""
    held = StrategyPriority.objects.get(pk=priority.pk, strategy=strategy)
    held.strategy = strategy
    if held.withdrawn_at is not None:
        raise DomainError(_("This priority was withdrawn."), "already_withdrawn")
    return held


def _texts(said: StrategyInput | PriorityInput, problems: list[Problem]) -> dict[str, Any]:
    """Text, quote and source as they are to be stored."""
    values: dict[str, Any] = {"source": said.source.strip(), "verification": said.verification}
    for name in ("text", "quote"):
        texts = {
            language: text.strip()
            for language, text in getattr(said, name).items()
            if text and text.strip()
        }
        for language, text in texts.items():
            _check_length(text, LONGEST_TEXT, name, problems)
            if language not in LANGUAGES:
                refusal = _("There is no language “%(code)s” here.") % {"code": language[:20]}
                problems.append(Problem(name, "unknown_language", refusal))
        values[name] = texts
    if not values["text"]:
        problems.append(Problem("text", "missing_text", _("Say it in words.")))
    _check_length(values["source"], LONGEST_SOURCE, "source", problems)
    _check_verification(said.verification, "verification", problems)
    return values


def _check_verification(given: str, where: str, problems: list[Problem]) -> None:
    if given and given not in Verification.values:
        problems.append(Problem(where, "unknown_answer", _("There is no such answer.")))


def _check_length(text: str, most: int, where: str, problems: list[Problem]) -> None:
    if len(text) > most:
        problems.append(too_long(where, most))


def _check_dates(plan: StrategicPlan, said: StrategyInput, problems: list[Problem]) -> None:
    """It begins with the plan or later, and not after its end."""
    if said.start and said.end and said.end < said.start:
        text = _("The end lies before the beginning.")
        problems.append(Problem("end", "dates_reversed", text))
    begins = PlanRevision.objects.at().filter(plan=plan).values_list("start", flat=True).first()
    for name, day in (("start", said.start), ("end", said.end)):
        if begins and day and day < begins:
            text = _("The plan begins on %(day)s.") % {"day": said_day(begins)}
            problems.append(Problem(name, "dates_before_plan", text))


def _countries(office: Office, codes: Iterable[str], problems: list[Problem]) -> list[Country]:
    """The countries named, which belong to the office or to one below it."""
    wanted = list(dict.fromkeys(codes))
    known = {one.iso3: one for one in Country.objects.filter(iso3__in=wanted)}
    own = set(
        Country.objects.filter(iso3__in=wanted, office__path__startswith=office.path).values_list(
            "iso3", flat=True
        )
    )
    for code in wanted:
        if code not in known:
            text = _("“%(code)s” is not a country's three letters.") % {"code": code[:40]}
            problems.append(Problem("countries", "unknown_place", text))
        elif code not in own:
            text = _("%(country)s is not a country of this office.") % {"country": known[code]}
            problems.append(Problem("countries", "country_outside_office", text))
    return [known[code] for code in wanted if code in own]


def _outcomes(
    strategy: RegionalStrategy, said: PriorityInput, by: User | None, problems: list[Problem]
) -> dict[Outcome, str]:
    """The outcomes that the priority serves, each with how sure that is."""
    known = {one.code: one for one in Outcome.objects.filter(plan=strategy.plan_id)}
    wanted: dict[Outcome, str] = {}
    for code, verification in said.outcomes.items():
        if code not in known:
            text = _("There is no outcome “%(code)s” in this plan.") % {"code": code[:40]}
            problems.append(Problem("outcomes", "unknown_outcome", text))
            continue
        where = f"outcomes.{code}"
        if not verification:
            problems.append(Problem(where, "unknown_answer", _("There is no such answer.")))
        _check_verification(verification, where, problems)
        wanted[known[code]] = verification
    if not said.outcomes and by is not None:
        text = _("Say which outcomes of the plan it serves.")
        problems.append(Problem("outcomes", "missing_outcomes", text))
    return wanted


def _keep_outcomes(row: StrategyPriority, wanted: Mapping[Outcome, str]) -> Changes:
    """Store the links as they are wanted; what changed, outcome by outcome."""
    held = {one.outcome_id: one for one in row.outcome_links.select_related("outcome")}
    changes: Changes = {}
    for outcome, verification in wanted.items():
        link = held.pop(outcome.pk, None)
        if link is None:
            PriorityOutcome.objects.create(priority=row, outcome=outcome, verification=verification)
            changes[f"outcomes.{outcome.code}"] = [None, verification]
        elif link.verification != verification:
            changes[f"outcomes.{outcome.code}"] = [link.verification, verification]
            link.verification = verification
            link.save(update_fields=["verification"])
    for gone in held.values():
        changes[f"outcomes.{gone.outcome.code}"] = [gone.verification, None]
        gone.delete()
    return changes


def _next_position(strategy: RegionalStrategy) -> int:
    last = strategy.priorities.order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1
