"""The form of who brought about a result together with UN-Habitat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.fields import plain
from habitat_tracker.forms import NumberField
from plans.models import StrategicPlan

from ..actions import CoDeliveryInput, PartInput
from ..models import CoDeliverer
from .partners import partner_named

OWN = "own"


def _share() -> NumberField:
    return NumberField(required=False, label=_("Share, in percent"))


def _text(label: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=500, label=label, widget=forms.Textarea(attrs={"rows": 2})
    )


class CoDeliveryForm(forms.Form):
    """The partners of a result, a row each, what UN-Habitat did itself, and who leads.

    The fields of row 2 are `partners.2.partner`, `partners.2.share` and `partners.2.what`; a row in
    which nothing is written says nothing. `lead` names a row.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    lead = forms.ChoiceField(required=False, label=gettext_lazy("Who leads"))
    empty_rows = 2
    most_rows = 52

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        held: Sequence[CoDeliverer],
        version: int,
        **kwargs: Any,
    ) -> None:
        self.plan = plan
        partners = sorted((one for one in held if one.partner_id), key=lambda one: one.pk)
        kwargs["initial"] = self._initial(held, partners) | {"version": version}
        super().__init__(*args, **kwargs)
        asked = len(partners) + self.empty_rows
        while asked < self.most_rows and f"partners.{asked}.partner" in self.data:
            asked += 1
        self.count = min(asked, self.most_rows)
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ChoiceField)
        numbered = [(str(n), _("Partner %(n)s") % {"n": n + 1}) for n in range(self.count)]
        lead.choices = [(OWN, _("UN-Habitat")), *numbered]
        self.fields["own_part"] = _text(_("What UN-Habitat did"))
        self.fields["own_share"] = _share()
        for number in range(self.count):
            self.fields[f"partners.{number}.partner"] = forms.CharField(
                required=False,
                max_length=200,
                label=_("Partner"),
                widget=forms.TextInput(attrs={"list": "partners", "autocomplete": "off"}),
            )
            self.fields[f"partners.{number}.share"] = _share()
            self.fields[f"partners.{number}.what"] = _text(_("What it did"))

    @staticmethod
    def _initial(held: Sequence[CoDeliverer], partners: Sequence[CoDeliverer]) -> dict[str, Any]:
        """What is said now."""
        initial: dict[str, Any] = {"lead": OWN}
        for one in held:
            if one.partner_id is None:
                initial |= {"own_part": one.what, "own_share": plain(one.share)}
        for number, one in enumerate(partners):
            initial[f"partners.{number}.partner"] = one.name
            initial[f"partners.{number}.share"] = plain(one.share)
            initial[f"partners.{number}.what"] = one.what
            if one.is_lead:
                initial["lead"] = str(number)
        return initial

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of the partners, row by row."""
        names = ("partner", "share", "what")
        return [[self[f"partners.{n}.{name}"] for name in names] for n in range(self.count)]

    def clean(self) -> dict[str, Any]:
        """Partners by one of their names."""
        entered = super().clean() or {}
        for number in range(self.count):
            field = f"partners.{number}.partner"
            try:
                entered[field] = partner_named(self.plan, entered.get(field, ""))
            except forms.ValidationError as error:
                self.add_error(field, error)
        lead = entered.get("lead") or OWN
        named = f"partners.{lead}.partner"
        if lead != OWN and not entered.get(named) and not self.has_error(named):
            self.add_error("lead", _("Name the partner who leads."))
        return entered

    def entered(self) -> tuple[CoDeliveryInput, list[int]]:
        """What was entered, for the action, and the rows in which its partners stand."""
        parts, places, lead = [], [], None
        for number in range(self.count):
            partner, share, what = (
                self.cleaned_data[f"partners.{number}.{name}"]
                for name in ("partner", "share", "what")
            )
            if partner or share or what:
                parts.append(PartInput(partner, what, share))
                places.append(number)
            if self.cleaned_data["lead"] == str(number):
                lead = partner
        said = CoDeliveryInput(
            parts, lead, self.cleaned_data["own_share"], self.cleaned_data["own_part"]
        )
        return said, places


def in_their_rows(error: DomainError, places: Sequence[int]) -> DomainError:
    """What the action says of partner after partner, said of the rows that they stand in."""
    if not isinstance(error, InvalidInput):
        return error
    told = []
    for problem in error.problems:
        head, _point, rest = problem.field.partition(".")
        if rest:
            number, _point, name = rest.partition(".")
            problem = replace(problem, field=f"{head}.{places[int(number)]}.{name}")
        told.append(problem)
    return InvalidInput(told)
