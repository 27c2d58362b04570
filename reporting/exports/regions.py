"""All regions side by side as a table: the numbers of their page, a row for each region."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.choices import ProjectStatus
from reporting.progress import Status
from reporting.regions import RegionRow
from reporting.selection import Selection

from .tables import Cell, Table, amount


def regions_table(selection: Selection, rows: Sequence[RegionRow]) -> Table:
    """The regions by what is selected; amounts in US dollars, empty where nothing is recorded."""
    return Table(
        name=_("Regions"),
        notes=_notes(selection),
        columns=[
            _("Region"),
            _("Code"),
            _("Priorities"),
            _("Outcomes they serve"),
            _("Countries"),
            *(_("Outcomes: %(status)s") % {"status": one.label} for one in Status),
            _("Projects"),
            *(_("Projects: %(status)s") % {"status": one.label} for one in ProjectStatus),
            _("Approved"),
            _("Received"),
            _("Spent"),
            _("Remaining"),
            _("Partners with an agreement in force"),
        ],
        rows=[_row(one) for one in rows],
    )


def _notes(selection: Selection) -> list[tuple[str, str]]:
    notes = [
        (_("Made"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")),
        (_("Up to"), selection.period.label),
        (_("Basis"), str(selection.basis.label)),
        (_("In"), _("US dollars")),
    ]
    if selection.moment is None:
        return notes
    as_of = selection.moment.strftime("%Y-%m-%d %H:%M UTC")
    now = _("Strategies are as they are now.")
    return [*notes, (_("As it was on"), as_of), (_("Note"), now)]


def _row(one: RegionRow) -> list[Cell]:
    return [
        str(one.office),
        one.office.code,
        len(one.strategy.current) if one.strategy else 0,
        ", ".join(one.outcomes),
        one.countries.countries,
        *(one.statuses[status] for status in Status),
        one.all_projects,
        *(one.projects[status] for status in ProjectStatus),
        amount(one.money.approved),
        amount(one.money.received),
        amount(one.money.spent),
        amount(one.money.remaining),
        one.partners,
    ]
