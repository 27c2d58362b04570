"""What part of the figures is looked at: period, basis, scope and moment, named by the address.

`?period=2021-Q1&basis=provisional&scope=ROAF&as_of=2026-11-22`. What the address leaves out is
chosen: the latest period past its due date that has an approved result, official, the whole
plan, now. Codes of a scope are an office's (ROAF), a country's three letters (KEN), or `plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.clock import end_of_day
from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.wording import said_day
from outcomes import scopes
from outcomes.choices import TOTAL, Basis
from outcomes.models import Indicator, Measurement
from plans.models import PlanRevision, ReportingPeriod, StrategicPlan
from projects.offices import offered, seen_from_plan

WHOLE_PLAN = "plan"


@dataclass(frozen=True)
class Scope:
    """A part of the plan with its name: the plan itself, an office, a country."""

    number: int = scopes.PLAN
    code: str = WHOLE_PLAN
    office: Office | None = None
    country: Country | None = None

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return str(self.office or self.country or _("The whole plan"))


def scope_of_office(office: Office) -> Scope:
    """An office with all below it."""
    return Scope(scopes.of_office(office.pk), office.code, office=office)


def scope_of_country(country: Country) -> Scope:
    """A country."""
    return Scope(scopes.of_country(country.pk), country.iso3, country=country)


@dataclass(frozen=True)
class Selection:
    """A period, a basis, a scope and a moment of one plan; keeps its place in every link."""

    plan: StrategicPlan
    settings: PlanRevision
    periods: list[ReportingPeriod]
    period: ReportingPeriod
    basis: Basis = Basis.OFFICIAL
    scope: Scope = field(default_factory=Scope)
    as_of: date | None = None
    moment: datetime | None = None
    offices: list[Office] = field(default_factory=list)
    chosen: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def query(self) -> str:
        """The query of links that keep the selection; empty where nothing was chosen."""
        return self.query_with()

    def query_with(self, **choice: Any) -> str:
        """The same with something else chosen; an empty value takes a choice back."""
        parts = {key: value for key, value in {**self.chosen, **choice}.items() if value}
        return f"?{urlencode(parts)}" if parts else ""

    @property
    def complete(self) -> dict[str, str]:
        """Everything named, so that the address means the same next year."""
        parts = {
            "scope": self.scope.code,
            "period": self.period.label,
            "basis": self.basis.word,
        }
        return parts | ({"as_of": self.chosen["as_of"]} if self.moment else {})

    @property
    def is_within_a_day(self) -> bool:
        """Whether a moment was asked for, not the end of a day."""
        return self.moment is not None and self.moment != end_of_day(self.moment.date())

    def why_url(self, indicator: Indicator, *, cell: str = TOTAL, **choice: Any) -> str:
        """The address of the lineage of one figure."""
        parts = {**self.complete, "cell": cell, **choice}
        query = urlencode({key: value for key, value in parts.items() if value})
        return reverse("reporting:why", args=[self.plan.code, indicator.code]) + f"?{query}"

    @property
    def begun(self) -> list[ReportingPeriod]:
        """The periods that can be looked at: those whose first day has come."""
        return [period for period in self.periods if period.has_begun(self.today)]

    @property
    def today(self) -> date:
        """The day that the selection stands at."""
        return self.as_of or timezone.localdate()

    @property
    def elapsed(self) -> Fraction:
        """How much of the plan's time has passed at the period's end, on 0..100."""
        start, end = self.settings.start, self.settings.end
        passed = min(max((self.period.end - start).days + 1, 0), (end - start).days + 1)
        return Fraction(100 * passed, (end - start).days + 1)

    @property
    def offered(self) -> list[Office]:
        """The offices below headquarters that a page lets its readers choose: the plan's."""
        return [one for one in offered(self.offices, self.scope.code) if one.parent_id]

    @property
    def regions(self) -> list[Office]:
        """The offices right below headquarters, for tables by office."""
        roots = {office.pk for office in self.offices if office.parent_id is None}
        return [office for office in self.offices if office.parent_id in roots]


def _invalid(name: str, message: str) -> InvalidInput:
    return InvalidInput.of(name, f"unknown_{name}", message)


def read_selection(plan: StrategicPlan, asked: Mapping[str, str]) -> Selection:
    """The selection that an address (or a command) asks for; two queries, a country one more.

    Raises `InvalidInput` with `unknown_period`, `unknown_basis`, `unknown_scope` or
    `unknown_as_of`, in words that name the value.
    """
    names = ("period", "basis", "scope", "as_of")
    chosen = {name: asked[name].strip() for name in names if asked.get(name, "").strip()}
    as_of, moment = moment_of(chosen.get("as_of", ""))
    settings = _settings(plan, moment)
    offices = seen_from_plan(plan.code)
    periods, default = _periods(plan, as_of or timezone.localdate(), moment)
    period = default
    if "period" in chosen:
        period = next((one for one in periods if one.label == chosen["period"]), None)
        if period is None:
            raise _invalid(
                "period",
                _("There is no period “%(period)s” in this plan.") % {"period": chosen["period"]},
            )
    if period is None:
        raise DomainError(
            _("This plan has no reporting periods yet; a manager adds them."), "no_periods"
        )
    return Selection(
        plan=plan,
        settings=settings,
        periods=periods,
        period=period,
        basis=_basis(chosen.get("basis", "")),
        scope=_scope(chosen.get("scope", ""), offices),
        as_of=as_of,
        moment=moment,
        offices=offices,
        chosen=chosen,
    )


def moment_of(text: str) -> tuple[date | None, datetime | None]:
    """A date and the moment it stands for: its end in UTC; today is simply now.

    A moment to the second (2026-11-22T14:30:00+03:00; without an offset in UTC) is taken too.
    """
    if not text:
        return None, None
    moment: datetime | None = None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            # In an address a plus sign arrives as a space.
            moment = datetime.fromisoformat(text.replace(" ", "+"))
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _invalid(
                "as_of",
                _("“%(text)s” is not a date: write it as 2026-11-22.") % {"text": text[:40]},
            ) from None
        day = moment.date()
    today = timezone.localdate()
    if day > today or (moment and moment > timezone.now()):
        raise _invalid("as_of", _("%(day)s lies in the future.") % {"day": said_day(day)})
    if moment:
        return day, moment
    return (None, None) if day == today else (day, end_of_day(day))


def _settings(plan: StrategicPlan, moment: datetime | None) -> PlanRevision:
    """Dates and settings as they stood; before the plan was entered, the first that were."""
    current = getattr(plan, "current", None)
    if moment is None and current is not None:
        return current
    return (
        PlanRevision.objects.at(moment).filter(plan=plan).first()
        or PlanRevision.objects.filter(plan=plan).order_by("recorded_at", "id")[0]
    )


def _periods(
    plan: StrategicPlan, today: date, moment: datetime | None
) -> tuple[list[ReportingPeriod], ReportingPeriod | None]:
    """The plan's periods and the one that pages open on; one query.

    That is the latest period past its due date that has an approved result, else the latest
    past its due date, else the first.
    """
    past_due = ReportingPeriod.objects.filter(plan=plan, due__lt=today)
    approved = (
        Measurement.objects.live(moment)
        .filter(plan=plan, basis=Basis.OFFICIAL, period__in=past_due.values("number"))
        .order_by("-period")
    )
    periods: list[Any] = list(
        ReportingPeriod.objects.filter(plan=plan)
        .annotate(latest_approved=Subquery(approved.values("period")[:1]))
        .order_by("number")
    )
    for period in reversed(periods):
        if period.number == period.latest_approved:
            return periods, period
    past = [period for period in periods if period.due < today]
    return periods, past[-1] if past else (periods[0] if periods else None)


def _basis(text: str) -> Basis:
    try:
        return Basis.from_word(text or "official")
    except KeyError:
        raise _invalid(
            "basis",
            _("There is no basis “%(basis)s”: it is official or provisional.")
            % {"basis": text[:40]},
        ) from None


def _scope(code: str, offices: list[Office]) -> Scope:
    if code in ("", WHOLE_PLAN):
        return Scope()
    for office in offices:
        if office.code == code:
            return scope_of_office(office)
    country = Country.objects.filter(iso3=code.upper()).first() if code.isalpha() else None
    if country is None:
        raise _invalid(
            "scope",
            _(
                "There is no office or country “%(scope)s”: give an office's code or a country's "
                "three letters."
            )
            % {"scope": code[:40]},
        )
    return scope_of_country(country)
