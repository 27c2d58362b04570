"""Forms of the register of deliverables."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country
from habitat_tracker.forms import DateField
from outcomes.choices import DeliverableKind
from outcomes.models import (
    Outcome,
    Thing,
)
from plans.models import StrategicPlan

from ..actions import (
    DeliverableInput,
)
from ..choices import Language
from ..models import Deliverable, Project


def project_named(plan: StrategicPlan, code: str) -> Project:
    """The project of a plan that has this code, in whatever case it is typed."""
    found: Project | None = (
        Project.objects.select_related("plan", "office")
        .filter(plan=plan, code__iexact=code.strip())
        .first()
    )
    if found is None:
        raise forms.ValidationError(_("There is no such project in this plan."))
    return found


class DeliverableForm(forms.Form):
    """Something that a project delivered: what, where, when, for which outcome, how to find it.

    `is_joint` and `reason` are offered where they are asked for, see `asks_for`.
    """

    project = forms.CharField(
        max_length=40,
        label=gettext_lazy("Project"),
        help_text=gettext_lazy("Its code."),
        widget=forms.TextInput(attrs={"list": "my-projects", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        choices=[("", gettext_lazy("Choose")), *DeliverableKind.choices],
        label=gettext_lazy("Kind"),
    )
    title = forms.CharField(max_length=300, label=gettext_lazy("Title"))
    outcome = forms.ModelChoiceField(
        Outcome.objects.none(),
        to_field_name="code",
        label=gettext_lazy("Outcome that it serves"),
        empty_label=gettext_lazy("Choose"),
    )
    date = DateField(
        label=gettext_lazy("Published or delivered on"),
        help_text=gettext_lazy("This day says the period in which it counts."),
    )
    language = forms.ChoiceField(
        choices=Language.choices, initial=Language.EN, label=gettext_lazy("Language")
    )
    country = forms.ModelChoiceField(
        Country.objects.all(),
        to_field_name="iso3",
        required=False,
        label=gettext_lazy("Country"),
        empty_label=gettext_lazy("No single country"),
    )
    city = forms.CharField(max_length=100, required=False, label=gettext_lazy("City in it"))
    link = forms.CharField(
        max_length=500,
        required=False,
        label=gettext_lazy("Link"),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    symbol = forms.CharField(
        max_length=60,
        required=False,
        label=gettext_lazy("or document symbol"),
        help_text=gettext_lazy("As on the document, like HS/012/21E."),
    )
    women = forms.CharField(max_length=20, required=False, label=gettext_lazy("Women"))
    men = forms.CharField(max_length=20, required=False, label=gettext_lazy("Men"))
    unstated = forms.CharField(max_length=20, required=False, label=gettext_lazy("Sex not stated"))
    is_joint = forms.BooleanField(
        required=False, label=gettext_lazy("It is a joint one: register it for this project too")
    )
    reason = forms.CharField(
        max_length=1000,
        required=False,
        label=gettext_lazy("Why it is changed"),
        help_text=gettext_lazy(
            "Needed where an approved result counts it: the correction of that result says it."
        ),
    )

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        project: Project | None = None,
        held: Deliverable | None = None,
        **kwargs: Any,
    ) -> None:
        self.plan = plan
        self.held = held
        if held is not None:
            kwargs.setdefault("initial", {}).update(self.values_of(held))
        super().__init__(*args, **kwargs)
        outcome, country = self.fields["outcome"], self.fields["country"]
        assert isinstance(outcome, forms.ModelChoiceField)
        assert isinstance(country, forms.ModelChoiceField)
        outcome.queryset = Outcome.objects.filter(plan=plan).order_by("position", "code")
        country.choices = self._countries(project)
        if held is not None:
            self.fields["project"].disabled = True
        for name in ("women", "men", "unstated"):
            self.fields[name].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    @staticmethod
    def values_of(held: Deliverable) -> dict[str, Any]:
        """What is registered now, as the form shows it."""
        names = ("kind", "title", "date", "language", "link", "symbol", "women", "men", "unstated")
        return {name: getattr(held, name) for name in names} | {
            "project": held.project.code,
            "outcome": held.outcome.code,
            "country": held.country.iso3 if held.country else "",
            "city": str(held.city or ""),
            "is_joint": held.joint_with_id is not None,
        }

    def _countries(self, project: Project | None) -> list[Any]:
        """No single country, those of the project, then all by name."""
        named = country_choices(Country.objects.all())
        own = {one.iso3 for one in project.countries.all()} if project else set()
        first = [choice for choice in named if choice[0] in own]
        rest = [choice for choice in named if choice[0] not in own]
        empty = [("", _("No single country"))]
        return (
            [*empty, (_("Countries of the project"), first), (_("All"), rest)]
            if first
            else [
                *empty,
                *named,
            ]
        )

    @property
    def asks_for(self) -> set[str]:
        """Which of the fields are shown that most deliverables do not need."""
        asked = set()
        if self.held is not None or self.has_error("reason"):
            asked.add("reason")
        is_joint = self.held is not None and self.held.joint_with_id is not None
        if is_joint or self["is_joint"].value() or self.names_other_project:
            asked.add("is_joint")
        return asked

    # Set by the view where another project registered the same.
    names_other_project = False

    def clean_project(self) -> Project:
        """A project of this plan."""
        if self.held is not None:
            return self.held.project
        return project_named(self.plan, self.cleaned_data["project"])

    def entered(self, city: Thing | None) -> DeliverableInput:
        """What was entered, for the action; call it after `is_valid`."""
        names = ("kind", "title", "outcome", "date", "language", "country", "link", "symbol")
        more = ("women", "men", "unstated", "is_joint")
        return DeliverableInput(
            city=city, **{name: self.cleaned_data[name] for name in (*names, *more)}
        )


class ApplicationForm(forms.Form):
    """How a project, named by its code, applies a product, and since when."""

    project = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Project that applies it"),
        help_text=gettext_lazy("Its code."),
        widget=forms.TextInput(attrs={"list": "my-projects", "autocomplete": "off"}),
    )
    how = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("How it applies it"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    since = DateField(required=False, label=gettext_lazy("Since which day"))

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        self.plan = plan
        super().__init__(*args, **kwargs)

    def clean_project(self) -> Project:
        """A project of this plan."""
        return project_named(self.plan, self.cleaned_data["project"])


class CancelForm(forms.Form):
    """Why a deliverable is cancelled."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Why it is cancelled"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
