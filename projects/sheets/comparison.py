"""What a sheet changes, in words: for the page before it is confirmed, and for the report."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _

from outcomes.choices import Kind
from outcomes.models import Category, RatingLevel
from projects.choices import EDITABLE, RowKind, RowOutcome
from projects.models import ImportRow, ImportRun

from .columns import QUALIFIERS, STATES
from .content import Content
from .reading import LONGEST_TEXT, harmless
from .workbook import new_workbook

_AT_A_TIME = 500


@dataclass(frozen=True)
class Difference:
    """One thing that a sheet says otherwise than what is stored, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Compared:
    """A row of an import with its differences, and whether its sender can still decide."""

    row: ImportRow
    differences: list[Difference]

    @property
    def cells(self) -> str:
        """The rows of the file it is about: "3" or "3–6"."""
        numbers = sorted(self.row.places.values()) or [self.row.position]
        first, last = numbers[0], numbers[-1]
        return str(first) if first == last else f"{first}–{last}"

    @property
    def is_to_decide(self) -> bool:
        """Whether the sheet's value can go over a newer one."""
        result = self.row.result
        return self.row.kind == RowKind.CONFLICT and bool(result and result.status in EDITABLE)


def with_names(rows: Any) -> Any:
    """Rows with all that is said of them, in one query."""
    return rows.select_related(
        *("period", "result", "line__project", "line__indicator"),
        *("line__country", "line__city"),
    )


def compared(rows: Sequence[ImportRow]) -> list[Compared]:
    """Rows with what differs; two queries, however many rows."""
    indicators = {row.line.indicator_id for row in rows if row.line}
    words: dict[tuple[int, str], str] = {}
    for model in (Category, RatingLevel):
        for one in model._default_manager.filter(indicator__in=indicators):
            words[(one.indicator_id, one.code)] = str(one)
    return [Compared(row, list(_differences(row, words))) for row in rows]


def _differences(row: ImportRow, words: dict[tuple[int, str], str]) -> Iterator[Difference]:
    if row.line is None:
        return
    before = Content.from_json(row.stored)
    after = Content.from_json(row.given["content"])
    kind, indicator = row.line.indicator.kind, row.line.indicator_id

    def level(code: str) -> str:
        return words.get((indicator, code), code) if kind == Kind.RATING else code

    label = _("Unnamed") if kind == Kind.DISTINCT else _("Value")
    pairs: list[tuple[str, str, str]] = [
        (label, level(before.value), level(after.value)),
        (_("Out of"), before.denominator, after.denominator),
        (_("Names"), "; ".join(before.names), "; ".join(after.names)),
    ]
    pairs += [
        (
            words.get((indicator, code), code),
            _pair(before.parts.get(code, ("", ""))),
            _pair(after.parts.get(code, ("", ""))),
        )
        for code in {**before.parts, **after.parts}
    ]
    pairs += [
        (_("What this says"), _state(before), _state(after)),
        (_("How exact"), _exactness(before), _exactness(after)),
        (_("What happened, in words"), before.narrative, after.narrative),
        (_("Evidence"), "", row.given["link"]),
    ]
    for name, was, now in pairs:
        if was.strip() != now.strip():
            yield Difference(name, was, now)


def _pair(pair: Sequence[str]) -> str:
    return " / ".join(part for part in pair if part)


def _state(content: Content) -> str:
    return str(STATES.get(content.state, content.state))


def _exactness(content: Content) -> str:
    return str(QUALIFIERS.get(content.qualifier, content.qualifier))


# The report


def write_report(run: ImportRun, file: IO[bytes], kind: str) -> None:
    """What the sheet says of each result and what became of it, as CSV or a workbook."""
    lines = _report(run)
    if kind == "csv":
        text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        csv.writer(text).writerows([harmless(cell) for cell in line] for line in lines)
        text.flush()
        text.detach()
        return
    book = new_workbook(file)
    sheet = book.add_worksheet(_("Report"))
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate((10, 16, 38, 16, 12, 22, 44, 44, 44)):
        sheet.set_column(place, place, width)
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            sheet.write_string(number, place, cell[:LONGEST_TEXT], wrapped if number else bold)
    sheet.freeze_panes(1, 0)
    book.close()


def _report(run: ImportRun) -> Iterator[list[str]]:
    yield [
        _("Rows"),
        _("Project"),
        _("Indicator"),
        _("Place"),
        _("Period"),
        _("What became of it"),
        _("Why"),
        _("Before"),
        _("In the sheet"),
    ]
    rows = with_names(run.rows).iterator(chunk_size=_AT_A_TIME)
    while some := list(islice(rows, _AT_A_TIME)):
        yield from map(_line, compared(some))


def _line(one: Compared) -> list[str]:
    row = one.row
    line = row.line
    return [
        one.cells,
        line.project.code if line else "",
        f"{line.indicator.code} {line.indicator.title}" if line else "",
        line.place_name if line else "",
        str(row.period or ""),
        outcome_in_words(row),
        "; ".join(f"{problem['cell']}: {problem['message']}" for problem in row.problems),
        "\n".join(f"{each.label}: {each.before}" for each in one.differences if each.before),
        "\n".join(f"{each.label}: {each.after}" for each in one.differences if each.after),
    ]


def outcome_in_words(row: ImportRow) -> str:
    """What became of a row, or before that what it is."""
    if row.outcome != RowOutcome.OPEN:
        return str(row.get_outcome_display())
    return str(row.get_kind_display())
