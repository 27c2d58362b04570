"""Forms of money: files of exchange rates, income and expenditure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.forms import DateField, NumberField
from outcomes.models import Outcome
from plans.choices import ThemeKind
from plans.models import StrategicPlan, Theme

from ..actions import CoreBudgetInput, ForecastInput, TransactionInput
from ..choices import Likelihood, TransactionKind
from ..models import TransactionFile


class RatesForm(forms.Form):
    """A file of exchange rates, and why rates that are there already are replaced."""

    file = forms.FileField(
        allow_empty_file=True,
        label=gettext_lazy("A file of rates"),
        help_text=gettext_lazy(
            "A CSV file or workbook (.xlsx) whose first row is year, month, currency, rate. The "
            "rate is how many units one US dollar is worth."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Why rates are replaced"),
        help_text=gettext_lazy("Only where a rate that is loaded already was corrected."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def prong_choices(plan: StrategicPlan) -> list[tuple[str, str]]:
    """The prongs of a plan by code, after the choice of none."""
    rows = Theme.objects.filter(plan=plan, kind=ThemeKind.PRONG).order_by("position", "code")
    return [("", _("None named")), *((one.code, str(one)) for one in rows)]


def currency_field() -> forms.CharField:
    """The currency of an amount."""
    return forms.CharField(
        max_length=3,
        initial="USD",
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("Its three letters, like EUR."),
    )


class TransactionForm(forms.Form):
    """Income or expenditure of a project."""

    kind = forms.ChoiceField(choices=TransactionKind.choices, label=gettext_lazy("Kind"))
    date = DateField(label=gettext_lazy("Date"))
    amount = NumberField(label=gettext_lazy("Amount"))
    currency = currency_field()
    donor = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Donor"),
        help_text=gettext_lazy("Who gives the money; of expenditure, whose money was spent."),
    )
    earmarked = forms.ChoiceField(
        choices=[
            ("", gettext_lazy("Not stated")),
            ("yes", gettext_lazy("Earmarked")),
            ("no", gettext_lazy("Not earmarked")),
        ],
        required=False,
        label=gettext_lazy("Earmarked"),
        help_text=gettext_lazy("Income says it; expenditure may leave it open."),
    )
    description = forms.CharField(
        max_length=2000,
        required=False,
        label=gettext_lazy("Description"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    external_id = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Number elsewhere"),
        help_text=gettext_lazy("What it is called in the accounts, where it is taken from them."),
    )

    prong = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Prong"),
        help_text=gettext_lazy(
            "Of the resource mobilization strategy, which brought the income in; may be left open."
        ),
    )

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prong"].choices = prong_choices(plan)  # type: ignore[attr-defined]

    def entered(self) -> TransactionInput:
        """What was typed, for the action."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "date"}
        return TransactionInput(date=self.cleaned_data["date"].isoformat(), **given)


class TransactionsFileForm(forms.Form):
    """A file of income and expenditure, and why what is there already is replaced.

    Where one is kept no other has to be chosen.
    """

    file = forms.FileField(
        allow_empty_file=True,
        label=gettext_lazy("A file of income and expenditure"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    reason = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Why what is there is replaced"),
        help_text=gettext_lazy("Only where the file corrects what was recorded before."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, kept: TransactionFile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kept is not None:
            self.fields["file"].required = False
            self.fields["file"].label = gettext_lazy("Another file in its place")


class WithdrawalForm(forms.Form):
    """Why income or expenditure is withdrawn."""

    reason = forms.CharField(
        max_length=2000,
        label=gettext_lazy("Why it is withdrawn"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CoreBudgetForm(forms.Form):
    """The core budget of a year, in US dollars; `seen` is the revision that somebody saw."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    year = forms.IntegerField(min_value=1, max_value=9998, label=gettext_lazy("Year"))
    approved = NumberField(label=gettext_lazy("Approved, in US dollars"))
    received = NumberField(
        required=False,
        label=gettext_lazy("Received, in US dollars"),
        help_text=gettext_lazy("Empty where it is not known yet."),
    )
    risk_below = NumberField(
        required=False,
        label=gettext_lazy("A risk below this share, in percent"),
        help_text=gettext_lazy("Empty where no share is set."),
    )
    source = forms.CharField(max_length=300, label=gettext_lazy("Source"))
    note = forms.CharField(
        max_length=2000,
        required=False,
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def entered(self) -> CoreBudgetInput:
        """What was typed, for the action."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return CoreBudgetInput(**given)


class ForecastForm(forms.Form):
    """Income that the plan expects in a year."""

    year = forms.IntegerField(min_value=1, max_value=9998, label=gettext_lazy("Year"))
    donor = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Donor"),
        help_text=gettext_lazy("Empty where it is not known yet."),
    )
    earmarked = forms.ChoiceField(
        choices=[
            ("", gettext_lazy("Choose")),
            ("yes", gettext_lazy("Earmarked")),
            ("no", gettext_lazy("Not earmarked")),
        ],
        label=gettext_lazy("Earmarked"),
    )
    amount = NumberField(label=gettext_lazy("Amount"))
    currency = currency_field()
    likelihood = forms.ChoiceField(
        choices=[("", gettext_lazy("Choose")), *Likelihood.choices],
        label=gettext_lazy("Likelihood"),
    )
    prong = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Prong"),
        help_text=gettext_lazy(
            "Of the resource mobilization strategy, which is to bring it in; may be left open."
        ),
    )
    note = forms.CharField(
        max_length=2000,
        required=False,
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prong"].choices = prong_choices(plan)  # type: ignore[attr-defined]

    def entered(self) -> ForecastInput:
        """What was typed, for the action."""
        return ForecastInput(**self.cleaned_data)


class DeferralForm(forms.Form):
    """An outcome that is put off: from when to when, and why."""

    outcome = forms.ModelChoiceField(
        Outcome.objects.none(),
        to_field_name="code",
        label=gettext_lazy("Outcome"),
        empty_label=gettext_lazy("Choose"),
    )
    planned = DateField(label=gettext_lazy("Planned for"))
    until = DateField(label=gettext_lazy("Put off to"))
    reason = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Why it is put off"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, plan: StrategicPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = Outcome.objects.filter(plan=plan).order_by("position", "code")
        self.fields["outcome"].queryset = outcomes  # type: ignore[attr-defined]
