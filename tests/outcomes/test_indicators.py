"""Rules of indicators, and baselines, milestones and targets by scope."""

from __future__ import annotations

from datetime import date

import pytest

from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes.actions import save_indicator, set_baseline, set_target
from outcomes.models import Target
from plans.models import PlanRevision
from reporting.progress import Status, assess, yardsticks

from .ledger import Ledger

pytestmark = pytest.mark.django_db
END = date(2020, 12, 31)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def refused(action, **given) -> str:
    with pytest.raises(DomainError) as error:
        action(by=None, **given)
    return error.value.code


def test_a_changed_rule_changes_the_figure_and_the_past_stays(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    contributor = ledger.contributor(indicator)
    ledger.post(contributor, 1, "5")
    ledger.post(contributor, 2, "7")
    assert ledger.value(indicator, 2) == 12
    before = database_now()
    indicator.over_time = "latest"
    save_indicator(indicator=indicator, by=None)
    assert ledger.value(indicator, 2) == 7
    assert ledger.value(indicator, 2, moment=before) == 12


def test_a_new_feeder_moves_the_headline_and_the_past_stays(ledger: Ledger) -> None:
    headline = ledger.indicator("H", is_headline=True)
    feeder = ledger.indicator("F", feeds=headline)
    late = ledger.indicator("L")
    ledger.post(ledger.contributor(feeder), 1, "5")
    ledger.post(ledger.contributor(late), 1, "7")
    assert ledger.value(headline, 1) == 5
    before = database_now()
    late.feeds = headline
    save_indicator(indicator=late, by=None)
    assert ledger.value(headline, 1) == 12
    assert ledger.value(headline, 1, moment=before) == 5


def test_a_headline_takes_only_what_can_be_compared(ledger: Ledger) -> None:
    headline = ledger.indicator("H", is_headline=True)
    with pytest.raises(DomainError) as error:
        ledger.indicator("F", feeds=headline, over_time="latest")
    assert error.value.code == "feeder_not_comparable"


def test_the_kind_is_fixed_once_somebody_reports(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    ledger.contributor(indicator)
    indicator.kind = "percentage"
    assert refused(save_indicator, indicator=indicator) == "kind_is_fixed"


def test_what_adds_up_begins_at_zero(ledger: Ledger) -> None:
    assert refused(set_baseline, indicator=ledger.indicator(), value="3") == "baseline_not_zero"


def test_what_adds_up_cannot_decrease(ledger: Ledger) -> None:
    indicator = ledger.indicator(direction="decrease")
    assert refused(set_target, indicator=indicator, value="0", on=END) == "sum_must_increase"


def test_a_target_lies_on_the_right_side_of_the_baseline(ledger: Ledger) -> None:
    indicator = ledger.indicator(over_time="latest")
    set_baseline(indicator=indicator, value="20", by=None)
    assert refused(set_target, indicator=indicator, value="10", on=END) == (
        "target_against_direction"
    )
    set_target(indicator=indicator, value="20", on=END, by=None)
    assert refused(set_baseline, indicator=indicator, value="30") == "target_against_direction"


def test_a_target_has_a_date_and_a_number(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    assert refused(set_target, indicator=indicator, value="10", on=None) == "missing_date"
    assert refused(set_target, indicator=indicator, value="many", on=END) == "not_a_number"
    rating = ledger.indicator("R", kind="rating", over_time="latest")
    assert refused(set_target, indicator=rating, value="1", on=END) == "rating_has_no_target"


def test_a_changed_target_supersedes_and_can_be_asked_as_it_was(ledger: Ledger) -> None:
    indicator = ledger.indicator()
    set_target(indicator=indicator, value="10", on=END, by=None)
    before = database_now()
    set_target(indicator=indicator, value="12", on=END, by=None)
    set_target(indicator=indicator, value="12", on=END, by=None)
    assert [row.value for row in Target.objects.at()] == [12]
    assert [row.value for row in Target.objects.at(before)] == [10]
    assert Target.objects.count() == 2
    set_target(indicator=indicator, value=None, on=None, by=None)
    assert not Target.objects.at().exists()


def test_a_status_as_of_then_goes_by_the_direction_of_then(ledger: Ledger) -> None:
    indicator = ledger.indicator(over_time="latest")
    set_baseline(indicator=indicator, value="10", by=None)
    set_target(indicator=indicator, value="10", on=END, by=None)
    ledger.post(ledger.contributor(indicator), 1, "8")
    before = database_now()
    indicator.direction = "decrease"
    save_indicator(indicator=indicator, by=None)

    def status(moment=None) -> Status:
        figure = ledger.figure(indicator, 1, moment=moment or database_now())
        held = yardsticks([indicator], [0], moment)[(indicator.pk, 0)]
        period = ledger.plan.periods.get(number=1)
        return assess(figure, held, PlanRevision.objects.at().get(plan=ledger.plan), period).status

    assert (status(before), status()) == (Status.NOT_MAINTAINED, Status.MAINTAINED)
