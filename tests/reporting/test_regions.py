"""What regions come to, each number with its rows: the page of one, the table of all, the API."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.choices import OfficeKind
from habitat_tracker.accounts.models import Office, User
from habitat_tracker.clock import database_now
from outcomes.actions import (
    CountryRecordInput,
    PriorityInput,
    StrategyInput,
    save_country_record,
    save_priority,
    save_strategy,
    set_target,
)
from outcomes.choices import StatedTopic
from outcomes.models import CountryRecord, StatedFigure
from outcomes.rollup.queue import drain
from outcomes.scopes import of_office
from plans.models import StrategicPlan
from projects.actions import (
    AgreementInput,
    TransactionInput,
    merge_partners,
    record_transaction,
    save_agreement,
    save_project,
    set_alignment,
    suspend_project,
    withdraw_agreement,
    withdraw_transaction,
)
from projects.models import AgreementRevision, PartnerRevision
from projects.money import money_by_office, money_summary, money_total
from projects.partners import partners_in_force
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db
REGION = "/plans/SP/regions/ROAF/"


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def africa() -> Office:
    return factories.office("ROAF")


@pytest.fixture
def kenya(africa: Office) -> Office:
    name = {"en": "Kenya"}
    return create_office(code="KEN-CO", name=name, kind=OfficeKind.COUNTRY, parent=africa)


@pytest.fixture
def reader() -> User:
    return factories.user("Reader")


@pytest.fixture
def client(reader: User) -> Client:
    made = Client()
    made.force_login(reader)
    return made


def received(project, usd: str, day: str = "2021-03-31"):
    entered = TransactionInput(kind="income", date=day, amount=usd, earmarked="yes")
    return record_transaction(project=project, entered=entered, by=None).transaction


def test_projects_are_counted_by_primary_outcome_with_their_rows(plan, kenya, client) -> None:
    first, second = (factories.outcome(plan, code) for code in ("1.1", "1.2"))
    for code, outcome in (("P1", second), ("P2", second), ("P3", None)):
        factories.project(plan, code, kenya, serves=outcome, status="active")
    factories.project(plan, "P4", factories.office("ROAP"), serves=first, status="active")
    answer = client.get(REGION)
    page = answer.context["page"]
    assert [(row.outcome.code, n) for row, n in page.outcomes] == [("1.1", 0), ("1.2", 2)]
    assert page.unserved == 1
    for asked, n in (("primary=1.2", 2), ("domain=none", 1)):
        address = f"/plans/SP/projects/?office=ROAF&{asked}"
        assert address.replace("&", "&amp;") in answer.content.decode()
        assert client.get(address).context["page"].count == n


def test_the_money_of_a_region_is_that_of_the_money_page(plan, kenya, client) -> None:
    received(factories.project(plan, "P1", kenya, status="active"), "1000")
    received(factories.project(plan, "P2", factories.office("ROAP"), status="active"), "70")
    page = client.get(REGION).context["page"]
    assert page.money.received == Decimal(1000)
    assert page.money.spent is None
    assert page.money == money_summary(plan, office=page.office).total


def test_the_money_of_a_region_is_told_as_of_a_moment(plan, kenya, africa) -> None:
    first = received(factories.project(plan, "P1", kenya, status="active"), "1000")
    before = database_now()
    withdraw_transaction(transaction=first, reason="Entered twice", by=None)
    assert money_total(plan, office=africa, moment=before).received == Decimal(1000)
    assert money_total(plan, office=africa).received is None


def test_partners_with_an_agreement_in_force_are_counted_once(plan, kenya, client) -> None:
    today = timezone.localdate()
    city = factories.partner(plan, "City of Kisumu", kind="local_government")
    for _number in range(2):
        factories.agreement(city, date(2021, 1, 1), kenya)
    over = factories.partner(plan, "City of Thika", kind="local_government")
    factories.agreement(over, date(2021, 1, 1), kenya, end=today - timedelta(days=1))
    other = factories.partner(plan, "City of Cebu", kind="local_government")
    factories.agreement(other, date(2021, 1, 1), factories.office("ROAP"))
    answer = client.get(REGION)
    assert [(kind, n) for kind, _label, n in answer.context["page"].partners] == [
        ("local_government", 1)
    ]
    address = f"/plans/SP/partners/?office=ROAF&kind=local_government&in_force={today}"
    assert address.replace("&", "&amp;") in answer.content.decode()
    assert client.get(address).context["page"].count == 1


def test_a_region_with_nothing_says_so(plan, africa, client) -> None:
    shown = client.get(REGION).content.decode()
    assert "No budget is approved for this region" in shown
    assert "No agreement with a partner is in force today" in shown


@pytest.mark.parametrize("count", [1, 10])
def test_a_region_takes_as_many_queries_whatever_it_holds(
    plan, kenya, client, count, django_assert_num_queries
) -> None:
    for _number in range(count):
        made = factories.project(
            plan, "", kenya, serves=factories.outcome(plan, "1.1"), status="active"
        )
        received(made, "10")
        factories.agreement(factories.partner(plan), date(2021, 1, 1), kenya)
    client.get(REGION)
    with django_assert_num_queries(21):
        client.get(REGION)


# --- As they stood on an earlier day ---------------------------------------------------------


def told_of(client: Client, moment: datetime | None = None) -> dict[str, Any]:
    """What the page of Africa and its row in the table say of projects and partners."""
    asked = {"as_of": moment.isoformat()} if moment else {}
    page = client.get(REGION, asked).context["page"]
    row = client.get("/plans/SP/regions/", asked).context["rows"][0]
    assert dict(row.projects) == {status: n for status, _label, n in page.projects}
    assert row.partners == sum(n for _kind, _label, n in page.partners)
    assert row.money == page.money
    return {
        "projects": dict(row.projects),
        "served": [n for _row, n in page.outcomes],
        "unserved": page.unserved,
        "partners": {kind: n for kind, _label, n in page.partners},
    }


def test_projects_are_counted_where_they_belonged_and_as_they_stood(
    plan, africa, kenya, client
) -> None:
    first, second = (factories.outcome(plan, code) for code in ("1.1", "1.2"))
    moved, suspended, turned = (
        factories.project(plan, code, kenya, serves=first, status="active")
        for code in ("P1", "P2", "P3")
    )
    then = database_now()
    was = told_of(client)
    assert was["projects"] == {"active": 3} and was["served"] == [3, 0]
    asia = factories.office("ROAP")
    save_project(plan=plan, code="P1", title=moved.title, office=asia, by=None)
    mona = factories.user("Mona", "manager", africa)
    suspend_project(project=suspended, by=mona, reason="Unrest")
    set_alignment(project=turned, outcome=second, rank="primary", by=None)
    factories.project(plan, "P4", africa, status="active")
    assert told_of(client, then) == was
    now = told_of(client)
    assert now["projects"] == {"active": 2, "suspended": 1}
    assert (now["served"], now["unserved"]) == ([1, 1], 1)
    api = Api(client.get(REGION).wsgi_request.user)
    for at, count in ((then, 3), (None, 2)):
        asked = {"as_of": at.isoformat()} if at else {}
        body = api.get("plans/SP/regions/ROAF/", **asked).json()
        assert body["projects"][0]["count"] == count


def test_partners_are_counted_as_their_agreements_were_known(plan, africa, kenya, client) -> None:
    today = timezone.localdate()
    names = ("Kisumu", "Kisumu County", "Thika", "Nakuru", "Lamu")
    partners = [factories.partner(plan, name, kind="local_government") for name in names]
    agreements = [factories.agreement(one, date(2021, 1, 1), kenya) for one in partners]
    then = database_now()
    was = told_of(client)
    assert was["partners"] == {"local_government": 5}
    kisumu, county, thika, _nakuru, _lamu = partners
    merge_partners(partner=county, into=kisumu, reason="One city", by=None)
    mona = factories.user("Mona", "manager", africa)
    withdraw_agreement(agreement=agreements[2], reason="Entered twice", by=mona)
    factories.agreement(thika, date(2021, 1, 1), factories.office("ROAP"))
    for agreement, changed in (
        (agreements[3], {"end": today - timedelta(days=1)}),
        (agreements[4], {"office": factories.office("ROAP")}),
    ):
        kept = {
            name: getattr(agreement, name)
            for name in ("title", "kind", "scope", "office", "signed", "start")
        }
        entered = AgreementInput(**(kept | changed))
        save_agreement(partner=agreement.partner, agreement=agreement, entered=entered, by=None)
    assert told_of(client, then) == was
    assert told_of(client)["partners"] == {"local_government": 1}


def test_an_agreement_that_had_ended_is_in_force_on_a_day_before(plan, africa, client) -> None:
    today = timezone.localdate()
    city = factories.partner(plan, "Kisumu")
    factories.agreement(city, date(2021, 1, 1), africa, end=today - timedelta(days=2))
    for model in (AgreementRevision, PartnerRevision):
        model.objects.update(recorded_at=timezone.now() - timedelta(days=9))
    for days, n in ((1, 0), (2, 1), (3, 1), (20, 0)):
        day = today - timedelta(days=days)
        answer = client.get(REGION, {"as_of": day.isoformat()})
        assert [n for _kind, _label, n in answer.context["page"].partners] == [n] * n
        shown = answer.content.decode()
        assert ("With an agreement in force on" in shown) == bool(n)
        assert (f"in_force={day}" in shown) == bool(n)
        assert "force today" not in shown


# --- Where its countries stand ---------------------------------------------------------------


def recorded(plan: StrategicPlan, iso3: str, at: Office, **said: Any) -> None:
    country = factories.country(iso3, iso3.title(), at)
    save_country_record(plan=plan, country=country, said=CountryRecordInput(**said), by=None)


def test_the_countries_of_a_region_are_counted_and_named(plan, africa, kenya, client) -> None:
    recorded(plan, "KEN", kenya, cca_stage="done", cca_year=2021)
    recorded(plan, "UGA", africa, cca_stage="not_started", content_rating=0, content_text="Read")
    factories.country("TZA", "Tanzania", africa)
    recorded(plan, "PHL", factories.office("ROAP"), cca_stage="done", cca_year=2020)
    answer = client.get(REGION)
    shown, countries = answer.content.decode(), answer.context["page"].countries
    assert {row.country.iso3 for row in countries.rows} == {"KEN", "TZA", "UGA"}
    counted = {name: [n for _a, _w, n in told] for name, _label, told in countries.counts.states}
    assert counted == {"cca": [1, 0, 1, 1], "framework": [0, 0, 0, 3], "content": [1, 0, 0, 0, 2]}
    for asked, n in (("cca=done", 1), ("framework=unknown", 3), ("content=0", 1)):
        address = f"/plans/SP/countries/?office=ROAF&{asked}"
        assert address.replace("&", "&amp;") in shown
        assert len(client.get(address).context["rows"]) == n
    assert "Done, 2021" in shown
    assert {row.country.iso3 for row in countries.recorded} == {"KEN", "UGA"}
    assert "Countries of which nothing is recorded" in shown and "Tanzania" in shown


def test_the_countries_of_a_region_stand_as_they_did_on_a_day(plan, kenya, client) -> None:
    recorded(plan, "KEN", kenya, cca_stage="done", cca_year=2021)
    CountryRecord.objects.update(recorded_at=timezone.now() - timedelta(days=5))
    for days, n in ((10, 0), (1, 1)):
        day = timezone.localdate() - timedelta(days=days)
        answer = client.get(REGION, {"as_of": day.isoformat()})
        assert answer.context["page"].countries.counts.cca["done"] == n
        assert "are as they are now" in answer.content.decode()
    assert "are as they are now" not in client.get(REGION).content.decode()


def test_a_region_without_countries_says_so(plan, africa, client) -> None:
    assert "No country belongs to this region yet." in client.get(REGION).content.decode()


# --- The table of all ------------------------------------------------------------------------

REGIONS = "/plans/SP/regions/"


@pytest.fixture
def busy(plan: StrategicPlan, africa: Office, kenya: Office) -> StrategicPlan:
    """Two regions that differ in every number; the second has less of everything."""
    outcome, other = factories.outcome(plan, "1.1"), factories.outcome(plan, "1.2")
    indicator = factories.indicator(outcome, "WATER")
    country = factories.country("KEN", "Kenya", kenya)
    first = factories.project(plan, "P1", kenya, country, outcome, status="active")
    factories.project(plan, "P2", africa, serves=other, status="active")
    factories.project(plan, "P3", africa, status="closed")
    factories.report(factories.line(first, indicator, country), 5)
    set_target(
        indicator=indicator,
        scope=of_office(africa.pk),
        value=Decimal(5),
        on=date(2023, 12, 31),
        source="Plan",
        by=None,
    )
    received(first, "1000")
    asia = factories.office("ROAP")
    received(factories.project(plan, "P4", asia, status="active"), "70")
    for name, at in (("Kisumu", kenya), ("Thika", africa), ("Kisumu", africa), ("Cebu", asia)):
        partner = plan.partners.filter(name=name).first() or factories.partner(plan, name)
        factories.agreement(partner, date(2021, 1, 1), at)
    recorded(plan, "UGA", africa, framework_stage="in_preparation")
    strategy = save_strategy(
        plan=plan, office=africa, said=StrategyInput(text={"en": "Do well"}), by=None
    )
    said = PriorityInput(text={"en": "Water"}, outcomes={"1.1": "unverified"})
    save_priority(strategy=strategy, said=said, by=None)
    StatedFigure.objects.create(
        plan=plan,
        key="R1",
        topic=StatedTopic.REGION,
        office=africa,
        text={"en": "Cities helped"},
        value=Decimal(12),
        paragraph="41",
        quote={"en": "Twelve cities"},
    )
    drain()
    return plan


def test_every_region_stands_in_the_table_as_on_its_own_page(busy, client) -> None:
    answer = client.get(REGIONS)
    rows = {row.office.code: row for row in answer.context["rows"]}
    assert list(rows) == ["ROAF", "ROAP"]
    for code, row in rows.items():
        page = client.get(f"{REGIONS}{code}/").context["page"]
        assert row.statuses.total() == len(page.outcomes) == 2
        assert [one.spread for one in row.results] == [one.spread for one, _n in page.outcomes]
        assert row.money == page.money
        assert dict(row.projects) == {status: n for status, _label, n in page.projects}
        assert row.partners == sum(n for _kind, _label, n in page.partners)
        assert row.countries.countries == page.countries.counts.countries
    africa = rows["ROAF"]
    assert (africa.active, africa.all_projects, africa.partners) == (2, 3, 2)
    assert (africa.countries.countries, africa.money.received) == (2, Decimal(1000))
    assert "1 achieved, 1 no data" in answer.content.decode()
    assert rows["ROAP"].money.received == Decimal(70)


def test_numbers_of_the_table_lead_to_their_rows(busy, client) -> None:
    shown = client.get(REGIONS).content.decode()
    today = timezone.localdate()
    for address, n in (
        ("projects/?office=ROAF&status=active", 2),
        ("projects/?office=ROAF", 3),
        ("countries/?office=ROAF", 2),
        (f"partners/?office=ROAF&in_force={today}", 2),
    ):
        assert f'"/plans/SP/{address}"'.replace("&", "&amp;") in shown, address
        told = client.get(f"/plans/SP/{address}").context
        assert (told["page"].count if "page" in told else len(told["rows"])) == n
    assert '"/plans/SP/money/?office=ROAF"' in shown
    assert '"/plans/SP/regions/ROAF/#results"' in shown


def test_the_table_and_its_links_keep_what_is_selected(busy, client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    answer = client.get(REGIONS, {"as_of": yesterday.isoformat(), "scope": "ROAP"})
    rows = {row.office.code: row for row in answer.context["rows"]}
    assert rows["ROAF"].money.received is None
    assert rows["ROAF"].statuses == {"no_data": 2}
    shown = answer.content.decode()
    assert f'"/plans/SP/regions/ROAF/?as_of={yesterday}"' in shown
    assert f'"/plans/SP/countries/?office=ROAF&amp;as_of={yesterday}"' in shown
    assert f'"/plans/SP/regions.csv?as_of={yesterday}"' in shown
    assert client.get(REGIONS, {"as_of": "2999-01-01"}).status_code == 400


def regions_with_everything(count: int, plan: StrategicPlan) -> None:
    """Regions with something of everything."""
    for number in range(count):
        office = factories.office(f"RO{number}")
        served = factories.outcome(plan, f"1.{number + 1}")
        country = factories.country(f"X{number:02d}", "X", office)
        made = factories.project(plan, "", office, country, served, status="active")
        factories.line(made, factories.indicator(served), country)
        received(made, "10")
        factories.agreement(factories.partner(plan), date(2021, 1, 1), office)
        recorded(plan, f"X{number:02d}", office, cca_stage="not_started")
        strategy = save_strategy(
            plan=plan, office=office, said=StrategyInput(text={"en": "Do"}), by=None
        )
        said = PriorityInput(text={"en": "Water"}, outcomes={served.code: "unverified"})
        save_priority(strategy=strategy, said=said, by=None)
    drain()


@pytest.mark.parametrize("count", [1, 3])
def test_all_regions_take_as_many_queries_as_one(
    plan, client, reader, count, django_assert_num_queries
) -> None:
    regions_with_everything(count, plan)
    client.get(REGIONS)
    for address, queries in ((REGIONS, 23), ("/plans/SP/regions.csv", 22)):
        with django_assert_num_queries(queries):
            client.get(address)
    api = Api(reader)
    assert api.queries("plans/SP/regions/") == 21
    assert api.queries("plans/SP/regions/RO0/") == 25


def test_a_plan_without_regions_says_so(plan, client) -> None:
    assert "There is no regional office yet." in client.get(REGIONS).content.decode()


def test_the_money_of_an_office_is_counted_in_every_office_above_it(plan, africa, kenya) -> None:
    received(factories.project(plan, "P1", kenya, status="active"), "1000")
    found = money_by_office(plan, [africa, kenya, factories.office("ROAP")])
    assert [one.received for one in found.values()] == [Decimal(1000), Decimal(1000), None]
    assert found[africa.pk] == money_total(plan, office=africa)


def test_a_partner_of_two_names_is_one_in_a_region_and_has_the_kind_it_counts_as(
    plan, africa, kenya, reader
) -> None:
    city = factories.partner(plan, "City of Kisumu", kind="local_government")
    spelled = factories.partner(plan, "Kisumu County Assembly", kind="academia")
    for partner, at in ((city, africa), (spelled, kenya)):
        factories.agreement(partner, date(2021, 1, 1), at)
    day = timezone.localdate()
    before = partners_in_force(plan, [africa, kenya], reader, day)
    assert before == {
        africa.pk: {"local_government": 1, "academia": 1},
        kenya.pk: {"academia": 1},
    }
    merge_partners(partner=spelled, into=city, reason="One city", by=None)
    after = partners_in_force(plan, [africa, kenya], reader, day)
    assert after == {africa.pk: {"local_government": 1}, kenya.pk: {"local_government": 1}}


def test_the_table_leaves_as_a_file(busy, client) -> None:
    text = client.get("/plans/SP/regions.csv").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    at = next(place for place, row in enumerate(rows) if row[:1] == ["Region"])
    assert ["Up to", "2020-Q1"] in [row[:2] for row in rows[:at]]
    told = {row[1]: dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]}
    africa = {
        name: told["ROAF"][name]
        for name in (
            *("Priorities", "Outcomes they serve", "Countries", "Outcomes: Achieved"),
            *(
                "Projects",
                "Projects: Under way",
                "Received",
                "Spent",
                "Partners with an agreement in force",
            ),
        )
    }
    assert list(africa.values()) == ["1", "1.1", "2", "1", "3", "2", "1000.00", "", "2"]
    assert told["ROAP"]["Received"] == "70.00"
    assert client.get("/plans/SP/regions.xlsx").getvalue()[:2] == b"PK"
    assert client.get("/plans/SP/regions.csv?period=1999-Q1").status_code == 400


def test_the_file_of_a_region_says_the_mean_progress_of_its_page_rounded_half_up(
    busy, africa, client
) -> None:
    set_target(
        indicator=busy.indicators.get(code="WATER"),
        scope=of_office(africa.pk),
        value=Decimal(32),  # 5 of 32 are 15.625 %
        on=date(2023, 12, 31),
        source="Plan",
        by=None,
    )
    text = client.get("/plans/SP/regions/ROAF.csv").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    results = {row[1]: row[4] for row in rows if row[:1] == ["Results"]}
    assert results == {"1.1": "15.63", "1.2": ""}
    shown = {
        row.outcome.code: row.spread for row, _n in client.get(REGION).context["page"].outcomes
    }
    assert shown["1.1"].mean_progress == Fraction("15.625")


def test_the_file_of_an_earlier_day_says_so(busy, client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    text = client.get(f"/plans/SP/regions.csv?as_of={yesterday}").getvalue().decode("utf-8-sig")
    assert f"As it was on,{yesterday} 23:59 UTC" in text
    assert "are as they are now" in text


# --- The API ---------------------------------------------------------------------------------


def test_the_api_says_of_a_region_what_its_page_says(busy, africa, client, reader) -> None:
    page = client.get(REGION).context["page"]
    told = Api(reader).get("plans/SP/regions/ROAF/").json()
    assert (told["office"], told["period"], told["basis"]) == ("ROAF", "2020-Q1", "official")
    assert told["strategy"]["text"] == {"en": "Do well"}
    assert [one["text"] for one in told["strategy"]["priorities"]] == [{"en": "Water"}]
    assert [
        (one["outcome"], one["status"], one["projects"]["count"]) for one in told["outcomes"]
    ] == [(row.outcome.code, row.spread.status, n) for row, n in page.outcomes]
    assert told["outcomes"][0]["indicators"] == [{"status": "achieved", "count": 1}]
    assert told["outcomes"][0]["mean_progress"] == "100"
    assert [(one["status"], one["count"]) for one in told["projects"]] == [
        (status, n) for status, _label, n in page.projects
    ]
    assert told["without_outcome"]["count"] == page.unserved == 1
    assert told["money"]["received"] == "1000" == f"{page.money.received.normalize():f}"
    assert told["money"]["spent"] is None
    assert [(one["kind"], one["count"]) for one in told["partners"]] == [
        (kind, n) for kind, _label, n in page.partners
    ]
    for name, _label, answers in page.countries.counts.states:
        counted = [(one["answer"], one["count"]) for one in told["countries"][name]]
        assert counted == [(answer, n) for answer, _words, n in answers]
    assert [
        (one["country"], one["framework_stage"], one["content_rating"])
        for one in told["countries"]["rows"]
    ] == [("KEN", None, None), ("UGA", "in_preparation", None)]
    [stated] = told["stated"]
    assert (stated["amount"], stated["paragraph"]) == ("12", "41")
    assert stated["quote"] == {"en": "Twelve cities"}


@pytest.mark.parametrize("count", [1, 3])
def test_stated_figures_take_as_many_queries_whatever_their_number(
    busy, africa, client, reader, count
) -> None:
    total = StatedFigure.objects.get(key="R1")
    for number in range(count):
        StatedFigure.objects.create(
            plan=busy,
            key=f"R1.{number}",
            topic=StatedTopic.REGION,
            office=africa,
            part_of=total,
            text={"en": "Of them"},
            value=Decimal(number + 1),
            paragraph="41",
            quote={"en": "Twelve cities"},
        )
    api = Api(reader)
    assert api.queries("plans/SP/regions/ROAF/") == 27
    [stated] = api.get("plans/SP/regions/ROAF/").json()["stated"]
    assert [one["amount"] for one in stated["parts"]] == [str(n + 1) for n in range(count)]
    assert stated["amount"] == {1: "1", 3: "6"}[count]


def test_counts_of_the_api_name_the_filters_of_their_lists(busy, reader) -> None:
    api = Api(reader)
    told = api.get("plans/SP/regions/ROAF/").json()
    named = [
        *(("projects", one) for one in told["projects"]),
        *(("projects", one["projects"]) for one in told["outcomes"]),
        ("projects", told["without_outcome"]),
        *(("partners", one) for one in told["partners"]),
    ]
    assert len(named) == 6
    for path, one in named:
        assert len(api.rows(f"plans/SP/{path}/?{one['query']}")) == one["count"], one


def test_the_api_lists_regions_with_the_numbers_of_the_table(busy, client, reader) -> None:
    api = Api(reader)
    rows = client.get(REGIONS).context["rows"]
    told = api.rows("plans/SP/regions/")
    assert [one["office"] for one in told] == [row.office.code for row in rows]
    for one, row in zip(told, rows, strict=True):
        assert {part["status"]: part["count"] for part in one["outcomes"]} == row.statuses
        assert {part["status"]: part["count"] for part in one["projects"]} == row.projects
        assert one["partners"]["count"] == row.partners
        assert one["countries"] == row.countries.countries
        assert (one["priorities"], one["serves"]) == ((1, ["1.1"]) if row.strategy else (0, []))
    page = api.get("plans/SP/regions/", page_size=1).json()
    assert [one["office"] for one in page["results"]] == ["ROAF"]
    assert [one["office"] for one in api.client.get(page["next"]).json()["results"]] == ["ROAP"]


def test_the_api_asks_for_a_period_a_basis_and_a_day(busy, reader) -> None:
    api = Api(reader)
    yesterday = timezone.localdate() - timedelta(days=1)
    asked = {"period": "2020-Q2", "basis": "provisional", "as_of": yesterday.isoformat()}
    told = api.get("plans/SP/regions/ROAF/", **asked).json()
    assert {name: told[name] for name in asked} == asked
    assert told["money"]["received"] is None
    assert {one["status"] for one in told["outcomes"]} == {"no_data"}
    [row, _other] = api.rows("plans/SP/regions/", **asked)
    assert row["money"]["received"] is None


@pytest.mark.parametrize("path", ["plans/SP/regions/", "plans/SP/regions/ROAF/"])
def test_the_api_refuses_what_it_does_not_know(plan, africa, reader, path) -> None:
    api = Api(reader)
    for name, code in (
        ("scope", "unknown_parameter"),
        ("period", "unknown_period"),
        ("basis", "unknown_basis"),
        ("as_of", "unknown_as_of"),
    ):
        assert refused(api.get(path, **{name: "none"})) == (400, code)
    assert refused(api.get("plans/NONE/regions/")) == (404, "not_found")
    for office in ("HQ", "NONE"):
        assert refused(api.get(f"plans/SP/regions/{office}/")) == (404, "not_found")
