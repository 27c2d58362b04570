"""Reads of results and notes; the only gate on rows is `visible_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from habitat_tracker.accounts.models import Office

from ..choices import OPEN, PENDING, Status

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan
from .projects import within_offices


class ReviewedQuerySet(models.QuerySet[Any]):
    """Reads of what goes through review."""

    project_path = ""

    def visible_to(self, user: User) -> Self:
        """Approved ones are readable by all staff, the others within the office's subtree."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(Q(status=Status.APPROVED) | within_offices(user, self.project_path))

    def of_offices(self, user: User, *roles: str) -> Self:
        """Those of offices, with all below, where somebody holds one of the roles."""
        return self.filter(within_offices(user, self.project_path, *roles))

    def of_office(self, office: Office) -> Self:
        """Those of the projects of an office and of all below it."""
        return self.filter(**{f"{self.project_path}office__path__startswith": office.path})

    def awaiting_review(self) -> Self:
        """Submitted or verified, the longest waiting first."""
        return self.filter(status__in=PENDING).order_by("submitted_at", "pk")

    def open(self) -> Self:
        """Revisions that are being worked on."""
        return self.filter(status__in=OPEN)


class ResultQuerySet(ReviewedQuerySet):
    """Reads of results."""

    project_path = "line__project__"

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Results of a plan's projects."""
        return self.filter(line__project__plan=plan)

    def joint(self, partner: Any = None, *, is_joint: bool = True) -> Self:
        """Those brought about with partners, or with one under all its names; or the others."""
        from ..models import CoDeliverer

        own = CoDeliverer.objects.filter(result=OuterRef("pk"))
        found = Exists(own if partner is None else own.of_partner(partner))
        return self.filter(found if is_joint else ~found)

    def with_co_delivery(self) -> Self:
        """With who brought each about, at a fixed number of queries."""
        from ..models import CoDeliverer

        rows = CoDeliverer.objects.select_related("partner__merged_into")
        return self.prefetch_related(Prefetch("co_deliverers", rows))

    def listed_with_partners(self) -> Self:
        """Not replaced or withdrawn, the newest first, with all that a list of joint ones shows."""
        return (
            self.exclude(status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
            .select_related(
                *("line__project", "line__indicator", "line__country", "line__city"),
                *("period", "rating"),
            )
            .prefetch_related("things")
            .with_co_delivery()
            .order_by("-period__number", "pk")
        )

    def with_names(self) -> Self:
        """With everything that a list or the lineage shows, at a fixed number of queries."""
        from ..models import Evidence, ResultCell

        return self.select_related(
            "line__project__office",
            "line__project__plan",
            "line__indicator",
            "line__country",
            "line__city",
            "period",
            "rating",
            "entered_by",
            "changed_by",
            "submitted_by",
            "verified_by",
            "approved_by",
        ).prefetch_related(
            Prefetch("evidence", Evidence.objects.current().select_related("stored", "means")),
            "things",
            Prefetch("cells", ResultCell.objects.select_related("category__dimension")),
        )

    def with_corrected(self) -> Self:
        """With what a correction replaced, at a fixed number of queries."""
        from ..models import ResultCell

        return self.select_related("corrects__rating").prefetch_related(
            "corrects__things",
            Prefetch("corrects__cells", ResultCell.objects.select_related("category")),
        )


class NoteQuerySet(ReviewedQuerySet):
    """Reads of notes."""

    project_path = "project__"

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Notes of a plan's projects."""
        return self.filter(project__plan=plan)

    def with_names(self) -> Self:
        """With everything that a list shows, at a fixed number of queries."""
        from ..models import Evidence

        return self.select_related(
            "project__office",
            "project__plan",
            "period",
            "outcome",
            "domain",
            "entered_by",
            "submitted_by",
            "verified_by",
            "approved_by",
        ).prefetch_related(
            Prefetch("evidence", Evidence.objects.current().select_related("stored", "means"))
        )
