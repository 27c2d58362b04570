"""A case in the real product: its world made and entered through the actions, then asked.

Everything goes the way a person's entry goes: reporting lines, drafts, submission, review.
Figures are read as pages read them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.choices import OfficeKind, Role
from habitat_tracker.accounts.models import Country, Office, OfficeRole, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes import scopes
from outcomes.actions import get_thing, save_indicator, set_baseline, set_milestone, set_target
from outcomes.choices import Basis
from outcomes.models import Category, Dimension, Indicator, RatingLevel, Thing
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import read, unspecified
from plans.actions import add_period, close_period, revise_plan
from plans.choices import ReviewSteps
from plans.models import PlanRevision, ReportingPeriod, StrategicPlan
from projects import actions
from projects.actions import ResultInput
from projects.actions.results import check_periods
from projects.choices import EDITABLE, PENDING, Status
from projects.models import Project, ProjectIndicator, Result
from reporting.progress import NOTHING, assess, yardsticks
from tests.cases import world
from tests.cases.calculator import COUNTRY_OFFICE

FREQUENCY = {"period": "each", "half_year": "half", "year": "year"}
KIND = {"Q": "quarter", "H": "half"}
# Refusals that the case files have no word of their own for.
CODES = {
    "missing_numerator": "not_a_number",
    "not_a_whole_number": "not_a_number",
    "out_of_range": "not_a_number",
    "unknown_level": "unknown_category",
}


class World:
    """A case's plan, offices, indicators and projects as rows; `replay` enters its entries."""

    def __init__(self, case: world.Case, drain_after_each: bool = False) -> None:
        self.case = case
        self.drain_after_each = drain_after_each
        self.times: list[datetime] = []
        self.refusals: list[str | None] = []
        self._people()
        self._places()
        self._plan()
        if any(entry.status == "verified" for entry in case.entries):
            self.plan.review_steps = ReviewSteps.TWO
            self.plan.save(update_fields=["review_steps"])
        self._indicators()
        self._projects()
        for label in case.plan.closed:
            close_period(period=self.periods[label], by=self.manager)

    def _people(self) -> None:
        self.headquarters = create_office(
            code="HQ", name={"en": "Headquarters"}, kind=OfficeKind.HEADQUARTERS, parent=None
        )
        self.manager = self._person("manager", Role.MANAGER)
        self.reviewer = self._person("reviewer", Role.REVIEWER)
        self.approver = self._person("approver", Role.REVIEWER)
        self.reporters: dict[str, User] = {}

    def _person(self, name: str, role: str) -> User:
        user = User.objects.create(email=f"{name}@example.org", name=name)
        OfficeRole.objects.create(user=user, office=self.headquarters, role=role)
        return user

    def reporter(self, name: str | None) -> User:
        key = name or "reporter"
        if key not in self.reporters:
            self.reporters[key] = self._person(f"reporter-{key}", Role.REPORTER)
        return self.reporters[key]

    def _places(self) -> None:
        codes = {project.office for project in self.case.projects.values()}
        asked = {each.question.scope for each in self.case.expectations} - {world.PLAN}
        named = {
            world.country_of(place)
            for project in self.case.projects.values()
            for place in [*project.places, *(p for ps in project.reports.values() for p in ps)]
        }
        named |= {world.country_of(entry.contributor.place) for entry in self.case.entries}
        countries = sorted(code for code in named if code)
        scoped = asked | {scope for i in self.case.indicators.values() for scope in i.goals}
        codes |= {COUNTRY_OFFICE[code] for code in countries if code in COUNTRY_OFFICE}
        codes |= {scope for scope in scoped if scope != world.PLAN and len(scope) != 3}
        self.offices: dict[str, Office] = {"HQ": self.headquarters}
        for code in sorted(codes - {"HQ"}):
            self.offices[code] = create_office(
                code=code, name={"en": code}, kind=OfficeKind.REGIONAL, parent=self.headquarters
            )
        scoped_countries = {scope for scope in scoped if len(scope) == 3}
        self.countries = {
            code: Country.objects.create(
                m49=number,
                iso3=code,
                iso2=f"{number:02d}",
                name={"en": code},
                office=self.offices.get(COUNTRY_OFFICE.get(code, "")),
            )
            for number, code in enumerate(sorted({*countries, *scoped_countries}), start=1)
        }

    def _plan(self) -> None:
        self.plan = StrategicPlan.objects.create(code="CASE", title={"en": "Case"})
        minimum = self.case.plan.minimum_coverage
        revise_plan(
            plan=self.plan,
            by=None,
            start=self.case.plan.start,
            end=self.case.plan.end,
            due_days=15,
            minimum_coverage=int(minimum * 1000),
            on_track_at=900,
            delayed_at=600,
            decided_on="",
            decided_by="",
            source="",
        )
        self.settings = PlanRevision.objects.at().get(plan=self.plan)
        self.periods: dict[str, ReportingPeriod] = {}
        for period in self.case.periods:
            kind = KIND[period.label[5]] if len(period.label) > 4 else "year"
            self.periods[period.label] = add_period(
                plan=self.plan, label=period.label, kind=kind, start=period.start, end=period.end
            )

    def _indicators(self) -> None:
        self.indicators: dict[str, Indicator] = {}
        described = self.case.indicators.values()
        for rules in sorted(described, key=lambda one: one.feeds is not None):
            indicator = Indicator(
                plan=self.plan,
                owner="plan",
                evidence_rule="none",
                code=rules.name,
                title={"en": rules.name},
                unit={"en": rules.unit} if rules.unit else {},
                kind=rules.kind,
                thing_kind="city" if rules.kind == "distinct" else "",
                over_time=rules.over_time,
                across=rules.across,
                direction=rules.direction,
                frequency=FREQUENCY[rules.due],
                allow_negative=rules.allow_negative,
                is_headline=bool(self.case.feeders(rules.name)),
                feeds=self.indicators[rules.feeds] if rules.feeds else None,
            )
            self.indicators[rules.name] = save_indicator(indicator=indicator, by=None)
            for dimension in rules.dimensions:
                kept = Dimension.objects.create(
                    indicator=indicator,
                    code=dimension.name,
                    name={"en": dimension.name},
                    additive=dimension.additive,
                )
                for code in dimension.categories:
                    Category.objects.create(
                        dimension=kept, indicator=indicator, code=code, name={"en": code}
                    )
            for position, code in enumerate(rules.scale):
                RatingLevel.objects.create(
                    indicator=indicator, code=code, name={"en": code}, position=position
                )
            for scope, goal in rules.goals.items():
                self._goal(indicator, self.scope(scope), goal)

    def _goal(self, indicator: Indicator, scope: int, goal: world.Goal) -> None:
        if goal.baseline is not None:
            set_baseline(indicator=indicator, scope=scope, value=_plain(goal.baseline), by=None)
        for label, value in goal.milestones.items():
            set_milestone(
                indicator=indicator,
                scope=scope,
                value=_plain(value),
                on=world.period_end(label),
                by=None,
            )
        if goal.target is not None:
            ends = goal.target_period
            day = world.period_end(ends) if ends else self.case.plan.end
            set_target(indicator=indicator, scope=scope, value=_plain(goal.target), on=day, by=None)

    def scope(self, name: str) -> int:
        """The scope of `plan`, an office's code or a country's letters."""
        if name == world.PLAN:
            return scopes.PLAN
        if name in self.offices:
            return scopes.of_office(self.offices[name].pk)
        return scopes.of_country(self.countries[name].pk)

    def _projects(self) -> None:
        self.projects: dict[str, Project] = {}
        for described in self.case.projects.values():
            places = [*described.places, *(p for ps in described.reports.values() for p in ps)]
            places += [
                entry.contributor.place
                for entry in self.case.entries
                if entry.contributor.project == described.name
            ]
            named = {world.country_of(place) for place in places}
            self.projects[described.name] = actions.save_project(
                plan=self.plan,
                code=described.name,
                title={"en": described.name},
                office=self.offices[described.office],
                countries=[self.countries[code] for code in sorted(c for c in named if c)],
                start=described.start,
                end=described.end,
                by=None,
            )
        self.lines: dict[world.Contributor, ProjectIndicator] = {}
        for contributor in self.case.contributors():
            self._line(contributor)

    def _line(self, contributor: world.Contributor, never: date | None = None) -> ProjectIndicator:
        """The reporting line; made with a day before the plan it is never expected."""
        if contributor not in self.lines:
            country, city = self._place(contributor.place)
            self.lines[contributor] = actions.set_line(
                project=self.projects[contributor.project],
                indicator=self.indicators[contributor.indicator],
                country=country,
                city=city,
                expected_from=never,
                expected_to=never,
                by=None,
            )
        return self.lines[contributor]

    def _place(self, place: str) -> tuple[Country | None, Thing | None]:
        country = world.country_of(place)
        if country is None:
            return None, None
        if "/" in place:
            thing = get_thing(
                plan=self.plan, kind="city", key=place, country=self.countries[country]
            )
            return None, thing
        return self.countries[country], None

    def replay(self) -> None:
        """Make every entry in its order, noting refusals and the moment right after it."""
        self.begun = database_now()
        unexpected = min(self.case.plan.start, self.case.periods[0].start) - timedelta(days=1)
        for entry in self.case.entries:
            reporter = self.reporter(entry.by)
            line = self._line(entry.contributor, never=unexpected)
            try:
                with transaction.atomic():
                    self._enter(entry, reporter, line)
                self.refusals.append(None)
            except DomainError as error:
                self.refusals.append(CODES.get(error.code, error.code))
            self.times.append(database_now())
            if self.drain_after_each:
                drain()
        drain()

    def _enter(self, entry: world.Entry, reporter: User, line: ProjectIndicator) -> None:
        period = self.periods[entry.period]
        revisions = Result.objects.filter(line=line, period=period)
        pending = revisions.filter(status__in=PENDING).first()
        if entry.status == "withdrawn":
            check_periods([(line.project_id, period.pk)])
            # A correction that was returned or is a draft goes first, as a person would do it.
            approved = revisions.filter(status=Status.APPROVED).first()
            begun = None if pending else revisions.filter(status__in=EDITABLE).first()
            for standing in (pending,) if pending else (begun, approved):
                if standing is not None:
                    actions.withdraw(rows=[standing], by=self.reviewer, reason="withdrawn")
            return
        if pending:
            actions.recall(rows=[pending], by=reporter)
        rows: list[Any] = list(
            actions.save_results(entries=[self._input(entry, line, period)], by=reporter)
        )
        if entry.status == "draft":
            return
        rows = actions.submit(rows=rows, by=reporter)
        if entry.status == "verified":
            actions.verify(rows=rows, by=self.reviewer)
        elif entry.status == "returned":
            actions.send_back(rows=rows, by=self.reviewer, reason="returned")
        elif entry.status == "approved":
            if self.plan.review_steps == ReviewSteps.TWO:
                rows = actions.verify(rows=rows, by=self.reviewer)
            actions.approve(rows=rows, by=self.approver)

    def _input(
        self, entry: world.Entry, line: ProjectIndicator, period: ReportingPeriod
    ) -> ResultInput:
        amount = entry.amount
        return ResultInput(
            line=line,
            period=period,
            state=entry.state,
            value=amount.value,
            numerator=amount.numerator,
            denominator=amount.denominator,
            unnamed=_unnamed(entry),
            things=entry.items or (),
            rating=entry.rating or "",
            qualifier=entry.qualifier,
            cells={code: _cell(cell) for code, cell in entry.cells.items()},
            credits=[self.indicators[name] for name in entry.also],
            reason="A later count",
        )

    # Asking

    def answer(self, question: world.Question) -> dict[str, Any]:
        """The figure asked for, in the words and texts of the case files."""
        return next(self.answers([question]))

    def _moment(self, as_of: int | None) -> datetime | None:
        """Right after an entry; 0 is right before the first."""
        if as_of is None:
            return None
        return self.times[as_of - 1] if as_of else self.begun

    def answers(self, questions: list[world.Question]) -> Iterator[dict[str, Any]]:
        """Many figures; those of one indicator and moment are read once."""
        cache: dict[Any, Any] = {}
        for question in questions:
            moment = self._moment(question.as_of)
            key = (question.indicator, moment)
            if key not in cache:
                indicator = self.indicators[question.indicator]
                cache[key] = (
                    read(
                        [indicator],
                        periods=(1, len(self.periods)),
                        bases=list(Basis),
                        moment=moment,
                    ),
                    yardsticks([indicator]),
                )
            yield self._told(question, *cache[key])

    def _told(self, question: world.Question, figures: Any, sticks: Any) -> dict[str, Any]:
        indicator = self.indicators[question.indicator]
        scope = self.scope(question.scope)
        period = self.periods[question.period]
        basis = Basis.from_word(question.basis)
        total = figures.get(indicator, scope, period.number, basis)
        figure = figures.get(indicator, scope, period.number, basis, question.cell)
        stick = sticks.get((indicator.pk, scope), NOTHING)
        stands = assess(total, stick, self.settings, period)
        rest = unspecified(figures, indicator, scope, period.number, basis)
        levels = figures.cells(indicator, scope, period.number, basis)
        text = world.as_text
        told = {
            "to_date": text(figure.to_date),
            "in_period": text(figure.in_period),
            "numerator": text(figure.numerator),
            "denominator": text(figure.denominator),
            "shared": text(figure.shared),
            "unnamed": text(figure.unnamed),
            "qualifier": figure.qualifier.word if figure.qualifier is not None else None,
            "in_period_qualifier": (
                figure.period_qualifier.word if figure.period_qualifier is not None else None
            ),
            "reported": total.reported,
            "expected": total.expected,
            "unspecified": {name: _remainder(pair) for name, pair in rest.items()},
            "ratings": {
                code: int(level.to_date)
                for code, level in levels.items()
                if indicator.kind == "rating" and level.to_date
            },
            "status": stands.status.value,
            "progress": text(stands.progress),
            "expected_progress": text(stands.expected),
        }
        if question.cell:
            told |= {"status": None, "progress": None, "expected_progress": None}
            told["unspecified"] = {}
        return told


def _remainder(pair: Any) -> Any:
    if pair is None:
        return None
    numerator, denominator = pair
    if denominator is None:
        return world.as_text(numerator)
    return {"numerator": world.as_text(numerator), "denominator": world.as_text(denominator)}


def _unnamed(entry: world.Entry) -> str | None:
    """Things without an unnamed number have none of them: a list alone is complete."""
    if entry.unnamed is not None:
        return entry.unnamed
    return "0" if entry.items is not None else None


def _cell(amount: world.Amount) -> Any:
    if amount.numerator is not None or amount.denominator is not None:
        return {"numerator": amount.numerator, "denominator": amount.denominator}
    return amount.value


def _plain(value: Fraction) -> str:
    scaled = value * 10**6
    if scaled.denominator != 1:
        raise ValueError(f"{value} has more than six decimals")
    digits = f"{abs(scaled.numerator):07d}"
    return f"{'-' if value < 0 else ''}{digits[:-6]}.{digits[-6:]}"


@contextlib.contextmanager
def rolled_back() -> Iterator[None]:
    """A world that leaves no row behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
