"""A small plan that the pages of figures are asked about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from outcomes.rollup.queue import drain
from tests import factories


@pytest.fixture
def reader(db: None) -> Any:
    """Somebody who may read, and nothing else."""
    return factories.user("A Reader")


@pytest.fixture
def reading(client: Client, reader: Any) -> Client:
    """A browser in which the reader is signed in."""
    client.force_login(reader)
    return client


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """A plan with one outcome and one indicator, which a project in Kenya reported 3 and 4 on."""
    plan = factories.plan()
    outcome = factories.outcome(plan)
    indicator = factories.indicator(outcome, "PUB", title={"en": "Publications"})
    country = factories.country()
    project = factories.project(plan, "P1", where=country, serves=outcome)
    line = factories.line(project, indicator, country)
    factories.report(line, 3, "2020-Q1")
    factories.report(line, 4, "2020-Q2", qualifier="more_than")
    drain()
    return SimpleNamespace(
        plan=plan,
        outcome=outcome,
        indicator=indicator,
        country=country,
        project=project,
        line=line,
    )
