"""What people write on pages of figures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from habitat_tracker.errors import InvalidInput
from habitat_tracker.forms import DayInput
from outcomes.choices import Status
from plans.choices import ThemeKind
from plans.models import StrategicPlan, Theme
from projects.filters.common import OfficeOfPlanField

from .selection import moment_of


class MoneyForm(forms.Form):
    """Which money is shown: of an office with all below it, a flagship, a year; as of a day."""

    office = OfficeOfPlanField(
        required=False,
        label=_("Office"),
        empty_label=_("All offices"),
    )
    flagship = forms.ModelChoiceField(
        Theme.objects.none(),
        to_field_name="code",
        required=False,
        label=_("Flagship"),
        empty_label=_("Any or none"),
    )
    year = forms.TypedChoiceField(coerce=int, required=False, empty_value=None, label=_("Year"))
    as_of = forms.CharField(
        required=False,
        max_length=40,
        label=_("As of"),
        widget=DayInput(),
    )

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices: Any = self.fields["office"]
        offices.plan, offices.asked = plan.code, self.data.get("office", "")
        themes = Theme.objects.filter(plan=plan, kind=ThemeKind.FLAGSHIP)
        self.fields["flagship"].queryset = themes.order_by("position", "code")  # type: ignore[attr-defined]
        # Dates and settings that count now stand on the plan that an address names.
        dates: Any = plan.current  # type: ignore[attr-defined]
        years = range(dates.start.year, dates.end.year + 1)
        choices = [("", _("All years")), *((year, str(year)) for year in years)]
        self.fields["year"].choices = choices  # type: ignore[attr-defined]

    def clean_as_of(self) -> Any:
        """The moment that a day stands for."""
        try:
            return moment_of(self.cleaned_data["as_of"])[1]
        except InvalidInput as error:
            raise forms.ValidationError(error.message, error.code) from None

    def asked(self) -> dict[str, Any]:
        """What was chosen, for `money_summary`."""
        chosen = {name: self.cleaned_data[name] for name in ("office", "flagship", "year")}
        return {**chosen, "moment": self.cleaned_data["as_of"]}


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
