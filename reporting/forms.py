"""What people write on pages of figures."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from outcomes.choices import Status


class JudgementForm(forms.Form):
    """A reviewer's own judgement of a status; without a status it is taken back."""

    status = forms.ChoiceField(
        label=_("Your judgement"),
        required=False,
        choices=[("", _("as the rule says")), *Status.choices],
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown beside the status, with your name in the record."),
    )
