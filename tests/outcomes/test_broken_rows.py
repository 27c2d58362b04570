"""Postings that break a rule, written past every check: each is found and named by its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet

from habitat_tracker.clock import database_now
from outcomes.actions import Amount
from outcomes.models import (
    Category,
    Contributor,
    Dimension,
    Indicator,
    Measurement,
    PostedThing,
    RatingLevel,
    Thing,
)
from outcomes.rollup.broken import SENTENCES, broken_rows
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from outcomes.tasks import verify_figures

from .ledger import Ledger

pytestmark = pytest.mark.django_db


class Postings:
    """A plan with one posting on each kind of indicator, a credit, cells, and another plan."""

    def __init__(self) -> None:
        self.ledger = ledger = Ledger("P")
        self.other = Ledger("Q")
        self.headline = ledger.indicator("H", is_headline=True, unit={"en": "people"})
        self.quantity = ledger.indicator(
            "Q", unit={"en": "people", "fr": "personnes"}, allow_negative=False
        )
        self.twin = ledger.indicator("T", unit={"fr": "personnes", "en": "people"})
        self.share = ledger.indicator("S", kind="percentage")
        self.cities = ledger.indicator("C", kind="distinct", thing_kind="city")
        self.rated = ledger.indicator("R", kind="rating", over_time="latest")
        RatingLevel.objects.create(indicator=self.rated, code="good")
        for indicator in (self.quantity, self.share):
            sex = Dimension.objects.create(indicator=indicator, code="sex")
            for code in ("women", "men"):
                Category.objects.create(dimension=sex, indicator=indicator, code=code)
        self.contributor = ledger.contributor(self.quantity)
        parts = (("women", Amount(Decimal(6))), ("men", Amount(Decimal(4))))
        credits = ((self.twin.pk, frozenset[str]()),)
        ledger.post(self.contributor, 1, "10", cells=parts, credits=credits)
        share = Amount(Decimal(1), Decimal(2))
        ledger.post(ledger.contributor(self.share), 1, None, cells=(("women", share),))
        self.of(self.share).filter(cell="").update(numerator=3, denominator=4)
        town = ledger.thing("Thika")
        ledger.post(ledger.contributor(self.cities), 1, None, things=(town.pk,), unnamed=Decimal(2))
        ledger.post(ledger.contributor(self.rated), 1, None, rating="good")

    def of(self, indicator: Indicator) -> QuerySet[Measurement]:
        """The postings that count on an indicator."""
        return Measurement.objects.filter(indicator=indicator)

    def listed(self) -> Thing:
        """The thing that the posting on cities lists."""
        return PostedThing.objects.get().thing

    def total(self) -> QuerySet[Measurement]:
        """The total of the quantity."""
        return self.of(self.quantity).filter(cell="")

    def women(self) -> QuerySet[Measurement]:
        """A cell of the quantity."""
        return self.of(self.quantity).filter(cell="women")

    def codes(self) -> set[str]:
        """The codes of every broken rule in the plan."""
        return {found.code for found in broken_rows(self.ledger.plan)}


@pytest.fixture
def postings() -> Postings:
    return Postings()


def test_what_was_posted_by_the_rules_breaks_none(postings: Postings) -> None:
    drain()
    assert list(verify()) == []


Break = Callable[[Postings], object]
LARGE = Decimal(10) ** 11

BROKEN: list[tuple[str, Break]] = [
    ("headline_takes_no_results", lambda w: w.total().update(indicator=w.headline)),
    ("headline_takes_no_results", lambda w: w.total().update(recorded_on=w.headline)),
    ("of_another_plan", lambda w: w.total().update(indicator=w.other.indicator())),
    ("of_another_plan", lambda w: w.total().update(recorded_on=w.other.indicator())),
    (
        "of_another_plan",
        lambda w: w.total().update(contributor=w.other.contributor(w.other.indicator())),
    ),
    ("contributor_of_another_indicator", lambda w: w.total().update(recorded_on=w.twin)),
    ("not_the_home", lambda w: w.total().update(office=w.ledger.asia)),
    ("not_the_home", lambda w: w.total().update(country=w.ledger.uganda)),
    ("not_the_home", lambda w: w.total().update(country=None)),
    (
        "not_the_home",
        lambda w: w.total().update(
            contributor=Contributor.objects.create(
                plan=w.ledger.plan, indicator=w.quantity, source="nowhere"
            )
        ),
    ),
    ("unknown_period", lambda w: w.total().update(period=99)),
    ("unknown_period", lambda w: w.total().update(period=0)),
    ("unknown_basis", lambda w: w.total().update(basis=3)),
    ("unknown_state", lambda w: w.total().update(state="perhaps")),
    ("unknown_qualifier", lambda w: w.total().update(qualifier=4)),
    ("unknown_category", lambda w: w.women().update(cell="people")),
    ("unknown_category", lambda w: w.women().update(indicator=w.twin, recorded_on=w.quantity)),
    ("cell_of_things_or_rating", lambda w: w.of(w.cities).update(cell="women")),
    ("cell_of_things_or_rating", lambda w: w.of(w.rated).update(cell="women")),
    ("cell_without_total", lambda w: w.total().delete()),
    ("cell_without_total", lambda w: w.total().update(withdrawn_at=database_now())),
    ("cell_without_total", lambda w: w.total().update(state="not_available")),
    ("cells_exceed_total", lambda w: w.total().update(numerator=Decimal("9.999999"))),
    ("cells_exceed_total", lambda w: w.women().update(numerator=Decimal("6.000001"))),
    ("cells_exceed_total", lambda w: w.of(w.share).filter(cell="").update(denominator=1)),
    ("value_without_report", lambda w: w.total().update(state="not_applicable")),
    ("value_without_report", lambda w: w.of(w.cities).update(state="not_available")),
    ("value_without_report", lambda w: w.of(w.rated).update(state="not_available")),
    ("field_of_another_kind", lambda w: w.total().update(denominator=1)),
    ("field_of_another_kind", lambda w: w.total().update(unnamed=1)),
    ("field_of_another_kind", lambda w: w.total().update(rating="good")),
    ("field_of_another_kind", lambda w: w.of(w.cities).update(numerator=1)),
    ("field_of_another_kind", lambda w: w.of(w.rated).update(numerator=1)),
    ("missing_value", lambda w: w.total().update(numerator=None)),
    ("missing_value", lambda w: w.women().update(numerator=None)),
    ("missing_value", lambda w: w.of(w.share).update(numerator=None)),
    ("missing_value", lambda w: w.of(w.rated).update(rating="")),
    ("missing_denominator", lambda w: w.of(w.share).update(denominator=None)),
    ("denominator_zero", lambda w: w.of(w.share).update(denominator=0)),
    (
        "numerator_exceeds_denominator_in_cell",
        lambda w: w.of(w.share).filter(cell="women").update(numerator=3),
    ),
    ("unknown_level", lambda w: w.of(w.rated).update(rating="splendid")),
    ("negative_not_allowed", lambda w: w.total().update(numerator=-1)),
    ("negative_not_allowed", lambda w: w.of(w.share).update(denominator=-1)),
    ("negative_not_allowed", lambda w: w.of(w.cities).update(unnamed=-1)),
    ("not_a_whole_number", lambda w: w.of(w.cities).update(unnamed=Decimal("0.5"))),
    ("out_of_range", lambda w: w.total().update(numerator=LARGE)),
    ("out_of_range", lambda w: w.total().update(numerator=-LARGE)),
    ("out_of_range", lambda w: w.of(w.share).update(denominator=LARGE)),
    ("out_of_range", lambda w: w.of(w.cities).update(unnamed=LARGE)),
    ("credit_not_comparable", lambda w: w.of(w.twin).update(indicator=w.share)),
    ("credit_not_comparable", lambda w: change(w.twin, unit={"en": "people"})),
    ("credit_not_comparable", lambda w: change(w.twin, over_time="latest")),
    ("credit_not_comparable", lambda w: change(w.twin, thing_kind="city")),
    ("things_not_counted", lambda w: PostedThing.objects.update(measurement_id=w.total().get().id)),
    ("things_not_counted", lambda w: w.of(w.cities).update(state="not_available")),
    (
        "thing_of_another_plan",
        lambda w: PostedThing.objects.update(thing=w.other.thing("Pokhara")),
    ),
    ("thing_of_another_kind", lambda w: Thing.objects.update(kind="policy")),
    (
        "posted_in_the_future",
        lambda w: w.total().update(posted_at=database_now() + timedelta(hours=1)),
    ),
    (
        "posted_in_the_future",
        lambda w: w.total().update(withdrawn_at=database_now() + timedelta(hours=1)),
    ),
    (
        "withdrawn_before_posted",
        lambda w: w.total().update(withdrawn_at=datetime(2020, 1, 1, tzinfo=UTC)),
    ),
]


def change(indicator: Indicator, **fields: object) -> None:
    """Change an indicator past its action."""
    Indicator.objects.filter(pk=indicator.pk).update(**fields)


@pytest.mark.parametrize(("code", "broken"), BROKEN)
def test_a_row_that_breaks_a_rule_is_named(postings: Postings, code: str, broken: Break) -> None:
    broken(postings)
    assert code in postings.codes()


def test_every_rule_is_broken_by_a_test() -> None:
    assert {code for code, _broken in BROKEN} == set(SENTENCES)


def test_only_the_broken_row_is_named_with_its_place(postings: Postings) -> None:
    postings.women().update(qualifier=9)
    [found] = broken_rows(postings.ledger.plan)
    assert str(found) == (
        f"P Q contributor a KEN official cell women period 2020-Q1: posting {found.id} of test:"
        " there is no such qualifier (unknown_qualifier)"
    )
    assert found.id == postings.women().get().id


def test_a_period_without_a_label_and_a_basis_without_a_name_are_named_by_number(
    postings: Postings,
) -> None:
    postings.of(postings.rated).update(period=99, basis=7)
    found = {(one.code, one.period, one.basis) for one in broken_rows(postings.ledger.plan)}
    assert found == {("unknown_period", "99", "basis 7"), ("unknown_basis", "99", "basis 7")}


def test_withdrawn_rows_may_break_what_counted_only_while_they_stood(postings: Postings) -> None:
    Measurement.objects.update(qualifier=9, withdrawn_at=database_now())
    assert postings.codes() == set()


def test_plans_are_looked_at_one_by_one(postings: Postings) -> None:
    postings.total().update(qualifier=9)
    assert list(broken_rows(postings.other.plan)) == []


def test_parts_of_people_in_two_categories_may_be_above_the_total(postings: Postings) -> None:
    Dimension.objects.update(additive=False)
    postings.women().update(numerator=Decimal(11))
    assert postings.codes() == set()


def test_parts_that_are_out_of_range_are_not_added_up(postings: Postings) -> None:
    """Their sum would be beyond 64 bits."""
    postings.of(postings.quantity).exclude(cell="").update(numerator=Decimal(9 * 10**12))
    assert postings.codes() == {"out_of_range"}


def test_more_rows_take_no_more_statements(
    postings: Postings, django_assert_num_queries: Callable[[int], object]
) -> None:
    Measurement.objects.update(qualifier=9)
    # Rows, cells, things, times; and PostgreSQL is asked for its clock.
    with django_assert_num_queries(5 if connection.vendor == "postgresql" else 4):
        assert len(list(broken_rows(postings.ledger.plan))) == 8


def test_the_command_and_the_nightly_job_count_and_name_them(postings: Postings) -> None:
    drain()
    postings.total().update(qualifier=9)
    drain()
    errors = StringIO()
    with pytest.raises(CommandError, match=r"2 postings break a rule\.$"):
        postings.women().update(source="elsewhere", qualifier=9)
        call_command("verify_figures", "--no-drain", stdout=StringIO(), stderr=errors)
    assert "of elsewhere: there is no such qualifier (unknown_qualifier)" in errors.getvalue()
    assert verify_figures() >= 2
