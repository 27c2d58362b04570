"""What forms of every app share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

# Of a form of rows that comes without saying how many there are.
ROWS_ERRORS = {
    "missing_management_form": gettext_lazy(
        "The rows of this form did not arrive whole. Open the page anew and enter them again."
    )
}


class DayInput(forms.DateInput):
    """A day, chosen from the browser's calendar or typed as 2026-03-31."""

    input_type = "date"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class NumberField(forms.CharField):
    """A number as somebody writes it; the action reads it and says what is wrong with it."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": 40} | kwargs))


class DateField(forms.DateField):
    """A day, and nothing but 2026-03-31."""

    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"input_formats": ["%Y-%m-%d"]} | kwargs))
