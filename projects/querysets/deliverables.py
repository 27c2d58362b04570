"""Reads of the register of deliverables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from habitat_tracker.fields import spelled_in_any_language
from outcomes.choices import PRODUCTS

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


class DeliverableQuerySet(models.QuerySet[Any]):
    """Reads of the register of deliverables."""

    def visible_to(self, user: User) -> Self:
        """All staff see the whole register, so that nothing is registered twice."""
        return self if user.is_authenticated and user.is_active else self.none()

    def of_plan(self, plan: StrategicPlan) -> Self:
        """Deliverables of a plan's projects."""
        return self.filter(project__plan=plan)

    def counting(self) -> Self:
        """Those that were not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def products(self) -> Self:
        """Those that other projects can apply."""
        return self.filter(kind__in=PRODUCTS)

    def applied(self, *, is_applied: bool = True) -> Self:
        """Products that other projects apply, or those that none applies yet."""
        from ..models import ProductApplication

        own = Exists(ProductApplication.objects.counting().of_thing(OuterRef("thing")))
        return self.products().filter(own if is_applied else ~own)

    def with_applications(self) -> Self:
        """With how many projects apply each (`applied_by`); null where it is no product.

        What was cancelled is applied by none.
        """
        from ..models import ProductApplication

        number: Any = Subquery(
            ProductApplication.objects.counting()
            .of_thing(OuterRef("thing"))
            .order_by()
            .values("deliverable__thing")
            .annotate(n=Count("project", distinct=True))
            .values("n")
        )
        return self.annotate(
            applied_by=Case(
                When(kind__in=PRODUCTS, cancelled_at__isnull=False, then=0),
                When(kind__in=PRODUCTS, then=Coalesce(number, 0)),
                default=None,
                output_field=IntegerField(),
            )
        )

    def search(self, words: str) -> Self:
        """Those whose title, symbol, link or project holds every word."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(title__icontains=word)
                | Q(symbol__icontains=word)
                | Q(link__icontains=word)
                | Q(project__code__iexact=word)
                | spelled_in_any_language("project__title", word)
            )
        return found

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related(
            "project__office", "outcome", "country", "city", "joint_with__project__office"
        )


class ProductApplicationQuerySet(models.QuerySet[Any]):
    """Reads of which projects apply which products."""

    def visible_to(self, user: User) -> Self:
        """All staff see who applies what, as they see the register."""
        return self if user.is_authenticated and user.is_active else self.none()

    def standing(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def of_thing(self, thing: Any) -> Self:
        """Those of a product, whoever registered it (or of an `OuterRef` of its thing)."""
        return self.filter(deliverable__thing=thing)

    def counting(self) -> Self:
        """Those that count: of a product that stands in the register, by a project not its own.

        A joint product stands while one of those who registered it has not cancelled it.
        """
        from ..models import Deliverable

        registered = Deliverable.objects.counting().filter(thing=OuterRef("deliverable__thing"))
        return self.standing().filter(
            Exists(registered.products()), ~Exists(registered.filter(project=OuterRef("project")))
        )

    def with_names(self) -> Self:
        """With everything that a list shows, in one query."""
        return self.select_related("deliverable__project", "project__office", "entered_by")
