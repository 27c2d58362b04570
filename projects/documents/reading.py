"""A project document in words, and how two of its versions differ, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.errors import Problem
from habitat_tracker.fields import Translated
from habitat_tracker.names import by_name
from habitat_tracker.wording import number, said_day
from plans.choices import EXAMINED_THEMES
from plans.models import Theme
from projects.choices import (
    WRITABLE,
    CovidMarker,
    DocumentKind,
    DocumentStatus,
    Marker,
    PartnerKind,
    Rank,
    Score,
    Section,
)
from projects.models import Appraisal, ProjectDocument, ProjectIndicator

from .sections import LANGUAGES, Content, Desk, amounts, countries_taken_away

# Each by its own name, as those who read it know it.
LANGUAGE_NAMES = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "ar": "العربية",
    "ru": "Русский",
    "zh": "中文",
}


@dataclass(frozen=True)
class Said:
    """One thing that a section says: what it is about, and the text."""

    label: str
    text: str


@dataclass(frozen=True)
class Difference:
    """One thing that two versions say, side by side; empty where one says nothing of it."""

    label: str
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        """Whether they say different things."""
        return self.before != self.after


def _by_label(read: list[Said]) -> dict[str, str]:
    """What is said under each label, so that nothing is hidden behind another of one name."""
    told: dict[str, str] = {}
    for one in read:
        told[one.label] = f"{told[one.label]}\n{one.text}" if one.label in told else one.text
    return told


class Words:
    """The names behind the codes of a document, asked once for any number of versions."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        themes = Theme.objects.filter(plan=desk.project.plan_id).order_by("position", "code")
        self.themes = {one.code: one for one in themes}

    def read(self, content: Content) -> dict[Section, list[Said]]:
        """What each section says; a section that nobody has written yet is empty."""
        readers = {
            Section.BASICS: self._basics,
            Section.PLACES: self._places,
            Section.OUTCOMES: self._outcomes,
            Section.ABOUT: self._about,
            Section.BUDGET: self._budget,
            Section.PARTNERS: self._partners,
            Section.LOGFRAME: self._logframe,
        }
        return {
            section: [Said(label, text) for label, text in reader(content.get(section)) if text]
            if content.get(section)
            else []
            for section, reader in readers.items()
        }

    def compare(self, before: Content, after: Content) -> dict[Section, list[Difference]]:
        """Everything that either version says, side by side, section by section.

        Title and summary in every language: who reads one sees that another was changed.
        """
        was, now = self.read(before), self.read(after)
        for read, content in ((was, before), (now, after)):
            read[Section.BASICS] = self._in_every_language(content, read[Section.BASICS])
        found: dict[Section, list[Difference]] = {}
        for section in Section:
            old, new = _by_label(was[section]), _by_label(now[section])
            labels = [*old, *(label for label in new if label not in old)]
            found[section] = [
                Difference(label, old.get(label, ""), new.get(label, "")) for label in labels
            ]
        return found

    def _basics(self, kept: Any) -> list[tuple[str, str]]:
        return [
            (_("Title"), str(Translated(kept["title"]))),
            (_("Summary"), str(Translated(kept["summary"]))),
            (_("Start"), _day(kept["start"])),
            (_("End"), _day(kept["end"])),
        ]

    def _in_every_language(self, content: Content, read: list[Said]) -> list[Said]:
        kept = content.get("basics")
        if not kept:
            return read
        texts = [
            Said(f"{label} ({LANGUAGE_NAMES[language]})", kept[name][language])
            for name, label in (("title", _("Title")), ("summary", _("Summary")))
            for language in LANGUAGES
            if kept[name].get(language)
        ]
        return texts + [one for one in read if one.label not in (_("Title"), _("Summary"))]

    def _places(self, kept: Any) -> list[tuple[str, str]]:
        names = by_name(self._country(code) for code in kept["countries"])
        cities = [f"{one['name']} ({self._country(one['country'])})" for one in kept["cities"]]
        countries = ", ".join(names) or _("no single country")
        return [(_("Countries"), countries), (_("Cities"), ", ".join(cities))]

    def _country(self, code: str) -> str:
        return str(self.desk.countries.get(code, code))

    def _outcomes(self, kept: Any) -> list[tuple[str, str]]:
        told = []
        for one in kept:
            outcome = self.desk.outcomes.get(one["outcome"])
            rank = str(Rank(one["rank"]).label)
            share = _("%(share)s %% of the money") % {"share": one["share"]}
            parts = [rank, share if one["share"] else "", one["why"]]
            told.append((str(outcome or one["outcome"]), " · ".join(filter(None, parts))))
        return told

    def _theme(self, code: str) -> str:
        return str(self.themes.get(code, code))

    def _theme_of_kind(self, code: str) -> str:
        """With its kind: an inclusion dimension and an evaluation issue may have one name."""
        theme = self.themes.get(code)
        return f"{theme.get_kind_display()}: {theme}" if theme else code

    def _about(self, kept: Any) -> list[tuple[str, str]]:
        told = [(self._theme_of_kind(code), why) for code, why in kept["named"].items()]
        markers = kept["markers"]
        examined = [code for code, one in self.themes.items() if one.kind in EXAMINED_THEMES]
        told += [
            (
                self._theme_of_kind(code),
                str(Marker(int(markers[code])).label) if code in markers else _("Not examined"),
            )
            for code in [*examined, *(code for code in markers if code not in examined)]
        ]
        covid = str(CovidMarker(kept["covid"]).label)
        if kept["covid_share"]:
            covid = _("%(share)s %% of its budget") % {"share": kept["covid_share"]}
        told += [
            (_("Flagship programme"), self._theme(kept["flagship"]) if kept["flagship"] else ""),
            (_("Response to COVID-19"), covid),
        ]
        for name, label in (
            ("innovation", _("Innovation")),
            ("replication", _("Potential for replication")),
        ):
            if kept[name]:
                score = str(Score(int(kept[name])).label)
                told.append((label, f"{score} · {kept[f'{name}_text']}"))
        tools = ", ".join(self._theme(code) for code in kept["tools"])
        return [*told, (_("Services and tools that it uses"), tools)]

    def _budget(self, kept: Any) -> list[tuple[str, str]]:
        told = []
        for one in kept:
            donor = one["donor"] or _("no donor named")
            kind = _("earmarked") if one["earmarked"] else _("not earmarked")
            label = f"{one['year']} · {donor} · {kind} · {one['currency']}"
            text = _number(one["amount"])
            if one["currency"] != "USD":
                text += f" = USD {_number(one['usd'])}"
            told.append((label, text))
        total, earmarked = amounts({"budget": kept})
        return [
            *told,
            (_("In all"), f"USD {_number(total)}"),
            (_("Of it earmarked"), f"USD {_number(earmarked)}"),
        ]

    def _partners(self, kept: Any) -> list[tuple[str, str]]:
        return [
            (
                one["name"],
                " · ".join(filter(None, [str(PartnerKind(one["kind"]).label), one["what"]])),
            )
            for one in kept
        ]

    def _logframe(self, kept: Any) -> list[tuple[str, str]]:
        told = []
        for one in kept:
            indicator = self.desk.indicators.get(one["indicator"])
            place = self._country(one["country"]) if one["country"] else ""
            if one["city"]:
                place = f"{one['city']} ({place})" if place else one["city"]
            title = f"{one['indicator']} {indicator.title if indicator else ''}".strip()
            parts = []
            if one["baseline"]:
                parts.append(_("baseline %(value)s") % {"value": _number(one["baseline"])})
            if one["target"]:
                parts.append(_("target %(value)s") % {"value": _number(one["target"])})
            if one["by"]:
                parts.append(_("by %(day)s") % {"day": _day(one["by"])})
            told.append(
                (f"{title} · {place}" if place else title, " · ".join(parts) or _("no target"))
            )
        return told


def earlier_version(document: ProjectDocument, asked: str = "") -> tuple[Content, Appraisal | None]:
    """What a document is compared with: the round asked for, else what it was begun from.

    Of a proposal that is what was submitted last; that itself is compared with the round before.
    """
    rounds = list(document.appraisals.order_by("round"))
    chosen = next((one for one in rounds if str(one.round) == asked), None)
    if chosen is None and document.kind == DocumentKind.PROPOSAL and rounds:
        is_open = document.status in WRITABLE
        chosen = rounds[-1] if is_open or len(rounds) == 1 else rounds[-2]
    return (document.base, None) if chosen is None else (chosen.content, chosen)


def lines_taken_away(document: ProjectDocument) -> list[ProjectIndicator]:
    """The reporting lines in countries that a revision takes away: they end when it is approved."""
    left = countries_taken_away(document.base, document.content)
    if not left:
        return []
    return list(
        document.project.lines.in_countries(left)
        .select_related("project", "indicator", "country", "city")
        .with_own_values()
        .order_by("indicator__position", "indicator__code", "pk")
    )


def lines_that_end(document: ProjectDocument) -> list[ProjectIndicator]:
    """What of these something is still expected of, while nobody has decided."""
    if document.status not in (*WRITABLE, DocumentStatus.SUBMITTED):
        return []
    today = timezone.localdate()
    return [one for one in lines_taken_away(document) if one.is_open_after(today)]


def compare_lines(document: ProjectDocument) -> list[Difference]:
    """What becomes of the reporting lines of a revision that takes countries away."""
    if document.status in (DocumentStatus.REJECTED, DocumentStatus.WITHDRAWN):
        return []
    approved, today = document.approved_at, timezone.localdate()
    told = []
    for line in lines_taken_away(document):
        label = f"{line.indicator.code} {line.indicator.title} · {line.place_name}"
        last = line.expected_to
        before = after = _("reported until %(day)s") % {"day": said_day(last)} if last else ""
        if approved and last == timezone.localdate(approved):
            before = _("reported")
        elif not approved and line.is_open_after(today):
            before = before or _("reported without an end")
            after = _("ends on the day of the approval; what it reported stays")
        told.append(Difference(label, before, after))
    return told


def lacking(problem: Problem) -> str:
    """What keeps a document from counting, with the section that it stands in."""
    head = problem.field.partition(".")[0]
    if head not in Section.values:
        return problem.message
    return f"{Section(head).label}: {problem.message}"


def _day(written: str) -> str:
    return said_day(date.fromisoformat(written)) if written else ""


def _number(value: str | Decimal) -> str:
    return number(Decimal(value), 6)
