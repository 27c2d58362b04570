"""Loading a plan file into an empty database: all of it, and nothing of a faulty one."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from habitat_tracker.accounts.models import ActivityEntry, Country, Office
from outcomes.actions.load_plan import load_plan
from outcomes.management.commands.load_plan import SHIPPED
from outcomes.models import Indicator, Target
from outcomes.plan_file import PlanFileRefused, parse_plan
from plans.actions import set_review_steps
from plans.models import StrategicPlan
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = SHIPPED.read_text(encoding="utf-8")


def load(text: str = TEXT) -> Any:
    """Load a text as a plan file."""
    return load_plan(file=parse_plan(text), name="plan.yaml")


def test_command_loads_the_shipped_plan() -> None:
    call_command("load_plan", stdout=StringIO())
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    assert plan.title["zh"] == "2020-2023 年期间人居署战略计划"
    assert plan.domains.count() == 4
    assert plan.outcomes.count() == 12
    assert plan.indicators.filter(is_headline=False).count() == 60
    assert plan.indicators.filter(is_headline=True).count() == 4
    assert plan.periods.count() == 24
    assert plan.themes.filter(kind="flagship").count() == 5
    assert Office.objects.filter(kind="regional").count() == 4
    assert Country.objects.count() == 249
    assert plan.predecessor is not None
    assert plan.predecessor.code == "SP-2014-2019"


def test_review_steps_are_those_of_the_file_or_as_managers_have_set_them() -> None:
    load()
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    assert plan.review_steps == 1
    manager = factories.user("Mia", "manager", Office.objects.get(code="HQ"))
    set_review_steps(plan=plan, steps=2, by=manager)
    assert not load().anything
    plan.refresh_from_db()
    assert plan.review_steps == 2
    load(TEXT.replace("  predecessor:", "  review_steps: 1\n  predecessor:", 1))
    plan.refresh_from_db()
    assert plan.review_steps == 1
    told = (
        ActivityEntry.objects.about(plan).filter(verb="changed").values_list("changes", flat=True)
    )
    assert {"review_steps": ["2", "1"]} in told


def test_check_only_reads(tmp_path: Path) -> None:
    out = StringIO()
    call_command("load_plan", "--check", stdout=out)
    assert "no fault" in out.getvalue()
    assert not StrategicPlan.objects.exists()


def test_published_target_is_taken_once_and_superseded_when_it_changes() -> None:
    target = "    target: {value: 40, date: 2023-12-31, source: [web_plan]}"
    text = TEXT.replace("    target: null", target, 1)
    for version in (text, text, text.replace("value: 40", "value: 50")):
        load(version)
    values = [(int(row.value), row.superseded_at is None) for row in Target.objects.all()]
    assert values == [(40, False), (50, True)]


def test_baseline_that_cannot_be_is_refused_with_its_line() -> None:
    baseline = "    baseline: {value: 5, date: 2019-12-31}"
    text = TEXT.replace("    baseline: null", baseline, 1)
    line = text.splitlines().index(baseline) + 1
    with pytest.raises(PlanFileRefused, match=f"line {line}: What adds up"):
        load(text)
    assert not StrategicPlan.objects.exists()


def test_load_is_written_down_once() -> None:
    load()
    load()
    assert ActivityEntry.objects.filter(verb="loaded").count() == 1


PUBLICATIONS = "  - code: O1.1-PUB"


def counting(kind: str) -> str:
    """The plan with its first indicator of publications counting from the register."""
    head, found, tail = TEXT.partition(PUBLICATIONS)
    return (
        head
        + found
        + tail.replace("{kind: distinct,", f"{{counts_from: {kind}, kind: distinct,", 1)
    )


def test_the_file_says_what_an_indicator_counts_from_or_leaves_it_as_it_is_set() -> None:
    load(counting("publication"))
    indicator = Indicator.objects.get(code="O1.1-PUB")
    assert indicator.counts_from == "publication"
    assert not Indicator.objects.filter(is_headline=True).exclude(counts_from="").exists()
    assert not load().anything
    indicator.refresh_from_db()
    assert indicator.counts_from == "publication"


@pytest.mark.parametrize(
    ("kind", "reason"), [("song", "“song” is unknown"), ("event", "cannot count")]
)
def test_an_indicator_that_cannot_count_this_is_refused_with_its_line(
    kind: str, reason: str
) -> None:
    with pytest.raises(PlanFileRefused, match=reason) as error:
        load(counting(kind))
    assert error.value.faults[0].line > 300
    assert not Indicator.objects.exists()
