"""Fields that several forms have."""

from __future__ import annotations

from typing import Any

from django import forms


class DateField(forms.DateField):
    """A day, chosen from the browser's calendar or typed as 2026-03-31."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        kwargs.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**kwargs)
