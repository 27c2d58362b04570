"""Exchange rates: what a file of them may hold, and what an amount is worth in dollars."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import InvalidInput, NotAllowed
from projects.actions import LoadedRates, in_dollars, load_exchange_rates
from projects.models import ExchangeRate
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db

HEADING = "year,month,currency,rate"
APRIL = date(2020, 4, 1)


@pytest.fixture
def manager() -> User:
    return factories.user("Manager", Role.MANAGER)


def load(*rows: str, by: User, reason: str = "", heading: str = HEADING) -> LoadedRates:
    file = BytesIO("\n".join((heading, *rows)).encode())
    return load_exchange_rates(file=file, name="rates.csv", by=by, reason=reason)


def refused(*rows: str, by: User, **more: Any) -> list[tuple[str, str, int]]:
    with pytest.raises(InvalidInput) as refusal:
        load(*rows, by=by, **more)
    assert not ExchangeRate.objects.filter(currency="XOF").exists()
    return [(one.field, one.code, one.row) for one in refusal.value.problems]


# --- Loading ---------------------------------------------------------------------------------


def test_a_file_brings_rates_by_currency_and_month(manager) -> None:
    assert load("2020,4,EUR,0.91", "2020,4,KES,106.35", by=manager) == LoadedRates(2, 0, 0)
    held = ExchangeRate.objects.order_by("currency").values_list("currency", "month", "rate")
    assert list(held) == [
        ("EUR", APRIL, Decimal("0.91")),
        ("KES", APRIL, Decimal("106.35")),
    ]


def test_small_letters_spaces_and_a_mark_at_the_start_are_understood(manager) -> None:
    load("2020, 04 , eur , 0.910000 ", by=manager, heading="\ufeff" + HEADING)
    assert ExchangeRate.objects.get().currency == "EUR"


def test_semicolons_separate_as_well(manager) -> None:
    load("2020;4;EUR;0.91", by=manager, heading=HEADING.replace(",", ";"))
    assert ExchangeRate.objects.get().rate == Decimal("0.91")


def test_a_workbook_is_read_too(manager) -> None:
    file = BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADING.split(","))
    sheet.write_row(1, 0, [2020, 4, "EUR", 0.91])
    book.close()
    load_exchange_rates(file=file, name="rates.xlsx", by=manager)
    assert ExchangeRate.objects.get().rate == Decimal("0.91")


def test_the_same_file_again_changes_nothing(manager) -> None:
    load("2020,4,EUR,0.91", by=manager)
    before = ActivityEntry.objects.count()
    assert load("2020,4,EUR,0.910", by=manager) == LoadedRates(0, 0, 1)
    assert ActivityEntry.objects.count() == before


def test_a_rate_that_differs_is_replaced_only_with_a_reason(manager) -> None:
    load("2020,4,EUR,0.91", by=manager)
    rows = ("2020,5,XOF,600", "2020,4,EUR,0.92")
    assert refused(*rows, by=manager) == [("reason", "missing_reason", 3)]
    assert ExchangeRate.objects.get().rate == Decimal("0.91")
    assert load(*rows, by=manager, reason="Revised on 15 April") == LoadedRates(1, 1, 0)
    assert ExchangeRate.objects.get(currency="EUR").rate == Decimal("0.92")


def test_what_was_replaced_is_kept_in_the_record_of_acts(manager) -> None:
    load("2020,4,EUR,0.91", by=manager)
    load("2020,4,EUR,0.92", by=manager, reason="Revised on 15 April")
    told = ActivityEntry.objects.filter(verb="loaded a rate").first()
    assert told is not None
    assert (told.actor, told.reason, told.changes) == (
        manager,
        "Revised on 15 April",
        {"rate": ["0.91", "0.92"]},
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("2020,4,EURO,0.91", ("C3", "unknown_currency", 3)),
        ("2020,4,QQQ,0.91", ("C3", "unknown_currency", 3)),
        ("2020,4,,0.91", ("C3", "unknown_currency", 3)),
        ("2020,4,USD,1", ("C3", "dollar_is_one", 3)),
        ("20,4,EUR,0.91", ("A3", "invalid_year", 3)),
        ("1999,4,EUR,0.91", ("A3", "invalid_year", 3)),
        ("2020,13,EUR,0.91", ("B3", "invalid_month", 3)),
        ("2020,April,EUR,0.91", ("B3", "invalid_month", 3)),
        ("2020,4,EUR,0", ("D3", "rate_not_above_zero", 3)),
        ("2020,4,EUR,-1", ("D3", "rate_not_above_zero", 3)),
        ('2020,4,EUR,"0,91"', ("D3", "not_a_number", 3)),
        ("2020,4,EUR,", ("D3", "not_a_number", 3)),
        ("2020,4,EUR,0.9100001", ("D3", "too_many_decimals", 3)),
        ("2020,5,XOF,601", ("C3", "duplicate_row", 3)),
        ("2020,4,=EUR,0.91", ("C3", "unknown_currency", 3)),
    ],
)
def test_one_bad_row_holds_up_the_whole_file_and_is_named(manager, row, expected) -> None:
    assert refused("2020,5,XOF,600", row, by=manager) == [expected]


def test_every_mistake_of_a_file_is_told_at_once(manager) -> None:
    told = refused("2020,13,EUR,0", "2020,4,QQQ,1", by=manager)
    assert told == [
        ("B2", "invalid_month", 2),
        ("D2", "rate_not_above_zero", 2),
        ("C3", "unknown_currency", 3),
    ]


def test_a_rate_of_next_month_is_known_and_none_beyond(manager) -> None:
    today = timezone.localdate()
    ahead = today.month + 1
    year, month = (today.year + 1, 1) if ahead > 12 else (today.year, ahead)
    load(f"{year},{month},EUR,0.91", by=manager)
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    assert refused(f"{year},{month},KES,1", by=manager)[0][1] in ("month_to_come", "invalid_year")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "wrong_sheet"),
        (b"year,month,currency\n2020,4,EUR\n", "wrong_sheet"),
        (b"year,month,currency,rate\n", "empty_file"),
        (b"\xff\xfe\x00year", "not_utf8"),
    ],
)
def test_what_is_no_file_of_rates_is_refused(manager, content, code) -> None:
    with pytest.raises(InvalidInput) as refusal:
        load_exchange_rates(file=BytesIO(content), name="rates.csv", by=manager)
    assert refusal.value.code == code


@pytest.mark.parametrize("role", [Role.READER, Role.REPORTER, Role.REVIEWER, Role.ADMINISTRATOR])
def test_only_managers_of_headquarters_load_rates(role) -> None:
    with pytest.raises(NotAllowed):
        load("2020,4,EUR,0.91", by=factories.user("Somebody", role))


def test_a_manager_of_a_regional_office_does_not(manager) -> None:
    with pytest.raises(NotAllowed):
        load("2020,4,EUR,0.91", by=factories.user("Regional", Role.MANAGER, factories.office()))


def test_many_rates_take_as_many_queries_as_few(manager, django_assert_num_queries) -> None:
    load("2019,1,EUR,0.9", by=manager)  # what is asked once of a person is known
    for months in ([1], [2, 3, 4]):
        with django_assert_num_queries(5):
            load(*(f"2020,{month},EUR,0.9" for month in months), by=manager)


def test_the_database_holds_no_rate_of_zero_and_none_within_a_month() -> None:
    for wrong in ({"rate": 0}, {"month": date(2020, 4, 15)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ExchangeRate.objects.create(
                **({"currency": "EUR", "month": APRIL, "rate": Decimal(1)} | wrong)
            )


# --- Converting ------------------------------------------------------------------------------


def test_an_amount_is_converted_at_the_rate_of_its_month_and_rounded_to_the_cent(manager) -> None:
    load("2020,3,EUR,0.8", "2020,4,EUR,0.92", by=manager)
    found = in_dollars(amount=Decimal("1000"), currency="EUR", on=date(2020, 4, 30))
    assert (found.usd, found.rate, found.month) == (Decimal("1086.96"), Decimal("0.92"), APRIL)


def test_half_a_cent_is_rounded_up(manager) -> None:
    load("2020,4,EUR,2", by=manager)
    found = in_dollars(amount=Decimal("0.01"), currency="EUR", on=APRIL)
    assert found.usd == Decimal("0.01")


def test_dollars_need_no_rate() -> None:
    found = in_dollars(amount=Decimal("12.345"), currency="USD", on=date(2020, 4, 9))
    assert (found.usd, found.rate, found.month) == (Decimal("12.35"), Decimal(1), APRIL)


def test_no_other_month_stands_in_for_one_without_a_rate(manager) -> None:
    load("2020,3,EUR,0.8", by=manager)
    with pytest.raises(InvalidInput) as refusal:
        in_dollars(amount=Decimal(1), currency="EUR", on=APRIL)
    assert refusal.value.code == "no_exchange_rate"
    assert "EUR" in refusal.value.message
    assert "2020-04" in refusal.value.message


def test_an_unknown_currency_is_told_as_such() -> None:
    with pytest.raises(InvalidInput) as refusal:
        in_dollars(amount=Decimal(1), currency="QQQ", on=APRIL)
    assert refusal.value.code == "unknown_currency"


# --- The page and the API --------------------------------------------------------------------


@pytest.fixture
def page() -> str:
    factories.plan("SP")
    return "/plans/SP/setup/exchange-rates/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rates_file(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rates.csv", "\n".join((HEADING, *rows)).encode())


def test_the_page_shows_rates_and_loads_files(manager, page) -> None:
    client = signed_in(manager)
    assert "No rate is loaded yet" in client.get(page).content.decode()
    answer = client.post(page, {"file": rates_file("2020,4,KES,106.35")}, follow=True)
    shown = answer.content.decode()
    assert "New rates: 1. Replaced: 0. There already: 0." in shown
    assert "106.35" in shown


def test_the_page_lists_every_mistake_of_a_file(manager, page) -> None:
    answer = signed_in(manager).post(page, {"file": rates_file("2020,4,QQQ,1", "2020,4,EUR,0")})
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert "C2: “QQQ” is not the three-letter code of a currency." in shown
    assert "D3: A rate is above zero." in shown


def test_the_page_asks_for_a_file_and_for_a_reason(manager, page) -> None:
    client = signed_in(manager)
    assert client.post(page, {}).status_code == 400
    load("2020,4,EUR,0.91", by=manager)
    answer = client.post(page, {"file": rates_file("2020,4,EUR,0.92")})
    assert answer.status_code == 400
    assert "Say why it is replaced." in answer.content.decode()


def test_others_read_the_page_and_load_nothing(page) -> None:
    client = signed_in(factories.user("Reader"))
    assert "Load the file" not in client.get(page).content.decode()
    answer = client.post(page, {"file": rates_file("2020,4,EUR,0.91")})
    assert answer.status_code == 403
    assert not ExchangeRate.objects.exists()


def test_rates_are_looked_up_by_currency_and_month(manager, page) -> None:
    load("2020,3,EUR,0.8", "2020,4,EUR,0.92", "2020,4,KES,106.35", by=manager)
    shown = signed_in(manager).get(page, {"currency": "eur", "month": "2020-04"}).content.decode()
    assert "0.92" in shown
    assert "0.800000" not in shown
    assert "106.35" not in shown
    assert signed_in(manager).get(page, {"month": "April"}).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_a_fixed_number_of_queries(
    manager, page, count, django_assert_num_queries
) -> None:
    load(*(f"2020,{number},EUR,0.9" for number in range(1, count + 1)), by=manager)
    client = signed_in(manager)
    with django_assert_num_queries(6):
        client.get(page)


def test_the_api_lists_rates_and_takes_files(manager) -> None:
    api = Api(manager)
    answer = api.upload("exchange-rates/", file=rates_file("2020,4,EUR,0.92"))
    assert (answer.status_code, answer.json()) == (200, {"added": 1, "replaced": 0, "unchanged": 0})
    rows = api.rows("exchange-rates/", currency="EUR", month="2020-04")
    assert [(row["currency"], row["month"], row["rate"]) for row in rows] == [
        ("EUR", "2020-04", "0.92")
    ]


def test_the_api_names_the_mistakes_of_a_file(manager) -> None:
    api = Api(manager)
    answer = api.upload("exchange-rates/", file=rates_file("2020,4,QQQ,0.92"))
    assert answer.status_code == 400
    assert [(one["field"], one["code"], one["row"]) for one in answer.json()["problems"]] == [
        ("C2", "unknown_currency", 2)
    ]
