"""United Nations operational rates of exchange: loaded from files, used to give US dollars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import IO, TYPE_CHECKING

from babel.numbers import list_currencies
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot, text_of
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem
from habitat_tracker.fields import parse_decimal
from projects.models import ExchangeRate

if TYPE_CHECKING:
    from projects.sheets.reading import Row

# The currency that every amount is also said in.
DOLLAR = "USD"
CENT = Decimal("0.01")
# The columns of a file of rates, by the names in its first row.
COLUMNS = ("year", "month", "currency", "rate")
FIRST_YEAR = 2000
# A file with more mistakes than this is the wrong file; more are not told.
MOST_PROBLEMS = 100

# A currency and a month's first day.
Key = tuple[str, date]


@dataclass(frozen=True)
class InDollars:
    """An amount in US dollars, rounded half up to the cent, with the rate that it rests on."""

    usd: Decimal
    rate: Decimal
    month: date


@dataclass(frozen=True)
class LoadedRates:
    """What a file of rates did: how many were new, replaced, and there already."""

    added: int
    replaced: int
    unchanged: int


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217, those of former currencies too."""
    return frozenset(list_currencies())


def in_dollars(
    *,
    amount: Decimal,
    currency: str,
    on: date,
    field: str = "currency",
    held: Mapping[Key, Decimal] | None = None,
) -> InDollars:
    """An amount in US dollars at the operational rate of the month that a day lies in.

    Raises `unknown_currency`, and `no_exchange_rate` where no rate of that month is loaded: no
    other month's rate is taken in its place. Who converts many amounts looks the rates up before
    and gives them in `held` (`rates_of`).
    """
    month = on.replace(day=1)
    if currency == DOLLAR:
        return InDollars(amount.quantize(CENT, ROUND_HALF_UP), Decimal(1), month)
    if currency not in currencies():
        raise InvalidInput.of(field, "unknown_currency", _unknown(currency))
    if held is None:
        held = rates_of({month})
    rate = held.get((currency, month))
    if rate is None:
        raise InvalidInput.of(
            field,
            "no_exchange_rate",
            _(
                "No United Nations operational rate of exchange is loaded for %(currency)s in "
                "%(month)s. A manager at headquarters loads it under Set-up."
            )
            % {"currency": currency, "month": month.strftime("%Y-%m")},
        )
    return InDollars((amount / rate).quantize(CENT, ROUND_HALF_UP), rate, month)


def rates_of(months: Iterable[date]) -> dict[Key, Decimal]:
    """The rates of months, by currency and month; one query."""
    rows = ExchangeRate.objects.filter(month__in=set(months))
    return {
        (currency, month): rate
        for currency, month, rate in rows.values_list("currency", "month", "rate")
    }


def load_exchange_rates(
    *, file: IO[bytes], name: str, by: User | None, reason: str = ""
) -> LoadedRates:
    """Take in a CSV file or workbook of rates: year, month, currency, units for one US dollar.

    All of it or nothing. A file may be loaded again: what is there already is left alone, and a
    rate that differs is replaced where `reason` says why. Amounts that were converted before keep
    their rate. Raises what `read_rows` raises about the file, and for its rows `unknown_currency`,
    `invalid_year`, `invalid_month`, `month_to_come`, `not_a_number`, `rate_not_above_zero`,
    `dollar_is_one`, `duplicate_row`, `missing_reason`; and `empty_file`, `not_allowed`.
    """
    from projects.sheets.reading import read_rows  # it rests on the actions' file types

    if by is not None and not can_manage_plan(by):
        raise NotAllowed(_("Only a manager at headquarters may load exchange rates."))
    given, problems = _read(read_rows(file, name=name, keys=COLUMNS))
    if problems:
        raise InvalidInput(problems[:MOST_PROBLEMS])
    if not given:
        raise InvalidInput.of("file", "empty_file", _("There is no rate in this file."))
    return _store(given, by, reason)


def _read(rows: Iterable[Row]) -> tuple[dict[Key, tuple[Decimal, int]], list[Problem]]:
    """The rates of a file with the rows that they stand in, and all that is wrong with it."""
    given: dict[Key, tuple[Decimal, int]] = {}
    problems: list[Problem] = []
    known, last = currencies(), _next(timezone.localdate().replace(day=1))
    for row in rows:
        key, rate, wrong = _read_row(row, known, last)
        if not wrong and key in given:
            text = _("Row %(row)s has this currency and month already.") % {"row": given[key][1]}
            wrong = [_problem(row, "currency", "duplicate_row", text)]
        if not wrong:
            given[key] = rate, row.number
        problems += wrong
        if len(problems) >= MOST_PROBLEMS:
            break
    return given, problems


def _read_row(row: Row, known: frozenset[str], last: date) -> tuple[Key, Decimal, list[Problem]]:
    """One row's currency and month, its rate, and all that is wrong with it."""
    wrong = list(row.problems)
    texts = {key: text.strip() for key, text in row.texts.items()}
    currency, month, rate = texts["currency"].upper(), last, Decimal(0)
    if row.problems:
        return (currency, month), rate, wrong
    if currency == DOLLAR:
        text = _("One US dollar is always one US dollar.")
        wrong.append(_problem(row, "currency", "dollar_is_one", text))
    elif currency not in known:
        text = _unknown(texts["currency"])
        wrong.append(_problem(row, "currency", "unknown_currency", text))
    year, number = _whole(texts["year"]), _whole(texts["month"])
    if not FIRST_YEAR <= year <= last.year:
        text = _("Give the year in four digits, like 2021.")
        wrong.append(_problem(row, "year", "invalid_year", text))
    elif not 1 <= number <= 12:
        text = _("Give the month as a number from 1 to 12.")
        wrong.append(_problem(row, "month", "invalid_month", text))
    elif (month := date(year, number, 1)) > last:
        text = _("No rate can be known for this month yet.")
        wrong.append(_problem(row, "month", "month_to_come", text))
    try:
        rate = parse_decimal(texts["rate"], "rate")
    except InvalidInput as error:
        wrong.append(_problem(row, "rate", error.code, error.message))
    else:
        if rate <= 0:
            text = _("A rate is above zero.")
            wrong.append(_problem(row, "rate", "rate_not_above_zero", text))
    return (currency, month), rate, wrong


def _problem(row: Row, key: str, code: str, message: str) -> Problem:
    """What is wrong with one cell, under its reference."""
    where = row.reference(key)
    return Problem(where, code, f"{where}: {message}", row.number)


@transaction.atomic
def _store(given: dict[Key, tuple[Decimal, int]], by: User | None, reason: str) -> LoadedRates:
    months = {month for _currency, month in given}
    held: dict[Key, ExchangeRate] = {
        (one.currency, one.month): one
        for one in ExchangeRate.objects.select_for_update().filter(month__in=months).order_by("pk")
        if (one.currency, one.month) in given
    }
    differing = [key for key, one in held.items() if one.rate != given[key][0]]
    if differing and not reason.strip():
        raise InvalidInput(
            [
                Problem(
                    "reason",
                    "missing_reason",
                    _(
                        "Row %(row)s: %(currency)s in %(month)s is %(held)s so far. Say why it is "
                        "replaced."
                    )
                    % {
                        "row": given[key][1],
                        "currency": key[0],
                        "month": key[1].strftime("%Y-%m"),
                        "held": text_of(held[key].rate),
                    },
                    given[key][1],
                )
                for key in differing[:MOST_PROBLEMS]
            ]
        )
    now = timezone.now()
    added = [
        ExchangeRate(currency=currency, month=month, rate=rate, loaded_by=by, loaded_at=now)
        for (currency, month), (rate, _row) in given.items()
        if (currency, month) not in held
    ]
    replaced = [held[key] for key in differing]
    before = snapshot(replaced)
    for key in differing:
        held[key].rate, held[key].loaded_by, held[key].loaded_at = given[key][0], by, now
    added = ExchangeRate.objects.bulk_create(added)
    ExchangeRate.objects.bulk_update(replaced, ["rate", "loaded_by", "loaded_at"], batch_size=500)
    if written := [*added, *replaced]:
        record_activity(
            by=by,
            verb="loaded a rate",
            targets=written,
            reason=reason.strip(),
            changes=before.told(written),
        )
    return LoadedRates(len(added), len(replaced), len(held) - len(replaced))


def _unknown(code: str) -> str:
    return _("“%(code)s” is not the three-letter code of a currency.") % {"code": code[:20]}


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
