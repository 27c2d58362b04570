"""Forms of results and their evidence; the rules themselves are the actions'."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.fields import parse_decimal, plain
from outcomes.choices import Kind, OverTime, Qualifier, State
from outcomes.models import (
    Category,
    Dimension,
    Indicator,
    RatingLevel,
    Thing,
    VerificationMeans,
)
from plans.models import ReportingPeriod, StrategicPlan

from ..actions import (
    MOST_THINGS,
    Counted,
    ResultInput,
    add_evidence,
    remove_evidence,
)
from ..choices import OPEN, EvidenceKind, Status
from ..models import Evidence, ProjectIndicator, Result

_CONTENT = ("value", "numerator", "denominator", "unnamed", "things", "rating")
_NUMBERS = ("value", "numerator", "denominator", "unnamed")
_EVIDENCE = ("remove", "file", "url", "document", "passage")
_EVIDENCE_FIELDS = (*_EVIDENCE, "means")


@dataclass(frozen=True)
class Remainder:
    """What the categories of a dimension leave of the total, in words for the reader."""

    dimension: str
    left: Decimal | None = None
    left_denominator: Decimal | None = None
    over: bool = False


@dataclass(frozen=True)
class Breakdown:
    """A dimension of an indicator with its categories."""

    dimension: Dimension
    categories: list[Category]


@dataclass(frozen=True)
class Reference:
    """What the forms of one page need to know of their indicators, read once.

    `counted` is what the register of deliverables says, by line and period.
    """

    breakdowns: dict[int, list[Breakdown]]
    levels: dict[int, list[RatingLevel]]
    comparable: dict[int, list[Indicator]]
    means: dict[int, list[VerificationMeans]]
    counted: Mapping[tuple[int, int], Counted] = field(default_factory=dict)


def read_reference(
    plan: StrategicPlan, indicators: Iterable[Indicator], *, with_credits: bool = True
) -> Reference:
    """What the forms of these indicators offer, with possible credits if asked; four queries."""
    asked = {indicator.pk: indicator for indicator in indicators}
    breakdowns: dict[int, dict[int, Breakdown]] = defaultdict(dict)
    for category in (
        Category.objects.filter(indicator__in=asked)
        .select_related("dimension")
        .order_by("dimension__position", "dimension__code", "position", "code")
    ):
        found = breakdowns[category.indicator_id].setdefault(
            category.dimension_id, Breakdown(category.dimension, [])
        )
        found.categories.append(category)
    levels: dict[int, list[RatingLevel]] = defaultdict(list)
    for level in RatingLevel.objects.filter(indicator__in=asked):
        levels[level.indicator_id].append(level)
    means: dict[int, list[VerificationMeans]] = defaultdict(list)
    for one in VerificationMeans.objects.current().filter(indicator__in=asked):
        means[one.indicator_id].append(one)
    adding_up: list[Indicator] = []
    if with_credits:
        adding_up += Indicator.objects.filter(
            plan=plan, over_time=OverTime.SUM, kind__in=(Kind.QUANTITY, Kind.DISTINCT)
        ).reported_on()

    def like(one: Indicator, other: Indicator) -> bool:
        same = ("kind", "unit", "thing_kind")
        return one.pk != other.pk and all(getattr(one, n) == getattr(other, n) for n in same)

    comparable = {
        mine.pk: [other for other in adding_up if like(mine, other)]
        for mine in asked.values()
        if mine.over_time == OverTime.SUM and mine.kind in (Kind.QUANTITY, Kind.DISTINCT)
    }
    return Reference(
        {key: list(found.values()) for key, found in breakdowns.items()},
        levels,
        comparable,
        means,
    )


class ResultForm(forms.Form):
    """What one line reports for one period: one cell of the entry grid with all that hangs on it.

    Numbers are taken as they were typed; the action reads and checks them. `version` is that
    of the revision that was seen, `seen` a digest of its content, by which untouched cells are
    told from changed ones. `current` is the draft that it changes; `stands` is what is submitted
    or approved instead, which a form only meets that was opened before.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        line: ProjectIndicator,
        period: ReportingPeriod,
        reference: Reference,
        current: Result | None = None,
        stands: Result | None = None,
    ) -> None:
        self.line = line
        self.indicator = line.indicator
        self.period = period
        self.current = current
        self.stands = stands
        self.counted = reference.counted.get((line.pk, period.pk))
        self.means = reference.means.get(self.indicator.pk, [])
        self.breakdowns = [] if self.counted else reference.breakdowns.get(self.indicator.pk, [])
        self.comparable = reference.comparable.get(self.indicator.pk, [])
        self.conflict: Result | None = None
        self.is_conflict = False
        self.conflict_by = ""
        shown = current or stands
        super().__init__(data, files, prefix=f"l{line.pk}", initial=self._initial(shown))
        self._add_fields(reference)
        self.fields["seen"].initial = self._digest(self.initial.get)

    @property
    def name(self) -> str:
        """What the cell is called wherever it is spoken of: indicator and place."""
        place = self.line.place_name
        return f"{self.indicator.title}, {place}" if place else str(self.indicator.title)

    # What is shown

    def _initial(self, shown: Result | None) -> dict[str, Any]:
        values: dict[str, Any] = {
            "version": self.current.version if self.current else 0,
            "state": State.REPORTED,
            "qualifier": str(int(Qualifier.EXACT)),
        }
        if shown is None:
            return values
        values |= {
            "state": shown.state,
            "qualifier": str(shown.qualifier),
            "narrative": shown.narrative,
            "value": plain(shown.value),
            "numerator": plain(shown.numerator),
            "denominator": plain(shown.denominator),
            "unnamed": plain(shown.unnamed),
            "things": "\n".join(str(thing) for thing in shown.things.all()),
            "rating": shown.rating.code if shown.rating else "",
            "credits": [indicator.code for indicator in shown.credits.all()],
        }
        for cell in shown.cells.all():
            code = cell.category.code
            values[f"cells.{code}"] = plain(cell.value)
            values[f"cells.{code}.numerator"] = plain(cell.numerator)
            values[f"cells.{code}.denominator"] = plain(cell.denominator)
        return values

    @staticmethod
    def _number(label: str) -> forms.CharField:
        """A number as text, so that nothing typed is lost."""
        attrs = {"inputmode": "decimal", "autocomplete": "off", "aria-label": label}
        return forms.CharField(required=False, label=label, widget=forms.TextInput(attrs=attrs))

    def _add_fields(self, reference: Reference) -> None:
        what = self.name
        kind = self.indicator.kind
        if self.counted is not None:
            self._offer_count(self.counted)
        elif kind == Kind.QUANTITY:
            self.fields["value"] = self._number(what)
        elif kind == Kind.PERCENTAGE:
            self.fields["numerator"] = self._number(_("%(what)s: numerator") % {"what": what})
            self.fields["denominator"] = self._number(_("%(what)s: denominator") % {"what": what})
        elif kind == Kind.DISTINCT:
            self.fields["things"] = forms.CharField(
                required=False,
                label=_("%(what)s: names, one a line") % {"what": what},
                widget=forms.Textarea(
                    attrs={
                        "rows": 3,
                        "aria-label": _("%(what)s: names, one a line") % {"what": what},
                    }
                ),
            )
            self.fields["unnamed"] = self._number(
                _("%(what)s: how many more, without names") % {"what": what}
            )
        else:
            self.fields["rating"] = forms.ChoiceField(
                required=False,
                label=what,
                choices=[
                    ("", _("not rated")),
                    *((level.code, str(level)) for level in reference.levels[self.indicator.pk]),
                ],
                widget=forms.Select(attrs={"aria-label": what}),
            )
        if kind in (Kind.QUANTITY, Kind.PERCENTAGE):
            for breakdown in self.breakdowns:
                for category in breakdown.categories:
                    self._add_cell(what, category)
        self.fields["state"] = forms.ChoiceField(
            choices=[
                (State.REPORTED, _("a value")),
                (State.NOT_APPLICABLE, _("not applicable")),
                (State.NOT_AVAILABLE, _("not available")),
            ],
            required=False,
            label=_("What this says"),
            widget=forms.Select(attrs={"aria-label": _("%(what)s: state") % {"what": what}}),
        )
        if kind in (Kind.QUANTITY, Kind.PERCENTAGE, Kind.DISTINCT):
            self.fields["qualifier"] = forms.ChoiceField(
                choices=[(str(int(one)), one.label) for one in Qualifier],
                required=False,
                label=_("How exact"),
            )
        self.fields["narrative"] = forms.CharField(
            required=False,
            label=_("What happened, in words"),
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        if self.comparable:
            self.fields["credits"] = forms.MultipleChoiceField(
                required=False,
                label=_("Also credited to"),
                choices=[(one.code, str(one)) for one in self.comparable],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["file"] = forms.FileField(
            required=False, allow_empty_file=True, label=_("Evidence: a file")
        )
        self.fields["url"] = forms.CharField(
            required=False,
            label=_("Evidence: a link"),
            widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
        )
        self.fields["document"] = forms.CharField(
            required=False, max_length=300, label=_("Evidence: title of a document")
        )
        self.fields["passage"] = forms.CharField(
            required=False, max_length=100, label=_("Page or paragraph in it")
        )
        if self.means:
            self.fields["means"] = forms.ChoiceField(
                required=False,
                label=_("What it verifies"),
                choices=[
                    ("", _("the result as a whole")),
                    *((str(one.pk), str(one)) for one in self.means),
                ],
            )
        held = list(self.current.evidence.all()) if self.current else []
        if held:
            self.fields["remove"] = forms.MultipleChoiceField(
                required=False,
                label=_("Take away"),
                choices=[(str(one.pk), one.title) for one in held],
                widget=forms.CheckboxSelectMultiple,
            )

    def _offer_count(self, counted: Counted) -> None:
        """The number is not typed; where the result says another, that of the register is taken.

        That nothing is registered is a value of 0 only once somebody says so.
        """
        if self.current is not None and counted.is_said_by(self.current):
            return
        label = (
            _("Take the count of the register")
            if counted.deliverables or self.current is not None
            else _("Confirm 0: nothing was delivered in this period")
        )
        self.fields["take"] = forms.MultipleChoiceField(
            required=False,
            label=label,
            choices=[("yes", label)],
            widget=forms.CheckboxSelectMultiple,
        )

    def _add_cell(self, what: str, category: Category) -> None:
        label = f"{what}: {category}"
        name = f"cells.{category.code}"
        if self.indicator.kind == Kind.PERCENTAGE:
            for part, words in (("numerator", _("numerator")), ("denominator", _("denominator"))):
                self.fields[f"{name}.{part}"] = self._number(f"{label}, {words}")
        else:
            self.fields[name] = self._number(label)

    def cell_fields(self, category: Category) -> list[forms.BoundField]:
        """The fields of a category: one, or numerator and denominator."""
        name = f"cells.{category.code}"
        names = [name, f"{name}.numerator", f"{name}.denominator"]
        return [self[one] for one in names if one in self.fields]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The fields of the value itself."""
        return [self[name] for name in _CONTENT if name in self.fields]

    @property
    def word_fields(self) -> list[forms.BoundField]:
        """The fields of words: exactness, what happened, credits."""
        return [self[name] for name in ("qualifier", "narrative", "credits") if name in self.fields]

    @property
    def evidence_fields(self) -> list[forms.BoundField]:
        """The fields by which evidence is added and taken away."""
        return [self[name] for name in _EVIDENCE_FIELDS if name in self.fields]

    @property
    def is_more_open(self) -> bool:
        """Whether something in the words or the evidence was refused, and has to be seen."""
        return any(field.errors for field in (*self.word_fields, *self.evidence_fields))

    # What was entered

    def _names(self) -> list[str]:
        """The fields of the content: all but what was seen and evidence."""
        return [name for name in self.fields if name not in ("version", "seen", *_EVIDENCE_FIELDS)]

    @staticmethod
    def _clean_text(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, list | tuple):
            return "\n".join(sorted(str(one) for one in value))
        text = value.name if isinstance(value, File) else value
        return str(text).replace("\r\n", "\n").strip()

    def _plain_text(self, name: str, value: Any) -> str:
        """What a field says, however it is spelled: numbers, and names in any order."""
        text = self._clean_text(value)
        if name == "things":
            return "\n".join(sorted({" ".join(one.split()).casefold() for one in text.split("\n")}))
        if name in _NUMBERS or name.startswith("cells."):
            try:
                return plain(parse_decimal(text, name)) if text else ""
            except InvalidInput:
                return text
        return text

    def _digest(self, value_of: Callable[[str], Any]) -> str:
        """The content in sixteen letters: the same digest, the same content."""
        said = {name: self._plain_text(name, value_of(name)) for name in self._names()}
        text = "\x1f".join(f"{name}={value}" for name, value in sorted(said.items()) if value)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    @cached_property
    def entered(self) -> str:
        """The digest of what was entered."""
        return self._digest(lambda name: self[name].data)

    @property
    def is_news(self) -> bool:
        """Whether the content differs from what is stored now, whoever stored it."""
        return self.entered != self.fields["seen"].initial

    @property
    def has_evidence(self) -> bool:
        """Whether evidence is to be added or taken away."""
        return any(self._text(name) for name in _EVIDENCE)

    @property
    def is_touched(self) -> bool:
        """Whether anything differs from what the person was shown."""
        return self.entered != self["seen"].data or self.has_evidence

    @property
    def is_overtaken(self) -> bool:
        """Whether a revision was approved since the person looked: a correction says why first."""
        return self.current is None and bool(self.stands and self.stands.status == Status.APPROVED)

    def _text(self, name: str) -> str:
        return self._clean_text(self[name].data) if name in self.fields else ""

    def entry(self) -> ResultInput:
        """What was entered, for the action; call it after `is_valid`."""
        cells: dict[str, Any] = {}
        for breakdown in self.breakdowns:
            for category in breakdown.categories:
                name = f"cells.{category.code}"
                if name in self.fields:
                    if self._text(name):
                        cells[category.code] = self._text(name)
                elif f"{name}.numerator" in self.fields:
                    parts = {
                        "numerator": self._text(f"{name}.numerator"),
                        "denominator": self._text(f"{name}.denominator"),
                    }
                    if any(parts.values()):
                        cells[category.code] = parts
        credits = set(self.cleaned_data.get("credits") or ())
        return ResultInput(
            line=self.line,
            period=self.period,
            state=self._text("state") or State.REPORTED,
            value=self._text("value"),
            numerator=self._text("numerator"),
            denominator=self._text("denominator"),
            unnamed=self._text("unnamed"),
            things=self._things(),
            rating=self._text("rating"),
            qualifier=self._text("qualifier") or Qualifier.EXACT,
            cells=cells,
            credits=[one for one in self.comparable if one.code in credits],
            narrative=self._text("narrative"),
            window_start=self.current.window_start if self.current else None,
            window_end=self.current.window_end if self.current else None,
            version=self.cleaned_data.get("version") or 0,
        )

    def _things(self) -> list[Thing | str]:
        """What was listed: things that are known by that name, else the names themselves."""
        names = [" ".join(name.split()) for name in self._text("things").splitlines()]
        names = [name for name in dict.fromkeys(names) if name]
        if len(names) > MOST_THINGS:
            return list(names)  # the action refuses them
        known = Thing.objects.named(self.line.project.plan, self.indicator.counted, names)
        return [known.get(name.casefold(), name) for name in names]

    def keep_evidence(self, result: Result, by: User) -> None:
        """Add and take away evidence as asked; each refusal names its field here.

        What the result holds already is not added again: a request may come twice, because its
        first answer was lost.
        """
        taken = self.cleaned_data.get("remove") or ()
        for evidence in result.evidence.current().filter(pk__in=taken):
            remove_evidence(evidence=evidence, by=by)
        file = self.cleaned_data.get("file")
        if file:
            self._add_evidence(result, by, kind=EvidenceKind.FILE, title="", file=file)
        if self._text("url"):
            self._add_evidence(result, by, kind=EvidenceKind.LINK, title="", url=self._text("url"))
        title, passage = self._text("document"), self._text("passage")
        held = result.evidence.current().filter(title=title, passage=passage)
        if (title or passage) and not held.exists():
            self._add_evidence(result, by, kind=EvidenceKind.DOCUMENT, title=title, passage=passage)

    def _add_evidence(self, result: Result, by: User, **piece: Any) -> None:
        code = self._text("means")
        means = next((one for one in self.means if str(one.pk) == code), None)
        try:
            add_evidence(to=result, by=by, means=means, **piece)
        except InvalidInput as error:
            if error.code == "duplicate_evidence":
                return
            moved = [
                Problem("document" if one.field == "title" else one.field, one.code, one.message)
                for one in error.problems
            ]
            raise InvalidInput(moved) from error

    # What was refused

    def refuse(self, problem: Problem) -> None:
        """Put a problem beside its field; a field that the form has not stands at the value."""
        named = "file" if problem.field == "evidence" else problem.field
        candidates = [named, f"{named}.numerator", *_CONTENT, "state"]
        name = next(name for name in candidates if name in self.fields)
        self.add_error(name, forms.ValidationError(problem.message, problem.code))

    def refusals(self) -> list[dict[str, str]]:
        """Everything that was refused: the field's name and id on the page, code and message."""
        return [
            {
                "field": self.add_prefix(name),
                "id": self[name].auto_id if name in self.fields else "",
                "code": error.code or "invalid",
                "message": " ".join(error.messages),
            }
            for name, errors in self.errors.as_data().items()
            for error in errors
        ]

    def content(self) -> dict[str, Any]:
        """What the content's fields hold, by their names on the page, for a script to fill in."""
        return {self.add_prefix(name): self[name].value() for name in self._names()}

    def tell_conflict(self, theirs: Result | None, who: str) -> None:
        """Show what somebody else saved meanwhile; saving again takes this person's text."""
        self.is_conflict, self.conflict, self.conflict_by = True, theirs, who
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        is_draft = theirs is not None and theirs.status in OPEN
        data[self.add_prefix("version")] = str(theirs.version if theirs and is_draft else 0)
        data[self.add_prefix("seen")] = self.fields["seen"].initial
        self.data = data

    # What is left of the total

    def remainders(self) -> list[Remainder]:
        """What each additive dimension leaves of the total, as far as the numbers can be read."""
        found = []
        parts = (
            ("numerator", "denominator") if self.indicator.kind == Kind.PERCENTAGE else ("value",)
        )
        for breakdown in self.breakdowns:
            if not breakdown.dimension.additive:
                continue
            left: list[Decimal | None] = []
            for part in parts:
                total = self._read(part)
                suffix = "" if part == "value" else f".{part}"
                written = [
                    self._read(f"cells.{category.code}{suffix}")
                    for category in breakdown.categories
                ]
                known = [number for number in written if number is not None]
                together = sum(known, Decimal(0))
                left.append(total - together if total is not None and known else None)
            found.append(
                Remainder(
                    breakdown.dimension.code,
                    left[0],
                    left[1] if len(left) > 1 else None,
                    any(number is not None and number < 0 for number in left),
                )
            )
        return found

    def _read(self, name: str) -> Decimal | None:
        if name not in self.fields:
            return None
        text = self._clean_text(self[name].value())
        try:
            return parse_decimal(text, name) if text else None
        except InvalidInput:
            return None


class ReasonForm(forms.Form):
    """Why a result is returned or withdrawn."""

    reason = forms.CharField(
        required=False, label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 3})
    )


class EvidenceForm(forms.Form):
    """One piece of evidence: a file, a link, or a passage of a document."""

    file = forms.FileField(required=False, allow_empty_file=True, label=gettext_lazy("A file"))
    url = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("or a link"),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    passage = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("or a page or paragraph of the document named below"),
    )
    title = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Of a document; a file and a link have one of their own."),
    )

    def __init__(
        self, *args: Any, indicator: Indicator, instead_of: Evidence | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        means = list(indicator.means_of_verification.current())
        if means:
            self.fields["means"] = forms.ModelChoiceField(
                VerificationMeans.objects.filter(pk__in=[one.pk for one in means]),
                required=False,
                label=_("What it verifies"),
                empty_label=_("the result as a whole"),
                initial=instead_of.means if instead_of else None,
            )

    def clean(self) -> dict[str, Any]:
        """One piece at a time: a file, or a link, or a passage."""
        entered = super().clean() or {}
        if entered.get("file") and entered.get("url"):
            self.add_error("url", _("Add the file and the link one after the other."))
        return entered

    def piece(self) -> dict[str, Any]:
        """What was entered, for the action."""
        entered = self.cleaned_data
        shared = {"means": entered.get("means"), "title": entered["title"].strip()}
        if entered.get("file"):
            return {"kind": EvidenceKind.FILE, "file": entered["file"], **shared}
        if entered["url"].strip() or not (shared["title"] or entered["passage"].strip()):
            return {"kind": EvidenceKind.LINK, "url": entered["url"], **shared}
        return {"kind": EvidenceKind.DOCUMENT, "passage": entered["passage"].strip(), **shared}
