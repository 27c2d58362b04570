"""Forms of projects, their reporting lines and late entry."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.forms import DateField
from outcomes.models import (
    Indicator,
    Outcome,
)
from plans.models import ReportingPeriod, StrategicPlan

from ..choices import TAKEN_OVER, ProjectKind, ProjectStatus, Rank
from ..models import Project


class ProjectForm(forms.Form):
    """A project: its names, office, countries, dates, and the outcomes that it serves."""

    code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=40,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Letters, digits, points and hyphens; it cannot be changed later."),
        error_messages={"invalid": gettext_lazy("Use letters, digits, points and hyphens only.")},
    )
    title = forms.CharField(max_length=300, label=gettext_lazy("Title"))
    summary = forms.CharField(
        required=False, label=gettext_lazy("Summary"), widget=forms.Textarea(attrs={"rows": 4})
    )
    office = forms.ModelChoiceField(
        Office.objects.none(), label=gettext_lazy("Office"), to_field_name="code", empty_label=None
    )
    status = forms.ChoiceField(
        choices=[(one.value, one.label) for one in TAKEN_OVER],
        initial=ProjectStatus.ACTIVE,
        label=gettext_lazy("Status"),
    )
    reason = forms.CharField(
        required=False,
        max_length=1_000,
        label=gettext_lazy("Why it is taken over without a proposal"),
        help_text=gettext_lazy("For example: who approved it, when, and under which plan."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        required=False,
        to_field_name="iso3",
        label=gettext_lazy("Countries"),
        help_text=gettext_lazy(
            "None: the project is global. Choose one or more; on a computer hold Ctrl or Cmd."
        ),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    start = DateField(required=False, label=gettext_lazy("From"))
    end = DateField(required=False, label=gettext_lazy("Until"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        offices: Iterable[Office],
        project: Project | None = None,
        language: str = "en",
        **kwargs: Any,
    ) -> None:
        self.plan = plan
        self.project = project
        self.language = language
        self.outcomes = list(Outcome.objects.filter(plan=plan))
        if project is not None:
            kwargs.setdefault("initial", {}).update(self.values_of(project))
        super().__init__(*args, **kwargs)
        office = self.fields["office"]
        assert isinstance(office, forms.ModelChoiceField)
        office.queryset = Office.objects.filter(pk__in=[one.pk for one in offices])
        countries = self.fields["countries"]
        assert isinstance(countries, forms.ModelMultipleChoiceField)
        countries.choices = country_choices(Country.objects.all())
        if project is not None:
            self.fields["code"].disabled = True
            del self.fields["status"]  # it changes with the project's life
            del self.fields["reason"]
        for outcome in self.outcomes:
            self.fields[f"rank_{outcome.code}"] = forms.ChoiceField(
                choices=[("", _("does not serve it")), *Rank.choices],
                required=False,
                label=str(outcome),
            )
        if self.is_approved:
            ranks = [f"rank_{outcome.code}" for outcome in self.outcomes]
            for name in ("countries", "start", "end", *ranks):
                self.fields[name].disabled = True

    @cached_property
    def is_approved(self) -> bool:
        """Whether a project document holds dates, countries and outcomes."""
        return self.project is not None and self.project.documents.approved().exists()

    def values_of(self, project: Project) -> dict[str, Any]:
        """What a project holds now, as the form shows it."""
        ranks = {row.outcome.code: row.rank for row in project.alignments.all()}
        return {
            "code": project.code,
            "version": project.version,
            "title": project.title.get(self.language) or str(project.title),
            "summary": project.summary.get(self.language) or str(project.summary),
            "office": project.office.code,
            "status": project.status,
            "countries": [country.iso3 for country in project.countries.all()],
            "start": project.start,
            "end": project.end,
            **{f"rank_{code}": rank for code, rank in ranks.items()},
        }

    def clean_code(self) -> str:
        """A new project has a code of its own."""
        code = str(self.cleaned_data["code"])
        taken = Project.objects.filter(plan=self.plan, code__iexact=code)
        if self.project is None and taken.exists():
            raise forms.ValidationError(_("Another project of this plan has this code."))
        return code

    def texts(self, name: str) -> dict[str, str]:
        """A translated text with what was typed in the reader's language; others are kept."""
        kept = dict(getattr(self.project, name)) if self.project else {}
        typed = self.cleaned_data[name].strip()
        if typed:
            kept[self.language] = typed
        else:
            kept.pop(self.language, None)
        return kept

    @property
    def rank_fields(self) -> list[forms.BoundField]:
        """The fields of the outcomes."""
        return [self[f"rank_{outcome.code}"] for outcome in self.outcomes]

    def ranks(self) -> dict[Outcome, str]:
        """The outcomes that it serves, each with the rank chosen."""
        chosen = {outcome: self.cleaned_data[f"rank_{outcome.code}"] for outcome in self.outcomes}
        return {outcome: rank for outcome, rank in chosen.items() if rank}


class LineForm(forms.Form):
    """A reporting line: indicator, place and dates."""

    indicator = forms.ModelChoiceField(
        Indicator.objects.none(), to_field_name="code", label=gettext_lazy("Indicator")
    )
    country = forms.ModelChoiceField(
        Country.objects.all(),
        to_field_name="iso3",
        required=False,
        label=gettext_lazy("Country"),
        empty_label=gettext_lazy("No single country"),
    )
    city = forms.CharField(
        max_length=100,
        required=False,
        label=gettext_lazy("City in it"),
        help_text=gettext_lazy("Only where the project reports for the city alone."),
    )
    expected_from = DateField(required=False, label=gettext_lazy("Reports from"))
    expected_to = DateField(required=False, label=gettext_lazy("Until"))
    reason = forms.CharField(max_length=500, required=False, label=gettext_lazy("Why"))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indicator, country = self.fields["indicator"], self.fields["country"]
        assert isinstance(indicator, forms.ModelChoiceField)
        assert isinstance(country, forms.ModelChoiceField)
        indicator.queryset = Indicator.objects.filter(plan=project.plan).reported_on()
        # The lists offer what the project serves and where; anything else the action refuses.
        offered = indicator.queryset
        if project.kind != ProjectKind.CORPORATE_SOURCE:
            served = project.alignments.values("outcome")
            offered = offered.filter(Q(outcome=None) | Q(outcome__in=served))
        indicator.choices = [
            ("", indicator.empty_label),
            *((one.code, str(one)) for one in offered),
        ]
        country.choices = [
            ("", country.empty_label),
            *country_choices(project.countries.all()),
        ]


class LineDatesForm(forms.Form):
    """From when to when a line reports; the reason of a change is kept."""

    expected_from = DateField(required=False, label=gettext_lazy("Reports from"))
    expected_to = DateField(required=False, label=gettext_lazy("Until"))
    reason = forms.CharField(max_length=500, required=False, label=gettext_lazy("Why"))


class LateEntryForm(forms.Form):
    """Which project may report late in which closed period, until when, and why."""

    project = forms.CharField(
        max_length=40, label=gettext_lazy("Project"), help_text=gettext_lazy("Its code.")
    )
    period = forms.ModelChoiceField(
        ReportingPeriod.objects.none(), to_field_name="label", label=gettext_lazy("Closed period")
    )
    until = DateField(
        required=False,
        label=gettext_lazy("Until the end of"),
        help_text=gettext_lazy("At most 60 days from today."),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        period = self.fields["period"]
        assert isinstance(period, forms.ModelChoiceField)
        period.queryset = plan.periods.filter(closed_at__isnull=False).order_by("-number")

    def clean_project(self) -> Project:
        """A project of this plan."""
        found = Project.objects.filter(
            plan=self.plan, code__iexact=self.cleaned_data["project"].strip()
        ).first()
        if found is None:
            raise forms.ValidationError(_("There is no such project in this plan."))
        return found
