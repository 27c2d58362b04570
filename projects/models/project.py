"""Projects, the outcomes that they serve, and what they report where and when."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import FixedPointField, TranslatedField, plain
from habitat_tracker.revisions import Revision
from outcomes.models import (
    Contributor,
    FrameworkLink,
    Indicator,
    Outcome,
    Thing,
)
from plans.models import ReportingPeriod, StrategicPlan, Theme

from ..choices import CovidMarker, Marker, ProjectKind, ProjectStatus, Rank, Score
from ..querysets import (
    LateEntryQuerySet,
    ProjectIndicatorQuerySet,
    ProjectQuerySet,
    ReminderQuerySet,
)


class Project(models.Model):
    """A project under the plan, or a corporate source that results are taken from.

    It belongs to one office. `countries` are the places where it works; none: global. It is part
    of one flagship programme at most. `covid_share` is the share of its budget that responds to
    COVID-19, in percent, where part of it does. One that was approved elsewhere has no proposal:
    `taken_over_at`, by whom and why say so. `version` goes up with each change of what it is about
    (`describe_project`).
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="projects")
    code = models.CharField(max_length=40)
    title = TranslatedField()
    summary = TranslatedField(blank=True)
    kind = models.CharField(max_length=20, choices=ProjectKind, default=ProjectKind.PROJECT)
    status = models.CharField(max_length=10, choices=ProjectStatus, default=ProjectStatus.ACTIVE)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="projects")
    countries = models.ManyToManyField(Country, blank=True, related_name="projects")
    start = models.DateField(null=True, blank=True)
    end = models.DateField(null=True, blank=True)
    flagship = models.ForeignKey(
        Theme, on_delete=models.PROTECT, null=True, blank=True, related_name="flagship_projects"
    )
    covid = models.CharField(max_length=10, choices=CovidMarker, blank=True)
    covid_share = FixedPointField(null=True, blank=True)
    replication = models.PositiveSmallIntegerField(choices=Score, null=True, blank=True)
    replication_text = models.TextField(blank=True)
    innovation = models.PositiveSmallIntegerField(choices=Score, null=True, blank=True)
    innovation_text = models.TextField(blank=True)
    taken_over_at = models.DateTimeField(null=True, blank=True)
    taken_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_over_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="project_code_in_plan"),
            models.CheckConstraint(
                condition=Q(start__isnull=True)
                | Q(end__isnull=True)
                | Q(start__lte=models.F("end")),
                name="project_starts_first",
            ),
        ]
        indexes = [
            # the register, and the few corporate sources beside it
            models.Index(fields=["plan", "kind", "code"], name="project_register"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def covid_percent(self) -> str:
        """The share of the budget that responds to COVID-19, in percent, as somebody types it."""
        return plain(self.covid_share)

    @property
    def home_office(self) -> Office:
        """Where acts on the project belong."""
        return self.office


class Alignment(models.Model):
    """A project serves an outcome: primarily, secondarily (indirect) or in a third rank."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alignments")
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="alignments")
    rank = models.CharField(max_length=10, choices=Rank)
    justification = models.TextField(blank=True)

    class Meta:
        ordering = ["project", "rank", "outcome"]
        constraints = [
            models.UniqueConstraint(fields=["project", "outcome"], name="alignment_once"),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(rank=Rank.PRIMARY),
                name="alignment_one_primary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.outcome.code} ({self.rank})"


class ProjectRevision(Revision):
    """Where a project belonged and stood, dated: office, flagship, primary outcome, status.

    What counts now is what the project and its alignments say themselves.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="revisions")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    flagship = models.ForeignKey(
        Theme, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.ForeignKey(
        Outcome, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=ProjectStatus)

    class Meta:
        ordering = ["project", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(superseded_at__isnull=True),
                name="project_revision_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.office.code}"


class ProjectTheme(models.Model):
    """A theme of the plan that a project is about, examined for, or uses.

    A driver or enabler has a reason; an inclusion dimension or cross-cutting issue has a marker
    (`Marker`), and none of them has a row where it was not examined; a tool has neither.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="themes")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="project_links")
    marker = models.PositiveSmallIntegerField(choices=Marker, null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["project", "theme__kind", "theme__position"]
        constraints = [
            models.UniqueConstraint(fields=["project", "theme"], name="project_theme_once"),
            models.CheckConstraint(
                condition=Q(marker__isnull=True) | Q(marker__in=(0, 1, 2)),
                name="project_theme_marker",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.theme}"


class ProjectFramework(FrameworkLink):
    """A project is aligned with a framework or one of its targets by itself.

    What it serves through its outcomes and indicators is no row here: it is inherited from their
    links whenever it is asked for.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="frameworks")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="framework_projects")

    class Meta:
        ordering = ["project", "theme__position", "theme__code"]
        constraints = [
            models.UniqueConstraint(fields=["project", "theme"], name="project_framework_once")
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.theme}"


class ProjectIndicator(models.Model):
    """A reporting line: a project reports an indicator for one place, from when to when.

    The place is a country, a city, or none (global, several countries). Each line is one
    contributor of the ledger; `projects.actions` keeps the two in step.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lines")
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="lines")
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    city = models.ForeignKey(
        Thing, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expected_from = models.DateField(null=True, blank=True)
    expected_to = models.DateField(null=True, blank=True)
    contributor = models.OneToOneField(Contributor, on_delete=models.CASCADE, related_name="line")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ProjectIndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["project", "position", "id"]

    def __str__(self) -> str:
        return f"{self.project.code} {self.indicator.code} {self.place_name}".strip()

    @property
    def home_office(self) -> Office:
        """Where acts on the line belong."""
        return self.project.office

    def is_open_after(self, day: date) -> bool:
        """Whether something is expected of it after a day."""
        return self.expected_to is None or self.expected_to > day

    @property
    def place_name(self) -> str:
        """The place in words; empty where there is none."""
        return str(self.city or self.country or "")


class LateEntry(models.Model):
    """A permission to report late: a project may still work in a period that was closed.

    It holds until the end of the day `until`, until it is ended by hand, or until its period is
    opened again. What is entered or
    submitted under it is marked with it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="late_entries")
    period = models.ForeignKey(
        ReportingPeriod, on_delete=models.CASCADE, related_name="late_entries"
    )
    until = models.DateField()
    reason = models.TextField()
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LateEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at", "-id"]
        verbose_name_plural = "late entries"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "period"],
                condition=Q(ended_at__isnull=True),
                name="late_entry_one_standing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project.code}, {self.period}"

    @property
    def is_in_force(self) -> bool:
        """Whether it still lets anybody in."""
        closed_at = self.period.closed_at
        return (
            self.ended_at is None
            and timezone.localdate() <= self.until
            and closed_at is not None
            and self.granted_at >= closed_at
        )


class Reminder(models.Model):
    """A manager asked those who report for a project (`to`) for what it owes in a period."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reminders")
    period = models.ForeignKey(ReportingPeriod, on_delete=models.CASCADE, related_name="reminders")
    message = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    to = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="reminders")

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # whether a project was reminded of a period within a day
            models.Index(fields=["project", "period", "-at"], name="reminder_of_project")
        ]

    def __str__(self) -> str:
        return f"{self.project.code}, {self.period}"
