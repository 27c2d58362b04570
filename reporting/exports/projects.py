"""The register of projects as a table: what the page's filters choose, by code."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.choices import Rank
from projects.filters import ProjectFilter
from projects.models import Alignment, Project

from .tables import Cell, Table, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def projects_table(asked: ProjectFilter) -> Table:
    """The projects asked for, a row each; read from the database as written."""
    return Table(
        name=_("Projects"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked)],
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
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: ProjectFilter) -> Iterator[Project]:
    rows = (
        asked.qs.select_related("office")
        .prefetch_related(
            "countries",
            Prefetch("alignments", Alignment.objects.select_related("outcome")),
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
        "; ".join(sorted(str(country) for country in one.countries.all())),
        *("; ".join(sorted(served[rank])) for rank in Rank.values),
        str(one.summary),
    ]
