"""Sheets that come back: read row by row, and harmless whatever is in the file."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from habitat_tracker.errors import InvalidInput
from projects.sheets import reading
from projects.sheets.columns import letters
from projects.sheets.reading import Row, harmless, read_rows

pytestmark = pytest.mark.once

KEYS = ("key", "version", "value", "narrative")
HEADINGS = ("Key", "Version", "Value", "What was done")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbook(*rows: tuple[Any, ...], change: Callable[[Any], None] | None = None) -> bytes:
    """What somebody saves in Excel: our two rows of headings, and theirs."""
    book = openpyxl.Workbook()
    for row in (KEYS, HEADINGS, *rows):
        book.active.append(row)
    if change:
        change(book)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with other bytes in one of its parts, or with a part more."""
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in dict.fromkeys([*old.namelist(), part]):
            held = old.read(name) if name in old.namelist() else b""
            new.writestr(name, change(held) if name == part else held)
    return file.getvalue()


def read(content: bytes, name: str = "sheet.xlsx") -> list[Row]:
    return list(read_rows(BytesIO(content), name=name, keys=KEYS))


def refusal(content: bytes, name: str = "sheet.xlsx") -> str:
    with pytest.raises(InvalidInput) as refused:
        read(content, name)
    assert refused.value.status == 400
    return refused.value.code


def problems(content: bytes, name: str = "sheet.xlsx") -> list[tuple[str, str]]:
    return [(one.field, one.code) for row in read(content, name) for one in row.problems]


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_gives_texts_by_key_and_the_cells_they_are_in() -> None:
    [first, second] = read(workbook(("a", 1, 0.1, "Done"), (), ("b", 2, 1_000_000, None)))
    assert first.texts == {"key": "a", "version": "1", "value": "0.1", "narrative": "Done"}
    assert second.texts == {"key": "b", "version": "2", "value": "1000000", "narrative": ""}
    assert (first.reference("value"), second.reference("narrative")) == ("C3", "D5")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"0.10000000000000001", "0.1"),
        (b"0.1000000000000000055", "0.1"),
        (b"1E3", "1000"),
        (b"-2.50", "-2.5"),
        (b"0", "0"),
        (b"1E-400", "0"),
        (b"1E-99999999999999999999", "0"),
        (b"123456789.123456", "123456789.123456"),
        (b"0.30000000000000004", "0.30000000000000004"),
    ],
)
def test_a_number_is_what_was_typed(written: bytes, meant: str) -> None:
    content = changed(
        workbook(("a", 1, 7777, "")), SHEET, lambda xml: xml.replace(b"7777", written)
    )
    assert read(content)[0].texts["value"] == meant


@pytest.mark.parametrize("written", [b"1E999", b"NaN", b"1,5"])
def test_what_is_no_number_is_refused_in_its_cell(written: bytes) -> None:
    content = changed(
        workbook(("a", 1, 7777, "")), SHEET, lambda xml: xml.replace(b"7777", written)
    )
    assert problems(content) == [("C3", "not_a_number")]


def test_formulas_dates_and_errors_are_refused_and_their_cells_named() -> None:
    rows = [("a", 1, "=1+1", "=HYPERLINK(1)"), ("b", 1, date(2026, 1, 2), "#REF!")]
    content = workbook(*rows)
    assert problems(content) == [
        ("C3", "formula"),
        ("D3", "formula"),
        ("C4", "date"),
        ("D4", "error_value"),
    ]
    message = read(content)[0].problems[0].message
    assert message == "C3: There is a formula here; type its value."


def test_characters_that_cannot_be_kept_and_endless_texts_are_refused_in_their_cells() -> None:
    content = workbook(("a", 1, 7777, "x" * 1000))
    for one in (b"a_x0000_b", b"a_xD800_b"):
        bad = changed(content, SHEET, lambda xml, one=one: xml.replace(b"x" * 1000, one))
        assert problems(bad) == [("D3", "control_character")]
    long = changed(content, SHEET, lambda xml: xml.replace(b"x" * 1000, b"x" * 1_000_000))
    assert problems(long) == [("D3", "text_too_long")]


@pytest.mark.parametrize("shown", ["0%", "0.00%", "0.0 %"])
def test_a_percentage_is_not_taken_for_its_hundredth(shown: str) -> None:
    def change(book: Any) -> None:
        book.active["C3"].number_format = shown

    assert problems(workbook(("a", 1, 0.45, ""), change=change)) == [("C3", "percent")]


def test_true_and_false_are_words_not_numbers() -> None:
    [row] = read(workbook(("a", True, False, "")))
    assert (row.texts["version"], row.texts["value"]) == ("TRUE", "FALSE")


def test_merged_cells_are_refused_with_their_place() -> None:
    content = workbook(
        ("a", 1, 2, ""), ("b", 1, 2, ""), change=lambda book: book.active.merge_cells("C3:C4")
    )
    with pytest.raises(InvalidInput, match="C3:C4") as refused:
        read(content)
    assert refused.value.code == "merged_cells"


def test_our_sheet_is_found_wherever_it_stands_and_no_other_is_taken() -> None:
    moved = workbook(
        ("a", 1, 2, ""), change=lambda book: book.create_sheet("Mine", 0).append(["key"])
    )
    assert [row.texts["key"] for row in read(moved)] == ["a"]
    renamed = workbook(("a", 1, 2, ""), change=lambda book: book.active.cell(1, 2, "v"))
    assert refusal(renamed) == "wrong_sheet"


def test_ten_thousand_columns_are_refused() -> None:
    content = workbook(("a", 1, 2, *range(10_000)))
    with pytest.raises(InvalidInput, match="CW3") as refused:
        read(content)
    assert refused.value.code == "too_many_columns"


def test_a_cell_in_the_far_corner_costs_no_memory() -> None:
    content = workbook(("a", 1, 2, ""), change=lambda book: book.active.cell(1_048_576, 1, "z"))
    tracemalloc.start()
    assert [row.number for row in read(content)] == [3, 1_048_576]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 1024**2


def test_more_rows_than_a_file_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    rows = [("a", 1, 2, "")] * 3
    assert len(read(workbook(*rows[:2]))) == 2
    assert refusal(workbook(*rows)) == "too_many_rows"
    lines = [",".join(KEYS), ",".join(HEADINGS), *["a,1,2,"] * 3]
    assert refusal("\n".join(lines).encode(), "s.csv") == "too_many_rows"


def test_two_rows_with_one_number_are_refused() -> None:
    content = changed(
        workbook(("a", 1, 2, ""), ("b", 1, 2, "")),
        SHEET,
        lambda xml: xml.replace(b'<row r="4"', b'<row r="3"'),
    )
    assert refusal(content) == "not_a_workbook"


def test_macros_are_refused_whatever_the_file_is_called() -> None:
    content = changed(workbook(("a", 1, 2, "")), "xl/vbaProject.bin", lambda _old: OLE)
    assert refusal(content, "sheet.xlsm") == "macros_not_allowed"
    assert refusal(content) == "macros_not_allowed"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (OLE + b"\0" * 600, "sheet.xlsx"),
        (b"PK\x03\x04 and no more", "sheet.xlsx"),
        (b"%PDF-1.7", "sheet.xlsx"),
        (workbook(("a", 1, 2, ""))[:-400], "sheet.xlsx"),
        (changed(b"PK\x05\x06" + b"\0" * 18, "a.txt", lambda _old: b"a"), "sheet.xlsx"),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes, name: str) -> None:
    assert refusal(content, name) == "not_a_workbook"


def test_a_document_type_is_refused_before_anything_swells() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'
    content = changed(
        workbook(("a", 1, 2, "")), SHEET, lambda xml: xml.replace(b"<worksheet", laughs, 1)
    )
    assert refusal(content) == "not_a_workbook"


def test_a_zip_bomb_is_refused_without_unpacking_it() -> None:
    file = BytesIO(workbook(("a", 1, 2, "")))
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/media/bomb.bin", "w", force_zip64=True) as part,
    ):
        for _times in range(300):
            part.write(b"\0" * 1024**2)
    assert len(file.getvalue()) < 1024**2
    assert refusal(file.getvalue()) == "unpacks_too_large"


def test_a_sheet_that_unpacks_to_more_than_may_be_stops_at_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = workbook(*[("a", 1, 2, "x")] * 5_000)
    monkeypatch.setattr(reading, "MOST_UNPACKED", 200_000)
    monkeypatch.setattr(reading._Unpacked, "check", lambda _self: None)
    assert refusal(content) == "unpacks_too_large"


def test_endless_cells_in_one_place_stop_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TAGS", 10_000)
    content = changed(
        workbook(("a", 1, 7777, "")),
        SHEET,
        lambda xml: xml.replace(
            b"</row></sheetData>", b'<c r="C3"/>' * 10_000 + b"</row></sheetData>"
        ),
    )
    assert refusal(content) == "unpacks_too_large"


def test_a_tag_without_end_is_refused_before_it_fills_the_memory() -> None:
    endless = b'<worksheet a="' + b"x" * 20_000_000 + b'"'
    content = changed(
        workbook(("a", 1, 2, "")), SHEET, lambda xml: xml.replace(b"<worksheet", endless, 1)
    )
    assert refusal(content) == "not_a_workbook"


def with_shared_texts(*rows: tuple[Any, ...]) -> bytes:
    """A workbook whose texts stand once in a part of their own, as Excel writes them."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((KEYS, HEADINGS, *rows)):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def test_texts_that_cells_share_are_read_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = with_shared_texts(*[(f"a{n}", 1, 2, "y" * 200) for n in range(200)])
    assert b"<si>" in zipfile.ZipFile(BytesIO(content)).read("xl/sharedStrings.xml")
    assert [row.texts["key"] for row in read(content)] == [f"a{n}" for n in range(200)]
    monkeypatch.setattr(reading, "MOST_SHARED", 10_000)
    assert refusal(content) == "unpacks_too_large"


def test_a_file_above_the_setting_is_refused(settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 100
    assert refusal(workbook(("a", 1, 2, ""))) == "file_too_large"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_with_every_usual_separator(separator: str) -> None:
    lines = [KEYS, HEADINGS, ("a", "1", "-5", '"Two\nlines"')]
    text = "\r\n".join(separator.join(line) for line in lines)
    [row] = read(text.encode("utf-8-sig"), "sheet.csv")
    assert row.texts == {"key": "a", "version": "1", "value": "-5", "narrative": "Two\nlines"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@a", "\ta", "'=1", "''-", "it's", "'a"])
def test_what_a_spreadsheet_would_run_comes_back_as_it_was(text: str) -> None:
    assert not re.match("[=+@\t\r-]", harmless(text))
    lines = [",".join(KEYS), ",".join(HEADINGS), f'a,1,,"{harmless(text)}"']
    assert read("\n".join(lines).encode(), "s.csv")[0].texts["narrative"] == text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "wrong_sheet"),
        (b"name,age\nx,1\n", "wrong_sheet"),
        (b"\xff\xfek\0e\0y\0", "not_utf8"),
        (b"key,version,value,narrative\n,,,\na,1,2,caf\xe9\n", "not_utf8"),
        (b"key,version,value,narrative\n,,,\na" + b"," * 10_000, "too_many_columns"),
        (b'key,version,value,narrative\n,,,\na,1,2,"' + b"x" * 1_000_000, "text_too_long"),
    ],
)
def test_csv_that_cannot_be_read_is_refused(content: bytes, code: str) -> None:
    assert refusal(content, "sheet.csv") == code


def test_bad_cells_of_csv_are_named_too() -> None:
    long = b"x" * 40_000
    content = b"key,version,value,narrative\n,,,\na,1,2,b\0d\nb,1,2," + long
    assert problems(content, "s.csv") == [
        ("D3", "control_character"),
        ("D4", "text_too_long"),
    ]


def test_columns_are_named_as_in_excel() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_an_archive_of_very_many_entries_is_refused_before_its_directory_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(6_000):
            archive.writestr(f"xl/{number:060}", b"")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert refusal(file.getvalue()) == "unpacks_too_large"
