"""The form of a risk; the rules are those of `save_risk`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import User
from habitat_tracker.forms import DateField
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects.actions import RiskInput
from projects.choices import RiskCategory, RiskResponse
from projects.models import Project, Risk

RATINGS = [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")]


class RiskForm(forms.Form):
    """What may happen, how likely and how grave it is, what is done, by whom, until when."""

    title = forms.CharField(
        required=False, max_length=300, label=gettext_lazy("What may happen, in a few words")
    )
    description = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("Causes and effects"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    outcome = forms.ModelChoiceField(
        Outcome.objects.none(),
        required=False,
        to_field_name="code",
        label=gettext_lazy("Outcome"),
        empty_label=gettext_lazy("the whole plan"),
    )
    category = forms.ChoiceField(choices=RiskCategory.choices, label=gettext_lazy("Category"))
    likelihood = forms.ChoiceField(
        choices=RATINGS, label=gettext_lazy("Likelihood, 1 (rare) to 5 (almost certain)")
    )
    impact = forms.ChoiceField(
        choices=RATINGS, label=gettext_lazy("Impact, 1 (slight) to 5 (critical)")
    )
    response = forms.ChoiceField(choices=RiskResponse.choices, label=gettext_lazy("Response"))
    measures = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("What is done about it"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        to_field_name="email",
        label=gettext_lazy("Who answers for it"),
        empty_label=gettext_lazy("choose"),
    )
    review_by = DateField(required=False, label=gettext_lazy("To be looked at again by"))

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        project: Project | None = None,
        held: Risk | None = None,
        **kwargs: Any,
    ) -> None:
        self.project = project
        if held is not None:
            names = ("title", "description", "category", "likelihood", "impact", "response")
            kwargs["initial"] = {
                name: getattr(held, name) for name in (*names, "measures", "review_by")
            } | {"owner": held.owner.email}
        super().__init__(*args, **kwargs)
        owner, outcome = self.fields["owner"], self.fields["outcome"]
        assert isinstance(owner, forms.ModelChoiceField)
        assert isinstance(outcome, forms.ModelChoiceField)
        owner.queryset = User.objects.filter(is_active=True).order_by("name", "email")
        outcome.queryset = Outcome.objects.filter(plan=plan).order_by("position", "code")
        if project is not None or held is not None:
            del self.fields["outcome"]

    def entered(self) -> RiskInput:
        """What was typed, for the action; call it after `is_valid`."""
        return RiskInput(**self.cleaned_data, project=self.project)


class RiskCloseForm(forms.Form):
    """Why a risk is closed."""

    reason = forms.CharField(
        required=False,
        max_length=6_000,
        label=gettext_lazy("Why it is closed"),
        help_text=gettext_lazy("It is over, or it came true."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
