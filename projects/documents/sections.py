"""What a section of a project document may hold.

Sections are JSON: amounts are text with a decimal point, days are 2021-03-31, months 2021-03,
outcomes, indicators, themes and countries are codes. `read_section` checks the form of a section;
whether a document is complete is another question (`completeness`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country
from habitat_tracker.errors import InvalidInput, Problem, too_long
from habitat_tracker.fields import parse_decimal, plain
from habitat_tracker.wording import said_day
from outcomes.choices import Direction, Kind, counts_from_zero
from outcomes.models import Indicator, Outcome
from plans.models import PlanRevision
from projects.actions.budget import BudgetRow, check_shares, read_budget
from projects.actions.describing import Description, check_description
from projects.actions.exchange import DOLLAR, in_dollars, rates_of
from projects.actions.projects import (
    missing_primary,
    of_other_outcome,
    over_before_plan,
    two_primary,
    works_in,
)
from projects.choices import PartnerKind, Rank, Section
from projects.models import Partner, Project
from projects.spelling import nearest, normalised

Content = Mapping[str, Any]
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
LONGEST_TITLE, LONGEST_TEXT, MOST_ROWS = 300, 5_000, 200


@dataclass
class Desk:
    """What the sections of one project are read against, asked once each."""

    project: Project

    @cached_property
    def dates(self) -> tuple[date, date]:
        """The first and the last day of the plan."""
        settings = PlanRevision.objects.at().get(plan=self.project.plan_id)
        return settings.start, settings.end

    @cached_property
    def countries(self) -> dict[str, Country]:
        """All countries by their three letters."""
        return {one.iso3: one for one in Country.objects.select_related("office")}

    @cached_property
    def _named(self) -> dict[str, str]:
        """The three letters of every country by its names in all languages."""
        return {
            name.casefold(): code
            for code, one in self.countries.items()
            for name in one.name.values()
        }

    def country_code(self, written: str) -> str:
        """The three letters of a country that is given by them or by a name, else empty."""
        text = " ".join(written.split())
        if text.upper() in self.countries:
            return text.upper()
        return self._named.get(text.casefold(), "")

    @cached_property
    def own(self) -> set[int]:
        """The countries that the project has already, by their keys."""
        return set(self.project.countries.values_list("pk", flat=True))

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """The plan's outcomes by code."""
        return {one.code: one for one in Outcome.objects.filter(plan=self.project.plan_id)}

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """The plan's partners by their normalised names; a merged one is the one it became."""
        rows = Partner.objects.filter(plan=self.project.plan_id).select_related("merged_into")
        return {one.key: one.merged_into or one for one in rows}

    def nearly(self, key: str) -> Partner | None:
        """The partner whose name is the nearest to this one, where one is nearly it."""
        return next(iter(nearest(key, self.partners.items())), None)

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """The plan's indicators by code."""
        return {one.code: one for one in Indicator.objects.filter(plan=self.project.plan_id)}


@dataclass
class Reading:
    """A section being read: what it holds so far, and all that is wrong with it."""

    desk: Desk
    content: Content
    problems: list[Problem]

    def say(self, field: str, code: str, text: str, row: int = 0) -> None:
        """Note one thing wrong."""
        self.problems.append(Problem(field, code, text, row))

    def text(self, given: object, field: str, most: int = LONGEST_TEXT, row: int = 0) -> str:
        """A text without spaces around it, no longer than may be."""
        if isinstance(given, (dict, list)) or "\0" in str(given):
            self.say(field, "invalid_text", _("This is not a text."), row)
            return ""
        said = str(given or "").strip()
        if len(said) > most:
            self.problems.append(too_long(field, most, row))
        return said

    def day(self, given: object, field: str, row: int = 0) -> date | None:
        """A day, or none where none is given."""
        written = str(given or "").strip()
        try:
            return date.fromisoformat(written) if written else None
        except ValueError:
            self.say(field, "invalid_date", _("Give the day as 2021-03-31."), row)
            return None

    def number(self, given: object, field: str, row: int = 0) -> Decimal | None:
        """A number, or none where none is given."""
        written = "" if given is None else str(given).strip()
        if not written:
            return None
        try:
            return parse_decimal(written, field)
        except InvalidInput as error:
            self.say(field, error.code, error.message, row)
            return None

    def parts(self, given: object, field: str) -> dict[str, Any]:
        """Named parts; none where nothing is given."""
        if given is not None and not isinstance(given, dict):
            self.say(field, "invalid_section", _("This holds named parts, not a single value."))
        return given if isinstance(given, dict) else {}

    def texts(self, given: object, field: str) -> dict[str, str]:
        """Texts by name."""
        found = self.parts(given, field)
        for name, text in found.items():
            if isinstance(text, (dict, list)) or "\0" in f"{name}{text}":
                self.say(field, "invalid_text", _("This is not a text."))
                return {}
        return {str(name): "" if text is None else str(text) for name, text in found.items()}

    def names(self, given: object, field: str) -> list[str]:
        """A list of names or codes."""
        if given is not None and not isinstance(given, list):
            self.say(field, "invalid_section", _("This section is a list of rows."))
        return [str(one) for one in given] if isinstance(given, list) else []

    def rows(self, given: object, field: str) -> list[dict[str, Any]]:
        """The rows of a list, each an object; not too many."""
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            self.say(field, "invalid_section", _("This section is a list of rows."))
            return []
        if len(given) > MOST_ROWS:
            text = _("A section has %(most)s rows at most.") % {"most": MOST_ROWS}
            self.say(field, "too_many_rows", text)
            return []
        return given

    def country(self, given: object, field: str, row: int = 0) -> Country | None:
        """A country that the project's office works in."""
        code = str(given or "").strip().upper()
        found = self.desk.countries.get(code)
        if found is None:
            text = _("“%(code)s” is not the three-letter code of a country.") % {"code": code[:10]}
            self.say(field, "unknown_country", text, row)
        elif found.pk not in self.desk.own and not works_in(self.desk.project.office, found):
            text = _("%(country)s is not a country of %(office)s.")
            names = {"country": found, "office": self.desk.project.office}
            self.say(field, "country_outside_office", text % names, row)
        return found


def read_section(
    project: Project, section: str, given: object, content: Content, desk: Desk | None = None
) -> tuple[Any, list[Problem]]:
    """A section as it is to be kept, and all that is wrong with what was given.

    `content` is what the other sections hold. Rows count from 1. What is left out is empty.
    """
    reading = Reading(desk or Desk(project), content, [])
    kept = READERS[Section(section)](reading, given)
    return kept, reading.problems


def wrong_title(title: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a title by language: `unknown_language`, `too_long`, `invalid_text`."""
    problems: list[Problem] = []
    for language, text in title.items():
        if language not in LANGUAGES:
            told = _("“%(code)s” is not a language of the system.") % {"code": language[:10]}
            problems.append(Problem("title", "unknown_language", told))
        if len(text) > LONGEST_TITLE:
            problems.append(too_long("title", LONGEST_TITLE))
        if "\0" in text:
            problems.append(Problem("title", "invalid_text", _("This is not a text.")))
    return problems


def _basics(reading: Reading, given: object) -> dict[str, Any]:
    said = reading.parts(given, "basics")
    kept: dict[str, Any] = {}
    for name, most in (("title", LONGEST_TITLE), ("summary", LONGEST_TEXT)):
        texts = reading.texts(said.get(name), name)
        if unknown := set(texts) - set(LANGUAGES):
            text = _("“%(code)s” is not a language of the system.")
            reading.say(name, "unknown_language", text % {"code": str(min(unknown))[:10]})
        kept[name] = {
            code: text for code in LANGUAGES if (text := reading.text(texts.get(code), name, most))
        }
    start, end = reading.day(said.get("start"), "start"), reading.day(said.get("end"), "end")
    first, _last = reading.desk.dates
    if start and end and start > end:
        reading.say("end", "dates_reversed", _("The end lies before the start."))
    project = reading.desk.project
    if start and start < first and not (project.taken_over_at and start == project.start):
        text = _("The plan begins on %(day)s; the project begins then or later.")
        reading.say("start", "dates_before_plan", text % {"day": said_day(first)})
    reading.problems += over_before_plan(project.plan, "end", end)
    kept["start"] = start.isoformat() if start else ""
    kept["end"] = end.isoformat() if end else ""
    return kept


def _places(reading: Reading, given: object) -> dict[str, Any]:
    said = reading.parts(given, "places")
    countries: list[str] = []
    for code in reading.names(said.get("countries"), "countries"):
        found = reading.country(code, "countries")
        if found and found.iso3 not in countries:
            countries.append(found.iso3)
    cities: dict[tuple[str, str], dict[str, str]] = {}
    for number, one in enumerate(reading.rows(said.get("cities") or [], "cities"), 1):
        name = " ".join(reading.text(one.get("name"), "cities", 100, number).split())
        written = str(one.get("country") or "").strip()
        code = reading.desk.country_code(written)
        if not name:
            continue
        told = {"row": number, "city": name, "country": written[:100]}
        if written and not code:
            text = _("Row %(row)s, %(city)s: “%(country)s” is no country’s name or three letters.")
            reading.say("cities", "unknown_country", text % told, number)
        elif code not in countries:
            text = _("Row %(row)s, %(city)s: name its country among the project's countries.")
            reading.say("cities", "city_outside_countries", text % told, number)
        # One city under two spellings is one.
        cities.setdefault((code, normalised(name)), {"country": code, "name": name})
    return {"countries": sorted(countries), "cities": list(cities.values())}


def _outcomes(reading: Reading, given: object) -> list[dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    shares: dict[str, Decimal] = {}
    for number, one in enumerate(reading.rows(given, "outcomes"), 1):
        code = reading.text(one.get("outcome"), "outcomes", 20, number)
        rank = reading.text(one.get("rank"), "outcomes", 20, number)
        if not rank:
            continue
        where = f"outcomes.{code}"
        if code not in reading.desk.outcomes:
            text = _("“%(code)s” is not an outcome of the plan.") % {"code": code[:20]}
            reading.say("outcomes", "unknown_outcome", text, number)
        elif rank not in Rank.values:
            reading.say(where, "unknown_rank", _("There is no such rank."), number)
        elif code in kept:
            text = _("Outcome %(code)s stands here twice.") % {"code": code}
            reading.say(where, "duplicate_row", text, number)
        share = reading.number(one.get("share"), where, number)
        if share is not None:
            shares[code] = share
        why = reading.text(one.get("why"), where, row=number)
        kept[code] = {"outcome": code, "rank": rank, "why": why, "share": plain(share)}
    primary = [code for code, one in kept.items() if one["rank"] == Rank.PRIMARY]
    if len(primary) > 1:
        reading.problems.append(two_primary(primary))
    reading.problems += check_shares(shares, "outcomes")
    order = list(Rank.values)
    return sorted(kept.values(), key=lambda one: (_place(order, one["rank"]), one["outcome"]))


def _place(order: list[str], value: str) -> int:
    return order.index(value) if value in order else len(order)


def _about(reading: Reading, given: object) -> dict[str, Any]:
    said = reading.parts(given, "about")
    single = [one.name for one in fields(Description) if one.name not in LISTED]
    described = Description(
        named=reading.texts(said.get("named"), "named"),
        markers=reading.texts(said.get("markers"), "markers"),
        tools=tuple(reading.names(said.get("tools"), "tools")),
        **{name: str(value) for name in single if (value := said.get(name)) is not None},
    )
    reading.problems += check_description(reading.desk.project, described)
    kept = asdict(described)
    kept["tools"] = list(described.tools)
    for name in ("covid_share", "replication", "innovation"):
        kept[name] = "" if kept[name] is None else str(kept[name]).strip()
    kept["markers"] = {code: str(marker) for code, marker in described.markers.items()}
    kept["named"] = {code: why.strip() for code, why in described.named.items()}
    return kept


# What of a description is more than a single text.
LISTED = ("named", "markers", "tools")


def spending_years(content: Content, desk: Desk) -> range:
    """The years that a project may spend in: those of its dates, else those of the plan."""
    basics = content.get("basics") or {}
    first, last = desk.dates
    start, end = str(basics.get("start") or first), str(basics.get("end") or last)
    return range(int(start[:4]), int(end[:4]) + 1)


def _budget(reading: Reading, given: object) -> list[dict[str, Any]]:
    names = ("year", "donor", "earmarked", "currency", "amount", "month")
    rows: list[BudgetRow] = []
    numbers: list[int] = []
    for number, one in enumerate(reading.rows(given, "budget"), 1):
        written = {name: reading.text(one.get(name), name, row=number) for name in names}
        if any(written[name] for name in ("year", "donor", "amount")):
            rows.append(BudgetRow(**written))
            numbers.append(number)
    lines, problems = read_budget(
        rows,
        years=spending_years(reading.content, reading.desk),
        first=reading.desk.dates[0],
        today=timezone.localdate(),
    )
    reading.problems += [
        replace(one, row=numbers[one.row - 1]) if one.row else one for one in problems
    ]
    if reading.problems:
        return []
    return [
        {
            "year": line.year,
            "donor": line.donor,
            "earmarked": line.earmarked,
            "currency": line.currency,
            "amount": plain(line.amount),
            "month": line.rate_month.isoformat()[:7],
            "rate": plain(line.rate),
            "usd": plain(line.usd),
        }
        for line in sorted(
            lines, key=lambda one: (one.year, one.donor, not one.earmarked, one.currency)
        )
    ]


def _partners(reading: Reading, given: object) -> list[dict[str, Any]]:
    """Each partner by its name; one that is registered keeps its kind and spelling."""
    kept: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(reading.rows(given, "partners"), 1):
        name = " ".join(reading.text(one.get("name"), "name", 200, number).split())
        what = reading.text(one.get("what"), "what", 500, number)
        if not name:
            if what:
                reading.say("name", "missing_name", _("Name the partner."), number)
            continue
        known = reading.desk.partners.get(normalised(name))
        key = known.key if known else normalised(name)  # two that were merged are one
        kind = known.kind if known else str(one.get("kind") or "")
        if kind not in PartnerKind.values:
            text = _("Say what sort of organization it is.")
            reading.say("kind", "unknown_kind", text, number)
        near = None if known or one.get("is_another") else reading.desk.nearly(key)
        if near is not None:
            text = _(
                "“%(name)s” is registered. If it is the same, write it so; if not, say that it is "
                "another one."
            )
            reading.say("name", "similar_partner", text % {"name": near}, number)
        if key in kept:
            text = _("%(name)s stands here twice.") % {"name": name}
            reading.say("name", "duplicate_row", text, number)
        kept[key] = {"name": str(known or name), "kind": kind, "what": what}
        if one.get("is_another") and not known:
            kept[key]["is_another"] = True  # asked again whenever the section is read
    return list(kept.values())


def _logframe(reading: Reading, given: object) -> list[dict[str, str]]:
    countries = set((reading.content.get("places") or {}).get("countries") or [])
    cities = {
        (one["country"], one["name"].casefold())
        for one in (reading.content.get("places") or {}).get("cities") or []
    }
    kept: list[dict[str, str]] = []
    for number, one in enumerate(reading.rows(given, "logframe"), 1):
        code = reading.text(one.get("indicator"), "indicator", 30, number)
        if not code:
            if any(one.values()):
                text = _("Name the indicator, or empty the row.")
                reading.say("indicator", "missing_indicator", text, number)
            continue
        country = reading.text(one.get("country"), "country", 10, number).upper()
        city = " ".join(reading.text(one.get("city"), "city", 100, number).split())
        if country and country not in countries:
            text = _("%(code)s is not among the project's countries.") % {"code": country[:10]}
            reading.say("country", "country_outside_project", text, number)
        if city and (country, city.casefold()) not in cities:
            text = _("%(city)s is not among the project's cities.") % {"city": city}
            reading.say("city", "city_outside_project", text, number)
        baseline = reading.number(one.get("baseline"), "baseline", number)
        target = reading.number(one.get("target"), "target", number)
        by = reading.day(one.get("by"), "by", number)
        row = {
            "indicator": code,
            "country": country,
            "city": city,
            "baseline": plain(baseline),
            "target": plain(target),
            "by": by.isoformat() if by else "",
        }
        _check_values(reading, row, baseline, target, number)
        if any(_overlap(row, other) for other in kept):
            text = _("%(code)s is reported for an overlapping place already.") % {"code": code}
            reading.say("country", "places_overlap", text, number)
        kept.append(row)
    return kept


def _check_values(
    reading: Reading,
    row: Mapping[str, str],
    baseline: Decimal | None,
    target: Decimal | None,
    number: int,
) -> None:
    """The rules that `set_line`, `set_baseline` and `set_target` will ask for."""
    indicator = reading.desk.indicators.get(row["indicator"])
    if indicator is None:
        text = _("“%(code)s” is not an indicator of the plan.") % {"code": row["indicator"][:30]}
        return reading.say("indicator", "unknown_indicator", text, number)
    if indicator.is_headline:
        text = _("A headline takes the results of other indicators; nothing is entered on it.")
        reading.say("indicator", "headline_takes_no_results", text, number)
    adds_up = counts_from_zero(indicator.kind, indicator.over_time)
    if baseline and adds_up:
        text = _("What adds up from the plan's start begins at 0; leave the baseline empty.")
        reading.say("baseline", "baseline_not_zero", text, number)
    if target is None:
        return None
    if indicator.kind == Kind.RATING:
        text = _("Ratings are counted; they have no target.")
        return reading.say("target", "rating_has_no_target", text, number)
    start = Decimal(0) if adds_up else baseline
    rises = indicator.direction == Direction.INCREASE
    if adds_up and not rises:
        text = _("What adds up over time can only increase.")
        return reading.say("target", "sum_must_increase", text, number)
    if start is not None and (target < start if rises else target > start):
        text = _(
            "The target lies on the wrong side of the baseline for this indicator's direction."
        )
        return reading.say("target", "target_against_direction", text, number)
    return None


def _overlap(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """No place contains everywhere; a country contains its cities."""
    if one["indicator"] != other["indicator"]:
        return False
    if not one["country"] or not other["country"]:
        return True
    if one["country"] != other["country"]:
        return False
    return (
        not one["city"] or not other["city"] or one["city"].casefold() == other["city"].casefold()
    )


READERS: dict[Section, Callable[[Reading, object], Any]] = {
    Section.BASICS: _basics,
    Section.PLACES: _places,
    Section.OUTCOMES: _outcomes,
    Section.ABOUT: _about,
    Section.BUDGET: _budget,
    Section.PARTNERS: _partners,
    Section.LOGFRAME: _logframe,
}


def completeness(project: Project, content: Content) -> list[Problem]:
    """All that keeps a document from counting; each problem names its section first.

    It is asked when a document is submitted, approved, and when its project begins. What the
    sections hold is read once more each time: one may have changed under another (a country that
    was taken away, dates that moved), and so may what they name (an outcome, an indicator, two
    partners that became one). Amounts keep the rates that they were saved with, which must still
    be there.
    """
    desk = Desk(project)
    problems: list[Problem] = []

    def say(section: Section, field: str, code: str, text: str) -> None:
        problems.append(Problem(f"{section.value}.{field}", code, text))

    for section in Section:
        if section in content and section != Section.BUDGET:
            _kept, wrong = read_section(project, section, content[section], content, desk)
            problems += [
                Problem(f"{section.value}.{one.field}", one.code, one.message, one.row)
                for one in wrong
            ]
    basics = content.get("basics") or {}
    if not basics.get("title"):
        say(Section.BASICS, "title", "missing_title", _("Give the project a title."))
    if not basics.get("summary"):
        text = _("Say in a few sentences what the project does.")
        say(Section.BASICS, "summary", "missing_summary", text)
    for name, text in (
        ("start", _("Say on which day the project begins.")),
        ("end", _("Say on which day the project ends.")),
    ):
        if not basics.get(name):
            say(Section.BASICS, name, "missing_date", text)
    if "places" not in content:
        text = _("Say in which countries the project works, or that it is global.")
        say(Section.PLACES, "countries", "missing_countries", text)
    served = content.get("outcomes") or []
    if not any(one["rank"] == Rank.PRIMARY for one in served):
        lacking = missing_primary()
        say(Section.OUTCOMES, lacking.field, lacking.code, lacking.message)
    for one in served:
        if not one["why"]:
            text = _("Say how the project serves outcome %(code)s.") % {"code": one["outcome"]}
            say(Section.OUTCOMES, f"outcomes.{one['outcome']}", "missing_reason", text)
    about = content.get("about") or {}
    if not about.get("named"):
        text = _("Name at least one driver of change or enabler and how the project uses it.")
        say(Section.ABOUT, "named", "missing_driver", text)
    if not about.get("covid"):
        text = _("Say whether the project responds to COVID-19.")
        say(Section.ABOUT, "covid", "missing_answer", text)
    budget = content.get("budget") or []
    if not amounts(content)[0]:
        say(Section.BUDGET, "budget", "missing_budget", _("Give the budget by year and donor."))
    years = spending_years(content, desk)
    for number, one in enumerate(budget, 1):
        if one["year"] not in years:
            text = _("The project spends in %(first)s to %(last)s.")
            told = text % {"first": years.start, "last": years.stop - 1}
            problems.append(Problem("budget.year", "year_outside_project", told, number))
    problems += _without_rate(budget)
    if not content.get("logframe"):
        text = _("Name at least one indicator that the project will report.")
        say(Section.LOGFRAME, "indicator", "missing_indicator", text)
    return problems + _unfounded(content, desk)


def _unfounded(content: Content, desk: Desk) -> list[Problem]:
    """Rows of the logical framework without a target or of an outcome that is not served.

    Ratings have no target. One row is of the primary outcome, where that has one to report.
    """
    rows = content.get("logframe") or []
    served = {one["outcome"] for one in content.get("outcomes") or []}
    outcomes = {desk.outcomes[code].pk for code in served if code in desk.outcomes}
    primary = desk.outcomes.get(primary_outcome(content))
    problems = []
    for number, one in enumerate(rows, 1):
        indicator = desk.indicators.get(one["indicator"])
        if indicator is None or indicator.is_headline:
            continue
        if not one["target"] and indicator.kind != Kind.RATING:
            text = _("Say what the project wants to reach with %(code)s: give a target.")
            told = text % {"code": indicator.code}
            problems.append(Problem("logframe.target", "missing_target", told, number))
        if why := of_other_outcome(indicator, outcomes):
            problems.append(
                Problem("logframe.indicator", "indicator_of_other_outcome", why, number)
            )
    offered = {
        code
        for code, one in desk.indicators.items()
        if primary and one.outcome_id == primary.pk and not one.is_headline
    }
    if rows and offered and not any(one["indicator"] in offered for one in rows):
        text = _("Name at least one indicator of outcome %(code)s, the primary one.")
        told = text % {"code": primary.code if primary else ""}
        problems.append(Problem("logframe.indicator", "no_indicator_of_primary", told))
    return problems


def _without_rate(budget: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """The lines of a budget whose rate of exchange is no longer loaded."""
    months = {date.fromisoformat(f"{one['month']}-01") for one in budget}
    held = rates_of(months) if any(one["currency"] != DOLLAR for one in budget) else {}
    problems = []
    for number, one in enumerate(budget, 1):
        try:
            in_dollars(
                amount=Decimal(one["amount"]),
                currency=one["currency"],
                on=date.fromisoformat(f"{one['month']}-01"),
                held=held,
            )
        except InvalidInput as error:
            problems.append(Problem("budget.currency", error.code, error.message, number))
    return problems


def amounts(content: Content) -> tuple[Decimal, Decimal]:
    """The budget in US dollars: all of it, and what of it is earmarked."""
    lines = content.get("budget") or []
    total = sum((Decimal(one["usd"]) for one in lines), Decimal(0))
    earmarked = sum((Decimal(one["usd"]) for one in lines if one["earmarked"]), Decimal(0))
    return total, earmarked


def countries_taken_away(base: Content, content: Content) -> set[str]:
    """The countries that a revision takes away; a proposal takes none."""
    was, now = ((one.get("places") or {}).get("countries") or [] for one in (base, content))
    return set(was) - set(now)


def primary_outcome(content: Content) -> str:
    """The code of the primary outcome; empty where none is named."""
    served = content.get("outcomes") or []
    return next((one["outcome"] for one in served if one["rank"] == Rank.PRIMARY), "")
