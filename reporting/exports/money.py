"""Money by what it is for as a table: every part of every cut, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.money import Money, MoneyRow, MoneySummary

from .tables import Cell, Table, amount, asked_for


def money_table(summary: MoneySummary, asked: forms.Form, beside: Table | None = None) -> Table:
    """The money that was asked for; each cut comes to the total in the first row.

    Prongs are of income only.
    """
    made = (_("Made"), timezone.now().strftime("%Y-%m-%d %H:%M UTC"))
    return Table(
        name=_("Money"),
        notes=[made, (_("In"), _("US dollars")), *asked_for(asked)],
        columns=[
            _("By"),
            _("Code"),
            _("Name"),
            _("Approved"),
            _("Approved, earmarked"),
            _("Received"),
            _("Received, earmarked"),
            _("Received, not earmarked"),
            _("Spent"),
            _("Remaining"),
        ],
        rows=_rows(summary),
        beside=beside,
    )


def _rows(summary: MoneySummary) -> Iterator[list[Cell]]:
    yield [_("Total"), "", "", *_sums(summary.total)]
    yield from _cut(_("Domain"), [*summary.domains, summary.not_attributed])
    yield from _cut(_("Outcome"), [*summary.outcomes, summary.not_attributed])
    yield from _cut(_("Office"), summary.regions)
    yield from _cut(_("Flagship programme"), summary.flagships)
    yield from _cut(_("Donor"), summary.donors)
    yield from _cut(_("Year"), summary.years)
    yield from _cut(_("Prong"), summary.prongs)


def _cut(by: str, rows: Sequence[MoneyRow]) -> Iterator[list[Cell]]:
    for row in rows:
        code = str(getattr(row.of, "code", ""))
        name = _("not stated") if row.of is None else _name(row.of)
        yield [by, code, name, *_sums(row.money)]


def _name(of: object) -> str:
    return str(getattr(of, "title", of))


def _sums(money: Money) -> list[Cell]:
    return [
        amount(money.approved),
        amount(money.approved_earmarked),
        amount(money.received),
        amount(money.received_earmarked),
        amount(money.received_free),
        amount(money.spent),
        amount(money.remaining),
    ]
