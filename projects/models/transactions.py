"""What projects receive and spend."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from habitat_tracker.accounts.models import Office
from habitat_tracker.fields import FixedPointField
from plans.models import StrategicPlan, Theme

from ..choices import TransactionKind
from ..querysets import TransactionFileQuerySet, TransactionQuerySet
from .project import Project


def kept_path(kept: TransactionFile, _name: str) -> str:
    """Where a file of income and expenditure is kept until it is confirmed."""
    return f"{TransactionFile.FOLDER}/{kept.pk}"


class TransactionFile(models.Model):
    """A file of income and expenditure that somebody looked at and has not confirmed yet.

    Only its sender sees it, one for each plan and for a day. `shown` is what it would do as it was
    shown last: how many are new, replace others, are there already; empty before that.
    """

    FOLDER: ClassVar[str] = "transactions"
    KEPT_FOR: ClassVar[timedelta] = timedelta(days=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to=kept_path, max_length=200)
    shown = models.JSONField(default=list)
    kept_at = models.DateTimeField(default=timezone.now)

    objects = TransactionFileQuerySet.as_manager()

    class Meta:
        ordering = ["-kept_at"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "by"], name="transaction_file_one_of_each")
        ]

    def __str__(self) -> str:
        return self.name


class Transaction(models.Model):
    """An amount that a project received or spent; never edited, only withdrawn and posted anew.

    `amount` is in `currency`, `usd` the same in US dollars at the operational rate `rate` of the
    month `rate_month`, all kept with the row. `donor` is who gives the money; of expenditure,
    whose money was spent, empty where nobody said. `earmarked` is null where nobody said, which
    only expenditure may leave open. `prong` is that of the resource mobilization strategy which
    brought income in, where somebody said. `external_id` names it in the system that it comes from
    and stands for one transaction of the plan. `reason` says why it was withdrawn. It counts at T
    when posted <= T < withdrawn, by the database's clock.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="transactions")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="transactions")
    kind = models.CharField(max_length=12, choices=TransactionKind)
    date = models.DateField()
    donor = models.CharField(max_length=200, blank=True)
    earmarked = models.BooleanField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount = FixedPointField()
    usd = FixedPointField()
    rate = FixedPointField()
    rate_month = models.DateField()
    prong = models.ForeignKey(
        Theme, on_delete=models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    description = models.TextField(blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "external_id"],
                condition=Q(withdrawn_at__isnull=True) & ~Q(external_id=""),
                name="transaction_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transaction_above_zero"),
            models.CheckConstraint(
                condition=Q(earmarked__isnull=False) | Q(kind=TransactionKind.EXPENDITURE),
                name="transaction_says_earmarking",
            ),
        ]
        indexes = [
            # what one project received and spent, the newest first
            models.Index(fields=["project", "-date", "-id"], name="transaction_of_project"),
            # the plan's, the newest first
            models.Index(fields=["plan", "-date", "-id"], name="transaction_of_plan"),
            # what a file that is loaded again names
            models.Index(fields=["plan", "external_id"], name="transaction_by_id"),
            # the projects that a donor pays for, as the register asks
            models.Index(Upper("donor"), name="transaction_donor"),
        ]

    def __str__(self) -> str:
        return f"{self.project.code} {self.kind} {self.date} {self.external_id}".strip()

    @property
    def home_office(self) -> Office:
        """Where acts on the transaction belong."""
        return self.project.office
