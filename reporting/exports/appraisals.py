"""Appraisals as a table: what the page's filters choose, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import AppraisalFilter
from projects.models import Appraisal

from .tables import Cell, Table, amount, asked_for

# A file has so many rows at most.
MOST_EXPORTED = 1_000_000


def appraisals_table(asked: AppraisalFilter, beside: Table | None = None) -> Table:
    """The appraisals asked for, a row each; read from the database as written."""
    return Table(
        name=_("Appraisal of projects"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Project"),
            _("Title"),
            _("Document"),
            _("Number"),
            _("Round"),
            _("Office"),
            _("Primary outcome"),
            _("Budget, in US dollars"),
            _("Of it earmarked, in US dollars"),
            _("Submitted"),
            _("Decision"),
            _("Decided on"),
            _("Decided by"),
            _("Level"),
            _("Meeting"),
            _("Delegation"),
            _("Reason"),
            _("Conditions"),
            _("Of them open"),
        ],
        rows=(_row(one) for one in _rows(asked)),
        beside=beside,
    )


def _rows(asked: AppraisalFilter) -> Iterator[Appraisal]:
    rows = (
        asked.qs.select_related(
            "document__project", "office", "outcome", "delegation", "meeting", "decided_by"
        )
        .prefetch_related("conditions")
        .order_by("-submitted_at", "-pk")[:MOST_EXPORTED]
    )
    yield from rows.iterator(chunk_size=2_000)


def _row(one: Appraisal) -> list[Cell]:
    conditions = list(one.conditions.all())
    document, delegation = one.document, one.delegation
    return [
        document.project.code,
        str(document.project.title),
        document.get_kind_display(),
        document.number,
        one.round,
        one.office.code,
        one.outcome.code if one.outcome else "",
        amount(one.usd),
        amount(one.earmarked_usd),
        timezone.localdate(one.submitted_at),
        one.get_decision_display(),
        one.decided_on,
        str(one.decided_by or ""),
        delegation.get_level_display() if delegation else "",
        one.meeting.date if one.meeting else None,
        delegation.document if delegation else "",
        one.reason,
        len(conditions),
        sum(not condition.is_met for condition in conditions),
    ]
