"""Loading a plan file: all of it, nothing twice, and nothing of a faulty one."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from habitat_tracker.accounts.models import ActivityEntry, Country, Office
from outcomes.actions.load_plan import load_plan
from outcomes.choices import Kind
from outcomes.management.commands.load_plan import SHIPPED
from outcomes.models import Baseline, Contributor, Indicator, Outcome, StaleFigure, Target
from outcomes.plan_file import PlanFileRefused, parse_plan
from plans.actions import set_review_steps
from plans.models import PlanRevision, StrategicPlan, Theme
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = SHIPPED.read_text(encoding="utf-8")


def load(text: str = TEXT) -> Any:
    """Load a text as a plan file."""
    return load_plan(file=parse_plan(text), name="plan.yaml")


def everything() -> dict[str, list[Any]]:
    """Every row of every table of ours, as it is stored."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for label in ("accounts", "plans", "outcomes", "projects")
        for model in apps.get_app_config(label).get_models()
    }


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


def test_loading_again_changes_nothing() -> None:
    load()
    before = everything()
    again = load()
    assert not again.anything
    assert everything() == before


def test_end_of_the_plan_is_kept_in_versions() -> None:
    load()
    ends = [(str(row.end), row.superseded_at is None) for row in PlanRevision.objects.all()]
    assert ends == [("2023-12-31", False), ("2025-12-31", True)]


def test_further_extension_adds_a_revision_and_periods() -> None:
    load()
    first, mark, rest = TEXT.partition("  # Reporting periods")
    end = '    - {end: 2026-12-31, decided: "2025-06", decision: "A further decision"}\n'
    load((first + end + mark + rest).replace("last: 2025-Q4", "last: 2026-Q4"))
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    assert plan.periods.count() == 28
    assert [row.end.year for row in plan.revisions.all()] == [2023, 2025, 2026]


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


def test_changed_title_updates_its_row_only() -> None:
    load()
    old = Outcome.objects.get(code="3.2")
    done = load(TEXT.replace("Improved resource efficiency and", "Better resource efficiency and"))
    new = Outcome.objects.get(code="3.2")
    assert (new.pk, str(new.title)[:6]) == (old.pk, "Better")
    assert (done.added, done.changed) == (0, 1)


def test_faulty_file_is_refused_with_line_and_changes_nothing(tmp_path: Path) -> None:
    load()
    before = everything()
    text = TEXT.replace("Improved resource", "Better resource").replace("HL-FLD", "HL-SEM", 1)
    bad = tmp_path / "bad.yaml"
    bad.write_text(text, encoding="utf-8")
    line = text.splitlines().index(next(x for x in text.splitlines() if 'Field projects"' in x))
    with pytest.raises(CommandError, match=f"bad.yaml, line {line + 1}: the code “HL-SEM”"):
        call_command("load_plan", str(bad))
    assert everything() == before


def test_check_only_reads(tmp_path: Path) -> None:
    out = StringIO()
    call_command("load_plan", "--check", stdout=out)
    assert "no fault" in out.getvalue()
    assert not StrategicPlan.objects.exists()


def test_headline_is_fed_by_its_indicators_and_no_others() -> None:
    load()
    feeders = Indicator.objects.get(code="HL-PUB").feeders
    assert list(feeders.values_list("code", flat=True)) == ["O1.1-PUB", "O1.3-PUB", "O3.1-PUB"]
    assert Indicator.objects.filter(feeds__isnull=False).count() == 18


def test_rules_follow_the_shapes_that_the_review_reports_in() -> None:
    load()
    kinds = dict(Indicator.objects.values_list("code", "kind"))
    assert kinds["O2.1-NUP"] == Kind.DISTINCT
    assert kinds["ORG-PRC-RATE"] == Kind.PERCENTAGE
    assert kinds["O4.1-BEN"] == Kind.QUANTITY
    share = Indicator.objects.get(code="O4.2-TENW")
    assert (share.kind, share.over_time, share.across) == ("quantity", "latest", "none")
    assert not Baseline.objects.exists()
    assert not Target.objects.exists()


def test_changed_rule_is_a_revision_and_makes_figures_stale() -> None:
    load()
    StaleFigure.objects.all().delete()
    old = "over_time: latest, across: none"
    load(TEXT.replace(old, "over_time: latest, across: mean", 1))
    share = Indicator.objects.get(code="O4.2-TENW")
    assert [row.across for row in share.revisions.all()] == ["none", "mean"]
    assert set(StaleFigure.objects.values_list("indicator__code", flat=True)) == {"O4.2-TENW"}


def test_kind_cannot_change_once_somebody_reports() -> None:
    load()
    share = Indicator.objects.get(code="O4.2-TENW")
    Contributor.objects.create(plan=share.plan, indicator=share, source="P1")
    old = "kind: quantity, over_time: latest, across: none"
    with pytest.raises(
        PlanFileRefused, match=r"line \d+: The kind of an indicator that is reported on"
    ):
        load(TEXT.replace(old, "kind: percentage, over_time: latest, across: sum", 1))
    share.refresh_from_db()
    assert share.kind == Kind.QUANTITY


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


def test_unverified_items_are_marked() -> None:
    load()
    assert Theme.objects.get(code="ENB-MON").is_unverified
    assert Theme.objects.get(kind="sdg", code="11.2.1").is_unverified
    assert not Theme.objects.get(code="SI-GEN").is_unverified


def test_countries_have_official_names_and_offices() -> None:
    load()
    by_code = {country.iso3: country for country in Country.objects.select_related("office")}
    assert by_code["TUR"].name["en"] == "Türkiye"
    assert by_code["CIV"].name["fr"] == "Côte d’Ivoire"
    assert by_code["TZA"].name["zh"] == "坦桑尼亚联合共和国"
    assert by_code["KEN"].subregion == "Eastern Africa"
    codes = ("SDN", "SOM", "AFG", "MEX", "ARM", "RUS")
    offices = [by_code[code].office.code for code in codes]
    assert offices == ["ROAS", "ROAF", "ROAP", "ROLAC", "ECIS", "ECIS"]
    assert by_code["POL"].office is None
    assert sum(c.office is not None and c.office.code == "ROAS" for c in by_code.values()) == 18
    assert all(set(c.name) == {"en", "fr", "es", "ru", "zh", "ar"} for c in by_code.values())


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
