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
from outcomes.models import Target
from outcomes.plan_file import PlanFileRefused, parse_plan
from plans.models import StrategicPlan

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
