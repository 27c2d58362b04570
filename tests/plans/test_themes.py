"""What the plan's themes are called: renamed on the page and by the API, never by their codes."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import InvalidInput, VersionConflict
from plans.actions import ThemeInput, rename_theme
from plans.models import Theme
from projects.actions import TransactionInput, record_transaction
from projects.money import money_summary
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return factories.user("Mo", Role.MANAGER)


@pytest.fixture
def prong() -> Theme:
    plan = factories.plan("SP")
    plan.title = {"en": "Plan", "zh": "计划"}
    plan.save()
    made = factories.theme(plan, "prong", "PRONG-1", "Prong 1")
    factories.theme(plan, "driver", "DRV-LEG", "Legislation")
    return made


def address(theme: Theme) -> str:
    return f"/plans/SP/setup/themes/{theme.pk}/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_theme_is_renamed_in_the_languages_of_the_plan_and_its_history_says_so(
    prong, manager
) -> None:
    client = browser(manager)
    form = client.get(address(prong)).context["form"]
    assert form.languages == ["en", "zh"]
    assert [form.initial["name.en"], form.initial["version"]] == ["Prong 1", 1]
    said = {
        "version": "1",
        "name.en": " Advocacy ",
        "name.zh": "宣传",
        "text.en": "Making the case",
        "source": "Strategy, p. 4",
        "verification": "official_page",
        "reason": "The strategy is at hand",
    }
    assert client.post(address(prong), said).status_code == 302
    held = Theme.objects.get(pk=prong.pk)
    assert (held.name, held.text) == (
        {"en": "Advocacy", "zh": "宣传"},
        {"en": "Making the case"},
    )
    assert (held.code, held.source, held.verification) == (
        *("PRONG-1", "Strategy, p. 4"),
        "official_page",
    )
    act = ActivityEntry.objects.about(prong).get()
    assert (act.verb, act.actor, act.reason) == ("changed", manager, "The strategy is at hand")
    assert act.changes["name.en"] == ["Prong 1", "Advocacy"]
    page = client.get(address(prong)).content.decode()
    assert "The strategy is at hand" in page
    assert "宣传" in browser(manager).get(address(prong)).content.decode()


def test_what_is_the_same_is_no_act_and_no_new_version(prong, manager) -> None:
    renamed = rename_theme(theme=prong, said=ThemeInput({"en": "Prong 1 "}), by=manager)
    assert (renamed.version, ActivityEntry.objects.about(prong).count()) == (1, 0)


def test_a_name_may_have_more_languages_and_one_that_is_emptied_goes(prong, manager) -> None:
    rename_theme(theme=prong, said=ThemeInput({"en": "A", "fr": "Un"}), by=manager)
    client = browser(manager)
    form = client.get(address(prong)).context["form"]
    assert (form.languages, form.initial["name.fr"]) == (["en", "fr", "zh"], "Un")
    said = {"version": "2", "name.en": "B", "name.fr": ""}
    assert client.post(address(prong), said).status_code == 302
    assert Theme.objects.get(pk=prong.pk).name == {"en": "B"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (ThemeInput({"zh": "宣传"}), ("name.en", "missing_name")),
        (ThemeInput({"en": " "}), ("name.en", "missing_name")),
        (ThemeInput({"en": "x" * 301}), ("name.en", "too_long")),
        (ThemeInput({"en": "A", "xx": "B"}), ("name", "unknown_language")),
        (ThemeInput({"en": "A"}, {"zh": "x" * 5_001}), ("text.zh", "too_long")),
        (ThemeInput({"en": "A"}, {"xx": "B"}), ("text", "unknown_language")),
        (ThemeInput({"en": "A"}, source="x" * 301), ("source", "too_long")),
        (ThemeInput({"en": "A"}, verification="sure"), ("verification", "unknown_answer")),
    ],
)
def test_what_is_wrong_is_refused_beside_its_field(prong, manager, said, expected) -> None:
    with pytest.raises(InvalidInput) as caught:
        rename_theme(theme=prong, said=said, by=manager)
    assert [(one.field, one.code) for one in caught.value.problems] == [expected]
    assert Theme.objects.get(pk=prong.pk).version == 1


def test_the_second_of_two_people_is_told_and_keeps_what_was_typed(prong, manager) -> None:
    rename_theme(theme=prong, said=ThemeInput({"en": "First"}), by=manager, version=1)
    with pytest.raises(VersionConflict):
        rename_theme(theme=prong, said=ThemeInput({"en": "Second"}), by=manager, version=1)
    answer = browser(manager).post(address(prong), {"version": "1", "name.en": "Second"})
    assert answer.status_code == 409
    assert 'value="Second"' in answer.content.decode()
    assert str(Theme.objects.get(pk=prong.pk)) == "First"


def test_renaming_moves_no_figure_and_no_tag(prong, manager) -> None:
    project = factories.project(prong.plan, "P1", factories.office("ROAF"))
    entered = TransactionInput(*("income", "2021-03-31", "100"), earmarked="no", prong="PRONG-1")
    record_transaction(project=project, entered=entered, by=None)

    def cut() -> list[tuple[Any, ...]]:
        rows = money_summary(prong.plan).prongs
        return [(one.of and one.of.code, one.money.received) for one in rows]

    before = cut()
    rename_theme(theme=prong, said=ThemeInput({"en": "Advocacy"}), by=manager)
    assert cut() == before and ("PRONG-1", 100) in before
    [row] = Api(manager).rows("plans/SP/transactions/", prong="PRONG-1")
    assert row["prong"] == "PRONG-1"
    assert "Advocacy" in browser(manager).get("/plans/SP/money/").content.decode()


def test_the_plan_file_does_not_take_a_name_back_and_renames_the_others(manager) -> None:
    call_command("load_plan", stdout=StringIO())
    first, second = Theme.objects.filter(kind="prong").order_by("position")[:2]
    said = ThemeInput({"en": "Advocacy"}, {"en": "Making the case"}, "Strategy", "official_page")
    rename_theme(theme=first, said=said, by=manager)
    Theme.objects.filter(pk=second.pk).update(name={"en": "Old name of the file"})
    Theme.objects.filter(pk=first.pk).update(note="")
    call_command("load_plan", stdout=StringIO())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.name, first.text) == ({"en": "Advocacy"}, {"en": "Making the case"})
    assert (first.source, first.verification) == ("Strategy", "official_page")
    assert "names none" in first.note  # what else the file says of it still follows the file
    assert second.name == {"en": "Prong 2", "zh": "第二管"}


def test_the_list_is_narrowed_by_kind_and_words(prong) -> None:
    client = browser(factories.user("Reader"))

    def codes(**asked: str) -> list[str]:
        rows = client.get("/plans/SP/setup/themes/", asked).context["page"].rows
        return [one.code for one in rows]

    assert codes() == ["DRV-LEG", "PRONG-1"]
    assert (codes(kind="prong"), codes(q="legislation")) == (["PRONG-1"], ["DRV-LEG"])
    assert client.get("/plans/SP/setup/themes/?kind=nothing").status_code == 400
    assert '<form class="form"' not in client.get(address(prong)).content.decode()


def test_a_theme_of_another_plan_is_not_found(prong, manager) -> None:
    other = factories.theme(factories.plan("OTHER"), "prong", "PRONG-1", "Prong")
    assert browser(manager).get(address(other)).status_code == 404


def test_the_api_lists_and_renames(prong, manager) -> None:
    api = Api(manager)
    assert [one["code"] for one in api.rows("plans/SP/themes/")] == ["DRV-LEG", "PRONG-1"]
    [row] = api.rows("plans/SP/themes/", kind="prong")
    assert (row["name"], row["version"]) == ({"en": "Prong 1"}, 1)
    at = f"plans/SP/themes/{row['id']}/"
    body = {"name": {"en": "Advocacy", "ar": "مناصرة"}, "text": {"en": "Making the case"}}
    assert refused(api.put(at, body)) == (400, "missing_version")
    answer = api.put(at, body | {"version": 1})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json()["name"] == body["name"]
    assert refused(api.put(at, body | {"version": 1})) == (409, "version_conflict")
    assert refused(api.put(at, {"name": {"en": ""}, "version": 2})) == (400, "missing_name")
    assert refused(Api(factories.user("R")).put(at, body | {"version": 2})) == (403, "not_allowed")


def test_fifty_themes_take_as_many_queries_as_two(prong, django_assert_num_queries: Any) -> None:
    client = browser(factories.user("Reader"))
    client.get("/plans/SP/setup/themes/")
    for more in (0, 48):
        for number in range(more):
            factories.theme(prong.plan, "tool", f"T-{number}")
        with django_assert_num_queries(6):
            client.get("/plans/SP/setup/themes/")
