"""Results and notes on their way through review."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Office
from habitat_tracker.fields import FixedPointField, TranslatedField, plain
from outcomes.choices import Qualifier, State
from outcomes.models import (
    Category,
    Indicator,
    Outcome,
    RatingLevel,
    Thing,
)
from plans.models import Domain, ReportingPeriod

from ..choices import (
    OPEN,
    Status,
)
from ..querysets import (
    NoteQuerySet,
    ResultQuerySet,
)
from .project import Project, ProjectIndicator


class Reviewed(models.Model):
    """Base of what is entered, submitted and approved by different people.

    `version` goes up with every change, so that the second of two editors is told. The
    authors are all who typed, changed or submitted it; none of them may approve it.
    """

    period = models.ForeignKey(ReportingPeriod, on_delete=models.CASCADE, related_name="%(class)ss")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    review_comment = models.TextField(blank=True)
    late_entry = models.ForeignKey(
        "projects.LateEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    class Meta:
        abstract = True

    @property
    def is_late(self) -> bool:
        """Whether it was entered or submitted after its period was closed, with permission."""
        return self.late_entry_id is not None


class Result(Reviewed):
    """What a project reports on one line for one period: one revision of it.

    The first revision may be followed by corrections (`revision` 2, 3...); at most one
    revision is approved and at most one is being worked on; a correction says why
    (`correction_reason`). A percentage holds `numerator`
    and `denominator`; every other number is `value`; a `distinct` result lists things and, in
    `unnamed`, how many more a source only counts. An approved revision is never edited.
    """

    line = models.ForeignKey(ProjectIndicator, on_delete=models.CASCADE, related_name="results")
    revision = models.PositiveSmallIntegerField(default=1)
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
    )
    correction_reason = models.TextField(blank=True)
    state = models.CharField(max_length=15, choices=State, default=State.REPORTED)
    value = FixedPointField(null=True, blank=True)
    numerator = FixedPointField(null=True, blank=True)
    denominator = FixedPointField(null=True, blank=True)
    unnamed = FixedPointField(null=True, blank=True)
    rating = models.ForeignKey(
        RatingLevel, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    narrative = models.TextField(blank=True)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True)
    things = models.ManyToManyField(Thing, blank=True, related_name="results")
    credits = models.ManyToManyField(Indicator, blank=True, related_name="credited_results")

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["line", "period", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "period", "revision"], name="result_revision_once"
            ),
            models.UniqueConstraint(
                fields=["line", "period"],
                condition=Q(status__in=OPEN),
                name="result_one_open_revision",
            ),
            models.UniqueConstraint(
                fields=["line", "period"],
                condition=Q(status=Status.APPROVED),
                name="result_one_approved_revision",
            ),
        ]
        indexes = [
            # the reviewers' queue and the register of results by status
            models.Index(fields=["status", "-changed_at"], name="result_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.line}, {self.period}"

    @property
    def home_office(self) -> Office:
        """Where acts on the result belong."""
        return self.line.project.office

    @property
    def led_by(self) -> str:
        """Who leads a joint result; empty where it is UN-Habitat's alone (`with_co_delivery`)."""
        lead = next((one for one in self.co_deliverers.all() if one.is_lead), None)
        return "" if lead is None else lead.name if lead.partner_id else _("UN-Habitat")

    @property
    def delivered_with(self) -> str:
        """The partners of a joint result, each with its share where it is known."""
        return "; ".join(
            one.name if one.share is None else f"{one.name} ({plain(one.share)} %)"
            for one in self.co_deliverers.all()
            if one.partner_id
        )


class ResultCell(models.Model):
    """One category's part of a result, beside the total."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="cells")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    value = FixedPointField(null=True, blank=True)
    numerator = FixedPointField(null=True, blank=True)
    denominator = FixedPointField(null=True, blank=True)

    class Meta:
        ordering = ["result", "category"]
        constraints = [
            models.UniqueConstraint(fields=["result", "category"], name="result_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.category.code}: {self.value}"


class Note(Reviewed):
    """A statement about an outcome, a domain or the plan that no indicator takes up.

    It goes through the same review as a result and keeps its number, if it has one, as text.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notes")
    outcome = models.ForeignKey(
        Outcome, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    domain = models.ForeignKey(
        Domain, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    key = models.CharField(max_length=40)
    text = TranslatedField()
    value_text = models.CharField(max_length=100, blank=True)
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["project", "key"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="note_key_once")]

    def __str__(self) -> str:
        return str(self.text)[:80]

    @property
    def home_office(self) -> Office:
        """Where acts on the note belong."""
        return self.project.office
