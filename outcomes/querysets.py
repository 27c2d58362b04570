"""Reads of outcomes, indicators and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Prefetch, Q

from habitat_tracker.fields import spelled_in_any_language
from habitat_tracker.revisions import RevisionQuerySet

from .choices import RunKind

if TYPE_CHECKING:
    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


class OutcomeQuerySet(models.QuerySet[Any]):
    """Reads of outcomes."""

    def visible_to(self, user: User) -> Self:
        """All staff see every outcome; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()


class StatedFigureQuerySet(models.QuerySet[Any]):
    """Reads of what documents state."""

    def visible_to(self, user: User) -> Self:
        """All staff see every stated figure; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def on(self, plan: StrategicPlan, *topics: str) -> Self:
        """What is stated of a plan on some topics, as pages show it."""
        return self.filter(plan=plan, topic__in=topics).shown()

    def shown(self) -> Self:
        """As pages show them: totals and single figures, each with its parts."""
        return (
            self.filter(part_of__isnull=True)
            .select_related("office", "theme")
            .prefetch_related("parts__parts")  # a part is asked for its own parts too
        )


class RegionalStrategyQuerySet(models.QuerySet[Any]):
    """Reads of regional strategies."""

    def visible_to(self, user: User) -> Self:
        """All staff see every strategy; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def with_priorities(self) -> Self:
        """With office, countries, and the current priorities with their outcomes."""
        priorities = apps.get_model("outcomes", "StrategyPriority")._default_manager
        return self.select_related("office", "plan").prefetch_related(
            "countries",
            Prefetch("priorities", priorities.current().with_outcomes(), to_attr="current"),
        )


class StrategyPriorityQuerySet(models.QuerySet[Any]):
    """Reads of the priorities of regional strategies."""

    def visible_to(self, user: User) -> Self:
        """All staff see every priority; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def current(self) -> Self:
        """Those that hold, in their order."""
        return self.filter(withdrawn_at__isnull=True).order_by("position", "pk")

    def with_outcomes(self) -> Self:
        """Each with the outcomes that it serves, in the order of the plan; two more queries."""
        links = apps.get_model("outcomes", "PriorityOutcome")._default_manager
        return self.prefetch_related(
            Prefetch(
                "outcome_links",
                links.select_related("outcome").order_by("outcome__position", "outcome__code"),
            )
        )


class VerificationMeansQuerySet(models.QuerySet[Any]):
    """Reads of means of verification."""

    def current(self) -> Self:
        """Those that are asked for now."""
        return self.filter(is_current=True)


class IndicatorQuerySet(models.QuerySet[Any]):
    """Reads of indicators."""

    def visible_to(self, user: User) -> Self:
        """All staff see every indicator; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def reported_on(self) -> Self:
        """Indicators that results are entered on: all but headlines."""
        return self.filter(is_headline=False)


class ContributorQuerySet(models.QuerySet[Any]):
    """Reads of contributors."""


class ThingQuerySet(models.QuerySet[Any]):
    """Reads of things."""

    def visible_to(self, user: User) -> Self:
        """All staff see every thing; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def named(self, plan: StrategicPlan, kind: str, names: Iterable[str]) -> dict[str, Any]:
        """Things of a kind by a name that somebody typed, in small letters; a query for each 50.

        SQLite takes no condition of more than a thousand parts, and a name has seven.
        """
        wanted = sorted({name.casefold() for name in names})
        found: dict[str, Any] = {}
        for start in range(0, len(wanted), 50):
            some = set(wanted[start : start + 50])
            spelled = Q(pk__in=[])
            for name in some:
                spelled |= Q(key__iexact=name) | spelled_in_any_language("name", name, "iexact")
            for thing in self.filter(spelled, plan=plan, kind=kind).order_by("-pk"):
                for name in (thing.key, *thing.name.values()):
                    if name.casefold() in some:
                        found[name.casefold()] = thing
        return found

    def like(self, plan: StrategicPlan, kind: str, words: str) -> Self:
        """Things of a kind whose name holds every word, in any language."""
        found = self.filter(plan=plan, kind=kind)
        for word in words.split():
            found = found.filter(spelled_in_any_language("name", word) | Q(key__icontains=word))
        return found.order_by("key")


class MeasurementQuerySet(models.QuerySet[Any]):
    """Reads of the ledger."""

    def live(self, moment: datetime | None = None) -> Self:
        """Postings that count at a moment: posted <= T < withdrawn; without one, now."""
        if moment is None:
            return self.filter(withdrawn_at__isnull=True)
        return self.filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=moment),
            posted_at__lte=moment,
        )


class StaleFigureQuerySet(models.QuerySet[Any]):
    """Reads of the queue of stale figures."""

    def of_plan(self, plan_id: int) -> Self:
        """The plan's part of the queue."""
        return self.filter(plan_id=plan_id)


class FigureRunQuerySet(models.QuerySet[Any]):
    """Reads of rebuilds and verifications."""

    def rebuilds(self) -> Self:
        """Those that computed figures again."""
        return self.filter(kind=RunKind.REBUILD)

    def verifications(self) -> Self:
        """Those that compared figures with the ledger, to the end."""
        return self.filter(kind=RunKind.VERIFICATION, finished_at__isnull=False)


class CountryRecordQuerySet(RevisionQuerySet):
    """Reads of country records."""

    def visible_to(self, user: User) -> Self:
        """All staff see every record; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()
