"""What partners contribute to projects as a table: what the filters choose, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import PartnerContributionFilter
from projects.models import PartnerContribution

from .tables import Cell, Table, amount, asked_for, number

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def partner_contributions_table(asked: PartnerContributionFilter) -> Table:
    """The contributions asked for, a row each, under the partner that counts.

    An amount that is not stated is an empty cell, which differs from 0.
    """
    return Table(
        name=_("Contributions of partners"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Project"),
            _("Title"),
            _("Office"),
            _("Partner"),
            _("Kind of partner"),
            _("Role in the project"),
            _("What it contributes"),
            _("Amount"),
            _("Currency"),
            _("US dollars"),
            _("Units for one US dollar"),
            _("Month of the rate"),
            _("From"),
            _("Until"),
            _("Project closed before that"),
            _("Withdrawn"),
            _("Why it was withdrawn"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: PartnerContributionFilter) -> Iterator[PartnerContribution]:
    rows = asked.qs.with_names().order_by("-start", "-pk")[:MOST_EXPORTED]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: PartnerContribution) -> list[Cell]:
    partner = one.partner.merged_into or one.partner
    return [
        one.project.code,
        str(one.project.title),
        one.project.office.code,
        partner.name,
        partner.get_kind_display(),
        one.get_role_display(),
        one.what,
        amount(one.amount),
        one.currency,
        amount(one.usd),
        number(one.rate),
        one.rate_month.strftime("%Y-%m") if one.rate_month else "",
        one.start,
        one.end,
        one.cut_short,
        timezone.localdate(one.withdrawn_at) if one.withdrawn_at else None,
        one.withdrawal_reason,
    ]
