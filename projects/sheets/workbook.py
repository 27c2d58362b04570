"""What projects owe in a period, as a workbook or a CSV file to fill in and send back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from io import TextIOWrapper
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _

from habitat_tracker.fields import plain
from outcomes.choices import Kind
from outcomes.models import Category, Indicator, RatingLevel
from plans.models import ReportingPeriod
from projects.actions import Counted, read_counts
from projects.choices import EvidenceKind
from projects.due import DueLines
from projects.models import Project, ProjectIndicator, Result
from projects.schedule import standing

from .columns import COLUMNS, OF_A_PART, PLACES, QUALIFIERS, STATES, kept, letters
from .content import Content
from .reading import LONGEST_TEXT, MOST_ROWS, harmless

# Projects whose lines are read at once.
_AT_A_TIME = 50
# Excel calculates with 15 digits; a longer number stands as text, so that none is lost.
_EXACT_DIGITS = 15
# What a list of choices within a cell can hold; longer ones stand on a sheet of their own.
_LONGEST_LIST = 250
# Ranges that one rule covers; with more of them Excel repairs the file.
_RANGES_OF_A_RULE = 200
_FIRST_ROW = 2

Value = str | Decimal | int | None


@dataclass
class SheetRow:
    """One row of the sheet: values by column, what can be filled in, and levels to choose from."""

    values: dict[str, Value]
    open: frozenset[str] = frozenset()
    levels: tuple[str, ...] = ()


def due_rows(projects: Any, period: ReportingPeriod) -> Iterator[SheetRow]:
    """The rows of everything that can be entered now for these projects in a period.

    A row for each total, and one for each category below it; none for a result whose names or
    narrative are longer than a cell can hold. Projects are read 50 at a time,
    each time with the same number of queries.
    """
    codes = list(projects.order_by("code").values_list("pk", flat=True))
    for start in range(0, len(codes), _AT_A_TIME):
        some = Project.objects.filter(pk__in=codes[start : start + _AT_A_TIME])
        due = DueLines(some.select_related("plan", "office"), period, only_due=True)
        lines = [line for line in due.lines if due.is_open(line)]
        reference = _Reference.of(line.indicator for line in lines)
        reference.counted = read_counts((line, period) for line in lines)
        for line in lines:
            rows = list(_rows_of(line, due, reference))
            if all(_fits(row) for row in rows):
                yield from rows


def _fits(row: SheetRow) -> bool:
    """Whether its cells hold what is filled in; cut short, it would come back as a change."""
    return all(len(_text(row.values[key])) < LONGEST_TEXT for key in ("names", "narrative"))


@dataclass
class _Reference:
    """Categories and levels of the indicators of some lines, and what the register counts."""

    categories: dict[int, list[Category]] = field(default_factory=dict)
    levels: dict[int, list[RatingLevel]] = field(default_factory=dict)
    counted: dict[tuple[int, int], Counted] = field(default_factory=dict)

    @classmethod
    def of(cls, indicators: Iterable[Indicator]) -> _Reference:
        found, asked = cls(), {indicator.pk for indicator in indicators}
        for category in (
            Category.objects.filter(indicator__in=asked)
            .select_related("dimension")
            .order_by("dimension__position", "dimension__code", "position", "code")
        ):
            found.categories.setdefault(category.indicator_id, []).append(category)
        for level in RatingLevel.objects.filter(indicator__in=asked):
            found.levels.setdefault(level.indicator_id, []).append(level)
        return found


def _rows_of(line: ProjectIndicator, due: DueLines, reference: _Reference) -> Iterator[SheetRow]:
    indicator, kind = line.indicator, line.indicator.kind
    draft, _approved = standing(due.now.get(line.pk, []))
    last = due.last.get(line.pk)
    said = Content.of(draft, indicator)
    levels = {level.code: str(level) for level in reference.levels.get(indicator.pk, [])}
    values: dict[str, Value] = {
        "line": str(line.pk),
        "period": kept(due.period.label),
        "part": "",
        "seen": Content.of(draft, indicator, by_key=True).seen(_link(draft)),
        "project": line.project.code,
        "title": str(line.project.title),
        "indicator": f"{indicator.code} {indicator.title}",
        "place": line.place_name,
        "of_which": _in_register(reference.counted.get((line.pk, due.period.pk))),
        "unit": str(indicator.unit),
        "last": _shown(last, indicator, levels),
        "planned": due.planned.get(line.pk),
        "value": levels.get(said.value, "") if kind == Kind.RATING else _number(said.value),
        "denominator": _number(said.denominator),
        "state": str(STATES[said.state]),
        "qualifier": "" if kind == Kind.RATING else str(QUALIFIERS[said.qualifier]),
        "names": "\n".join(said.names),
        "narrative": said.narrative,
        "link": _link(draft),
        "led_by": draft.led_by if draft else "",
        "delivered_with": draft.delivered_with if draft else "",
    }
    yield SheetRow(values, _open_columns(indicator), tuple(levels.values()))
    if kind not in (Kind.QUANTITY, Kind.PERCENTAGE) or indicator.counts_from:
        return
    before = Content.of(last, indicator).parts
    for category in reference.categories.get(indicator.pk, []):
        value, denominator = said.parts.get(category.code, ("", ""))
        was = before.get(category.code, ("", ""))
        part = dict.fromkeys(values, "") | {
            name: values[name]
            for name in ("line", "period", "seen", "project", "title", "indicator")
        }
        part |= {
            "place": values["place"],
            "part": kept(category.code),
            "of_which": str(category),
            "last": f"{was[0]} / {was[1]}" if was[1] else _number(was[0]),
            "value": _number(value),
            "denominator": _number(denominator),
        }
        yield SheetRow(part, _open_columns(indicator) & OF_A_PART)


def _in_register(counted: Counted | None) -> str:
    """Why there is no value to type: it is counted."""
    return _("counted: %(n)s in the register") % {"n": counted.number} if counted else ""


def _open_columns(indicator: Indicator) -> frozenset[str]:
    kind, found = indicator.kind, {column.key for column in COLUMNS if column.is_typed}
    if indicator.counts_from:
        return frozenset(found - OF_A_PART - {"names"})
    if kind != Kind.PERCENTAGE:
        found.discard("denominator")
    if kind != Kind.DISTINCT:
        found.discard("names")
    if kind == Kind.RATING:
        found.discard("qualifier")
    return frozenset(found)


def _shown(result: Result | None, indicator: Indicator, levels: dict[str, str]) -> Value:
    """The last value as it helps whoever types the next one."""
    if result is None:
        return ""
    kind = indicator.kind
    if indicator.counts_from and kind == Kind.QUANTITY:
        return result.value
    said = Content.of(result, indicator)
    if kind == Kind.RATING:
        return levels.get(said.value, "")
    if kind == Kind.PERCENTAGE:
        return f"{said.value} / {said.denominator}"
    if kind == Kind.DISTINCT:
        return Decimal(len(result.things.all())) + (result.unnamed or 0)
    return _number(said.value)


def _number(text: str) -> Value:
    return Decimal(text) if text else ""


def _link(draft: Result | None) -> str:
    """The last link that stands behind a draft."""
    if draft is None:
        return ""
    links = [piece.url for piece in draft.evidence.all() if piece.kind == EvidenceKind.LINK]
    return links[-1] if links else ""


# CSV


def write_csv(rows: Iterable[SheetRow], file: IO[bytes]) -> int:
    """Write the sheet as CSV in UTF-8, and say how many rows; nothing in it becomes a formula."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow(column.key for column in COLUMNS)
    lines.writerow(str(column.heading) for column in COLUMNS)
    count = 0
    for count, row in enumerate(rows, 1):
        _check_room(count)
        lines.writerow(harmless(_text(row.values[column.key])) for column in COLUMNS)
    text.flush()
    text.detach()
    return count


def _text(value: Value) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)


class TooManyRows(Exception):
    """More than one sheet can bring back."""


def _check_room(count: int) -> None:
    if count > MOST_ROWS:
        raise TooManyRows


# Excel


def new_workbook(file: IO[bytes]) -> Any:
    """A workbook that is written row by row to the disk, and in which text is always text."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    return xlsxwriter.Workbook(file, options)


def write_workbook(rows: Iterable[SheetRow], file: IO[bytes], *, title: str) -> int:
    """Write the sheet as a workbook, and say how many rows it has.

    What is not to be filled in is locked (without a password), the columns that say which result
    a row is of are hidden, and states, exactness and rating levels are chosen from lists, all in
    the reader's language. Text is always text.
    """
    book = new_workbook(file)
    book.set_properties({"title": title})
    count = _Book(book).write(rows)
    book.close()
    return count


class _Book:
    """A workbook that is being written, row by row."""

    def __init__(self, book: Any) -> None:
        self.book = book
        plain_cell = {"valign": "top", "text_wrap": True}
        lines = {"border": 1, "border_color": "#D5DCE2"}
        self.typed = book.add_format({**plain_cell, **lines, "locked": False})
        self.fixed = book.add_format({**plain_cell, "font_color": "#5A6873"})
        self.name = book.add_format({**plain_cell, "bold": True})
        self.shut = book.add_format({"bg_color": "#F3F5F7"})
        self.heading = book.add_format(
            {
                **plain_cell,
                "bold": True,
                "bg_color": "#E8EEF3",
                "bottom": 1,
                "bottom_color": "#8796A3",
            }
        )
        self.sheet = book.add_worksheet(_("Results"))
        self.scales: dict[tuple[str, ...], list[tuple[int, int]]] = {}

    def write(self, rows: Iterable[SheetRow]) -> int:
        self._head()
        count = 0
        for count, row in enumerate(rows, 1):
            _check_room(count)
            self._row(_FIRST_ROW + count - 1, row)
        self._choices(max(count, 1))
        self.sheet.autofilter(1, PLACES["project"], _FIRST_ROW + count - 1, len(COLUMNS) - 1)
        self._guide()
        return count

    def _head(self) -> None:
        sheet = self.sheet
        for place, column in enumerate(COLUMNS):
            sheet.set_column(place, place, column.width or None, None, {"hidden": not column.width})
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_row(1, 32)
        for place, column in enumerate(COLUMNS):
            sheet.write_string(0, place, column.key)
        for place, column in enumerate(COLUMNS):
            sheet.write_string(1, place, str(column.heading), self.heading)
            if column.note:
                sheet.write_comment(1, place, str(column.note), {"x_scale": 1.6})
        sheet.freeze_panes(_FIRST_ROW, PLACES["title"])
        sheet.protect(
            "",
            {
                "format_cells": True,
                "format_columns": True,
                "format_rows": True,
                "autofilter": True,
            },
        )

    def _row(self, number: int, row: SheetRow) -> None:
        for place, column in enumerate(COLUMNS):
            value = row.values[column.key]
            is_open = column.key in row.open
            if column.is_typed:
                look = self.typed if is_open else self.shut
            else:
                look = self.name if column.key == "indicator" and row.open else self.fixed
            if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= (
                _EXACT_DIGITS
            ):
                self.sheet.write_number(number, place, value, look)
            elif text := _text(value)[:LONGEST_TEXT]:
                self.sheet.write_string(number, place, text, look)
            elif column.is_typed:
                self.sheet.write_blank(number, place, None, look)
        if row.levels:
            self._note_run(self.scales.setdefault(row.levels, []), number)
        elif row.open:
            numbers = self.scales.setdefault((), [])
            self._note_run(numbers, number)

    @staticmethod
    def _note_run(runs: list[tuple[int, int]], number: int) -> None:
        """Rows of one kind that follow each other share a rule: Excel takes 65,000 of them."""
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))

    def _choices(self, count: int) -> None:
        last = _FIRST_ROW + count - 1
        for key, words in (("state", STATES), ("qualifier", QUALIFIERS)):
            self._choose_from(key, [str(word) for word in words.values()], [(_FIRST_ROW, last)])
        for levels, runs in self.scales.items():
            if levels:
                self._choose_from("value", list(levels), runs)
            else:
                self._numbers("value", runs)
        self._numbers("denominator", [(_FIRST_ROW, last)])

    def _choose_from(self, key: str, words: list[str], runs: list[tuple[int, int]]) -> None:
        source: Any = words
        if len(",".join(words)) > _LONGEST_LIST or any("," in word for word in words):
            source = self._list_elsewhere(words)
        rule = {
            "validate": "list",
            "source": source,
            "error_title": _("Choose from the list"),
            "error_message": _("Please choose one of the words of the list."),
        }
        self._validate(key, runs, rule)

    def _numbers(self, key: str, runs: list[tuple[int, int]]) -> None:
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -99_999_999_999,
            "maximum": 99_999_999_999,
            "error_type": "warning",
            "error_title": _("Not a number"),
            "error_message": _(
                "A number is expected here, or n/a (not applicable), or .. (not available)."
            ),
        }
        self._validate(key, runs, rule)

    def _validate(self, key: str, runs: list[tuple[int, int]], rule: dict[str, Any]) -> None:
        place, name = PLACES[key], letters(PLACES[key])
        for start in range(0, len(runs), _RANGES_OF_A_RULE):
            some = runs[start : start + _RANGES_OF_A_RULE]
            ranges = " ".join(f"{name}{begin + 1}:{name}{end + 1}" for begin, end in some)
            options = {**rule, "multi_range": ranges} if len(some) > 1 else dict(rule)
            self.sheet.data_validation(some[0][0], place, some[0][1], place, options)

    lists: Any = None
    lists_used = 0

    def _list_elsewhere(self, words: list[str]) -> str:
        """Words on a hidden sheet, for a list too long for a cell's rule."""
        if self.lists is None:
            self.lists = self.book.add_worksheet("lists")
            self.lists.hide()
        start = self.lists_used
        for number, word in enumerate(words, start):
            self.lists.write_string(number, 0, word)
        self.lists_used += len(words)
        return f"=lists!$A${start + 1}:$A${self.lists_used}"

    def _guide(self) -> None:
        sheet = self.book.add_worksheet(_("How to fill this in"))
        sheet.set_column(0, 0, 100)
        wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        bold = self.book.add_format({"bold": True, "font_size": 14})
        sheet.write_string(0, 0, _("How to fill this in"), bold)
        for number, text in enumerate(guide(), 2):
            sheet.write_string(number, 0, text, wrapped)


def guide() -> list[str]:
    """What whoever fills in a sheet needs to know, a sentence or two each."""
    return [
        _("White cells with a border are yours to fill in; the others only help you."),
        _(
            "Type the value of this period. A row below it that says “of which” takes the part of "
            "one group: women, for instance."
        ),
        _(
            "Nothing to report? Choose “not applicable” where the question does not arise here, "
            "and “not available” where there is a value that you do not know; n/a and .. in the "
            "value's cell say the same."
        ),
        _("An empty row is left as it is. A row that you delete changes nothing."),
        _("What is longer than a cell can hold is not in this file; change it on its page."),
        _(
            "Use no formulas: paste their values. Keep the first two rows and the hidden columns; "
            "you may hide, filter and widen what you like."
        ),
        _(
            "Send the file back under My work, Work in Excel. You then see what is new, changed, "
            "refused or was changed by somebody else too; nothing is saved before you confirm."
        ),
    ]
