"""Forms of people, their roles and their own account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ..names import by_name
from .choices import Role
from .models import Country, Office


def country_choices(countries: Iterable[Country]) -> list[tuple[str, str]]:
    """Countries to choose from, by their names in the reader's language."""
    return [(one.iso3, str(one)) for one in by_name(countries)]


class InviteForm(forms.Form):
    """Somebody with a role in an office; an account is made where there is none."""

    email = forms.EmailField(max_length=254, label=_("E-mail address"))
    name = forms.CharField(
        max_length=150,
        required=False,
        label=_("Name"),
        help_text=_("Only for a new account; an account that exists keeps its name."),
    )
    office = forms.ModelChoiceField(
        Office.objects.none(), to_field_name="code", label=_("Office"), empty_label=None
    )
    role = forms.ChoiceField(choices=Role.choices, label=_("Role"))

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office = self.fields["office"]
        assert isinstance(office, forms.ModelChoiceField)
        office.queryset = Office.objects.filter(pk__in=[one.pk for one in offices])


class ProfileForm(forms.Form):
    """One's own name, the language of pages and messages, and whether a daily e-mail comes."""

    name = forms.CharField(max_length=150, label=_("Name"))
    language = forms.ChoiceField(choices=settings.LANGUAGES, label=_("Language"))
    digest = forms.BooleanField(
        required=False,
        label=_("Daily e-mail"),
        help_text=_(
            "On days when something waits for you: what is due, what came back, what is to be "
            "reviewed. Without it everything is still on the page My work."
        ),
    )
