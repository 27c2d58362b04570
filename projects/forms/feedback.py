"""Forms of what partners say: the request, the partner's answer, and the office's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from projects.models import Partner, Project

RATINGS = [
    ("5", gettext_lazy("5, very good")),
    ("4", gettext_lazy("4, good")),
    ("3", gettext_lazy("3, fair")),
    ("2", gettext_lazy("2, weak")),
    ("1", gettext_lazy("1, poor")),
]


class AskPartnerForm(forms.Form):
    """Which partner of a project is asked, and where the link is sent."""

    partner = forms.ModelChoiceField(
        Partner.objects.none(),
        required=False,
        label=gettext_lazy("Partner"),
        empty_label=gettext_lazy("Choose"),
    )
    email = forms.CharField(
        required=False,
        max_length=254,
        label=gettext_lazy("E-mail address to ask at"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partner = self.fields["partner"]
        assert isinstance(partner, forms.ModelChoiceField)
        named = project.contributions.standing().values("partner")
        partner.queryset = Partner.objects.filter(pk__in=named).order_by("name")


class FeedbackForm(forms.Form):
    """What a partner answers."""

    name = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    rating = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *RATINGS],
        label=gettext_lazy("How do you find our work together?"),
    )
    went_well = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("What went well?"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    to_improve = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("What could be better?"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    consent = forms.BooleanField(
        required=False,
        label=gettext_lazy("UN-Habitat may publish my answer with the name of my organization."),
    )


class ReplyForm(forms.Form):
    """What the office answers."""

    text = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("Your answer"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
