"""Files of what a figure is made of: the page's rows, exact numbers, and text that stays text."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.clock import database_now
from outcomes.rollup.queue import drain
from reporting.exports import excel
from reporting.exports.csv_file import write_csv
from reporting.exports.excel import write_excel
from reporting.exports.tables import Table, amount
from tests import factories

from .test_views import queries_of

ADDRESS = "/plans/SP/figures/PUB/why"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook(content: bytes) -> list[list[Any]]:
    """The rows of a workbook's sheet: text as text, everything else as (style, digits)."""
    package = zipfile.ZipFile(io.BytesIO(content))
    assert package.testzip() is None
    for name in package.namelist():
        ElementTree.fromstring(package.read(name))
    shared = [
        "".join(text.itertext())
        for text in ElementTree.fromstring(package.read("xl/sharedStrings.xml"))
    ]
    sheet = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    return [[_cell(cell, shared) for cell in row] for row in sheet.iter(f"{MAIN}row")]


def _cell(cell: Any, shared: list[str]) -> Any:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    value = cell.find(f"{MAIN}v")
    if value is None:
        return None
    if cell.get("t") == "s":
        return shared[int(value.text)]
    return int(cell.get("s", 0)), value.text


def excel_of(*rows: Any) -> list[list[Any]]:
    """The rows of a table below its headings, written as Excel and read again."""
    file = io.BytesIO()
    write_excel(Table("T", [], ["A"] * len(rows[0]), rows), file)
    return workbook(file.getvalue())[2:]


def csv_of(*rows: Any) -> list[list[str]]:
    """The rows of a table below its headings, written as CSV and read again."""
    file = io.BytesIO()
    write_csv(Table("T", [], ["A"] * len(rows[0]), rows), file)
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))[2:]


def downloaded(client: Client, address: str) -> bytes:
    response: Any = client.get(address)
    assert response.status_code == 200, response.status_code
    return b"".join(response.streaming_content)


def rows_of(client: Client, query: str = "period=2020-Q2", path: str = ADDRESS) -> list[list[str]]:
    """The lines of a figure's CSV, notes and headings with them."""
    text = downloaded(client, f"{path}.csv?{query}").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


# --- Writing tables -----------------------------------------------------------------------

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


def test_text_that_looks_like_a_formula_gets_an_apostrophe_in_csv() -> None:
    assert csv_of(HOSTILE) == [["'" + text for text in HOSTILE]]


def test_a_negative_number_is_a_number_in_csv() -> None:
    assert csv_of([Decimal("-1.5"), 'a,"b"\nc', None, date(2021, 3, 31)]) == [
        ["-1.5", 'a,"b"\nc', "", "2021-03-31"]
    ]


def test_text_in_excel_is_text_whatever_it_looks_like() -> None:
    texts = [*HOSTILE[:-1], "<c>&amp;</c>", "]]>", " spaces ", "1", "http://a.example", "城市"]
    assert excel_of(texts) == [texts]


def test_no_workbook_holds_a_formula_or_a_link() -> None:
    file = io.BytesIO()
    write_excel(Table("=1", [("=1", "=2")], ["=3"], [["=4"], ["http://a.example"]]), file)
    package = zipfile.ZipFile(file)
    assert not re.search(rb"<f>|<f |hyperlink", package.read("xl/worksheets/sheet1.xml"))


def test_numbers_in_excel_have_every_digit_and_dates_are_days() -> None:
    assert excel_of([Decimal("99999999999.123456"), -7, None, date(1900, 3, 1)]) == [
        [(0, "99999999999.123456"), (0, "-7"), None, (2, "61")]
    ]


def test_a_sum_of_money_has_two_decimals_and_in_excel_its_number_format() -> None:
    sums = [Decimal("1000.000000"), Decimal("0.005"), Decimal("-7.5"), Decimal("99999999999.99")]
    assert csv_of([amount(one) for one in sums]) == [["1000.00", "0.01", "-7.50", "99999999999.99"]]
    row = excel_of([*(amount(one) for one in sums), amount(None)])[0]
    assert row == [(4, "1000.00"), (4, "0.01"), (4, "-7.50"), (4, "99999999999.99"), None]
    file = io.BytesIO()
    write_excel(Table("T", [], ["A"], []), file)
    styles = ElementTree.fromstring(zipfile.ZipFile(file).read("xl/styles.xml"))
    formats = styles.find(f"{MAIN}cellXfs")
    assert formats is not None
    assert [one.get("numFmtId") for one in formats][4] == "4" and formats.get("count") == "5"


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    assert excel_of(["a\x00b\x0bc\ud800d", "_x000D_", "x" * 40_000]) == [
        ["abcd", "_x005F_x000D_", "x" * 32_767]
    ]


def test_texts_beyond_those_remembered_stand_in_their_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(excel, "MOST_SHARED", 3)
    rows = [[f"text {number % 7}"] for number in range(20)]
    assert excel_of(*rows) == rows


def test_a_sheet_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 5)
    assert excel_of(["a"], ["b"]) == [["a"], ["b"]]
    assert excel_of(["a"], ["b"], ["c"]) == [["a"], ["b"], ["..."]]


# --- What a figure is made of -------------------------------------------------------------


def test_the_csv_has_the_rows_of_the_page_below_what_the_figure_is(
    reading: Client, world: SimpleNamespace
) -> None:
    lines = rows_of(reading)
    notes = {line[0]: line[1] for line in lines[:8]}
    assert notes["Indicator"] == "PUB Publications"
    assert notes["Figure"] == "more than 7"
    assert notes["Period"] == "to date, up to 30 Jun 2020"
    assert notes["How it comes about"].startswith("What a project reports in each period is new")
    assert notes["Coverage"] == "1 of 1 reported"
    assert re.fullmatch(r"As of \d+ \w+ \d{4}, \d\d:\d\d \(UTC\)\.", notes["As of"])
    today = database_now().date().isoformat()
    same = ["P1", "Project P1", "PUB", "Kenya"]
    assert lines[10:] == [
        [*same, "2020 Q2", "more than", "4", "", "4", *[""] * 5, "Reviewer", today, ""],
        [*same, "2020 Q1", "", "3", "", "3", *[""] * 5, "Reviewer", today, ""],
    ]


def test_the_workbook_has_the_rows_of_the_csv_with_numbers_as_numbers(
    reading: Client, world: SimpleNamespace
) -> None:
    factories.report(world.line, "0.000001", "2020-Q3")
    drain()
    made = workbook(downloaded(reading, f"{ADDRESS}.xlsx?period=2020-Q3"))
    lines = rows_of(reading, "period=2020-Q3")
    assert [row[0] for row in made[:8]] == [line[0] for line in lines[:8]]
    assert [row[:5] for row in made[9:]] == [line[:5] for line in lines[9:]]
    assert [row[8] for row in made[10:]] == [(0, "4"), (0, "3"), (0, "0.000001")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_named_after_what_it_is(
    reading: Client, world: SimpleNamespace, kind: str
) -> None:
    response = reading.get(f"{ADDRESS}.{kind}?period=2020-Q2&scope=KEN&basis=provisional")
    assert response["Content-Disposition"] == (
        f'attachment; filename="SP_PUB_KEN_2020-Q2_provisional.{kind}"'
    )
    assert response["Cache-Control"] == "private, no-cache"


def test_the_page_links_to_the_files_of_its_own_figure(
    reading: Client, world: SimpleNamespace
) -> None:
    body = reading.get(f"{ADDRESS}?period=2020-Q1&scope=KEN").content.decode()
    for address in re.findall(rf'href="({ADDRESS}\.\w+\?[^"]+)"', body):
        assert address.split("?")[1] == "scope=KEN&amp;period=2020-Q1&amp;basis=official"
        assert reading.get(address.replace("&amp;", "&")).status_code == 200
    assert body.count(f'href="{ADDRESS}.') == 2


def test_a_file_as_of_a_day_holds_what_counted_then(
    reading: Client, world: SimpleNamespace
) -> None:
    before = database_now()
    factories.report(world.line, 6, "2020-Q1")
    drain()
    then = rows_of(reading, f"period=2020-Q2&as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert [line[6] for line in then[10:]] == ["4", "3"]
    assert sorted(line[6] for line in rows_of(reading)[10:]) == ["4", "6"]


def test_a_percentage_has_its_parts(reading: Client, world: SimpleNamespace) -> None:
    share = factories.indicator(world.outcome, "SHARE", kind="percentage")
    factories.report(
        factories.line(world.project, share, world.country), numerator=1, denominator=3
    )
    drain()
    lines = rows_of(reading, "period=2020-Q1", "/plans/SP/figures/SHARE/why")
    assert lines[9][6:9] == ["Numerator", "Denominator", "What it adds"]
    assert lines[10][6:9] == ["1", "3", "1"]


def test_things_and_ratings_are_named(reading: Client, world: SimpleNamespace) -> None:
    cities = factories.indicator(world.outcome, "CIT", kind="distinct", thing_kind="city")
    factories.report(
        factories.line(world.project, cities, world.country), things=["=Nairobi"], unnamed=2
    )
    rating = factories.indicator(
        world.outcome, "RAT", kind="rating", over_time="latest", levels=["low", "high"]
    )
    factories.report(factories.line(world.project, rating, world.country), rating="high")
    drain()
    (listed,) = rows_of(reading, "period=2020-Q1", "/plans/SP/figures/CIT/why")[10:]
    (rated,) = rows_of(reading, "period=2020-Q1", "/plans/SP/figures/RAT/why")[10:]
    assert (listed[6], listed[8], listed[10:12]) == ("3", "3", ["'=Nairobi", "2"])
    assert (rated[6], rated[8], rated[9]) == ("", "", "high")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_stranger_signs_in_first_and_what_is_not_there_is_a_404(
    client: Client, reader: Any, world: SimpleNamespace, kind: str
) -> None:
    assert client.get(f"{ADDRESS}.{kind}").headers["Location"] == (
        f"/accounts/login/?next={ADDRESS}.{kind}"
    )
    client.force_login(reader)
    assert client.get(f"/plans/SP/figures/NONE/why.{kind}").status_code == 404
    assert client.get(f"{ADDRESS}.{kind}?cell=x").status_code == 400


def test_work_in_progress_of_another_office_is_counted_and_not_named(
    client: Client, world: SimpleNamespace
) -> None:
    factories.report(world.line, 10, "2020-Q3", to="submitted")
    drain()
    client.force_login(factories.user("Elsewhere", Role.REPORTER, factories.office("ROLAC")))
    query = "period=2020-Q3&basis=provisional"
    hidden = rows_of(client, query)[10]
    assert hidden[:2] == ["", "A result of another office that is not yet approved"]
    assert hidden[2:] == ["", "", "2020 Q3", "", "", "", "10", *[""] * 8]
    client.force_login(factories.user("Here", Role.REPORTER, world.project.office))
    assert rows_of(client, query)[10][:2] == ["P1", "Project P1"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_number_of_queries_does_not_grow_with_results(
    reading: Client, world: SimpleNamespace, kind: str
) -> None:
    address = f"{ADDRESS}.{kind}?period=2020-Q1"
    few = queries_of(reading, address)
    for _more in range(2):
        project = factories.project(world.plan, where=world.country, serves=world.outcome)
        factories.report(factories.line(project, world.indicator, world.country), 1)
    drain()
    assert few <= 35
    assert queries_of(reading, address) == few


# --- What was asked for, above the rows ---------------------------------------------------------


def notes_of(user: Any, address: str) -> dict[str, str]:
    """The notes above the rows of a file by their labels, below the one of when it was made."""
    client = Client()
    client.force_login(user)
    text = downloaded(client, f"/plans/SP/{address}").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return {row[0]: row[1] for row in rows[1 : rows.index([])] if row[0] != "In"}


SAID = [
    ("agreements.csv?in_force=2020-05-01", {"In force on": "2020-05-01"}),
    ("agreements.csv?state=in_force&ending_within=0", {
        "State": "In force", "Ends within (days)": "0"}),
    ("money/deferrals.csv?state=ended", {"State": "Ended"}),
    ("transactions.csv?earmarked=true&kind=income&year=2020", {
        "Earmarked": "yes", "Kind": "Income", "Year": "2020"}),
    ("partner-feedback.csv?answered=false", {"Answered": "no"}),
    ("partners.csv?kind=un_entity", {"Kind": "United Nations entity"}),
    ("projects.csv?domain=none&innovation=0&covid=not_examined", {
        "Domain of the primary outcome": "No primary outcome", "Innovation at least": "None",
        "COVID-19": "Not examined"}),
    ("projects.csv?status=pipeline&office=ROAF", {
        "Status": "In preparation", "Office": "Office ROAF"}),
    ("risks.csv?state=overdue&impact=4", {"State": "Overdue", "Impact": "4"}),
    ("deliverables.csv?kind=technical_material&applied=true", {
        "Kind": "Technical material", "Use": "Applied by other projects"}),
    ("appraisals.csv?state=waiting&decision=conditions", {
        "State": "Waits for a decision", "Decision": "Approved with conditions"}),
    ("money.csv?year=2020&as_of=2020-06-30", {
        "Year": "2020", "As of": "2020-06-30 23:59 UTC"}),
]  # fmt: skip


@pytest.mark.parametrize(("address", "told"), SAID)
def test_a_file_says_what_was_asked_for_in_the_words_of_its_page(
    world: SimpleNamespace, address: str, told: dict[str, str]
) -> None:
    manager = factories.user("Mona", Role.MANAGER, world.project.office)
    assert notes_of(manager, address) == told


def test_an_audit_says_which_kind_of_record_and_act_was_asked_for(world: SimpleNamespace) -> None:
    manager = factories.user("Mona", Role.MANAGER, world.project.office)
    notes = notes_of(manager, "setup/audit.csv?record=projects.result&act=submitted")
    assert notes == {"Kind of record": "Result", "Act": "submitted it"}
