"""Forms of baselines, milestones and targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.errors import DomainError, InvalidInput
from plans.choices import ThemeKind
from plans.models import StrategicPlan, Theme

from . import scopes
from .actions import FrameworkInput
from .choices import Confidence, CountsFrom, EvidenceRule

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


class FrameworksForm(forms.Form):
    """The frameworks and targets that an indicator or a project serves, a row each.

    The fields of row 2 are `links.2.target`, `links.2.confidence`, `links.2.source` and
    `links.2.note`; a row without a target says nothing.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    empty_rows = 3
    most_rows = 100

    def __init__(
        self,
        *args: Any,
        plan: StrategicPlan,
        held: Iterable[FrameworkInput],
        version: int,
        **kwargs: Any,
    ) -> None:
        links = list(held)
        initial: dict[str, Any] = {"version": version}
        for number, one in enumerate(links):
            for name in ("target", "confidence", "source", "note"):
                initial[f"links.{number}.{name}"] = getattr(one, name)
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        sent = [name for name in self.data if name.startswith("links.")]
        self.count = max(
            len(links) + self.empty_rows,
            1 + max((_number_of(name) for name in sent), default=0),
        )
        self.count = min(self.count, self.most_rows)
        choices = _targets(plan)
        for number in range(self.count):
            for name, made in (
                ("target", forms.ChoiceField(choices=choices, label=_("Framework or target"))),
                (
                    "confidence",
                    forms.ChoiceField(
                        choices=[("", _("choose")), *Confidence.choices], label=_("How sure")
                    ),
                ),
                ("source", forms.CharField(max_length=2_000, label=_("What says so"))),
                ("note", forms.CharField(max_length=10_000, label=_("Note"))),
            ):
                made.required = False
                self.fields[f"links.{number}.{name}"] = made

    @property
    def rows(self) -> list[list[Any]]:
        """The fields, row by row."""
        names = ("target", "confidence", "source", "note")
        return [[self[f"links.{number}.{name}"] for name in names] for number in range(self.count)]

    def links(self) -> tuple[list[FrameworkInput], list[int]]:
        """What was filled in, and the rows that it stands in."""
        said, rows = [], []
        for number in range(self.count):
            target, confidence, source, note = (
                self.cleaned_data.get(f"links.{number}.{name}", "")
                for name in ("target", "confidence", "source", "note")
            )
            if target:
                said.append(FrameworkInput(target, source, confidence, note))
                rows.append(number)
        return said, rows


def _number_of(name: str) -> int:
    """The row of a field; of what is no field of ours, the first."""
    number = name.split(".")[1]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0


def _targets(plan: StrategicPlan) -> list[Any]:
    """Frameworks and their targets, by framework."""
    themes = list(Theme.objects.filter(plan=plan).aligned().order_by("position", "code"))
    groups = []
    for framework in themes:
        if framework.part_of_id is None and framework.kind != ThemeKind.NUA_COMMITMENT:
            parts = [one for one in themes if one.part_of_id == framework.pk]
            listed = [(one.code, str(one)) for one in parts]
            whole = (framework.code, _("%(framework)s, as a whole") % {"framework": framework})
            groups.append((str(framework), [whole, *listed]))
    return [("", _("none")), *groups]


def in_rows(error: DomainError, rows: list[int]) -> DomainError:
    """What an action says of link after link, said of the rows of the form that they stand in."""
    if not isinstance(error, InvalidInput):
        return error
    told = []
    for problem in error.problems:
        head, number, name = problem.field.split(".")
        told.append(replace(problem, field=f"{head}.{rows[int(number)]}.{name}"))
    return InvalidInput(told)
