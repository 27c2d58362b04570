"""Outcomes that are or were put off as a table, in the order of the plan."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import DeferralFilter
from projects.models import Deferral

from .tables import Cell, Table, asked_for


def deferrals_table(asked: DeferralFilter) -> Table:
    """The deferrals asked for, a row each, with the reason and what became of each."""
    rows = asked.qs.with_what_followed()
    return Table(
        name=_("Outcomes put off"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Code"),
            _("Outcome"),
            _("Planned for"),
            _("Put off to"),
            _("Why"),
            _("State"),
            _("Overdue"),
            _("Recorded"),
            _("By"),
            _("Ended on"),
            _("Ended by"),
        ],
        rows=(_row(one) for one in rows),
    )


def _row(one: Deferral) -> list[Cell]:
    return [
        one.outcome.code,
        str(one.outcome.title),
        one.planned,
        one.until,
        one.reason,
        str(one.state.label),
        _("yes") if one.is_late else _("no"),
        timezone.localdate(one.recorded_at),
        str(one.recorded_by or ""),
        timezone.localdate(one.superseded_at) if one.superseded_at else None,
        str(one.superseded_by or ""),
    ]
