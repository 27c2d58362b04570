"""The rules of reporting periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.errors import DomainError
from plans import actions
from plans.models import ReportingPeriod
from tests import factories
from tests.roles import who_may

pytestmark = pytest.mark.django_db


@pytest.fixture
def period(db: None) -> ReportingPeriod:
    return factories.period(factories.plan())


ACTS: dict[str, Callable[[ReportingPeriod, Any], Any]] = {
    "close": lambda period, by: actions.close_period(period=period, by=by),
    "reopen": lambda period, by: actions.reopen_period(period=period, by=by, reason="Late"),
    "move": lambda period, by: actions.set_due_date(period=period, due=date(2020, 5, 1), by=by),
}


@pytest.mark.parametrize("act", ACTS)
def test_only_managers_of_headquarters_change_periods(period: ReportingPeriod, act: str) -> None:
    assert who_may(lambda by: ACTS[act](period, by)) == {"manager above"}


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def test_a_reason_is_needed_to_open_again(period: ReportingPeriod) -> None:
    by = factories.user(role=Role.MANAGER)
    actions.close_period(period=period, by=by)
    assert refused(lambda: actions.reopen_period(period=period, by=by, reason=" ")) == (
        "missing_reason"
    )
    assert actions.reopen_period(period=period, by=by, reason="Floods").is_open


def test_a_due_date_lies_after_the_period(period: ReportingPeriod) -> None:
    by = factories.user(role=Role.MANAGER)
    move = actions.set_due_date
    assert refused(lambda: move(period=period, due=period.end, by=by)) == "due_before_end"
    assert move(period=period, due=date(2020, 5, 1), by=by).due == date(2020, 5, 1)


def test_a_period_that_has_not_begun_is_not_closed() -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    plan = factories.plan(quarters=0)
    later = actions.add_period(plan=plan, label="L", kind="quarter", start=tomorrow, end=tomorrow)
    by = factories.user(role=Role.MANAGER)
    assert refused(lambda: actions.close_period(period=later, by=by)) == "period_not_begun"


def test_periods_follow_each_other(period: ReportingPeriod) -> None:
    gap = date(2021, 2, 1)
    add = actions.add_period
    assert (
        refused(lambda: add(plan=period.plan, label="G", kind="quarter", start=gap, end=gap))
        == "periods_not_contiguous"
    )
