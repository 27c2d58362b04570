"""The register of deliverables as a table: what the page's filters choose, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import DeliverableFilter
from projects.models import Deliverable

from .tables import Cell, Table, asked_for

# A file has so many rows at most; who needs more takes them period by period.
MOST_EXPORTED = 1_000_000


def deliverables_table(asked: DeliverableFilter) -> Table:
    """The deliverables asked for, a row each; read from the database as written."""
    return Table(
        name=_("Deliverables"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Key"),
            _("Kind"),
            _("Title"),
            _("Date"),
            _("Outcome"),
            _("Project"),
            _("Office"),
            _("Country"),
            _("City"),
            _("Language"),
            _("Link"),
            _("Document symbol"),
            _("Women"),
            _("Men"),
            _("Sex not stated"),
            _("Joint with"),
            _("Applied by (projects)"),
            _("Why it was cancelled"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: DeliverableFilter) -> Iterator[Deliverable]:
    rows = asked.qs.with_names().with_applications().order_by("-date", "-pk")[:MOST_EXPORTED]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Deliverable) -> list[Cell]:
    return [
        one.pk,
        one.get_kind_display(),
        one.title,
        one.date,
        one.outcome.code,
        one.project.code,
        one.project.office.code,
        str(one.country or ""),
        str(one.city or ""),
        one.get_language_display(),
        one.link,
        one.symbol,
        one.women,
        one.men,
        one.unstated,
        one.joint_with.project.code if one.joint_with else "",
        one.applied_by,  # type: ignore[attr-defined]
        one.cancel_reason,
    ]
