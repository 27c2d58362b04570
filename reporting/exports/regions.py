"""Regions as tables: all side by side, a row each, and one with all that its page says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.wording import as_decimal
from projects.choices import ProjectStatus
from reporting.progress import Status
from reporting.regions import RegionPage, RegionRow
from reporting.selection import Selection

from .tables import Cell, Table, amount, number


def regions_table(selection: Selection, rows: Sequence[RegionRow]) -> Table:
    """The regions by what is selected; amounts in US dollars, empty where nothing is recorded."""
    return Table(
        name=_("Regions"),
        notes=as_selected(selection),
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


def as_selected(selection: Selection) -> list[tuple[str, str]]:
    """What is told above a table of results and money: when it was made, of what period and day."""
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


def region_table(selection: Selection, page: RegionPage) -> Table:
    """One region: strategy, results, projects, money and partners, a row for each thing said."""
    return Table(
        name=_("Region"),
        notes=[(_("Region"), str(page.office)), *as_selected(selection)],
        columns=[
            _("Part"),
            _("Code"),
            _("What"),
            _("Status"),
            _("Mean progress, in percent"),
            _("Reported"),
            _("Expected"),
            _("Number"),
            _("US dollars"),
        ],
        rows=_region_rows(page),
    )


def _region_rows(page: RegionPage) -> Iterator[list[Cell]]:
    nothing: list[Cell] = [None] * 4
    if page.strategy:
        yield [_("Strategy"), "", str(page.strategy.text), "", *nothing, None]
        for one in page.strategy.current:
            served = ", ".join(link.outcome.code for link in one.outcome_links.all())
            yield [_("Priority"), served, str(one.text), "", *nothing, None]
    for row, projects in page.outcomes:
        mean = row.spread.mean_progress
        yield [
            _("Results"),
            row.outcome.code,
            str(row.outcome.title),
            str(row.spread.status.label),
            None if mean is None else as_decimal(mean),
            row.spread.reported,
            row.spread.expected,
            projects,
            None,
        ]
    for status, label, n in page.projects:
        yield [_("Projects"), status, label, "", None, None, None, n, None]
    money = page.money
    for label, sum_of in (
        (_("Approved"), money.approved),
        (_("Received"), money.received),
        (_("Spent"), money.spent),
        (_("Remaining"), money.remaining),
    ):
        yield [_("Money"), "", label, "", *nothing, amount(sum_of)]
    for kind, label, n in page.partners:
        yield [_("Partners"), kind, label, "", None, None, None, n, None]
    for stated in page.stated:
        value = number(stated.amount)
        yield [
            _("What documents state"),
            stated.key,
            str(stated.text),
            "",
            *nothing[1:],
            value,
            None,
        ]
    for place in page.countries.rows:
        yield [_("Countries"), place.country.iso3, str(place.country), "", *nothing, None]
