"""Outcomes and indicators, the ledger of measurements, and the figures computed from it."""

from __future__ import annotations

import time
import uuid
from decimal import Decimal
from secrets import randbits
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import FixedPointField, TranslatedField
from habitat_tracker.revisions import Revision
from plans.choices import Verification
from plans.models import Domain, Sourced, StrategicPlan, Theme

from . import scopes
from .choices import (
    TOTAL,
    Across,
    AssessmentStage,
    Basis,
    Confidence,
    CountsFrom,
    Direction,
    EvidenceRule,
    FrameworkStage,
    Frequency,
    Kind,
    Level,
    Origin,
    OverTime,
    Owner,
    Qualifier,
    RunKind,
    State,
    StatedTopic,
    Status,
    UrbanContent,
)
from .querysets import (
    ContributorQuerySet,
    CountryRecordQuerySet,
    FigureRunQuerySet,
    IndicatorQuerySet,
    MeasurementQuerySet,
    OutcomeQuerySet,
    RegionalStrategyQuerySet,
    StaleFigureQuerySet,
    StatedFigureQuerySet,
    StrategyPriorityQuerySet,
    ThingQuerySet,
    VerificationMeansQuerySet,
)


def time_ordered_id() -> uuid.UUID:
    """A UUID of version 7: later ones sort behind earlier ones, so inserts stay together."""
    milliseconds = time.time_ns() // 1_000_000
    return uuid.UUID(
        int=(milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | randbits(12) << 64
        | 0b10 << 62
        | randbits(62)
    )


def leaf_field() -> models.GeneratedField:
    """Office and country in one number (`scopes.of_leaf`), computed by the database."""
    return models.GeneratedField(
        expression=F("office") * scopes.LEAF + Coalesce(F("country"), 0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )


class Outcome(Sourced):
    """One of the plan's outcomes, under a domain of change."""

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="outcomes")
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="outcomes")
    code = models.CharField(max_length=10)
    title = TranslatedField()
    short_title = TranslatedField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    themes = models.ManyToManyField(Theme, through="ThemeLink", related_name="outcomes")

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="outcome_code_in_plan")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.short_title or self.title}"


class FrameworkLink(models.Model):
    """Base: work is aligned with a framework or one of its targets.

    `source` is the paragraph or document that says so, or who judged it; `confidence` is how sure
    that is.
    """

    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=10, choices=Confidence, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True


class ThemeLink(FrameworkLink):
    """An outcome serves a theme: a flagship, an SDG indicator, a framework or its target."""

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="theme_links")
    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="outcome_links")

    class Meta:
        ordering = ["outcome", "theme"]
        constraints = [models.UniqueConstraint(fields=["outcome", "theme"], name="theme_link_once")]

    def __str__(self) -> str:
        return f"{self.outcome.code}: {self.theme}"


class RegionalStrategy(Sourced):
    """What a regional office or arrangement sets out to do under the plan, from when to when.

    Without `countries` it is for all countries of the office. What its document says of it stands
    in `quote`; what it sets out to do in its priorities.
    """

    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="regional_strategies"
    )
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="strategies")
    text = TranslatedField()
    start = models.DateField(null=True, blank=True)
    end = models.DateField(null=True, blank=True)
    countries = models.ManyToManyField(Country, blank=True, related_name="regional_strategies")
    quote = TranslatedField(blank=True)
    version = models.PositiveIntegerField(default=1)
    # The priorities that hold, where `with_priorities` has read them.
    current: list[StrategyPriority]

    objects = RegionalStrategyQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "office"]
        verbose_name_plural = "regional strategies"
        constraints = [
            models.UniqueConstraint(fields=["plan", "office"], name="regional_strategy_once"),
            models.CheckConstraint(
                condition=Q(start__lte=F("end")) | Q(start__isnull=True) | Q(end__isnull=True),
                name="regional_strategy_starts_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office.code}: {self.text}"

    @property
    def home_office(self) -> Office:
        """Where acts on the strategy belong."""
        return self.office


class StrategyPriority(Sourced):
    """One priority of a regional strategy, in its order, with the outcomes of the plan it serves.

    `key` names it in the file that it was loaded from; what an office adds has none. One that is
    withdrawn is kept, with the reason.
    """

    strategy = models.ForeignKey(
        RegionalStrategy, on_delete=models.CASCADE, related_name="priorities"
    )
    key = models.CharField(max_length=20, blank=True)
    text = TranslatedField()
    paragraph = models.CharField(max_length=20, blank=True)
    quote = TranslatedField(blank=True)
    outcomes = models.ManyToManyField(
        Outcome, through="PriorityOutcome", related_name="regional_priorities"
    )
    position = models.PositiveSmallIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdraw_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = StrategyPriorityQuerySet.as_manager()

    class Meta:
        ordering = ["strategy", "position", "id"]
        verbose_name_plural = "strategy priorities"
        constraints = [
            models.UniqueConstraint(
                fields=["strategy", "key"],
                condition=~Q(key=""),
                name="strategy_priority_key_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.text)

    @property
    def home_office(self) -> Office:
        """Where acts on the priority belong."""
        return self.strategy.office


class PriorityOutcome(models.Model):
    """A regional priority serves an outcome; `verification` is how sure that is.

    Unverified: the document names no outcome, and the reading is ours.
    """

    priority = models.ForeignKey(
        StrategyPriority, on_delete=models.CASCADE, related_name="outcome_links"
    )
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="priority_links")
    verification = models.CharField(
        max_length=20, choices=Verification, default=Verification.UNVERIFIED
    )

    class Meta:
        ordering = ["priority", "outcome__position", "outcome__code"]
        constraints = [
            models.UniqueConstraint(fields=["priority", "outcome"], name="priority_outcome_once")
        ]

    def __str__(self) -> str:
        return f"{self.outcome.code}: {self.priority}"

    @property
    def is_our_reading(self) -> bool:
        """Whether no document says so."""
        return self.verification == Verification.UNVERIFIED


class StatedFigure(Sourced):
    """What a document states of the organization and our own records do not hold.

    No figure is computed from it. A total that has parts keeps no value of its own: it is the sum
    of its parts (`amount`).
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="stated_figures")
    key = models.CharField(max_length=20)
    topic = models.CharField(max_length=20, choices=StatedTopic)
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, related_name="stated_figures"
    )
    theme = models.ForeignKey(
        Theme, on_delete=models.SET_NULL, null=True, blank=True, related_name="stated_figures"
    )
    part_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="parts"
    )
    text = TranslatedField()
    value = FixedPointField(null=True, blank=True)
    value_text = TranslatedField(blank=True)
    unit = TranslatedField(blank=True)
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    as_of = models.DateField(null=True, blank=True)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True)
    paragraph = models.CharField(max_length=20)
    quote = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    objects = StatedFigureQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "key"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="stated_figure_key_in_plan"),
            models.CheckConstraint(
                condition=Q(window_start__lte=F("window_end"))
                | Q(window_start__isnull=True)
                | Q(window_end__isnull=True),
                name="stated_window_starts_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.text}"

    @property
    def amount(self) -> Decimal | None:
        """The number that is stated; of a total that has parts, their sum."""
        given = [part.value for part in self.parts.all() if part.value is not None]
        return sum(given, Decimal(0)) if given else self.value


class Rules(models.Model):
    """Base: the rules by which an indicator's results become figures."""

    over_time = models.CharField(max_length=10, choices=OverTime, default=OverTime.SUM)
    across = models.CharField(max_length=10, choices=Across, default=Across.SUM)
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INCREASE)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.EACH)

    class Meta:
        abstract = True


class Indicator(Sourced, Rules):
    """What is measured, in which unit, and by which rules its figures come about.

    A headline indicator (`is_headline`) takes the results of the indicators that feed it
    (`feeds` points to it) and nothing is entered on it. Where `counts_from` is set no number is
    typed: it is counted from the register of deliverables. The rules are kept as revisions too
    (`IndicatorRevision`); `outcomes.actions` changes both together. `version` goes up with each
    change of the frameworks that it serves.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="indicators")
    owner = models.CharField(max_length=15, choices=Owner, default=Owner.OUTCOME)
    outcome = models.ForeignKey(
        Outcome,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="indicators",
    )
    domain = models.ForeignKey(
        Domain,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="indicators",
    )
    code = models.CharField(max_length=30)
    title = TranslatedField()
    unit = TranslatedField(blank=True)
    level = models.CharField(max_length=10, choices=Level, default=Level.OUTPUT)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.QUANTITY)
    thing_kind = models.CharField(max_length=30, blank=True)
    counts_from = models.CharField(max_length=20, choices=CountsFrom, blank=True)
    is_headline = models.BooleanField(default=False)
    feeds = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="feeders"
    )
    allow_negative = models.BooleanField(default=True)
    decimals = models.PositiveSmallIntegerField(default=2)
    method = TranslatedField(blank=True)
    evidence_rule = models.CharField(
        max_length=10, choices=EvidenceRule, default=EvidenceRule.REQUIRED
    )
    disaggregation_wanted = models.JSONField(default=list, blank=True)
    origin = models.CharField(max_length=20, choices=Origin, default=Origin.DERIVED)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="indicator_code_in_plan"),
            models.CheckConstraint(
                condition=Q(is_headline=False) | Q(feeds__isnull=True),
                name="headline_feeds_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.PERCENTAGE)
                | Q(over_time__in=[OverTime.SUM, OverTime.LATEST], across=Across.SUM),
                name="percentage_is_ratio_of_sums",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.DISTINCT)
                | Q(over_time__in=[OverTime.SUM, OverTime.LATEST], across=Across.SUM),
                name="distinct_is_a_union",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.RATING) | Q(over_time=OverTime.LATEST, across=Across.SUM),
                name="rating_is_the_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def counted(self) -> str:
        """The kind of the things that a `distinct` indicator counts; else one of its own."""
        return self.thing_kind or self.code


class IndicatorFramework(FrameworkLink):
    """An indicator measures what a framework or one of its targets asks for."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="frameworks")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="indicator_links")

    class Meta:
        ordering = ["indicator", "theme__position", "theme__code"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "theme"], name="indicator_framework_once")
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code}: {self.theme}"


class VerificationMeans(models.Model):
    """A means of verification of an indicator, in the words of the plan.

    Where the indicator's evidence rule is the checklist, each needs a piece of evidence. One that
    is no longer asked for is kept for the evidence that covers it, and is not current.
    """

    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="means_of_verification"
    )
    text = models.CharField(max_length=500)
    position = models.PositiveSmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)

    objects = VerificationMeansQuerySet.as_manager()

    class Meta:
        ordering = ["indicator", "position", "id"]
        verbose_name_plural = "means of verification"
        constraints = [
            models.UniqueConstraint(fields=["indicator", "text"], name="verification_means_once")
        ]

    def __str__(self) -> str:
        return self.text


class IndicatorRevision(Revision, Rules):
    """The rules of an indicator as they stood, for figures as of an earlier moment."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="revisions")
    feeds = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["indicator", "recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator"],
                condition=Q(superseded_at__isnull=True),
                name="indicator_revision_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code} from {self.recorded_at:%Y-%m-%d}"


class Dimension(models.Model):
    """A breakdown of an indicator (sex, age): additive where nobody is in two categories."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="dimensions")
    code = models.CharField(max_length=30)
    name = TranslatedField()
    additive = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["indicator", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "code"], name="dimension_code_once")
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Category(models.Model):
    """One category of a breakdown; its code is unique within the indicator."""

    dimension = models.ForeignKey(Dimension, on_delete=models.CASCADE, related_name="categories")
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="categories")
    code = models.CharField(max_length=30)
    name = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["dimension", "position", "code"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["indicator", "code"], name="category_code_once"),
            models.CheckConstraint(condition=~Q(code=TOTAL), name="category_code_not_empty"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class RatingLevel(models.Model):
    """One level of the ordered scale of a rating indicator, the lowest first."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="levels")
    code = models.CharField(max_length=30)
    name = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["indicator", "position"]
        constraints = [
            models.UniqueConstraint(fields=["indicator", "code"], name="rating_level_code_once")
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class ScopedValue(Revision):
    """Base: a value that belongs to an indicator and one scope, with its source.

    For a percentage the value is on 0..100. A change supersedes the row and adds another.
    """

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="%(class)ss")
    scope = models.BigIntegerField(default=scopes.PLAN)
    value = FixedPointField()
    date = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=300, blank=True)
    verification = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.indicator.code}: {self.value}"


class Baseline(ScopedValue):
    """Where an indicator stood when the plan (or the scope's work) began."""

    class Meta:
        ordering = ["indicator", "scope", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "scope"],
                condition=Q(superseded_at__isnull=True),
                name="baseline_one_current",
            )
        ]


class Milestone(ScopedValue):
    """A planned value on the way to the target, at the end of the day `date`."""

    class Meta:
        ordering = ["indicator", "scope", "date", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "scope", "date"],
                condition=Q(superseded_at__isnull=True),
                name="milestone_one_current",
            ),
            models.CheckConstraint(condition=Q(date__isnull=False), name="milestone_has_date"),
        ]


class Target(ScopedValue):
    """The value to be reached by the end of the day `date`; the date is fixed when it is set."""

    class Meta:
        ordering = ["indicator", "scope", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "scope"],
                condition=Q(superseded_at__isnull=True),
                name="target_one_current",
            ),
            models.CheckConstraint(condition=Q(date__isnull=False), name="target_has_date"),
        ]


class StatusOverride(Revision):
    """A reviewer's own judgement of a status, with the written reason; both are shown."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="overrides")
    scope = models.BigIntegerField(default=scopes.PLAN)
    period = models.PositiveSmallIntegerField()
    basis = models.PositiveSmallIntegerField(choices=Basis, default=Basis.OFFICIAL)
    status = models.CharField(max_length=20, choices=Status)

    class Meta:
        ordering = ["indicator", "scope", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "scope", "period", "basis"],
                condition=Q(superseded_at__isnull=True),
                name="status_override_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator.code}: {self.status}"


class Contributor(models.Model):
    """Who reports: one source (a project), on one indicator, for one place.

    People are not contributors: a colleague who takes over continues the series. `place` is
    empty (global, several countries), a country's three letters or a city's key. Office,
    country and dates are revisions (`ContributorRevision`).
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="contributors")
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="contributors")
    source = models.CharField(max_length=60)
    place = models.CharField(max_length=80, blank=True)

    objects = ContributorQuerySet.as_manager()

    class Meta:
        ordering = ["indicator", "source", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "indicator", "source", "place"], name="contributor_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.place}".strip()


class ContributorRevision(Revision):
    """Where a contributor counts (office, country) and from when to when it should report.

    It is expected in every period that shares a day with `expected_from`..`expected_to`, and
    in none where `expected_from` is empty. Plan and indicator are the contributor's, so that
    coverage is one range of an index.
    """

    contributor = models.ForeignKey(Contributor, on_delete=models.CASCADE, related_name="revisions")
    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expected_from = models.DateField(null=True, blank=True)
    expected_to = models.DateField(null=True, blank=True)
    leaf = leaf_field()

    class Meta:
        ordering = ["contributor", "recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contributor"],
                condition=Q(superseded_at__isnull=True),
                name="contributor_revision_one_current",
            )
        ]
        indexes = [
            # coverage: who is expected in an office and country
            models.Index(
                fields=["plan", "indicator", "leaf"],
                include=["contributor", "expected_from", "expected_to"],
                condition=Q(superseded_at__isnull=True),
                name="contributor_revision_of_leaf",
            )
        ]

    def __str__(self) -> str:
        return f"{self.contributor} from {self.recorded_at:%Y-%m-%d}"


class Thing(models.Model):
    """Something that is counted once: a city, a country, a partner, a policy, a publication.

    `latitude` and `longitude` say where a city lies: degrees of WGS 84, north and east positive,
    to five decimals (about a metre); both or neither, and `position_source` says who says so.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="things")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    name = TranslatedField()
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    latitude = models.DecimalField(max_digits=7, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    position_source = models.CharField(max_length=200, blank=True)

    objects = ThingQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "kind", "key"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind", "key"], name="thing_key_once"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="thing_position_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.key


class ThingMerge(Revision):
    """A thing turned out to be another one; `root` is always the one that counts."""

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="merges")
    root = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="merged")

    class Meta:
        ordering = ["thing", "recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["thing"],
                condition=Q(superseded_at__isnull=True),
                name="thing_merge_one_current",
            ),
            models.CheckConstraint(condition=~Q(thing=F("root")), name="thing_merge_into_another"),
        ]

    def __str__(self) -> str:
        return f"{self.thing} is {self.root}"


class Measurement(models.Model):
    """A posting of the ledger: one number of one result, on one basis. Never edited.

    A correction withdraws the posting and posts another. `indicator` is where it counts,
    `recorded_on` where it was entered (another indicator: a credit). `cell` is empty for the
    total, else a category's code. `period` is the period's number. `source` names what it was
    taken from (`result:12`). Office and country are those of the contributor when it was
    posted; a move withdraws and posts anew. The keys begin with the plan, and nothing refers
    to these rows by foreign key, so the table can be partitioned and distributed by plan.
    """

    pk = models.CompositePrimaryKey("plan", "id")
    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.UUIDField(default=time_ordered_id)
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    recorded_on = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    contributor = models.ForeignKey(
        Contributor, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", db_index=False)
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    leaf = leaf_field()
    basis = models.PositiveSmallIntegerField(choices=Basis)
    period = models.PositiveSmallIntegerField()
    cell = models.CharField(max_length=30, default=TOTAL, blank=True)
    state = models.CharField(max_length=15, choices=State)
    numerator = FixedPointField(null=True, blank=True)
    denominator = FixedPointField(null=True, blank=True)
    unnamed = FixedPointField(default=0)
    rating = models.CharField(max_length=30, blank=True)
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    source = models.CharField(max_length=60)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    reason = models.TextField(blank=True)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "indicator", "contributor", "basis", "cell", "period"],
                condition=Q(withdrawn_at__isnull=True),
                name="measurement_one_live",
            )
        ]
        indexes = [
            # the leaves: everything that a leaf holds in a range of periods, from the index alone
            models.Index(
                fields=["plan", "indicator", "leaf", "basis", "period", "cell"],
                include=[
                    "contributor",
                    "recorded_on",
                    "state",
                    "numerator",
                    "denominator",
                    "unnamed",
                    "rating",
                    "qualifier",
                ],
                condition=Q(withdrawn_at__isnull=True),
                name="measurement_of_leaf",
            ),
            # coverage and latest values: each contributor's totals in the order of the periods
            models.Index(
                fields=["plan", "indicator", "leaf", "basis", "contributor", "period"],
                include=["state", "recorded_on", "numerator", "denominator", "rating"],
                condition=Q(withdrawn_at__isnull=True, cell=TOTAL),
                name="measurement_total_of_leaf",
            ),
            # the few totals that are not applicable, for coverage
            models.Index(
                fields=["plan", "indicator", "leaf", "basis", "contributor", "period"],
                include=["recorded_on"],
                condition=Q(withdrawn_at__isnull=True, cell=TOTAL, state=State.NOT_APPLICABLE),
                name="measurement_not_applicable",
            ),
            # figures as of an earlier moment read withdrawn postings too
            models.Index(
                fields=["plan", "indicator", "basis", "posted_at"],
                name="measurement_as_of",
            ),
            # what a result, or a contributor that moves, has posted
            models.Index(
                fields=["plan", "contributor", "period"],
                name="measurement_of_contributor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.basis} {self.period} {self.cell}"


class PostedThing(models.Model):
    """A thing listed by a posting on a `distinct` indicator."""

    pk = models.CompositePrimaryKey("plan", "measurement_id", "thing")
    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    measurement_id = models.UUIDField()
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        indexes = [
            # what a merge of things touches
            models.Index(fields=["plan", "thing"], name="posted_thing_of_thing")
        ]

    def __str__(self) -> str:
        return f"{self.measurement_id}: {self.thing_id}"


class StaleFigure(models.Model):
    """Figures to be computed again: an indicator, a leaf, a basis, a range of periods.

    Append only and without a unique key, so that writers never wait for each other; written in
    the transaction of the posting, deleted in the transaction that stores the new figures.
    `leaf` 0 means every leaf of the indicator; `basis` 0 means both. `created_at` is by the
    database's clock: the machines that write may disagree about the time. `run` is the id of
    the rebuild that asked for it; most keys have none. `too_large_at` is when the sums of its
    indicator last did not fit the database; most keys have none.
    """

    pk = models.CompositePrimaryKey("plan", "id")
    plan = models.ForeignKey(
        StrategicPlan,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    id = models.UUIDField(default=time_ordered_id)
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    leaf = models.BigIntegerField(default=scopes.EVERY_LEAF)
    basis = models.PositiveSmallIntegerField(default=0)
    first_period = models.PositiveSmallIntegerField()
    last_period = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    run = models.BigIntegerField(null=True)
    too_large_at = models.DateTimeField(null=True)

    objects = StaleFigureQuerySet.as_manager()

    class Meta:
        indexes = [
            # "updating" on pages: is anything stale for this indicator
            models.Index(fields=["plan", "indicator"], name="stale_of_indicator"),
        ]

    def __str__(self) -> str:
        return f"indicator {self.indicator_id}, periods {self.first_period}-{self.last_period}"


class Leaf(models.Model):
    """What the contributors of one office in one country come to: the smallest figure.

    Every scope above (offices, countries, the plan) is computed from leaves, so that a change
    costs the same however many postings there are. Written by the engine only. Sums, the
    highest value and the number of contributors are kept apart, because the rule across
    contributors is applied further up. To date, as in `Figure`, is empty where it is the sum of
    the periods. `reports` is 1, but for a mean over time the number of reports that the sums
    are to be divided by. Periods come first in the key: all leaves of a period are one range.
    """

    pk = models.CompositePrimaryKey(
        "plan", "indicator", "basis", "period", "leaf", "cell", "reports"
    )
    plan = models.ForeignKey(
        StrategicPlan,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    basis = models.PositiveSmallIntegerField(choices=Basis)
    period = models.PositiveSmallIntegerField()
    leaf = models.BigIntegerField()
    cell = models.CharField(max_length=30, default=TOTAL)
    reports = models.PositiveSmallIntegerField(default=1)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    highest = models.BigIntegerField(null=True)
    contributors = models.PositiveIntegerField(null=True)
    qualifier = models.PositiveSmallIntegerField(null=True)
    shared = models.BigIntegerField(null=True)
    period_numerator = models.BigIntegerField(null=True)
    period_denominator = models.BigIntegerField(null=True)
    period_highest = models.BigIntegerField(null=True)
    period_contributors = models.PositiveIntegerField(null=True)
    period_qualifier = models.PositiveSmallIntegerField(null=True)
    period_shared = models.BigIntegerField(null=True)
    reported = models.PositiveIntegerField(null=True)
    expected = models.PositiveIntegerField(null=True)
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.leaf} {self.basis} {self.cell} {self.period}"


class Figure(models.Model):
    """A computed number: indicator x scope x basis x cell x period. Written by the engine only.

    `numerator` over `denominator` is the value to date (a quantity over 1, a mean as sum over
    count, a percentage as its sums), the `period_` pair what was reported in that period.
    Where the value to date is the sum of the periods (`RulesAt.is_additive`) only the latter
    is stored, and `reader` adds up. A missing numerator is "no value", never 0; where
    contributors are not added up (`none`) and several have a value, the denominator counts
    them. Coverage sits in the row of the total. `shared` is the part that credits brought,
    `unnamed` the part of a `distinct` figure that no name stands behind.
    """

    pk = models.CompositePrimaryKey("plan", "indicator", "scope", "basis", "cell", "period")
    plan = models.ForeignKey(
        StrategicPlan,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    scope = models.BigIntegerField()
    basis = models.PositiveSmallIntegerField(choices=Basis)
    cell = models.CharField(max_length=30, default=TOTAL)
    period = models.PositiveSmallIntegerField()
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    qualifier = models.PositiveSmallIntegerField(null=True)
    shared = models.BigIntegerField(null=True)
    unnamed = models.BigIntegerField(null=True)
    period_numerator = models.BigIntegerField(null=True)
    period_denominator = models.BigIntegerField(null=True)
    period_qualifier = models.PositiveSmallIntegerField(null=True)
    period_shared = models.BigIntegerField(null=True)
    period_unnamed = models.BigIntegerField(null=True)
    reported = models.PositiveIntegerField(null=True)
    expected = models.PositiveIntegerField(null=True)
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.scope} {self.basis} {self.cell} {self.period}"


class FigureRun(models.Model):
    """One time that the figures of a plan were all computed again, or compared with the ledger.

    Both times are by the database's clock. A rebuild that is not offline is finished by whoever
    computes the last of its `total` indicators, so it goes on after a crash by itself; without
    `finished_at` it is going on. A rebuild may be of one `indicator`. A verification has as
    `differences` how many were found, of which the first are kept as `FigureDifference`.
    """

    kind = models.CharField(max_length=15, choices=RunKind)
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="+")
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    total = models.PositiveIntegerField()
    differences = models.PositiveBigIntegerField(default=0)

    objects = FigureRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.total} indicators, {self.started_at:%Y-%m-%d %H:%M}"


class FigureDifference(models.Model):
    """A stored figure that was not what the ledger says, found by a verification.

    `where` says in words which figure it is. Scope, basis, cell and period are those of a
    figure; a leaf, which has no page of its own, has no scope. A posting that breaks a rule is
    kept in the same way, with neither scope nor basis.
    """

    run = models.ForeignKey(FigureRun, on_delete=models.CASCADE, related_name="found")
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    where = models.CharField(max_length=200)
    scope = models.BigIntegerField(null=True)
    basis = models.PositiveSmallIntegerField(choices=Basis, null=True)
    cell = models.CharField(max_length=30, default=TOTAL, blank=True)
    period = models.PositiveSmallIntegerField(null=True)
    stored = models.TextField()
    computed = models.TextField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.where}: stored {self.stored}, the ledger says {self.computed}"


class CountryRecord(Revision):
    """Where a country stands with its common country assessment and cooperation framework.

    Dated revisions, one after the other; what is empty is not known, which is not "not started".
    Years are calendar years. `content_rating` is how much the two say of urban matters.
    """

    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="country_records"
    )
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="records")
    cca_stage = models.CharField(max_length=20, choices=AssessmentStage, blank=True)
    cca_year = models.PositiveSmallIntegerField(null=True, blank=True)
    framework_stage = models.CharField(max_length=20, choices=FrameworkStage, blank=True)
    framework_start = models.PositiveSmallIntegerField(null=True, blank=True)
    framework_end = models.PositiveSmallIntegerField(null=True, blank=True)
    is_member = models.BooleanField(null=True, blank=True)
    is_signatory = models.BooleanField(null=True, blank=True)
    content_rating = models.PositiveSmallIntegerField(choices=UrbanContent, null=True, blank=True)
    content_text = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = CountryRecordQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "country", "recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "country"],
                condition=Q(superseded_at__isnull=True),
                name="country_record_one_current",
            ),
            models.CheckConstraint(
                condition=Q(framework_start__lte=F("framework_end"))
                | Q(framework_start__isnull=True)
                | Q(framework_end__isnull=True),
                name="framework_starts_first",
            ),
            models.CheckConstraint(
                condition=Q(content_rating__isnull=True)
                | Q(content_rating__in=UrbanContent.values),
                name="country_content_rating_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.country)

    @property
    def home_office(self) -> Office | None:
        """Where acts on the record belong."""
        return self.country.office

    @property
    def framework_period(self) -> str:
        """The years of the framework, as far as they are known: `2021-2025`."""
        years = (self.framework_start, self.framework_end)
        return "-".join(str(year or "…") for year in years) if any(years) else ""
