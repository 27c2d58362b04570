"""What the shipped plan holds of regional strategies: the review's words, and whose reading."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from outcomes.actions import PriorityInput, save_priority, withdraw_priority
from outcomes.actions.load_plan import load_plan
from outcomes.management.commands.load_plan import SHIPPED
from outcomes.models import PriorityOutcome, RegionalStrategy, StrategyPriority
from outcomes.plan_file import PlanFileRefused, parse_plan
from plans.models import StrategicPlan

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(shared_rows: Any) -> StrategicPlan:
    found = load_plan(file=parse_plan(SHIPPED.read_text(encoding="utf-8"))).plan
    assert found is not None
    return found


def test_the_shipped_plan_holds_five_regions_with_what_the_review_says(loaded) -> None:
    rows = RegionalStrategy.objects.filter(plan=loaded).with_priorities()
    assert {one.office.code: len(one.current) for one in rows} == {
        "ROAF": 4,
        "ROAS": 5,
        "ROAP": 4,
        "ROLAC": 6,
        "ECIS": 2,
    }
    assert all(one.quote["zh"] and one.source for one in rows)
    africa = next(one for one in rows if one.office.code == "ROAF")
    assert (africa.start, africa.end) == (date(2020, 1, 1), date(2023, 12, 31))
    # A period that the review does not state is not made up.
    assert {one.office.code for one in rows if one.start is None} == {
        *("ROAS", "ROAP", "ROLAC", "ECIS")
    }


def test_every_priority_of_the_review_has_its_paragraph_and_quote(loaded) -> None:
    rows = StrategyPriority.objects.filter(strategy__plan=loaded)
    assert rows.count() == 21
    for one in rows:
        assert one.quote["zh"] and one.paragraph in {"39", "40", "41", "42", "44"}
        assert one.paragraph in one.source and one.key.startswith(f"P{one.paragraph}-")
    # The review names no outcome of a regional priority: every link is said to be our reading.
    links = PriorityOutcome.objects.filter(priority__in=rows)
    assert links.count() == 23
    assert {one.verification for one in links} == {"unverified"}
    assert not rows.filter(outcome_links__isnull=False, note="").exists()


def test_loading_again_changes_nothing_and_keeps_what_an_office_has_changed(loaded) -> None:
    row = StrategyPriority.objects.get(strategy__plan=loaded, key="P39-5")
    other = StrategyPriority.objects.get(strategy__plan=loaded, key="P39-4")
    said = PriorityInput(text={"en": "Services for all"}, outcomes={"1.1": "official_page"})
    save_priority(strategy=row.strategy, priority=row, said=said, by=None)
    withdraw_priority(priority=other, reason="Done", by=None)
    text = SHIPPED.read_text(encoding="utf-8")
    assert not load_plan(file=parse_plan(text)).anything
    row.refresh_from_db()
    other.refresh_from_db()
    assert str(row.text) == "Services for all"
    assert other.withdrawn_at is not None


def test_a_changed_line_of_the_file_changes_what_nobody_has_touched(loaded) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    changed = text.replace('outcomes: ["1.1"], source: [mtr:39]', 'outcomes: ["1.3"], source: []')
    assert changed != text
    assert load_plan(file=parse_plan(changed)).changed == 3
    row = StrategyPriority.objects.get(strategy__plan=loaded, key="P39-5")
    assert [one.outcome.code for one in row.outcome_links.all()] == ["1.3"]
    assert not load_plan(file=parse_plan(changed)).anything


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("  - office: ROAS\n", "  - office: ROXX\n", "there is no office “ROXX”"),
        ('outcomes: ["2.3"], source', 'outcomes: ["9.9"], source', "there is no outcome “9.9”"),
        ("code: P39-2", "code: P39-1", "given twice"),
    ],
)
def test_a_faulty_strategy_is_told_by_its_line(old, new, reason) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(PlanFileRefused) as refusal:
        parse_plan(text.replace(old, new, 1))
    assert reason in str(refusal.value)
