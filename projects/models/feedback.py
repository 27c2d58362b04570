"""What partners say of their work with the organization, asked for by a signed link."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Office

from ..querysets import PartnerFeedbackQuerySet
from .partners import Partner
from .project import Project


class PartnerFeedback(models.Model):
    """A partner was asked about a project, and may have answered: once, without an account.

    The link that was sent holds until the end of the day `until`. `rating` is from 1 (poor) to 5
    (very good). What was answered is published only where the partner consented and a manager of
    the project's office decided so; the office's own answer stands beside it. A request that was
    sent by mistake is withdrawn, and its link holds no longer.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="feedback")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="feedback")
    email = models.EmailField()
    until = models.DateField()
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=150, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    went_well = models.TextField(blank=True)
    to_improve = models.TextField(blank=True)
    consent = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PartnerFeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name_plural = "feedback of partners"
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="feedback_rated"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(consent=True),
                name="feedback_published_with_consent",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(answered_at__isnull=True),
                name="feedback_withdrawn_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner}, {self.project.code}"

    @property
    def home_office(self) -> Office:
        """Where acts on the feedback belong."""
        return self.project.office
