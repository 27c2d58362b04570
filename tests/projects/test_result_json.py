"""Results in lists, which the database writes: the same as each at its own address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from habitat_tracker.accounts.models import User
from habitat_tracker.drf import decimal_text
from outcomes.choices import Qualifier
from outcomes.models import Category, Thing
from projects.api.result_bodies import ResultRow
from projects.api.result_json import DATABASES, fields
from projects.models import Result
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db
RESULTS = "plans/SP/results/"


class World:
    """A project in Kenya that reports an indicator of each kind."""

    def __init__(self) -> None:
        self.plan = factories.plan()
        self.outcome = factories.outcome(self.plan)
        self.kenya = factories.country("KEN", of=factories.office("ROAF"))
        self.project = factories.project(self.plan, "P", where=self.kenya, serves=self.outcome)
        self.api = Api(factories.user("Hana", "reviewer"))

    def line(self, code: str = "", where: Any = None, **kind: Any) -> Any:
        """A reporting line on an indicator of its own."""
        made = factories.indicator(self.outcome, code, **kind)
        return factories.line(self.project, made, where or self.kenya)

    def listed(self, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of the list."""
        return self.api.rows(RESULTS, **parameters)

    def assert_same(self) -> None:
        """Each row says what the result's own address says, evidence apart, in that order."""
        rows = self.listed()
        assert rows
        for row in rows:
            one = self.api.get(f"{RESULTS}{row['id']}/").json()
            del one["evidence"]
            assert list(row.items()) == list(one.items())


@pytest.fixture
def world() -> World:
    return World()


def test_the_database_writes_the_fields_of_the_schema_in_their_order() -> None:
    for database in DATABASES.values():
        assert list(fields(database)) == ResultRow.Meta.fields


SEX = {"categories": {"sex": ["women", "men"]}}
KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (SEX, {"value": 12.5, "cells": {"men": "5.5", "women": "7"}, "qualifier": Qualifier.ABOUT}),
    ({"categories": {"sex": ["f"], "age": ["z", "a"]}}, {"value": 3, "cells": {"a": 1, "f": 2}}),
    ({}, {"state": "not_available", "narrative": 'He said "no"\n\t\\ \u2028 房屋 <b>'}),
    ({}, {"value": 0, "window_start": date(2020, 1, 1), "window_end": date(2020, 2, 29)}),
    ({"kind": "percentage", **SEX}, {"numerator": 1, "denominator": 3}),
    (
        {"kind": "percentage", **SEX},
        {
            "numerator": 3,
            "denominator": "4.5",
            "cells": {"women": {"numerator": "0", "denominator": "2.000001"}},
        },
    ),
    ({"kind": "distinct", "thing_kind": "city"}, {"things": ["B", "C", "A"], "unnamed": 2}),
    ({"kind": "distinct", "thing_kind": "city"}, {"unnamed": 0}),
    ({"kind": "rating", "over_time": "latest", "levels": ["low", "high"]}, {"rating": "high"}),
]


@pytest.mark.parametrize("reached", ["draft", "submitted", "approved"])
def test_every_kind_of_result_reads_in_a_list_as_at_its_address(world: World, reached: str) -> None:
    for kind, content in KINDS:
        factories.report(world.line(**kind), to=reached, **content)
    assert len(world.listed()) == len(KINDS)
    world.assert_same()


def test_credits_and_corrections_read_the_same(world: World) -> None:
    others = [factories.indicator(world.outcome, code, position=9) for code in ("Z", "Y")]
    line = world.line()
    factories.report(line, 5, credits=others)
    factories.report(line, 6)
    world.assert_same()
    first, second = world.listed()
    assert (first["credits"], first["status"]) == (["Y", "Z"], "superseded")
    assert (second["corrects"], second["revision"]) == (first["id"], 2)


def test_places_read_the_same_be_it_a_country_a_city_or_none(world: World) -> None:
    city = Thing.objects.create(plan=world.plan, kind="city", key="KEN/Nakuru", name={"en": "N"})
    factories.report(world.line(), 1)
    for place in (city, None):
        line = world.line()
        type(line).objects.filter(pk=line.pk).update(country=None, city=place)
        factories.report(line, 1)
    world.assert_same()
    assert [row["place"] for row in world.listed()] == ["KEN", "KEN/Nakuru", None]


def test_things_are_named_in_every_language_and_stand_in_the_order_of_their_keys(
    world: World,
) -> None:
    line = world.line(kind="distinct", thing_kind="city")
    result = factories.report(line, to="draft", things=["Kisumu", "Eldoret"])
    Thing.objects.filter(key="kisumu").update(name={"en": "Kisumu", "zh": "基苏木"})
    world.assert_same()
    [row] = world.listed()
    assert row["id"] == result.pk
    assert [thing["name"] for thing in row["things"]] == [
        {"en": "Eldoret"},
        {"en": "Kisumu", "zh": "基苏木"},
    ]


NUMBERS = ["0", "1", "-1", "100", "12.5", "-0.5", "-0.000001", "0.1", "0.000010", "-20.10"]
LARGE = ["1000.000001", "99999999999.999999", "-99999999999.999999"]


@pytest.mark.parametrize("text", [*NUMBERS, *LARGE])
def test_a_number_is_written_exactly_without_zeros_at_its_end(world: World, text: str) -> None:
    result = factories.report(world.line(**SEX), 1, to="draft", cells={"men": 1})
    Result.objects.filter(pk=result.pk).update(value=Decimal(text))
    result.cells.update(value=Decimal(text))
    [row] = world.listed()
    assert row["value"] == row["cells"]["men"] == decimal_text(Decimal(text))


@pytest.mark.parametrize(
    ("microsecond", "told"),
    [(0, "09:05:07Z"), (120_000, "09:05:07.120000Z"), (1, "09:05:07.000001Z")],
)
def test_a_moment_is_written_with_six_digits_or_none(
    world: World, microsecond: int, told: str
) -> None:
    result = factories.report(world.line(), 1)
    at = datetime(2020, 4, 1, 9, 5, 7, microsecond, tzinfo=UTC)
    Result.objects.filter(pk=result.pk).update(changed_at=at, submitted_at=None)
    world.assert_same()
    [row] = world.listed()
    assert (row["changed_at"], row["submitted_at"]) == (f"2020-04-01T{told}", None)


def test_somebody_without_a_name_is_told_by_address(world: World) -> None:
    factories.report(world.line(), 1)
    User.objects.filter(name="Reporter").update(name="")
    world.assert_same()
    assert world.listed()[0]["entered_by"]["name"] == "reporter@example.org"


def test_cells_of_another_dimension_follow_the_first_one(world: World) -> None:
    line = world.line(categories={"sex": ["women", "men"], "age": ["young"]})
    factories.report(line, 9, cells={"young": 3, "men": 2, "women": 1})
    assert Category.objects.count() == 3
    assert list(world.listed()[0]["cells"]) == ["women", "men", "young"]


def test_an_order_is_kept_over_pages(world: World) -> None:
    made = [
        factories.report(world.line(), 1, at=at).pk
        for at in ("2020-Q2", "2020-Q1", "2020-Q3", "2020-Q1")
    ]
    seen = []
    address = f"{RESULTS}?ordering=-period&page_size=3"
    page = world.api.get(address).json()
    seen += [row["id"] for row in page["results"]]
    page = world.api.client.get(page["next"]).json()
    seen += [row["id"] for row in page["results"]]
    assert page["next"] is None
    assert seen == [made[2], made[0], made[1], made[3]]


def test_a_list_of_no_results_is_empty(world: World) -> None:
    assert world.api.get(RESULTS).json() == {"next": None, "results": []}


def test_a_full_page_costs_four_queries_with_one_result_and_three(world: World) -> None:
    counts = set()
    for kind, content in (KINDS[0], KINDS[6], KINDS[5]):
        factories.report(world.line(**kind), **content)
        counts.add(world.api.queries(RESULTS, page_size="1000"))
    assert counts == {4}
