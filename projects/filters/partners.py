"""The filters of partners and the agreements with them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from habitat_tracker.accounts.filters import InCountryFilter
from habitat_tracker.filters import CodeFilter, YesNoFilter
from habitat_tracker.forms import DateField, DayInput

from ..choices import (
    AgreementKind,
    AgreementScope,
    AgreementState,
    ContributionRole,
    PartnerKind,
)
from ..models import (
    Agreement,
    Partner,
    PartnerContribution,
    PartnerFeedback,
)
from .common import OfficeOfPlanFilter, partners_of_the_plan

# So many days ahead of today somebody may ask what ends.
MOST_DAYS = 3_660


class PartnerFilter(filters.FilterSet):
    """Partners by words, kind, country, and by one agreement: its scope, office, days in force.

    `q` is looked for in every name of a partner, accents aside. A country is where the partner is
    or where its agreement holds. Spellings that were merged into another are not listed.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    kind = filters.ChoiceFilter(
        choices=PartnerKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    country = InCountryFilter(
        method="by_agreement",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    scope = filters.ChoiceFilter(
        choices=AgreementScope.choices,
        method="by_agreement",
        label=_("Agreement is"),
        empty_label=_("Any scope"),
    )
    office = OfficeOfPlanFilter(
        field_name="agreements__office",
        method="by_agreement",
        label=_("Agreement of"),
        empty_label=_("All offices"),
    )
    in_force = filters.DateFilter(
        input_formats=["%Y-%m-%d"],
        method="by_agreement",
        label=_("In force on"),
        widget=DayInput(),
    )
    role = filters.ChoiceFilter(
        choices=ContributionRole.choices,
        method="by_role",
        label=_("Role in projects"),
        empty_label=_("Any or none"),
    )

    class Meta:
        model = Partner
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """What is asked of an agreement is asked of one and the same."""
        rows = super().filter_queryset(queryset.counting())
        asked = self.form.cleaned_data
        agreements = Agreement.objects.of_partner(OuterRef("pk")).standing()
        if asked["scope"]:
            agreements = agreements.filter(scope=asked["scope"])
        if asked["office"]:
            agreements = agreements.in_office(asked["office"])
        if asked["in_force"]:
            agreements = agreements.in_force(asked["in_force"])
        if country := asked["country"]:
            listed = Agreement.countries.through.objects.filter(
                agreement=OuterRef("pk"), country=country
            )
            rows = rows.filter(Q(country=country) | Exists(agreements.filter(Exists(listed))))
        if asked["scope"] or asked["office"] or asked["in_force"]:
            rows = rows.filter(Exists(agreements))
        return rows

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Partners that hold every word in one of their names."""
        return rows.search(value)

    def by_role(self, rows: Any, _name: str, value: str) -> Any:
        """Partners that contribute to a project in a role."""
        own = PartnerContribution.objects.of_partner(OuterRef("pk")).standing()
        return rows.filter(Exists(own.filter(role=value)))

    def by_agreement(self, rows: Any, _name: str, _value: Any) -> Any:
        """Asked together, in `filter_queryset`."""
        return rows


class AgreementFilter(filters.FilterSet):
    """Agreements by words, partner (under all its names), kind, scope, office, country and dates.

    `q` is looked for in the title, the reference and the partner's names. What ends within so many
    days from today holds today. Withdrawn ones are shown only where `state` asks for them.
    """

    q = filters.CharFilter(method="by_words", label=_("Search"), max_length=200)
    partner = filters.ModelChoiceFilter(
        queryset=partners_of_the_plan, method="by_partner", label=_("Partner")
    )
    kind = filters.ChoiceFilter(
        choices=AgreementKind.choices, label=_("Kind"), empty_label=_("All kinds")
    )
    scope = filters.ChoiceFilter(
        choices=AgreementScope.choices, label=_("Scope"), empty_label=_("Any scope")
    )
    office = OfficeOfPlanFilter(label=_("Office"), empty_label=_("All offices"))
    country = InCountryFilter(
        field_name="countries",
        label=_("Country"),
        empty_label=_("All countries"),
    )
    in_force = filters.DateFilter(
        input_formats=["%Y-%m-%d"], method="by_day", label=_("In force on"), widget=DayInput()
    )
    ending_within = filters.NumberFilter(
        method="by_end",
        label=_("Ends within (days)"),
        min_value=0,
        max_value=MOST_DAYS,
        decimal_places=0,
    )
    signed_from = filters.DateFilter(
        input_formats=["%Y-%m-%d"],
        field_name="signed",
        lookup_expr="gte",
        label=_("Signed from"),
        widget=DayInput(),
    )
    signed_until = filters.DateFilter(
        input_formats=["%Y-%m-%d"],
        field_name="signed",
        lookup_expr="lte",
        label=_("Signed until"),
        widget=DayInput(),
    )
    state = filters.ChoiceFilter(
        choices=AgreementState.choices,
        method="by_state",
        label=_("State"),
        empty_label=_("Those that were not withdrawn"),
    )

    class Meta:
        model = Agreement
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that were not withdrawn."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.standing()

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        """Agreements that hold every word."""
        return rows.search(value)

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Agreements with a partner under all the names that count as it."""
        return rows.of_partner(value)

    def by_day(self, rows: Any, _name: str, value: Any) -> Any:
        """Agreements that hold on a day."""
        return rows.in_force(value)

    def by_end(self, rows: Any, _name: str, value: Any) -> Any:
        """Agreements that hold today and end within so many days."""
        return rows.ending(timezone.localdate(), int(value))

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Agreements by where they stand today."""
        today = timezone.localdate()
        if value == AgreementState.WITHDRAWN:
            return rows.filter(withdrawn_at__isnull=False)
        if value == AgreementState.IN_FORCE:
            return rows.in_force(today)
        if value == AgreementState.TO_COME:
            return rows.standing().filter(start__gt=today)
        return rows.standing().filter(end__lt=today)


class PartnerCountForm(forms.Form):
    """The window in which agreements were signed, and as of which day they are counted."""

    start = DateField(required=False, label=_("Signed from"))
    end = DateField(required=False, label=_("until"))
    as_of = DateField(required=False, label=_("As of"))

    def clean(self) -> dict[str, Any]:
        """The window begins before it ends."""
        asked = super().clean() or {}
        start, end = asked.get("start"), asked.get("end")
        if start and end and end < start:
            self.add_error("end", _("It would end before it begins."))
        return asked


class PartnerContributionFilter(filters.FilterSet):
    """Contributions by project, partner (under all its names), role and office."""

    project = CodeFilter("projects.Project", in_plan=True, field_name="project", label=_("Project"))
    partner = filters.ModelChoiceFilter(
        queryset=partners_of_the_plan, method="by_partner", label=_("Partner")
    )
    role = filters.ChoiceFilter(choices=ContributionRole.choices, label=_("Role in projects"))
    office = OfficeOfPlanFilter(field_name="project__office", label=_("Office"))
    state = filters.ChoiceFilter(
        choices=[("withdrawn", _("Withdrawn")), ("all", _("All"))],
        method="by_state",
        label=_("State"),
    )

    class Meta:
        model = PartnerContribution
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Without a state those that were not withdrawn."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.standing()

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """Contributions of a partner under all the names that count as it."""
        return rows.of_partner(value)

    def by_state(self, rows: Any, _name: str, value: str) -> Any:
        """Withdrawn ones, or all."""
        return rows.filter(withdrawn_at__isnull=False) if value == "withdrawn" else rows


class PartnerFeedbackFilter(filters.FilterSet):
    """What partners say by project, partner (under all its names), and whether it is answered."""

    project = CodeFilter("projects.Project", in_plan=True, label=_("Project"))
    partner = filters.ModelChoiceFilter(
        queryset=partners_of_the_plan, method="by_partner", label=_("Partner")
    )
    answered = YesNoFilter(method="by_answered", label=_("Answered"))

    class Meta:
        model = PartnerFeedback
        fields: list[str] = []

    def by_partner(self, rows: Any, _name: str, value: Partner) -> Any:
        """What a partner said under all the names that count as it."""
        return rows.of_partner(value)

    def by_answered(self, rows: Any, _name: str, value: str) -> Any:
        """Those answered, or those still open."""
        if value == "true":
            return rows.filter(answered_at__isnull=False)
        return rows.filter(answered_at__isnull=True, withdrawn_at__isnull=True)
