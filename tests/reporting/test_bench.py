"""`manage.py bench`: its own data, what it refuses, and how findings are told. No times."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from habitat_tracker.accounts.models import User
from habitat_tracker.celery import app
from outcomes.choices import TOTAL, Basis, State
from outcomes.models import Indicator, Measurement, PostedThing, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from projects.models import Project, Result, ResultCell
from reporting.bench.findings import Finding, as_table
from reporting.bench.ledger_rows import projects_for, rows_of_a_project
from reporting.bench.scenarios import SCENARIOS
from reporting.management.commands import bench as bench_command
from tests import factories
from tests.conftest import missing

pytestmark = pytest.mark.django_db

SMALL = ("gen", "--rows=2500", "--results=60", "--projects=12")


def bench(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("bench", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def row_counts() -> dict[str, int]:
    """How many rows every table of the product holds."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models(include_auto_created=True)
    }


def test_real_data_is_refused() -> None:
    factories.plan("SP")
    with pytest.raises(CommandError, match="real data"):
        bench("gen", "--rows=1")


def test_an_account_is_real_data() -> None:
    User.objects.create_user("someone@example.org")
    with pytest.raises(CommandError, match="real data"):
        bench("gen", "--rows=1")


def test_the_switch_allows_real_data_and_leaves_it_alone() -> None:
    factories.report(
        factories.line(factories.project(p := factories.plan()), factories.indicator(p)), 5
    )
    before = row_counts()
    bench("gen", "--rows=1", "--results=0", "--on-real-data")
    bench("gen", "--remove", "--on-real-data")
    assert row_counts() == before


def test_a_measurement_without_data_says_how_to_make_it() -> None:
    with pytest.raises(CommandError, match="bench gen"):
        bench("concurrency")


def test_worker_processes_need_services_that_they_can_share(settings: Any) -> None:
    bench("gen", "--rows=1", "--results=0")
    settings.CELERY_BROKER_URL = "memory://localhost"
    with pytest.raises(CommandError, match=r"PostgreSQL .* and a Redis broker"):
        bench("workers")


def test_all_leaves_out_what_is_not_possible_here(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "memory://localhost"
    monkeypatch.setattr(bench_command, "MEASURED", [SCENARIOS["workers"]])
    told = StringIO()
    call_command(
        *("bench", "all", "--rows=1", "--results=0", "--projects=0"),
        stdout=StringIO(),
        stderr=told,
    )
    assert "bench workers is left out" in told.getvalue()


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_worker_processes_share_a_rebuild_and_end_with_the_right_figures(settings: Any) -> None:
    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        missing("Redis (CELERY_BROKER_URL)")
    bench("gen", "--rows=2500", "--results=0")
    printed = json.loads(bench("workers", "--quick", "--json"))
    found = {one["name"]: one for one in printed}
    rebuilt = found["workers: a rebuild, 4 workers / 1, by the clock"]["raw"]
    done = [int(keys) for keys in rebuilt["with_4"]["keys_by_each_worker"].split(" + ")]
    assert (len(done), sum(done)) == (4, 38)
    assert rebuilt["with_1"]["keys_by_each_worker"] == "38"
    goals = {name: one["value"] for name, one in found.items() if one["goal"] is not None}
    assert goals == {
        "workers: differing figures": 0,
        "workers: stale keys left": 0,
        "workers: files kept by workers": 0,
    }
    assert app.control.ping(timeout=1) == []


def test_generated_figures_are_those_of_the_ledger_and_removal_leaves_no_row() -> None:
    before = row_counts()
    bench(*SMALL)
    assert StaleFigure.objects.count() == Indicator.objects.count() == 38
    drain()
    assert list(verify()) == []
    bench("gen", "--remove")
    assert row_counts() == before


def test_skewed_rows_are_written_too() -> None:
    bench("gen", "--rows=15000", "--results=0", "--skew")
    assert Measurement.objects.live().count() == pytest.approx(15000, rel=0.3)


def test_generated_rows_are_such_as_the_product_posts() -> None:
    bench(*SMALL)
    live = Measurement.objects.live()
    totals = {
        (row.contributor_id, row.indicator_id, row.basis, row.period): row.numerator
        for row in live.filter(cell=TOTAL)
    }
    cells = live.exclude(cell=TOTAL).values_list(
        "contributor_id", "indicator_id", "basis", "period"
    )
    for *key, parts in cells.annotate(parts=Sum("numerator")):
        assert parts <= totals[tuple(key)]
    assert set(live.values_list("state", flat=True)) == set(State.values)
    assert set(live.values_list("basis", flat=True)) == set(Basis.values)
    assert PostedThing.objects.exists()
    assert live.filter(rating="high").exists()


def test_results_stand_behind_the_postings() -> None:
    bench(*SMALL)
    assert (Result.objects.count(), Project.objects.count()) == (80, 13)
    assert ResultCell.objects.exists()
    result = Result.objects.filter(value__isnull=False).first()
    assert result is not None
    posted = Measurement.objects.get(
        indicator=result.line.indicator,
        source=f"result:{result.pk}",
        basis=Basis.OFFICIAL,
        cell=TOTAL,
    )
    assert posted.numerator == result.value


def test_acts_of_the_audit_are_measured_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.bench.audit.QUICK_ACTS", 40)
    before = row_counts()
    printed = json.loads(bench("audit", "--quick", "--json"))
    rates = [one for one in printed if "acts a second" in one["name"]]
    assert [one["name"][-5:] for one in rates] == [", CSV", "Excel"]
    assert all(one["value"] > 0 and one["raw"]["acts"] == 40 for one in rates)
    assert row_counts() == before


def test_json_has_the_agreed_shape() -> None:
    printed: list[dict[str, Any]] = json.loads(bench("gen", "--rows=1", "--results=0", "--json"))
    assert [set(one) for one in printed] == [{"name", "value", "goal", "met", "raw"}] * 2
    assert [one["name"] for one in printed] == ["machine", "gen: ledger rows written a second"]


def test_a_finding_knows_whether_its_goal_is_met() -> None:
    assert Finding("a ratio", 1.3, goal=1.3).met is True
    assert Finding("a ratio", 1.31, goal=1.3).met is False
    assert Finding("a rate", 0.5, goal=0.5, at_least=True).met is True
    assert Finding("a rate", 0.49, goal=0.5, at_least=True).met is False
    assert Finding("a number", 7).met is None


def test_the_table_is_aligned() -> None:
    findings = [Finding("rate", 0.61, goal=0.5, at_least=True, raw={"rows": 1000})]
    assert as_table(findings) == (
        "what  value    goal  met\nrate   0.61  >= 0.5  yes\n    rows: 1,000"
    )


def test_the_number_of_rows_follows_what_is_asked() -> None:
    assert projects_for(10_000_000) * rows_of_a_project() == pytest.approx(10_000_000, rel=0.001)
