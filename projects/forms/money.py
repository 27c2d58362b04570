"""Forms of money: files of exchange rates."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class RatesForm(forms.Form):
    """A file of exchange rates, and why rates that are there already are replaced."""

    file = forms.FileField(
        allow_empty_file=True,
        label=gettext_lazy("A file of rates"),
        help_text=gettext_lazy(
            "A CSV file or workbook (.xlsx) whose first row is year, month, currency, rate. The "
            "rate is how many units one US dollar is worth."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Why rates are replaced"),
        help_text=gettext_lazy("Only where a rate that is loaded already was corrected."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
