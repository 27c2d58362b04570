"""What projects are about as a table: a row for each number."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import FilterSet

from reporting.about_projects import Analyses

from .tables import Table, amount, asked_for


def analyses_table(page: Analyses, asked: FilterSet) -> Table:
    """Every cell of every table, with the words and codes of its row and column."""
    return Table(
        name=_("What projects are about"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Table"),
            _("Group"),
            _("Row"),
            _("Code of the row"),
            _("Column"),
            _("Code of the column"),
            _("Projects"),
        ],
        rows=(
            [table.title, row.group, row.label, row.code, heading, column, cell.count]
            for table in page.tables
            for row in table.rows
            for (column, heading), cell in zip(table.columns, row.cells, strict=True)
        ),
        beside=_covid_money(page) if page.covid_money else None,
    )


def _covid_money(page: Analyses) -> Table:
    """Approved budgets by what of them responds to COVID-19, a row for each domain."""
    return Table(
        name=_("Budget for COVID-19"),
        notes=[(_("In"), _("US dollars"))],
        columns=[_("Code"), _("Domain"), _("Approved"), _("Responds"), _("Not examined")],
        rows=[
            [
                one.of.code if one.of else "",
                _("Total")
                if one.is_total
                else str(one.of.title)
                if one.of
                else _("Not attributed"),
                amount(one.approved),
                amount(one.responds),
                amount(one.not_examined),
            ]
            for one in page.covid_money
        ],
    )
