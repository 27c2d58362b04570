"""Forms of partners and of agreements with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import plain
from habitat_tracker.forms import DateField, NumberField
from plans.models import StrategicPlan

from ..actions import AgreementInput, ContributionInput, PartnerInput
from ..choices import AgreementKind, AgreementScope, ContributionRole, PartnerKind
from ..models import Agreement, Partner, PartnerContribution, Project
from ..partners import similar_partners
from ..spelling import normalised


class PartnerForm(forms.Form):
    """A partner: its name, kind, country and website.

    `confirm_similar` is shown where a partner of nearly the same name is there.
    """

    name = forms.CharField(required=False, max_length=200, label=gettext_lazy("Name"))
    kind = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *PartnerKind.choices],
        label=gettext_lazy("Kind"),
    )
    country = forms.ModelChoiceField(
        Country.objects.all(),
        to_field_name="iso3",
        required=False,
        label=gettext_lazy("Country"),
        empty_label=gettext_lazy("No single country"),
    )
    website = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Website"),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    confirm_similar = forms.BooleanField(
        required=False, label=gettext_lazy("Mine is another one: keep both")
    )

    # Set by the view where another partner has nearly the same name.
    asks_to_confirm = False

    def __init__(self, *args: Any, held: Partner | None = None, **kwargs: Any) -> None:
        if held is not None:
            kwargs.setdefault("initial", {}).update(
                name=held.name,
                kind=held.kind,
                country=held.country.iso3 if held.country else "",
                website=held.website,
            )
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        assert isinstance(country, forms.ModelChoiceField)
        country.choices = [("", country.empty_label), *country_choices(Country.objects.all())]

    def entered(self) -> PartnerInput:
        """What was entered, for the action; call it after `is_valid`."""
        names = ("name", "kind", "country", "website")
        return PartnerInput(**{name: self.cleaned_data[name] for name in names})


class AgreementForm(forms.Form):
    """An agreement with a partner: what, by which office, how far and how long."""

    title = forms.CharField(required=False, max_length=300, label=gettext_lazy("Title"))
    kind = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *AgreementKind.choices],
        label=gettext_lazy("Kind"),
    )
    reference = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("Reference"),
        help_text=gettext_lazy("The number that it is filed under, if there is one."),
    )
    office = forms.ModelChoiceField(
        Office.objects.all(),
        required=False,
        to_field_name="code",
        label=gettext_lazy("Signed by the office"),
        empty_label=gettext_lazy("Choose"),
    )
    scope = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *AgreementScope.choices],
        label=gettext_lazy("Scope"),
    )
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        required=False,
        to_field_name="iso3",
        label=gettext_lazy("Countries"),
        help_text=gettext_lazy(
            "Of an agreement for countries, and of a regional one where it names them. Choose one "
            "or more; on a computer hold Ctrl or Cmd."
        ),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    signed = DateField(required=False, label=gettext_lazy("Signed on"))
    start = DateField(required=False, label=gettext_lazy("Holds from"))
    end = DateField(
        required=False,
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("Empty: until it is ended. A renewal is added as a new agreement."),
    )
    note = forms.CharField(
        required=False,
        max_length=5000,
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason = forms.CharField(
        required=False, max_length=1000, label=gettext_lazy("Why it is changed")
    )

    def __init__(
        self,
        *args: Any,
        offices: Iterable[Office],
        held: Agreement | None = None,
        **kwargs: Any,
    ) -> None:
        if held is not None:
            names = ("title", "kind", "reference", "scope", "signed", "start", "end", "note")
            kwargs.setdefault("initial", {}).update(
                {name: getattr(held, name) for name in names},
                office=held.office.code,
                countries=[one.iso3 for one in held.countries.all()],
            )
        super().__init__(*args, **kwargs)
        office, countries = self.fields["office"], self.fields["countries"]
        assert isinstance(office, forms.ModelChoiceField)
        assert isinstance(countries, forms.ModelMultipleChoiceField)
        # The list offers one's own offices; any other is refused by the action.
        named = sorted(offices, key=lambda one: one.path)
        office.choices = [("", office.empty_label), *((one.code, str(one)) for one in named)]
        countries.choices = country_choices(Country.objects.all())
        if held is None:
            del self.fields["reason"]

    def entered(self) -> AgreementInput:
        """What was entered, for the action; call it after `is_valid`."""
        names = ("title", "kind", "scope", "office", "signed", "start", "end", "reference", "note")
        return AgreementInput(
            countries=tuple(self.cleaned_data["countries"]),
            **{name: self.cleaned_data[name] for name in names},
        )


class WithdrawForm(forms.Form):
    """Why something is taken out."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Why it is withdrawn"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class MergeForm(forms.Form):
    """How somebody knows that two partners are one."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("How you know that they are one"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def partner_named(plan: StrategicPlan, name: str) -> Partner | None:
    """A partner of the plan by one of its names, as what it counts as; None for no name.

    Where none has this name, those of nearly the same are offered.
    """
    key = normalised(name)
    if not key:
        return None
    found = Partner.objects.filter(plan=plan, key=key).select_related("merged_into").order_by("pk")
    # The one that counts, where an old spelling has the same name.
    rows = sorted(found, key=lambda one: one.merged_into_id is not None)
    if not rows:
        if similar := similar_partners(plan, name):
            text = _("No partner of this name is registered. Nearly the same: %(names)s.")
            names = "; ".join(f"“{one}”" for one in similar)
            raise forms.ValidationError(text % {"names": names})
        raise forms.ValidationError(
            _("No partner of this name is registered. Add it to the partners first.")
        )
    return rows[0].merged_into or rows[0]


class ContributionForm(forms.Form):
    """What a partner contributes to a project; the partner is named as it is registered."""

    partner = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Partner"),
        help_text=gettext_lazy("Its name, as in the register of partners."),
        widget=forms.TextInput(attrs={"list": "partners", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *ContributionRole.choices],
        label=gettext_lazy("Role in the project"),
    )
    what = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("What it contributes"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    amount = NumberField(
        required=False,
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy("Only where it is known."),
    )
    currency = forms.CharField(
        required=False,
        max_length=3,
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("Its three letters, like EUR; converted at the rate of the month."),
    )
    start = DateField(required=False, label=gettext_lazy("From"))
    end = DateField(required=False, label=gettext_lazy("Until"))

    def __init__(
        self,
        *args: Any,
        project: Project,
        held: PartnerContribution | None = None,
        **kwargs: Any,
    ) -> None:
        self.project = project
        if held is not None:
            names = ("role", "what", "currency", "start", "end")
            kwargs.setdefault("initial", {}).update(
                {name: getattr(held, name) for name in names},
                partner=held.partner.name,
                amount=plain(held.amount),
            )
        super().__init__(*args, **kwargs)

    def clean_partner(self) -> Partner | None:
        """A partner of the plan by one of its names, as what it counts as."""
        return partner_named(self.project.plan, self.cleaned_data["partner"])

    def entered(self) -> ContributionInput:
        """What was entered, for the action; call it after `is_valid`."""
        names = ("partner", "role", "what", "amount", "currency", "start", "end")
        return ContributionInput(**{name: self.cleaned_data[name] for name in names})
