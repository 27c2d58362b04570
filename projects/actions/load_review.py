"""Entering what a review document reports, through the same actions as a person would.

The file (`plans/data/mtr-2021.yaml`) explains itself in its first lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import grant_role, record_activity
from habitat_tracker.accounts.changes import difference
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.errors import DomainError
from outcomes.actions import get_thing
from outcomes.actions.stated import load_stated_figures
from outcomes.choices import Kind, Qualifier
from outcomes.models import Indicator, Thing
from plans.choices import Verification
from plans.models import ReportingPeriod, StrategicPlan
from projects.choices import EvidenceKind, ProjectStatus
from projects.models import InnovationLab, Note, Project, ProjectIndicator, Result, Reviewed

from .checks import ResultInput
from .evidence import add_evidence
from .labs import LabInput, key_of, save_lab
from .projects import save_project, set_line
from .results import approve, save_note, save_results, submit


@dataclass
class Entered:
    """How much of the document was new."""

    results: int = 0
    notes: int = 0
    stated: int = 0


def read_review_file(path: Path) -> dict[str, Any]:
    """The content of a review file; raises `review_file_refused` where it is none."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DomainError(f"{path.name}: {error}", "review_file_refused") from None
    if not isinstance(content, dict) or content.get("format") != 1:
        raise DomainError(f"{path.name}: “format: 1” is missing", "review_file_refused")
    return content


@transaction.atomic
def load_review(*, file: dict[str, Any]) -> Entered:
    """Enter, submit and approve each result and note of a review that is not there yet.

    What was entered before is left as it is, also where somebody has corrected it since; what the
    document states and nobody enters (`stated`) is kept as the file has it.
    """
    return _ReviewLoader(file).load()


class _ReviewLoader:
    """One load of one document."""

    def __init__(self, file: dict[str, Any]) -> None:
        self.file = file
        self.plan = self.found(StrategicPlan, code=file["plan"])
        self.period = self.found(ReportingPeriod, plan=self.plan, label=file["period"])
        self.office = self.found(Office, code=file["project"]["office"])
        self.indicators = {row.code: row for row in Indicator.objects.filter(plan=self.plan)}
        self.countries = {row.iso3: row for row in Country.objects.all()}
        accounts = file["project"]["accounts"]
        self.author = self.account(accounts["enters"], _("Documents desk (entry)"), Role.REPORTER)
        self.reviewer = self.account(
            accounts["approves"], _("Documents desk (approval)"), Role.REVIEWER
        )
        self.project = self.corporate_source()

    def load(self) -> Entered:
        """All results as one set, then all notes, then what is only stated."""
        lines = self.lines()
        results = self.results(lines)
        notes = self.notes()
        self.approve(results)
        self.approve(notes)
        stated = load_stated_figures(
            plan=self.plan,
            rows=self.file.get("stated", []),
            document=self.file["document"],
            by=self.author,
        )
        self.labs()
        return Entered(len(results), len(notes), stated)

    def labs(self) -> None:
        """The innovation labs that the document names; one that is registered stays as it is."""
        held = set(InnovationLab.objects.filter(plan=self.plan).values_list("key", flat=True))
        for row in self.file.get("labs", []):
            if key_of(row["name"]) in held:
                continue
            save_lab(
                plan=self.plan,
                office=self.office,
                entered=LabInput(
                    name=row["name"],
                    country=self.countries[row["country"]],
                    city=row.get("city", ""),
                    status=row["status"],
                    source=f"{self.file['document']}, para. {row['paragraph']}",
                    verification=Verification.SEED,
                    note=row.get("note", ""),
                ),
                by=None,
            )

    def found(self, model: Any, **known: Any) -> Any:
        """The one row that the file names; the plan has to be loaded before its results."""
        row = model.objects.filter(**known).first()
        if row is None:
            name = known.get("code") or known.get("label")
            raise DomainError(
                _("There is no %(what)s “%(name)s”; load the plan first.")
                % {"what": model._meta.verbose_name, "name": name},
                "unknown_reference",
            )
        return row

    def account(self, email: str, name: str, role: str) -> User:
        """An account with one role at headquarters and no password: nobody can sign in with it."""
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, name=name)
            record_activity(by=None, verb="added", targets=[user], changes=difference(None, user))
        grant_role(user=user, office=self.office, role=role, by=None)
        return user

    def corporate_source(self) -> Project:
        """The document as a source under headquarters, with no country."""
        known = self.file["project"]
        project = Project.objects.filter(plan=self.plan, code=known["code"]).first()
        return project or save_project(
            plan=self.plan,
            code=known["code"],
            title=known["titles"],
            office=self.office,
            by=None,
            kind=known["kind"],
            status=ProjectStatus.CLOSED,
            start=known["start"],
            end=known["end"],
        )

    def lines(self) -> list[ProjectIndicator]:
        """A reporting line for each result, expected in the quarter of the document only."""
        lines = []
        for row in self.file["results"]:
            indicator = self.indicator(row["indicator"])
            country = self.country(row["place"]) if "place" in row else None
            line = self.project.lines.filter(indicator=indicator, country=country).first()
            lines.append(
                line
                or set_line(
                    project=self.project,
                    indicator=indicator,
                    by=None,
                    country=country,
                    expected_from=self.period.start,
                    expected_to=self.period.end,
                )
            )
        return lines

    def indicator(self, code: str) -> Indicator:
        """An indicator of the plan."""
        if code not in self.indicators:
            raise DomainError(f"The plan has no indicator “{code}”.", "unknown_reference")
        return self.indicators[code]

    def country(self, iso3: str) -> Country:
        """A country by its code."""
        if iso3 not in self.countries:
            raise DomainError(f"There is no country “{iso3}”.", "unknown_reference")
        return self.countries[iso3]

    def results(self, lines: list[ProjectIndicator]) -> list[Result]:
        """The results that are not entered yet, as drafts with their evidence."""
        new = [
            (row, line)
            for row, line in zip(self.file["results"], lines, strict=True)
            if not line.results.filter(period=self.period).exists()
        ]
        saved = save_results(entries=[self.entry(*pair) for pair in new], by=self.author)
        for result, (row, _line) in zip(saved, new, strict=True):
            self.evidence(result, row, row["facts"])
        return saved

    def entry(self, row: dict[str, Any], line: ProjectIndicator) -> ResultInput:
        """One result as a person would enter it."""
        counted = line.indicator.kind == Kind.DISTINCT
        shared = line.indicator.kind == Kind.PERCENTAGE
        return ResultInput(
            line=line,
            period=self.period,
            value=None if counted or shared else row["value"],
            numerator=row["numerator"] if shared else None,
            denominator=row["denominator"] if shared else None,
            unnamed=row["unnamed"] if counted else None,
            things=[self.thing(line.indicator, thing) for thing in row.get("things", [])],
            qualifier=row["qualifier"],
            narrative=_in_words(row),
            window_start=self.file["window"]["first"],
            window_end=self.file["window"]["last"],
        )

    def thing(self, indicator: Indicator, named: dict[str, Any]) -> Thing:
        """A country by its code, anything else by its name."""
        country = self.country(named["iso3"]) if "iso3" in named else None
        name = named.get("name") or (country.name if country else {})
        key = slugify(name["en"])[:120] if "name" in named else named["iso3"]
        kind = indicator.thing_kind
        return get_thing(
            plan=self.plan, kind=kind, key=key, name=dict(name), country=country, by=self.author
        )

    def notes(self) -> list[Note]:
        """The notes that are not kept yet, as drafts with their evidence."""
        held = set(self.project.notes.values_list("key", flat=True))
        outcomes = {outcome.code: outcome for outcome in self.plan.outcomes.all()}
        domains = {domain.code: domain for domain in self.plan.domains.all()}
        saved = []
        for row in self.file["notes"]:
            if row["fact"] in held:
                continue
            first, last = self.window(row.get("period"))
            qualifier = row.get("qualifier", "exact")
            note = save_note(
                by=self.author,
                project=self.project,
                key=row["fact"],
                period=self.period,
                outcome=outcomes.get(row["about"]),
                domain=domains.get(row["about"]),
                text={"en": _in_words(row)},
                value_text=_value_in_words(row),
                qualifier=Qualifier.EXACT
                if qualifier == "unspecified"
                else Qualifier.from_word(qualifier),
                window_start=first,
                window_end=last,
            )
            self.evidence(note, row, [row["fact"]])
            saved.append(note)
        return saved

    def window(self, years: str | None) -> tuple[date, date]:
        """The years a note speaks of (`2021`, `2021/2022`); else the window of the document."""
        if years is None:
            return self.file["window"]["first"], self.file["window"]["last"]
        first, _slash, last = years.partition("/")
        return date(int(first), 1, 1), date(int(last or first), 12, 31)

    def evidence(self, to: Result | Note, row: dict[str, Any], facts: list[str]) -> None:
        """The paragraph of the document, in its own words."""
        add_evidence(
            to=to,
            kind=EvidenceKind.DOCUMENT,
            title=self.file["document"],
            by=self.author,
            passage=f"para. {row['paragraph']} ({', '.join(facts)})",
            quote=row["quote"]["zh"],
        )

    def approve(self, rows: list[Any]) -> None:
        """Submitted by the one account, approved by the other."""
        entered: list[Reviewed] = list(rows)
        if entered:
            approve(rows=submit(rows=entered, by=self.author), by=self.reviewer)


def _in_words(row: dict[str, Any]) -> str:
    """What the document says in English, and what to mind about it."""
    parts = [row["text"]["en"], row.get("narrative", {}).get("en", ""), row.get("flag", "")]
    sentences = [part[0].upper() + part[1:] for part in parts if part]
    return " ".join(text if text.endswith(".") else f"{text}." for text in sentences)


def _value_in_words(row: dict[str, Any]) -> str:
    """The number of a note as text: `3 service areas`; a year or an ordinal stands alone."""
    value, unit = row.get("value", ""), row.get("unit", "")
    if unit in ("year", "years", "ordinal"):
        return value
    if value == "1":
        unit = f"{unit[:-3]}y" if unit.endswith("ies") else unit.removesuffix("s")
    return f"{value} {unit}".strip()
