"""Tables as Excel workbooks (Office Open XML), written row by row.

A workbook is a zip of a few XML files. They are written here and not by a library because the
libraries at hand take 4 to 40 times the time of CSV for the same rows, and hold numbers as
floats; a value of the ledger has up to 17 digits, and here each of them is in the file.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import IO, TypeVar

from .tables import Amount, Cell, Table

T = TypeVar("T")

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# So many rows are put together before they are compressed.
_AT_A_TIME = 1_000
# Texts that occur often are in the file once. So many different ones are remembered at most;
# further ones stand in their cells, so that the memory is bounded.
MOST_SHARED = 50_000
# Excel opens no longer text in a cell, and no longer sheet.
LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_576
# Characters that XML cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("_x(?=[0-9A-Fa-f]{4}_)")
# Excel counts days from here.
_DAY_ZERO = date(1899, 12, 30).toordinal()

_PLAIN, _BOLD, _DATE, _WRAPPED, _MONEY = range(5)

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def write_excel(table: Table, file: IO[bytes]) -> None:
    """Write a table as a sheet, its headings below the notes; what stands beside it as another.

    Text is always text: nothing that somebody typed can become a formula or a link. Numbers
    are numbers with every digit they have (Excel itself calculates with 15), sums of money show
    two decimals, dates are dates.
    Rows beyond what a sheet holds (1,048,576) are left out, and the last row says so by "...".
    """
    shared = _SharedTexts()
    tables = [table, table.beside] if table.beside else [table]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in _parts([one.name for one in tables]):
            package.writestr(name, _HEAD + content)
        for number, one in enumerate(tables, 1):
            with package.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                for text in _sheet(one, shared):
                    sheet.write(text.encode())
        with package.open("xl/sharedStrings.xml", "w", force_zip64=True) as texts:
            for text in shared.written():
                texts.write(text.encode())


class _SharedTexts:
    """Cells of text: a number into the list of texts, or the text itself when it is full."""

    def __init__(self) -> None:
        self.cells: dict[str, str] = {"": "<c/>"}
        self.texts: list[str] = []

    def cell(self, text: str) -> str:
        if len(self.texts) < MOST_SHARED:
            self.texts.append(_escaped(text))
            made = self.cells[text] = f'<c t="s"><v>{len(self.texts) - 1}</v></c>'
            return made
        return f'<c t="inlineStr"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'

    def written(self) -> Iterator[str]:
        yield f'{_HEAD}<sst {_MAIN} uniqueCount="{len(self.texts)}">'
        for some in _in_parts(self.texts):
            yield "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in some)
        yield "</sst>"


def _escaped(text: str) -> str:
    text = _NOT_XML.sub("", text[:LONGEST_TEXT])
    # Excel reads _x000D_ as a control character; written so it stays what it is.
    text = _CONTROL.sub("_x005F_x", text) if "_x" in text else text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_parts(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, _AT_A_TIME)):
        yield some


def _sheet(table: Table, shared: _SharedTexts) -> Iterator[str]:
    top = len(table.notes) + 2
    yield (
        f'{_HEAD}<worksheet {_MAIN}><cols><col min="1" max="{len(table.columns)}" width="18"'
        ' customWidth="1"/></cols><sheetData>'
    )
    for label, text in table.notes:
        yield f"<row>{_styled(label, _BOLD, shared)}{_styled(text, _PLAIN, shared)}</row>"
    yield "<row/><row>"
    yield "".join(_styled(name, _WRAPPED, shared) for name in table.columns) + "</row>"
    # One is kept for the row that says that there are more.
    room, left = MOST_ROWS - top - 1, iter(table.rows)
    for some in _in_parts(islice(left, room)):
        yield "".join([_row(row, shared) for row in some])
    if next(left, None) is not None:
        yield f"<row>{_styled('...', _PLAIN, shared)}</row>"
    yield "</sheetData></worksheet>"


def _styled(text: str, style: int, shared: _SharedTexts) -> str:
    return (shared.cells.get(text) or shared.cell(text)).replace("<c", f'<c s="{style}"', 1)


def _row(row: Sequence[Cell], shared: _SharedTexts) -> str:
    known = shared.cells
    cells = []
    for cell in row:
        if isinstance(cell, str):
            cells.append(known.get(cell) or shared.cell(cell))
        elif cell is None:
            cells.append("<c/>")
        elif isinstance(cell, date):
            cells.append(f'<c s="{_DATE}"><v>{cell.toordinal() - _DAY_ZERO}</v></c>')
        elif isinstance(cell, Amount):
            cells.append(f'<c s="{_MONEY}"><v>{cell}</v></c>')
        else:
            cells.append(f"<c><v>{cell}</v></c>")
    return f"<row>{''.join(cells)}</row>"


def _parts(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The fixed parts of the package: what is in it, its sheets, its five styles."""
    sheets = range(1, len(names) + 1)
    named = [re.sub(r"[\[\]:*?/\\']", " ", name)[:31].strip() or "1" for name in names]
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml"'
            f' ContentType="{_TYPE}.worksheet+xml"/>'
            for n in sheets
        )
        + f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
        "</Types>",
    )
    yield (
        "_rels/.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    yield (
        "xl/workbook.xml",
        f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{_attribute(name)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(sheets, named, strict=True)
        )
        + "</sheets></workbook>",
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet"'
            f' Target="worksheets/sheet{n}.xml"/>'
            for n in sheets
        )
        + f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="texts" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
    )
    yield (
        "xl/styles.xml",
        f'<styleSheet {_MAIN}><numFmts count="1">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="5">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"'
        ' applyAlignment="1"><alignment wrapText="1" vertical="top"/></xf>'
        # 4 is Excel's own format #,##0.00
        '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
        "</cellStyles></styleSheet>",
    )


def _attribute(text: str) -> str:
    return _escaped(text).replace('"', "&quot;")
