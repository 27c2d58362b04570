"""Countries with their records as a table: what the page's filters choose."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.countries import CountryRow, with_records
from reporting.filters import CountryFilter

from .tables import Cell, Table, asked_for


def countries_table(asked: CountryFilter) -> Table:
    """The countries asked for, a row each; what is not known is an empty cell."""
    return Table(
        name=_("Countries"),
        notes=[
            (_("As of"), (asked.moment or timezone.now()).strftime("%Y-%m-%d %H:%M UTC")),
            *asked_for(asked.form),
        ],
        columns=[
            _("Country"),
            _("ISO code"),
            _("Office"),
            _("Common country assessment"),
            _("Year of the assessment"),
            _("Cooperation framework"),
            _("Framework from (year)"),
            _("Framework until (year)"),
            _("Member of the country team"),
            _("Signed the framework"),
            _("Urban content"),
            _("What the rating rests on"),
            _("Link"),
            _("Source"),
            _("Recorded"),
        ],
        rows=_rows(asked),
    )


def _rows(asked: CountryFilter) -> Iterator[list[Cell]]:
    # There are no more countries than some hundreds.
    for row in with_records(asked.qs, asked.records()):
        yield _row(row)


def _row(row: CountryRow) -> list[Cell]:
    country, record = row.country, row.record
    head: list[Cell] = [str(country), country.iso3, country.office.code if country.office else ""]
    if record is None:
        return [*head, *[None] * 12]
    return [
        *head,
        record.get_cca_stage_display(),
        record.cca_year,
        record.get_framework_stage_display(),
        record.framework_start,
        record.framework_end,
        _said(record.is_member),
        _said(record.is_signatory),
        record.content_rating,
        record.content_text,
        record.link,
        record.source,
        record.recorded_at.date(),
    ]


def _said(answer: bool | None) -> str:
    """Yes, no, or nothing where it is not known."""
    return "" if answer is None else _("yes") if answer else _("no")
