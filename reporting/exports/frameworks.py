"""The projects that serve a framework or target, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.names import by_name
from outcomes.choices import Confidence
from plans.models import Theme
from projects.choices import Rank
from projects.filters import ContributingFilter
from reporting.frameworks import contributing_projects

from .projects import MOST_EXPORTED
from .tables import Cell, Table, asked_for


def contributing_table(theme: Theme, asked: ContributingFilter) -> Table:
    """The projects asked for, a row each; read from the database as written."""
    return Table(
        name=_("Projects"),
        notes=[
            (_("Framework or target"), str(theme)),
            (_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")),
            *asked_for(asked.form),
        ],
        columns=[
            _("Code"),
            _("Title"),
            _("Status"),
            _("Office"),
            _("Countries"),
            _("Primary outcome"),
            _("Aligned"),
            _("How sure"),
            _("What says so"),
        ],
        rows=_rows(asked),
    )


def _rows(asked: ContributingFilter) -> Iterator[list[Cell]]:
    sure = dict(Confidence.choices)
    rows: Any = contributing_projects(asked.qs, asked.themes)[:MOST_EXPORTED]
    for one in rows.iterator(chunk_size=2_000):
        primary = [link for link in one.alignments.all() if link.rank == Rank.PRIMARY]
        yield [
            one.code,
            str(one.title),
            one.get_status_display(),
            one.office.code,
            "; ".join(str(country) for country in by_name(one.countries.all())),
            "".join(link.outcome.code for link in primary),
            _("by itself") if one.is_own else _("through its indicators and outcomes"),
            str(sure.get(one.own_confidence or "", "")),
            one.own_source or "",
        ]
