"""Forms of reporting periods and themes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from habitat_tracker.forms import DateField

from .actions import LONGEST_NAME, LONGEST_SOURCE, LONGEST_TEXT, ThemeInput
from .choices import Language, Verification
from .models import Theme


class PeriodForm(forms.Form):
    """What is done to a period: closed, opened again, or its due date moved."""

    due = DateField(
        required=False,
        label=_("Last day to report in time"),
    )
    reason = forms.CharField(max_length=1000, required=False, label=_("Reason"))


class ThemeForm(forms.Form):
    """What a theme is called and what it means: `name.zh` is its name in Chinese.

    There is a field for each language of the plan and of the theme; texts in others stay.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    source = forms.CharField(
        required=False,
        max_length=LONGEST_SOURCE,
        label=_("Source"),
        help_text=_("The document that states it, with its page or paragraph."),
    )
    verification = forms.ChoiceField(
        required=False,
        label=_("How sure it is"),
        choices=[("", _("not said")), *Verification.choices],
    )
    reason = forms.CharField(max_length=1000, required=False, label=_("Why it is changed"))

    def __init__(self, *args: Any, held: Theme, **kwargs: Any) -> None:
        self.held = held
        named = {Language.EN.value, *held.plan.title, *held.name, *held.text}
        self.languages = [one for one in Language if one.value in named]
        kwargs["initial"] = {
            "version": held.version,
            "source": held.source,
            "verification": held.verification,
            **{f"name.{language}": text for language, text in held.name.items()},
            **{f"text.{language}": text for language, text in held.text.items()},
        }
        super().__init__(*args, **kwargs)
        for language in self.languages:
            words = {"language": language.label}
            self.fields[f"name.{language}"] = forms.CharField(
                required=False, max_length=LONGEST_NAME, label=gettext("Name, %(language)s") % words
            )
            self.fields[f"text.{language}"] = forms.CharField(
                required=False,
                max_length=LONGEST_TEXT,
                label=gettext("Description, %(language)s") % words,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def texts(self) -> list[forms.BoundField]:
        """Name and description, language by language."""
        names = ("name", "text")
        return [self[f"{name}.{language}"] for language in self.languages for name in names]

    def said(self) -> ThemeInput:
        """What was entered, for the action; call it after `is_valid`."""
        typed = {
            name: {one.value: self.cleaned_data[f"{name}.{one}"] for one in self.languages}
            for name in ("name", "text")
        }
        return ThemeInput(
            name={**self.held.name, **typed["name"]},
            text={**self.held.text, **typed["text"]},
            source=self.cleaned_data["source"],
            verification=self.cleaned_data["verification"],
        )
