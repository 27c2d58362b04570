"""What people did and what it changed: the history of a record, and the audit of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from habitat_tracker.accounts.activity_words import (
    RECORDS,
    VERBS,
    changes_in_words,
    reason_in_words,
    record_in_words,
    verb_in_words,
)
from habitat_tracker.accounts.choices import AUDITORS
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.accounts.permissions import has_role_at_headquarters
from habitat_tracker.forms import DateField
from habitat_tracker.web import visible_or_404
from outcomes.models import Indicator
from plans.models import ReportingPeriod, StrategicPlan
from projects.models import (
    Agreement,
    Deliverable,
    Note,
    Partner,
    PartnerContribution,
    ProductApplication,
    Project,
    ProjectIndicator,
    Result,
)
from projects.querysets import within_offices

from .exports.tables import Cell, Table, asked_for

# An export has so many acts at most; who needs more takes them year by year.
MOST_EXPORTED = 1_000_000


# --- The history of one record ---------------------------------------------------------------


def _person(user: User, plan: StrategicPlan, key: int) -> User:
    """An account, for managers and administrators of an office where it has a role, and itself."""
    found = User.objects.filter(pk=key).first()
    if found is None or not user.is_active:
        raise Http404
    if found.pk != user.pk and not _audits_somewhere(user, found):
        raise Http404
    return found


def _audits_somewhere(user: User, other: User) -> bool:
    return (
        has_role_at_headquarters(user, *AUDITORS)
        or other.office_roles.filter(within_offices(user, "", *AUDITORS)).exists()
    )


def _of_plan(rows: Any, path: str) -> Callable[[User, StrategicPlan, int], Any]:
    """A record of the plan that the reader sees."""

    def found(user: User, plan: StrategicPlan, key: int) -> Any:
        return visible_or_404(rows.filter(**{path: plan}), user, pk=key)

    return found


def _line(user: User, plan: StrategicPlan, key: int) -> ProjectIndicator:
    line = ProjectIndicator.objects.filter(
        pk=key, project__in=Project.objects.visible_to(user).filter(plan=plan)
    ).first()
    if line is None:
        raise Http404
    return line


def _office(user: User, plan: StrategicPlan, key: int) -> Any:
    return visible_or_404(Office.objects, user, pk=key)


def _plan(user: User, plan: StrategicPlan, key: int) -> StrategicPlan:
    if plan.pk != key:
        raise Http404
    return plan


# Records that have a page of their history, by the word in its address; each is found with the
# gate of the record itself.
_FOUND: dict[str, Callable[[User, StrategicPlan, int], models.Model]] = {
    "project": _of_plan(Project.objects, "plan"),
    "line": _line,
    "result": _of_plan(Result.objects, "line__project__plan"),
    "note": _of_plan(Note.objects, "project__plan"),
    "deliverable": _of_plan(Deliverable.objects, "project__plan"),
    "application": _of_plan(ProductApplication.objects, "project__plan"),
    "partner": _of_plan(Partner.objects, "plan"),
    "contribution": _of_plan(PartnerContribution.objects, "project__plan"),
    "agreement": _of_plan(Agreement.objects, "partner__plan"),
    "indicator": _of_plan(Indicator.objects, "plan"),
    "period": _of_plan(ReportingPeriod.objects, "plan"),
    "plan": _plan,
    "person": _person,
    "office": _office,
}
KINDS = frozenset(_FOUND)


def record_or_404(user: User, plan: StrategicPlan, kind: str, key: int) -> models.Model:
    """The record whose history is asked for, where the reader sees the record itself."""
    if kind not in _FOUND:
        raise Http404
    return _FOUND[kind](user, plan, key)


def acts_on(user: User, record: models.Model) -> models.QuerySet[Any]:
    """What was done to a record; of a person's account only what the reader may know."""
    acts: Any = ActivityEntry.objects.about(record).select_related("actor")
    if isinstance(record, User) and record.pk != user.pk:
        acts = acts.visible_to(user)
    return acts


# --- The audit ------------------------------------------------------------------------------


class AuditFilter(forms.Form):
    """Which acts are shown: by whom, on what, where, when, with which words."""

    person = forms.CharField(max_length=100, required=False, label=gettext_lazy("Person"))
    record = forms.ChoiceField(required=False, label=gettext_lazy("Kind of record"))
    act = forms.ChoiceField(required=False, label=gettext_lazy("Act"))
    office = forms.ModelChoiceField(
        Office.objects.none(),
        to_field_name="code",
        required=False,
        label=gettext_lazy("Office"),
        empty_label=gettext_lazy("All offices"),
    )
    since = DateField(
        required=False,
        label=gettext_lazy("From"),
    )
    until = DateField(
        required=False,
        label=gettext_lazy("To"),
    )
    q = forms.CharField(max_length=200, required=False, label=gettext_lazy("Words"))

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        kinds = sorted((str(label), kind) for kind, label in RECORDS.items())
        verbs = sorted((str(label), verb) for verb, label in VERBS.items())
        record, act, office = (self.fields[name] for name in ("record", "act", "office"))
        assert isinstance(record, forms.ChoiceField) and isinstance(act, forms.ChoiceField)
        assert isinstance(office, forms.ModelChoiceField)
        record.choices = [("", _("All")), *((kind, label) for label, kind in kinds)]
        act.choices = [("", _("All")), *((verb, label) for label, verb in verbs)]
        office.queryset = Office.objects.of(user, *AUDITORS).order_by("path")

    def acts(self) -> models.QuerySet[Any]:
        """The acts that the reader may see and asked for, the newest first."""
        acts = ActivityEntry.objects.visible_to(self.user).select_related("actor")
        if not self.is_valid():
            return acts.none()
        asked = self.cleaned_data
        for word in asked["person"].split():
            acts = acts.filter(Q(actor__name__icontains=word) | Q(actor__email__icontains=word))
        if asked["record"]:
            acts = acts.filter(target_type=asked["record"])
        if asked["act"]:
            acts = acts.filter(verb=asked["act"])
        if asked["office"]:
            acts = acts.filter(office_path__startswith=asked["office"].path)
        if asked["since"]:
            acts = acts.filter(at__gte=datetime.combine(asked["since"], time.min, UTC))
        if asked["until"]:
            after = asked["until"] + timedelta(days=1)
            acts = acts.filter(at__lt=datetime.combine(after, time.min, UTC))
        for word in asked["q"].split():
            acts = acts.filter(Q(target_label__icontains=word) | Q(reason__icontains=word))
        return acts.order_by("-at", "-id")


def audit_table(asked: AuditFilter) -> Table:
    """The acts asked for, a row for each field that changed; read from the database as written."""
    said = asked_for(asked) if asked.is_valid() else []
    return Table(
        name=_("Audit"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *said],
        columns=[
            _("When (UTC)"),
            _("Who"),
            _("E-mail address"),
            _("Kind of record"),
            _("Record"),
            _("Key"),
            _("Act"),
            _("Field"),
            _("Before"),
            _("After"),
            _("Why"),
        ],
        rows=_rows(asked.acts()[:MOST_EXPORTED]),
    )


def _rows(acts: models.QuerySet[Any]) -> Iterator[list[Cell]]:
    told = acts.values_list(
        *("at", "actor__name", "actor__email", "target_type", "target_label", "target_id"),
        *("verb", "changes", "reason"),
    )
    for at, name, email, kind, label, key, verb, changed, reason in told.iterator(chunk_size=2_000):
        head: list[Cell] = [
            at.astimezone(UTC).isoformat(" ", "seconds")[:19],
            name or email or _("The system"),
            email or "",
            record_in_words(kind),
            label,
            key,
            verb_in_words(verb),
        ]
        changes = changes_in_words(kind, changed)
        for change in changes:
            yield [*head, change.label, change.before, change.after, reason_in_words(reason)]
        if not changes:
            yield [*head, "", "", "", reason_in_words(reason)]
