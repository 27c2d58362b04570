"""The strategic plan itself: its dates, its domains of change, its periods and themes."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from habitat_tracker.fields import TranslatedField
from habitat_tracker.revisions import Revision

from .choices import MandateKind, PeriodKind, ReviewSteps, ThemeKind, Verification
from .querysets import (
    DomainQuerySet,
    PlanQuerySet,
    ReportingPeriodQuerySet,
    ThemeQuerySet,
)


class Sourced(models.Model):
    """Base of what the plan's documents state: where it is stated and how sure that is."""

    source = models.CharField(max_length=300, blank=True)
    verification = models.CharField(max_length=20, choices=Verification, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def is_unverified(self) -> bool:
        """Pages mark what no source confirms."""
        return self.verification == Verification.UNVERIFIED


class StrategicPlan(models.Model):
    """A strategic plan of the organization, real or a demonstration.

    Its dates and settings are revisions (`PlanRevision`): a plan may be extended. How many steps
    the review of a result has (`review_steps`) decides no figure of the past, so it is not dated.
    """

    code = models.CharField(max_length=30, unique=True)
    title = TranslatedField()
    short_title = TranslatedField(blank=True)
    vision = TranslatedField(blank=True)
    objective = TranslatedField(blank=True)
    is_demonstration = models.BooleanField(default=False)
    review_steps = models.PositiveSmallIntegerField(choices=ReviewSteps, default=ReviewSteps.ONE)
    predecessor = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
    )
    sources = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["is_demonstration", "-code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(review_steps__in=(1, 2)), name="plan_has_one_or_two_review_steps"
            )
        ]

    def __str__(self) -> str:
        return str(self.short_title) or str(self.title) or self.code


class PlanRevision(Revision):
    """Dates and settings of a plan, as decided at one moment.

    `minimum_coverage`, `on_track_at` and `delayed_at` are per mille (500 = 50 %), so that
    statuses compare whole numbers.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="revisions")
    start = models.DateField()
    end = models.DateField()
    due_days = models.PositiveSmallIntegerField(default=15)
    minimum_coverage = models.PositiveSmallIntegerField(default=500)
    on_track_at = models.PositiveSmallIntegerField(default=900)
    delayed_at = models.PositiveSmallIntegerField(default=600)
    decided_on = models.CharField(max_length=30, blank=True)
    decided_by = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["plan", "recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(superseded_at__isnull=True),
                name="plan_revision_one_current",
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="plan_starts_before_end"),
        ]

    def __str__(self) -> str:
        return f"{self.plan.code}: {self.start} to {self.end}"


class Mandate(Sourced):
    """A resolution, decision or approval that the plan rests on, with its date as known."""

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="mandates")
    kind = models.CharField(max_length=20, choices=MandateKind)
    code = models.CharField(max_length=120)
    date = models.CharField(max_length=30, blank=True)
    body = models.CharField(max_length=60, blank=True)
    text = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["plan", "kind", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind", "code"], name="mandate_code_once")
        ]

    def __str__(self) -> str:
        return self.code


class Domain(Sourced):
    """A domain of change: one of the plan's sub-programmes."""

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="domains")
    code = models.CharField(max_length=10)
    title = TranslatedField()
    priority = TranslatedField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = DomainQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "code"]
        constraints = [models.UniqueConstraint(fields=["plan", "code"], name="domain_code_in_plan")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ReportingPeriod(models.Model):
    """A stretch of the plan's time that results are reported for.

    Periods are numbered from 1 and follow each other without gap or overlap. A period is open
    from its first day until a manager closes it; `due` is the last day to report in time.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="periods")
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=PeriodKind)
    start = models.DateField()
    end = models.DateField()
    due = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReportingPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="period_number_in_plan"),
            models.UniqueConstraint(fields=["plan", "label"], name="period_label_in_plan"),
            models.CheckConstraint(condition=Q(start__lte=F("end")), name="period_starts_first"),
        ]

    def __str__(self) -> str:
        return self.label.replace("-", " ")

    def has_begun(self, today: date | None = None) -> bool:
        """Whether the first day has come."""
        return self.start <= (today or timezone.localdate())

    @property
    def is_closed(self) -> bool:
        """Closed by a manager."""
        return self.closed_at is not None

    @property
    def is_open(self) -> bool:
        """Results can be entered: begun and not closed."""
        return self.has_begun() and not self.is_closed

    def ends(self, kind: str) -> bool:
        """Whether the period is the last of its half-year or year (the last month tells)."""
        months = {"year": {12}, "half": {6, 12}}.get(kind)
        return months is None or self.end.month in months


class Theme(Sourced):
    """A driver, enabler, inclusion dimension, flagship or framework named by the plan.

    A target of a framework is `part_of` it; what is part of nothing is a framework itself. It was
    `launched` on a day, in a month or in a year, as precisely as a source says (2020-02). It is
    told by its code; how it is called may change (`version` is above 1 where it was changed here).
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="themes")
    kind = models.CharField(max_length=20, choices=ThemeKind)
    code = models.CharField(max_length=40)
    name = TranslatedField()
    text = TranslatedField(blank=True)
    part_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts"
    )
    launched = models.CharField(max_length=10, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = ThemeQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "kind", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind", "code"], name="theme_code_in_plan")
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code
