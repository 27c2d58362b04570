"""The register of risks: of the plan, of an outcome, of a project."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from habitat_tracker.accounts.models import Office
from outcomes.models import Outcome
from plans.models import StrategicPlan

from ..choices import RiskCategory, RiskLevel, RiskResponse
from ..querysets import RiskQuerySet
from .project import Project


class Risk(models.Model):
    """What may keep the plan, an outcome or a project from its results.

    Likelihood and impact are rated from 1 to 5; `score` is their product, kept for lists. It has
    an owner and a day by which it is looked at again. One that is over is closed with a reason
    and kept.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="risks")
    outcome = models.ForeignKey(
        Outcome, on_delete=models.CASCADE, null=True, blank=True, related_name="risks"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="risks"
    )
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=15, choices=RiskCategory)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField(editable=False)
    response = models.CharField(max_length=10, choices=RiskResponse)
    measures = models.TextField(blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="risks"
    )
    review_by = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = RiskQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(likelihood__range=(1, 5), impact__range=(1, 5)), name="risk_rated"
            ),
            models.CheckConstraint(
                condition=Q(score=F("likelihood") * F("impact")), name="risk_score_is_the_product"
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True) | Q(project__isnull=True),
                name="risk_of_outcome_or_project",
            ),
        ]
        indexes = [models.Index(fields=["plan", "-score", "-id"], name="risk_register")]

    def __str__(self) -> str:
        return self.title

    @property
    def home_office(self) -> Office:
        """Where acts on the risk belong."""
        return self.office

    @property
    def level(self) -> RiskLevel:
        """How grave it is, in a word."""
        return RiskLevel.of(self.score)

    @property
    def is_open(self) -> bool:
        """Whether it may still happen."""
        return self.closed_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether its day has passed and it is open."""
        return self.is_open and self.review_by < timezone.localdate()
