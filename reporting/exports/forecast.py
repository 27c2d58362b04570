"""Expected income as a table: what the page's filters choose, and the totals by year beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.choices import Likelihood
from projects.filters import ExpectedIncomeFilter
from projects.models import ExpectedIncome
from projects.money import ForecastYear

from .tables import Cell, Table, amount, asked_for, number

# A file has so many rows at most.
MOST_EXPORTED = 1_000_000


def forecast_table(asked: ExpectedIncomeFilter, years: Sequence[ForecastYear]) -> Table:
    """The expected income asked for, a row each; the years are those of the whole plan."""
    return Table(
        name=_("Forecast of income"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Year"),
            _("Donor"),
            _("Earmarked"),
            _("Currency"),
            _("Amount"),
            _("US dollars"),
            _("Units for one US dollar"),
            _("Month of the rate"),
            _("Likelihood"),
            _("Prong"),
            _("Name of the prong"),
            _("Note"),
            _("Recorded"),
            _("Withdrawn"),
            _("Why it was withdrawn"),
        ],
        rows=(_row(one) for one in _rows(asked)),
        beside=_by_year(years),
    )


def _by_year(years: Sequence[ForecastYear]) -> Table:
    return Table(
        name=_("By year"),
        notes=[(_("In"), _("US dollars"))],
        columns=[
            _("Year"),
            _("Approved"),
            _("Received"),
            *(str(one.label) for one in Likelihood),
            _("Expected"),
        ],
        rows=[
            [
                one.year or _("All years"),
                amount(one.approved),
                amount(one.received),
                *(amount(usd) for _likelihood, usd in one.by_likelihood),
                amount(one.expected_total),
            ]
            for one in years
        ],
    )


def _rows(asked: ExpectedIncomeFilter) -> Iterator[ExpectedIncome]:
    rows = asked.qs.select_related("prong").order_by("year", "pk")[:MOST_EXPORTED]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: ExpectedIncome) -> list[Cell]:
    return [
        one.year,
        one.donor,
        _("yes") if one.earmarked else _("no"),
        one.currency,
        amount(one.amount),
        amount(one.usd),
        number(one.rate),
        one.rate_month.strftime("%Y-%m"),
        one.get_likelihood_display(),
        one.prong.code if one.prong else "",
        str(one.prong or ""),
        one.note,
        one.posted_at.date(),
        one.withdrawn_at.date() if one.withdrawn_at else None,
        one.reason,
    ]
