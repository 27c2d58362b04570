"""The register of projects as a table: what the page's filters choose, by code."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.names import by_name
from plans.choices import ABOUT_THEMES
from projects.choices import Rank
from projects.filters import ProjectFilter
from projects.models import Alignment, Project, ProjectTheme

from .tables import Cell, Table, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def projects_table(asked: ProjectFilter) -> Table:
    """The projects asked for, a row each; read from the database as written."""
    return Table(
        name=_("Projects"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Code"),
            _("Title"),
            _("Status"),
            _("Start"),
            _("End"),
            _("Office"),
            _("Countries"),
            _("Primary outcome"),
            _("Secondary outcomes"),
            _("Tertiary outcomes"),
            _("Summary"),
            _("Flagship programme"),
            _("Response to COVID-19"),
            _("Share of the budget for COVID-19, in percent"),
            *(str(kind.label) for kind in ABOUT_THEMES),
            _("Innovation"),
            _("Potential for replication"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: ProjectFilter) -> Iterator[Project]:
    rows = (
        asked.qs.select_related("office", "flagship")
        .prefetch_related(
            "countries",
            Prefetch("alignments", Alignment.objects.select_related("outcome")),
            Prefetch(
                "themes",
                ProjectTheme.objects.select_related("theme").order_by("theme__position", "pk"),
            ),
        )
        .order_by("code")[:MOST_EXPORTED]
    )
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Project) -> list[Cell]:
    served: dict[str, list[str]] = {rank: [] for rank in Rank.values}
    for alignment in one.alignments.all():
        served[alignment.rank].append(alignment.outcome.code)
    return [
        one.code,
        str(one.title),
        one.get_status_display(),
        one.start,
        one.end,
        one.office.code,
        "; ".join(str(country) for country in by_name(one.countries.all())),
        *("; ".join(sorted(served[rank])) for rank in Rank.values),
        str(one.summary),
        str(one.flagship or ""),
        one.get_covid_display(),
        Decimal(one.covid_percent) if one.covid_percent else None,
        *_about(one),
        one.get_innovation_display() or "",
        one.get_replication_display() or "",
    ]


def _about(one: Project) -> list[Cell]:
    """What the project names, was examined for (with the marker) and uses, a cell for each kind."""
    said: dict[str, list[str]] = {kind.value: [] for kind in ABOUT_THEMES}
    for link in one.themes.all():
        marker = "" if link.marker is None else f": {link.get_marker_display()}"
        said[link.theme.kind].append(f"{link.theme}{marker}")
    return ["; ".join(said[kind.value]) for kind in ABOUT_THEMES]
