"""A filled-in workbook or CSV file, read row by row without trusting it.

A workbook is read as the XML it is, never as a whole: a library that builds the sheet in memory
takes gigabytes for two cells in opposite corners, and says nothing of formulas. Whatever the
headers of the archive claim, no more is unpacked than the limits here, and a document type (the
way to entities that swell or fetch) is refused. What is wrong with the file raises `InvalidInput`;
what is wrong with one cell stands with its row, under the cell's reference ("B7").
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from io import TextIOWrapper
from math import isfinite
from posixpath import join, normpath
from typing import IO, Any
from xml.parsers import expat

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from habitat_tracker import wording
from habitat_tracker.errors import InvalidInput, Problem
from projects.actions.file_types import OLE

from .columns import letters

MOST_ROWS = 50_000
MOST_COLUMNS = 100
MOST_SHEETS = 20
MOST_ENTRIES = 500
# Bytes of all that is unpacked of one workbook, and characters of the texts that it shares.
MOST_UNPACKED = 256 * 1024**2
MOST_SHARED = 64 * 1024**2
# Tags of all that is read of one workbook: 50,000 rows of 25 columns have under 4 million.
MOST_TAGS = 5_000_000
# What Excel itself holds in a cell.
LONGEST_TEXT = 32_767
# A tag or attribute longer than this is no spreadsheet's.
_LONGEST_TOKEN = 1024**2
_CHUNK = 64 * 1024
# The directory of an archive ends within so many bytes of the file's end; and bytes of an entry.
_END_OF_ARCHIVE = 22 + 65_535
_LONGEST_ENTRY = 512

# Characters that XML does not hold; halves of a character, which no database takes, are among them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_FORMULA_AFTER = re.compile("'+[=+\\-@\t\r]")
_TO_ESCAPE = re.compile("'*[=+\\-@\t\r]")
_REFERENCE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset([9, 10])
_DAY_ZERO = date(1899, 12, 30)
_NOT_A_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


@dataclass
class Row:
    """One row below the headings: texts by machine key, and what is wrong with single cells.

    A number is plain digits with a point, as it was typed. `problems` have the cell's reference
    as their field and the number of the row in the file as their row.
    """

    number: int
    columns: dict[str, int]
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def reference(self, key: str) -> str:
        """Where a column's cell of this row is, as Excel says it: "B7"."""
        return f"{letters(self.columns[key])}{self.number}"


@dataclass
class _Cell:
    text: str
    code: str = ""


def harmless(text: str) -> str:
    """Text as it is written to CSV: an apostrophe before what a spreadsheet would run.

    `read_rows` takes exactly that one away again.
    """
    return f"'{text}" if _TO_ESCAPE.match(text) else text


def read_rows(
    file: IO[bytes],
    *,
    name: str,
    keys: Sequence[str],
    optional: Sequence[str] = (),
    days: Sequence[str] = (),
    most: int | None = None,
    worded: bool = True,
) -> Iterator[Row]:
    """The rows of a workbook (.xlsx) or a CSV file whose first row holds these machine keys.

    A column of `optional` is read where it is there. Other columns are left aside, empty rows are
    passed over; the second row, which repeats the keys in words, is not a row, unless there is a
    number under the first key, or the file is none that we wrote (`worded` false). A date of Excel
    under one of `days` is read as 2021-03-31.
    Raises `InvalidInput` (400) about the file: `file_too_large`,
    `macros_not_allowed`, `not_a_workbook`, `unpacks_too_large`, `wrong_sheet`, `not_utf8`,
    `too_many_columns`, `too_many_rows`, `text_too_long`, `merged_cells`. Codes of single cells:
    `formula`, `error_value`, `date`, `percent`, `not_a_number`, `control_character`,
    `text_too_long`.
    """
    size = file.seek(0, 2)
    if size > settings.IMPORT_MAX_BYTES:
        raise _refused(
            "file_too_large",
            _("The file has %(size)s; %(most)s is the most.")
            % {
                "size": filesizeformat(size),
                "most": filesizeformat(settings.IMPORT_MAX_BYTES),
            },
        )
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith((OLE, b"PK")):
        lines = _workbook(file, start, keys)
    elif name.lower().endswith((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")):
        raise _not_a_workbook()
    else:
        lines = _csv(file, keys)
    yield from _rows(lines, keys, optional, days, most or MOST_ROWS, worded)


def _rows(
    lines: Iterator[tuple[int, dict[int, _Cell]]],
    keys: Sequence[str],
    optional: Sequence[str],
    days: Sequence[str],
    most: int,
    worded: bool,
) -> Iterator[Row]:
    _first, heading = next(lines, (1, {}))
    wanted = {*keys, *optional}
    columns = {cell.text: column for column, cell in heading.items() if cell.text in wanted}
    if not columns.keys() >= set(keys):
        raise _wrong_sheet()
    count = last = 0
    for number, cells in lines:
        if number <= last:
            raise _not_a_workbook()  # two rows in one place
        last = number
        first = cells.get(columns[keys[0]], _Cell("")).text.strip()
        if number == 2 and worded and not first.isdecimal():
            continue  # headings; somebody may have taken them out
        if not any(cell.text or cell.code for cell in cells.values()):
            continue
        count += 1
        if count > most:
            raise _refused(
                "too_many_rows",
                _("Row %(row)s is too many: a file can have %(most)s rows. Send it in parts.")
                % {"row": number, "most": most},
            )
        row = Row(number, columns)
        for key, column in columns.items():
            cell = cells.get(column, _Cell(""))
            if key in days and cell.code == "date":
                cell = _day(cell)
            code = cell.code or ("control_character" if _CONTROL.search(cell.text) else "")
            row.texts[key] = "" if code else cell.text
            if code:
                where = row.reference(key)
                message = f"{where}: {_MESSAGES[code]()}"
                row.problems.append(Problem(where, code, message, number))
        yield row


def _day(cell: _Cell) -> _Cell:
    """A date of Excel as text: days since the end of 1899, or as ISO 8601 says it."""
    try:
        if cell.text[:10].count("-") == 2:
            return _Cell(date.fromisoformat(cell.text[:10]).isoformat())
        return _Cell((_DAY_ZERO + timedelta(days=int(float(cell.text)))).isoformat())
    except (ValueError, OverflowError):
        return cell


_MESSAGES: dict[str, Callable[[], str]] = {
    "formula": lambda: _("There is a formula here; type its value."),
    "error_value": lambda: _("Excel shows an error here; type the value."),
    "date": lambda: _("Excel holds a date here; format the cell as text or number and type again."),
    "percent": lambda: _(
        "Excel shows a percentage here and holds its hundredth; format the cell as a number and "
        "type again."
    ),
    "not_a_number": lambda: _("This is not a number."),
    "control_character": lambda: _("There is a character here that cannot be kept; type it again."),
    "text_too_long": lambda: (
        _("The text is too long; a cell holds %(most)s characters.")
        % {"most": wording.number(32_767)}
    ),
}


# Workbooks


class _Unpacked:
    """Parts of an archive, fed to a parser piece by piece within the limits."""

    def __init__(self, file: IO[bytes]) -> None:
        self.left, self.tags_left = MOST_UNPACKED, MOST_TAGS
        _check_directory(file)
        self.package = zipfile.ZipFile(file)
        self.names = {one.filename for one in self.package.infolist()}

    def check(self) -> None:
        entries = self.package.infolist()
        lowered = [one.filename.lower() for one in entries]
        if any("vbaproject" in name or "/macrosheets/" in name for name in lowered):
            raise _macros()
        if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > MOST_UNPACKED:
            raise too_large()
        if any(
            one.flag_bits & 1 or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            for one in entries
        ):
            raise _not_a_workbook()

    def parse(self, name: str, handler: Any) -> Iterator[None]:
        """Feed a part to the handler's parser; pauses after each piece."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse_document_type

        def start(tag: str, of: dict[str, str]) -> None:
            self.tags_left -= 1
            if self.tags_left < 0:
                raise too_large()
            handler.start(tag.rpartition(" ")[2], of)

        parser.StartElementHandler = start
        parser.EndElementHandler = lambda tag: handler.end(tag.rpartition(" ")[2])
        parser.CharacterDataHandler = handler.text
        before = 0
        with self.package.open(name) as part:
            fed = 0
            while piece := part.read(_CHUNK):
                self.left -= len(piece)
                if self.left < 0:
                    raise too_large()
                parser.Parse(piece, False)
                fed += len(piece)
                at = max(parser.CurrentByteIndex, before)
                if fed - at > _LONGEST_TOKEN:
                    raise _not_a_workbook()
                before = at
                yield
            parser.Parse(b"", True)
        yield

    def read(self, name: str, handler: Any) -> Any:
        """Feed a whole part; the handler is returned."""
        for _pause in self.parse(name, handler):
            pass
        return handler


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive whose directory is long before anything of it is read into memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_OF_ARCHIVE))
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    file.seek(0)
    if at < 0:
        raise _not_a_workbook()
    if int.from_bytes(end[at + 12 : at + 16], "little") > MOST_ENTRIES * _LONGEST_ENTRY:
        raise too_large()


def _refuse_document_type(*_about: Any) -> None:
    raise _not_a_workbook()


class _Collected:
    """Elements with these tags and their attributes, in order."""

    def __init__(self, *tags: str) -> None:
        self.tags = tags
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, tag: str, of: dict[str, str]) -> None:
        if tag in self.tags:
            if len(self.found) > 100_000:
                raise too_large()
            self.found.append((tag, of))

    def end(self, tag: str) -> None:
        pass

    def text(self, data: str) -> None:
        pass


class _SharedTexts:
    """Texts that cells refer to by number; readings of characters (`rPh`) are left aside."""

    def __init__(self) -> None:
        self.texts: list[_Cell] = []
        self.size = 0
        self.parts: list[str] = []
        self.length = self.aside = 0
        self.inside = False

    def start(self, tag: str, of: dict[str, str]) -> None:
        if tag == "si":
            self.parts, self.length = [], 0
        elif tag == "rPh":
            self.aside += 1
        self.inside = tag == "t" and not self.aside

    def end(self, tag: str) -> None:
        self.inside = False
        if tag == "rPh":
            self.aside -= 1
        elif tag == "si":
            self.texts.append(_text(self.parts, self.length))
            # An empty text takes memory too.
            self.size += 64 + min(self.length, LONGEST_TEXT)
            if self.size > MOST_SHARED:
                raise too_large()

    def text(self, data: str) -> None:
        if self.inside:
            self.length += len(data)
            if self.length <= LONGEST_TEXT:
                self.parts.append(data)


class _Sheet:
    """The cells of a worksheet, row by row; rows that are complete wait in `rows`."""

    def __init__(self, shared: list[_Cell], shown_as: dict[int, str]) -> None:
        self.shared, self.shown_as = shared, shown_as
        self.rows: list[tuple[int, dict[int, _Cell]]] = []
        self.number = self.column = self.length = 0
        self.cells: dict[int, _Cell] = {}
        self.kind = self.style = ""
        self.parts: list[str] = []
        self.inside = self.is_formula = False
        self.merged = ""

    def start(self, tag: str, of: dict[str, str]) -> None:
        if tag == "row":
            self.number = _whole(of.get("r"), self.number + 1)
            self.cells, self.column = {}, -1
        elif tag == "c":
            found = _REFERENCE.fullmatch(of.get("r", ""))
            self.column = _column(found[1]) if found else self.column + 1
            self.kind, self.style = of.get("t", "n"), of.get("s", "")
            self.parts, self.length, self.is_formula = [], 0, False
        elif tag == "f":
            self.is_formula = True
        elif tag == "mergeCell":
            self.merged = self.merged or of.get("ref", "")[:20]
        self.inside = tag in ("v", "t")

    def end(self, tag: str) -> None:
        self.inside = False
        if tag == "row":
            self.rows.append((self.number, self.cells))
        elif tag == "c" and (self.length or self.is_formula):
            if self.column >= MOST_COLUMNS:
                raise _too_many_columns(f"{letters(self.column)}{self.number}")
            self.cells[self.column] = self._cell()

    def text(self, data: str) -> None:
        if self.inside:
            self.length += len(data)
            if self.length <= LONGEST_TEXT:
                self.parts.append(data)

    def _cell(self) -> _Cell:
        if self.is_formula:
            return _Cell("", "formula")
        if self.kind == "e":
            return _Cell("", "error_value")
        if self.kind == "d":
            return _Cell("".join(self.parts), "date")
        if self.kind == "n" and (code := self.shown_as.get(_whole(self.style, 0))):
            return _Cell("".join(self.parts), code)
        if self.kind == "b":
            return _Cell("FALSE" if self.parts == ["0"] else "TRUE")
        if self.kind == "n":
            return _number("".join(self.parts))
        if self.kind == "s":
            at = _whole("".join(self.parts), len(self.shared))
            if at >= len(self.shared):
                raise _not_a_workbook()
            return self.shared[at]
        return _text(self.parts, self.length)


def _workbook(
    file: IO[bytes], start: bytes, keys: Sequence[str]
) -> Iterator[tuple[int, dict[int, _Cell]]]:
    if start.startswith(OLE):
        raise _refused(
            "not_a_workbook",
            _("This is a workbook of an old kind, or one with a password. Save it as .xlsx."),
        )
    try:
        unpacked = _Unpacked(file)
        unpacked.check()
        yield from _sheet_rows(unpacked, keys)
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
        *(expat.ExpatError, KeyError, UnicodeError, OSError),
    ) as error:
        raise _not_a_workbook() from error


def _sheet_rows(unpacked: _Unpacked, keys: Sequence[str]) -> Iterator[tuple[int, dict[int, _Cell]]]:
    """The rows of the first sheet whose first row holds the machine keys."""
    sheets = unpacked.read("xl/workbook.xml", _Collected("sheet")).found
    targets = {
        of["Id"]: normpath(join("/xl", of["Target"])).lstrip("/")
        for _tag, of in unpacked.read(
            "xl/_rels/workbook.xml.rels", _Collected("Relationship")
        ).found
        if of.get("TargetMode") != "External" and of.get("Type", "").endswith("/worksheet")
    }
    shared = _SharedTexts()
    if "xl/sharedStrings.xml" in unpacked.names:
        unpacked.read("xl/sharedStrings.xml", shared)
    shown_as = _shown_as(unpacked)
    for _tag, of in sheets[:MOST_SHEETS]:
        ident = next((text for key, text in of.items() if key.endswith(" id")), "")
        if ident not in targets:
            continue
        sheet = _Sheet(shared.texts, shown_as)
        is_ours = False
        for _pause in unpacked.parse(targets[ident], sheet):
            if sheet.rows and not is_ours:
                number, cells = sheet.rows[0]
                if number != 1 or not set(keys) <= {cell.text for cell in cells.values()}:
                    break
                is_ours = True
            if is_ours:
                yield from sheet.rows
                sheet.rows = []
        if is_ours:
            if sheet.merged:
                raise _refused(
                    "merged_cells",
                    _("The cells %(cells)s are merged; separate them.") % {"cells": sheet.merged},
                )
            return
    raise _wrong_sheet()


def _shown_as(unpacked: _Unpacked) -> dict[int, str]:
    """The numbers of the styles that show a number as a date or a time, or as a percentage."""
    if "xl/styles.xml" not in unpacked.names:
        return {}
    found = unpacked.read("xl/styles.xml", _Collected("numFmt", "cellXfs", "cellStyles", "xf"))
    codes = dict.fromkeys(_DATE_FORMATS, "date") | dict.fromkeys(_PERCENT_FORMATS, "percent")
    for tag, of in found.found:
        written = _NOT_A_DATE.sub("", of.get("formatCode", "")[:255]).lower()
        if tag != "numFmt" or written == "general":
            continue
        if "%" in written:
            codes[_whole(of.get("numFmtId"), 0)] = "percent"
        elif re.search("[dmyhs]", written):
            codes[_whole(of.get("numFmtId"), 0)] = "date"
    shown: dict[int, str] = {}
    position = None
    for tag, of in found.found:
        if tag == "cellXfs":
            position = 0
        elif tag == "cellStyles":
            position = None
        elif tag == "xf" and position is not None:
            if code := codes.get(_whole(of.get("numFmtId"), 0)):
                shown[position] = code
            position += 1
    return shown


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _column(name: str) -> int:
    column = 0
    for letter in name:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _text(parts: list[str], length: int) -> _Cell:
    if length > LONGEST_TEXT:
        return _Cell("", "text_too_long")
    return _Cell(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(parts)))


def _number(text: str) -> _Cell:
    """A number as it was typed: Excel writes 0.1 with 17 digits, the shortest float says 0.1."""
    try:
        number = float(text)
    except ValueError:
        return _Cell("", "not_a_number")
    if not isfinite(number):
        return _Cell("", "not_a_number")
    if not number:
        return _Cell("0")  # also what is too small to be told from it
    exact = Decimal(text)
    if len(exact.as_tuple().digits) > 15:
        exact = Decimal(repr(number))
    return _Cell(f"{exact.normalize():f}")


# CSV


def _csv(file: IO[bytes], keys: Sequence[str]) -> Iterator[tuple[int, dict[int, _Cell]]]:
    """Rows of a CSV file with commas, semicolons or tabs; UTF-8."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    number = 0
    try:
        heading = text.readline(10_000)
        separator = next(
            (one for one in ",;\t" if set(keys) <= set(next(csv.reader([heading], delimiter=one)))),
            "",
        )
        if not separator:
            raise _wrong_sheet()
        text.seek(0)
        for number, fields in enumerate(csv.reader(text, delimiter=separator), 1):
            if len(fields) > MOST_COLUMNS:
                raise _too_many_columns(f"{letters(MOST_COLUMNS)}{number}")
            yield number, {at: _field(one) for at, one in enumerate(fields)}
    except UnicodeError as error:
        raise _refused(
            "not_utf8", _("The file is not in UTF-8. In Excel, save it as “CSV UTF-8”.")
        ) from error
    except (csv.Error, StopIteration) as error:
        raise _refused(
            "text_too_long",
            _("Row %(row)s cannot be read: a text is too long, or a quotation mark is missing.")
            % {"row": number + 1},
        ) from error
    finally:
        if not text.closed:
            text.detach()


def _field(text: str) -> _Cell:
    if len(text) > LONGEST_TEXT:
        return _Cell("", "text_too_long")
    return _Cell(text[1:] if _FORMULA_AFTER.match(text) else text)


# Refusals


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput.of("file", code, message)


def _not_a_workbook() -> InvalidInput:
    return _refused(
        "not_a_workbook", _("This is not a workbook that can be read. Save it as .xlsx in Excel.")
    )


def _macros() -> InvalidInput:
    return _refused(
        "macros_not_allowed", _("The workbook has macros. Save it as .xlsx, without them.")
    )


def too_large() -> InvalidInput:
    """The refusal of what swells beyond what results can be."""
    return _refused(
        "unpacks_too_large", _("The workbook unpacks to far more than results can be; refused.")
    )


def _wrong_sheet() -> InvalidInput:
    return _refused(
        "wrong_sheet",
        _("No sheet here is one that was downloaded from My work. Its first row must stay."),
    )


def _too_many_columns(where: str) -> InvalidInput:
    return _refused(
        "too_many_columns",
        _("There is something in %(cell)s, beyond the columns of the sheet. Take it out.")
        % {"cell": where},
    )
