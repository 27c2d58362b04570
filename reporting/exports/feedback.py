"""What partners say as a table: what the filters choose and the reader may see."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from projects.filters import PartnerFeedbackFilter
from projects.models import PartnerFeedback

from .tables import Cell, Table, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000


def feedback_table(asked: PartnerFeedbackFilter) -> Table:
    """The requests and answers asked for, a row each; whether a partner consented is told.

    The address that was asked is nobody's to pass on, and not in the file.
    """
    return Table(
        name=_("What partners say"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Project"),
            _("Title"),
            _("Office"),
            _("Partner"),
            _("Asked on"),
            _("The link holds until"),
            _("Withdrawn on"),
            _("Answered on"),
            _("Answered by"),
            _("Rating, from 1 (poor) to 5 (very good)"),
            _("What went well"),
            _("What could be better"),
            _("Consents to its being published"),
            _("Published on"),
            _("Answer of the office"),
            _("By"),
            _("On"),
        ],
        rows=(_row(one) for one in _rows(asked)),
    )


def _rows(asked: PartnerFeedbackFilter) -> Iterator[PartnerFeedback]:
    rows = asked.qs.with_names().order_by("-asked_at", "-pk")[:MOST_EXPORTED]
    yield from rows.iterator(chunk_size=2_000)


def _row(one: PartnerFeedback) -> list[Cell]:
    answered, published, replied = one.answered_at, one.published_at, one.replied_at
    withdrawn = one.withdrawn_at
    return [
        one.project.code,
        str(one.project.title),
        one.project.office.code,
        str(one.partner.merged_into or one.partner),
        timezone.localdate(one.asked_at),
        one.until,
        timezone.localdate(withdrawn) if withdrawn else None,
        timezone.localdate(answered) if answered else None,
        one.name,
        one.rating,
        one.went_well,
        one.to_improve,
        "" if answered is None else _("yes") if one.consent else _("no"),
        timezone.localdate(published) if published else None,
        one.reply,
        str(one.replied_by or ""),
        timezone.localdate(replied) if replied else None,
    ]
