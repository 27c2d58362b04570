"""A table that becomes a file: notes on top, headings, and rows that are read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django_filters import FilterSet

from habitat_tracker.fields import plain

_CENT = Decimal("0.01")


class Amount(Decimal):
    """A sum of money, in whole cents; a file shows both of its decimals."""


# A number is a Decimal or an int, written with every digit it has; what is text stays text.
Cell = str | Decimal | int | date | None


@dataclass(frozen=True)
class Table:
    """Notes (a label and a text each), the columns' headings, and the rows below them."""

    name: str
    notes: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def number(value: Decimal | None) -> Decimal | None:
    """A stored number without the zeros at its end; nothing where it is not known."""
    return None if value is None else Decimal(plain(value))


def amount(value: Decimal | None) -> Amount | None:
    """A stored sum of money to the cent; nothing where it is not known."""
    return None if value is None else Amount(value.quantize(_CENT, ROUND_HALF_UP))


def asked_for(asked: FilterSet) -> list[tuple[str, str]]:
    """The filters that chose the rows, in words, for the notes of a table."""
    return [
        (str(field.label), str(asked.form.cleaned_data[name]))
        for name, field in asked.form.fields.items()
        if asked.form.cleaned_data.get(name)
    ]
