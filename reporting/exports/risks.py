"""The register of risks as a table: what the page's filters choose, the gravest first."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import RiskFilter
from projects.models import Risk

from .tables import Cell, Table, asked_for

# A file has so many rows at most.
MOST_EXPORTED = 1_000_000


def risks_table(asked: RiskFilter) -> Table:
    """The risks asked for, a row each; read from the database as written."""
    rows = asked.qs.select_related("project", "outcome", "office", "owner").order_by(
        "-score", "-pk"
    )[:MOST_EXPORTED]
    return Table(
        name=_("Risks"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Risk"),
            _("Project"),
            _("Outcome"),
            _("Office"),
            _("Category"),
            _("Likelihood"),
            _("Impact"),
            _("Score"),
            _("Level"),
            _("Response"),
            _("What is done about it"),
            _("Who answers for it"),
            _("To be looked at again by"),
            _("Closed on"),
            _("Why it is closed"),
        ],
        rows=(_row(one) for one in rows.iterator(chunk_size=2_000)),
    )


def _row(one: Risk) -> list[Cell]:
    return [
        one.title,
        one.project.code if one.project else "",
        one.outcome.code if one.outcome else "",
        one.office.code,
        one.get_category_display(),
        one.likelihood,
        one.impact,
        one.score,
        str(one.level.label),
        one.get_response_display(),
        one.measures,
        str(one.owner),
        one.review_by,
        timezone.localdate(one.closed_at) if one.closed_at else None,
        one.close_reason,
    ]
