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
from tests.api_client import Api, refused

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
    assert "<del>1\u202f150</del>" in text and "<ins>1\u202f200</ins>" in text


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
        *(
            "Result",
            str(draft),
            str(draft.pk),
            "changed it",
            "Value",
            "1\u202f150",
            "1\u202f200",
            "",
        )
    ]
    assert file(chief, f"{AUDIT}.xlsx").startswith(b"PK")


# --- The same in the API ----------------------------------------------------------------------


def test_the_api_tells_an_act_with_what_it_changed(draft: Result) -> None:
    told = Api(manager()).rows("plans/SP/activity/", record="projects.result", act="changed")
    act = ActivityEntry.objects.about(draft).get(verb="changed")
    assert told == [
        {
            "id": act.pk,
            "at": act.at.isoformat().replace("+00:00", "Z"),
            "by": {"name": "Reporter", "email": "reporter@example.org"},
            "act": "changed",
            "record": "projects.result",
            "record_id": str(draft.pk),
            "record_name": str(draft),
            "reason": "",
            "changes": {"value": ["1150", "1200"]},
        }
    ]


def test_whoever_sees_a_record_reads_its_history_in_the_api(draft: Result) -> None:
    reader = factories.user("Lena", Role.READER, factories.office("ROAF"))
    told = Api(reader).rows(f"plans/SP/history/result/{draft.pk}/")
    assert [(one["act"], one["changes"].get("value")) for one in told] == [
        ("changed", ["1150", "1200"]),
        ("entered", [None, "1150"]),
    ]
    elsewhere = factories.user("Otto", Role.READER, factories.office("ROAP"))
    assert refused(Api(elsewhere).get(f"plans/SP/history/result/{draft.pk}/"))[0] == 404


def test_the_activity_is_for_auditors_and_goes_on_page_by_page(draft: Result) -> None:
    reader = factories.user("Lena", Role.READER, factories.office("ROAF"))
    assert refused(Api(reader).get("plans/SP/activity/")) == (403, "not_allowed")
    api = Api(manager("ROAF"))
    seen, page = [], api.get("plans/SP/activity/", page_size=2).json()
    while page["next"]:
        seen += page["results"]
        page = api.client.get(page["next"]).json()
    seen += page["results"]
    acts = ActivityEntry.objects.filter(office_path__startswith=factories.office("ROAF").path)
    assert [one["id"] for one in seen] == list(
        acts.order_by("-at", "-id").values_list("id", flat=True)
    )


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"record": "nothing"}, "unknown_value"),
        ({"act": "sang"}, "unknown_value"),
        ({"office": "XX"}, "unknown_value"),
        ({"since": "yesterday"}, "invalid"),
        ({"whom": "Rita"}, "unknown_parameter"),
    ],
)
def test_the_activity_refuses_filters_that_it_does_not_know(
    draft: Result, parameters: dict[str, str], code: str
) -> None:
    assert refused(Api(manager()).get("plans/SP/activity/", **parameters)) == (400, code)


def test_acts_in_the_api_cost_the_same_with_many(draft: Result) -> None:
    chief = manager()
    api = Api(chief)
    paths = ["plans/SP/activity/", f"plans/SP/history/result/{draft.pk}/"]
    before = [api.queries(path) for path in paths]
    for number in range(3):
        actions.add_comment(to=draft, text=f"Said {number}", by=chief)
    assert [api.queries(path) for path in paths] == before
    assert max(before) <= 8, before
