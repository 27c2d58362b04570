"""Where a contributor counts, when it is expected, and things that turn out to be one."""

from __future__ import annotations

from datetime import date

import pytest

from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes import scopes
from outcomes.actions import get_thing, merge_things, save_indicator
from outcomes.models import ContributorRevision, Measurement, ThingMerge
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_a_move_takes_the_value_along_and_the_past_stays(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    before = database_now()
    ledger.contributor(indicator, office=ledger.asia)
    africa, asia = (scopes.of_office(o.pk) for o in (ledger.africa, ledger.asia))
    assert (
        ledger.value(indicator, 1, scope=africa),
        ledger.value(indicator, 1, scope=asia),
        ledger.value(indicator, 1, scope=africa, moment=before),
        ledger.value(indicator, 1),
    ) == (None, 5, 5, 5)
    assert Measurement.objects.live().count() == 1


def test_the_same_again_is_no_revision(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.contributor(indicator)
    ledger.contributor(indicator)
    assert ContributorRevision.objects.count() == 1


def test_new_dates_change_who_is_expected_and_the_past_stays(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.contributor(indicator)
    before = database_now()
    ledger.contributor(indicator, expected_to=date(2020, 4, 1))
    drain()
    assert [ledger.figure(indicator, n).expected for n in (1, 2, 3)] == [1, 1, 0]
    assert [ledger.figure(indicator, n, moment=before).expected for n in (1, 2, 3)] == [1, 1, 1]


def test_half_yearly_indicators_are_due_in_june_and_december(ledger: Ledger) -> None:
    indicator = ledger.indicator(frequency="half")
    ledger.contributor(indicator)
    drain()
    assert [ledger.figure(indicator, n).expected for n in (1, 2, 3, 4)] == [0, 1, 0, 1]


def test_a_headline_knows_which_feeder_is_due_when_they_change_places(ledger: Ledger) -> None:
    """The plan of its statement is kept: it is another one once the rules are."""
    headline = ledger.indicator("H", is_headline=True)
    each = ledger.indicator("A", feeds=headline)
    half = ledger.indicator("B", feeds=headline, frequency="half")
    contributors = [ledger.contributor(feeder) for feeder in (each, half)]
    drain()
    ledger.post(contributors[0], 2, "5")
    drain()
    each.frequency, half.frequency = "half", "each"
    for indicator in (each, half):
        save_indicator(indicator=indicator, by=None)
    drain()
    ledger.post(contributors[1], 1, "7")
    drain()
    figure = ledger.figure(headline, 1)
    assert (figure.reported, figure.expected) == (1, 1)
    assert list(verify()) == []


def test_merged_things_count_once_from_then_on(ledger: Ledger) -> None:
    indicator = ledger.indicator(kind="distinct", thing_kind="city")
    for source, city in (("a", "Bombay"), ("b", "Mumbai")):
        ledger.post(ledger.contributor(indicator, source), 1, things=(ledger.thing(city).pk,))
    assert ledger.value(indicator, 1) == 2
    before = database_now()
    merge_things(thing=ledger.thing("Bombay"), into=ledger.thing("Mumbai"), by=None)
    assert ledger.value(indicator, 1) == 1
    assert ledger.value(indicator, 1, moment=before) == 2
    assert list(verify()) == []


def test_what_a_register_keeps_is_merged_there(ledger: Ledger) -> None:
    plan = ledger.thing("A").plan
    one, other = (get_thing(plan=plan, kind="partner", key=key, by=None) for key in "ab")
    with pytest.raises(DomainError) as refused:
        merge_things(thing=one, into=other, by=None)
    assert refused.value.code == "merged_in_register"
    assert not ThingMerge.objects.exists()


def test_a_chain_of_merges_ends_at_one_thing(ledger: Ledger) -> None:
    indicator = ledger.indicator(kind="distinct", thing_kind="city")
    names = ["A", "B", "C"]
    for name in names:
        ledger.post(ledger.contributor(indicator, name), 1, things=(ledger.thing(name).pk,))
    merge_things(thing=ledger.thing("A"), into=ledger.thing("B"), by=None)
    merge_things(thing=ledger.thing("B"), into=ledger.thing("C"), by=None)
    assert ledger.value(indicator, 1) == 1
    with pytest.raises(DomainError) as refused:
        merge_things(thing=ledger.thing("C"), into=ledger.thing("A"), by=None)
    assert refused.value.code == "already_merged"
