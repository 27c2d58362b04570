"""Forms of stories of impact and innovation labs; the rules are those of the actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country, Office
from plans.models import StrategicPlan
from projects.actions import LabInput, StoryInput, approved_results
from projects.choices import LabStatus
from projects.models import InnovationLab, Project, Result, Story

URL = {"inputmode": "url", "placeholder": "https://"}


def _choose_country(field: forms.Field, countries: Iterable[Country], empty: str) -> None:
    """Offer countries by their names."""
    assert isinstance(field, forms.ModelChoiceField)
    field.choices = [("", empty), *country_choices(countries)]


class StoryForm(forms.Form):
    """A story, the results that it rests on, and what is needed before it is published."""

    title = forms.CharField(required=False, max_length=300, label=gettext_lazy("Title"))
    text = forms.CharField(
        required=False,
        max_length=25_000,
        label=gettext_lazy("The story"),
        help_text=gettext_lazy("Who it is about, what changed for them, and what brought it."),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    country = forms.ModelChoiceField(
        Country.objects.all(), to_field_name="iso3", required=False, label=gettext_lazy("Country")
    )
    results = forms.ModelMultipleChoiceField(
        Result.objects.none(),
        required=False,
        label=gettext_lazy("Approved results that it rests on"),
        widget=forms.CheckboxSelectMultiple,
    )
    consent = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("Consent"),
        help_text=gettext_lazy("Who agreed to be told of, how and when."),
    )
    link = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("Where more is told"),
        widget=forms.TextInput(attrs=URL),
    )
    picture = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("Address of a picture"),
        widget=forms.TextInput(attrs=URL),
    )
    image_rights = forms.CharField(
        required=False,
        max_length=400,
        label=gettext_lazy("Right to the picture"),
        help_text=gettext_lazy("Who took it, and who lets it be shown."),
    )

    def __init__(
        self, *args: Any, project: Project, held: Story | None = None, **kwargs: Any
    ) -> None:
        if held is not None:
            names = ("title", "text", "consent", "link", "picture", "image_rights")
            kwargs["initial"] = {name: getattr(held, name) for name in names} | {
                "country": held.country.iso3 if held.country else "",
                "results": [one.pk for one in held.results.all()],
            }
        super().__init__(*args, **kwargs)
        _choose_country(self.fields["country"], project.countries.all(), _("no single country"))
        results = self.fields["results"]
        assert isinstance(results, forms.ModelMultipleChoiceField)
        offered = list(approved_results(project))
        results.queryset = Result.objects.filter(pk__in=[one.pk for one in offered]).select_related(
            "line__project"
        )
        results.choices = [(one.pk, f"{one.line.indicator.title}, {one.period}") for one in offered]

    def entered(self) -> StoryInput:
        """What was typed, for the action; call it after `is_valid`."""
        said = self.cleaned_data
        return StoryInput(**(said | {"results": tuple(said["results"])}))


class LabForm(forms.Form):
    """An innovation lab: what it is called, where it is, who hosts it, how far it is."""

    name = forms.CharField(required=False, max_length=300, label=gettext_lazy("Name"))
    office = forms.ModelChoiceField(
        Office.objects.none(), to_field_name="code", empty_label=None, label=gettext_lazy("Office")
    )
    country = forms.ModelChoiceField(
        Country.objects.all(), to_field_name="iso3", required=False, label=gettext_lazy("Country")
    )
    city = forms.CharField(required=False, max_length=200, label=gettext_lazy("City"))
    is_another = forms.BooleanField(
        required=False, label=gettext_lazy("It is another one in the same city")
    )
    host = forms.CharField(required=False, max_length=300, label=gettext_lazy("Host"))
    status = forms.ChoiceField(choices=LabStatus.choices, label=gettext_lazy("Status"))
    link = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("Link"),
        widget=forms.TextInput(attrs=URL),
    )
    projects = forms.CharField(
        required=False,
        max_length=1_000,
        label=gettext_lazy("Projects in it"),
        help_text=gettext_lazy("Their codes, with commas between them."),
    )

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        offices: Iterable[Office],
        held: InnovationLab | None = None,
        **kwargs: Any,
    ) -> None:
        self.plan = plan
        if held is not None:
            names = ("name", "city", "host", "status", "link")
            kwargs["initial"] = {name: getattr(held, name) for name in names} | {
                "office": held.office.code,
                "country": held.country.iso3,
                "projects": ", ".join(one.code for one in held.projects.all()),
            }
        super().__init__(*args, **kwargs)
        office = self.fields["office"]
        assert isinstance(office, forms.ModelChoiceField)
        office.queryset = Office.objects.filter(pk__in=[one.pk for one in offices])
        _choose_country(self.fields["country"], Country.objects.all(), _("choose"))

    def clean_projects(self) -> tuple[Project, ...]:
        """The projects of the codes."""
        codes = [one.strip() for one in self.cleaned_data["projects"].split(",") if one.strip()]
        found = {one.code: one for one in Project.objects.filter(plan=self.plan, code__in=codes)}
        if missing := [code for code in codes if code not in found]:
            text = _("There is no project “%(code)s” in this plan.") % {"code": missing[0][:40]}
            raise forms.ValidationError(text)
        return tuple(found[code] for code in codes)

    def entered(self) -> LabInput:
        """What was typed, for the action; call it after `is_valid`."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "office"}
        return LabInput(**said)
