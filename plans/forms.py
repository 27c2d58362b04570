"""Forms of reporting periods."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PeriodForm(forms.Form):
    """What is done to a period: closed, opened again, or its due date moved."""

    due = forms.DateField(
        required=False,
        label=_("Last day to report in time"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    reason = forms.CharField(max_length=1000, required=False, label=_("Reason"))
