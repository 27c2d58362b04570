"""What a returned sheet says beside what is stored: new, changed, unchanged, refused, conflict.

Nothing is written to results here. Every refusal names the cell of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from habitat_tracker.errors import InvalidInput, Problem
from outcomes.choices import Kind, Qualifier, State
from outcomes.models import Indicator, RatingLevel, Thing
from plans.models import ReportingPeriod, StrategicPlan
from projects.actions.checks import Checker, ResultInput
from projects.actions.evidence import checked_link
from projects.actions.register import with_counts
from projects.choices import OPEN, PENDING, EvidenceKind, RowKind, Status
from projects.models import Evidence, ImportRow, ImportRun, ProjectIndicator, Result
from projects.permissions import can_report
from projects.schedule import Openness, standing

from .columns import OF_A_PART, STATE_KEYS, letters, meaning, spelled, unkept
from .content import Content, Pair, Things, content_and_link, counted_kind, short, with_listed
from .reading import MOST_SHARED, Row, too_large

# The typed columns.
_TYPED = ("value", "denominator", "state", "qualifier", "names", "narrative", "link")
# In which column a problem of the actions' checks stands.
_COLUMN_OF = {
    "numerator": "value",
    "unnamed": "value",
    "rating": "value",
    "things": "names",
    "url": "link",
    "evidence": "link",
}


@dataclass
class Given:
    """The rows of a sheet that are about one result, by part ("" the total)."""

    line: str
    period: str
    rows: dict[str, Row] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def position(self) -> int:
        """The first of its rows in the file."""
        return min(row.number for row in self.rows.values())

    @property
    def places(self) -> dict[str, int]:
        """Its rows in the file, by part."""
        return {part: row.number for part, row in self.rows.items()}

    def text(self, key: str, part: str = "") -> str:
        """What a column says, without space around it."""
        row = self.rows.get(part)
        return row.texts.get(key, "").strip() if row else ""

    def first(self, key: str) -> str:
        """What a column that all its rows repeat says."""
        return next((text for part in self.rows if (text := self.text(key, part))), "")

    @property
    def seen(self) -> set[str]:
        """What was seen by its rows: one digest, unless rows of several files stand together."""
        texts = {text for part in self.rows if (text := self.text("seen", part))} or {""}
        return {content_and_link(text)[0] for text in texts}

    def refuse(self, where: str, code: str, message: str) -> None:
        """Keep a problem of a field, under the reference of its cell."""
        part, column = _place(where)
        row = self.rows.get(part) or self.rows[next(iter(self.rows))]
        self.problems.append({"cell": row.reference(column), "code": code, "message": message})


def _place(where: str) -> tuple[str, str]:
    """The part and the column that a field of the checks stands in."""
    if where.startswith("cells."):
        code, _point, half = where.removeprefix("cells.").partition(".")
        return code, half if half in OF_A_PART else "value"
    column = _COLUMN_OF.get(where, where)
    return "", column if column in _TYPED else "value"


def gather(rows: Iterable[Row]) -> list[Given]:
    """The results that a sheet is about, in its order.

    Rows without hidden ids are refused if something is typed in them, and passed over if not.
    Raises `unpacks_too_large` where the texts together are longer than results can be.
    """
    found: dict[Any, Given] = {}
    size = 0
    for row in rows:
        size += sum(map(len, row.texts.values()))
        if size > MOST_SHARED:
            raise too_large()
        line, period = row.texts["line"].strip(), unkept(row.texts["period"])
        if not line and not period and not any(row.texts[key].strip() for key in _TYPED):
            continue
        key: Any = (line, period) if line and period else row.number
        given = found.setdefault(key, Given(line, period))
        part = unkept(row.texts["part"])
        if part in given.rows:
            where = row.reference("value")
            text = _("This is there twice, here and in row %(row)s; keep one of them.")
            given.problems.append(
                {
                    "cell": where,
                    "code": "duplicate_entry",
                    "message": text % {"row": given.rows[part].number},
                }
            )
            continue
        given.rows[part] = row
        given.problems += [
            {
                "cell": one.field,
                "code": one.code,
                "message": one.message.removeprefix(f"{one.field}: "),
            }
            for one in row.problems
        ]
    return list(found.values())


def staged(run: ImportRun, given: list[Given]) -> list[ImportRow]:
    """What some results of a sheet say, beside what is stored now; a fixed number of queries.

    (Names of things cost a query for each 50.)
    """
    return _Stage(run, given).rows()


@dataclass
class _Said:
    """One result of the sheet, read as far as it can be."""

    given: Given
    row: ImportRow
    line: ProjectIndicator | None = None
    period: ReportingPeriod | None = None
    working: Result | None = None
    approved: Result | None = None
    content: Content = field(default_factory=Content)
    link: str = ""


class _Stage:
    """Reads some results of a sheet with all that they are compared with."""

    def __init__(self, run: ImportRun, given: list[Given]) -> None:
        self.run, self.plan, self.by = run, run.plan, run.by
        self.said = [_Said(one, ImportRow(run=run, position=one.position)) for one in given]
        self.openness = Openness.of()
        lines = _lines(self.plan, given)
        periods = {period.label: period for period in self.plan.periods.all()}
        for said in self.said:
            said.line = lines.get(said.given.line)
            said.period = periods.get(said.given.period)
            if said.period:
                said.period.plan = self.plan
        self._find_standing()
        self.levels = _levels(said.line.indicator for said in self.said if said.line)

    def _find_standing(self) -> None:
        asked = [said for said in self.said if said.line and said.period]
        found: dict[tuple[int, int], list[Result]] = {}
        for result in standing_results(
            {said.line.pk for said in asked if said.line},
            {said.period.pk for said in asked if said.period},
        ):
            found.setdefault((result.line_id, result.period_id), []).append(result)
        for said in asked:
            assert said.line and said.period
            held = found.get((said.line.pk, said.period.pk), [])
            said.working, said.approved = standing(held)

    def rows(self) -> list[ImportRow]:
        for said in self.said:
            self._read(said)
        self.things = known_things(
            self.plan,
            ((said.line.indicator, said.content.names) for said in self.said if said.line),
        )
        entries: list[tuple[_Said, ResultInput]] = []
        for said in self.said:
            said.row.kind = self._kind(said)
            if said.row.kind in (RowKind.NEW, RowKind.CHANGED, RowKind.CONFLICT):
                entries.append((said, self._entry(said)))
        self._check(entries)
        return [self._finished(said) for said in self.said]

    def _read(self, said: _Said) -> None:
        """The content that the sheet gives; what cannot be read is refused."""
        if said.line is None or said.period is None:
            said.given.refuse(
                "value",
                "unknown_cell",
                _("The hidden columns of this row name no result of this plan. Download anew."),
            )
            return
        if not can_report(self.by, said.line.project):
            said.given.refuse(
                "value",
                "not_allowed",
                _("Only a reporter of this project's office may enter its results."),
            )
            return
        stored = Content.of(said.working or said.approved, said.line.indicator)
        levels = self.levels.get(said.line.indicator_id, {})
        said.content = _content(said.given, said.line.indicator, stored, levels)
        said.link = said.given.text("link")
        if said.link:
            try:
                said.link = checked_link(said.link)
            except InvalidInput as error:
                said.given.refuse("url", error.code, str(error.message))
        held = said.working.evidence.all() if said.working else []
        if said.link in {piece.url for piece in held if piece.kind == EvidenceKind.LINK}:
            said.link = ""

    def _kind(self, said: _Said) -> str:
        if said.given.problems or said.line is None or said.period is None:
            return RowKind.REFUSED
        stands = said.working or said.approved
        stored = Content.of(stands, said.line.indicator, by_key=True).digest()
        known = self.things.get(counted_kind(said.line.indicator), {})
        given = said.content.digest(with_listed(known, stands))
        seen, link = content_and_link(said.given.first("seen"))
        if short(said.given.text("link")) == link and (stands or given == seen):
            said.link = ""  # not touched: whoever took it away since meant it
        if given in (stored, seen) and not said.link:
            return RowKind.UNCHANGED
        if refusal := self._not_open(said.line, said.period):
            said.given.refuse("value", *refusal)
            return RowKind.REFUSED
        if (said.working and said.working.status in PENDING) or (
            said.approved and not said.working
        ):
            return RowKind.CONFLICT
        if said.working is None:
            return RowKind.NEW
        # What was seen tells it: a version can be the same number in another revision.
        if said.given.seen - {stored}:
            return RowKind.CONFLICT
        return RowKind.CHANGED

    def _not_open(self, line: ProjectIndicator, period: ReportingPeriod) -> tuple[str, str] | None:
        if not period.has_begun():
            return "period_not_begun", _("%(period)s has not begun.") % {"period": period}
        if not self.openness.takes(line.project_id, period):
            return "period_closed", _("%(period)s is closed.") % {"period": period}
        return None

    def _entry(self, said: _Said) -> ResultInput:
        assert said.line and said.period
        return said.content.entry(
            said.line, said.period, version=0, draft=said.working, things=self.things
        )

    def _check(self, entries: list[tuple[_Said, ResultInput]]) -> None:
        """What the actions' own checks refuse, is refused here already."""
        asked = [entry for _said, entry in entries]
        for check in (with_counts, lambda typed: Checker(typed).check()):
            try:
                check(asked)
            except InvalidInput as error:
                for problem in error.problems:
                    said = entries[problem.row][0]
                    said.given.refuse(problem.field, problem.code, problem.message)
                    said.row.kind = RowKind.REFUSED

    def _finished(self, said: _Said) -> ImportRow:
        row, stands = said.row, said.working or said.approved
        row.places = said.given.places
        row.line, row.period = said.line, said.period
        row.given = {"content": said.content.as_json(), "link": said.link}
        row.stored = (Content.of(stands, said.line.indicator) if said.line else Content()).as_json()
        row.version = said.working.version if said.working else 0
        row.result = stands
        row.problems = said.given.problems
        if row.kind == RowKind.CONFLICT and stands:
            row.who = str(stands.changed_by or "")[:150]
        return row


def _lines(plan: StrategicPlan, given: Iterable[Given]) -> dict[str, ProjectIndicator]:
    """The lines that the hidden column names, by what it says."""
    named = {one.line for one in given if one.line.isascii() and one.line.isdigit()}
    ids = {int(text) for text in named if len(text) < 18}
    found = ProjectIndicator.objects.filter(pk__in=ids, project__plan=plan).select_related(
        *("project__office", "project__plan", "indicator__plan", "country", "city")
    )
    return {str(line.pk): line for line in found}


def standing_results(lines: set[int], periods: set[int]) -> Any:
    """The revisions of lines in periods that stand or are worked on, with all that they say."""
    return (
        Result.objects.filter(
            line__in=lines, period__in=periods, status__in=(*OPEN, Status.APPROVED)
        )
        .select_related("rating", "changed_by")
        .prefetch_related(
            Prefetch("evidence", Evidence.objects.current()),
            *("things", "credits", "cells__category"),
        )
    )


def _levels(indicators: Iterable[Indicator]) -> dict[int, dict[str, str]]:
    """By rating indicator: the codes of its levels by their names in every language."""
    found: dict[int, list[tuple[str, list[str]]]] = {}
    asked = {one.pk for one in indicators if one.kind == Kind.RATING}
    if asked:
        for level in RatingLevel.objects.filter(indicator__in=asked):
            named = (level.code, list(level.name.values()))
            found.setdefault(level.indicator_id, []).append(named)
    return {pk: spelled(levels) for pk, levels in found.items()}


def known_things(plan: StrategicPlan, listed: Iterable[tuple[Indicator, Iterable[str]]]) -> Things:
    """The things that are known by these names, of the kinds that the indicators count."""
    by_kind: dict[str, set[str]] = {}
    for indicator, names in listed:
        if kind := counted_kind(indicator):
            by_kind.setdefault(kind, set()).update(names)
    return {
        kind: Thing.objects.named(plan, kind, names) for kind, names in by_kind.items() if names
    }


def _content(
    given: Given, indicator: Indicator, stored: Content, levels: Mapping[str, str]
) -> Content:
    """What the rows say over what is stored; parts without a row stay as they are."""
    kind = indicator.kind
    parts: dict[str, Pair] = dict(stored.parts)
    for part in given.rows:
        if part:
            parts[part] = (given.text("value", part), given.text("denominator", part))
            _refuse_misplaced(given, part, OF_A_PART)
            if kind != Kind.PERCENTAGE and parts[part][1]:
                _misplaced(given, f"cells.{part}.denominator")
    if "" not in given.rows:
        return Content(**{**vars(stored), "parts": parts})
    value, state = given.text("value"), _word(given, "state", State.REPORTED)
    if value.casefold() in STATE_KEYS:
        value, state = "", STATE_KEYS[value.casefold()]
    if kind == Kind.RATING and value:
        if value.casefold() in levels:
            value = levels[value.casefold()]
        else:
            text = _("“%(word)s” is not a level of this scale.") % {"word": value[:40]}
            given.refuse("rating", "unknown_level", text)
    if kind != Kind.PERCENTAGE and given.text("denominator"):
        _misplaced(given, "denominator")
    names = [" ".join(name.split()) for name in given.text("names").splitlines()]
    if kind != Kind.DISTINCT and any(names):
        _misplaced(given, "names")
    return Content(
        state=state,
        value=value,
        denominator=given.text("denominator"),
        names=tuple(dict.fromkeys(name for name in names if name)),
        qualifier=_word(given, "qualifier", Qualifier.EXACT.word),
        narrative=given.text("narrative"),
        parts=parts,
    )


def _word(given: Given, key: str, otherwise: str) -> str:
    """A word of a list as its code; what is not in the list is refused."""
    text = given.text(key)
    if not text:
        return otherwise
    code = meaning(key).get(text.casefold())
    if code is None:
        message = _("“%(word)s” is none of the words to choose from.") % {"word": text[:40]}
        given.refuse(key, f"unknown_{key}", message)
    return code or otherwise


def _refuse_misplaced(given: Given, part: str, allowed: frozenset[str]) -> None:
    for key in _TYPED:
        if key not in allowed and given.text(key, part):
            row = given.rows[part]
            given.problems.append(_misplaced_problem(row.reference(key)))


def _misplaced(given: Given, where: str) -> None:
    part, column = _place(where)
    given.problems.append(_misplaced_problem(given.rows[part].reference(column)))


def _misplaced_problem(cell: str) -> dict[str, str]:
    message = _("Nothing is expected in this cell; take out what is there.")
    return {"cell": cell, "code": "field_of_another_kind", "message": message}


def as_problem(problem: Problem, row: ImportRow) -> dict[str, str]:
    """A problem that the actions found on confirming, under the reference of its cell."""
    part, column = _place(problem.field)
    number = row.places.get(part, row.position)
    place = row.run.columns.get(column, 0)
    return {
        "cell": f"{letters(place)}{number}",
        "code": problem.code,
        "message": problem.message,
    }
