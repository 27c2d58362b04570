"""Money: what a currency is worth, what a project may spend, and which outcomes that is for."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from habitat_tracker.fields import FixedPointField
from habitat_tracker.revisions import Revision
from outcomes.models import Outcome
from projects.querysets import ExchangeRateQuerySet

from .project import Project


class ExchangeRate(models.Model):
    """The United Nations operational rate of exchange of a currency in a month.

    `rate` is how many units of the currency one US dollar is worth; `month` is the month's first
    day. Amounts keep the rate that they were converted with, so that a rate which is corrected
    later changes none of them. The dollar itself has no row: it is always 1.
    """

    currency = models.CharField(max_length=3)
    month = models.DateField()
    rate = FixedPointField()
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    loaded_at = models.DateTimeField(default=timezone.now)

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "month"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_above_zero"),
            models.CheckConstraint(condition=Q(month__day=1), name="exchange_rate_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.month:%Y-%m}"


class BudgetLine(Revision):
    """What a donor gives a project for a year, as approved: a revision of the project's budget.

    `amount` is in `currency`, `usd` the same in US dollars at the operational rate `rate` of the
    month `rate_month`, both kept with the row. `donor` is empty where the money is the
    organization's own and not yet promised by anybody. The lines that count at a moment are the
    whole budget of that moment.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="budget_lines")
    year = models.PositiveSmallIntegerField()
    donor = models.CharField(max_length=200, blank=True)
    earmarked = models.BooleanField()
    currency = models.CharField(max_length=3)
    amount = FixedPointField()
    usd = FixedPointField()
    rate = FixedPointField()
    rate_month = models.DateField()

    class Meta:
        ordering = ["project", "year", "donor", "-earmarked", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "year", "donor", "earmarked", "currency"],
                condition=Q(superseded_at__isnull=True),
                name="budget_line_once",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="budget_line_not_below_zero"),
        ]
        # the projects that a donor pays for, as the register asks
        indexes = [models.Index(Upper("donor"), name="budget_line_donor")]

    def __str__(self) -> str:
        return f"{self.project.code} {self.year} {self.donor}".strip()


class OutcomeShare(Revision):
    """The share of a project's money that is for an outcome, in percent.

    The shares of a project that count at a moment add up to 100. Where there are none, all of its
    money is for its primary outcome.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="outcome_shares")
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="+")
    share = FixedPointField()

    class Meta:
        ordering = ["project", "outcome"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "outcome"],
                condition=Q(superseded_at__isnull=True),
                name="outcome_share_once",
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=Decimal(100)),
                name="outcome_share_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.outcome.code}"
