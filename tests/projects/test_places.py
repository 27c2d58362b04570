"""Where cities lie: said by people, found in a gazetteer, drawn on the map of products."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.country_file import load_countries
from habitat_tracker.accounts.models import ActivityEntry, Country, User
from habitat_tracker.errors import DomainError, InvalidInput
from outcomes.actions import get_thing
from outcomes.models import Thing
from plans.models import StrategicPlan
from projects.actions import Position, place_cities, place_city, read_gazetteer
from projects.actions.places import city_named
from projects.cities import delivered_by_city
from projects.models import Deliverable
from reporting import charts, maps
from reporting.words import position
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
CITIES = "/plans/SP/products-by-city/"


@pytest.fixture
def plan() -> StrategicPlan:
    plan = factories.plan("SP")
    factories.outcome(plan, "1.1")
    return plan


@pytest.fixture
def nairobi(plan: StrategicPlan) -> Thing:
    kenya = factories.country("KEN")
    kenya.iso2 = "KE"
    kenya.save()
    return city_named(plan=plan, country=kenya, name="Nairobi", by=None)


@pytest.fixture
def rita() -> User:
    return factories.user("Rita", Role.REPORTER)


def placed(city: Thing, latitude: object, longitude: object, source: str = "Survey") -> Thing:
    return place_city(city=city, said=Position(latitude, longitude, source), by=None)


def told_wrong(city: Thing, *said: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        place_city(city=city, said=Position(*said), by=None)
    return [(one.field, one.code) for one in refusal.value.problems]


def test_a_position_is_kept_to_five_decimals_with_its_source(nairobi, rita) -> None:
    place_city(city=nairobi, said=Position("-1.283335", "36.81667", " A  map "), by=rita)
    nairobi.refresh_from_db()
    assert (nairobi.latitude, nairobi.longitude) == (Decimal("-1.28334"), Decimal("36.81667"))
    assert nairobi.position_source == "A map"
    act = ActivityEntry.objects.about(nairobi).first()
    assert act and act.actor == rita and act.changes["latitude"] == [None, "-1.28334"]


def test_the_same_position_again_is_no_act_and_none_takes_it_away(nairobi) -> None:
    placed(nairobi, "-1.28333", "36.81667")
    acts = ActivityEntry.objects.about(nairobi).count()
    placed(nairobi, Decimal("-1.28333"), "36.816670")
    assert ActivityEntry.objects.about(nairobi).count() == acts
    emptied = placed(nairobi, "", None, "Survey")
    assert (emptied.latitude, emptied.longitude, emptied.position_source) == (None, None, "")


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        (("1", "", "Map"), [("longitude", "missing_longitude")]),
        (("", "1", "Map"), [("latitude", "missing_latitude")]),
        (
            ("90.00001", "180.00001", "Map"),
            [("latitude", "out_of_range"), ("longitude", "out_of_range")],
        ),
        (("1° S", "NaN", "Map"), [("latitude", "not_a_number"), ("longitude", "not_a_number")]),
        (("1.1234567", "1", "Map"), [("latitude", "too_many_decimals")]),
        (("1", "1", " "), [("source", "missing_source")]),
        (("1", "1", "x" * 201), [("source", "too_long")]),
    ],
)
def test_what_is_wrong_with_a_position_is_told_and_nothing_kept(nairobi, said, problems) -> None:
    assert told_wrong(nairobi, *said) == problems
    nairobi.refresh_from_db()
    assert nairobi.latitude is None


def test_only_a_city_has_a_position(plan) -> None:
    policy = get_thing(plan=plan, kind="policy", key="p")
    with pytest.raises(DomainError) as refusal:
        placed(policy, "1", "1")
    assert refusal.value.code == "not_a_city"


def test_the_poles_and_the_date_line_are_on_earth_and_half_a_position_is_not(nairobi) -> None:
    placed(nairobi, "-90", "180")
    with pytest.raises(IntegrityError):
        Thing.objects.filter(pk=nairobi.pk).update(longitude=None)


def test_a_city_is_known_under_two_spellings(plan, nairobi) -> None:
    senegal = factories.country("SEN", "Senegal")
    thies = city_named(plan=plan, country=senegal, name="Thiès", by=None)
    for name in ("Thies", "THIÈS", "SEN/thies"):
        assert city_named(plan=plan, country=senegal, name=name, by=None) == thies
    assert city_named(plan=plan, country=nairobi.country, name="Thiès", by=None) != thies


# --- A gazetteer -------------------------------------------------------------------------------


def geoname(number: int, name: str, iso2: str = "KE", people: int = 0, **more: str) -> str:
    """A line of a GeoNames dump."""
    parts = [str(number), name, more.get("ascii", name), more.get("others", "")]
    parts += [
        "-1.5",
        "36.5",
        more.get("kind", "P"),
        more.get("code", "PPL"),
        iso2,
        "",
        "",
        "",
        "",
        "",
    ]
    return "\t".join([*parts, str(people), "", "0", "Africa/Nairobi", "2026-01-01"]) + "\n"


def looked_up(plan: StrategicPlan, *lines: str) -> tuple[list[str], list[str], list[str]]:
    told = place_cities(plan=plan, gazetteer=read_gazetteer(lines), by=None)
    return tuple([str(one) for one in some] for some in (told.placed, told.unclear, told.not_found))


def test_a_city_is_found_by_any_name_in_its_country(plan, nairobi) -> None:
    lines = (
        geoname(1, "Nairobi", "UG", 900),
        geoname(2, "Nairobi", kind="A"),
        geoname(4, "Nairobi", people=99, code="PPLH"),
        geoname(3, "Nayrobi", others="x,NAIRÓBI", people=5),
    )
    assert looked_up(plan, *lines) == (["Nairobi"], [], [])
    nairobi.refresh_from_db()
    assert (nairobi.position_source, nairobi.latitude) == ("GeoNames 3", Decimal("-1.5"))


@pytest.mark.parametrize(
    ("people", "is_clear"), [((100, 10), True), ((99, 10), False), ((0, 0), False)]
)
def test_of_two_places_the_far_larger_one_is_meant(plan, nairobi, people, is_clear) -> None:
    lines = [geoname(number, "Nairobi", people=n) for number, n in enumerate(people, 1)]
    assert looked_up(plan, *lines) == ((["Nairobi"], [], []) if is_clear else ([], ["Nairobi"], []))


def test_what_has_a_position_keeps_it_and_what_is_not_there_is_named(plan, nairobi) -> None:
    placed(nairobi, "1", "1")
    city_named(plan=plan, country=nairobi.country, name="Kisumu", by=None)
    get_thing(plan=plan, kind="city", key="nowhere")
    assert looked_up(plan, geoname(1, "Nairobi")) == ([], [], ["Kisumu", "nowhere"])
    nairobi.refresh_from_db()
    assert nairobi.position_source == "Survey"


def test_the_command_says_what_it_did(plan, nairobi, tmp_path: Path, capsys) -> None:
    file = tmp_path / "cities.txt"
    file.write_text(geoname(1, "Nairobi"), encoding="utf-8")
    city_named(plan=plan, country=nairobi.country, name="Kisumu", by=None)
    call_command("place_cities", str(file), plan="SP")
    assert capsys.readouterr().out == "1 cities placed.\nNot found: Kisumu (KEN/kisumu).\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (geoname(1, "Nairobi").encode() + b"1\tB\n", "Line 2 is not one of a GeoNames file."),
        (b"\xff\xfe", "is not text in UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_gazetteer_places_nothing(
    plan, nairobi, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "cities.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("place_cities", str(file), plan="SP")
    nairobi.refresh_from_db()
    assert nairobi.latitude is None
    with pytest.raises(CommandError, match="There is no plan XX"):
        call_command("place_cities", str(file), plan="XX")


# --- The page, the API and the map --------------------------------------------------------------


@pytest.fixture
def delivered(plan: StrategicPlan, nairobi: Thing) -> list[Thing]:
    uganda = factories.country("UGA", "Uganda")
    kampala = city_named(plan=plan, country=uganda, name="Kampala", by=None)
    project = factories.project(plan, "P1", where=nairobi.country)
    for number, city in enumerate((nairobi, nairobi, kampala)):
        factories.deliverable(project, f"Profile {number}", country=city.country, city=city)
    return [placed(nairobi, "-1.28333", "36.81667"), kampala]


@pytest.fixture
def browser(rita: User) -> Client:
    client = Client()
    client.force_login(rita)
    return client


def rows_of(plan: StrategicPlan) -> Any:
    return delivered_by_city(Deliverable.objects.filter(project__plan=plan))


def points(spec: dict[str, Any]) -> list[tuple[str, int]]:
    """The circles of a map: the city's name and what its area says."""
    circles = next(one for one in spec["layer"] if one["mark"]["type"] == "circle")
    return [(one["name"], one["count"]) for one in circles["data"]["values"]]


def shapes(spec: dict[str, Any]) -> list[Any]:
    """The codes of the countries of each layer; None: all."""
    layers = [one for one in spec["layer"] if one["mark"]["type"] == "geoshape"]
    return [
        one["transform"][0]["filter"]["oneOf"] if "transform" in one else None for one in layers
    ]


def test_the_map_marks_placed_cities_and_the_countries_of_all(plan, delivered) -> None:
    spec = maps.cities_spec(rows_of(plan))
    assert points(spec) == [("Nairobi", 2)]
    assert shapes(spec) == [None, ["KEN", "UGA"]]
    assert maps.cities_summary(rows_of(plan)) == (
        "3 deliverables in 2 cities of 2 countries. Of 1 city it is not said where it lies: "
        "only its country is marked."
    )


def test_one_country_is_drawn_alone_with_the_names_of_its_cities(plan, delivered) -> None:
    rows = [row for row in rows_of(plan) if row.country.iso3 == "KEN"]
    spec = maps.cities_spec(rows)
    assert shapes(spec) == [["KEN"]]
    assert "Nairobi" in charts.draw(spec)
    with translation.override("zh-hans"):
        assert maps.cities_summary(rows) == "Kenya的1 个城市共交付2 项产出。"


def test_a_country_without_a_shape_is_shown_on_the_map_of_the_world(plan, nairobi) -> None:
    reunion = factories.country("REU", "Réunion")
    city = city_named(plan=plan, country=reunion, name="Saint-Denis", by=None)
    factories.deliverable(factories.project(plan, "P1"), "A", country=reunion, city=city)
    placed(city, "-20.88", "55.45")
    spec = maps.cities_spec(rows_of(plan))
    assert shapes(spec) == [None] and points(spec) == [("Saint-Denis", 1)]


def test_every_shape_is_a_country_that_we_know_but_where_the_un_lists_none() -> None:
    file = Path(maps.WORLD)
    drawn = {
        one["id"] for one in json.loads(file.read_text())["objects"]["countries"]["geometries"]
    }
    accounts = Path("habitat_tracker/accounts/data/countries.json")
    known = {one["iso3"] for one in json.loads(accounts.read_text())["countries"]}
    assert drawn - known == {"ATC", "IOA", "KAS", "XKX"}
    assert {"FJI", "MDV", "TUV", "NRU", "PSE", "ESH"} <= drawn


def test_the_page_holds_the_map_its_sentence_and_the_disclaimer(plan, delivered, browser) -> None:
    page = browser.get(f"{CITIES}?country=KEN").content.decode()
    assert 'src="/plans/SP/products-by-city.svg?country=KEN"' in page
    assert "Map: 2 deliverables in 1 city of Kenya." in page
    assert str(maps.DISCLAIMER) in page
    assert "1.28° S, 36.82° E" in page
    assert "<figure" not in browser.get(f"{CITIES}?kind=event").content.decode()


def test_the_picture_is_sent_again_only_where_it_has_changed(plan, delivered, browser) -> None:
    at = "/plans/SP/products-by-city.svg"
    first = browser.get(at)
    assert first["Content-Type"] == "image/svg+xml" and b"<svg" in first.content
    assert browser.get(at, headers={"If-None-Match": first["ETag"]}).status_code == 304
    small = browser.get(f"{at}?size=small", headers={"If-None-Match": first["ETag"]})
    assert small.status_code == 200
    placed(delivered[1], "0.31", "32.58")
    assert browser.get(at, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert browser.get(f"{at}?country=XXX").status_code == 400


def test_the_map_and_its_page_ask_as_often_for_one_city_as_for_three(
    plan, nairobi, browser
) -> None:
    project = factories.project(plan, "P1", where=nairobi.country)
    counts = []
    for names in (("Nairobi",), ("Kisumu", "Mombasa")):
        for name in names:
            city = city_named(plan=plan, country=nairobi.country, name=name, by=None)
            factories.deliverable(project, name, country=city.country, city=city)
        for at in (CITIES, "/plans/SP/products-by-city.svg"):
            browser.get(at)
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(at).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


def test_a_position_is_entered_on_a_page_that_keeps_what_was_typed(nairobi, browser) -> None:
    at = f"/plans/SP/cities/{nairobi.pk}/position/"
    refusal = browser.post(at, {"latitude": "95", "longitude": "36.8", "source": "Survey"})
    assert refusal.status_code == 400
    page = refusal.content.decode()
    assert 'value="95"' in page and "A latitude is between -90 and 90 degrees." in page
    saved = browser.post(at, {"latitude": "-1.3", "longitude": "36.8", "source": "Survey"})
    assert saved.status_code == 302 and saved["Location"] == CITIES
    assert 'value="-1.30000"' in browser.get(at).content.decode()


def test_the_api_lists_cities_and_says_where_they_lie(plan, nairobi, rita) -> None:
    api = Api(rita)
    assert api.rows("plans/SP/cities/") == [
        {
            "key": "KEN/nairobi",
            "name": {"en": "Nairobi"},
            "country": "KEN",
            "latitude": None,
            "longitude": None,
            "source": "",
        }
    ]
    body = {"latitude": "-1.3", "longitude": 36.8, "source": "Survey"}
    said = api.put("plans/SP/cities/KEN/nairobi/", body).json()
    assert (said["latitude"], said["longitude"]) == ("-1.3", "36.8")
    assert api.get("plans/SP/cities/KEN/nairobi/").json() == said
    assert refused(api.put("plans/SP/cities/KEN/nowhere/", body)) == (404, "not_found")
    wrong = api.put("plans/SP/cities/KEN/nairobi/", body | {"longitude": None})
    assert problems(wrong) == {("longitude", "missing_longitude")}
    assert refused(api.put("plans/SP/cities/KEN/nairobi/", body | {"height": 1}))[0] == 400


def test_the_list_of_cities_asks_as_often_for_one_as_for_three(plan, nairobi, rita) -> None:
    api = Api(rita)
    api.rows("plans/SP/cities/")
    one = api.queries("plans/SP/cities/")
    for name in ("Kisumu", "Mombasa"):
        city_named(plan=plan, country=nairobi.country, name=name, by=None)
    assert api.queries("plans/SP/cities/") == one


def test_the_file_says_where_cities_lie(plan, delivered, browser) -> None:
    answer = browser.get("/plans/SP/products-by-city.csv")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert "Kenya,KEN,Nairobi,KEN/nairobi,-1.28333,36.81667,Survey,2,2020-02-01" in rows


def test_south_and_west_are_said_in_words(nairobi) -> None:
    assert position(nairobi) == ""
    assert position(placed(nairobi, "-33.4", "-70.655")) == "33.4° S, 70.66° W"
    assert position(placed(nairobi, "0", "0")) == "0° N, 0° E"


def test_the_demonstration_knows_where_its_cities_lie() -> None:
    from projects.demonstration.portfolio import CITIES as FILE
    from projects.demonstration.words import PLACES

    plan = factories.plan("DEMO")
    load_countries()
    for iso3, names in PLACES.items():
        for english, _chinese in names:
            country = Country.objects.get(iso3=iso3)
            city_named(plan=plan, country=country, name=english, by=None)
    with FILE.open(encoding="utf-8") as lines:
        told = place_cities(plan=plan, gazetteer=read_gazetteer(lines), by=None)
    assert (told.unclear, told.not_found) == ([], [])
