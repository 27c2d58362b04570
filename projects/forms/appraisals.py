"""Forms of appraisal and of what follows it: decision, conditions, closure, delegations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker import wording
from habitat_tracker.accounts.forms import country_choices
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.errors import Problem
from habitat_tracker.forms import ROWS_ERRORS, DateField, NumberField
from habitat_tracker.web import whole_number
from outcomes.models import Outcome
from projects.actions import ConditionInput, LessonInput
from projects.choices import Answer, Decision, Level
from projects.documents.reading import lacking
from projects.models import (
    Appraisal,
    ChecklistQuestion,
    Condition,
    Delegation,
    Project,
    ReviewMeeting,
)

LONG = {"rows": 3}
CONDITIONS, LESSONS = 4, 3


class ChecklistForm(forms.Form):
    """The questions that are asked, each with its answer and a note."""

    def __init__(
        self,
        *args: Any,
        appraisal: Appraisal,
        questions: Iterable[ChecklistQuestion],
        **kwargs: Any,
    ) -> None:
        self.questions = list(questions)
        kwargs["initial"] = {
            f"{name}.{code}": held[name]
            for code, held in appraisal.answers.items()
            for name in ("answer", "note")
        }
        super().__init__(*args, **kwargs)
        for one in self.questions:
            self.fields[f"answer.{one.code}"] = forms.ChoiceField(
                required=False,
                label=str(one),
                choices=[("", _("no answer yet")), *Answer.choices],
            )
            self.fields[f"note.{one.code}"] = forms.CharField(
                required=False,
                max_length=5_000,
                label=_("Note on: %(question)s") % {"question": one},
                widget=forms.Textarea(attrs={"rows": 1}),
            )

    @property
    def rows(self) -> list[tuple[ChecklistQuestion, forms.BoundField, forms.BoundField]]:
        """Each question with its two fields."""
        return [
            (one, self[f"answer.{one.code}"], self[f"note.{one.code}"]) for one in self.questions
        ]

    def answers(self) -> dict[str, tuple[str, str]]:
        """What was entered, for the action."""
        said = self.cleaned_data
        return {
            one.code: (said[f"answer.{one.code}"], said[f"note.{one.code}"])
            for one in self.questions
        }

    def say(self, problem: Problem) -> None:
        """Put a problem beside its question."""
        code = problem.field.partition(".")[2]
        name = "note" if problem.code in ("missing_note", "too_long") else "answer"
        field = f"{name}.{code}"
        self.add_error(field if field in self.fields else None, problem.message)


class ConditionForm(forms.Form):
    """One condition of an approval."""

    text = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("What is to be done"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    due = DateField(required=False, label=gettext_lazy("By"))
    before_start = forms.BooleanField(
        required=False, label=gettext_lazy("Before the project begins")
    )


class ConditionStepForm(forms.Form):
    """What was done to meet a condition, or what an appraiser remarks on that."""

    text = forms.CharField(required=False)


class DecisionForm(forms.Form):
    """A decision: under which delegation, in which meeting, what and why, on which conditions."""

    decision = forms.ChoiceField(choices=Decision.choices, label=gettext_lazy("Decision"))
    delegation = forms.ModelChoiceField(
        Delegation.objects.none(),
        required=False,
        label=gettext_lazy("Under this delegation"),
        empty_label=None,
    )
    meeting = forms.ModelChoiceField(
        ReviewMeeting.objects.none(),
        required=False,
        label=gettext_lazy("In the committee's meeting of"),
        help_text=gettext_lazy("Only where the committee decides."),
        empty_label=gettext_lazy("no meeting"),
    )
    on = DateField(
        required=False,
        label=gettext_lazy("Day of the decision"),
        help_text=gettext_lazy("Empty: today."),
    )
    reason = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("Why, or what is to be changed"),
        widget=forms.Textarea(attrs=LONG),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        appraisal: Appraisal,
        delegations: Iterable[Delegation],
        meetings: Iterable[ReviewMeeting],
    ) -> None:
        super().__init__(data)
        delegation, meeting = self.fields["delegation"], self.fields["meeting"]
        assert isinstance(delegation, forms.ModelChoiceField)
        assert isinstance(meeting, forms.ModelChoiceField)
        # Whether the one that is named holds for this is said by the action.
        delegation.queryset = Delegation.objects.filter(plan=appraisal.plan_id)
        authority = {one.pk: one for one in delegations}
        named = delegation.queryset.filter(pk=whole_number(str(self["delegation"].value()), 0))
        authority |= {one.pk: one for one in named.select_related("office") if self.is_bound}
        self.is_offered = bool(authority) or self.is_bound
        delegation.choices = [(one.pk, _said(one)) for one in authority.values()]
        meeting.queryset = ReviewMeeting.objects.filter(plan=appraisal.plan_id)
        sent = meeting.queryset.filter(pk=whole_number(str(self["meeting"].value()), 0))
        known = {one.pk: one for one in (*meetings, *(sent if self.is_bound else ()))}
        meeting.choices = [
            ("", _("no meeting")),
            *((pk, wording.said_day(one.date)) for pk, one in known.items()),
        ]
        made: Any = formset_factory(ConditionForm, extra=CONDITIONS, max_num=20, absolute_max=30)
        self.conditions = made(data, prefix="conditions", error_messages=ROWS_ERRORS)

    def is_valid(self) -> bool:
        """Whether the decision and its conditions can be read."""
        return bool(self.conditions.is_valid()) & super().is_valid()

    def given(self) -> list[ConditionInput]:
        """The conditions that were written."""
        self.numbers: list[int] = []
        kept = []
        for number, form in enumerate(self.conditions.forms):
            said = form.cleaned_data
            if any(said.get(name) for name in ("text", "due", "before_start")):
                kept.append(ConditionInput(said["text"], said["due"], said["before_start"]))
                self.numbers.append(number)
        return kept

    def say(self, problem: Problem) -> None:
        """Put a problem beside its field, that of a condition in its row.

        What the document lacks stands above the form, under its section.
        """
        head, _point, name = problem.field.partition(".")
        if head == "conditions" and problem.row:
            self.conditions.forms[self.numbers[problem.row - 1]].add_error(name, problem.message)
        elif head in self.fields:
            self.add_error(head, problem.message)
        else:
            self.add_error(None, lacking(problem))


def _said(one: Delegation) -> str:
    """A delegation as one chooses it."""
    if one.most_usd is None:
        most = _("any amount")
    else:
        most = _("up to USD %(most)s") % {"most": wording.number(one.most_usd)}
    return f"{one.get_level_display()} · {one.office.code} · {most}"


class LessonForm(forms.Form):
    """One lesson: the situation, what was learned, how to use it, where it belongs."""

    context = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("Situation"),
        widget=forms.Textarea(attrs=LONG),
    )
    learned = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("What was learned"),
        widget=forms.Textarea(attrs=LONG),
    )
    use = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("How others can use it"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    outcome = forms.ModelChoiceField(
        Outcome.objects.none(),
        required=False,
        to_field_name="code",
        label=gettext_lazy("Outcome"),
        empty_label=gettext_lazy("no single outcome"),
    )
    country = forms.ModelChoiceField(
        Country.objects.none(),
        required=False,
        to_field_name="iso3",
        label=gettext_lazy("Country"),
        empty_label=gettext_lazy("no single country"),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome, country = self.fields["outcome"], self.fields["country"]
        assert isinstance(outcome, forms.ModelChoiceField)
        assert isinstance(country, forms.ModelChoiceField)
        outcome.queryset = Outcome.objects.filter(plan=project.plan_id)
        country.queryset = project.countries.all()
        country.choices = [("", country.empty_label), *country_choices(country.queryset)]


class CloseForm(forms.Form):
    """The closure of a project: the day, the final report, and lessons."""

    closed_on = DateField(required=False, label=gettext_lazy("Closed on"))
    achieved = forms.CharField(
        required=False,
        max_length=25_000,
        label=gettext_lazy("What the project achieved"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    lasting = forms.CharField(
        required=False,
        max_length=25_000,
        label=gettext_lazy("What lasts, and who looks after it"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    link = forms.CharField(
        required=False,
        max_length=600,
        label=gettext_lazy("Address of the final report"),
        widget=forms.URLInput(),
    )
    conditions_left = forms.CharField(
        required=False,
        max_length=25_000,
        label=gettext_lazy("Why these conditions are left open"),
        widget=forms.Textarea(attrs=LONG),
    )

    def __init__(
        self, data: Any = None, *, project: Project, conditions: Iterable[Condition]
    ) -> None:
        super().__init__(data)
        if not conditions:
            del self.fields["conditions_left"]
        made: Any = formset_factory(LessonForm, extra=LESSONS, max_num=50, absolute_max=60)
        self.lessons = made(
            data, prefix="lessons", form_kwargs={"project": project}, error_messages=ROWS_ERRORS
        )

    def is_valid(self) -> bool:
        """Whether report and lessons can be read."""
        return bool(self.lessons.is_valid()) & super().is_valid()

    def given(self) -> list[LessonInput]:
        """The lessons that were written."""
        self.numbers: list[int] = []
        kept = []
        for number, form in enumerate(self.lessons.forms):
            said = form.cleaned_data
            lesson = LessonInput(**said) if said else None
            if lesson is not None and lesson.says_anything:
                kept.append(lesson)
                self.numbers.append(number)
        return kept

    def say(self, problem: Problem) -> None:
        """Put a problem beside its field, that of a lesson in its row."""
        head, _point, name = problem.field.partition(".")
        if head == "lessons" and problem.row:
            self.lessons.forms[self.numbers[problem.row - 1]].add_error(name, problem.message)
        else:
            self.add_error(head if head in self.fields else None, problem.message)


class DelegationForm(forms.Form):
    """To whom which authority is delegated."""

    person = forms.ModelChoiceField(
        User.objects.none(), to_field_name="email", label=gettext_lazy("Person")
    )
    office = forms.ModelChoiceField(
        Office.objects.order_by("path"),
        to_field_name="code",
        empty_label=None,
        label=gettext_lazy("For projects of"),
        help_text=gettext_lazy("With all offices below it."),
    )
    level = forms.ChoiceField(choices=Level.choices, label=gettext_lazy("Level"))
    most_usd = NumberField(
        required=False,
        label=gettext_lazy("Up to, in US dollars"),
        help_text=gettext_lazy("Empty: any amount."),
    )
    start = DateField(required=False, label=gettext_lazy("From"))
    until = DateField(required=False, label=gettext_lazy("Until"))
    document = forms.CharField(
        required=False, max_length=400, label=gettext_lazy("Document that it rests on")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = User.objects.filter(is_active=True).order_by("name", "email")


class MeetingForm(forms.Form):
    """A meeting of the committee."""

    date = DateField(required=False, label=gettext_lazy("Day"))
    chair = forms.CharField(required=False, max_length=200, label=gettext_lazy("Chair"))
    minutes = forms.URLField(
        required=False,
        max_length=500,
        label=gettext_lazy("Address of the minutes"),
        assume_scheme="https",
    )
    note = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
