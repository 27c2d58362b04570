"""From an approval to the figure of the plan: it is right, and takes few queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from outcomes import scopes
from outcomes.choices import OverTime
from outcomes.models import StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import read
from projects import actions
from tests import factories

pytestmark = pytest.mark.django_db

# What ends or marks a transaction asks the database for nothing.
NO_QUERY = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


@pytest.mark.parametrize("projects", [1, 20])
@pytest.mark.parametrize("rules", [{}, {"over_time": OverTime.LATEST}])
def test_an_approval_reaches_the_plan_in_25_queries(projects: int, rules: dict[str, Any]) -> None:
    """Approved on both bases, an indicator with a breakdown that feeds a headline."""
    plan = factories.plan()
    outcome, office = factories.outcome(plan), factories.office("ROAF")
    kenya = factories.country("KEN", "Kenya", office)
    sex = {"sex": ["women", "men"]}
    headline = factories.indicator(plan, "HEAD", is_headline=True, **rules)
    indicator = factories.indicator(outcome, "PEOPLE", sex, feeds=headline, **rules)
    lines = [
        factories.line(factories.project(plan, f"P{n}", office, kenya), indicator, kenya)
        for n in range(projects)
    ]
    for line in lines[1:]:
        factories.report(line, 10, cells={"women": "6", "men": "4"})
    waiting = factories.report(lines[0], 5, to="submitted", cells={"women": "3", "men": "2"})
    reviewer = factories.user("Rob", Role.REVIEWER, office)
    drain()
    with CaptureQueriesContext(connection) as asked:
        actions.approve(rows=[waiting], by=reviewer)
        drain()
    queries = [one["sql"] for one in asked if not one["sql"].startswith(NO_QUERY)]
    if connection.vendor == "postgresql":
        assert len(queries) <= 25, "\n".join(queries)
    figures = read([headline], periods=(4, 4))
    assert figures.get(headline, scopes.PLAN, 4).to_date == 5 + 10 * (projects - 1)
    assert StaleFigure.objects.count() == 0
