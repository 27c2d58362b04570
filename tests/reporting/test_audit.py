"""The history of a record, and the audit page with its files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from projects import actions
from projects.models import Result
from tests import factories

pytestmark = pytest.mark.django_db
AUDIT = "/plans/SP/setup/audit"


@pytest.fixture
def draft() -> Result:
    """A draft of the office for Africa that was changed from 1150 to 1200."""
    plan = factories.plan("SP")
    africa = factories.office("ROAF")
    project = factories.project(plan, "P1", africa)
    line = factories.line(project, factories.indicator(factories.outcome(plan), "WATER"))
    factories.report(line, 1150, to="draft", narrative="Wells")
    return factories.report(line, 1200, to="draft", narrative="Wells")


def page(who: User, path: str) -> Any:
    client = Client()
    client.force_login(who)
    return client.get(path)


def file(who: User, path: str) -> bytes:
    return b"".join(page(who, path).streaming_content)


def manager(of: str = "HQ") -> User:
    return factories.user("Mia", Role.MANAGER, factories.office(of))


def test_a_change_is_told_from_what_to_what(draft: Result) -> None:
    act = ActivityEntry.objects.about(draft).get(verb="changed")
    assert act.changes == {"value": ["1150", "1200"]}
    assert act.office_path == factories.office("ROAF").path
    text = page(manager(), f"/plans/SP/history/result/{draft.pk}/").content.decode()
    assert "<del>1,150</del>" in text and "<ins>1,200</ins>" in text


def test_what_is_entered_is_told_with_all_its_parts() -> None:
    plan = factories.plan("SP")
    indicator = factories.indicator(factories.outcome(plan), "I", {"SEX": ["women", "men"]})
    line = factories.line(factories.project(plan, "P1"), indicator)
    result = factories.report(line, 7, to="draft", cells={"women": "3", "men": "4"})
    told = ActivityEntry.objects.about(result).get().changes
    assert told["cells.women"] == [None, "3"] and told["cells.men"] == [None, "4"]
    assert told["value"] == [None, "7"] and told["state"] == [None, "reported"]


def test_managers_read_what_concerns_their_offices(draft: Result) -> None:
    elsewhere = factories.project(draft.line.project.plan, "P2", factories.office("ROAP"))
    africa = page(manager("ROAF"), f"{AUDIT}/").content.decode()
    assert "P1 WATER" in africa and str(elsewhere) not in africa
    chief = factories.user("Chief", Role.ADMINISTRATOR)
    assert str(elsewhere) in page(chief, f"{AUDIT}/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("record=projects.result&act=changed", 1),
        ("record=projects.result&person=Reporter", 2),
        ("record=projects.result&person=Nobody", 0),
        ("record=projects.result&office=ROAF", 2),
        ("record=projects.result&until=2020-01-01", 0),
        ("record=projects.result&since=2020-01-01", 2),
        ("record=projects.result&q=WATER", 2),
    ],
)
def test_the_audit_is_narrowed(draft: Result, query: str, found: int) -> None:
    assert page(manager(), f"{AUDIT}/?{query}").context["page"].count == found


def test_a_filter_that_is_none_is_refused(draft: Result) -> None:
    chief = manager()
    assert page(chief, f"{AUDIT}/?since=yesterday").status_code == 400
    assert page(chief, f"{AUDIT}.csv?since=yesterday").status_code == 400


def test_the_audit_costs_the_same_with_many_acts(draft: Result) -> None:
    chief = manager()
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert page(chief, f"{AUDIT}/").status_code == 200
        counts.append(len(captured))
        for number in range(5):
            actions.add_comment(to=draft, text=f"Said {number}", by=chief)
    assert counts[0] == counts[1]


def test_the_file_has_a_row_for_each_field(draft: Result) -> None:
    chief = manager()
    text = file(chief, f"{AUDIT}.csv?record=projects.result&act=changed").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[-1][3:] == [
        *("Result", str(draft), str(draft.pk), "changed it", "Value", "1,150", "1,200", "")
    ]
    assert file(chief, f"{AUDIT}.xlsx").startswith(b"PK")
