"""Two partners that are one: shown before it is confirmed, counted as one from then on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, NotAllowed
from plans.models import StrategicPlan
from projects.actions import merge_partners
from projects.models import Agreement, Partner
from projects.partners import count_partners, preview_merge
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
YEAR = (date(2020, 1, 1), date(2020, 12, 31))


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def manager() -> User:
    return factories.user("Manager", Role.MANAGER)


@pytest.fixture
def two(plan) -> tuple[Partner, Partner]:
    made = tuple(
        factories.partner(plan, name, kind)
        for name, kind in (("Nakuru Town", "government"), ("City of Nakuru", "local_government"))
    )
    for one in made:
        factories.agreement(one)
    return made


def total(plan: StrategicPlan, moment: Any = None) -> int:
    return count_partners(plan, *YEAR, moment).total


def code_of(**given: Any) -> str:
    with pytest.raises(DomainError) as error:
        merge_partners(**given)
    return error.value.code


def test_merged_they_count_as_one_and_earlier_as_two(plan, two, manager) -> None:
    before = database_now()
    root = merge_partners(partner=two[0], into=two[1], by=manager, reason="It became a city")
    assert root == two[1]
    counted = count_partners(plan, *YEAR)
    assert [one.partners for one in counted.reviewed] == [0, 0, 1, 0]
    assert total(plan, before) == 2
    assert list(Partner.objects.counting()) == [two[1]]
    assert Agreement.objects.of_partner(two[1]).count() == 2


def test_what_was_merged_earlier_counts_as_the_last_one(plan, two, manager) -> None:
    third = factories.partner(plan, "Nakuru County", "local_government")
    merge_partners(partner=two[0], into=two[1], by=manager, reason="One")
    between = database_now()
    merge_partners(partner=two[1], into=third, by=manager, reason="One")
    assert total(plan) == 1
    assert total(plan, between) == 1
    assert set(third.spellings.all()) == set(two)
    assert Agreement.objects.of_partner(third).count() == 2
    # Into a name that counts as another: into that one.
    fourth = factories.partner(plan, "Nakuru Municipality")
    assert merge_partners(partner=fourth, into=two[0], by=manager, reason="One") == third


def test_both_keep_their_history(two, manager) -> None:
    merge_partners(partner=two[0], into=two[1], by=manager, reason="It became a city")
    told = ActivityEntry.objects.about(two[0]).filter(verb="merged").get()
    assert (told.reason, told.changes) == (
        "It became a city",
        {"merged_into": [None, "City of Nakuru"]},
    )
    taken, added = ActivityEntry.objects.about(two[1])
    assert (taken.verb, taken.reason, added.verb) == ("took in", "It became a city", "added")
    assert taken.changes == {"spellings": [None, [str(two[0])]]}


def test_the_history_of_the_one_that_counts_names_all_that_became_it(plan, two, manager) -> None:
    third = factories.partner(plan, "Nakuru County", "local_government")
    merge_partners(partner=two[0], into=two[1], by=manager, reason="One")
    merge_partners(partner=two[1], into=third, by=manager, reason="One")
    client = Client()
    client.force_login(manager)
    page = client.get(f"/plans/SP/partners/{third.pk}/").content.decode()
    assert "said that another one is it" in page
    taken = ActivityEntry.objects.about(third).get(verb="took in")
    assert taken.changes["spellings"] == [None, [str(two[1]), str(two[0])]]


def test_what_cannot_be_one_is_refused(plan, two, manager) -> None:
    first, second = two
    assert code_of(partner=first, into=first, by=manager, reason="One") == "same_partner"
    assert code_of(partner=first, into=second, by=manager, reason=" ") == "missing_reason"
    elsewhere = factories.partner(factories.plan("DEMO"), "City of Nakuru")
    assert code_of(partner=first, into=elsewhere, by=manager, reason="One") == "unknown_partner"
    stale = {"partner": first, "into": second, "by": manager, "reason": "One", "version": 9}
    assert code_of(**stale) == "version_conflict"
    merge_partners(partner=first, into=second, by=manager, reason="One")
    assert code_of(partner=first, into=second, by=manager, reason="One") == "already_merged"
    assert code_of(partner=second, into=first, by=manager, reason="One") == "same_partner"
    with pytest.raises(NotAllowed):
        reporter = factories.user("Reporter", Role.REPORTER)
        merge_partners(partner=second, into=first, by=reporter, reason="One")


def test_the_name_of_one_that_was_merged_is_found_and_told(plan, two, manager) -> None:
    merge_partners(partner=two[0], into=two[1], by=manager, reason="One")
    client = Client()
    client.force_login(manager)
    rows = client.get("/plans/SP/partners/", {"q": "town"}).context["page"].rows
    assert [(row.name, row.agreements_signed) for row in rows] == [("City of Nakuru", 2)]
    answer = client.post("/plans/SP/partners/add/", {"name": "Nakuru Town", "kind": "government"})
    assert answer.status_code == 400 and "City of Nakuru" in answer.content.decode()


def test_the_page_shows_what_will_be_counted_before_it_is_confirmed(plan, two, manager) -> None:
    client = Client()
    client.force_login(manager)
    page = f"/plans/SP/partners/{two[0].pk}/merge/"
    assert f"?into={two[1].pk}" in client.get(page, {"q": "city"}).content.decode()
    preview = client.get(page, {"into": two[1].pk}).context["preview"]
    assert (preview.before.total, preview.after.total) == (2, 1)
    assert [(was.kind, was.partners, now.partners) for was, now in preview.rows] == [
        ("government", 1, 0)
    ]
    assert (preview.agreements, preview.agreements_together) == ((1, 1), 2)
    assert total(plan) == 2
    form = {"into": two[1].pk, "preview": preview.key}
    assert client.post(page, form).status_code == 400
    assert client.post(page, form | {"reason": "It became a city"}).status_code == 302
    assert total(plan) == 1
    assert "as “Nakuru Town”" in client.get(f"/plans/SP/partners/{two[1].pk}/").content.decode()
    assert "City of Nakuru" in client.get(f"/plans/SP/partners/{two[0].pk}/").content.decode()
    assert client.get(page, {"into": "9999"}).status_code == 404


def test_a_program_merges_too(plan, two, manager) -> None:
    api = Api(manager)
    path = f"plans/SP/partners/{two[0].pk}/merge/"
    assert problems(api.get(path, into=9999)) == {("into", "unknown_partner")}
    assert refused(api.get(path, into=two[0].pk)) == (409, "same_partner")
    assert refused(api.get(path, other=two[1].pk)) == (400, "unknown_parameter")
    seen = api.get(path, into=two[1].pk).json()
    assert (seen["before"]["total"], seen["after"]["total"]) == (2, 1)
    assert (seen["agreements"], seen["agreements_together"]) == ([1, 1], 2)
    assert total(plan) == 2
    body = {"into": two[1].pk, "reason": "One"}
    assert problems(api.post(path, body)) == {("preview", "missing_preview")}
    body["preview"] = seen["preview"]
    assert problems(api.post(path, body | {"into": 9999})) == {("into", "unknown_partner")}
    assert api.post(path, body).json()["id"] == two[1].pk
    assert refused(api.post(path, body)) == (409, "already_merged")
    assert refused(api.get(path, into=two[1].pk)) == (409, "already_merged")
    assert [row["name"] for row in api.rows("plans/SP/partners/")] == ["City of Nakuru"]


def test_what_changed_since_it_was_shown_is_not_merged(plan, two, manager) -> None:
    api, client = Api(manager), Client()
    client.force_login(manager)
    path = f"plans/SP/partners/{two[0].pk}/merge/"
    seen = api.get(path, into=two[1].pk).json()["preview"]
    factories.agreement(two[1])
    body = {"into": two[1].pk, "reason": "One", "preview": seen}
    assert refused(api.post(path, body)) == (409, "version_conflict")
    answer = client.post(f"/{path}", body)
    shown = answer.content.decode()
    assert answer.status_code == 409 and "has changed meanwhile" in shown
    assert answer.context["form"]["reason"].value() == "One"
    assert total(plan) == 2
    fresh = answer.context["preview"]
    assert (fresh.key != seen, fresh.agreements) == (True, (1, 2))
    assert client.post(f"/{path}", body | {"preview": fresh.key}).status_code == 302
    assert total(plan) == 1


def test_what_is_shown_is_of_the_partner_that_the_other_counts_as(plan, two, manager) -> None:
    third = factories.partner(plan, "Nakuru County", "local_government")
    factories.agreement(third)
    merge_partners(partner=two[0], into=two[1], by=manager, reason="One")
    preview = preview_merge(third, two[0])
    assert (preview.into, preview.agreements) == (two[1], (1, 2))
    assert (preview.before.total, preview.after.total) == (2, 1)
    merge_partners(partner=third, into=two[0], by=manager, reason="One", preview=preview.key)
    assert total(plan) == 1


@pytest.mark.parametrize("number", [1, 20])
def test_showing_it_takes_a_fixed_number_of_queries(
    plan, two, number, django_assert_num_queries
) -> None:
    for _one in range(number):
        factories.agreement(two[0])
    first = Partner.objects.select_related("plan", "merged_into").get(pk=two[0].pk)
    with django_assert_num_queries(12):
        preview_merge(first, two[1])
