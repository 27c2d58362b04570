"""The organization's core budget, and the outcomes that are put off for want of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from habitat_tracker.fields import FixedPointField
from habitat_tracker.revisions import Revision
from habitat_tracker.wording import as_decimal
from outcomes.models import Outcome
from plans.models import StrategicPlan, Theme

from ..choices import DeferralState, Likelihood
from ..querysets import CoreBudgetQuerySet, DeferralQuerySet, ExpectedIncomeQuerySet


class CoreBudget(Revision):
    """The budget that is not earmarked, for a year: approved, and what of it was received.

    In US dollars. `received` is null where nobody knows yet. Below `risk_below` percent of the
    approved budget it is a risk; null: no share is set.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="core_budgets")
    year = models.PositiveSmallIntegerField()
    approved = FixedPointField()
    received = FixedPointField(null=True, blank=True)
    risk_below = FixedPointField(null=True, blank=True)
    source = models.CharField(max_length=300)
    note = models.TextField(blank=True)

    objects = CoreBudgetQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["plan", "year"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "year"],
                condition=Q(superseded_at__isnull=True),
                name="core_budget_once",
            ),
            models.CheckConstraint(condition=Q(approved__gt=0), name="core_budget_above_zero"),
            models.CheckConstraint(
                condition=Q(received__isnull=True) | Q(received__gte=0),
                name="core_budget_received",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.code} {self.year}"

    @property
    def share(self) -> Fraction | None:
        """What was received in percent of what is approved; None where that is not known."""
        if self.received is None:
            return None
        return Fraction(self.received) * 100 / Fraction(self.approved)

    @property
    def percent(self) -> Decimal | None:
        """The share, rounded to two places."""
        share = self.share
        return None if share is None else as_decimal(share)

    @property
    def is_at_risk(self) -> bool:
        """Whether less was received than the share that is set."""
        share = self.share
        return share is not None and self.risk_below is not None and share < self.risk_below


class Deferral(Revision):
    """An outcome whose work is put off: from when it was planned to a new date; `reason` says why.

    What is put off shows this in place of figures that are missing: never a zero.
    """

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="deferrals")
    planned = models.DateField()
    until = models.DateField()

    # Whether another deferral took its place; `with_what_followed` knows.
    is_replaced: bool

    objects = DeferralQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["outcome", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome"],
                condition=Q(superseded_at__isnull=True),
                name="deferral_once",
            ),
            models.CheckConstraint(condition=Q(planned__lt=F("until")), name="deferral_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome.code}: {self.until}"

    @property
    def is_late(self) -> bool:
        """Whether it is still put off although its new date has passed."""
        return self.superseded_at is None and self.until < timezone.localdate()

    @property
    def state(self) -> DeferralState:
        """What became of it; of those that ended `with_what_followed` has to be asked."""
        if self.superseded_at is None:
            return DeferralState.PUT_OFF
        return DeferralState.ANEW if self.is_replaced else DeferralState.TAKEN_UP


class ExpectedIncome(models.Model):
    """Income that a plan expects in a year; never edited, only withdrawn and recorded anew.

    `amount` is in `currency`, `usd` the same in US dollars at the operational rate `rate` of the
    month `rate_month`, all kept with the row. `likelihood` is how sure it was when it was recorded,
    `prong` that of the resource mobilization strategy which is to bring it in, where somebody said.
    It counts at T when posted <= T < withdrawn, by the database's clock.
    """

    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="expected_income"
    )
    year = models.PositiveSmallIntegerField()
    donor = models.CharField(max_length=200, blank=True)
    earmarked = models.BooleanField()
    currency = models.CharField(max_length=3)
    amount = FixedPointField()
    usd = FixedPointField()
    rate = FixedPointField()
    rate_month = models.DateField()
    likelihood = models.CharField(max_length=10, choices=Likelihood)
    prong = models.ForeignKey(
        Theme, on_delete=models.PROTECT, null=True, blank=True, related_name="expected_income"
    )
    note = models.TextField(blank=True)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    objects = ExpectedIncomeQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "year", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="expected_income_above_zero")
        ]
        indexes = [models.Index(fields=["plan", "year", "id"], name="expected_income_of_plan")]

    def __str__(self) -> str:
        return f"{self.plan.code} {self.year} {self.donor}".strip()
