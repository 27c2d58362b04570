"""The register of what projects delivered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from outcomes.choices import PRODUCTS, DeliverableKind
from outcomes.models import (
    Outcome,
    Thing,
)

from ..choices import (
    Language,
)
from ..querysets import (
    DeliverableQuerySet,
    ProductApplicationQuerySet,
)
from .project import Project


class Deliverable(models.Model):
    """Something that a project delivered: a publication, a workshop, advice; registered once.

    Indicators that count from the register count `thing`, which is one however many projects
    register it: a joint one says in `joint_with` who registered it first. The country is that of
    the city where there is one. Participants are of events, in persons: women, men, and those
    of whom it is not stated; of a joint event they stand with who registered it first. What was
    cancelled is kept, with the reason, and counts nowhere.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deliverables")
    kind = models.CharField(max_length=20, choices=DeliverableKind)
    title = models.CharField(max_length=300)
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="deliverables")
    date = models.DateField()
    language = models.CharField(max_length=3, choices=Language, default=Language.EN)
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    city = models.ForeignKey(
        Thing, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    link = models.URLField(max_length=500, blank=True)
    symbol = models.CharField(max_length=60, blank=True)
    women = models.PositiveIntegerField(null=True, blank=True)
    men = models.PositiveIntegerField(null=True, blank=True)
    unstated = models.PositiveIntegerField(null=True, blank=True)
    thing = models.ForeignKey(Thing, on_delete=models.PROTECT, related_name="deliverables")
    joint_with = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="joint"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = DeliverableQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "thing"],
                condition=Q(cancelled_at__isnull=True),
                name="deliverable_once_in_project",
            ),
            models.CheckConstraint(
                condition=~Q(link="") | ~Q(symbol=""), name="deliverable_has_link_or_symbol"
            ),
        ]
        indexes = [
            # what a project's results of a period count
            models.Index(fields=["project", "kind", "date"], name="deliverable_of_project"),
            # the register, the newest first
            models.Index(fields=["-date", "-id"], name="deliverable_register"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def home_office(self) -> Office:
        """Where acts on the deliverable belong."""
        return self.project.office

    @property
    def is_product(self) -> bool:
        """Whether other projects can apply it."""
        return self.kind in PRODUCTS

    @property
    def place_name(self) -> str:
        """The place in words; empty where there is none."""
        return str(self.city or self.country or "")

    @property
    def participants(self) -> int:
        """All participants, in persons; 0 where none are known."""
        return sum(number or 0 for number in (self.women, self.men, self.unstated))


class ProductApplication(models.Model):
    """A project applies a normative product that another one delivered: how, and since when.

    It is counted with the product's `thing`, so a joint product has the applications of all who
    registered it, and each project counts once. One that was entered by mistake is withdrawn, kept
    with the reason, and counts nowhere.
    """

    deliverable = models.ForeignKey(
        Deliverable, on_delete=models.CASCADE, related_name="applications"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="applications")
    how = models.CharField(max_length=500)
    since = models.DateField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)

    objects = ProductApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deliverable", "project"],
                condition=Q(withdrawn_at__isnull=True),
                name="product_applied_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deliverable}, {self.project.code}"

    @property
    def home_office(self) -> Office:
        """Where acts on the application belong: with who applies the product."""
        return self.project.office
