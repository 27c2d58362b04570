"""How many partners have an agreement signed within a window, by kind, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.partners import PartnerCount

from .tables import Cell, Table


def partner_count_table(count: PartnerCount, moment: datetime | None) -> Table:
    """A row for each kind, and the sums that the page shows."""
    as_of = (moment or timezone.now()).strftime("%Y-%m-%d %H:%M UTC")
    return Table(
        name=_("How many partners"),
        notes=[
            (_("As of"), as_of),
            (_("Signed from"), count.start.isoformat()),
            (_("Until"), count.end.isoformat()),
        ],
        columns=[_("Kind"), _("Counted by the review"), _("Partners")],
        rows=_rows(count),
    )


def _rows(count: PartnerCount) -> Iterator[list[Cell]]:
    for one in count.reviewed:
        yield [one.label, _("yes"), one.partners]
    yield [_("Together, as the review counts"), _("yes"), count.total]
    for one in count.others:
        yield [one.label, _("no"), one.partners]
    yield [_("Of all kinds"), "", count.total_of_all]
