"""Agreements with partners as a table: what the page's filters choose, the last signed first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.names import by_name
from projects.filters import AgreementFilter
from projects.models import Agreement

from .tables import Cell, Table, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def agreements_table(asked: AgreementFilter) -> Table:
    """The agreements asked for, a row each, under the partner that counts."""
    return Table(
        name=_("Agreements"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Partner"),
            _("Kind of partner"),
            _("Signed as"),
            _("Agreement"),
            _("Reference"),
            _("Kind"),
            _("Scope"),
            _("Office"),
            _("Countries"),
            _("Signed on"),
            _("Holds from"),
            _("Until"),
            _("State"),
            _("Note"),
            _("Withdrawn"),
            _("Why it was withdrawn"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: AgreementFilter) -> Iterator[Agreement]:
    rows = asked.qs.with_names().order_by("-signed", "-pk")[:MOST_EXPORTED]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Agreement) -> list[Cell]:
    partner = one.partner.merged_into or one.partner
    return [
        partner.name,
        partner.get_kind_display(),
        one.partner.name if one.partner.merged_into else "",
        one.title,
        one.reference,
        one.get_kind_display(),
        one.get_scope_display(),
        one.office.code,
        "; ".join(str(country) for country in by_name(one.countries.all())),
        one.signed,
        one.start,
        one.end,
        str(one.state.label),
        one.note,
        timezone.localdate(one.withdrawn_at) if one.withdrawn_at else None,
        one.withdrawal_reason,
    ]
