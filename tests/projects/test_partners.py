"""Partners: registered once, with agreements in force by their dates, and counted once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from outcomes.actions import get_thing
from outcomes.models import StatedFigure, Thing
from plans.models import StrategicPlan
from projects.actions import (
    AgreementInput,
    PartnerInput,
    save_agreement,
    save_partner,
    withdraw_agreement,
)
from projects.models import Agreement, Partner
from projects.partners import count_partners, similar_partners
from projects.spelling import nearest, normalised
from tests import factories
from tests.api_client import Api, problems

pytestmark = pytest.mark.django_db

LIST = "/plans/SP/partners/"
YEAR = (date(2020, 1, 1), date(2020, 12, 31))


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def manager() -> User:
    return factories.user("Manager", Role.MANAGER)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(plan: StrategicPlan, name: str, kind: str = "government", **more: Any) -> Partner:
    return save_partner(plan=plan, entered=PartnerInput(name, kind), by=None, **more)


def codes(act: Any) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused, transaction.atomic():
        act()
    return {(one.field, one.code) for one in refused.value.problems}


# --- The register ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("  Ministério  das Cidades ", "ministerio das cidades"),
        ("U.N.D.P.", "u n d p"),
        ("Straße & Søn", "strasse søn"),
        ("联合国开发计划署", "联合国开发计划署"),
        ("!!!", ""),
    ],
)
def test_names_are_compared_without_accents_case_and_punctuation(name, key) -> None:
    assert normalised(name) == key


@pytest.mark.parametrize(
    ("one", "other", "nearly"),
    [
        ("city of nakuru", "nakuru city of", True),
        ("shelter for all", "shelters for all", True),
        ("city of nakuru", "city of nairobi", False),
        ("shelter for all", "shelter for most people", False),
    ],
)
def test_nearly_the_same_is_the_same_words_or_almost_the_same_letters(one, other, nearly) -> None:
    assert nearest(one, [(other, "it")]) == (["it"] if nearly else [])


def test_of_several_near_names_the_nearest_comes_first(plan) -> None:
    for name in ("City of Cairo (invented)", "City of Nairobi (invented)"):
        add(plan, name, confirm_similar=True)
    found = similar_partners(plan, "City of Nairoby (invented)")
    assert [str(one) for one in found] == ["City of Nairobi (invented)", "City of Cairo (invented)"]


def test_a_partner_is_what_its_thing_counts_even_one_that_results_named_before(plan) -> None:
    named = get_thing(plan=plan, kind="partner", key="shelter for all")
    partner = add(plan, "Shelter for All", "civil_society")
    assert partner.thing == named
    assert add(plan, "City of Nakuru", "local_government").thing.kind == "partner"


def test_a_name_is_registered_once_in_a_plan(plan) -> None:
    add(plan, "Ministère de la Ville")
    again = lambda: add(plan, "ministere de la  VILLE!", confirm_similar=True)  # noqa: E731
    assert codes(again) == {("name", "partner_exists")}
    assert add(factories.plan("DEMO"), "Ministère de la Ville").pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.create(
            plan=plan,
            name="x",
            key="ministere de la ville",
            kind="government",
            thing=get_thing(plan=plan, kind="partner", key="another"),
        )


def test_nearly_the_same_name_is_refused_until_both_are_wanted(plan) -> None:
    add(plan, "Shelter for All")
    with pytest.raises(InvalidInput) as refused:
        add(plan, "Shelters for All")
    assert refused.value.code == "similar_partner" and "“Shelter for All”" in refused.value.message
    assert add(plan, "Shelters for All", confirm_similar=True).pk
    assert Partner.objects.counting().count() == 2


def test_every_mistake_is_told_at_once(plan) -> None:
    wrong = PartnerInput("...", "band", website="ftp://example.org")
    assert codes(lambda: save_partner(plan=plan, entered=wrong, by=None)) == {
        ("name", "missing_name"),
        ("kind", "unknown_kind"),
        ("website", "not_a_link"),
    }


@pytest.mark.parametrize(("kind", "text"), [("", "Choose the kind."), ("x", "There is no such")])
def test_a_kind_left_empty_is_asked_for(plan, partner, kind, text) -> None:
    for act in (
        lambda: save_partner(plan=plan, entered=PartnerInput("Band of one", kind), by=None),
        lambda: save_agreement(partner=partner, entered=signed(kind=kind), by=None),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert refused.value.code == "unknown_kind" and text in refused.value.message


def test_a_new_name_changes_what_it_is_called_and_no_figure(plan, manager) -> None:
    partner = add(plan, "Shelter for Al")
    factories.agreement(partner)
    before = count_partners(plan, *YEAR)
    entered = PartnerInput("Habitat Alliance", "government")
    save_partner(plan=plan, entered=entered, by=manager, partner=partner, version=1)
    assert str(Thing.objects.get(pk=partner.thing_id)) == "Habitat Alliance"
    assert count_partners(plan, *YEAR) == before
    told = ActivityEntry.objects.filter(verb="changed", target_type="projects.partner").get()
    assert told.changes["name"] == ["Shelter for Al", "Habitat Alliance"]
    assert add(plan, "Shelter for Al").thing != partner.thing


def test_the_same_again_is_no_change_and_an_old_version_is_refused(plan, manager) -> None:
    partner = add(plan, "Shelter for All")
    same = PartnerInput("Shelter for All", "government")
    saved = save_partner(plan=plan, entered=same, by=manager, partner=partner, version=1)
    assert saved.version == 1
    with pytest.raises(VersionConflict):
        save_partner(plan=plan, entered=same, by=manager, partner=partner, version=0)


# --- Agreements --------------------------------------------------------------------------------


@pytest.fixture
def partner(plan) -> Partner:
    return factories.partner(plan, "Shelter for All")


def signed(**content: Any) -> AgreementInput:
    entered: dict[str, Any] = {
        "title": "Cooperation",
        "kind": "memorandum",
        "scope": "country",
        "office": factories.office("ROAF"),
        "signed": date(2020, 4, 1),
        "start": date(2020, 4, 15),
        "end": date(2021, 4, 14),
        "countries": (factories.country("KEN"),),
    }
    return AgreementInput(**(entered | content))


def test_where_an_agreement_stands_follows_from_its_days(partner) -> None:
    one = save_agreement(partner=partner, entered=signed(), by=None)
    days = [date(2020, 4, 14), date(2020, 4, 15), date(2021, 4, 14), date(2021, 4, 15)]
    wanted = ["to_come", "in_force", "in_force", "ended"]
    assert [one.state_on(day).value for day in days] == wanted
    assert [one in Agreement.objects.in_force(day) for day in days] == [False, True, True, False]
    endless = save_agreement(partner=partner, entered=signed(end=None), by=None)
    assert endless.state_on(date(2090, 1, 1)).value == "in_force"


def test_every_mistake_of_an_agreement_is_told_at_once(partner) -> None:
    tomorrow = factories.days_ago(-1)

    def refused(**content: Any) -> set[tuple[str, str]]:
        return codes(lambda: save_agreement(partner=partner, entered=signed(**content), by=None))

    assert refused(
        title=" ", kind="song", scope="moon", office=None, signed=None, start=None, countries=()
    ) == {
        ("title", "missing_title"),
        ("kind", "unknown_kind"),
        ("scope", "unknown_scope"),
        ("office", "missing_office"),
        ("signed", "missing_date"),
        ("start", "missing_date"),
    }
    assert refused(countries=()) == {("countries", "missing_countries")}
    assert refused(scope="global") == {("countries", "countries_of_global_agreement")}
    assert refused(signed=tomorrow) == {("signed", "date_in_future")}
    assert not Agreement.objects.exists()


def test_headquarters_and_country_offices_name_the_countries_around_them(partner) -> None:
    kenya = factories.country("KEN")
    below = factories.office("KEN-O", parent=factories.office("ROAF"))
    for office in (factories.headquarters(), below):
        entered = signed(office=office, countries=(kenya,))
        assert save_agreement(partner=partner, entered=entered, by=None).pk


def test_a_change_of_countries_alone_is_a_change_that_is_told(partner, manager) -> None:
    one = save_agreement(partner=partner, entered=signed(), by=None)
    uganda = factories.country("UGA", "Uganda")
    save_agreement(
        partner=partner, entered=signed(countries=(uganda,)), by=manager, agreement=one, version=1
    )
    told = ActivityEntry.objects.filter(verb="changed", target_type="projects.agreement").get()
    assert told.changes == {"countries": [["KEN"], ["UGA"]]}


def test_what_was_withdrawn_is_kept_with_the_reason_and_no_longer_changed(partner, manager) -> None:
    one = save_agreement(partner=partner, entered=signed(), by=None)
    assert codes(lambda: withdraw_agreement(agreement=one, reason=" ", by=manager)) == {
        ("reason", "missing_reason")
    }
    gone = withdraw_agreement(agreement=one, reason="Entered twice", by=manager)
    assert (gone.state.value, gone.withdrawal_reason) == ("withdrawn", "Entered twice")
    with pytest.raises(DomainError) as refused:
        withdraw_agreement(agreement=one, reason="Again", by=manager)
    assert refused.value.code == "already_withdrawn"


def test_a_reporter_adds_agreements_of_the_own_office_only(partner) -> None:
    reporter = factories.user("Reporter", Role.REPORTER, factories.office("ROAF"))
    one = save_agreement(partner=partner, entered=signed(), by=reporter)
    elsewhere = signed(office=factories.office("ROAP"), scope="global", countries=())
    with pytest.raises(NotAllowed):
        save_agreement(partner=partner, entered=elsewhere, by=reporter)
    with pytest.raises(NotAllowed):
        save_agreement(partner=partner, entered=signed(), by=reporter, agreement=one)


# --- How many ----------------------------------------------------------------------------------


def told(plan: StrategicPlan, *window: date, moment: Any = None) -> dict[str, int]:
    counted = count_partners(plan, *(window or YEAR), moment=moment)
    if counted.total is None:
        assert counted.total_of_all is None
        assert {one.partners for one in (*counted.reviewed, *counted.others)} == {None}
        return {}
    assert counted.total == sum(one.partners for one in counted.reviewed)
    assert counted.total_of_all - counted.total == sum(one.partners for one in counted.others)
    return {
        one.kind.value: one.partners for one in (*counted.reviewed, *counted.others) if one.partners
    }


def test_a_partner_counts_once_by_its_kind_whatever_it_signed(plan) -> None:
    city = factories.partner(plan, "City of Nakuru", "local_government")
    firm = factories.partner(plan, "Brick Works", "private_sector")
    factories.partner(plan, "Nothing Signed", "government")
    for day in (date(2020, 1, 1), date(2020, 12, 31)):
        factories.agreement(city, day)
    factories.agreement(firm)
    factories.agreement(factories.partner(factories.plan("DEMO"), "Elsewhere"))
    assert told(plan) == {"local_government": 1, "private_sector": 1}
    counted = count_partners(plan, *YEAR)
    assert (counted.total, counted.total_of_all) == (1, 2)
    assert told(plan, date(2020, 1, 2), date(2020, 12, 30)) == {"private_sector": 1}


def test_of_a_plan_without_agreements_nothing_is_counted_not_even_0(plan) -> None:
    partner = factories.partner(plan, "Nothing Signed", "government")
    assert count_partners(plan, *YEAR).total is None
    factories.agreement(partner, date(2021, 1, 1))
    assert count_partners(plan, *YEAR).total == 0


def test_what_counted_earlier_stays_as_it_was_known(plan, manager) -> None:
    partner = factories.partner(plan, "City of Nakuru", "local_government")
    one = factories.agreement(partner)
    first = database_now()
    entered = PartnerInput("City of Nakuru", "government")
    save_partner(plan=plan, entered=entered, by=manager, partner=partner)
    second = database_now()
    entered_anew = AgreementInput(
        one.title, "memorandum", "global", one.office, date(2021, 1, 1), date(2021, 1, 1)
    )
    save_agreement(partner=partner, entered=entered_anew, by=manager, agreement=one)
    third = database_now()
    withdraw_agreement(agreement=one, reason="Never signed", by=manager)
    assert told(plan, moment=first) == {"local_government": 1}
    assert told(plan, moment=second) == {"government": 1}
    assert told(plan, moment=third) == {}
    assert told(plan, date(2021, 1, 1), date(2021, 1, 1), moment=third) == {"government": 1}
    assert told(plan, date(2020, 1, 1), date(2021, 12, 31)) == {}


@pytest.mark.parametrize("count", [1, 5])
def test_counting_takes_three_queries(plan, count, django_assert_num_queries) -> None:
    for number in range(count):
        factories.agreement(factories.partner(plan, f"Partner number {number}"))
    with django_assert_num_queries(3):
        count_partners(plan, *YEAR)


# --- Pages -------------------------------------------------------------------------------------


def test_the_register_is_searched_by_words_and_by_one_agreement(plan, manager) -> None:
    kenya = factories.country("KEN")
    city = factories.partner(plan, "Município de Nakuru", "local_government", country=kenya)
    other = factories.partner(plan, "Shelter for All")
    factories.agreement(city, at=factories.office("ROAF"), end=date(2020, 12, 31))
    factories.agreement(
        other, at=factories.office("ROAF"), scope="country", countries=(kenya,), title="Wells"
    )
    factories.agreement(other, date(2021, 1, 1))
    client = signed_in(manager)

    def names(**asked: str) -> list[str]:
        answer = client.get(LIST, asked)
        assert answer.status_code == 200
        return [row.name for row in answer.context["page"].rows]

    assert names() == ["Município de Nakuru", "Shelter for All"]
    assert names(q="MUNICIPIO nakuru") == ["Município de Nakuru"]
    assert names(kind="civil_society") == ["Shelter for All"]
    assert names(country="KEN") == ["Município de Nakuru", "Shelter for All"]
    assert names(country="KEN", scope="global") == ["Município de Nakuru"]
    assert names(office="ROAF", in_force="2021-06-01") == ["Shelter for All"]
    assert names(office="ROAF", scope="global", in_force="2021-06-01") == []
    assert client.get(LIST, {"kind": "band"}).status_code == 400


def test_the_list_tells_the_agreements_and_the_count_beside_what_is_stated(plan, manager) -> None:
    partner = factories.partner(plan, "Shelter for All", "civil_society")
    factories.agreement(partner)
    factories.agreement(partner, end=date(2020, 6, 30))
    StatedFigure.objects.create(
        plan=plan,
        key="F062",
        topic="partners",
        text={"en": "Partners with signed agreements"},
        value=191,
        paragraph="33",
        quote={"en": "191"},
    )
    answer = signed_in(manager).get(LIST)
    row = answer.context["page"].rows[0]
    assert (row.agreements_signed, row.agreements_in_force) == (2, 1)
    assert answer.context["count"].total == 1
    assert "191" in answer.content.decode()


@pytest.mark.parametrize("number", [3, 30])
def test_the_list_takes_a_fixed_number_of_queries(
    plan, manager, number, django_assert_num_queries
) -> None:
    for one in range(number):
        factories.agreement(factories.partner(plan, f"Partner {one} {'x' * one}"))
    client = signed_in(manager)
    with django_assert_num_queries(13):
        client.get(LIST)


@pytest.mark.parametrize("number", [3, 30])
def test_a_partner_s_page_takes_a_fixed_number_of_queries(
    plan, partner, manager, number, django_assert_num_queries
) -> None:
    for _one in range(number):
        factories.agreement(partner)
    client = signed_in(manager)
    with django_assert_num_queries(14):
        client.get(f"{LIST}{partner.pk}/")


def test_somebody_adds_a_partner_and_keeps_one_of_nearly_its_name(plan, manager) -> None:
    client = signed_in(manager)
    form = {"name": "Shelter for All", "kind": "civil_society"}
    assert client.post(f"{LIST}add/", form).status_code == 302
    answer = client.post(f"{LIST}add/", form | {"name": "Shelters for All"})
    first = Partner.objects.get()
    assert answer.status_code == 400
    assert f"{LIST}{first.pk}/" in answer.content.decode()
    assert "keep both" in answer.content.decode()
    form |= {"name": "Shelters for All", "confirm_similar": "on"}
    assert client.post(f"{LIST}add/", form).status_code == 302
    assert Partner.objects.count() == 2


def test_an_agreement_is_added_changed_and_withdrawn_on_the_partner_s_page(
    plan, partner, manager
) -> None:
    factories.country("KEN")
    client = signed_in(manager)
    form = {
        "title": "Wells",
        "kind": "cooperation",
        "scope": "country",
        "office": "ROAF",
        "countries": ["KEN"],
        "signed": "2020-04-01",
        "start": "2020-04-01",
    }
    where = f"{LIST}{partner.pk}/agreements/add/"
    answer = client.post(where, form | {"countries": [], "start": ""})
    assert answer.status_code == 400
    assert "Say in which countries it holds." in answer.content.decode()
    assert "Say from which day it holds." in answer.content.decode()
    assert client.post(where, form).status_code == 302
    one = Agreement.objects.get()
    change = f"/plans/SP/agreements/{one.pk}/change/"
    assert client.post(change, form | {"title": "Two wells", "version": "1"}).status_code == 302
    assert client.post(change, form | {"version": "1"}).status_code == 400
    assert "Two wells" in client.get(f"{LIST}{partner.pk}/").content.decode()
    withdraw = f"/plans/SP/agreements/{one.pk}/withdraw/"
    assert "Say why it is withdrawn." in client.post(withdraw, {}).content.decode()
    answer = client.post(withdraw, {"reason": "Entered twice", "version": "2"}, follow=True)
    assert "Entered twice" in answer.content.decode()


def test_the_count_is_asked_for_another_window_and_day(plan, manager) -> None:
    factories.agreement(factories.partner(plan, "Shelter for All"))
    client = signed_in(manager)

    def total(**asked: str) -> int:
        return client.get(f"{LIST}count/", asked).context["count"].total

    assert total() == 1
    assert total(start="2020-04-02") == 0
    assert total(start="2020-04-01", end="2020-04-01") == 1
    assert total(as_of=str(factories.days_ago(1))) is None
    assert total(as_of=str(timezone.localdate())) == 1
    assert (
        client.get(f"{LIST}count/", {"start": "2020-05-01", "end": "2020-04-01"}).status_code == 400
    )


def test_the_register_is_a_file_too(plan, manager) -> None:
    partner = factories.partner(plan, "=Shelter", "civil_society")
    factories.agreement(partner, title="Wells", reference="A/1")
    factories.partner(plan, "City of Nakuru", "local_government")
    client = signed_in(manager)
    answer = client.get("/plans/SP/partners.csv", {"kind": "civil_society"})
    text = b"".join(answer.streaming_content).decode()
    assert "Wells (A/1)" in text and "Nakuru" not in text and "\n=" not in text
    assert client.get("/plans/SP/partners.xlsx").status_code == 200


# --- The API -----------------------------------------------------------------------------------


def test_a_program_keeps_partners_and_agreements(plan, manager) -> None:
    factories.country("KEN")
    api = Api(manager)
    body = {"name": "Shelter for All", "kind": "civil_society", "country": "KEN"}
    made = api.post("plans/SP/partners/", body)
    assert (made.status_code, made.json()["country"], made["ETag"]) == (201, "KEN", '"1"')
    pk = made.json()["id"]
    again = api.post("plans/SP/partners/", body | {"name": "Shelters for all"})
    assert (again.status_code, problems(again)) == (400, {("name", "similar_partner")})
    answer = api.patch(f"plans/SP/partners/{pk}/", {"kind": "academia"}, **{"If-Match": '"1"'})
    assert (answer.json()["kind"], answer.json()["name"]) == ("academia", "Shelter for All")
    agreement = {
        "partner": pk,
        "title": "Wells",
        "kind": "memorandum",
        "scope": "country",
        "office": "ROAF",
        "countries": ["KEN"],
        "signed": "2020-04-01",
        "start": "2020-04-01",
    }
    wrong = api.post("plans/SP/agreements/", agreement | {"end": "2020-03-01"})
    assert problems(wrong) == {("end", "agreement_ends_before_it_begins")}
    one = api.post("plans/SP/agreements/", agreement)
    assert (one.status_code, one.json()["state"]) == (201, "in_force")
    assert [row["id"] for row in api.rows("plans/SP/agreements/", partner=pk)] == [one.json()["id"]]
    assert api.rows("plans/SP/agreements/", in_force="2020-03-31") == []
    count = api.get("plans/SP/partners/count/", start="2020-01-01", end="2020-12-31").json()
    assert (count["total"], count["total_of_all"]) == (0, 1)
    assert api.get("plans/SP/partners/count/", from_day="2020-01-01").status_code == 400
    gone = api.post(f"plans/SP/agreements/{one.json()['id']}/withdraw/", {"reason": "Twice"})
    assert gone.json()["state"] == "withdrawn"
    assert api.rows("plans/SP/agreements/") == []


@pytest.mark.parametrize("path", ["partners", "agreements"])
def test_lists_of_the_api_take_a_fixed_number_of_queries(plan, manager, path) -> None:
    api = Api(manager)
    asked = []
    for number in (3, 30):
        for one in range(number):
            factories.agreement(factories.partner(plan, f"Partner {number} {one} {'x' * one}"))
        asked.append(api.queries(f"plans/SP/{path}/"))
    assert asked[0] == asked[1]
