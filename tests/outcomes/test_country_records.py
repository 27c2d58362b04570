"""Country records: what they may say, as they were on a day, and where they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Country, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from outcomes.actions import CountryRecordInput, save_country_record
from outcomes.models import CountryRecord
from plans.models import StrategicPlan
from reporting.countries import region_counts
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def kenya(plan: StrategicPlan) -> Country:
    return factories.country("KEN", "Kenya", factories.office("ROAF"))


@pytest.fixture
def manager(kenya: Country) -> User:
    return factories.user("Mia", Role.MANAGER, kenya.office)


def save(plan: Any, country: Any, by: User | None, version: int | None = None, **said: Any) -> Any:
    return save_country_record(
        plan=plan, country=country, said=CountryRecordInput(**said), by=by, version=version
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"cca_stage": "begun"}, ("cca_stage", "unknown_stage")),
        ({"framework_stage": "done"}, ("framework_stage", "unknown_stage")),
        ({"cca_stage": "done"}, ("cca_year", "missing_year")),
        ({"cca_year": 21}, ("cca_year", "year_out_of_range")),
        (
            {"framework_stage": "signed", "framework_start": 2021},
            ("framework_end", "missing_period"),
        ),
        ({"framework_start": 2025, "framework_end": 2021}, ("framework_end", "period_reversed")),
        ({"is_signatory": True}, ("is_signatory", "signatory_without_framework")),
        ({"content_rating": 4, "content_text": "x"}, ("content_rating", "unknown_rating")),
        ({"content_rating": 0}, ("content_text", "rating_without_text")),
        ({"link": "example.org"}, ("link", "not_a_link")),
        ({"source": "x" * 301}, ("source", "too_long")),
    ],
)
def test_what_a_record_cannot_say_is_refused(plan, kenya, manager, said, expected) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save(plan, kenya, manager, **said)
    assert [(one.field, one.code) for one in refusal.value.problems] == [expected]
    assert not CountryRecord.objects.exists()


def test_a_change_keeps_the_record_before_and_is_told(plan, kenya, manager) -> None:
    first = save(plan, kenya, manager, cca_stage="in_preparation")
    second = save(plan, kenya, manager, version=1, cca_stage="done", cca_year=2021)
    assert CountryRecord.objects.at().get() == second
    earlier = second.recorded_at - timedelta(microseconds=1)
    assert CountryRecord.objects.at(earlier).get() == first
    act = ActivityEntry.objects.about(second).get()
    assert act.changes == {"cca_stage": ["in_preparation", "done"], "cca_year": [None, "2021"]}
    assert act.office_path == kenya.office.path


def test_the_same_again_changes_nothing_and_an_old_version_is_refused(plan, kenya, manager) -> None:
    save(plan, kenya, manager, cca_stage="not_started")
    save(plan, kenya, manager, cca_stage="not_started", version=1)
    assert CountryRecord.objects.count() == 1
    with pytest.raises(VersionConflict):
        save(plan, kenya, manager, cca_stage="", version=0)


def test_only_managers_of_its_office_keep_it(plan, kenya) -> None:
    for by in (
        factories.user("Elsewhere", Role.MANAGER, factories.office("ROAP")),
        factories.user("Reporter", Role.REPORTER, kenya.office),
    ):
        with pytest.raises(NotAllowed):
            save(plan, kenya, by, cca_stage="not_started")


def test_a_country_without_an_office_has_no_record(plan, kenya) -> None:
    Country.objects.update(office=None)
    kenya.refresh_from_db()
    with pytest.raises(DomainError) as refusal:
        save(plan, kenya, None, cca_stage="not_started")
    assert refusal.value.code == "country_without_office"


def test_counts_of_a_region_tell_not_known_from_not_started(plan, kenya, manager) -> None:
    save(plan, kenya, None, cca_stage="not_started")
    factories.country("UGA", "Uganda", kenya.office)
    [counts] = region_counts(plan, [kenya.office], manager)
    assert counts.countries == 2
    assert dict(counts.cca_counts) == {"not_started": 1, "in_preparation": 0, "done": 0, "": 1}
    assert dict(counts.framework_counts)[""] == 2


@pytest.fixture
def client(manager: User) -> Client:
    browser = Client()
    browser.force_login(manager)
    return browser


def test_the_list_finds_countries_by_what_is_recorded(plan, kenya, client) -> None:
    factories.country("UGA", "Uganda", kenya.office)
    save(plan, kenya, None, cca_stage="done", cca_year=2021, content_rating=0, content_text="Read")

    def found(**asked: str) -> list[str]:
        rows = client.get("/plans/SP/countries/", asked).context["rows"]
        return [row.country.iso3 for row in rows]

    assert found() == ["KEN", "UGA"]
    assert found(cca="done") == ["KEN"]
    assert found(cca="unknown") == ["UGA"]
    assert found(content="0") == ["KEN"]
    assert found(content="unknown") == ["UGA"]
    assert found(framework="unknown") == ["KEN", "UGA"]
    assert found(cca="done", as_of="2020-01-01") == []
    assert client.get("/plans/SP/countries/", {"cca": "begun"}).status_code == 400
    told = client.get("/plans/SP/countries.csv", {"cca": "done"})
    text = b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Kenya" in text and "Uganda" not in text


# --- As it was on a day ----------------------------------------------------------------------


@pytest.fixture
def two_days(plan: StrategicPlan, kenya: Country) -> tuple[str, str]:
    """A day on which Kenya's assessment was in preparation, and the next, when it was done."""
    first = save(plan, kenya, None, cca_stage="in_preparation")
    second = save(plan, kenya, None, cca_stage="done", cca_year=2021)
    now = timezone.now()
    before, after = now - timedelta(days=9), now - timedelta(days=5)
    CountryRecord.objects.filter(pk=first.pk).update(recorded_at=before, superseded_at=after)
    CountryRecord.objects.filter(pk=second.pk).update(recorded_at=after)
    return before.date().isoformat(), after.date().isoformat()


def test_list_counts_and_file_stand_as_they_did_on_a_day(two_days, client) -> None:
    before, after = two_days
    for day, stage in ((before, "in_preparation"), (after, "done"), ("", "done")):
        answer = client.get("/plans/SP/countries/", {"as_of": day})
        [row] = answer.context["rows"]
        assert row.record.cca_stage == stage
        [counts] = [one for one in answer.context["counts"] if one.office.code == "ROAF"]
        assert dict(counts.cca_counts)[stage] == 1
        assert ("As it stood at the end of" in answer.content.decode()) is bool(day)
    shown = client.get("/plans/SP/countries/", {"as_of": before}).content.decode()
    assert f'"/plans/SP/countries/KEN/?as_of={before}"' in shown
    assert f'"/plans/SP/regions/ROAF/?as_of={before}"' in shown
    file = client.get("/plans/SP/countries.csv", {"as_of": before})
    text = file.getvalue().decode("utf-8-sig")
    assert f"As of,{before} 23:59 UTC" in text
    assert "In preparation" in text and "Done" not in text


def test_the_page_of_a_country_stands_as_it_did_on_a_day(two_days, client) -> None:
    before, _after = two_days
    page = "/plans/SP/countries/KEN/"
    answer = client.get(page, {"as_of": before})
    assert answer.context["page"].record.cca_stage == "in_preparation"
    assert answer.context["page"].earlier == []
    shown = answer.content.decode()
    assert f'"/plans/SP/countries/?as_of={before}"' in shown
    assert f'"/plans/SP/regions/?as_of={before}"' in shown
    assert "projects and deliverables are as they are now" in shown
    now = client.get(page)
    assert now.context["page"].record.cca_stage == "done"
    assert [one.cca_stage for one in now.context["page"].earlier] == ["in_preparation"]
    assert "are as they are now" not in now.content.decode()
    long_ago = client.get(page, {"as_of": "2020-01-01"}).content.decode()
    assert "Nothing is recorded of this country" in long_ago


def test_today_is_now_and_a_day_to_come_is_refused(two_days, client, manager) -> None:
    today = timezone.localdate()
    answer = client.get("/plans/SP/countries/", {"as_of": today.isoformat()})
    assert answer.context["rows"][0].record.cca_stage == "done"
    assert "As it stood at the end of" not in answer.content.decode()
    tomorrow = (today + timedelta(days=1)).isoformat()
    for path in ("countries/", "countries.csv", "countries/KEN/"):
        refusal = client.get(f"/plans/SP/{path}", {"as_of": tomorrow})
        assert refusal.status_code == 400
        assert "lies in the future" in refusal.content.decode()
    refusal = Api(manager).get("plans/SP/country-records/", as_of=tomorrow)
    assert problems(refusal) == {("as_of", "date_in_future")}


def test_the_api_gives_the_records_of_a_day(two_days, manager) -> None:
    api = Api(manager)
    for day, stage in zip(two_days, ("in_preparation", "done"), strict=True):
        [row] = api.rows("plans/SP/country-records/", as_of=day)
        assert row["cca_stage"] == stage


def test_a_manager_records_and_everybody_reads(plan, kenya, client) -> None:
    page = "/plans/SP/countries/KEN/"
    assert "Nothing is recorded of this country" in client.get(page).content.decode()
    bad = client.post(f"{page}record/", {"cca_stage": "done"})
    assert bad.status_code == 400
    assert "Say in which year the assessment was done." in bad.content.decode()
    form = {"cca_stage": "done", "cca_year": "2021", "is_member": "yes"}
    assert client.post(f"{page}record/", form).status_code == 302
    shown = client.get(page).content.decode()
    assert "Done, 2021" in shown
    record = CountryRecord.objects.get()
    assert (record.is_member, record.is_signatory) == (True, None)


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_takes_a_fixed_number_of_queries(
    plan, kenya, client, count, django_assert_max_num_queries
) -> None:
    for number in range(count):
        iso3 = f"X{number:02d}"
        save(plan, factories.country(iso3, iso3, kenya.office), None, cca_stage="not_started")
    with django_assert_max_num_queries(14):
        client.get("/plans/SP/countries/")


def test_the_api_reads_and_keeps_records(plan, kenya, manager) -> None:
    api = Api(manager)
    path = "/api/v1/plans/SP/country-records/KEN/"
    body = {"cca_stage": "done", "cca_year": 2021}
    assert refused(api.client.put(path, body, format="json")) == (400, "missing_version")
    made = api.client.put(path, body | {"version": 0}, format="json")
    assert made.status_code == 200, made.content
    wrong = api.client.put(path, {"content_rating": 2, "version": 1}, format="json")
    assert problems(wrong) == {("content_text", "rating_without_text")}
    [row] = api.rows("plans/SP/country-records/", office="ROAF", cca_stage="done")
    assert (row["country"], row["cca_year"], row["is_member"]) == ("KEN", 2021, None)
    assert api.rows("plans/SP/country-records/", as_of="2020-01-01") == []
    assert api.get("plans/SP/country-records/KEN/").json()["version"] == 1
