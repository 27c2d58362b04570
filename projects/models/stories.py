"""What the organization shows of its work: stories of impact, and its innovation labs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from plans.models import Sourced, StrategicPlan

from ..choices import LabStatus, StoryStatus
from ..querysets import LabQuerySet, StoryQuerySet
from .project import Project
from .results import Result


class Story(models.Model):
    """A story of impact, told on approved results of a project.

    It is published only with the consent of those whom it tells of (`consent` says whose, how and
    when), and where it has a picture, with the right to show it. What was published and is taken
    back is kept.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stories")
    title = models.CharField(max_length=200)
    text = models.TextField()
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    results = models.ManyToManyField(Result, blank=True, related_name="stories")
    link = models.URLField(max_length=500, blank=True)
    picture = models.URLField(max_length=500, blank=True)
    image_rights = models.CharField(max_length=300, blank=True)
    consent = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=10, choices=StoryStatus, default=StoryStatus.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ["-entered_at", "-id"]
        verbose_name_plural = "stories"
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | ~Q(consent=""), name="story_with_consent"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def home_office(self) -> Office:
        """Where acts on the story belong."""
        return self.project.office


class InnovationLab(Sourced):
    """A laboratory or centre of innovation, registered once: where it is, who hosts it, its state.

    Two in one city are one and the same unless somebody said otherwise (`save_lab`).
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="labs")
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200, editable=False)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    city = models.CharField(max_length=100, blank=True)
    host = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=LabStatus)
    projects = models.ManyToManyField(Project, blank=True, related_name="labs")
    link = models.URLField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = LabQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "name"]
        constraints = [models.UniqueConstraint(fields=["plan", "key"], name="lab_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def home_office(self) -> Office:
        """Where acts on the lab belong."""
        return self.office
