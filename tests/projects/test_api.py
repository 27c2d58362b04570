"""Results through the API: sent, refused, changed, reviewed, each by those who may."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from habitat_tracker.accounts.models import ActivityEntry, User
from outcomes.models import Measurement, StaleFigure, Thing
from plans.models import ReportingPeriod
from projects.actions import set_shares
from projects.models import Evidence, Result
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
RESULTS = "plans/SP/results/"


@dataclass
class World:
    """A project of the regional office in Kenya, its indicators, and people around it."""

    plan: Any
    reporter: User
    reviewer: User
    reader: User
    outsider: User
    headquarters: User

    def api(self, who: str = "reporter") -> Api:
        """A client of one of the people."""
        return Api(getattr(self, who))


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    plan = factories.plan()
    office, other = factories.office("ROAF"), factories.office("ROE")
    kenya = factories.country("KEN", of=office)
    factories.country("FRA", "France", other)
    outcome = factories.outcome(plan)
    project = factories.project(plan, "P", at=office, where=kenya, serves=outcome)
    kinds: dict[str, dict[str, Any]] = {
        "Q": {"categories": {"sex": ["women", "men"]}, "allow_negative": False},
        "PCT": {"kind": "percentage", "categories": {"sex": ["women", "men"]}},
        "D": {"kind": "distinct", "thing_kind": "city"},
        "R": {"kind": "rating", "over_time": "latest", "levels": ["low", "high"]},
        "ALSO": {},
    }
    for code, fields in kinds.items():
        indicator = factories.indicator(outcome, code, **({"unit": {"en": code}} | fields))
        factories.line(project, indicator, kenya)
    return World(
        plan=plan,
        reporter=factories.user("Rosa", "reporter", office),
        reviewer=factories.user("Vera", "reviewer", office),
        reader=factories.user("Lena", "reader", office),
        outsider=factories.user("Otto", "reviewer", other),
        headquarters=factories.user("Hana", "reviewer"),
    )


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


def body(indicator: str = "Q", **content: Any) -> dict[str, Any]:
    """A result for Kenya in the first quarter."""
    return {
        "project": "P",
        "indicator": indicator,
        "place": "KEN",
        "period": "2020-Q1",
        **content,
    }


def state() -> tuple[Any, ...]:
    """Everything that a refusal must leave as it was."""
    return (
        list(Result.objects.order_by("pk").values()),
        list(Measurement.objects.order_by("id").values()),
        list(Result.things.through.objects.values()),
        Evidence.objects.count(),
        Thing.objects.count(),
        StaleFigure.objects.count(),
        ActivityEntry.objects.count(),
    )


def sent(api: Api, **content: Any) -> dict[str, Any]:
    """A draft, sent."""
    answer = api.post(RESULTS, body(**({"value": "12.5"} | content)))
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


# --- Sending -------------------------------------------------------------------------------


def test_a_quantity_is_stored_as_a_draft_and_told_in_text(world: World) -> None:
    answer = world.api().post(
        RESULTS,
        body(
            value="12.50",
            cells={"women": "7", "men": 5.5},
            qualifier="more_than",
            credits=[],
            narrative="Training in Nairobi",
            window_start="2020-01-01",
            window_end="2020-03-31",
        ),
    )
    assert answer.status_code == 201, answer.json()
    assert answer["ETag"] == '"1"'
    told = answer.json()
    entered_at, changed_at = told.pop("entered_at"), told.pop("changed_at")
    assert entered_at.endswith("Z")
    assert changed_at.endswith("Z")
    assert told == {
        "id": Result.objects.get().pk,
        "project": "P",
        "indicator": "Q",
        "place": "KEN",
        "office": "ROAF",
        "period": "2020-Q1",
        "revision": 1,
        "corrects": None,
        "correction_reason": "",
        "is_late": False,
        "status": "draft",
        "version": 1,
        "state": "reported",
        "value": "12.5",
        "numerator": None,
        "denominator": None,
        "things": [],
        "unnamed": None,
        "rating": None,
        "qualifier": "more_than",
        "cells": {"women": "7", "men": "5.5"},
        "credits": [],
        "co_delivery": None,
        "narrative": "Training in Nairobi",
        "window_start": "2020-01-01",
        "window_end": "2020-03-31",
        "entered_by": {"name": "Rosa", "email": "rosa@example.org"},
        "submitted_by": None,
        "submitted_at": None,
        "verified_by": None,
        "verified_at": None,
        "approved_by": None,
        "approved_at": None,
        "review_comment": "",
        "evidence": [],
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            {
                "indicator": "PCT",
                "numerator": 3,
                "denominator": "4",
                "cells": {"women": {"numerator": "1", "denominator": 2}},
            },
            {
                "numerator": "3",
                "denominator": "4",
                "cells": {"women": {"numerator": "1", "denominator": "2"}},
            },
        ),
        ({"indicator": "R", "rating": "high"}, {"rating": "high"}),
        ({"indicator": "Q", "state": "not_available"}, {"state": "not_available", "value": None}),
        ({"indicator": "Q", "value": 0}, {"value": "0"}),
        ({"indicator": "Q", "value": "1 000.000001"}, {"value": "1000.000001"}),
    ],
)
def test_every_kind_of_result_is_taken(world: World, content: Any, told: dict[str, Any]) -> None:
    answer = world.api().post(RESULTS, body(**content))
    assert answer.status_code == 201, answer.json()
    assert answer.json().items() >= told.items()


@pytest.mark.parametrize("text", ["0.1", "99999999999.999999", "1e2", "12345678901.000001"])
def test_a_json_number_is_taken_digit_by_digit(world: World, text: str) -> None:
    start = '{"project": "P", "indicator": "Q", "place": "KEN", "period": "2020-Q1", "value": '
    answer = world.api().post_text(RESULTS, start + text + "}")
    assert answer.status_code == 201
    assert answer.json()["value"] == {"1e2": "100"}.get(text, text)


def test_things_are_named_by_key_or_by_a_new_name(world: World) -> None:
    Thing.objects.create(plan=world.plan, kind="city", key="KEN/Nairobi", name={"en": "Nairobi"})
    answer = world.api().post(
        RESULTS, body("D", things=["KEN/Nairobi", "Mombasa", "Mombasa"], unnamed="2")
    )
    assert answer.json()["things"] == [
        {"key": "KEN/Nairobi", "kind": "city", "name": {"en": "Nairobi"}},
        {"key": "mombasa", "kind": "city", "name": {"en": "Mombasa"}},
    ]
    assert answer.json()["unnamed"] == "2"


def test_the_same_request_again_makes_no_second_result(world: World) -> None:
    api = world.api()
    first = api.post(RESULTS, body(value="3"))
    again = api.post(RESULTS, body(value="3"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Result.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"value": "abc"}, {("value", "not_a_number")}),
        ({"value": "NaN"}, {("value", "not_a_number")}),
        ({"value": "Infinity"}, {("value", "not_a_number")}),
        ({"value": "1,5"}, {("value", "not_a_number")}),
        ({"value": True}, {("value", "not_a_number")}),
        ({"value": [1]}, {("value", "not_a_number")}),
        ({"value": "1e999"}, {("value", "out_of_range")}),
        ({"value": "100000000000"}, {("value", "out_of_range")}),
        ({"value": "0.0000001"}, {("value", "too_many_decimals")}),
        ({"value": "-1"}, {("value", "negative_not_allowed")}),
        (
            {"value": "10", "cells": {"women": "7", "men": "4"}},
            {("cells.men", "cells_exceed_total")},
        ),
        ({"value": "10", "cells": {"other": "1"}}, {("cells.other", "unknown_category")}),
        ({"value": "10", "cells": {"women": "x"}}, {("cells.women", "not_a_number")}),
        ({"value": "10", "cells": {"women": True}}, {("cells.women", "not_a_number")}),
        ({"value": "10", "cells": ["women"]}, {("cells", "not_an_object")}),
        (
            {"indicator": "PCT", "numerator": "1", "denominator": "0"},
            {("denominator", "denominator_zero")},
        ),
        ({"indicator": "PCT", "numerator": "1"}, {("denominator", "missing_denominator")}),
        ({"indicator": "PCT", "denominator": "1"}, {("numerator", "missing_numerator")}),
        (
            {"indicator": "PCT", "numerator": "1", "denominator": "2", "cells": {"women": "1"}},
            {("cells.women.denominator", "missing_denominator")},
        ),
        (
            {
                "indicator": "PCT",
                "numerator": "1",
                "denominator": "2",
                "cells": {"women": {"numerator": "2", "denominator": "1"}},
            },
            {("cells.women.numerator", "numerator_exceeds_denominator_in_cell")},
        ),
        ({"indicator": "PCT", "value": "50"}, {("value", "field_of_another_kind")}),
        ({"indicator": "R", "rating": "middling"}, {("rating", "unknown_level")}),
        ({"indicator": "D", "unnamed": "1.5"}, {("unnamed", "not_a_whole_number")}),
        ({"state": "lost"}, {("state", "unknown_state")}),
        ({"state": "not_available", "value": "1"}, {("value", "value_without_report")}),
        ({"value": "1", "qualifier": "roughly"}, {("qualifier", "unknown_qualifier")}),
        ({"value": "1", "credits": ["D"]}, {("credits", "credit_not_comparable")}),
        ({"value": "1", "credits": ["XX"]}, {("credits", "unknown_indicator")}),
        ({"value": "1", "window_start": "soon"}, {("window_start", "invalid")}),
        (
            {"value": "1", "window_start": "2020-03-01", "window_end": "2020-01-01"},
            {("window_end", "dates_reversed")},
        ),
        ({"valeu": "1"}, {("valeu", "unknown_field")}),
        ({"project": "XX"}, {("project", "unknown_project")}),
        ({"indicator": "XX"}, {("indicator", "unknown_indicator")}),
        ({"period": "2031-Q1"}, {("period", "unknown_period")}),
        ({"place": "FRA"}, {("place", "country_outside_project")}),
        ({"place": "Atlantis"}, {("place", "unknown_place")}),
        ({"place": None}, {("indicator", "not_a_reporting_line")}),
        ({"project": "a\x00b"}, {("project", "null_characters_not_allowed")}),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_changes_nothing(
    world: World, content: dict[str, Any], found: set[tuple[str, str]]
) -> None:
    api, before = world.api(), state()
    answer = api.post(RESULTS, body(**content))
    assert answer.status_code == 400, answer.json()
    assert problems(answer) == found
    assert answer.json()["code"] in {code for _field, code in found}
    assert state() == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("1e999", "out_of_range"),
        ("0.00000001", "too_many_decimals"),
        ("1" * 5000, "out_of_range"),
    ],
)
def test_special_json_numbers_are_refused(world: World, text: str, code: str) -> None:
    start = '{"project": "P", "indicator": "Q", "place": "KEN", "period": "2020-Q1", "value": '
    answer = world.api().post_text(RESULTS, start + text + "}")
    assert answer.status_code == 400
    assert problems(answer) == {("value", code)}


@pytest.mark.parametrize("text", ["[]", "1", "null", '"text"'])
def test_a_body_that_is_no_object_is_refused(world: World, text: str) -> None:
    assert world.api().post_text(RESULTS, text).status_code == 400


def test_missing_fields_are_named(world: World) -> None:
    answer = world.api().post(RESULTS, {"value": "1"})
    assert problems(answer) == {
        ("project", "required"),
        ("indicator", "required"),
        ("period", "required"),
    }


def test_nothing_is_sent_for_a_closed_period_or_one_that_has_not_begun(world: World) -> None:
    api = world.api()
    draft = sent(api)
    ReportingPeriod.objects.filter(label="2020-Q1").update(closed_at="2020-05-01T00:00:00Z")
    ReportingPeriod.objects.filter(label="2020-Q4").update(start="2999-10-01", end="2999-12-31")
    before = state()
    assert refused(api.post(RESULTS, body(value="1"))) == (409, "period_closed")
    later = api.post(RESULTS, body(value="1", period="2020-Q4"))
    assert refused(later) == (409, "period_not_begun")
    one = f"{RESULTS}{draft['id']}/"
    assert refused(api.patch(one, {"value": "2", "version": 1})) == (409, "period_closed")
    assert refused(api.post(f"{one}submit/")) == (409, "period_closed")
    assert state() == before


# --- Changing ------------------------------------------------------------------------------


def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    api = world.api()
    draft = sent(api, cells={"women": "7"}, narrative="Kept", qualifier="about")
    one = f"{RESULTS}{draft['id']}/"
    changed = api.patch(one, {"value": "20"}, **{"If-Match": '"1"'}).json()
    assert (changed["value"], changed["version"]) == ("20", 2)
    assert changed["cells"] == {"women": "7"}
    assert (changed["narrative"], changed["qualifier"]) == ("Kept", "about")
    gone = api.patch(one, {"state": "not_available", "version": 2}).json()
    assert (gone["state"], gone["value"], gone["cells"]) == ("not_available", None, {})
    assert gone["narrative"] == "Kept"


def test_a_change_needs_the_version_that_was_seen(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    assert refused(api.patch(one, {"value": "1"})) == (400, "missing_version")
    odd = api.patch(one, {"value": "1"}, **{"If-Match": "*"})
    assert refused(odd) == (400, "invalid_version")


def test_the_second_of_two_editors_is_told_and_sees_what_stands_now(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    assert api.patch(one, {"value": "20", "version": 1}).status_code == 200
    before = state()
    late = api.patch(one, {"value": "30", "version": 1})
    assert refused(late) == (409, "version_conflict")
    assert late.json()["current"].items() >= {"value": "20", "version": 2}.items()
    blind = api.post(RESULTS, body(value="30", version=0))
    assert refused(blind) == (409, "version_conflict")
    assert blind.json()["current"]["value"] == "20"
    step = api.post(f"{one}submit/", {"version": 1})
    assert refused(step) == (409, "version_conflict")
    assert step.json()["current"]["version"] == 2
    assert state() == before


def test_only_drafts_are_changed_and_a_correction_begins_beside_what_is_approved(
    world: World,
) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    api.post(f"{one}submit/")
    assert refused(api.patch(one, {"value": "1", "version": 2})) == (409, "already_submitted")
    assert refused(api.post(RESULTS, body(value="1"))) == (409, "already_submitted")
    world.api("reviewer").post(f"{one}approve/")
    assert refused(api.patch(one, {"value": "1", "version": 3})) == (409, "wrong_status")
    silent = api.post(RESULTS, body(value="14", version=0))
    assert refused(silent) == (400, "missing_reason")
    correction = api.post(RESULTS, body(value="14", version=0, reason="A later count")).json()
    assert correction["correction_reason"] == "A later count"
    assert (correction["revision"], correction["corrects"]) == (2, int(one.split("/")[-2]))


# --- Review --------------------------------------------------------------------------------


def test_a_result_goes_through_review_and_counts(world: World) -> None:
    api, review = world.api(), world.api("reviewer")
    factories.review_in_two_steps(world.plan)
    one = f"{RESULTS}{sent(api)['id']}/"
    assert api.post(f"{one}submit/").json()["status"] == "submitted"
    assert api.post(f"{one}recall/").json()["status"] == "draft"
    api.post(f"{one}submit/")
    returned = review.post(f"{one}return/", {"reason": "Which towns?"}).json()
    assert (returned["status"], returned["review_comment"]) == ("returned", "Which towns?")
    api.post(f"{one}submit/")
    assert review.post(f"{one}verify/").json()["status"] == "verified"
    assert refused(review.post(f"{one}approve/")) == (403, "not_allowed")
    approved = world.api("headquarters").post(f"{one}approve/", **{"If-Match": '"7"'})
    assert approved.status_code == 200, approved.json()
    assert approved.json()["verified_by"]["name"] == "Vera"
    assert Measurement.objects.live().count() == 2
    gone = review.post(f"{one}withdraw/", {"reason": "Counted twice"})
    assert gone.json()["status"] == "withdrawn"
    assert not Measurement.objects.live().exists()


def test_a_step_is_taken_once(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    assert refused(world.api("reviewer").post(f"{one}approve/")) == (409, "wrong_status")
    assert api.post(f"{one}submit/").status_code == 200
    before = state()
    assert refused(api.post(f"{one}submit/")) == (409, "wrong_status")
    assert state() == before


def test_returning_and_withdrawing_need_a_reason(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    api.post(f"{one}submit/")
    for step in ("return", "withdraw"):
        answer = world.api("reviewer").post(f"{one}{step}/", {"reason": "  "})
        assert refused(answer) == (400, "missing_reason")


def test_nothing_is_submitted_without_a_value(world: World) -> None:
    api = world.api()
    draft = api.post(RESULTS, body()).json()
    answer = api.post(f"{RESULTS}{draft['id']}/submit/")
    assert refused(answer) == (400, "missing_value")
    assert Result.objects.get().status == "draft"


def test_nobody_approves_what_they_entered(world: World) -> None:
    factories.OfficeRole.objects.create(
        user=world.reporter, office=factories.office("ROAF"), role="reviewer"
    )
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    api.post(f"{one}submit/")
    before = state()
    for step in ("approve", "verify"):
        assert refused(api.post(f"{one}{step}/")) == (403, "own_result")
    assert state() == before


def test_a_reviewer_of_an_office_above_approves(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    api.post(f"{one}submit/")
    assert world.api("headquarters").post(f"{one}approve/").status_code == 200


@pytest.mark.parametrize(
    ("who", "write", "step"),
    [
        ("reader", (403, "not_allowed"), (403, "not_allowed")),
        ("reviewer", (403, "not_allowed"), (403, "not_allowed")),
        ("outsider", (403, "not_allowed"), (404, "not_found")),
    ],
)
def test_who_may_not_enter_is_told_so(world: World, who: str, write: Any, step: Any) -> None:
    one = f"{RESULTS}{sent(world.api())['id']}/"
    api, before = world.api(who), state()
    assert refused(api.post(RESULTS, body(value="1"))) == write
    assert refused(api.patch(one, {"value": "1", "version": 1})) == step
    assert refused(api.post(f"{one}submit/")) == step
    assert refused(api.post(f"{one}evidence/", {"kind": "link", "title": "x"})) == step
    assert state() == before


@pytest.mark.parametrize("who", ["reader", "reporter"])
def test_who_may_not_review_is_told_so(world: World, who: str) -> None:
    one = f"{RESULTS}{sent(world.api())['id']}/"
    world.api().post(f"{one}submit/")
    api, before = world.api(who), state()
    code = "own_result" if who == "reporter" else "not_allowed"
    assert refused(api.post(f"{one}approve/")) == (403, code)
    assert refused(api.post(f"{one}return/", {"reason": "No"})) == (403, "not_allowed")
    assert state() == before


def test_unapproved_results_are_seen_in_the_office_and_above_only(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    seen = {
        who: (len(world.api(who).rows(RESULTS)), world.api(who).get(one).status_code)
        for who in ("reporter", "reader", "reviewer", "headquarters", "outsider")
    }
    inside = (1, 200)
    assert seen == dict.fromkeys(("reporter", "reader", "reviewer", "headquarters"), inside) | {
        "outsider": (0, 404)
    }
    api.post(f"{one}submit/")
    world.api("reviewer").post(f"{one}approve/")
    assert world.api("outsider").get(one).json()["status"] == "approved"


def test_a_result_is_found_under_its_own_plan_only(world: World) -> None:
    factories.plan("OTHER")
    draft = sent(world.api())
    assert refused(world.api().get(f"plans/OTHER/results/{draft['id']}/")) == (404, "not_found")


# --- What waits for review -----------------------------------------------------------------

TO_REVIEW = f"{RESULTS}to-review/"


def test_a_reviewer_lists_what_waits_with_the_checks_it_did_not_pass(world: World) -> None:
    first = sent(world.api(), narrative="Wells", qualifier="about")
    world.api().post(f"{RESULTS}{first['id']}/submit/")
    sent(world.api(), indicator="ALSO", value="1")
    [told] = world.api("reviewer").rows(TO_REVIEW)
    assert (told["id"], told["status"], told["act"]) == (first["id"], "submitted", "approve")
    assert [one["code"] for one in told["checks"]] == [
        *("breakdown_incomplete", "no_evidence", "not_exact", "submitted_late")
    ]
    assert told["checks"][1]["text"] == "No evidence stands behind it."
    one = world.api("reviewer").get(f"{RESULTS}{first['id']}/").json()
    assert {name: told[name] for name in one.keys() & told.keys()} == {
        name: one[name] for name in one.keys() & told.keys()
    }
    assert one.keys() - told.keys() == {"evidence"}


def test_checks_are_for_those_who_review(world: World) -> None:
    draft = sent(world.api())
    world.api().post(f"{RESULTS}{draft['id']}/submit/")
    found = {who: len(world.api(who).rows(TO_REVIEW)) for who in ("reviewer", "headquarters")}
    others = {
        who: len(world.api(who).rows(TO_REVIEW)) for who in ("reporter", "reader", "outsider")
    }
    assert (found, others) == (
        {"reviewer": 1, "headquarters": 1},
        {"reporter": 0, "reader": 0, "outsider": 0},
    )


def test_in_two_steps_the_act_says_whose_turn_it_is(world: World) -> None:
    factories.review_in_two_steps(world.plan)
    draft = sent(world.api())
    world.api().post(f"{RESULTS}{draft['id']}/submit/")
    assert [one["act"] for one in world.api("reviewer").rows(TO_REVIEW)] == ["verify"]
    world.api("reviewer").post(f"{RESULTS}{draft['id']}/verify/")
    assert world.api("reviewer").rows(TO_REVIEW) == []
    assert [one["act"] for one in world.api("headquarters").rows(TO_REVIEW)] == ["approve"]


def test_in_a_closed_period_nobody_takes_the_next_step(world: World) -> None:
    draft = sent(world.api())
    world.api().post(f"{RESULTS}{draft['id']}/submit/")
    ReportingPeriod.objects.update(closed_at=timezone.now())
    assert [one["act"] for one in world.api("reviewer").rows(TO_REVIEW)] == [None]


def test_what_waits_is_narrowed_and_goes_on_page_by_page(world: World) -> None:
    for indicator in ("Q", "ALSO"):
        draft = sent(world.api(), indicator=indicator)
        world.api().post(f"{RESULTS}{draft['id']}/submit/")
    api = world.api("reviewer")
    assert [one["indicator"] for one in api.rows(TO_REVIEW, indicator="ALSO")] == ["ALSO"]
    page = api.get(TO_REVIEW, page_size=1).json()
    rest = api.client.get(page["next"]).json()
    assert [one["indicator"] for one in page["results"] + rest["results"]] == ["Q", "ALSO"]
    assert refused(api.get(TO_REVIEW, perid="2020-Q1")) == (400, "unknown_parameter")


def test_what_waits_costs_the_same_with_one_result_and_three(world: World) -> None:
    def send_on(indicator: str, **content: Any) -> None:
        draft = sent(world.api(), indicator=indicator, **content)
        world.api().post(f"{RESULTS}{draft['id']}/submit/")

    send_on("Q", cells={"women": "7"})
    api = world.api("reviewer")
    before = api.queries(TO_REVIEW)
    factories.indicator(factories.outcome(world.plan), "OTHER", unit={"en": "ALSO"})
    send_on("ALSO", credits=["OTHER"])
    send_on("D", value=None, things=["Nairobi", "Mombasa"])
    assert api.queries(TO_REVIEW) == before <= 18


# --- Lists ---------------------------------------------------------------------------------


def test_results_are_narrowed(world: World) -> None:
    api = world.api()
    first = sent(api)
    second = api.post(RESULTS, body("R", rating="low", period="2020-Q2")).json()
    api.post(f"{RESULTS}{second['id']}/submit/")

    def ids(**parameters: Any) -> list[int]:
        return [row["id"] for row in api.rows(RESULTS, **parameters)]

    assert ids() == [first["id"], second["id"]]
    assert ids(ordering="-id") == [second["id"], first["id"]]
    assert ids(indicator="R") == ids(status="submitted") == ids(period="2020-Q2") == [second["id"]]
    assert ids(status=["draft", "submitted"]) == ids(project="P") == ids(office="HQ") == ids()
    assert ids(office="ROE") == ids(country="FRA") == []
    assert ids(changed_since=second["changed_at"]) == [second["id"]]


def test_the_list_costs_at_most_six_queries_with_one_result_and_three(world: World) -> None:
    api = world.api()
    sent(api)
    one = api.queries(RESULTS)
    for label in ("2020-Q2", "2020-Q3"):
        sent(api, period=label, cells={"women": "1"})
        api.post(RESULTS, body("D", period=label, things=["A", "B"]))
    assert api.queries(RESULTS) == one
    assert one <= 6


def test_one_result_costs_the_same_with_more_evidence(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    link = {"kind": "link", "title": "Report", "url": "https://example.org/a"}
    api.post(f"{one}evidence/", link)
    before = api.queries(one)
    api.post(f"{one}evidence/", link)
    assert api.queries(one) == before


# --- Evidence ------------------------------------------------------------------------------


def pdf(size: int = 20, name: str = "minutes.pdf") -> SimpleUploadedFile:
    """A file to upload."""
    content = b"%PDF-1.7"[:size].ljust(size, b"x")
    return SimpleUploadedFile(name, content, "application/pdf")


def test_evidence_is_added_listed_and_fetched(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    added = api.upload(f"{one}evidence/", file=pdf(), title="Minutes")
    assert added.status_code == 201, added.json()
    api.post(f"{one}evidence/", {"kind": "link", "title": "Site", "url": "https://example.org/"})
    api.post(f"{one}evidence/", {"kind": "document", "title": "Review", "passage": "para 19"})
    file, link, passage = api.get(one).json()["evidence"]
    assert (file["kind"], file["title"], file["size"]) == ("file", "Minutes", 20)
    assert (link["url"], link["file_url"]) == ("https://example.org/", None)
    assert passage["passage"] == "para 19"
    fetched = api.client.get(file["file_url"])
    assert b"".join(fetched.streaming_content) == b"%PDF-1.7".ljust(20, b"x")
    assert fetched["Content-Disposition"] == 'attachment; filename="Minutes.pdf"'
    assert world.api("outsider").client.get(file["file_url"]).status_code == 404
    assert Api().client.get(file["file_url"]).status_code == 401


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"file": pdf(101)}, "too_large"),
        ({"file": pdf(0)}, "empty_file"),
        ({"file": pdf(name="virus.exe")}, "unsupported_file_type"),
        ({"title": "No file"}, "missing_file"),
        ({"kind": "document", "passage": "para 19"}, "missing_title"),
        ({"kind": "link", "title": "x", "url": "javascript:alert(1)"}, "not_a_link"),
        ({"kind": "link", "title": "x", "url": "ftp://example.org/"}, "not_a_link"),
        ({"kind": "document", "title": "x", "url": "https://a.org/"}, "field_of_another_kind"),
        ({"kind": "rumour", "title": "x"}, "unknown_value"),
    ],
)
def test_unfit_evidence_is_refused(
    world: World, settings: Any, form: dict[str, Any], code: str
) -> None:
    settings.EVIDENCE_MAX_BYTES = 100
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    before = state()
    assert refused(api.upload(f"{one}evidence/", **form)) == (400, code)
    assert state() == before


def test_an_oversized_upload_is_refused_before_it_is_read(world: World, settings: Any) -> None:
    settings.EVIDENCE_MAX_BYTES = 100
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    answer = api.upload(f"{one}evidence/", file=pdf(2 * 1024**2))
    assert refused(answer) == (400, "too_large")


def test_evidence_is_added_to_drafts_only(world: World) -> None:
    api = world.api()
    one = f"{RESULTS}{sent(api)['id']}/"
    api.post(f"{one}submit/")
    answer = api.upload(f"{one}evidence/", file=pdf())
    assert refused(answer) == (409, "wrong_status")


# --- Projects ------------------------------------------------------------------------------


def test_a_project_tells_what_can_be_sent_for_it(world: World) -> None:
    told = world.api("reader").get("plans/SP/projects/P/").json()
    assert told["office"] == "ROAF"
    assert told["countries"] == ["KEN"]
    assert told["alignments"] == [{"outcome": "1.1", "rank": "primary", "justification": ""}]
    assert {(line["indicator"], line["place"]) for line in told["lines"]} == {
        (code, "KEN") for code in ("Q", "PCT", "D", "R", "ALSO")
    }


def test_a_project_tells_the_shares_of_its_money_that_count_now(world: World) -> None:
    api, project = world.api("reader"), factories.project(world.plan, "X")
    first, second = (factories.outcome(world.plan, code) for code in ("1.1", "3.3"))
    assert api.get("plans/SP/projects/X/").json()["shares"] == []
    set_shares(project=project, shares={first: Decimal(50), second: Decimal(50)}, by=None)
    set_shares(project=project, shares={first: Decimal("62.5"), second: Decimal("37.5")}, by=None)
    assert api.get("plans/SP/projects/X/").json()["shares"] == [
        {"outcome": "1.1", "share": "62.5"},
        {"outcome": "3.3", "share": "37.5"},
    ]


def test_projects_are_narrowed(world: World) -> None:
    factories.project(world.plan, "X", at=factories.office("ROE"))
    api = world.api()

    def codes(**parameters: str) -> list[str]:
        return [row["code"] for row in api.rows("plans/SP/projects/", **parameters)]

    assert codes() == ["P", "X"]
    assert codes(office="ROE") == ["X"]
    assert codes(country="KEN") == codes(outcome="1.1") == ["P"]
    assert codes(q="kenya") == ["P"]
