"""Forms of baselines, milestones and targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import Country, Office

from . import scopes
from .choices import CountsFrom, EvidenceRule

WHOLE_PLAN = "plan"


@dataclass(frozen=True)
class NamedScope:
    """A part of the plan with its code (`plan`, an office's, a country's) and name."""

    number: int
    code: str
    name: str


def named_scopes(
    offices: Iterable[Office], countries: Iterable[Country]
) -> tuple[NamedScope, list[NamedScope], list[NamedScope]]:
    """The plan, the offices in the order of their tree, the countries by name."""
    return (
        NamedScope(scopes.PLAN, WHOLE_PLAN, _("The whole plan")),
        [NamedScope(scopes.of_office(one.pk), one.code, str(one)) for one in offices],
        sorted(
            (NamedScope(scopes.of_country(one.pk), one.iso3, str(one)) for one in countries),
            key=lambda scope: scope.name,
        ),
    )


class ValueForm(forms.Form):
    """A baseline, a milestone or a target: the number, its day, its source, and why."""

    value = forms.CharField(
        label=gettext_lazy("Value"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a number.")},
    )
    on = forms.DateField(
        required=False,
        label=gettext_lazy("At the end of"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    source = forms.CharField(
        max_length=300,
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The document that states it, with its page or paragraph."),
        error_messages={"required": gettext_lazy("Say which document states this.")},
    )
    reason = forms.CharField(
        max_length=1000, required=False, label=gettext_lazy("Why it is changed")
    )

    def __init__(self, *args: object, needs_date: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if needs_date:
            self.fields["on"].required = True
            self.fields["on"].error_messages["required"] = _("Say by when.")


class EvidenceRuleForm(forms.Form):
    """What has to stand behind a result, and the means of verification."""

    rule = forms.ChoiceField(
        choices=EvidenceRule.choices,
        label=gettext_lazy("Before a result is submitted it needs"),
        widget=forms.RadioSelect,
    )
    means = forms.CharField(
        required=False,
        label=gettext_lazy("Means of verification, one a line"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    reason = forms.CharField(
        max_length=1000, required=False, label=gettext_lazy("Why it is changed")
    )


class CountingForm(forms.Form):
    """Which deliverables of the register an indicator counts."""

    counts_from = forms.ChoiceField(
        choices=CountsFrom.choices,
        required=False,
        label=gettext_lazy("Its results count, from the register of deliverables"),
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        max_length=1000, required=False, label=gettext_lazy("Why it is changed")
    )
