"""The demonstration's plan: the framework of the real plan copied, with sixteen quarters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from outcomes.actions import save_indicator
from outcomes.choices import (
    Across,
    CountsFrom,
    Direction,
    EvidenceRule,
    Frequency,
    Kind,
    Level,
    Origin,
    OverTime,
    Owner,
)
from outcomes.models import (
    Category,
    Dimension,
    Indicator,
    IndicatorFramework,
    Outcome,
    PriorityOutcome,
    RatingLevel,
    RegionalStrategy,
    StrategyPriority,
    ThemeLink,
    VerificationMeans,
)
from plans.actions import add_period, revise_plan
from plans.choices import PeriodKind, ReviewSteps
from plans.models import Domain, PlanRevision, StrategicPlan, Theme

from .words import SOURCE

PLAN_CODE = "DEMO"
QUARTERS = 16
PRESENT = 9

# What the indicators with these endings count from the register of deliverables.
COUNTING = {
    "PUB": CountsFrom.PUBLICATION,
    "TEC": CountsFrom.TECHNICAL_MATERIAL,
    "SEM": CountsFrom.EVENT,
    "FLD": CountsFrom.FIELD_PROJECT,
    "TRN": CountsFrom.PARTICIPANTS,
}

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Breakdown:
    """A breakdown of a demonstration indicator: categories as code -> (English, Chinese)."""

    code: str
    name: tuple[str, str]
    categories: dict[str, tuple[str, str]]
    additive: bool = True


@dataclass(frozen=True)
class Example:
    """An indicator that only the demonstration has, for a rule that the framework does not use."""

    code: str
    outcome: str
    title: tuple[str, str]
    unit: tuple[str, str]
    kind: Kind = Kind.QUANTITY
    over_time: OverTime = OverTime.LATEST
    across: Across = Across.SUM
    direction: Direction = Direction.INCREASE
    frequency: Frequency = Frequency.EACH
    decimals: int = 0
    breakdowns: tuple[Breakdown, ...] = ()
    levels: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Means of verification; where there are some, each needs a piece of evidence.
    checklist: tuple[str, ...] = ()


SEX = Breakdown(
    "sex", ("Sex", "性别"), {"female": ("Women and girls", "女"), "male": ("Men and boys", "男")}
)
GROUPS = Breakdown(
    "group",
    ("Groups (a person may be in several)", "群体（一人可属多个群体）"),
    {
        "youth": ("Young people", "青年"),
        "older": ("Older people", "老年人"),
        "disabled": ("Persons with disabilities", "残疾人"),
        "displaced": ("Displaced people", "流离失所者"),
    },
    additive=False,
)
EXAMPLES = (
    Example(
        "DEMO-SVC", "1.1", ("Share of residents with basic services", "享有基本服务的居民比例"),
        ("percent", "%"), kind=Kind.PERCENTAGE, decimals=1, breakdowns=(SEX, GROUPS),
    ),
    Example(
        "DEMO-SPC", "1.1", ("Most people in a public space", "公共空间单日最多人数"),
        ("people", "人"), over_time=OverTime.MAX, across=Across.MAX,
    ),
    Example(
        "DEMO-RES", "1.3", ("Residents of improved neighbourhoods", "改善街区的居民"),
        ("people", "人"), over_time=OverTime.SUM, breakdowns=(SEX, GROUPS),
        checklist=("Count of residents signed by the municipality", "Map of the improved streets"),
    ),
    Example(
        "DEMO-PLQ", "1.3", ("Quality of local plans", "地方规划质量"),
        ("rating", "评级"), kind=Kind.RATING,
        levels={
            "weak": ("Weak", "弱"), "fair": ("Fair", "一般"),
            "good": ("Good", "良好"), "strong": ("Strong", "优秀"),
        },
    ),
    Example(
        "DEMO-TRV", "2.1", ("Average journey to work", "平均通勤时间"), ("minutes", "分钟"),
        across=Across.MEAN, direction=Direction.DECREASE, decimals=1,
    ),
    Example(
        "DEMO-BUD", "2.2", ("Budget spent as planned", "按计划执行的市政预算比例"),
        ("percent", "%"), kind=Kind.PERCENTAGE, over_time=OverTime.SUM,
        frequency=Frequency.HALF, decimals=1,
    ),
    Example(
        "DEMO-EMI", "3.1", ("Emissions of the supported fleets", "受支持车队的排放量"),
        ("tonnes of CO2 equivalent", "吨二氧化碳当量"), direction=Direction.DECREASE,
    ),
    Example(
        "DEMO-SAT", "4.1", ("Satisfaction of residents (0 to 10)", "居民满意度（0 至 10）"),
        ("points", "分"), over_time=OverTime.MEAN, across=Across.MEAN, decimals=1,
    ),
    Example(
        "DEMO-WAT", "4.2", ("Days of safe water in the quarter", "本季度安全供水天数"),
        ("days", "天"), over_time=OverTime.MEAN, across=Across.NONE, decimals=1,
    ),
)  # fmt: skip


def real_plan() -> StrategicPlan:
    """The plan whose framework is copied; raises `load_plan_first` where there is none."""
    plan = StrategicPlan.objects.filter(is_demonstration=False, revisions__isnull=False)
    found = plan.order_by("-code").first()
    if found is None:
        raise DomainError(_("There is no plan to copy; load the plan first."), "load_plan_first")
    return found


def quarter_start(day: date, shift: int = 0) -> date:
    """The first day of the quarter that a day is in, or of one so many quarters later."""
    quarter = day.year * 4 + (day.month - 1) // 3 + shift
    return date(quarter // 4, quarter % 4 * 3 + 1, 1)


def make_plan(*, real: StrategicPlan, today: date, by: User | None) -> StrategicPlan:
    """The plan with its quarters, laid so that today is in the ninth of sixteen."""
    plan = StrategicPlan.objects.create(
        code=PLAN_CODE,
        title={
            "en": f"Demonstration of the {real.title.get('en', real.code)}",
            "zh": f"演示：{real.title.get('zh') or real.title.get('en', real.code)}",
        },
        short_title={"en": "Demonstration plan", "zh": "演示计划"},
        vision=real.vision,
        objective=real.objective,
        is_demonstration=True,
        review_steps=ReviewSteps.TWO,
        source=SOURCE,
        note="The framework is a copy; projects, results, baselines and targets are synthetic.",
    )
    start = quarter_start(today, 1 - PRESENT)
    settings = PlanRevision.objects.at().get(plan=real)
    revise_plan(
        plan=plan,
        by=by,
        start=start,
        end=quarter_start(start, QUARTERS) - timedelta(days=1),
        due_days=settings.due_days,
        minimum_coverage=settings.minimum_coverage,
        on_track_at=settings.on_track_at,
        delayed_at=settings.delayed_at,
        source=SOURCE,
    )
    for number in range(QUARTERS):
        first = quarter_start(start, number)
        add_period(
            plan=plan,
            label=f"{first.year}-Q{(first.month - 1) // 3 + 1}",
            kind=PeriodKind.QUARTER,
            start=first,
            end=quarter_start(first, 1) - timedelta(days=1),
        )
    return plan


def _copy(row: Row, **changes: Any) -> Row:
    """A new row with the fields of another; what refers to its plan is given in `changes`."""
    values = {
        column.attname: getattr(row, column.attname)
        for column in row._meta.concrete_fields
        if not column.primary_key
    }
    return type(row)(**(values | changes))


def copy_framework(*, real: StrategicPlan, plan: StrategicPlan, by: User | None) -> None:
    """Domains, outcomes, themes, strategies and indicators with breakdowns, as they are."""
    domains = {row.pk: _copy(row, plan_id=plan.pk) for row in Domain.objects.filter(plan=real)}
    Domain.objects.bulk_create(domains.values())
    outcomes = {
        row.pk: _copy(row, plan_id=plan.pk, domain_id=domains[row.domain_id].pk)
        for row in Outcome.objects.filter(plan=real)
    }
    Outcome.objects.bulk_create(outcomes.values())
    themes = {row.pk: _copy(row, plan_id=plan.pk) for row in Theme.objects.filter(plan=real)}
    for copied in themes.values():
        copied.part_of = None
    Theme.objects.bulk_create(themes.values())
    for whole in Theme.objects.filter(plan=real, parts__isnull=False).distinct():
        for part in whole.parts.all():
            themes[part.pk].part_of = themes[whole.pk]
    Theme.objects.bulk_update(themes.values(), ["part_of"])
    ThemeLink.objects.bulk_create(
        _copy(row, theme_id=themes[row.theme_id].pk, outcome_id=outcomes[row.outcome_id].pk)
        for row in ThemeLink.objects.filter(theme__plan=real)
    )
    _copy_strategies(real, plan, outcomes)
    indicators: dict[int, Indicator] = {}
    for row in Indicator.objects.filter(plan=real).order_by("-is_headline", "position"):
        indicators[row.pk] = save_indicator(
            indicator=_copy(
                row,
                plan_id=plan.pk,
                outcome_id=outcomes[row.outcome_id].pk if row.outcome_id else None,
                domain_id=domains[row.domain_id].pk if row.domain_id else None,
                feeds_id=indicators[row.feeds_id].pk if row.feeds_id else None,
                counts_from=_counting(row),
            ),
            by=by,
        )
    IndicatorFramework.objects.bulk_create(
        _copy(
            row,
            indicator_id=indicators[row.indicator_id].pk,
            theme_id=themes[row.theme_id].pk,
        )
        for row in IndicatorFramework.objects.filter(indicator__plan=real)
    )
    _copy_breakdowns(real, indicators)


def _copy_strategies(
    real: StrategicPlan, plan: StrategicPlan, outcomes: dict[int, Outcome]
) -> None:
    """What the regions set out to do, with their priorities; one that was withdrawn is left out."""
    strategies = {
        row.pk: _copy(row, plan_id=plan.pk, start=None, end=None)
        for row in RegionalStrategy.objects.filter(plan=real)
    }
    RegionalStrategy.objects.bulk_create(strategies.values())
    countries = RegionalStrategy.countries.through
    countries._default_manager.bulk_create(
        _copy(row, regionalstrategy_id=strategies[row.regionalstrategy_id].pk)
        for row in countries._default_manager.filter(regionalstrategy__in=strategies)
    )
    priorities = {
        row.pk: _copy(row, strategy_id=strategies[row.strategy_id].pk)
        for row in StrategyPriority.objects.filter(strategy__in=strategies).current()
    }
    StrategyPriority.objects.bulk_create(priorities.values())
    PriorityOutcome.objects.bulk_create(
        _copy(
            row,
            priority_id=priorities[row.priority_id].pk,
            outcome_id=outcomes[row.outcome_id].pk,
        )
        for row in PriorityOutcome.objects.filter(priority__in=priorities)
    )


def _counting(row: Indicator) -> str:
    """What an indicator of the demonstration counts from; its number is typed where nothing."""
    if row.counts_from or row.is_headline:
        return row.counts_from
    return COUNTING.get(row.code.rpartition("-")[2], CountsFrom.TYPED)


def _copy_breakdowns(real: StrategicPlan, indicators: dict[int, Indicator]) -> None:
    of_plan = {"indicator__plan": real}
    dimensions = {
        row.pk: _copy(row, indicator_id=indicators[row.indicator_id].pk)
        for row in Dimension.objects.filter(**of_plan)
    }
    Dimension.objects.bulk_create(dimensions.values())
    Category.objects.bulk_create(
        _copy(
            row,
            dimension_id=dimensions[row.dimension_id].pk,
            indicator_id=indicators[row.indicator_id].pk,
        )
        for row in Category.objects.filter(**of_plan)
    )
    VerificationMeans.objects.bulk_create(
        _copy(row, indicator_id=indicators[row.indicator_id].pk)
        for row in VerificationMeans.objects.filter(**of_plan)
    )
    RatingLevel.objects.bulk_create(
        _copy(row, indicator_id=indicators[row.indicator_id].pk)
        for row in RatingLevel.objects.filter(**of_plan)
    )


def add_examples(*, plan: StrategicPlan, by: User | None) -> None:
    """The indicators that only the demonstration has, so that every rule is seen at work."""
    outcomes = {outcome.code: outcome for outcome in Outcome.objects.filter(plan=plan)}
    for position, example in enumerate(EXAMPLES, start=900):
        outcome = outcomes.get(example.outcome)
        indicator = save_indicator(
            indicator=Indicator(
                plan=plan,
                code=example.code,
                owner=Owner.OUTCOME if outcome else Owner.PLAN,
                outcome=outcome,
                title=_both(example.title),
                unit=_both(example.unit),
                level=Level.OUTCOME,
                kind=example.kind,
                over_time=example.over_time,
                across=example.across,
                direction=example.direction,
                frequency=example.frequency,
                decimals=example.decimals,
                allow_negative=False,
                evidence_rule=(
                    EvidenceRule.CHECKLIST if example.checklist else EvidenceRule.REQUIRED
                ),
                origin=Origin.DEMONSTRATION,
                position=position,
                source=SOURCE,
                note="An indicator of the demonstration only.",
            ),
            by=by,
        )
        VerificationMeans.objects.bulk_create(
            VerificationMeans(indicator=indicator, text=text, position=place)
            for place, text in enumerate(example.checklist)
        )
        RatingLevel.objects.bulk_create(
            RatingLevel(indicator=indicator, code=code, name=_both(name), position=place)
            for place, (code, name) in enumerate(example.levels.items())
        )
        for place, breakdown in enumerate(example.breakdowns):
            dimension = Dimension.objects.create(
                indicator=indicator,
                code=breakdown.code,
                name=_both(breakdown.name),
                additive=breakdown.additive,
                position=place,
            )
            Category.objects.bulk_create(
                Category(
                    dimension=dimension,
                    indicator=indicator,
                    code=code,
                    name=_both(name),
                    position=n,
                )
                for n, (code, name) in enumerate(breakdown.categories.items())
            )


def _both(words: tuple[str, str]) -> dict[str, str]:
    """English and Chinese."""
    return {"en": words[0], "zh": words[1]}
