"""Reads of project documents, their appraisal, and what closed projects leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from ..choices import APPROVALS, WRITABLE, DocumentStatus, ProjectStatus

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from habitat_tracker.accounts.models import Office, User


class _SeenByStaff(models.QuerySet[Any]):
    """What all staff see and nobody else."""

    def visible_to(self, user: User) -> Self:
        """All staff see it; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class DocumentQuerySet(_SeenByStaff):
    """Reads of project documents."""

    def open(self) -> Self:
        """What is being written or appraised: one of a project at most."""
        return self.filter(status__in=(*WRITABLE, DocumentStatus.SUBMITTED))

    def approved(self) -> Self:
        """The document that counts: one of a project at most."""
        return self.filter(status=DocumentStatus.APPROVED)


class DelegationQuerySet(_SeenByStaff):
    """Reads of delegations."""

    def in_force(self, on: date | None = None) -> Self:
        """Those that hold on a day; today, if none is given."""
        day = on or timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gte=day), start__lte=day)

    def covering(self, office: Office) -> Self:
        """Those of an office or of one above it."""
        return self.filter(office__in=office.chain)

    def up_to(self, usd: Decimal) -> Self:
        """Those whose amount is enough."""
        return self.filter(Q(most_usd__isnull=True) | Q(most_usd__gte=usd))


class AppraisalQuerySet(_SeenByStaff):
    """Reads of appraisals."""

    def waiting(self) -> Self:
        """What nobody has decided on and was not taken back."""
        return self.filter(decision="", recalled_at__isnull=True)

    def decided(self) -> Self:
        """Those with a decision."""
        return self.exclude(decision="")

    def approvals(self) -> Self:
        """Those that approved, with conditions or without."""
        return self.filter(decision__in=APPROVALS)


class ConditionQuerySet(_SeenByStaff):
    """Reads of the conditions of approvals."""

    def open(self) -> Self:
        """Those that nobody found met."""
        return self.filter(settled_at__isnull=True)

    def of_lasting_projects(self) -> Self:
        """Those of projects that were not closed: of others nothing is asked any more."""
        return self.exclude(appraisal__document__project__status=ProjectStatus.CLOSED)

    def overdue(self, today: date) -> Self:
        """Open ones whose day has passed."""
        return self.open().filter(due__lt=today)


class MeetingQuerySet(_SeenByStaff):
    """Reads of the committee's meetings."""

    def with_decisions(self) -> Self:
        """With how many decisions each took and how many of them were approvals, last first."""
        approved = Count("appraisals", filter=Q(appraisals__decision__in=APPROVALS))
        counted = self.annotate(decided=Count("appraisals"), approved=approved)
        return counted.order_by("-date", "-pk")


class LessonQuerySet(_SeenByStaff):
    """Reads of lessons."""
