"""Flagship programmes as a table: what each serves, its projects, money and results."""

from __future__ import annotations

from django.utils.translation import gettext as _

from habitat_tracker.wording import as_decimal
from projects.choices import ProjectStatus
from reporting.flagships import Flagship, FlagshipsPage
from reporting.selection import Selection

from .regions import as_selected
from .tables import Cell, Table, amount


def flagships_table(selection: Selection, page: FlagshipsPage) -> Table:
    """A row for each; amounts in US dollars, empty where nothing is recorded."""
    return Table(
        name=_("Flagship programmes"),
        notes=as_selected(selection),
        columns=[
            _("Flagship programme"),
            _("Code"),
            _("Outcomes"),
            *(_("Projects: %(status)s") % {"status": one.label} for one in ProjectStatus),
            _("Approved results"),
            _("Approved"),
            _("Share of what is approved, in percent"),
            _("Received"),
            _("Spent"),
            _("Remaining"),
        ],
        rows=[_row(one) for one in page.flagships],
    )


def _row(one: Flagship) -> list[Cell]:
    money, share = one.row.money, one.row.approved_share
    return [
        str(one.theme),
        one.theme.code,
        ", ".join(row.outcome.code for row in one.outcomes),
        *(one.projects[status.value] for status in ProjectStatus),
        one.results,
        amount(money.approved),
        None if share is None else as_decimal(share, 2),
        amount(money.received),
        amount(money.spent),
        amount(money.remaining),
    ]
