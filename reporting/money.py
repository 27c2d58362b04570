"""The page of money: what it is for, the core budget, what is put off, what documents state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from habitat_tracker.accounts.models import User
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from plans.models import StrategicPlan
from projects.models import CoreBudget, Deferral
from projects.money import MoneySummary, money_summary


@dataclass(frozen=True)
class MoneyPage:
    """Money by what it is for, beside the core budget and what a document states."""

    summary: MoneySummary
    core: list[CoreBudget]
    deferrals: list[Deferral]
    stated: list[StatedFigure]
    stated_deferrals: list[StatedFigure]


def money_page(plan: StrategicPlan, asked: Mapping[str, Any], user: User) -> MoneyPage:
    """What was asked for of a plan's money; core budget and deferrals are the plan's."""
    moment = asked.get("moment")
    stated = list(
        StatedFigure.objects.visible_to(user).on(plan, StatedTopic.RESOURCES, StatedTopic.DEFERRAL)
    )
    return MoneyPage(
        summary=money_summary(plan, **asked),
        core=list(CoreBudget.objects.at(moment).filter(plan=plan).order_by("year")),
        deferrals=list(Deferral.objects.at(moment).of_plan(plan)),
        stated=[one for one in stated if one.topic == StatedTopic.RESOURCES],
        stated_deferrals=[one for one in stated if one.topic == StatedTopic.DEFERRAL],
    )
