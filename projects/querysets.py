"""Reads of projects, reporting lines and results; the only gate on rows is `visible_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from habitat_tracker.accounts.models import Office
from habitat_tracker.accounts.permissions import roles_of

from .choices import OPEN, PENDING, ProjectKind, Rank, Status

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User
    from outcomes.models import Outcome
    from plans.models import StrategicPlan


def within_offices(user: User, prefix: str) -> Q:
    """Rows whose project's office lies in a subtree where somebody holds any role."""
    within = Q(pk__in=[])
    for _role, path in roles_of(user):
        within |= Q(**{f"{prefix}office__path__startswith": path})
    return within


class ProjectQuerySet(models.QuerySet[Any]):
    """Reads of projects."""

    def visible_to(self, user: User) -> Self:
        """All staff see every project (not its unapproved results); nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def counted(self) -> Self:
        """Projects proper: a corporate source is left out of every count of projects."""
        return self.filter(kind=ProjectKind.PROJECT)

    def in_office(self, office: Office) -> Self:
        """Projects of an office and all below it."""
        return self.filter(office__path__startswith=office.path)

    def search(self, words: str) -> Self:
        """Projects whose code, title, summary, office or country holds every word."""
        from django.db.models.functions import Cast

        found = self.annotate(
            title_text=Cast("title", models.TextField()),
            summary_text=Cast("summary", models.TextField()),
        )
        for word in words.split():
            found = found.filter(
                Q(code__icontains=word)
                | Q(title_text__icontains=word)
                | Q(summary_text__icontains=word)
                | Q(office__code__iexact=word)
                | Exists(
                    self.model.countries.through.objects.annotate(
                        country_text=Cast("country__name", models.TextField())
                    ).filter(
                        Q(country__iso3__iexact=word) | Q(country_text__icontains=word),
                        project=OuterRef("pk"),
                    )
                )
            )
        return found

    def serving(self, outcome: Outcome) -> Self:
        """Projects aligned with an outcome, primary ones first; `rank` tells which."""
        order = models.Case(
            models.When(alignments__rank=Rank.PRIMARY, then=1),
            models.When(alignments__rank=Rank.SECONDARY, then=2),
            default=3,
        )
        return (
            self.filter(alignments__outcome=outcome)
            .annotate(rank=models.F("alignments__rank"), rank_order=order)
            .order_by("rank_order", "code")
        )


class ProjectIndicatorQuerySet(models.QuerySet[Any]):
    """Reads of reporting lines."""

    def with_names(self) -> Self:
        """With project, indicator and place, for lists."""
        return self.select_related("project__office", "indicator", "country", "city")


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

    def with_names(self) -> Self:
        """With everything that a list or the lineage shows, at a fixed number of queries."""
        from .models import ResultCell

        return self.select_related(
            "line__project__office",
            "line__indicator",
            "line__country",
            "line__city",
            "period",
            "rating",
            "entered_by",
            "submitted_by",
            "approved_by",
        ).prefetch_related(
            "evidence",
            "things",
            Prefetch("cells", ResultCell.objects.select_related("category__dimension")),
        )


class NoteQuerySet(ReviewedQuerySet):
    """Reads of notes."""

    project_path = "project__"
