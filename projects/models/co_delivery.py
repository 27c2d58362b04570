"""Who brought about a joint result together with the organization."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from habitat_tracker.fields import FixedPointField

from ..querysets import CoDelivererQuerySet
from .partners import Partner
from .results import Result


class CoDeliverer(models.Model):
    """One of those who brought about a joint result: UN-Habitat (no `partner`), or a partner.

    It belongs to a revision of a result, is reviewed with it and comes along to its correction. A
    joint result has a row of UN-Habitat and one of each partner, of whom one leads. `share` is
    what each brought to it, in percent: of all, together 100, or of none. It stands beside the
    number and changes no figure.
    """

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="co_deliverers")
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="joint_results"
    )
    is_lead = models.BooleanField(default=False)
    share = FixedPointField(null=True, blank=True)
    what = models.CharField(max_length=500, blank=True)

    objects = CoDelivererQuerySet.as_manager()

    class Meta:
        # who leads first, then UN-Habitat, then the partners as they were written
        ordering = ["result", "-is_lead", "id"]
        constraints = [
            models.UniqueConstraint(fields=["result", "partner"], name="co_delivery_partner_once"),
            models.UniqueConstraint(
                fields=["result"],
                condition=Q(partner__isnull=True),
                name="co_delivery_own_part_once",
            ),
            models.UniqueConstraint(
                fields=["result"], condition=Q(is_lead=True), name="co_delivery_one_leads"
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=100),
                name="co_delivery_share_in_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def counted_as(self) -> Partner | None:
        """The partner under the name that counts now; None for UN-Habitat."""
        return self.partner and (self.partner.merged_into or self.partner)

    @property
    def name(self) -> str:
        """Who it is, by the name that counts now."""
        return str(self.counted_as or "UN-Habitat")
