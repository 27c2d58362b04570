"""Money: what a currency is worth in US dollars."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.fields import FixedPointField
from projects.querysets import ExchangeRateQuerySet


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
