"""What a document states and our own records do not hold, as a table beside that of a page."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from outcomes.models import StatedFigure
from outcomes.querysets import StatedFigureQuerySet
from reporting.words import stated_text

from .tables import Cell, Table, number


def stated_table(stated: StatedFigureQuerySet) -> Table | None:
    """The figures, each total before its parts; no table where nothing is stated."""
    figures = list(stated)
    if not figures:
        return None
    return Table(
        name=_("As the review states"),
        notes=[],
        columns=[
            _("Key"),
            _("What"),
            _("Part of"),
            _("Number"),
            _("Unit"),
            _("In words"),
            _("As of"),
            _("From"),
            _("To"),
            _("Paragraph"),
            _("Passage"),
            _("Note"),
        ],
        rows=_rows(figures),
    )


def _rows(figures: list[StatedFigure]) -> Iterator[list[Cell]]:
    for figure in figures:
        yield _row(figure, "")
        for part in figure.parts.all():
            yield _row(part, figure.key)


def _row(one: StatedFigure, whole: str) -> list[Cell]:
    words = (stated_text(one), str(one.value_text) if one.amount is not None else "")
    return [
        one.key,
        str(one.text),
        whole,
        number(one.amount),
        str(one.unit),
        "; ".join(filter(None, words)),
        one.as_of,
        one.window_start,
        one.window_end,
        one.paragraph,
        str(one.quote),
        one.note,
    ]
