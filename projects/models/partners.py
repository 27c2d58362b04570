"""Partners of the organization, and the agreements that were signed with them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import FixedPointField
from habitat_tracker.revisions import Revision
from outcomes.models import Thing
from plans.models import StrategicPlan

from ..choices import (
    AgreementKind,
    AgreementScope,
    AgreementState,
    ContributionRole,
    PartnerKind,
)
from ..querysets import (
    AgreementQuerySet,
    AgreementRevisionQuerySet,
    PartnerContributionQuerySet,
    PartnerQuerySet,
)
from .project import Project


class Partner(models.Model):
    """An organization that UN-Habitat works with, registered once in a plan.

    `key` is the name as it is compared (`spelling.normalised`). `thing` is what it is counted as;
    where two spellings turn out to be one partner, `merged_into` is the one that counts, always
    directly. `kind` is the one of now; what counted at a moment is in the revisions.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="partners")
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=PartnerKind)
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    website = models.URLField(max_length=500, blank=True)
    thing = models.OneToOneField(Thing, on_delete=models.PROTECT, related_name="partner")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="spellings"
    )
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "key"],
                condition=Q(merged_into__isnull=True),
                name="partner_key_once",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")), name="partner_merged_into_another"
            ),
        ]
        indexes = [
            # the register, by name
            models.Index(fields=["plan", "key", "id"], name="partner_register"),
        ]

    def __str__(self) -> str:
        return self.name


class PartnerRevision(Revision):
    """Which kind a partner is of, dated: a correction leaves what was counted before as it was."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="revisions")
    kind = models.CharField(max_length=20, choices=PartnerKind)

    class Meta:
        ordering = ["partner", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"],
                condition=Q(superseded_at__isnull=True),
                name="partner_revision_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.kind}"


class Agreement(models.Model):
    """What was signed with a partner, by which office, how far it reaches and how long it holds.

    Both days belong to it; without an end it holds until it is ended. A renewal is an agreement
    of its own. One that was entered by mistake is withdrawn, kept with the reason, and counts
    nowhere; office and days are those of now, the revisions have what counted at a moment.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="agreements")
    title = models.CharField(max_length=300)
    reference = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, choices=AgreementKind)
    scope = models.CharField(max_length=10, choices=AgreementScope)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="agreements")
    countries = models.ManyToManyField(Country, blank=True, related_name="agreements")
    signed = models.DateField()
    start = models.DateField()
    end = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-signed", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="agreement_begins_first",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.reference})" if self.reference else self.title

    @property
    def home_office(self) -> Office:
        """Where acts on the agreement belong."""
        return self.office

    def state_on(self, day: date) -> AgreementState:
        """Where it stands on a day."""
        if self.withdrawn_at is not None:
            return AgreementState.WITHDRAWN
        if self.start > day:
            return AgreementState.TO_COME
        if self.end is not None and self.end < day:
            return AgreementState.ENDED
        return AgreementState.IN_FORCE

    @property
    def state(self) -> AgreementState:
        """Where it stands today."""
        return self.state_on(timezone.localdate())


class AgreementRevision(Revision):
    """Who signed an agreement when, and how long it holds, dated: what counts of it at a moment.

    One that was withdrawn has no current revision.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="revisions")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    signed = models.DateField()
    start = models.DateField()
    end = models.DateField(null=True, blank=True)

    objects = AgreementRevisionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["agreement", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(superseded_at__isnull=True),
                name="agreement_revision_one_current",
            )
        ]
        indexes = [
            # partners with agreements signed within a window
            models.Index(fields=["signed", "agreement"], name="agreement_revision_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement}: {self.signed}"


class PartnerContribution(models.Model):
    """What a partner does for a project, or gives to it, in a role and from when to when.

    The amount is optional: what is not stated is no amount, which differs from 0. It keeps the
    rate of the month of its first day, with which it was converted to US dollars. One that was
    entered by mistake is withdrawn and kept.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="contributions")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contributions")
    role = models.CharField(max_length=20, choices=ContributionRole)
    what = models.CharField(max_length=500)
    amount = FixedPointField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    usd = FixedPointField(null=True, blank=True)
    rate = FixedPointField(null=True, blank=True)
    rate_month = models.DateField(null=True, blank=True)
    start = models.DateField()
    end = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PartnerContributionQuerySet.as_manager()

    class Meta:
        ordering = ["-start", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="contribution_begins_first",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount__isnull=True,
                    currency="",
                    usd__isnull=True,
                    rate__isnull=True,
                    rate_month__isnull=True,
                )
                | Q(
                    amount__gt=0,
                    usd__isnull=False,
                    rate__isnull=False,
                    rate_month__isnull=False,
                )
                & ~Q(currency=""),
                name="contribution_amount_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner}, {self.project.code}"

    @property
    def cut_short(self) -> date | None:
        """The day on which its project was closed, where that was before its own end."""
        report = getattr(self.project, "final_report", None)
        if report is None or (self.end and self.end <= report.closed_on):
            return None
        return report.closed_on

    @property
    def home_office(self) -> Office:
        """Where acts on the contribution belong."""
        return self.project.office
