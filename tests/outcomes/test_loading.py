"""Loading many postings: every refusal names its row, and nothing is written beside it."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.clock import database_now
from habitat_tracker.errors import InvalidInput, NotAllowed
from outcomes import scopes
from outcomes.actions import (
    Amount,
    Entry,
    Loaded,
    Posting,
    PostingRow,
    load_postings,
    replace_postings,
    set_contributor,
)
from outcomes.choices import Basis
from outcomes.models import Category, Dimension, Figure, Measurement, RatingLevel, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from plans.models import ReportingPeriod
from tests import factories

from .ledger import Ledger

pytestmark = pytest.mark.django_db


class World(Ledger):
    """A ledger with an indicator of every kind, one contributor ("a", in Kenya) on each."""

    def __init__(self) -> None:
        super().__init__()
        self.headline = self.indicator("HEAD", is_headline=True)
        self.people = self.indicator("PEOPLE", feeds=self.headline, allow_negative=False)
        self.share = self.indicator("SHARE", kind="percentage")
        self.cities = self.indicator("CITIES", kind="distinct", thing_kind="city")
        self.rating = self.indicator("RATING", kind="rating", over_time="latest")
        RatingLevel.objects.create(indicator=self.rating, code="high", position=1)
        for indicator in (self.people, self.share):
            self.split(indicator, "sex", ("women", "men"))
        self.split(self.people, "group", ("youth", "displaced"), additive=False)
        self.reporting = {
            indicator.code: self.contributor(indicator)
            for indicator in (self.people, self.share, self.cities, self.rating)
        }
        for city in ("nairobi", "mombasa"):
            self.thing(city)

    def split(self, indicator: Any, name: str, codes: tuple[str, ...], **more: Any) -> None:
        dimension = Dimension.objects.create(indicator=indicator, code=name, **more)
        for code in codes:
            Category.objects.create(indicator=indicator, dimension=dimension, code=code)

    def load(self, *rows: PostingRow, **more: Any) -> Loaded:
        return load_postings(**{"plan": self.plan, "rows": rows, "by": None, **more})


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    return World()


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


def row(indicator: str = "PEOPLE", value: str = "", period: str = "2020-Q1", **more: str) -> Any:
    """A row of contributor a in Kenya."""
    return PostingRow(
        **{"indicator": indicator, "source": "a", "place": "KEN", "period": period, **more},
        value=value,
    )


def live() -> list[tuple[Any, ...]]:
    """What counts in the ledger, without who, when and from where."""
    return sorted(
        Measurement.objects.live().values_list(
            "indicator__code", "recorded_on__code", "contributor__source", "office", "country",
            "basis", "period", "cell", "state", "numerator", "denominator", "unnamed", "rating",
            "qualifier",
        ),
        key=str,
    )  # fmt: skip


EVERY_KIND = [
    row(value="10.5", qualifier="more_than"),
    row(value="4", cell="women", qualifier="more_than"),
    row(value="6.5", cell="men", qualifier="more_than"),
    row("SHARE", numerator="3", denominator="4", basis="provisional"),
    row("SHARE", numerator="1", denominator="2", basis="provisional", cell="women"),
    row("CITIES", things="nairobi; mombasa", unnamed="2"),
    row("RATING", rating="high", period="2"),
    row("PEOPLE", state="not_applicable", period="2020-Q3"),
]

REFUSED = [
    ([row("NONE", "1")], "indicator", "unknown_indicator"),
    ([row("HEAD", "1")], "indicator", "headline_takes_no_results"),
    ([row(value="1", source="b")], "source", "not_a_reporting_line"),
    ([row(value="1", place="UGA")], "source", "not_a_reporting_line"),
    ([row(value="1", period="2031-Q1")], "period", "unknown_period"),
    ([row(value="1", period="2020-Q4")], "period", "period_closed"),
    ([row(value="1"), row(value="1", cell="x")], "cell", "unknown_category"),
    (
        [row("RATING", rating="high"), row("RATING", rating="high", cell="high")],
        "cell",
        "unknown_category",
    ),
    ([row(value="1", state="done")], "state", "unknown_state"),
    ([row(value="1", basis="done")], "basis", "unknown_basis"),
    ([row(value="1", qualifier="done")], "qualifier", "unknown_qualifier"),
    ([row(value="1,5")], "value", "not_a_number"),
    ([row(value="NaN")], "value", "not_a_number"),
    ([row(value="0.1234567")], "value", "too_many_decimals"),
    ([row(value="100000000000")], "value", "out_of_range"),
    ([row(value="-1")], "value", "negative_not_allowed"),
    ([row()], "value", "missing_value"),
    ([row("CITIES")], "value", "missing_value"),
    ([row("RATING")], "value", "missing_value"),
    ([row("SHARE", numerator="1")], "denominator", "missing_denominator"),
    ([row("SHARE", denominator="1")], "numerator", "missing_numerator"),
    ([row("SHARE", numerator="1", denominator="0")], "denominator", "denominator_zero"),
    ([row("SHARE", numerator="1", denominator="-1")], "denominator", "negative_not_allowed"),
    ([row(value="1", denominator="1")], "denominator", "field_of_another_kind"),
    ([row(value="1", numerator="1")], "numerator", "field_of_another_kind"),
    ([row(value="1", unnamed="1")], "unnamed", "field_of_another_kind"),
    ([row(value="1", things="nairobi")], "things", "field_of_another_kind"),
    ([row(value="1", rating="high")], "rating", "field_of_another_kind"),
    ([row("SHARE", "1", numerator="1", denominator="2")], "value", "field_of_another_kind"),
    ([row(value="1", state="not_available")], "state", "value_without_report"),
    (
        [
            row("SHARE", numerator="5", denominator="6"),
            row("SHARE", numerator="2", denominator="1", cell="women"),
        ],
        "numerator",
        "numerator_exceeds_denominator_in_cell",
    ),
    (
        [row(value="3"), row(value="2", cell="women"), row(value="2", cell="men")],
        "cell",
        "cells_exceed_total",
    ),
    ([row(value="1"), row(value="1")], "row", "duplicate_row"),
    ([row(value="1"), row(value="2", period="1")], "row", "duplicate_row"),
    ([row(value="1", cell="women")], "cell", "missing_total"),
    (
        [row(state="not_available"), row(value="1", cell="women")],
        "cell",
        "missing_total",
    ),
    ([row("CITIES", things="nairobi;paris")], "things", "unknown_thing"),
    ([row("CITIES", unnamed="1.5")], "unnamed", "not_a_whole_number"),
    ([row("CITIES", unnamed="-1")], "unnamed", "negative_not_allowed"),
    ([row("RATING", rating="low")], "rating", "unknown_level"),
]


@pytest.mark.parametrize(("rows", "field", "code"), REFUSED, ids=[case[2] for case in REFUSED])
def test_a_row_at_fault_is_named_and_nothing_is_written(
    world: World, rows: list[PostingRow], field: str, code: str
) -> None:
    ReportingPeriod.objects.filter(plan=world.plan, number=4).update(closed_at=timezone.now())
    drain()
    good = row(value="1", period="2020-Q2")
    with pytest.raises(InvalidInput) as refused:
        world.load(good, *rows)
    told = [(problem.row, problem.field, problem.code) for problem in refused.value.problems]
    assert told == [(1 + len(rows), field, code)]
    assert (Measurement.objects.count(), StaleFigure.objects.count()) == (0, 0)


def test_a_period_to_come_is_refused(world: World) -> None:
    ReportingPeriod.objects.filter(plan=world.plan, number=2).update(
        start="2090-01-01", end="2090-03-31"
    )
    with pytest.raises(InvalidInput) as refused:
        world.load(row(value="1", period="2020-Q2"))
    assert refused.value.code == "period_not_begun"


def test_too_many_things_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outcomes.actions.loading.MOST_THINGS", 1)
    with pytest.raises(InvalidInput) as refused:
        world.load(row("CITIES", things="nairobi;mombasa"))
    assert refused.value.code == "too_many_things"


def test_every_fault_is_told_at_once_in_the_order_of_the_rows(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.load(row(value="x"), row("NONE", "1"), row("RATING", rating="low"))
    assert [(one.row, one.code) for one in refused.value.problems] == [
        (1, "not_a_number"),
        (2, "unknown_indicator"),
        (3, "unknown_level"),
    ]


def test_what_is_wrong_with_a_row_hides_what_is_wrong_with_its_sums(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.load(row(value="1"), row(value="2", cell="women", numerator="1"))
    assert [one.code for one in refused.value.problems] == ["field_of_another_kind"]


def test_parts_of_people_in_two_categories_may_exceed_the_total(world: World) -> None:
    loaded = world.load(
        row(value="3"), row(value="2", cell="youth"), row(value="2", cell="displaced")
    )
    assert loaded == Loaded(posted=3, unchanged=0, withdrawn=0)


def test_the_ledger_and_the_figures_are_those_of_entering_the_same(world: World) -> None:
    world.load(*EVERY_KIND)
    drain()
    held, figures = live(), all_figures()
    Measurement.objects.all().delete()
    two = tuple(world.thing(city).pk for city in ("nairobi", "mombasa"))
    cells = (("women", Amount(Decimal(4))), ("men", Amount(Decimal("6.5"))))
    share = Amount(Decimal(3), Decimal(4))
    half = (("women", Amount(Decimal(1), Decimal(2))),)
    for code, period, basis, posting in (
        ("PEOPLE", 1, 1, Posting("x", "reported", Amount(Decimal("10.5")), cells, qualifier=2)),
        ("SHARE", 1, 2, Posting("x", "reported", share, half)),
        ("CITIES", 1, 1, Posting("x", "reported", things=two, unnamed=Decimal(2))),
        ("RATING", 2, 1, Posting("x", "reported", rating="high")),
        ("PEOPLE", 3, 1, Posting("x", "not_applicable")),
    ):
        entry = Entry(world.reporting[code], period, Basis(basis), posting)
        replace_postings(plan=world.plan, entries=[entry], by=None)
    drain()
    assert live() == held
    assert all_figures() == figures
    assert list(verify()) == []


def all_figures() -> list[tuple[Any, ...]]:
    columns = [field.attname for field in Figure._meta.concrete_fields]
    return sorted(
        Figure.objects.values_list(*[name for name in columns if name != "computed_at"]), key=str
    )


def test_the_same_again_changes_nothing(world: World) -> None:
    world.load(*EVERY_KIND)
    drain()
    before = list(Measurement.objects.values_list("id", "withdrawn_at").order_by("id"))
    assert world.load(*reversed(EVERY_KIND)) == Loaded(0, len(EVERY_KIND), 0)
    assert list(Measurement.objects.values_list("id", "withdrawn_at").order_by("id")) == before
    assert StaleFigure.objects.count() == 0


@pytest.mark.parametrize(
    ("index", "changed"),
    [
        (0, {"value": "11"}),
        (0, {"qualifier": "about"}),
        (1, {"value": "3"}),
        (3, {"denominator": "5"}),
        (5, {"things": "nairobi"}),
        (5, {"unnamed": "3"}),
        (7, {"state": "not_available"}),
    ],
)
def test_only_the_place_that_differs_is_posted_anew(
    world: World, index: int, changed: dict[str, str]
) -> None:
    world.load(*EVERY_KIND)
    drain()
    rows = list(EVERY_KIND)
    rows[index] = rows[index]._replace(**changed)
    place = (rows[index].indicator, rows[index].period)
    moved = sum((one.indicator, one.period) == place for one in rows)
    assert world.load(*rows, reason="Corrected") == Loaded(moved, len(rows) - moved, moved)
    assert set(
        Measurement.objects.exclude(withdrawn_at=None).values_list("indicator__code", "reason")
    ) == {(rows[index].indicator, "Corrected")}
    drain()
    assert list(verify()) == []


def test_another_thing_in_the_place_of_one_is_a_change(world: World) -> None:
    world.load(row("CITIES", things="nairobi"))
    assert world.load(row("CITIES", things="mombasa")) == Loaded(1, 0, 1)


def test_a_part_that_is_no_longer_named_is_withdrawn(world: World) -> None:
    world.load(row(value="3"), row(value="2", cell="women"))
    assert world.load(row(value="3")) == Loaded(1, 0, 2)
    assert world.value(world.people, 1, cell="women") is None
    assert world.value(world.people, 1) == 3


def test_a_figure_as_of_before_a_load_stays_what_it_was(world: World) -> None:
    world.load(row(value="3"))
    before = database_now()
    world.load(row(value="5"))
    drain()
    assert world.figure(world.people, 1).to_date == 5
    assert world.figure(world.people, 1, moment=before).to_date == 3


def test_only_what_is_touched_becomes_stale_with_its_headline(world: World) -> None:
    drain()
    kenya = scopes.of_leaf(world.africa.pk, world.kenya.pk)
    world.load(row(value="3", period="2020-Q2"), row(value="3", period="2020-Q3"))
    assert sorted(
        StaleFigure.objects.values_list(
            "indicator__code", "leaf", "basis", "first_period", "last_period"
        )
    ) == [(code, kenya, 1, 2, 32_000) for code in ("HEAD", "PEOPLE")]
    assert world.value(world.headline, 4) == 6


def test_a_contributor_without_a_country_is_taken(world: World) -> None:
    set_contributor(
        indicator=world.people, source="g", place="", office=world.hq, country=None,
        expected_from=None, expected_to=None, by=None,
    )  # fmt: skip
    world.load(row(value="3", source="g", place=""))
    assert world.value(world.people, 1) == 3


def test_a_check_writes_nothing(world: World) -> None:
    drain()
    assert world.load(*EVERY_KIND, check=True) == Loaded(len(EVERY_KIND), 0, 0)
    assert (Measurement.objects.count(), StaleFigure.objects.count()) == (0, 0)


def test_nothing_to_load_is_nothing_done(world: World) -> None:
    assert world.load() == Loaded(0, 0, 0)


def test_text_that_means_something_to_the_database_is_only_text(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.load(
            row(value="1", source="\\N"), row(value="1", source="a\tb\n\\."), row(value="1\x00")
        )
    assert [one.code for one in refused.value.problems] == [
        "not_a_reporting_line",
        "not_a_reporting_line",
        "not_a_number",
    ]


def test_only_managers_of_headquarters_may_load(world: World) -> None:
    manager = factories.user("Manager", Role.MANAGER, world.hq)
    assert world.load(row(value="1"), by=manager).posted == 1
    for somebody in (
        factories.user("Reader", Role.READER, world.hq),
        factories.user("Manager of Africa", Role.MANAGER, world.africa),
    ):
        with pytest.raises(NotAllowed):
            world.load(row(value="2"), by=somebody)


def test_the_number_of_statements_does_not_grow_with_rows(
    world: World, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(45) as few:
        world.load(row("CITIES", things="mombasa", period="2020-Q2"))
    with django_assert_num_queries(len(few)):
        world.load(*EVERY_KIND[3:], row(value="1", period="2020-Q2"))


# --- The command ----------------------------------------------------------------------------


def test_the_command_loads_a_file_and_says_how_much(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "postings.csv"
    file.write_text(
        "\ufeffperiod,indicator,source,place,value\r\n2020-Q1,PEOPLE,a,KEN,3\r\n", encoding="utf-8"
    )
    call_command("load_postings", str(file), plan="P", check=True)
    call_command("load_postings", str(file), plan="P")
    call_command("load_postings", str(file), plan="P")
    assert capsys.readouterr().out.splitlines() == [
        "1 rows would be posted, 0 unchanged, 0 withdrawn.",
        "1 rows posted, 0 unchanged, 0 withdrawn.",
        "0 rows posted, 1 unchanged, 0 withdrawn.",
    ]
    assert world.figure(world.people, 1).to_date == 3


def test_the_command_names_each_row_at_fault(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "postings.csv"
    file.write_text("period,indicator,source,place,value\n2020-Q1,PEOPLE,a,KEN,x\n")
    with pytest.raises(CommandError, match=r"1 problems in postings\.csv; nothing"):
        call_command("load_postings", str(file), plan="P")
    assert capsys.readouterr().err.startswith("row 1: value: “x” is not a number.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("period,indicator,source,place,colour\n", "Unknown: colour"),
        ("period,indicator,source\n", "Missing: place"),
        ("", "Missing: indicator"),
        ("period,indicator,source,place\n1,2\n", "Line 2 has 2 columns"),
        ('period,indicator,source,place\n"1,2\n', "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    world: World, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "postings.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=told):
        call_command("load_postings", str(file), plan="P")
