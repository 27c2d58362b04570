"""Sheets that come back: downloaded, filled in, sent, looked at, confirmed, saved."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from outcomes.choices import EvidenceRule, Kind, OverTime
from outcomes.models import Indicator, Thing
from plans.actions import close_period
from projects import actions, tasks
from projects.actions import imports
from projects.actions.imports import CONFIRMED_WITHIN, DEAD_AFTER, KEPT_FOR, MOST_ATTEMPTS
from projects.choices import ImportStatus, RowKind, RowOutcome, Status
from projects.models import Evidence, ImportRow, ImportRun, ProjectIndicator, Result
from projects.sheets.columns import COLUMNS, PLACES, unkept
from tests import factories
from tests.desk import Desk, stored

pytestmark = pytest.mark.django_db

HERE = "/plans/SP/my-work/excel/"
LINK = "https://unhabitat.org/report"


class Sheet:
    """A downloaded workbook as somebody works in it: cells by line, part and column."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(BytesIO(content))
        self.sheet = self.book.worksheets[0]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows below the headings."""
        return [
            dict(zip(PLACES, (cell.value for cell in row), strict=True))
            for row in self.sheet.iter_rows(min_row=3)
        ]

    def cell(self, line: ProjectIndicator, column: str, part: str = "") -> Any:
        """The cell of a line's row."""
        for number, row in enumerate(self.rows, 3):
            if row["line"] == str(line.pk) and unkept(row["part"] or "") == part:
                return self.sheet.cell(number, PLACES[column] + 1)
        raise AssertionError(f"no row of {line}, {part}")

    def fill(self, line: ProjectIndicator, part: str = "", /, **values: Any) -> Sheet:
        """Type in a line's row."""
        for column, value in values.items():
            self.cell(line, column, part).value = value
        return self

    def content(self) -> bytes:
        """The file as Excel saves it."""
        file = BytesIO()
        self.book.save(file)
        return file.getvalue()


class ExcelDesk(Desk):
    """A reporter who works in Excel."""

    def download(self, kind: str = "xlsx", query: str = "", **headers: Any) -> bytes:
        answer: Any = self.client.get(f"{HERE}2020-Q1.{kind}{query}", **headers)
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    def sheet(self, **headers: Any) -> Sheet:
        return Sheet(self.download(**headers))

    def send_file(self, content: bytes, name: str = "q1.xlsx") -> ImportRun:
        """Send a file back, and let the job read it."""
        answer: Any = self.client.post(HERE, {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 302, answer.content.decode()
        run = ImportRun.objects.latest("uploaded_at")
        tasks.read_sheet(str(run.pk))
        run.refresh_from_db()
        return run

    def send_back(self, sheet: Sheet) -> ImportRun:
        return self.send_file(sheet.content())

    def page(self, run: ImportRun, query: str = "") -> str:
        return self.words(f"{HERE}{run.pk}/{query}")

    def confirm(self, run: ImportRun, **fields: Any) -> ImportRun:
        """Confirm what a sheet says, and let the job save it."""
        answer: Any = self.client.post(f"{HERE}{run.pk}/confirm/", fields)
        assert answer.status_code == 302
        tasks.save_sheet(str(run.pk))
        run.refresh_from_db()
        return run


@pytest.fixture
def desk(client: Client) -> ExcelDesk:
    return ExcelDesk(client)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The jobs that are called for."""
    called: list[str] = []
    for name in ("read_sheet", "save_sheet"):
        job = getattr(tasks, name)
        monkeypatch.setattr(
            job, "apply_async", lambda args, name=name, **_more: called.append(name)
        )
    return called


def kinds(run: ImportRun) -> list[str]:
    return list(run.rows.values_list("kind", flat=True))


def refused(run: ImportRun) -> list[tuple[str, str]]:
    """The cells that were refused and why."""
    return [
        (problem["cell"], problem["code"]) for row in run.rows.all() for problem in row.problems
    ]


def colleague(desk: Desk, value: str, to: str = "draft") -> Result:
    """What a colleague entered meanwhile."""
    carlos = factories.user(f"Carlos {value}", Role.REPORTER, desk.office)
    entry = actions.ResultInput(line=desk.line, period=factories.period(desk.plan), value=value)
    [result] = actions.save_results(entries=[entry], by=carlos)
    if to == "submitted":
        actions.submit(rows=[result], by=carlos)
    return result


# --- The file --------------------------------------------------------------------------------


def test_the_workbook_holds_what_is_due_with_what_is_begun_and_came_before(
    desk: ExcelDesk,
) -> None:
    done = desk.add_line()
    factories.report(done, 3)
    begun = desk.add_line(categories={"sex": ["women", "men"]})
    factories.report(begun, 7, to="draft", cells={"women": "4"}, narrative="So far")
    rows = desk.sheet().rows
    assert [(row["line"], row["part"], row["value"]) for row in rows] == [
        (str(desk.line.pk), None, None),
        (str(begun.pk), None, 7),
        (str(begun.pk), "~women", 4),
        (str(begun.pk), "~men", None),
    ]
    assert (rows[1]["narrative"], rows[1]["state"], rows[1]["qualifier"]) == (
        *("So far", "a value", "exactly"),
    )
    assert (rows[0]["project"], rows[0]["place"]) == ("P1", "Kenya")


def test_the_last_value_and_what_is_planned_stand_beside_the_cell(desk: ExcelDesk) -> None:
    factories.report(desk.line, 41, at="2020-Q1")
    answer: Any = desk.client.get(f"{HERE}2020-Q2.xlsx")
    [row] = Sheet(b"".join(answer.streaming_content)).rows
    assert (row["last"], row["value"]) == (41, None)


def test_who_brought_a_joint_draft_about_is_told_and_not_taken_from_the_sheet(
    desk: ExcelDesk,
) -> None:
    draft = factories.report(desk.line, 7, to="draft")
    part = actions.PartInput(factories.partner(desk.plan, "City of Mosul"), "Gives land", "60")
    said = actions.CoDeliveryInput([part], own_share="40")
    actions.set_co_delivery(result=draft, said=said, by=desk.reporter)
    sheet = desk.sheet()
    [row] = sheet.rows
    assert (row["led_by"], row["delivered_with"]) == ("UN-Habitat", "City of Mosul (60 %)")
    sheet.fill(desk.line, value=8, led_by="Nobody", delivered_with="Nobody")
    run = desk.send_back(sheet)
    assert kinds(run) == ["changed"] and refused(run) == []
    desk.confirm(run)
    draft.refresh_from_db()
    assert (draft.value, draft.led_by, draft.delivered_with) == (
        *(8, "UN-Habitat", "City of Mosul (60 %)"),
    )


def test_only_what_is_filled_in_is_open_and_ids_are_hidden(desk: ExcelDesk) -> None:
    sheet = desk.sheet()
    assert sheet.sheet.protection.sheet
    assert sheet.sheet.row_dimensions[1].hidden
    open_ones = {name for name in PLACES if not sheet.cell(desk.line, name).protection.locked}
    assert open_ones == {"value", "state", "qualifier", "narrative", "link"}
    hidden = {
        column.key
        for column in COLUMNS
        if sheet.sheet.column_dimensions[
            openpyxl.utils.get_column_letter(PLACES[column.key] + 1)
        ].hidden
    }
    # openpyxl gathers neighbours of one look under the first of them
    assert "line" in hidden and not hidden & open_ones
    assert sheet.sheet.cell(2, PLACES["value"] + 1).comment.text.startswith("A number")


def test_words_are_chosen_from_lists(client: Client) -> None:
    desk = ExcelDesk(client, kind=Kind.RATING, over_time=OverTime.LATEST, levels=["low", "high"])
    rules = {
        str(rule.sqref): rule.formula1
        for rule in desk.sheet().sheet.data_validations.dataValidation
    }
    assert rules["M3"] == '"low,high"'
    assert rules["O3"] == '"a value,not applicable,not available"'
    assert rules["P3"] == '"exactly,at least,more than,about"'


def test_levels_with_commas_are_chosen_from_a_hidden_sheet(client: Client) -> None:
    desk = ExcelDesk(
        client, kind=Kind.RATING, over_time=OverTime.LATEST, levels=["low, or none", "high"]
    )
    sheet = desk.sheet()
    [rule] = [
        one for one in sheet.sheet.data_validations.dataValidation if str(one.sqref).startswith("M")
    ]
    assert rule.formula1 == "lists!$A$1:$A$2"
    assert sheet.book["lists"].sheet_state == "hidden"
    assert sheet.book["lists"]["A1"].value == "low, or none"


def test_the_sheet_speaks_the_readers_language(desk: ExcelDesk) -> None:
    sheet = desk.sheet(HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert sheet.sheet.cell(2, PLACES["value"] + 1).value == "数值"
    assert sheet.cell(desk.line, "state").value == "有数值"
    assert sheet.book.sheetnames[1] == "填写说明"


def test_no_hidden_text_looks_like_a_date_or_a_number(desk: ExcelDesk) -> None:
    line = desk.add_line(categories={"age": ["5-14"]})
    [row] = [one for one in desk.sheet().rows if one["line"] == str(line.pk) and one["part"]]
    assert (row["part"], row["period"]) == ("~5-14", "~2020-Q1")
    sheet = desk.sheet().fill(line, value=5).fill(line, "5-14", value=2)
    desk.confirm(desk.send_back(sheet))
    assert Result.objects.get().cells.get().value == 2


def test_text_is_text_in_both_files(desk: ExcelDesk) -> None:
    factories.report(desk.line, 7, to="draft", narrative='=HYPERLINK("https://a.example")')
    cell = desk.sheet().cell(desk.line, "narrative")
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("https://a.example")')
    assert "'=HYPERLINK(" in desk.download("csv").decode()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_longer_than_a_cell_is_left_out_and_not_cut(desk: ExcelDesk, kind: str) -> None:
    line = desk.add_line(kind=Kind.DISTINCT, thing_kind="city")
    names = [f"A city whose name goes on for long, number {n}" for n in range(800)]
    factories.report(line, to="draft", things=names)
    factories.report(desk.line, 7, to="draft", narrative="=" + "x" * 32_767)
    third = desk.add_line()
    run = desk.send_file(desk.download(kind), f"q1.{kind}")
    assert list(run.rows.values_list("line", "kind")) == [(third.pk, RowKind.UNCHANGED)]


def test_one_project_alone_and_no_others_project(desk: ExcelDesk) -> None:
    other = factories.project(desk.plan, "P2", desk.office, desk.kenya)
    factories.line(other, desk.line.indicator, desk.kenya)
    elsewhere = factories.office("ROAP")
    factories.line(factories.project(desk.plan, "P3", elsewhere), desk.line.indicator)
    assert {row["project"] for row in desk.sheet().rows} == {"P1", "P2"}
    alone = Sheet(desk.download(query="?project=P2"))
    assert {row["project"] for row in alone.rows} == {"P2"}
    assert desk.client.get(f"{HERE}2020-Q1.xlsx?project=P3").status_code == 404


def test_a_closed_period_has_nothing_to_fill_in(desk: ExcelDesk) -> None:
    manager = factories.user("Maya", Role.MANAGER)
    close_period(period=factories.period(desk.plan), by=manager, reason="All in")
    assert desk.sheet().rows == []


def test_the_number_of_queries_does_not_grow_with_projects(desk: ExcelDesk) -> None:
    desk.download()
    with CaptureQueriesContext(connection) as few:
        desk.download()
    for code in ("P2", "P3", "P4"):
        project = factories.project(desk.plan, code, desk.office, desk.kenya)
        line = factories.line(project, desk.line.indicator, desk.kenya)
        factories.report(line, 4, to="draft", narrative="Begun")
    with CaptureQueriesContext(connection) as many:
        assert len(Sheet(desk.download()).rows) == 4
    assert len(many) <= len(few) + 5  # of drafts: things, evidence, cells, credits, partners


def test_more_rows_than_a_sheet_brings_back_are_not_offered(
    desk: ExcelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.sheets.workbook.MOST_ROWS", 1)
    desk.add_line()
    answer = desk.client.get(f"{HERE}2020-Q1.xlsx")
    assert answer.status_code == 400
    assert "project by project" in answer.content.decode()


# --- There and back --------------------------------------------------------------------------


def every_kind(desk: Desk) -> dict[str, ProjectIndicator]:
    """Lines of every kind, each with a draft."""
    lines = {
        "quantity": desk.add_line(categories={"sex": ["women", "men"]}),
        "percentage": desk.add_line(kind=Kind.PERCENTAGE, categories={"sex": ["women"]}),
        "distinct": desk.add_line(kind=Kind.DISTINCT, thing_kind="city"),
        "rating": desk.add_line(
            kind=Kind.RATING, over_time=OverTime.LATEST, levels=["low", "high"]
        ),
        "nothing": desk.add_line(),
    }
    said: dict[str, Any] = {
        "quantity": {
            "value": "1234567.123456",
            "cells": {"women": "4", "men": "0"},
            "qualifier": 2,
            "narrative": "Two\nlines, “quoted”; and = signs",
        },
        "percentage": {
            "numerator": "1",
            "denominator": "3",
            "cells": {"women": {"numerator": "1", "denominator": "2"}},
        },
        "distinct": {"things": ["Nairobi", "'=Kisumu"], "unnamed": "2"},
        "rating": {"rating": "high"},
        "nothing": {"state": "not_available", "narrative": "Floods"},
    }
    for name, line in lines.items():
        factories.report(line, to="draft", **said[name])
    return lines


@pytest.mark.parametrize("listed", [["cr"], ["us"], ["cr", "us"]])
def test_things_of_one_name_are_not_taken_for_each_other(
    desk: ExcelDesk, listed: list[str]
) -> None:
    line = desk.add_line(kind=Kind.DISTINCT, thing_kind="city")
    cities = {
        country: Thing.objects.create(
            plan=desk.plan, kind="city", key=f"SJ-{country}", name={"en": "San  José"}
        )
        for country in ("cr", "us")
    }
    factories.report(line, to="draft", things=[cities[country] for country in listed])
    sheet = desk.sheet()
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED] * 2
    desk.confirm(desk.send_back(sheet.fill(line, narrative="Still")))
    assert [thing.key for thing in Result.objects.get().things.all()] == [
        f"SJ-{country}" for country in listed
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_comes_back_as_it_was_is_unchanged(desk: ExcelDesk, kind: str, language: str) -> None:
    every_kind(desk)
    content = desk.download(kind, HTTP_ACCEPT_LANGUAGE=language)
    before = stored()
    run = desk.send_file(content, f"q1.{kind}")
    assert kinds(run) == [RowKind.UNCHANGED] * 6, refused(run)
    assert stored()[:3] == before[:3]
    assert "Everything in it is as it stands already." in desk.page(run)


def test_every_kind_is_filled_in_and_saved(desk: ExcelDesk) -> None:
    lines = every_kind(desk)
    sheet = desk.sheet()
    sheet.fill(desk.line, value=3.5, qualifier="about", narrative="Wells", link=LINK)
    sheet.fill(lines["quantity"], value=20).fill(lines["quantity"], "women", value=12)
    sheet.fill(lines["percentage"], value=2, denominator=5)
    sheet.fill(lines["distinct"], names="Nairobi\nMombasa", value=None)
    sheet.fill(lines["rating"], value="low")
    sheet.fill(lines["nothing"], value="n/a", state=None)
    run = desk.send_back(sheet)
    assert sorted(kinds(run)) == ["changed"] * 5 + ["new"]
    desk.confirm(run)
    said = {one.line_id: one for one in Result.objects.filter(status=Status.DRAFT)}
    first = said[desk.line.pk]
    assert (first.value, first.qualifier, first.narrative) == (3.5, 3, "Wells")
    assert first.evidence.get().url == LINK
    quantity = said[lines["quantity"].pk]
    assert (quantity.value, {c.category.code: c.value for c in quantity.cells.all()}) == (
        20,
        {"women": 12, "men": 0},
    )
    percentage = said[lines["percentage"].pk]
    assert (percentage.numerator, percentage.denominator) == (2, 5)
    distinct = said[lines["distinct"].pk]
    assert sorted(map(str, distinct.things.all())) == ["Mombasa", "Nairobi"]
    assert distinct.unnamed is None
    rating = said[lines["rating"].pk].rating
    assert rating is not None and rating.code == "low"
    assert said[lines["nothing"].pk].state == "not_applicable"
    assert (run.status, run.counts["saved"]) == (ImportStatus.DONE, 6)


def test_what_a_sheet_does_not_hold_stays(desk: ExcelDesk) -> None:
    other = factories.indicator(desk.outcome)
    days = {"window_start": factories.days_ago(9), "window_end": factories.days_ago(3)}
    factories.report(desk.line, 7, to="draft", credits=[other], **days)
    run = desk.send_back(desk.sheet().fill(desk.line, value=8))
    desk.confirm(run)
    result = Result.objects.get()
    assert (result.value, result.window_start) == (8, days["window_start"])
    assert list(result.credits.all()) == [other]


def test_a_row_that_was_deleted_changes_nothing(desk: ExcelDesk) -> None:
    line = desk.add_line(categories={"sex": ["women", "men"]})
    factories.report(line, 7, to="draft", cells={"women": "4", "men": "3"})
    sheet = desk.sheet().fill(line, value=9)
    sheet.sheet.delete_rows(sheet.cell(line, "value", "men").row)
    desk.confirm(desk.send_back(sheet))
    cells = Result.objects.get().cells
    assert {one.category.code: one.value for one in cells.all()} == {"women": 4, "men": 3}


def test_a_value_can_be_cleared(desk: ExcelDesk) -> None:
    factories.report(desk.line, 7, to="draft", narrative="So far")
    desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=None)))
    result = Result.objects.get()
    assert (result.value, result.narrative) == (None, "So far")


def test_csv_is_filled_in_too(desk: ExcelDesk) -> None:
    lines = list(csv.reader(StringIO(desk.download("csv").decode("utf-8-sig"))))
    lines[2][PLACES["value"]] = "4 200"
    text = StringIO()
    csv.writer(text, delimiter=";").writerows(lines)
    desk.confirm(desk.send_file(text.getvalue().encode(), "q1.csv"))
    assert Result.objects.get().value == 4200


def test_what_is_counted_from_the_register_is_not_typed(desk: ExcelDesk) -> None:
    line = factories.line(desk.project, factories.counting(desk.outcome), desk.kenya)
    factories.deliverable(desk.project, "Atlas", country=desk.kenya, by=desk.reporter)
    sheet = desk.sheet()
    assert sheet.cell(line, "of_which").value == "counted: 1 in the register"
    open_ones = {name for name in PLACES if not sheet.cell(line, name).protection.locked}
    assert open_ones == {"state", "qualifier", "narrative", "link"}
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED, RowKind.UNCHANGED]
    desk.confirm(desk.send_back(sheet.fill(line, narrative="In print")), submit="1")
    result = Result.objects.get(line=line)
    assert (result.narrative, result.status) == ("In print", Status.SUBMITTED)
    assert [str(thing) for thing in result.things.all()] == ["Atlas"]


def test_a_number_typed_over_what_is_counted_is_refused(desk: ExcelDesk) -> None:
    line = factories.line(desk.project, factories.counting(desk.outcome), desk.kenya)
    run = desk.send_back(desk.sheet().fill(line, value=4))
    assert refused(run) == [("M4", "counted_from_register")]


def test_no_value_is_lost_where_the_second_row_of_headings_was_taken_out(desk: ExcelDesk) -> None:
    lines = list(csv.reader(StringIO(desk.download("csv").decode("utf-8-sig"))))
    lines[2][PLACES["value"]] = "4200"
    text = StringIO()
    csv.writer(text).writerows([lines[0], lines[2]])
    desk.confirm(desk.send_file(text.getvalue().encode(), "q1.csv"))
    assert Result.objects.get().value == 4200


# --- Before it is confirmed ------------------------------------------------------------------


def test_nothing_is_saved_before_it_is_confirmed(desk: ExcelDesk) -> None:
    before = stored()
    run = desk.send_back(desk.sheet().fill(desk.line, value=5, narrative="Wells"))
    assert stored()[:3] == before[:3]
    page = desk.page(run)
    assert "Nothing is saved yet." in page
    assert "Save 1 result" in page
    assert "Value: <ins>5</ins>" in page


def test_the_file_is_kept_until_it_is_read_and_no_longer(
    desk: ExcelDesk, jobs: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", desk.download())})
    [run] = ImportRun.objects.all()
    assert default_storage.exists(f"imports/{run.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        tasks.read_sheet(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.file.name) == (ImportStatus.READY, "")
    assert not default_storage.exists(f"imports/{run.pk}")


def test_the_page_says_before_and_after(desk: ExcelDesk) -> None:
    factories.report(desk.line, 7, to="draft")
    run = desk.send_back(desk.sheet().fill(desk.line, value=8))
    assert "Value: <del>7</del> → <ins>8</ins>" in desk.page(run)


def test_an_untouched_cell_never_goes_over_a_newer_value(desk: ExcelDesk) -> None:
    other = desk.add_line()
    sheet = desk.sheet().fill(other, value=1)
    colleague(desk, "9")
    run = desk.send_back(sheet)
    assert kinds(run) == [RowKind.UNCHANGED, RowKind.NEW]
    desk.confirm(run)
    assert Result.objects.get(line=desk.line).value == 9


def test_a_link_that_nobody_touched_does_not_come_back(desk: ExcelDesk) -> None:
    result = factories.report(desk.line, 7, to="draft")
    link = {"kind": "link", "title": "", "url": LINK}
    evidence = actions.add_evidence(to=result, by=desk.reporter, **link)
    sheet = desk.sheet()
    actions.remove_evidence(evidence=evidence, by=desk.reporter)
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED]
    desk.confirm(desk.send_back(sheet.fill(desk.line, value=8)))
    assert not Evidence.objects.current().exists()


def test_a_link_that_nobody_touched_is_no_conflict_with_what_was_approved(
    desk: ExcelDesk,
) -> None:
    result = factories.report(desk.line, 7, to="draft")
    actions.add_evidence(to=result, kind="link", title="", url=LINK, by=desk.reporter)
    sheet = desk.sheet()
    Result.objects.update(status=Status.APPROVED)
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED]


def test_what_was_seen_is_no_number_to_a_spreadsheet(
    desk: ExcelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.sheets.content.short", lambda _text: "1234567890123456")
    lines = list(csv.reader(StringIO(desk.download("csv").decode("utf-8-sig"))))
    with pytest.raises(ValueError, match="could not convert"):
        float(lines[2][PLACES["seen"]])


def test_what_both_changed_is_a_conflict_and_theirs_stays(desk: ExcelDesk) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    colleague(desk, "9")
    run = desk.send_back(sheet)
    page = desk.page(run)
    assert kinds(run) == [RowKind.CONFLICT]
    assert "What stands there is from Carlos 9." in page
    assert "<del>9</del> → <ins>5</ins>" in page
    answer = desk.client.post(f"{HERE}{run.pk}/confirm/", follow=True)
    assert "There is nothing to save" in answer.content.decode()
    assert Result.objects.get().value == 9


def test_a_newer_value_in_another_revision_is_a_conflict_whatever_its_version(
    desk: ExcelDesk,
) -> None:
    seen = factories.report(desk.line, 7, to="draft")
    sheet = desk.sheet().fill(desk.line, value=8)
    Result.objects.update(status=Status.WITHDRAWN)
    assert colleague(desk, "9").version == seen.version
    run = desk.send_back(sheet)
    assert kinds(run) == [RowKind.CONFLICT]
    desk.client.post(f"{HERE}{run.pk}/confirm/")
    assert Result.objects.get(status=Status.DRAFT).value == 9


def test_a_row_of_an_older_file_among_newer_ones_is_a_conflict(desk: ExcelDesk) -> None:
    line = desk.add_line(categories={"sex": ["women", "men"]})
    factories.report(line, 7, to="draft", cells={"women": "3", "men": "4"})
    old = desk.sheet()
    entry = actions.ResultInput(
        line=line, period=factories.period(desk.plan), value="7", cells={"women": "4", "men": "3"}
    )
    actions.save_results(entries=[entry], by=factories.user("Carlos", Role.REPORTER, desk.office))
    sheet = desk.sheet()
    for column in ("seen", "value"):
        sheet.fill(line, "women", **{column: old.cell(line, column, "women").value})
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED, RowKind.CONFLICT]


@pytest.mark.parametrize("choice", ["one", "all"])
def test_mine_goes_over_theirs_where_i_say_so(desk: ExcelDesk, choice: str) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    colleague(desk, "9")
    run = desk.send_back(sheet)
    [row] = run.rows.all()
    desk.confirm(run, **({"mine": row.pk} if choice == "one" else {"all_mine": "1"}))
    assert Result.objects.get().value == 5


@pytest.mark.parametrize("wrong", ["9" * 25, "9" * 5000, "-1", "x"])
def test_a_row_that_cannot_be_there_is_passed_over(desk: ExcelDesk, wrong: str) -> None:
    run = desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=5)), mine=wrong)
    assert run.status == ImportStatus.DONE


def test_what_both_changed_alike_is_no_conflict(desk: ExcelDesk) -> None:
    sheet = desk.sheet().fill(desk.line, value=9)
    colleague(desk, "9")
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED]


def test_what_was_submitted_meanwhile_cannot_be_overwritten(desk: ExcelDesk) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    colleague(desk, "9", to="submitted")
    run = desk.send_back(sheet)
    assert kinds(run) == [RowKind.CONFLICT]
    assert "It was submitted or approved meanwhile" in desk.page(run)
    desk.client.post(f"{HERE}{run.pk}/confirm/", {"all_mine": "1"})
    run.refresh_from_db()
    assert run.status == ImportStatus.READY
    assert Result.objects.get().value == 9


def test_what_changes_after_the_look_is_not_overwritten(desk: ExcelDesk) -> None:
    other = desk.add_line()
    run = desk.send_back(desk.sheet().fill(desk.line, value=5).fill(other, value=6))
    colleague(desk, "9")
    desk.confirm(run)
    assert refused(run) == [("M3", "version_conflict")]
    values = dict(Result.objects.values_list("line", "value"))
    assert values == {desk.line.pk: 9, other.pk: 6}
    assert run.counts[RowOutcome.SAVED] == run.counts[RowOutcome.NOT_SAVED] == 1


Change = Callable[[ExcelDesk, Sheet], Any]


def _below_zero(desk: ExcelDesk, sheet: Sheet) -> None:
    Indicator.objects.update(allow_negative=False)
    sheet.fill(desk.line, value=-1)


REFUSALS: dict[str, tuple[Change, list[tuple[str, str]]]] = {
    "no number": (lambda d, s: s.fill(d.line, value="12 pers"), [("M3", "not_a_number")]),
    "a decimal comma": (lambda d, s: s.fill(d.line, value="1,5"), [("M3", "not_a_number")]),
    "below zero": (_below_zero, [("M3", "negative_not_allowed")]),
    "too large": (lambda d, s: s.fill(d.line, value=10**11), [("M3", "out_of_range")]),
    "a formula": (lambda d, s: s.fill(d.line, value="=1+1"), [("M3", "formula")]),
    "a date": (
        lambda d, s: s.fill(d.line, value=factories.days_ago(1)),
        [("M3", "date")],
    ),
    "an unknown state": (
        lambda d, s: s.fill(d.line, state="perhaps"),
        [("O3", "unknown_state")],
    ),
    "an unknown qualifier": (
        lambda d, s: s.fill(d.line, value=1, qualifier="nearly"),
        [("P3", "unknown_qualifier")],
    ),
    "a value that is not available": (
        lambda d, s: s.fill(d.line, value=1, state="not available"),
        [("M3", "value_without_report")],
    ),
    "no link": (lambda d, s: s.fill(d.line, value=1, link="see mail"), [("S3", "not_a_link")]),
    "names of a number": (
        lambda d, s: s.fill(d.line, value=1, names="Nairobi"),
        [("Q3", "field_of_another_kind")],
    ),
    "a denominator of a number": (
        lambda d, s: s.fill(d.line, value=1, denominator=2),
        [("N3", "field_of_another_kind")],
    ),
    "an unknown line": (lambda d, s: s.fill(d.line, line="999999"), [("M3", "unknown_cell")]),
    "a line that is no number": (
        lambda d, s: s.fill(d.line, line="1; DROP TABLE"),
        [("M3", "unknown_cell")],
    ),
    "an unknown period": (
        lambda d, s: s.fill(d.line, period="2031-Q1"),
        [("M3", "unknown_cell")],
    ),
    "ids that were deleted": (
        lambda d, s: s.fill(d.line, value=1, period=None, line=None),
        [("M3", "unknown_cell")],
    ),
    "an unknown part": (
        lambda d, s: s.fill(d.line, value=1, state=None, qualifier=None, part="women"),
        [("M3", "unknown_category")],
    ),
}


@pytest.mark.parametrize("wrong", REFUSALS)
def test_what_cannot_be_taken_is_refused_and_its_cell_named(desk: ExcelDesk, wrong: str) -> None:
    change, expected = REFUSALS[wrong]
    sheet = desk.sheet()
    change(desk, sheet)
    run = desk.send_back(sheet)
    assert refused(run) == expected
    assert kinds(run) == [RowKind.REFUSED]
    assert f"<b>{expected[0][0]}</b>" in desk.page(run)
    answer = desk.client.post(f"{HERE}{run.pk}/confirm/", follow=True)
    assert "There is nothing to save" in answer.content.decode()
    assert not Result.objects.exists()


def test_a_refused_cell_does_not_hold_up_the_others(desk: ExcelDesk) -> None:
    other = desk.add_line(categories={"sex": ["women", "men"]})
    sheet = desk.sheet().fill(desk.line, value=5).fill(other, value=5)
    run = desk.send_back(sheet.fill(other, "women", value=4).fill(other, "men", value=3))
    assert refused(run) == [("M6", "cells_exceed_total")]
    desk.confirm(run)
    assert Result.objects.get().line == desk.line


def test_a_row_that_is_there_twice_is_refused(desk: ExcelDesk) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    for place, cell in enumerate(list(sheet.sheet[3]), 1):
        sheet.sheet.cell(4, place).value = cell.value
    run = desk.send_back(sheet)
    assert refused(run) == [("M4", "duplicate_entry")]
    assert "keep one of them" in desk.page(run)


def test_a_line_of_another_office_is_refused(desk: ExcelDesk) -> None:
    elsewhere = factories.project(desk.plan, "P9", factories.office("ROAP"))
    theirs = factories.line(elsewhere, desk.line.indicator)
    run = desk.send_back(desk.sheet().fill(desk.line, value=5, line=str(theirs.pk)))
    assert refused(run) == [("M3", "not_allowed")]


def test_a_closed_period_refuses_and_a_late_entry_lets_in(desk: ExcelDesk) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    manager = factories.user("Maya", Role.MANAGER)
    period = close_period(period=factories.period(desk.plan), by=manager, reason="All in")
    assert refused(desk.send_back(sheet)) == [("M3", "period_closed")]
    actions.allow_late_entry(
        project=desk.project, period=period, until=factories.days_ago(-5), reason="Why", by=manager
    )
    desk.confirm(desk.send_back(sheet))
    assert Result.objects.get().is_late


def test_a_period_that_is_closed_after_the_look_is_told_in_the_report(desk: ExcelDesk) -> None:
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    manager = factories.user("Maya", Role.MANAGER)
    close_period(period=factories.period(desk.plan), by=manager, reason="All in")
    desk.confirm(run)
    assert refused(run) == [("M3", "period_closed")]
    report: Any = desk.client.get(f"{HERE}{run.pk}/report.csv")
    assert "M3: 2020 Q1 is closed" in b"".join(report.streaming_content).decode()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"a,b\n1,2\n", "x.csv", "wrong_sheet"),
        (b"PK\x03\x04 not a workbook", "x.xlsx", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "x.xls", "not_a_workbook"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_words(
    desk: ExcelDesk, content: bytes, name: str, code: str
) -> None:
    run = desk.send_file(content, name)
    assert (run.status, run.refusal_code) == (ImportStatus.REFUSED, code)
    assert "This file cannot be read." in desk.page(run)
    assert not run.file


def test_a_sheet_without_rows_is_refused(desk: ExcelDesk) -> None:
    sheet = desk.sheet()
    sheet.sheet.delete_rows(3)
    assert desk.send_back(sheet).refusal_code == "nothing_in_it"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "Choose the file"), (b"", "The file is empty"), (b"x" * 200, "is the most")],
)
def test_what_is_no_upload_is_said_at_once(
    desk: ExcelDesk, settings: Any, content: bytes | None, message: str
) -> None:
    settings.IMPORT_MAX_BYTES = 100
    data = {} if content is None else {"file": SimpleUploadedFile("q1.xlsx", content)}
    answer = desk.client.post(HERE, data)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_nobody_piles_up_sheets_that_wait(desk: ExcelDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_WAITING", 1)
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    again = desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", b"x")})
    assert again.status_code == 409
    assert "wait to be confirmed" in again.content.decode()
    desk.client.post(f"{HERE}{run.pk}/cancel/")
    again = desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", b"x")})
    assert again.status_code == 302


def test_a_sheet_put_aside_saves_nothing_ever(desk: ExcelDesk) -> None:
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    page = desk.client.post(f"{HERE}{run.pk}/cancel/", follow=True).content.decode()
    assert "nothing of it was saved" in page
    desk.client.post(f"{HERE}{run.pk}/confirm/")
    tasks.save_sheet(str(run.pk))
    run.refresh_from_db()
    assert run.status == ImportStatus.CANCELLED
    assert not Result.objects.exists()


def test_nobody_else_sees_a_sheet(desk: ExcelDesk, client: Client) -> None:
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    client.force_login(factories.user("Carlos", Role.REPORTER, desk.office))
    assert client.get(f"{HERE}{run.pk}/").status_code == 404
    assert client.get(f"{HERE}{run.pk}/report.csv").status_code == 404
    assert client.post(f"{HERE}{run.pk}/confirm/").status_code == 404
    assert client.post(f"{HERE}{run.pk}/cancel/").status_code == 404
    assert run.name not in client.get(HERE).content.decode()


def test_the_number_of_queries_of_the_page_does_not_grow_with_rows(desk: ExcelDesk) -> None:
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    url = f"{HERE}{run.pk}/"
    desk.client.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.client.get(url)
    more = [desk.add_line(categories={"sex": ["women"]}) for _ in range(5)]
    sheet = desk.sheet()
    for line in more:
        sheet.fill(line, value=5).fill(line, "women", value=1)
    run = desk.send_back(sheet)
    with CaptureQueriesContext(connection) as many:
        assert "Save 5 results" in desk.page(run)
    assert len(many) == len(few)


def test_reading_asks_the_same_however_many_rows(desk: ExcelDesk) -> None:
    def queries() -> int:
        sheet = desk.sheet()
        for line in ProjectIndicator.objects.all():
            sheet.fill(line, value=5)
        desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", sheet.content())})
        with CaptureQueriesContext(connection) as asked:
            tasks.read_sheet(str(ImportRun.objects.latest("uploaded_at").pk))
        return len(asked)

    few = queries()
    for _ in range(5):
        desk.add_line()
    assert queries() == few


# --- Confirmed -------------------------------------------------------------------------------


def test_these_are_submitted_if_asked_drafts_that_needed_no_change_too(desk: ExcelDesk) -> None:
    begun = desk.add_line()
    factories.report(begun, 3, to="draft")
    empty = desk.add_line()
    run = desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=5)), submit="1")
    assert {one.line_id: one.status for one in Result.objects.all()} == {
        desk.line.pk: Status.SUBMITTED,
        begun.pk: Status.SUBMITTED,
    }
    assert not Result.objects.filter(line=empty).exists()
    assert run.counts[RowOutcome.SUBMITTED] == 2


def test_what_lacks_evidence_stays_a_draft_and_is_told(client: Client) -> None:
    desk = ExcelDesk(client, evidence_rule=EvidenceRule.REQUIRED)
    proven = desk.add_line(evidence_rule=EvidenceRule.REQUIRED)
    sheet = desk.sheet().fill(desk.line, value=5).fill(proven, value=6, link=LINK)
    run = desk.confirm(desk.send_back(sheet), submit="1")
    statuses = dict(Result.objects.values_list("line", "status"))
    assert statuses == {desk.line.pk: Status.DRAFT, proven.pk: Status.SUBMITTED}
    assert refused(run) == [("S3", "missing_evidence")]
    assert "Saved, and not submitted" in desk.page(run)


def test_the_same_link_twice_is_kept_once(desk: ExcelDesk) -> None:
    for value in (5, 6):
        desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=value, link=LINK)))
    assert Evidence.objects.count() == 1


def test_a_sheet_sent_and_confirmed_twice_changes_nothing_the_second_time(
    desk: ExcelDesk,
) -> None:
    sheet = desk.sheet().fill(desk.line, value=5)
    run = desk.confirm(desk.send_back(sheet))
    before = stored()
    tasks.save_sheet(str(run.pk))
    desk.client.post(f"{HERE}{run.pk}/confirm/")
    assert stored() == before
    assert kinds(desk.send_back(sheet)) == [RowKind.UNCHANGED]


def test_the_history_tells_who_saved_what(desk: ExcelDesk) -> None:
    desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=5)))
    acts = list(ActivityEntry.objects.filter(actor=desk.reporter).values_list("verb", flat=True))
    assert sorted(acts) == ["confirmed a sheet", "entered", "sent a sheet"]


@pytest.fixture
def many(desk: ExcelDesk, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    """A sheet with seven new results, saved two at a time."""
    monkeypatch.setattr(imports, "SAVED_AT_ONCE", 2)
    monkeypatch.setattr(imports, "READ_AT_ONCE", 2)
    lines = [desk.line, *(desk.add_line() for _ in range(6))]
    sheet = desk.sheet()
    for number, line in enumerate(lines, 1):
        sheet.fill(line, value=number)
    return desk.send_back(sheet)


class Killed(BaseException):
    """The worker dies."""


def killed_after(n: int, what: Any) -> Callable[..., Any]:
    """The same function, whose worker dies in the middle of the n-th call."""
    calls = iter(range(n))

    def call(*args: Any, **kwargs: Any) -> Any:
        done = what(*args, **kwargs)
        if next(calls, None) is None:
            raise Killed
        return done

    return call


def test_a_job_that_is_killed_goes_on_where_it_stopped(
    desk: ExcelDesk, many: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.client.post(f"{HERE}{many.pk}/confirm/", {"submit": "1"})
    for name in ("save_results", "submit"):
        with monkeypatch.context() as broken:
            broken.setattr(imports, name, killed_after(2, getattr(imports, name)))
            with pytest.raises(Killed):
                tasks.save_sheet(str(many.pk))
    page = desk.page(many)
    assert "Being saved: 11 of 14 steps." in page
    tasks.save_sheet(str(many.pk))
    many.refresh_from_db()
    assert many.status == ImportStatus.DONE
    assert sorted(Result.objects.values_list("value", "status", "version")) == [
        (n, Status.SUBMITTED, 2) for n in range(1, 8)
    ]


def test_lines_are_locked_together_before_they_are_taken_in_pieces(
    desk: ExcelDesk, many: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[str] = []

    def each(*args: Any, what: Any = imports._each) -> None:
        before.extend(one["sql"] for one in asked.captured_queries)
        what(*args)

    desk.client.post(f"{HERE}{many.pk}/confirm/")
    monkeypatch.setattr(imports, "_each", each)
    with CaptureQueriesContext(connection) as asked:
        imports.save_sheet(many.pk, turn=-1)
    [locking] = [sql for sql in before if 'FROM "projects_projectindicator"' in sql]
    assert " ORDER BY 1 ASC" in locking
    assert ("FOR UPDATE" in locking) == (connection.vendor == "postgresql")


def test_reading_that_is_killed_begins_anew(
    desk: ExcelDesk, many: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = desk.sheet().fill(desk.line, value=9)
    desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", sheet.content())})
    run = ImportRun.objects.latest("uploaded_at")
    with monkeypatch.context() as broken:
        broken.setattr(imports, "_touch", killed_after(2, imports._touch))
        with pytest.raises(Killed):
            tasks.read_sheet(str(run.pk))
    assert run.rows.count() == 4
    tasks.read_sheet(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.rows.count()) == (ImportStatus.READY, 7)


def test_the_page_says_how_far_reading_is_and_that_it_failed(
    desk: ExcelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_BETWEEN_SIGNS", 1)
    content = desk.sheet().fill(desk.line, value=5).content()
    desk.client.post(HERE, {"file": SimpleUploadedFile("q1.xlsx", content)})
    [run] = ImportRun.objects.all()
    with monkeypatch.context() as broken:
        broken.setattr(imports, "_is_mine", killed_after(0, imports._is_mine))
        with pytest.raises(Killed):
            tasks.read_sheet(str(run.pk))
    assert "1 row so far." in desk.page(run)
    ImportRun.objects.update(attempts=MOST_ATTEMPTS)
    imports.sweep_imports(timezone.now() + DEAD_AFTER * 2)
    assert "Nothing of it was saved; send it again." in desk.page(run)


def test_a_job_lets_others_go_first_after_its_turn(desk: ExcelDesk, many: ImportRun) -> None:
    desk.client.post(f"{HERE}{many.pk}/confirm/")
    imports.save_sheet(many.pk, turn=-1)
    assert Result.objects.count() == 2
    imports.save_sheet(many.pk)
    assert Result.objects.count() == 7


def test_a_job_is_called_for_after_the_commit(
    desk: ExcelDesk, jobs: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    with django_capture_on_commit_callbacks(execute=True):
        desk.client.post(f"{HERE}{run.pk}/confirm/")
    assert jobs == ["read_sheet", "save_sheet"]


def test_dead_jobs_are_taken_up_again_and_given_up_in_the_end(
    desk: ExcelDesk, many: ImportRun, jobs: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    def sweep(after: timedelta) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            imports.sweep_imports(timezone.now() + after)

    desk.client.post(f"{HERE}{many.pk}/confirm/")
    sweep(DEAD_AFTER / 2)
    assert jobs == []
    sweep(DEAD_AFTER * 2)
    assert jobs == ["save_sheet"]
    ImportRun.objects.update(attempts=MOST_ATTEMPTS)
    sweep(DEAD_AFTER * 2)
    many.refresh_from_db()
    assert (many.status, jobs) == (ImportStatus.FAILED, ["save_sheet"])
    assert "Something failed" in desk.page(many)


def test_what_nobody_confirms_expires_and_what_is_long_done_is_forgotten(
    desk: ExcelDesk,
) -> None:
    waiting = desk.send_back(desk.sheet().fill(desk.line, value=5))
    done = desk.confirm(desk.send_back(desk.sheet().fill(desk.line, value=6)))
    imports.sweep_imports(timezone.now() + CONFIRMED_WITHIN + timedelta(minutes=1))
    waiting.refresh_from_db()
    assert waiting.status == ImportStatus.EXPIRED
    assert "Nobody confirmed this sheet" in desk.page(waiting)
    assert done.rows.exists()
    imports.sweep_imports(timezone.now() + KEPT_FOR + timedelta(minutes=1))
    assert not ImportRow.objects.exists()
    assert "Done on" in desk.page(done)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_report_tells_each_result(desk: ExcelDesk, kind: str) -> None:
    other = desk.add_line()
    sheet = desk.sheet().fill(desk.line, value=5, narrative="@SUM(1)")
    run = desk.send_back(sheet.fill(other, value="many"))
    desk.confirm(run)
    answer: Any = desk.client.get(f"{HERE}{run.pk}/report.{kind}")
    content = b"".join(answer.streaming_content)
    assert f"report_q1.{kind}" in answer["Content-Disposition"]
    if kind == "csv":
        lines = list(csv.reader(StringIO(content.decode("utf-8-sig"))))
    else:
        lines = [
            [cell.value or "" for cell in row]
            for row in openpyxl.load_workbook(BytesIO(content)).worksheets[0].iter_rows()
        ]
    assert [line[5] for line in lines[1:]] == ["Saved as a draft", "Refused"]
    assert "@SUM(1)" in lines[1][8]
    text = "\n".join(cell for line in lines for cell in line)
    assert "M4: “many” is not a number." in text


def test_indicators_that_left_the_plan_leave_their_rows_readable(desk: ExcelDesk) -> None:
    run = desk.send_back(desk.sheet().fill(desk.line, value=5))
    Indicator.objects.filter(pk=desk.line.indicator_id).delete()
    assert run.rows.count() == 0
    assert desk.client.get(f"{HERE}{run.pk}/").status_code == 200
