"""Forms of baselines, milestones and targets, of regional strategies and countries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.forms import DateField, NumberField
from habitat_tracker.names import by_name
from plans.choices import ThemeKind, Verification
from plans.models import StrategicPlan, Theme

from . import scopes
from .actions import CountryRecordInput, FrameworkInput, PriorityInput, StrategyInput
from .choices import (
    AssessmentStage,
    Confidence,
    CountsFrom,
    EvidenceRule,
    FrameworkStage,
    UrbanContent,
)
from .models import CountryRecord, Outcome, RegionalStrategy, StrategyPriority

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
        [NamedScope(scopes.of_country(one.pk), one.iso3, str(one)) for one in by_name(countries)],
    )


class ValueForm(forms.Form):
    """A baseline, a milestone or a target: the number, its day, its source, and why."""

    value = NumberField(
        label=gettext_lazy("Value"),
        error_messages={"required": gettext_lazy("Enter a number.")},
    )
    on = DateField(
        required=False,
        label=gettext_lazy("At the end of"),
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


def _day(**kwargs: Any) -> forms.DateField:
    """A day, chosen from the browser's calendar or typed as 2026-03-31."""
    return DateField(
        required=False,
        **kwargs,
    )


class DocumentedForm(forms.Form):
    """Base of what an office says with its source: a text and a passage in one language each.

    What is typed is kept in the reader's language; texts in other languages stay.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say it in words.")},
    )
    quote = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("Passage of the document"),
        help_text=gettext_lazy("Word for word."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The document that states it, with its page or paragraph."),
    )
    verification = forms.ChoiceField(
        required=False,
        label=gettext_lazy("How sure it is"),
        choices=[("", gettext_lazy("not said")), *Verification.choices],
    )
    reason = forms.CharField(
        max_length=1000, required=False, label=gettext_lazy("Why it is changed")
    )

    def __init__(self, *args: Any, held: Any, language: str, **kwargs: Any) -> None:
        self.held, self.language = held, language
        if held is not None:
            kwargs.setdefault("initial", {}).update(self.values_of(held))
        super().__init__(*args, **kwargs)

    def values_of(self, held: Any) -> dict[str, Any]:
        """What is stored, by the names of the fields."""
        return {
            "version": held.version,
            "text": held.text.get(self.language) or str(held.text),
            # A passage stays in the language of its document.
            "quote": held.quote.get(self.language, ""),
            "source": held.source,
            "verification": held.verification,
        }

    def texts(self, name: str) -> dict[str, str]:
        """A text with what was typed in the reader's language; others are kept."""
        kept = dict(getattr(self.held, name)) if self.held else {}
        return kept | {self.language: self.cleaned_data[name]}

    @property
    def other_quotes(self) -> list[str]:
        """The passage in the languages that the form does not show."""
        held = self.held.quote if self.held else {}
        return [text for language, text in held.items() if language != self.language]


class StrategyForm(DocumentedForm):
    """A regional strategy: what it sets out to do, from when to when, for which countries."""

    start = _day(label=gettext_lazy("From"))
    end = _day(label=gettext_lazy("Until"))
    countries = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Countries"),
        help_text=gettext_lazy(
            "None: all countries of the office. Choose one or more; on a computer hold Ctrl or Cmd."
        ),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = self.fields["countries"]
        assert isinstance(countries, forms.MultipleChoiceField)
        # What was sent stays chosen; the action says what is wrong with it.
        sent = self["countries"].value() or ()
        countries.choices = country_choices(
            one
            for one in Country.objects.select_related("office")
            if one.iso3 in sent or (one.office and one.office.path.startswith(office.path))
        )

    def values_of(self, held: RegionalStrategy) -> dict[str, Any]:
        """With period and countries."""
        return {
            **super().values_of(held),
            "start": held.start,
            "end": held.end,
            "countries": [one.iso3 for one in held.countries.all()],
        }

    def strategy(self) -> StrategyInput:
        """What was entered, for the action; call it after `is_valid`."""
        said = self.cleaned_data
        return StrategyInput(
            text=self.texts("text"),
            start=said["start"],
            end=said["end"],
            countries=tuple(said["countries"]),
            quote=self.texts("quote"),
            source=said["source"],
            verification=said["verification"],
        )


class PriorityForm(DocumentedForm):
    """A priority of a regional strategy, with how sure it is that it serves each outcome."""

    paragraph = forms.CharField(
        required=False, max_length=20, label=gettext_lazy("Paragraph or page")
    )

    def __init__(self, *args: Any, outcomes: Iterable[Outcome], **kwargs: Any) -> None:
        self.plan_outcomes = list(outcomes)
        super().__init__(*args, **kwargs)
        sure = dict(Verification.choices) | {
            Verification.UNVERIFIED.value: _("our reading: no document says so")
        }
        for outcome in self.plan_outcomes:
            self.fields[f"outcomes.{outcome.code}"] = forms.ChoiceField(
                required=False,
                label=str(outcome),
                choices=[("", _("does not serve it")), *sure.items()],
            )

    def values_of(self, held: StrategyPriority) -> dict[str, Any]:
        """With its outcomes."""
        return {
            **super().values_of(held),
            "paragraph": held.paragraph,
            **{
                f"outcomes.{one.outcome.code}": one.verification for one in held.outcome_links.all()
            },
        }

    @property
    def outcome_fields(self) -> list[forms.BoundField]:
        """The fields of the outcomes, in the order of the plan."""
        return [self[f"outcomes.{one.code}"] for one in self.plan_outcomes]

    def priority(self) -> PriorityInput:
        """What was entered, for the action; call it after `is_valid`."""
        said = self.cleaned_data
        chosen = {one.code: said[f"outcomes.{one.code}"] for one in self.plan_outcomes}
        return PriorityInput(
            text=self.texts("text"),
            outcomes={code: sure for code, sure in chosen.items() if sure},
            paragraph=said["paragraph"],
            quote=self.texts("quote"),
            source=said["source"],
            verification=said["verification"],
        )


class WithdrawalForm(forms.Form):
    """Why a priority is taken out of its strategy."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Say why, in writing.")},
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


YES_NO = [("", gettext_lazy("not known")), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]


def _year(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Give the year in four digits, like 2021.")},
        **kwargs,
    )


class CountryRecordForm(forms.Form):
    """Where a country stands; what is left open is not known."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    cca_stage = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Common country assessment"),
        choices=[("", gettext_lazy("not known")), *AssessmentStage.choices],
    )
    cca_year = _year(label=gettext_lazy("Year of the assessment"))
    framework_stage = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Cooperation framework"),
        choices=[("", gettext_lazy("not known")), *FrameworkStage.choices],
    )
    framework_start = _year(label=gettext_lazy("Framework from (year)"))
    framework_end = _year(label=gettext_lazy("Framework until (year)"))
    is_member = forms.ChoiceField(
        required=False,
        choices=YES_NO,
        label=gettext_lazy("UN-Habitat is a member of the United Nations country team"),
    )
    is_signatory = forms.ChoiceField(
        required=False,
        choices=YES_NO,
        label=gettext_lazy("UN-Habitat has signed the cooperation framework"),
    )
    content_rating = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Urban content"),
        help_text=gettext_lazy("How much assessment and framework say of urban matters."),
        choices=[("", gettext_lazy("not rated")), *UrbanContent.choices],
    )
    content_text = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("What the rating rests on"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    link = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("Link to the document")
    )
    source = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The document that states it, with its page or paragraph."),
    )
    reason = forms.CharField(
        max_length=1000, required=False, label=gettext_lazy("Why it is changed")
    )

    def __init__(self, *args: Any, held: CountryRecord | None, **kwargs: Any) -> None:
        if held is not None:
            kwargs.setdefault("initial", {}).update(self.values_of(held))
        super().__init__(*args, **kwargs)

    def values_of(self, held: CountryRecord) -> dict[str, Any]:
        """What is recorded, by the names of the fields."""
        said = {True: "yes", False: "no", None: ""}
        values = {name: getattr(held, name) for name in self.base_fields if name != "reason"}
        return values | {name: said[values[name]] for name in ("is_member", "is_signatory")}

    def record(self) -> CountryRecordInput:
        """What was entered, for the action; call it after `is_valid`."""
        said = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("version", "reason")
        }
        known = {"yes": True, "no": False, "": None}
        said |= {name: known[said[name]] for name in ("is_member", "is_signatory")}
        rating = said["content_rating"]
        said["content_rating"] = int(rating) if rating else None
        return CountryRecordInput(**said)
