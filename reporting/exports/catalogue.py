"""The catalogue of services and tools as a table."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.catalogue import CatalogueRow
from projects.filters import CatalogueFilter

from .tables import Table, asked_for


def catalogue_table(rows: Iterable[CatalogueRow], asked: CatalogueFilter) -> Table:
    """The services and tools asked for, a row each, the most used first."""
    return Table(
        name=_("Services and tools"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[_("Code"), _("Service or tool"), _("Description"), _("Projects"), _("Source")],
        rows=(
            [
                row.tool.code,
                str(row.tool),
                str(row.tool.text),
                row.projects,
                row.tool.source,
            ]
            for row in rows
        ),
    )
