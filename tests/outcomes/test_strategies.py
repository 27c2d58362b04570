"""Regional strategies: what they may say, their priorities in order, and who keeps them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from outcomes.actions import (
    PriorityInput,
    StrategyInput,
    reorder_priorities,
    save_priority,
    save_strategy,
    withdraw_priority,
)
from outcomes.models import PriorityOutcome, RegionalStrategy, StrategyPriority
from plans.models import StrategicPlan
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
TEXT = {"en": "Cities without slums"}


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    for code in ("1.1", "1.2", "4.3"):
        factories.outcome(plan, code)
    return plan


@pytest.fixture
def africa() -> Office:
    office = factories.office("ROAF")
    factories.country("KEN", "Kenya", office)
    factories.country("PHL", "Philippines", factories.office("ROAP"))
    return office


@pytest.fixture
def manager(africa: Office) -> User:
    return factories.user("Mia", Role.MANAGER, africa)


@pytest.fixture
def strategy(plan: StrategicPlan, africa: Office, manager: User) -> RegionalStrategy:
    return save_strategy(plan=plan, office=africa, said=StrategyInput(text=TEXT), by=manager)


def add(strategy: RegionalStrategy, by: User | None, **said: Any) -> StrategyPriority:
    whole = {"text": {"en": "Water"}, "outcomes": {"1.1": "unverified"}} | said
    return save_priority(strategy=strategy, said=PriorityInput(**whole), by=by)


def codes(refusal: pytest.ExceptionInfo[InvalidInput]) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in refusal.value.problems}


# --- The strategy ----------------------------------------------------------------------------


def test_a_strategy_has_a_period_and_countries_and_is_told(plan, africa, manager) -> None:
    said = StrategyInput(
        text=TEXT, start=date(2020, 1, 1), end=date(2023, 12, 31), countries=("KEN",)
    )
    made = save_strategy(plan=plan, office=africa, said=said, by=manager)
    assert [one.iso3 for one in made.countries.all()] == ["KEN"]
    act = ActivityEntry.objects.about(made).get()
    assert (act.actor, act.verb, act.office_path) == (manager, "added", africa.path)
    assert act.changes["countries"] == [None, ["KEN"]]
    assert act.changes["end"] == [None, "2023-12-31"]


def test_saving_the_same_again_changes_nothing(strategy, plan, africa, manager) -> None:
    before = ActivityEntry.objects.count()
    save_strategy(plan=plan, office=africa, said=StrategyInput(text=TEXT), by=manager, version=1)
    assert ActivityEntry.objects.count() == before
    assert RegionalStrategy.objects.get().version == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"text": {"en": " "}}, ("text", "missing_text")),
        ({"text": {"xx": "Text"}}, ("text", "unknown_language")),
        ({"text": {"en": "x" * 5_001}}, ("text", "too_long")),
        ({"end": date(2019, 12, 31)}, ("end", "dates_before_plan")),
        ({"countries": ("QQQ",)}, ("countries", "unknown_place")),
        ({"verification": "sure"}, ("verification", "unknown_answer")),
        ({"source": "x" * 301}, ("source", "too_long")),
    ],
)
def test_what_a_strategy_cannot_say_is_refused(plan, africa, manager, said, expected) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save_strategy(
            plan=plan, office=africa, said=StrategyInput(**({"text": TEXT} | said)), by=manager
        )
    assert codes(refusal) == {expected}
    assert not RegionalStrategy.objects.exists()


def test_everything_that_is_wrong_is_told_at_once(plan, africa, manager) -> None:
    said = StrategyInput(text={}, start=date(2019, 1, 1), countries=("PHL",))
    with pytest.raises(InvalidInput) as refusal:
        save_strategy(plan=plan, office=africa, said=said, by=manager)
    assert codes(refusal) == {
        ("text", "missing_text"),
        ("start", "dates_before_plan"),
        ("countries", "country_outside_office"),
    }


def test_only_a_region_has_a_strategy(plan) -> None:
    with pytest.raises(DomainError) as refusal:
        save_strategy(
            plan=plan, office=factories.headquarters(), said=StrategyInput(text=TEXT), by=None
        )
    assert refusal.value.code == "not_a_region"


def test_who_was_slower_is_told(strategy, plan, africa, manager) -> None:
    save_strategy(
        plan=plan, office=africa, said=StrategyInput(text={"en": "B"}), by=manager, version=1
    )
    with pytest.raises(VersionConflict):
        save_strategy(
            plan=plan, office=africa, said=StrategyInput(text={"en": "C"}), by=manager, version=1
        )
    assert RegionalStrategy.objects.get().text == {"en": "B"}


def test_managers_elsewhere_and_other_roles_keep_none(plan, africa) -> None:
    others = [
        factories.user("Elsewhere", Role.MANAGER, factories.office("ROAP")),
        *(factories.user(str(role), role) for role in Role if role != Role.MANAGER),
    ]
    for by in others:
        with pytest.raises(NotAllowed):
            save_strategy(plan=plan, office=africa, said=StrategyInput(text=TEXT), by=by)


def test_the_database_holds_no_period_that_ends_before_it_begins(plan, africa) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RegionalStrategy.objects.create(
            plan=plan, office=africa, text=TEXT, start=date(2021, 1, 1), end=date(2020, 1, 1)
        )


# --- Priorities ------------------------------------------------------------------------------


def test_priorities_stand_in_order_with_their_outcomes(strategy, manager) -> None:
    add(strategy, manager, outcomes={"4.3": "seed", "1.1": "unverified"})
    add(strategy, manager, text={"en": "Streets"})
    read = RegionalStrategy.objects.with_priorities().get()
    assert [str(one.text) for one in read.current] == ["Water", "Streets"]
    assert [
        (link.outcome.code, link.is_our_reading) for link in read.current[0].outcome_links.all()
    ] == [("1.1", True), ("4.3", False)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"text": {}}, ("text", "missing_text")),
        ({"outcomes": {}}, ("outcomes", "missing_outcomes")),
        ({"outcomes": {"9.9": "seed"}}, ("outcomes", "unknown_outcome")),
        ({"outcomes": {"1.1": "sure"}}, ("outcomes.1.1", "unknown_answer")),
        ({"outcomes": {"1.1": ""}}, ("outcomes.1.1", "unknown_answer")),
        ({"paragraph": "x" * 21}, ("paragraph", "too_long")),
    ],
)
def test_what_a_priority_cannot_say_is_refused(strategy, manager, said, expected) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add(strategy, manager, **said)
    assert codes(refusal) == {expected}
    assert not StrategyPriority.objects.exists()


def test_a_change_of_outcomes_is_told_outcome_by_outcome(strategy, manager) -> None:
    row = add(strategy, manager, outcomes={"1.1": "unverified", "1.2": "seed"})
    said = PriorityInput(text={"en": "Water"}, outcomes={"1.1": "official_page", "4.3": "seed"})
    save_priority(strategy=strategy, priority=row, said=said, by=manager, version=1)
    act = ActivityEntry.objects.about(row).first()
    assert act is not None
    assert act.changes == {
        "outcomes.1.1": ["unverified", "official_page"],
        "outcomes.1.2": ["seed", None],
        "outcomes.4.3": [None, "seed"],
    }
    with pytest.raises(VersionConflict):
        save_priority(strategy=strategy, priority=row, said=said, by=manager, version=1)


def test_priorities_are_put_in_order_all_of_them_or_none(strategy, manager) -> None:
    first, second, third = (add(strategy, manager, text={"en": text}) for text in "ABC")
    order = [third.pk, first.pk, second.pk]
    reorder_priorities(strategy=strategy, order=order, by=manager, version=1)
    held = StrategyPriority.objects.filter(strategy=strategy).current()
    assert [one.pk for one in held] == order
    for wrong in ([third.pk, first.pk], [*order, first.pk], [third.pk, first.pk, 0]):
        with pytest.raises(InvalidInput) as refusal:
            reorder_priorities(strategy=strategy, order=wrong, by=manager)
        assert codes(refusal) == {("order", "wrong_order")}
    with pytest.raises(VersionConflict):
        reorder_priorities(strategy=strategy, order=order, by=manager, version=1)


def test_a_withdrawn_priority_is_kept_and_no_longer_shown(strategy, manager) -> None:
    row = add(strategy, manager)
    with pytest.raises(InvalidInput) as refusal:
        withdraw_priority(priority=row, reason=" ", by=manager)
    assert codes(refusal) == {("reason", "missing_reason")}
    withdraw_priority(priority=row, reason="The strategy ended", by=manager, version=1)
    assert not RegionalStrategy.objects.with_priorities().get().current
    assert PriorityOutcome.objects.filter(priority=row).exists()
    for act in (
        lambda: withdraw_priority(priority=row, reason="Again", by=manager),
        lambda: save_priority(
            strategy=strategy, priority=row, said=PriorityInput(text=TEXT), by=manager
        ),
    ):
        with pytest.raises(DomainError) as again:
            act()
        assert again.value.code == "already_withdrawn"


# --- The pages -------------------------------------------------------------------------------

REGION = "/plans/SP/regions/ROAF/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_region_shows_its_strategy_and_whose_reading_an_outcome_is(strategy, manager) -> None:
    add(strategy, manager, quote={"zh": "供水"}, outcomes={"1.1": "unverified", "4.3": "seed"})
    shown = signed_in(factories.user("Reader")).get(REGION).content.decode()
    assert "Cities without slums" in shown
    assert "供水" in shown
    assert shown.count("our reading") == 1
    assert "strategy/" not in shown


def test_a_region_without_a_strategy_says_so(plan, africa) -> None:
    client = signed_in(factories.user("Reader"))
    assert "No strategy is recorded" in client.get(REGION).content.decode()
    assert client.get("/plans/SP/regions/HQ/").status_code == 404


def test_a_region_shows_its_results_and_its_projects_by_status(strategy, plan, africa) -> None:
    factories.project(plan, "P1", africa, status="active")
    factories.project(plan, "P2", factories.office("ROAP"), status="active")
    page = signed_in(factories.user("Reader")).get(REGION).context["page"]
    assert [(status, count) for status, _label, count in page.projects] == [("active", 1)]
    [block, *_others] = page.results.domains
    assert [row.outcome.code for row in block.outcomes] == ["1.1", "1.2"]


def test_a_manager_writes_a_strategy_and_its_priorities(plan, africa, manager) -> None:
    client = signed_in(manager)
    form = {"text": "Cities without slums", "start": "2020-01-01", "countries": ["KEN"]}
    assert client.post(f"{REGION}strategy/", form).status_code == 302
    added = {"text": "Water", "outcomes.1.1": "seed", "source": "Strategy, page 3"}
    assert client.post(f"{REGION}priorities/add/", added).status_code == 302
    assert client.post(f"{REGION}priorities/add/", added | {"text": "Streets"}).status_code == 302
    first, second = StrategyPriority.objects.order_by("position")
    client.post(f"{REGION}priorities/{second.pk}/move/", {"act": "up"})
    assert [one.pk for one in StrategyPriority.objects.current()] == [second.pk, first.pk]
    client.post(f"{REGION}priorities/{first.pk}/withdraw/", {"reason": "Done"})
    shown = client.get(REGION).content.decode()
    assert "Streets" in shown and "Water" not in shown


def test_what_was_typed_stays_beside_its_problem(strategy, manager) -> None:
    client = signed_in(manager)
    answer = client.post(f"{REGION}strategy/", {"text": "New words", "start": "2019-01-01"})
    assert answer.status_code == 400
    assert "The plan begins on 1 Jan 2020." in answer.content.decode()
    answer = client.post(f"{REGION}priorities/add/", {"text": "Clean streets"})
    assert answer.status_code == 400
    assert "Say which outcomes of the plan it serves." in answer.content.decode()
    assert "Clean streets" in answer.content.decode()


def test_a_withdrawal_that_is_refused_keeps_its_reason(strategy, manager) -> None:
    row = add(strategy, manager)
    client, at = signed_in(manager), f"{REGION}priorities/{row.pk}/withdraw/"
    answer = client.post(at, {"reason": " "})
    assert answer.status_code == 400
    assert "Say why, in writing." in answer.content.decode()
    answer = client.post(at, {"reason": "It ended", "version": row.version + 1})
    assert answer.status_code == 409
    assert "It ended</textarea>" in answer.content.decode()
    row.refresh_from_db()
    assert row.withdrawn_at is None


def test_a_text_in_another_language_is_kept(strategy, manager) -> None:
    client = signed_in(manager)
    client.post(
        f"{REGION}strategy/", {"text": "没有贫民窟的城市"}, headers={"Accept-Language": "zh"}
    )
    held = RegionalStrategy.objects.get()
    assert held.text["en"] == "Cities without slums"


@pytest.mark.parametrize("count", [3, 30])
def test_pages_and_file_take_a_fixed_number_of_queries(
    strategy, manager, count, django_assert_num_queries
) -> None:
    for number in range(count):
        add(strategy, manager, text={"en": f"Priority {number}"})
    client = signed_in(manager)
    client.get(REGION)
    for path, queries in (
        (REGION, 25),
        ("/plans/SP/regions/", 22),
        ("/plans/SP/regions/priorities.csv", 7),
        (f"{REGION}strategy/", 10),
    ):
        with django_assert_num_queries(queries):
            client.get(path)


def test_the_file_has_a_row_for_each_outcome_served(strategy, manager) -> None:
    add(strategy, manager, outcomes={"1.1": "unverified", "4.3": "seed"})
    add(strategy, None, text={"en": "Streets"}, outcomes={})
    answer = signed_in(manager).get("/plans/SP/regions/priorities.csv")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    told = [line for line in rows if line.startswith("ROAF")]
    assert len(told) == 3
    assert "our reading" in told[0] and "stated in the mid-term review" in told[1]


# --- The API ---------------------------------------------------------------------------------


def test_the_api_keeps_a_strategy_and_its_priorities(plan, africa, manager) -> None:
    api = Api(manager)
    path = "plans/SP/strategies/ROAF/"
    body = {"text": TEXT, "start": "2020-01-01", "countries": ["KEN"], "version": 0}
    made = api.client.put(f"/api/v1/{path}", body, format="json")
    assert made.status_code == 200, made.content
    first = api.post(f"{path}priorities/", {"text": {"en": "Water"}, "outcomes": {"1.1": "seed"}})
    assert first.status_code == 201
    api.post(f"{path}priorities/", {"text": {"en": "Streets"}, "outcomes": {"1.2": "unverified"}})
    one, two = api.get(path).json()["priorities"]
    assert one["outcomes"] == [{"outcome": "1.1", "verification": "seed"}]
    order = {"order": [two["id"], one["id"]]}
    told = api.client.put(f"/api/v1/{path}order/", order, format="json").json()
    assert [row["id"] for row in told["priorities"]] == order["order"]
    gone = api.post(f"{path}priorities/{two['id']}/withdraw/", {"reason": "Done"}).json()
    assert [row["id"] for row in gone["priorities"]] == [one["id"]]
    assert len(api.rows("plans/SP/strategies/", outcome="1.1")) == 1
    assert api.rows("plans/SP/strategies/", outcome="1.2") == []


def test_the_api_refuses_with_the_codes_of_the_action(strategy, manager) -> None:
    api = Api(manager)
    path = "/api/v1/plans/SP/strategies/ROAF/"
    answer = api.client.put(path, {"text": TEXT}, format="json")
    assert refused(answer) == (400, "missing_version")
    answer = api.client.put(path, {"text": TEXT, "version": 9}, format="json")
    assert refused(answer) == (409, "version_conflict")
    answer = api.client.put(path, {"text": TEXT, "countries": ["PHL"], "version": 1}, format="json")
    assert problems(answer) == {("countries", "country_outside_office")}
    answer = api.post("plans/SP/strategies/ROAF/priorities/", {"text": TEXT})
    assert problems(answer) == {("outcomes", "missing_outcomes")}
    assert refused(Api(factories.user("Reader")).post("plans/SP/strategies/ROAF/priorities/")) == (
        403,
        "not_allowed",
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_api_lists_strategies_with_a_fixed_number_of_queries(plan, manager, count) -> None:
    for number in range(count):
        office = factories.office(f"RO{number}")
        made = save_strategy(plan=plan, office=office, said=StrategyInput(text=TEXT), by=None)
        for _time in range(count):
            add(made, None)
    assert Api(manager).queries("plans/SP/strategies/") == 5
