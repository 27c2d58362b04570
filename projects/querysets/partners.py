"""Reads of partners and of agreements with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Exists, IntegerField, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from habitat_tracker.revisions import RevisionQuerySet

from ..spelling import normalised

if TYPE_CHECKING:
    from datetime import date

    from habitat_tracker.accounts.models import Office, User
    from plans.models import StrategicPlan


def _counting_as(path: str = "partner") -> Coalesce:
    """The key of the partner that a row's partner counts as: itself, or what it was merged into."""
    return Coalesce(f"{path}__merged_into_id", f"{path}_id")


def _holds_on(day: date) -> Q:
    """Agreements that hold on a day; the first and the last day belong to them."""
    return Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gte=day))


class PartnerQuerySet(models.QuerySet[Any]):
    """Reads of partners."""

    def visible_to(self, user: User) -> Self:
        """All staff see every partner, so that none is registered twice."""
        return self if user.is_authenticated and user.is_active else self.none()

    def counting(self) -> Self:
        """Those that count: spellings that were merged into another are left out."""
        return self.filter(merged_into__isnull=True)

    def search(self, words: str) -> Self:
        """Those whose name, or a name merged into it, holds every word; accents do not matter."""
        from ..models import Partner

        found = self
        for word in normalised(words).split():
            spelled = Partner.objects.filter(merged_into=OuterRef("pk"), key__contains=word)
            found = found.filter(Q(key__contains=word) | Exists(spelled))
        return found

    def agreed_with(self, office: Office, day: date) -> Self:
        """Those that an office, or one below it, has an agreement with in force on a day."""
        from ..models import Agreement

        own = Agreement.objects.of_partner(OuterRef("pk")).in_office(office).in_force(day)
        return self.filter(Exists(own))

    def with_numbers(self, day: date) -> Self:
        """With how many agreements each has, and in force on a day, the last, and its projects."""
        from ..models import Agreement, PartnerContribution

        own: Any = (
            Agreement.objects.standing()
            .annotate(counted_as=_counting_as())
            .filter(counted_as=OuterRef("pk"))
            .order_by()
            .values("counted_as")
        )

        serving: Any = (
            PartnerContribution.objects.standing()
            .annotate(counted_as=_counting_as())
            .filter(counted_as=OuterRef("pk"))
            .order_by()
            .values("counted_as")
        )

        def number(rows: Any, what: Any) -> Any:
            return Coalesce(
                Subquery(rows.annotate(n=what).values("n")), 0, output_field=IntegerField()
            )

        return self.annotate(
            agreements_signed=number(own, Count("pk")),
            agreements_in_force=number(own.in_force(day), Count("pk")),
            last_signed=Subquery(own.annotate(last=Max("signed")).values("last")),
            projects_served=number(serving, Count("project", distinct=True)),
        )


class AgreementQuerySet(models.QuerySet[Any]):
    """Reads of agreements."""

    def visible_to(self, user: User) -> Self:
        """All staff see every agreement; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Agreements with a plan's partners."""
        return self.filter(partner__plan=plan)

    def of_partner(self, partner: Any) -> Self:
        """Agreements with a partner under all the names that count as it (or an `OuterRef`)."""
        return self.filter(Q(partner=partner) | Q(partner__merged_into=partner))

    def in_office(self, office: Office) -> Self:
        """Those of an office and of all below it."""
        return self.filter(office__path__startswith=office.path)

    def standing(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def in_force(self, day: date) -> Self:
        """Those that hold on a day; the first and the last day belong to them."""
        return self.standing().filter(_holds_on(day))

    def ending(self, day: date, days: int) -> Self:
        """Those that hold on a day and end within so many days after it."""
        return self.in_force(day).filter(end__lte=day + timedelta(days=days))

    def search(self, words: str) -> Self:
        """Those whose title, reference or partner, under any name, holds every word."""
        found = self
        for word in words.split():
            key = normalised(word)
            held = Q(title__icontains=word) | Q(reference__icontains=word)
            if key:
                held |= Q(partner__key__contains=key) | Q(partner__merged_into__key__contains=key)
            found = found.filter(held)
        return found

    def with_names(self) -> Self:
        """With everything that a list shows, in two queries."""
        return self.select_related("partner__merged_into", "office").prefetch_related("countries")


class AgreementRevisionQuerySet(RevisionQuerySet):
    """Reads of what counted of agreements."""

    def in_force(self, day: date) -> Self:
        """Those of agreements that hold on a day."""
        return self.filter(_holds_on(day))


class PartnerContributionQuerySet(models.QuerySet[Any]):
    """Reads of what partners contribute to projects."""

    def visible_to(self, user: User) -> Self:
        """All staff see what partners contribute, as they see the projects."""
        return self if user.is_authenticated and user.is_active else self.none()

    def standing(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def of_partner(self, partner: Any) -> Self:
        """Those of a partner under all the names that count as it (or an `OuterRef`)."""
        return self.filter(Q(partner=partner) | Q(partner__merged_into=partner))

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related(
            "partner__merged_into", "project__office", "project__final_report"
        )
