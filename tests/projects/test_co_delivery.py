"""Joint results: who leads, which partners took part, what each did and whose share is how much."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from outcomes.rollup.queue import drain
from plans.actions import close_period
from projects.actions import (
    CoDeliveryInput,
    PartInput,
    ResultInput,
    approve,
    begin_correction,
    merge_partners,
    save_results,
    set_co_delivery,
    submit,
)
from projects.models import CoDeliverer, Partner, Project, ProjectIndicator, Result
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    plan = factories.plan("SP")
    return factories.project(plan, "P1", factories.office("ROAF"), serves=factories.outcome(plan))


@pytest.fixture
def line(project) -> ProjectIndicator:
    return factories.line(project, factories.indicator(project.plan.outcomes.get(), "WATER"))


@pytest.fixture
def draft(line) -> Result:
    return factories.report(line, 10, to="draft")


@pytest.fixture
def unicef(project) -> Partner:
    return factories.partner(project.plan, "Children's fund", "un_entity")


@pytest.fixture
def city(project) -> Partner:
    return factories.partner(project.plan, "City of Mosul", "local_government")


@pytest.fixture
def reporter(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


def said(*parts: Any, **content: Any) -> CoDeliveryInput:
    return CoDeliveryInput([PartInput(*part) for part in parts], **content)


def told(result: Result) -> list[tuple[str, bool, Any, str]]:
    """Who brought it about, as the page lists them."""
    rows = CoDeliverer.objects.filter(result=result).select_related("partner__merged_into")
    return [(one.name, one.is_lead, one.share, one.what) for one in rows]


def codes(result: Result, content: CoDeliveryInput, by: User) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as error:
        set_co_delivery(result=result, said=content, by=by)
    return {(one.field, one.code) for one in error.value.problems}


# --- What may be said ---------------------------------------------------------------------------


def test_a_partner_leads_and_all_shares_come_to_100(draft, unicef, city, reporter) -> None:
    content = said(
        (unicef, "Builds  wells", "33.333333"),
        (city, "Gives land", "33.333333"),
        lead=unicef,
        own_share="33.333334",
        own_part="Plans them",
    )
    held = set_co_delivery(result=draft, said=content, by=reporter)
    assert held.version == draft.version + 1
    assert [(name, leads, str(share), what) for name, leads, share, what in told(draft)] == [
        ("Children's fund", True, "33.333333", "Builds wells"),
        ("UN-Habitat", False, "33.333334", "Plans them"),
        ("City of Mosul", False, "33.333333", "Gives land"),
    ]
    entry = ActivityEntry.objects.about(draft).get(verb="set co-delivery")
    assert entry.changes["co_delivery.Children's fund"] == [
        None,
        "leads; 33.333333 %; Builds wells",
    ]


def test_shares_may_be_left_out_altogether_and_un_habitat_leads(draft, city, reporter) -> None:
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    assert told(draft) == [
        ("UN-Habitat", True, None, ""),
        ("City of Mosul", False, None, "Gives land"),
    ]


def test_what_is_left_out_goes_and_without_partners_it_is_not_joint(
    draft, unicef, city, reporter
) -> None:
    set_co_delivery(result=draft, said=said((city, "Gives land"), (unicef, "x")), by=reporter)
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    assert [name for name, *_rest in told(draft)] == ["UN-Habitat", "City of Mosul"]
    same = Result.objects.get(pk=draft.pk).version
    again = set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    assert again.version == same
    set_co_delivery(result=draft, said=said(), by=reporter)
    assert told(draft) == [] and not Result.objects.joint().exists()


SHARES = [
    (("60",), "40.000001", {("own_share", "shares_not_100")}),
    (("100",), "0", {("own_share", "share_out_of_range")}),
    (("-10",), "110", {("partners.0.share", "share_out_of_range"),
                       ("own_share", "share_out_of_range")}),
    (("60",), None, {("own_share", "missing_share")}),
    ((None,), "40", {("partners.0.share", "missing_share")}),
    (("much",), "40", {("partners.0.share", "not_a_number")}),
    (("NaN",), "40", {("partners.0.share", "not_a_number")}),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "own", "wrong"), SHARES)
def test_a_wrong_share_is_told_by_its_code(draft, city, reporter, theirs, own, wrong) -> None:
    content = said((city, "Gives land", theirs[0]), own_share=own)
    assert codes(draft, content, reporter) == wrong
    assert told(draft) == []


def test_every_mistake_is_told_at_once(draft, unicef, city, reporter) -> None:
    elsewhere = factories.partner(factories.plan("DEMO"))
    content = said((None, "x"), (elsewhere, "x"), (city, " "), (city, "x" * 501), lead=unicef)
    assert codes(draft, content, reporter) == {
        ("partners.0.partner", "missing_partner"),
        ("partners.1.partner", "unknown_partner"),
        ("partners.2.what", "missing_text"),
        ("partners.3.partner", "given_twice"),
        ("partners.3.what", "too_long"),
        ("lead", "unknown_lead"),
    }
    assert codes(draft, said(own_part="Alone"), reporter) == {("partners", "missing_partner")}
    many = said(*[(city, "x")] * 51)
    assert codes(draft, many, reporter) == {("partners", "too_many_rows")}


def test_a_partner_under_two_of_its_names_is_one(draft, unicef, city, reporter) -> None:
    manager = factories.user("Manager", Role.MANAGER)
    merge_partners(partner=unicef, into=city, by=manager, reason="Renamed")
    unicef.refresh_from_db()
    both = said((city, "Gives land"), (unicef, "Builds"))
    assert codes(draft, both, reporter) == {("partners.1.partner", "given_twice")}
    set_co_delivery(result=draft, said=said((unicef, "Builds"), lead=unicef), by=reporter)
    assert CoDeliverer.objects.get(is_lead=True).partner == city


def test_the_database_keeps_shares_and_leaders_too(draft, city, reporter) -> None:
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    for wrong in ({"share": 0}, {"share": 101}, {"is_lead": True}, {"partner": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CoDeliverer.objects.filter(partner=city).update(**wrong)


def test_only_who_may_edit_the_result_says_it(draft, city, reporter) -> None:
    content = said((city, "Gives land"))
    for by in (
        factories.user("Outside", Role.REPORTER, factories.office("ROAP")),
        factories.user("Reviewer two", Role.REVIEWER),
    ):
        with pytest.raises(NotAllowed):
            set_co_delivery(result=draft, said=content, by=by)
    with pytest.raises(VersionConflict):
        set_co_delivery(result=draft, said=content, by=reporter, version=draft.version + 1)
    set_co_delivery(result=draft, said=content, by=reporter)
    assert reporter in draft.authors.all()
    submit(rows=[draft], by=reporter)
    with pytest.raises(DomainError) as error:
        set_co_delivery(result=draft, said=content, by=reporter)
    assert error.value.code == "wrong_status"


def test_a_closed_period_takes_nothing(draft, city, reporter) -> None:
    close_period(period=draft.period, by=factories.user("Mo", Role.MANAGER))
    with pytest.raises(DomainError) as error:
        set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    assert error.value.code == "period_closed"


# --- What becomes of it -------------------------------------------------------------------------


def joint(draft: Result, by: User, *parts: Any, **content: Any) -> Result:
    """An approved joint result."""
    set_co_delivery(result=draft, said=said(*parts, **content), by=by)
    reviewer = User.objects.filter(name="Reviewer").first()
    return approve(
        rows=submit(rows=[draft], by=by), by=reviewer or factories.user("Reviewer", Role.REVIEWER)
    )[0]


def test_shares_change_no_number(draft, city, reporter) -> None:
    done = joint(draft, reporter, (city, "Gives land", "60"), own_share="40")
    assert done.value == 10
    drain()
    [figure] = Api(reporter).rows("plans/SP/figures/", indicator="WATER", period="2020-Q1")
    assert figure["value"] == "10"


def test_it_comes_along_to_a_correction_and_the_approved_one_stays(draft, city, reporter) -> None:
    done = joint(draft, reporter, (city, "Gives land", "60"), lead=city, own_share="40")
    before = told(done)
    second = begin_correction(result=done, reason="A later count", by=reporter)
    assert told(second) == before
    entry = ActivityEntry.objects.about(second).get(verb="began correction")
    assert entry.changes["co_delivery.City of Mosul"] == [None, "leads; 60 %; Gives land"]
    set_co_delivery(result=second, said=said((city, "Gives land and pipes")), by=reporter)
    assert told(done) == before


def test_it_comes_along_when_a_new_number_begins_the_correction(draft, city, reporter) -> None:
    done = joint(draft, reporter, (city, "Gives land"))
    entry = ResultInput(line=done.line, period=done.period, value="11", reason="Late")
    [second] = save_results(entries=[entry], by=reporter)
    assert second.corrects == done and told(second) == told(done)
    changed = ResultInput(line=done.line, period=done.period, value="12", reason="Late")
    save_results(entries=[changed], by=reporter)
    assert told(second) == told(done)


def test_partners_that_are_merged_later_keep_what_they_did(draft, unicef, city, reporter) -> None:
    done = joint(draft, reporter, (unicef, "Builds", "30"), (city, "Gives", "30"), own_share="40")
    manager = factories.user("Manager", Role.MANAGER)
    merge_partners(partner=unicef, into=city, by=manager, reason="Renamed")
    assert [row.partner for row in done.co_deliverers.order_by("pk")] == [None, unicef, city]
    page = signed_in(manager).get(f"/plans/SP/results/{done.pk}/").content.decode()
    assert "as “Children&#x27;s fund”" in page
    for one in (unicef, city):
        unicef.refresh_from_db()
        rows = Api(manager).rows("plans/SP/results/", partner=one.pk)
        assert [row["id"] for row in rows] == [done.pk]
    second = begin_correction(result=done, reason="A later count", by=reporter)
    set_co_delivery(result=second, said=said((city, "Gives", "60"), own_share="40"), by=reporter)
    assert [name for name, *_rest in told(second)] == ["UN-Habitat", "City of Mosul"]


# --- Pages --------------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_reporter_says_it_on_a_page_of_the_result(draft, city, reporter) -> None:
    client = signed_in(reporter)
    its_page = f"/plans/SP/results/{draft.pk}/"
    edit = f"{its_page}co-delivery/"
    assert edit in page(client, its_page)
    assert "City of Mosul" in page(client, edit)
    form = {"version": draft.version, "lead": "1", "own_share": "40"}
    row = {"partners.1.partner": "city of MOSUL", "partners.1.share": "50"}
    wrong = client.post(edit, form | row)
    assert wrong.status_code == 400
    assert set(wrong.context["form"].errors) == {"partners.1.what", "own_share"}
    row["partners.1.what"] = "Gives land"
    wrong = client.post(edit, form | row)
    assert set(wrong.context["form"].errors) == {"own_share"}
    nobody = client.post(edit, form | {"partners.0.partner": "Nobody"})
    assert set(nobody.context["form"].errors) == {"partners.0.partner", "lead"}
    assert client.post(edit, form | row | {"own_share": "50"}).status_code == 302
    assert client.post(edit, form | row | {"own_share": "50"}).status_code == 409
    shown = page(client, its_page)
    assert "City of Mosul" in shown and "leads" in shown and "50 %" in shown
    kept = client.get(edit).context["form"]
    assert (kept["partners.0.partner"].value(), kept["lead"].value()) == ("City of Mosul", "0")


def test_joint_results_stand_on_the_pages_of_project_and_partner(draft, city, reporter) -> None:
    joint(draft, reporter, (city, "Gives land", "60"), own_share="40")
    client = signed_in(reporter)
    for url in ("/plans/SP/projects/P1/", f"/plans/SP/partners/{city.pk}/"):
        shown = page(client, url)
        assert "Joint results" in shown and "City of Mosul, 60 %" in shown


def test_a_draft_of_another_office_is_not_told_on_the_partner_s_page(draft, city, reporter) -> None:
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    outside = signed_in(factories.user("Asa", Role.READER, factories.office("ROAP")))
    assert "Joint results" not in page(outside, f"/plans/SP/partners/{city.pk}/")


def test_pages_take_as_many_queries_for_thirty_as_for_three(project, city, reporter) -> None:
    client, asked = signed_in(reporter), []
    for total in (3, 30):
        result = None
        for number in range(total):
            code = f"I{total}-{number}"
            indicator = factories.indicator(project.plan.outcomes.get(), code)
            result = factories.report(factories.line(project, indicator), 1, to="draft")
            partners = [factories.partner(project.plan) for _one in range(number + 1)]
            parts = [(one, "Helps") for one in (city, *partners)]
            set_co_delivery(result=result, said=said(*parts), by=reporter)
        assert result is not None
        counted = []
        for url in (f"results/{result.pk}/", f"partners/{city.pk}/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/plans/SP/{url}").status_code == 200
            counted.append(len(captured))
        asked.append(counted)
    assert asked[0] == asked[1]


# --- The API ------------------------------------------------------------------------------------


def test_a_program_reads_and_replaces_it(draft, unicef, city, reporter) -> None:
    api, path = Api(reporter), f"plans/SP/results/{draft.pk}/co-delivery/"
    empty = api.get(path).json()
    assert empty == {
        "lead": None,
        "own_part": "",
        "own_share": None,
        "partners": [],
        "version": draft.version,
    }
    part = {"partner": city.pk, "what": "Gives land", "share": "60"}
    body = {"lead": city.pk, "own_share": "40", "own_part": "Plans", "partners": [part]}
    assert refused(api.put(path, body)) == (400, "missing_version")
    made = api.put(path, body, **{"If-Match": f'"{draft.version}"'})
    assert (made.status_code, made.headers["ETag"]) == (200, f'"{draft.version + 1}"')
    assert made.json() == body | {
        "partners": [part | {"name": "City of Mosul"}],
        "version": draft.version + 1,
    }
    assert api.get(path).json() == made.json()
    stale = api.put(path, body | {"own_part": "x", "version": draft.version})
    assert refused(stale) == (409, "version_conflict")
    wrong = body | {"version": draft.version + 1, "own_share": "30"}
    assert problems(api.put(path, wrong)) == {("own_share", "shares_not_100")}
    unknown = wrong | {"partners": [{"partner": 10**6}], "lead": None}
    assert problems(api.put(path, unknown)) == {("partners.0.partner", "unknown_partner")}
    led = wrong | {"lead": 10**6}
    assert problems(api.put(path, led)) == {("lead", "unknown_partner")}


def test_results_are_narrowed_to_joint_ones(line, draft, city, unicef, reporter) -> None:
    alone = factories.report(line, 5, at="2020-Q2", to="draft")
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    api = Api(reporter)

    def found(**asked: Any) -> list[int]:
        return [row["id"] for row in api.rows("plans/SP/results/", **asked)]

    assert (found(joint="true"), found(joint="false")) == ([draft.pk], [alone.pk])
    assert (found(partner=city.pk), found(partner=unicef.pk)) == ([draft.pk], [])


def test_lists_and_details_of_results_say_it_in_short(draft, city, unicef, reporter) -> None:
    parts = [(unicef, "Builds", "30.5"), (city, "Gives land", "29.5")]
    set_co_delivery(
        result=draft, said=said(*parts, lead=city, own_share="40", own_part="Plans"), by=reporter
    )
    merge_partners(
        partner=unicef,
        into=factories.partner(draft.line.project.plan, "UNICEF"),
        by=factories.user("Mo", Role.MANAGER),
        reason="Its name now",
    )
    unicef.refresh_from_db()
    short = {
        "lead": city.pk,
        "own_share": "40",
        "partners": [
            {"partner": unicef.merged_into_id, "name": "UNICEF", "share": "30.5"},
            {"partner": city.pk, "name": "City of Mosul", "share": "29.5"},
        ],
    }
    api = Api(reporter)
    [row] = api.rows("plans/SP/results/")
    assert row["co_delivery"] == short
    assert api.get(f"plans/SP/results/{draft.pk}/").json()["co_delivery"] == short
    submit(rows=[draft], by=reporter)
    reviewer = Api(factories.user("Hana", Role.REVIEWER, draft.line.project.office))
    [waiting] = reviewer.rows("plans/SP/results/to-review/")
    assert waiting["co_delivery"] == short


def test_of_un_habitat_s_own_results_it_is_null_and_of_unknown_shares_too(
    line, draft, city, reporter
) -> None:
    factories.report(line, 5, at="2020-Q2", to="draft")
    set_co_delivery(result=draft, said=said((city, "Gives land")), by=reporter)
    first, second = Api(reporter).rows("plans/SP/results/")
    part = {"partner": city.pk, "name": "City of Mosul", "share": None}
    assert first["co_delivery"] == {"lead": None, "own_share": None, "partners": [part]}
    assert second["co_delivery"] is None


def test_lists_take_as_many_queries_for_many_joint_ones_as_for_one(
    project, draft, city, reporter
) -> None:
    submit(rows=[set_co_delivery(result=draft, said=said((city, "x")), by=reporter)], by=reporter)
    api = Api(factories.user("Hana", Role.REVIEWER, project.office))
    addresses = ("plans/SP/results/", "plans/SP/results/to-review/")
    before = [api.queries(address) for address in addresses]
    for _number in range(4):
        indicator = factories.indicator(project.plan.outcomes.get())
        more = factories.report(factories.line(project, indicator), 1, to="draft")
        parts = [(factories.partner(project.plan), "Helps") for _one in range(3)]
        held = set_co_delivery(result=more, said=said(*parts), by=reporter)
        submit(rows=[held], by=reporter)
    assert [api.queries(address) for address in addresses] == before


# --- Files --------------------------------------------------------------------------------------


def test_the_file_of_a_figure_says_who_led_and_with_whom(
    line, draft, city, unicef, reporter
) -> None:
    parts = [(city, "Gives land", "60.5"), (unicef, "Builds", "9.5")]
    joint(draft, reporter, *parts, lead=city, own_share="30")
    factories.report(line, 5, at="2020-Q2")
    drain()
    answer: Any = signed_in(reporter).get("/plans/SP/figures/WATER/why.csv?period=2020-Q2")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(text.splitlines()))
    start = next(number for number, line in enumerate(lines) if len(line) > 2)
    rows = [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]
    assert {(row["Value"], row["Led by"], row["Delivered with (share)"]) for row in rows} == {
        ("10", "City of Mosul", "City of Mosul (60.5 %); Children's fund (9.5 %)"),
        ("5", "", ""),
    }
