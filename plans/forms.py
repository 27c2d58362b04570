"""Forms of reporting periods."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from habitat_tracker.forms import DateField


class PeriodForm(forms.Form):
    """What is done to a period: closed, opened again, or its due date moved."""

    due = DateField(
        required=False,
        label=_("Last day to report in time"),
    )
    reason = forms.CharField(max_length=1000, required=False, label=_("Reason"))
