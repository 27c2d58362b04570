"""The form of where a city lies."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class PositionForm(forms.Form):
    """Where a city lies, in degrees, and who says so; left open it is not known."""

    latitude = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Latitude"),
        help_text=gettext_lazy("In degrees, north positive and south negative: -1.28333"),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    longitude = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Longitude"),
        help_text=gettext_lazy("In degrees, east positive and west negative: 36.81667"),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    source = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("Where the position is from, such as GeoNames 184745."),
    )
