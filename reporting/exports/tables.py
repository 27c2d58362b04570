"""A table that becomes a file: notes on top, headings, and rows that are read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django_filters.constants import EMPTY_VALUES

from habitat_tracker.fields import plain

_CENT = Decimal("0.01")


class Amount(Decimal):
    """A sum of money, in whole cents; a file shows both of its decimals."""


# A number is a Decimal or an int, written with every digit it has; what is text stays text.
Cell = str | Decimal | int | date | None


@dataclass(frozen=True)
class Table:
    """Notes (a label and a text each), the columns' headings, and the rows below them.

    What stands beside it, as what the review states, is another table: a sheet, or a section below.
    """

    name: str
    notes: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    beside: Table | None = None


def number(value: Decimal | None) -> Decimal | None:
    """A stored number without the zeros at its end; nothing where it is not known."""
    return None if value is None else Decimal(plain(value))


def amount(value: Decimal | None) -> Amount | None:
    """A stored sum of money to the cent; nothing where it is not known."""
    return None if value is None else Amount(value.quantize(_CENT, ROUND_HALF_UP))


def asked_for(form: forms.Form) -> list[tuple[str, str]]:
    """What chose the rows, in the words of the page's form, for the notes of a table."""
    return [
        (str(field.label), _in_words(field, form.cleaned_data[name]))
        for name, field in form.fields.items()
        if form.cleaned_data.get(name) not in EMPTY_VALUES
    ]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(field, forms.ModelChoiceField):
        # what is no row is the answer "none of them"
        return str(value if isinstance(value, Model) else field.null_label)  # type: ignore[attr-defined]
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return {str(code): str(label) for code, label in choices}[str(value)]
    return str(value)
