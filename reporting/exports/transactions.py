"""Income and expenditure as a table: what the filters choose, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import TransactionFilter
from projects.models import Transaction

from .tables import Cell, Table, amount, asked_for, number

# A file has so many rows at most; who needs more takes them year by year.
MOST_EXPORTED = 1_000_000


def transactions_table(asked: TransactionFilter) -> Table:
    """The transactions asked for, a row each; read from the database as written."""
    return Table(
        name=_("Income and expenditure"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Number elsewhere"),
            _("Project"),
            _("Office"),
            _("Kind"),
            _("Date"),
            _("Donor"),
            _("Earmarked"),
            _("Currency"),
            _("Amount"),
            _("US dollars"),
            _("Units for one US dollar"),
            _("Month of the rate"),
            _("Description"),
            _("Prong"),
            _("Name of the prong"),
            _("Recorded"),
            _("Withdrawn"),
            _("Why it was withdrawn"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: TransactionFilter) -> Iterator[Transaction]:
    rows = asked.qs.select_related("project__office", "prong").order_by("-date", "-pk")[
        :MOST_EXPORTED
    ]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Transaction) -> list[Cell]:
    return [
        one.external_id,
        one.project.code,
        one.project.office.code,
        one.get_kind_display(),
        one.date,
        one.donor,
        {None: "", True: _("yes"), False: _("no")}[one.earmarked],
        one.currency,
        amount(one.amount),
        amount(one.usd),
        number(one.rate),
        one.rate_month.strftime("%Y-%m"),
        one.description,
        one.prong.code if one.prong else "",
        str(one.prong or ""),
        one.posted_at.date(),
        one.withdrawn_at.date() if one.withdrawn_at else None,
        one.reason,
    ]
