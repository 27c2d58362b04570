"""Files of income and expenditure: all or nothing, told by cell, and loaded again without harm."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import InvalidInput, NotAllowed
from projects.actions import (
    TRANSACTION_COLUMNS,
    LoadedTransactions,
    TransactionInput,
    load_transactions,
    record_transaction,
    withdraw_transaction,
)
from projects.models import ExchangeRate, Project, Transaction
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db

HEADING = ",".join(TRANSACTION_COLUMNS)
NORWAY = "A-1,P1,income,2021-03-31,EUR,91,Norway,yes,First part"
PUMPS = "A-2,P1,expenditure,2021-04-01,USD,60,,,Pumps"


@pytest.fixture
def project() -> Project:
    ExchangeRate.objects.create(currency="EUR", month=date(2021, 3, 1), rate=Decimal("0.91"))
    return factories.project(factories.plan("SP"), "P1", factories.office("ROAF"))


@pytest.fixture
def manager(project) -> User:
    return factories.user("Manager", Role.MANAGER, project.office)


def load(
    project: Project, *rows: str, by: User | None = None, heading: str = HEADING, **more: Any
) -> LoadedTransactions:
    file = BytesIO("\n".join((heading, *rows)).encode())
    return load_transactions(plan=project.plan, file=file, name="money.csv", by=by, **more)


def wrong(project: Project, *rows: str, **more: Any) -> list[tuple[str, str, int]]:
    before = Transaction.objects.count()
    with pytest.raises(InvalidInput) as refusal:
        load(project, *rows, **more)
    assert Transaction.objects.count() == before
    return [(one.field, one.code, one.row) for one in refusal.value.problems]


def counts(loaded: LoadedTransactions) -> tuple[int, int, int]:
    return loaded.added, loaded.replaced, loaded.unchanged


def standing() -> list[tuple[str, str, Decimal]]:
    rows = Transaction.objects.at().order_by("external_id")
    return list(rows.values_list("external_id", "kind", "usd"))


def test_a_file_brings_income_and_expenditure_in_dollars(project, manager) -> None:
    assert counts(load(project, NORWAY, PUMPS, by=manager)) == (2, 0, 0)
    assert standing() == [("A-1", "income", Decimal(100)), ("A-2", "expenditure", Decimal(60))]
    one = Transaction.objects.get(external_id="A-1")
    assert (one.donor, one.earmarked, one.posted_by) == ("Norway", True, manager)
    assert Transaction.objects.get(external_id="A-2").earmarked is None


def test_the_same_file_again_changes_nothing(project) -> None:
    load(project, NORWAY, PUMPS)
    acts = ActivityEntry.objects.count()
    assert counts(load(project, NORWAY.replace("91", "91.00"), PUMPS)) == (0, 0, 2)
    assert (Transaction.objects.count(), ActivityEntry.objects.count()) == (2, acts)


def test_other_content_is_a_correction_that_needs_a_reason(project) -> None:
    load(project, NORWAY, PUMPS)
    changed = PUMPS.replace("60", "70")
    assert wrong(project, NORWAY, changed) == [("reason", "missing_reason", 3)]
    assert counts(load(project, NORWAY, changed, reason="Credit note")) == (0, 1, 1)
    assert standing()[1] == ("A-2", "expenditure", Decimal(70))
    gone = Transaction.objects.get(withdrawn_at__isnull=False)
    assert (gone.amount, gone.reason) == (Decimal(60), "Credit note")


def test_what_was_withdrawn_by_hand_does_not_come_back_by_itself(project) -> None:
    load(project, PUMPS)
    withdraw_transaction(transaction=Transaction.objects.get(), reason="Wrong", by=None)
    assert wrong(project, PUMPS) == [("reason", "missing_reason", 2)]
    assert counts(load(project, PUMPS, reason="Right after all")) == (0, 1, 0)
    assert len(standing()) == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (",P1,income,2021-03-31,USD,5,,yes,", ("A3", "missing_external_id", 3)),
        ("A-1,P1,income,2021-03-31,USD,5,,yes,", ("A3", "duplicate_row", 3)),
        ("A-3,P9,income,2021-03-31,USD,5,,yes,", ("B3", "unknown_project", 3)),
        ("A-3,P1,gift,2021-03-31,USD,5,,yes,", ("C3", "unknown_kind", 3)),
        ("A-3,P1,income,31/3/2021,USD,5,,yes,", ("D3", "invalid_date", 3)),
        ("A-3,P1,income,2019-03-31,USD,5,,yes,", ("D3", "date_outside_plan", 3)),
        ("A-3,P1,income,2021-03-31,XQX,5,,yes,", ("E3", "unknown_currency", 3)),
        ("A-3,P1,income,2021-04-30,EUR,5,,yes,", ("E3", "no_exchange_rate", 3)),
        ('A-3,P1,income,2021-03-31,USD,"1,5",,yes,', ("F3", "not_a_number", 3)),
        ("A-3,P1,income,2021-03-31,USD,-5,,yes,", ("F3", "negative_amount", 3)),
        ("A-3,P1,income,2021-03-31,USD,0,,yes,", ("F3", "zero_amount", 3)),
        ("A-3,P1,income,2021-03-31,USD,5,,,", ("H3", "unknown_answer", 3)),
    ],
)
def test_one_bad_row_holds_up_the_whole_file_and_is_named(project, row, expected) -> None:
    assert wrong(project, NORWAY, row) == [expected]


WITHOUT_PRONG = HEADING.removesuffix(",prong")


@pytest.fixture
def prongs(project) -> None:
    for number in (1, 2):
        factories.theme(project.plan, "prong", f"PRONG-{number}", f"Prong {number}")


def prong_of(number: str) -> str | None:
    found: Transaction = Transaction.objects.at().get(external_id=number)
    return found.prong.code if found.prong else None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A-3,P1,income,2021-03-31,USD,5,,yes,,PRONG-9", ("J3", "unknown_prong", 3)),
        ("A-3,P1,income,2021-03-31,USD,5,,yes,,Prong 1", ("J3", "unknown_prong", 3)),
        ("A-3,P1,expenditure,2021-03-31,USD,5,,,,PRONG-1", ("J3", "prong_of_expenditure", 3)),
    ],
)
def test_a_prong_that_is_none_of_the_plan_or_of_expenditure_is_refused(
    project, prongs, row, expected
) -> None:
    assert wrong(project, NORWAY, row) == [expected]


def test_a_file_tells_the_prong_and_an_empty_cell_takes_it_away(project, prongs) -> None:
    load(project, f"{NORWAY},PRONG-1", PUMPS)
    assert (prong_of("A-1"), prong_of("A-2")) == ("PRONG-1", None)
    assert counts(load(project, f"{NORWAY}, PRONG-1 ", PUMPS)) == (0, 0, 2)
    other = f"{NORWAY},PRONG-2"
    assert wrong(project, other) == [("reason", "missing_reason", 2)]
    assert counts(load(project, other, reason="Another prong")) == (0, 1, 0)
    assert prong_of("A-1") == "PRONG-2"
    assert counts(load(project, f"{NORWAY},", reason="No prong")) == (0, 1, 0)
    assert prong_of("A-1") is None


def test_a_file_without_the_column_leaves_prongs_as_they_are(project, prongs) -> None:
    load(project, f"{NORWAY},PRONG-1", PUMPS)
    assert counts(load(project, NORWAY, PUMPS, heading=WITHOUT_PRONG)) == (0, 0, 2)
    more = NORWAY.replace("91", "182")
    assert counts(load(project, more, heading=WITHOUT_PRONG, reason="Twice")) == (0, 1, 0)
    assert (prong_of("A-1"), standing()[0][2]) == ("PRONG-1", Decimal(200))
    spent = NORWAY.replace("income", "expenditure")
    load(project, spent, heading=WITHOUT_PRONG, reason="It was spent")
    assert prong_of("A-1") is None


def test_what_is_exported_of_prongs_can_be_loaded_again(project, prongs, manager) -> None:
    load(project, f"{NORWAY},PRONG-2", PUMPS)
    client = Client()
    client.force_login(manager)
    text = client.get("/plans/SP/transactions.csv").getvalue().decode("utf-8-sig")
    lines = list(csv.reader(StringIO(text)))
    at = next(number for number, line in enumerate(lines) if line[:1] == ["Number elsewhere"])
    rows = [dict(zip(lines[at], line, strict=True)) for line in lines[at + 1 :]]
    told = {row["Number elsewhere"]: (row["Prong"], row["Name of the prong"]) for row in rows}
    assert told == {"A-1": ("PRONG-2", "Prong 2"), "A-2": ("", "")}
    again = (f"{NORWAY},{told['A-1'][0]}", f"{PUMPS},{told['A-2'][0]}")
    assert counts(load(project, *again)) == (0, 0, 2)


def test_every_mistake_is_told_at_once(project) -> None:
    rows = ("A-1,P9,gift,2021-03-31,USD,5,,,", ",P1,income,2021-03-31,USD,0,,no,")
    assert [code for _cell, code, _row in wrong(project, *rows)] == [
        *("unknown_kind", "unknown_project"),
        *("zero_amount", "missing_external_id"),
    ]


@pytest.mark.parametrize(
    ("heading", "code"), [("external_id,project,kind", "wrong_sheet"), (HEADING, "empty_file")]
)
def test_what_is_no_file_of_transactions_is_refused(project, heading, code) -> None:
    assert wrong(project, heading=heading) == [("file", code, 0)]


def test_a_project_of_another_office_is_refused_with_its_cell(project, manager) -> None:
    factories.project(project.plan, "P2", factories.office("ROAP"))
    other = PUMPS.replace("P1", "P2")
    bad = "A-9,P1,gift,2021-03-31,USD,5,,yes,"
    assert wrong(project, NORWAY, other, bad, by=manager) == [
        ("B3", "not_allowed", 3),
        ("C4", "unknown_kind", 4),
    ]
    with pytest.raises(NotAllowed) as refusal:
        load(project, NORWAY, other, by=manager)
    assert refusal.value.message.startswith("B3: ")
    assert not Transaction.objects.exists()


def test_nobody_takes_a_number_away_from_another_office(project, manager) -> None:
    factories.project(project.plan, "P2", factories.office("ROAP"))
    load(project, PUMPS.replace("P1", "P2"))
    with pytest.raises(NotAllowed):
        load(project, PUMPS, by=manager, reason="Ours")
    assert Transaction.objects.get().project.code == "P2"


@pytest.mark.parametrize("role", [Role.READER, Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_only_managers_load_files(project, role) -> None:
    with pytest.raises(NotAllowed):
        load(project, NORWAY, by=factories.user("Somebody", role))


def test_a_preview_says_what_the_file_would_do_and_stores_nothing(project) -> None:
    load(project, NORWAY)
    acts = ActivityEntry.objects.count()
    loaded = load(project, NORWAY, PUMPS, preview=True)
    assert counts(loaded) == (1, 0, 1)
    assert [one.code for one in loaded.warnings] == ["no_budget"]
    assert len(standing()) == 1
    assert ActivityEntry.objects.count() == acts


def test_projects_tell_what_a_file_made_of_their_money(project, manager) -> None:
    load(project, NORWAY, PUMPS, by=manager)
    load(project, PUMPS.replace("60", "70"), by=manager, reason="Credit note")
    acts = ActivityEntry.objects.about(project).filter(verb="loaded money").order_by("pk")
    assert [(one.actor, one.reason, one.changes) for one in acts] == [
        (manager, "", {"income": [None, "USD 100"], "expenditure": [None, "USD 60"]}),
        (manager, "Credit note", {"expenditure": ["USD 60", "USD 70"]}),
    ]


def test_a_workbook_is_read_with_its_dates(project) -> None:
    file = BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, TRANSACTION_COLUMNS)
    day = book.add_format({"num_format": "d mmm yyyy"})
    sheet.write_row(1, 0, ["A-1", "P1", "income"])
    sheet.write_datetime(1, 3, datetime(2021, 3, 31), day)  # noqa: DTZ001 - Excel knows no zone
    sheet.write_row(1, 4, ["EUR", 91, "Norway", True, ""])
    book.close()
    load_transactions(plan=project.plan, file=file, name="money.xlsx", by=None)
    one = Transaction.objects.get()
    assert (one.date, one.usd, one.earmarked) == (date(2021, 3, 31), Decimal(100), True)


def test_thirty_rows_take_as_many_queries_as_three(project, manager) -> None:
    asked = []
    load(project, "B,P1,income,2021-03-31,EUR,1,,no,", by=manager)
    for number, many in enumerate((3, 30)):
        for at in range(many):
            if at % 3 == 0:
                factories.project(project.plan, f"Q{number}-{at}", project.office)
        rows = [
            f"{number}-{at},Q{number}-{at - at % 3},expenditure,2021-03-31,EUR,{at + 1},,,"
            for at in range(many)
        ]
        load(project, *rows, by=manager)
        again = [row.replace("EUR", "USD") for row in rows]
        with CaptureQueriesContext(connection) as captured:
            load(project, *again, by=manager, reason="In dollars")
        asked.append(len(captured))
    assert asked[0] == asked[1]


# --- The page and the API --------------------------------------------------------------------

PAGE = "/plans/SP/transactions/load/"


def upload(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("money.csv", "\n".join((HEADING, *rows)).encode())


def test_the_page_shows_what_a_file_would_do_then_loads_it(project, manager) -> None:
    client = Client()
    client.force_login(manager)
    shown = client.post(PAGE, {"file": upload(NORWAY, PUMPS), "preview": "1"}).content.decode()
    assert "Nothing is stored yet." in shown
    assert "New: 2. Replaced: 0. There already: 0." in shown
    assert not Transaction.objects.exists()
    shown = client.post(PAGE, {"file": upload(NORWAY, PUMPS)}).content.decode()
    assert "The file is loaded." in shown
    assert "P1 spent USD 60 and has no approved budget." in shown
    answer = client.post(PAGE, {"file": upload("A-3,P9,gift,2021-03-31,USD,5,,yes,")})
    assert answer.status_code == 400
    shown = answer.content.decode()
    assert "C2: Say income or expenditure." in shown
    assert "B2: There is no such project in this plan." in shown


def test_the_api_loads_a_file(project, manager) -> None:
    api, address = Api(manager), "plans/SP/transactions/load/"
    seen = api.upload(address, file=upload(NORWAY, PUMPS), preview="true").json()
    assert not Transaction.objects.exists()
    body = api.upload(address, file=upload(NORWAY, PUMPS)).json()
    assert body == seen
    assert (body["added"], body["replaced"], body["unchanged"]) == (2, 0, 0)
    assert [one["code"] for one in body["warnings"]] == ["no_budget"]
    changed = PUMPS.replace("60", "70")
    assert problems(api.upload(address, file=upload(changed))) == {("reason", "missing_reason")}
    assert api.upload(address, file=upload(changed), reason="Credit note").status_code == 200
    reader = Api(factories.user("Reader"))
    assert refused(reader.upload(address, file=upload(PUMPS))) == (403, "not_allowed")


def test_what_is_recorded_by_hand_is_the_same_as_what_a_file_says(project) -> None:
    record_transaction(
        project=project,
        entered=TransactionInput("expenditure", "2021-04-01", "60", "USD", "", "", "Pumps", "A-2"),
        by=None,
    )
    assert counts(load(project, PUMPS)) == (0, 0, 1)
