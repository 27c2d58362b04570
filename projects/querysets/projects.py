"""Reads of projects, their reporting lines, and who may report late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.accounts.permissions import roles_of
from habitat_tracker.fields import spelled_in_any_language
from outcomes import scopes
from outcomes.choices import Frequency, State
from outcomes.models import Baseline, Target

from ..choices import PENDING, PROPOSED, REFUSED, ProjectKind, Rank, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from habitat_tracker.accounts.models import User
    from plans.models import StrategicPlan


def within_offices(user: User, prefix: str, *roles: str) -> Q:
    """Rows whose project's office lies in a subtree where somebody holds a role (or any)."""
    if user.is_superuser:
        return Q()
    within = Q(pk__in=[])
    for role, path in roles_of(user):
        if not roles or role in roles:
            within |= Q(**{f"{prefix}office__path__startswith": path})
    return within


def _let_in_late(today: date, period: str) -> Exists:
    """Whether a row's project may report late in its period, which is in the field named."""
    from ..models import LateEntry

    return Exists(
        LateEntry.objects.in_force(today).filter(
            project=OuterRef("project"), period=OuterRef(period)
        )
    )


def contributes_to(themes: Any, confidence: str = "") -> Q:
    """Projects aligned with frameworks or targets: by themselves, or by what they inherit.

    A project inherits from the indicators that it reports, from their outcomes, and from its
    primary outcome. With `confidence` only links that are so sure are followed.
    """
    from outcomes.models import IndicatorFramework, ThemeLink

    from ..models import Alignment, ProjectFramework, ProjectIndicator

    how: dict[str, Any] = {"theme__in": themes}
    if confidence:
        how["confidence"] = confidence
    outcomes = ThemeLink.objects.filter(**how).order_by().values("outcome")
    indicators = IndicatorFramework.objects.filter(**how).order_by().values("indicator")
    lines = ProjectIndicator.objects.filter(
        Q(indicator__in=indicators) | Q(indicator__outcome__in=outcomes)
    )
    primary = Alignment.objects.filter(rank=Rank.PRIMARY, outcome__in=outcomes)
    return (
        Q(pk__in=ProjectFramework.objects.filter(**how).order_by().values("project"))
        | Q(pk__in=lines.order_by().values("project"))
        | Q(pk__in=primary.order_by().values("project"))
    )


class ProjectQuerySet(models.QuerySet[Any]):
    """Reads of projects."""

    def visible_to(self, user: User) -> Self:
        """All staff see every project (not its unapproved results); nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def counted(self) -> Self:
        """Projects proper: a corporate source is left out of every count of projects."""
        return self.filter(kind=ProjectKind.PROJECT)

    def accepted(self) -> Self:
        """All but what is only proposed, was rejected or given up."""
        return self.exclude(status__in=(*PROPOSED, *REFUSED))

    def sources(self) -> Self:
        """Corporate sources: documents that results are taken from."""
        return self.filter(kind=ProjectKind.CORPORATE_SOURCE)

    def in_office(self, office: Office) -> Self:
        """Projects of an office and all below it."""
        return self.filter(office__path__startswith=office.path)

    def contributing_to(self, themes: Any, confidence: str = "") -> Self:
        """Projects aligned with frameworks or targets, see `contributes_to`."""
        return self.filter(contributes_to(themes, confidence))

    def search(self, words: str) -> Self:
        """Projects whose code, title, summary, office or country holds every word.

        Which offices and countries a word names is asked first (two queries), not for each of
        many projects.
        """
        wanted = words.split()
        if not wanted:
            return self
        offices = {code.casefold(): key for key, code in Office.objects.values_list("pk", "code")}
        countries = list(Country.objects.values_list("pk", "iso3", "name"))
        found = self
        for word in wanted:
            fold = word.casefold()
            holds: Any = (
                Q(code__icontains=word)
                | spelled_in_any_language("title", word)
                | spelled_in_any_language("summary", word)
            )
            if fold in offices:
                holds |= Q(office=offices[fold])
            named = [
                key
                for key, iso3, name in countries
                if iso3.casefold() == fold or any(fold in one.casefold() for one in name.values())
            ]
            if named:
                holds |= Exists(
                    self.model.countries.through.objects.filter(
                        project=OuterRef("pk"), country__in=named
                    )
                )
            found = found.filter(holds)
        return found


class ProjectIndicatorQuerySet(models.QuerySet[Any]):
    """Reads of reporting lines."""

    def in_countries(self, iso3: Iterable[str]) -> Self:
        """Those of countries or of cities in them."""
        codes = set(iso3)
        return self.filter(Q(country__iso3__in=codes) | Q(city__country__iso3__in=codes))

    def with_names(self) -> Self:
        """With project, indicator and place, for lists."""
        return self.select_related("project__office", "indicator", "country", "city")

    def with_own_values(self) -> Self:
        """With the line's own `baseline`, `target` and `target_date`; none where none is set."""
        own: dict[str, Any] = {
            "indicator": OuterRef("indicator"),
            "scope": OuterRef("contributor") + scopes.of_contributor(0),
        }
        baseline = Baseline.objects.at().filter(**own)
        target = Target.objects.at().filter(**own)
        return self.annotate(
            baseline=Subquery(baseline.values("value")),
            target=Subquery(target.values("value")),
            target_date=Subquery(target.values("date")),
        )

    def expected(self, plan: StrategicPlan, today: date) -> Self:
        """What the plan's lines are expected to report in each period that has begun.

        One row for each line and period, with the period in `period_id`, `period_label`,
        `period_end`, `period_due` and `period_closed`, and whether a result was submitted or
        approved in `is_in`. A line is expected in a period that shares a day with its dates,
        where its indicator is due, and unless it was last reported as not applicable.
        """
        from ..models import Result

        period = "project__plan__periods__"
        done = Result.objects.filter(
            line=OuterRef("pk"),
            period=OuterRef("period_id"),
            status__in=(Status.APPROVED, *PENDING),
        )
        said_before = (
            Result.objects.filter(
                line=OuterRef("pk"),
                period__number__lt=OuterRef("period_number"),
                status=Status.APPROVED,
                state__in=(State.REPORTED, State.NOT_APPLICABLE),
            )
            .order_by("-period__number")
            .values("state")[:1]
        )
        last_of = Q(indicator__frequency=Frequency.EACH)
        last_of |= Q(indicator__frequency=Frequency.HALF, period_end__month__in=(6, 12))
        last_of |= Q(indicator__frequency=Frequency.YEAR, period_end__month=12)
        return (
            self.filter(project__plan=plan)
            .annotate(
                period_id=F(f"{period}pk"),
                period_number=F(f"{period}number"),
                period_label=F(f"{period}label"),
                period_start=F(f"{period}start"),
                period_end=F(f"{period}end"),
                period_due=F(f"{period}due"),
                period_closed=F(f"{period}closed_at"),
                said_before=Subquery(said_before),
            )
            .annotate(is_in=Exists(done))
            .filter(
                Q(expected_to__isnull=True) | Q(expected_to__gte=F("period_start")),
                Q(said_before__isnull=True) | ~Q(said_before=State.NOT_APPLICABLE),
                last_of,
                period_start__lte=today,
                expected_from__lte=F("period_end"),
            )
        )

    def to_report(self, plan: StrategicPlan, today: date) -> Self:
        """What is expected where it can be reported now, whether it is in or not.

        A closed period counts as open for a project that may report late in it.
        """
        return self.expected(plan, today).filter(
            Q(period_closed__isnull=True) | _let_in_late(today, "period_id")
        )

    def owed(self, plan: StrategicPlan, today: date) -> Self:
        """What can be reported now and was neither submitted nor approved."""
        return self.to_report(plan, today).filter(is_in=False)


class LateEntryQuerySet(models.QuerySet[Any]):
    """Reads of permissions to report late."""

    def visible_to(self, user: User) -> Self:
        """All staff see which projects were let in; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def in_force(self, today: date) -> Self:
        """Those that let somebody in on a day.

        One that was given before the period was opened again and closed anew is over: who closed
        it decided anew.
        """
        return self.filter(
            ended_at__isnull=True, until__gte=today, granted_at__gte=F("period__closed_at")
        )


class ReminderQuerySet(models.QuerySet[Any]):
    """Reads of reminders."""

    def since(self, moment: datetime) -> Self:
        """Those sent at a moment or after it."""
        return self.filter(at__gte=moment)

    def waiting_for(self, user: User) -> Self:
        """What somebody was reminded of and can still be reported, the newest first."""
        let_in_late = _let_in_late(timezone.localdate(), "period")
        return (
            self.filter(Q(period__closed_at__isnull=True) | let_in_late, to=user)
            .select_related("project", "period", "by")
            .order_by("-at", "-pk")
        )
