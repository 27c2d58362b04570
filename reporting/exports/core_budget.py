"""The core budget as a table: what is approved and what of it was received, a row for each year."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import CoreBudgetFilter
from projects.models import CoreBudget

from .tables import Cell, Table, amount, asked_for, number


def core_budget_table(asked: CoreBudgetFilter, beside: Table | None = None) -> Table:
    """The years asked for; what was received and is not known yet is an empty cell."""
    return Table(
        name=_("Core budget"),
        notes=[
            (_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")),
            (_("In"), _("US dollars")),
            *asked_for(asked.form),
        ],
        columns=[
            _("Year"),
            _("Approved"),
            _("Received"),
            _("Received, in percent of approved"),
            _("A risk below this share, in percent"),
            _("At risk"),
            _("Source"),
            _("Note"),
            _("Recorded"),
        ],
        rows=(_row(one) for one in asked.qs.order_by("year")),
        beside=beside,
    )


def _row(one: CoreBudget) -> list[Cell]:
    knows = one.share is not None and one.risk_below is not None
    return [
        one.year,
        amount(one.approved),
        amount(one.received),
        one.percent,
        number(one.risk_below),
        "" if not knows else _("yes") if one.is_at_risk else _("no"),
        one.source,
        one.note,
        timezone.localdate(one.recorded_at),
    ]
