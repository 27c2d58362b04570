"""Forms of a project document, one for each section; the rules are those of `save_section`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.models import Office
from habitat_tracker.errors import Problem
from habitat_tracker.fields import Translated
from habitat_tracker.forms import ROWS_ERRORS, DateField, NumberField
from habitat_tracker.names import by_name
from projects.actions import BudgetRow, read_budget_file
from projects.actions.budget import COLUMNS as BUDGET_COLUMNS
from projects.actions.projects import works_in
from projects.choices import PartnerKind, Rank, Section
from projects.documents.sections import Content, Desk

from .describing import DescriptionForm

# Empty rows below those that are filled in; saving brings more.
EMPTY_ROWS = 3


class ProposeForm(forms.Form):
    """A new proposal: its code, title and office; all else is written section by section."""

    code = forms.CharField(
        max_length=40,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Letters, digits, points and hyphens; it cannot be changed later."),
    )
    title = forms.CharField(max_length=300, label=gettext_lazy("Title"))
    office = forms.ModelChoiceField(
        Office.objects.none(), label=gettext_lazy("Office"), to_field_name="code", empty_label=None
    )

    def __init__(self, *args: Any, offices: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        office = self.fields["office"]
        assert isinstance(office, forms.ModelChoiceField)
        office.queryset = Office.objects.filter(pk__in=[one.pk for one in offices])


class SectionForm(forms.Form):
    """Base of the sections that are a few fields; `given` is what the action takes."""

    def __init__(
        self, *args: Any, desk: Desk, content: Content, language: str, **kwargs: Any
    ) -> None:
        self.desk, self.content, self.language = desk, content, language
        kwargs["initial"] = self.held()
        super().__init__(*args, **kwargs)

    def held(self) -> dict[str, Any]:
        """What the section says so far, by the names of the fields."""
        raise NotImplementedError

    def given(self) -> Any:
        """What was entered, as the section is kept; call it after `is_valid`."""
        raise NotImplementedError

    def say(self, problem: Problem) -> None:
        """Put a problem beside its field, else above the form."""
        self.add_error(problem.field if problem.field in self.fields else None, problem.message)


class BasicsForm(SectionForm):
    """Title and summary in the reader's language, and the dates."""

    title = forms.CharField(max_length=300, label=gettext_lazy("Title"))
    summary = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("Summary"),
        help_text=gettext_lazy("What the project does, for whom and where, in a few sentences."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    start = DateField(required=False, label=gettext_lazy("From"))
    end = DateField(required=False, label=gettext_lazy("Until"))

    def held(self) -> dict[str, Any]:
        kept = self.content.get("basics") or {}
        texts = {
            name: (kept.get(name) or {}).get(self.language) or str(Translated(kept.get(name) or {}))
            for name in ("title", "summary")
        }
        return {**texts, "start": kept.get("start") or "", "end": kept.get("end") or ""}

    def given(self) -> dict[str, Any]:
        kept = self.content.get("basics") or {}
        said = self.cleaned_data
        texts = {}
        for name in ("title", "summary"):
            texts[name] = dict(kept.get(name) or {})
            # What is shown in another language and left as it is stays in that language only.
            if self.language in texts[name] or said[name] != self.initial[name]:
                texts[name][self.language] = said[name]
        dates = {name: said[name].isoformat() if said[name] else "" for name in ("start", "end")}
        return {**texts, **dates}


class PlacesForm(SectionForm):
    """The countries of the office, and cities in them, one a line."""

    countries = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Countries"),
        help_text=gettext_lazy(
            "None: the project is global. Choose one or more; on a computer hold Ctrl or Cmd."
        ),
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )
    cities = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("Cities"),
        help_text=gettext_lazy(
            "One a line: the city, a comma, and its country by name or three letters, like "
            "“Nairobi, Kenya” or “Nairobi, KEN”."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = self.fields["countries"]
        assert isinstance(countries, forms.MultipleChoiceField)
        office = self.desk.project.office
        # What was sent stays chosen; the action says what is wrong with it.
        kept = {*self.initial["countries"], *(self["countries"].value() or ())}
        offered = [
            one for one in self.desk.countries.values() if one.iso3 in kept or works_in(office, one)
        ]
        countries.choices = [(one.iso3, f"{one} ({one.iso3})") for one in by_name(offered)]

    def held(self) -> dict[str, Any]:
        kept = self.content.get("places") or {}
        cities = [
            f"{one['name']}, {self.desk.countries.get(one['country'], one['country'])}"
            for one in kept.get("cities") or []
        ]
        return {"countries": kept.get("countries") or [], "cities": "\n".join(cities)}

    def given(self) -> dict[str, Any]:
        cities = []
        for line in self.cleaned_data["cities"].splitlines():
            if line.strip():
                name, country = self._city(line)
                cities.append({"name": name.strip(), "country": country.strip()})
        return {"countries": self.cleaned_data["countries"], "cities": cities}

    def _city(self, line: str) -> tuple[str, str]:
        """A city and its country, whose name may hold commas itself."""
        parts = line.split(",")
        for at in range(1, len(parts)):
            if self.desk.country_code(",".join(parts[at:])):
                return ",".join(parts[:at]), ",".join(parts[at:])
        return (",".join(parts[:-1]), parts[-1]) if len(parts) > 1 else (line, "")


class OutcomesForm(SectionForm):
    """How strongly the project serves each outcome, why, and which share of its money is for it."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        self.outcomes = sorted(desk.outcomes.values(), key=lambda one: (one.position, one.code))
        super().__init__(*args, desk=desk, **kwargs)
        for one in self.outcomes:
            self.fields[f"rank.{one.code}"] = forms.ChoiceField(
                required=False,
                label=_("Rank"),
                choices=[("", _("does not serve it")), *Rank.choices],
            )
            self.fields[f"why.{one.code}"] = forms.CharField(
                required=False,
                max_length=5_000,
                label=_("How the project serves it"),
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"share.{one.code}"] = NumberField(
                required=False,
                label=_("Share of the money, in percent"),
            )

    def held(self) -> dict[str, Any]:
        return {
            f"{name}.{one['outcome']}": one[name]
            for one in self.content.get("outcomes") or []
            for name in ("rank", "why", "share")
        }

    @property
    def blocks(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Each outcome with its three fields."""
        return [
            (one, [self[f"{name}.{one.code}"] for name in ("rank", "share", "why")])
            for one in self.outcomes
        ]

    def given(self) -> list[dict[str, str]]:
        return [
            {"outcome": one.code}
            | {name: self.cleaned_data[f"{name}.{one.code}"] for name in ("rank", "why", "share")}
            for one in self.outcomes
        ]

    def say(self, problem: Problem) -> None:
        head, _point, code = problem.field.partition(".")
        name = "rank" if problem.code in ("unknown_rank", "duplicate_row") else "share"
        field = f"{'why' if problem.code == 'too_long' else name}.{code}"
        known = head == "outcomes" and field in self.fields
        self.add_error(field if known else None, problem.message)


class AboutForm(DescriptionForm):
    """What the project is about, as the document says it."""

    def __init__(
        self, *args: Any, desk: Desk, content: Content, language: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, project=desk.project, said=content.get("about") or {}, **kwargs)

    def given(self) -> dict[str, Any]:
        """What was entered, as the section is kept."""
        said = self.description()
        return {**vars(said), "tools": list(said.tools)}

    def say(self, problem: Problem) -> None:
        """Put a problem beside its field, else above the form."""
        self.add_error(problem.field if problem.field in self.fields else None, problem.message)


class _BudgetRowForm(forms.Form):
    year = forms.CharField(
        required=False,
        max_length=10,
        label=gettext_lazy("Year"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 5}),
    )
    donor = forms.CharField(required=False, max_length=300, label=gettext_lazy("Donor"))
    earmarked = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Earmarked"),
        choices=[
            ("", gettext_lazy("Choose")),
            ("yes", gettext_lazy("yes")),
            ("no", gettext_lazy("no")),
        ],
    )
    currency = forms.CharField(
        required=False,
        max_length=10,
        label=gettext_lazy("Currency"),
        widget=forms.TextInput(attrs={"size": 4}),
    )
    amount = NumberField(
        required=False,
        label=gettext_lazy("Amount"),
    )
    month = forms.CharField(
        required=False,
        max_length=10,
        label=gettext_lazy("Rate of the month"),
        widget=forms.TextInput(attrs={"placeholder": "2021-03", "size": 8}),
    )


class _PartnerRowForm(forms.Form):
    name = forms.CharField(required=False, max_length=300, label=gettext_lazy("Partner"))
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("as registered")), *PartnerKind.choices],
    )
    what = forms.CharField(required=False, max_length=600, label=gettext_lazy("What it does"))
    is_another = forms.BooleanField(required=False, label=gettext_lazy("Another one"))


class _LogframeRowForm(forms.Form):
    indicator = forms.ChoiceField(required=False, label=gettext_lazy("Indicator"))
    place = forms.ChoiceField(required=False, label=gettext_lazy("Place"))
    baseline = NumberField(
        required=False,
        label=gettext_lazy("Baseline"),
    )
    target = NumberField(
        required=False,
        label=gettext_lazy("Target"),
    )
    by = DateField(required=False, label=gettext_lazy("By"))

    def __init__(self, *args: Any, desk: Desk, content: Content, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(
            "indicator",
            [
                ("", _("choose")),
                *(
                    (one.code, f"{one.code} {one.title}")
                    for one in sorted(desk.indicators.values(), key=lambda one: one.code)
                    if not one.is_headline
                ),
            ],
            _("%(name)s (no longer an indicator to report)"),
        )
        places = content.get("places") or {}
        self._offer(
            "place",
            [
                ("", _("no single country")),
                *(
                    (code, str(desk.countries.get(code, code)))
                    for code in places.get("countries") or ()
                ),
                *(
                    (
                        f"{one['country']}/{one['name']}",
                        f"{one['name']} ({desk.countries.get(one['country'], one['country'])})",
                    )
                    for one in places.get("cities") or ()
                ),
            ],
            _("%(name)s (no longer a place of the project)"),
        )

    def _offer(self, name: str, choices: list[tuple[str, str]], gone: str) -> None:
        """What can be chosen, and what is held or was sent although it is gone meanwhile.

        So it stays on the page, and the action says what is wrong with it.
        """
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        held = str(self[name].value() or "")
        if held not in dict(choices):
            country, _slash, city = held.partition("/")
            field.choices = [*choices, (held, gone % {"name": city or country})]


class RowsForm:
    """Base of the sections that are a list: a row each, and empty rows below them."""

    row_form: type[forms.Form]
    takes_file = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        *,
        desk: Desk,
        content: Content,
        language: str,
    ) -> None:
        self.desk, self.content = desk, content
        made: Any = formset_factory(self.row_form, extra=EMPTY_ROWS, max_num=200, absolute_max=250)
        # What was sent is read as it is: a row that is the same as the one held is no empty row.
        self.rows: BaseFormSet[Any] = made(
            data,
            initial=self.held() if data is None else None,
            prefix="rows",
            error_messages=ROWS_ERRORS,
            form_kwargs=self.row_settings(),
        )
        self.file = (files or {}).get("file")
        self.errors: list[str] = []

    def row_settings(self) -> dict[str, Any]:
        """What a row's form asks for."""
        return {}

    def held(self) -> list[dict[str, Any]]:
        """The rows so far, by the names of the fields."""
        raise NotImplementedError

    def row(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        """A row as the section is kept."""
        return dict(entered)

    def is_valid(self) -> bool:
        """Whether the rows can be read; the rules are the action's."""
        return bool(self.rows.is_valid())

    def given(self) -> list[dict[str, Any]]:
        """The rows in their order; what was left empty is left out by the action."""
        self.numbers: list[int] = []
        kept = []
        for number, form in enumerate(self.rows.forms):
            entered = form.cleaned_data
            if any(
                entered.get(name) for name in entered if name not in ("earmarked", "kind", "place")
            ):
                kept.append(self.row(entered))
                self.numbers.append(number)
        return kept

    def say(self, problem: Problem) -> None:
        """Put a problem beside its field in its row, else above the rows."""
        field = "place" if problem.field in ("country", "city") else problem.field
        if problem.row and problem.row <= len(self.numbers):
            form = self.rows.forms[self.numbers[problem.row - 1]]
            form.add_error(field if field in form.fields else None, problem.message)
        else:
            self.errors.append(problem.message)

    @property
    def headings(self) -> list[str]:
        """The names of the columns."""
        return [str(field.label) for field in self.rows.empty_form.fields.values()]


class BudgetForm(RowsForm):
    """The budget by year and donor; a file takes the place of the rows."""

    row_form = _BudgetRowForm
    takes_file = True

    def held(self) -> list[dict[str, Any]]:
        return [
            {**one, "earmarked": "yes" if one["earmarked"] else "no"}
            for one in self.content.get("budget") or []
        ]

    def given(self) -> list[dict[str, Any]]:
        """The rows of the form, or those of the file where one was sent."""
        if self.file is None:
            return super().given()
        self.numbers = []
        rows: list[BudgetRow] = read_budget_file(self.file, self.file.name)
        return [vars(one) for one in rows]

    def say(self, problem: Problem) -> None:
        if self.file is not None and problem.row:
            said = {"row": problem.row + 1, "message": problem.message, "column": problem.field}
            is_cell = problem.field in BUDGET_COLUMNS
            text = (
                _("Row %(row)s, %(column)s: %(message)s")
                if is_cell
                else _("Row %(row)s: %(message)s")
            )
            self.errors.append(text % said)
        else:
            super().say(problem)


class PartnersForm(RowsForm):
    """Who carries the project out with the office."""

    row_form = _PartnerRowForm

    def held(self) -> list[dict[str, Any]]:
        return list(self.content.get("partners") or [])


class LogframeForm(RowsForm):
    """Which indicators the project reports where, with its own baselines and targets."""

    row_form = _LogframeRowForm

    def row_settings(self) -> dict[str, Any]:
        return {"desk": self.desk, "content": self.content}

    def held(self) -> list[dict[str, Any]]:
        return [
            {**one, "place": f"{one['country']}/{one['city']}" if one["city"] else one["country"]}
            for one in self.content.get("logframe") or []
        ]

    def row(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        country, _slash, city = entered["place"].partition("/")
        by = entered["by"].isoformat() if entered["by"] else ""
        return {**entered, "country": country, "city": city, "by": by}


FORMS: dict[Section, Any] = {
    Section.BASICS: BasicsForm,
    Section.PLACES: PlacesForm,
    Section.OUTCOMES: OutcomesForm,
    Section.ABOUT: AboutForm,
    Section.BUDGET: BudgetForm,
    Section.PARTNERS: PartnersForm,
    Section.LOGFRAME: LogframeForm,
}
