"""The register of deliverables in the API: the same rules and codes as on the pages."""

from __future__ import annotations

from typing import Any

import pytest

from habitat_tracker.accounts.choices import Role
from outcomes.actions import get_thing
from projects.models import Result
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
PATH = "plans/SP/deliverables/"


class World:
    """A program of the office for Africa, whose project's publications in Kenya are counted."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office("ROAF")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.project = factories.project(self.plan, "P1", self.office, self.kenya, self.outcome)
        self.line = factories.line(
            self.project, factories.counting(self.outcome, code="PUB"), self.kenya
        )
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        self.api = Api(self.rita)

    def register(self, **fields: Any) -> Any:
        body: dict[str, Any] = {
            "project": "P1",
            "kind": "publication",
            "title": "Guide",
            "outcome": "1.1",
            "date": "2020-02-01",
            "place": "KEN",
            "link": "https://example.org/guide",
        }
        return self.api.post(PATH, {k: v for k, v in (body | fields).items() if v != "left out"})


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_registered_is_told_and_counted(world: World) -> None:
    answer = world.register(language="fr", symbol="HS/1/20F")
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    told = answer.json()
    [listed] = world.api.rows(PATH)
    assert listed == told == world.api.get(f"{PATH}{told['id']}/").json()
    wanted = {
        "project": "P1",
        "office": "ROAF",
        "kind": "publication",
        "title": "Guide",
        "outcome": "1.1",
        "date": "2020-02-01",
        "language": "fr",
        "place": "KEN",
        "link": "https://example.org/guide",
        "symbol": "HS/1/20F",
        "women": None,
        "joint_with": None,
        "cancelled_at": None,
        "version": 1,
    }
    assert {name: told[name] for name in wanted} == wanted
    [result] = world.api.rows("plans/SP/results/")
    assert [thing["name"] for thing in result["things"]] == [{"fr": "Guide"}]


def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    one = world.register().json()
    path = f"{PATH}{one['id']}/"
    assert refused(world.api.patch(path, {"title": "Better"})) == (400, "missing_version")
    changed = world.api.patch(path, {"title": "Better"}, **{"If-Match": '"1"'}).json()
    assert changed == one | {
        "title": "Better",
        "version": 2,
        "changed_at": changed["changed_at"],
    }
    stale = world.api.patch(path, {"title": "Best", "version": 1})
    assert refused(stale) == (409, "version_conflict")
    moved = world.api.patch(path, {"place": None, "version": 2}).json()
    assert moved["place"] is None and not Result.objects.get().things.exists()


def test_a_city_is_named_by_its_key(world: World) -> None:
    get_thing(plan=world.plan, kind="city", key="nairobi", country=world.kenya)
    assert world.register(place="nairobi").json()["place"] == "nairobi"


def test_it_is_cancelled_for_a_reason(world: World) -> None:
    path = f"{PATH}{world.register().json()['id']}/cancel/"
    assert refused(world.api.post(path, {"reason": " "})) == (400, "missing_reason")
    told = world.api.post(path, {"reason": "Never printed"}).json()
    assert told["cancelled_at"] and told["cancel_reason"] == "Never printed"
    assert refused(world.api.post(path, {"reason": "Again"})) == (409, "already_cancelled")
    assert world.api.rows(PATH) == []
    assert len(world.api.rows(PATH, state="cancelled")) == 1


def test_what_another_project_registered_is_joined_and_counts_once(world: World) -> None:
    other = factories.project(world.plan, "P2", world.office)
    first = factories.deliverable(other, "Guide", by=world.rita)
    assert refused(world.register()) == (400, "duplicate_deliverable")
    joint = world.register(is_joint=True).json()
    assert joint["joint_with"] == first.pk


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "song"}, ("kind", "unknown_kind")),
        ({"kind": "left out"}, ("kind", "unknown_kind")),
        ({"title": "left out"}, ("title", "missing_title")),
        ({"outcome": "left out"}, ("outcome", "missing_outcome")),
        ({"outcome": "9.9"}, ("outcome", "unknown_outcome")),
        ({"date": "left out"}, ("date", "missing_date")),
        ({"date": "soon"}, ("date", "invalid")),
        ({"language": "xx"}, ("language", "unknown_language")),
        ({"place": "XXX"}, ("place", "unknown_place")),
        ({"project": "NONE"}, ("project", "unknown_project")),
        ({"link": ""}, ("link", "missing_link_or_symbol")),
        ({"kind": "event", "women": "-1"}, ("women", "negative_not_allowed")),
        ({"kind": "event", "women": "x"}, ("women", "not_a_number")),
        ({"persons": 3}, ("persons", "unknown_field")),
    ],
)
def test_bad_input_is_refused_with_the_field_s_code(
    world: World, fields: dict[str, Any], wrong: tuple[str, str]
) -> None:
    answer = world.register(**fields)
    assert answer.status_code == 400 and problems(answer) == {wrong}
    assert not Result.objects.exists()


def test_a_number_sent_for_what_counts_from_the_register_is_refused(world: World) -> None:
    world.register()
    body = {"project": "P1", "indicator": "PUB", "place": "KEN", "period": "2020-Q1"}
    results = "plans/SP/results/"
    typed = world.api.post(results, body | {"things": ["Guide", "Forged"]})
    assert problems(typed) == {("things", "counted_from_register")}
    said = world.api.post(results, body | {"narrative": "In print"}).json()
    assert (said["narrative"], len(said["things"])) == ("In print", 1)
    one = f"{results}{said['id']}/"
    changed = world.api.patch(one, {"narrative": "Printed", "version": said["version"]}).json()
    assert (changed["narrative"], len(changed["things"])) == ("Printed", 1)
    wrong = world.api.patch(one, {"unnamed": 4, "version": changed["version"]})
    assert problems(wrong) == {("unnamed", "counted_from_register")}


def test_an_indicator_tells_what_it_counts_from(world: World) -> None:
    assert world.api.get("plans/SP/indicators/PUB/").json()["counts_from"] == "publication"


def test_the_list_is_filtered_and_costs_the_same_however_long(world: World) -> None:
    world.register()
    before = world.api.queries(PATH)
    for number in range(3):
        world.register(title=f"Report {number}", kind="outreach")
    assert world.api.queries(PATH) == before <= 6
    rows = world.api.rows(PATH, kind="publication", period="2020-Q1", office="ROAF", project="P1")
    assert [one["title"] for one in rows] == ["Guide"]
    assert refused(world.api.get(PATH, kind="song")) == (400, "unknown_value")
    assert refused(world.api.get(PATH, colour="red")) == (400, "unknown_parameter")
