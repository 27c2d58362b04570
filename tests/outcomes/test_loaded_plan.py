"""The plan that ships, loaded: its rows, and what loading a changed file does to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from habitat_tracker.accounts.models import Country
from habitat_tracker.links import is_web_address
from outcomes.actions.load_plan import load_plan
from outcomes.choices import Kind
from outcomes.management.commands.load_plan import SHIPPED
from outcomes.models import Baseline, Contributor, Indicator, Outcome, StaleFigure, Target
from outcomes.plan_file import PlanFileRefused, parse_plan
from plans.models import PlanRevision, StrategicPlan, Theme

pytestmark = pytest.mark.django_db
TEXT = SHIPPED.read_text(encoding="utf-8")
DATA = Path(__file__).parents[2] / "docs" / "data.md"
TOOLS_WITH_RESULTS = {"STDM", "ROSRA", "PROPERTY-CHAIN", "LCT"}


@pytest.fixture(scope="module", autouse=True)
def shipped(shared_rows: Path) -> None:
    """The plan that ships is loaded already."""
    load_plan(file=parse_plan(TEXT), name="plan.yaml")


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


def test_loading_again_changes_nothing() -> None:
    before = everything()
    again = load()
    assert not again.anything
    assert everything() == before


def test_end_of_the_plan_is_kept_in_versions() -> None:
    ends = [(str(row.end), row.superseded_at is None) for row in PlanRevision.objects.all()]
    assert ends == [("2023-12-31", False), ("2025-12-31", True)]


def test_further_extension_adds_a_revision_and_periods() -> None:
    first, mark, rest = TEXT.partition("  # Reporting periods")
    end = '    - {end: 2026-12-31, decided: "2025-06", decision: "A further decision"}\n'
    load((first + end + mark + rest).replace("last: 2025-Q4", "last: 2026-Q4"))
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    assert plan.periods.count() == 28
    assert [row.end.year for row in plan.revisions.all()] == [2023, 2025, 2026]


def test_changed_title_updates_its_row_only() -> None:
    old = Outcome.objects.get(code="3.2")
    done = load(TEXT.replace("Improved resource efficiency and", "Better resource efficiency and"))
    new = Outcome.objects.get(code="3.2")
    assert (new.pk, str(new.title)[:6]) == (old.pk, "Better")
    assert (done.added, done.changed) == (0, 1)


def test_faulty_file_is_refused_with_line_and_changes_nothing(tmp_path: Path) -> None:
    before = everything()
    text = TEXT.replace("Improved resource", "Better resource").replace("HL-FLD", "HL-SEM", 1)
    bad = tmp_path / "bad.yaml"
    bad.write_text(text, encoding="utf-8")
    line = text.splitlines().index(next(x for x in text.splitlines() if 'Field projects"' in x))
    with pytest.raises(CommandError, match=f"bad.yaml, line {line + 1}: the code “HL-SEM”"):
        call_command("load_plan", str(bad))
    assert everything() == before


def test_headline_is_fed_by_its_indicators_and_no_others() -> None:
    feeders = Indicator.objects.get(code="HL-PUB").feeders
    assert list(feeders.values_list("code", flat=True)) == ["O1.1-PUB", "O1.3-PUB", "O3.1-PUB"]
    assert Indicator.objects.filter(feeds__isnull=False).count() == 18


def test_rules_follow_the_shapes_that_the_review_reports_in() -> None:
    kinds = dict(Indicator.objects.values_list("code", "kind"))
    assert kinds["O2.1-NUP"] == Kind.DISTINCT
    assert kinds["ORG-PRC-RATE"] == Kind.PERCENTAGE
    assert kinds["O4.1-BEN"] == Kind.QUANTITY
    share = Indicator.objects.get(code="O4.2-TENW")
    assert (share.kind, share.over_time, share.across) == ("quantity", "latest", "none")
    assert not Baseline.objects.exists()
    assert not Target.objects.exists()


def test_changed_rule_is_a_revision_and_makes_figures_stale() -> None:
    StaleFigure.objects.all().delete()
    old = "over_time: latest, across: none"
    load(TEXT.replace(old, "over_time: latest, across: mean", 1))
    share = Indicator.objects.get(code="O4.2-TENW")
    assert [row.across for row in share.revisions.all()] == ["none", "mean"]
    assert set(StaleFigure.objects.values_list("indicator__code", flat=True)) == {"O4.2-TENW"}


def test_kind_cannot_change_once_somebody_reports() -> None:
    share = Indicator.objects.get(code="O4.2-TENW")
    Contributor.objects.create(plan=share.plan, indicator=share, source="P1")
    old = "kind: quantity, over_time: latest, across: none"
    with pytest.raises(
        PlanFileRefused, match=r"line \d+: The kind of an indicator that is reported on"
    ):
        load(TEXT.replace(old, "kind: percentage, over_time: latest, across: sum", 1))
    share.refresh_from_db()
    assert share.kind == Kind.QUANTITY


def test_unverified_items_are_marked() -> None:
    assert Theme.objects.get(code="ENB-MON").is_unverified
    assert Theme.objects.get(kind="sdg", code="11.2.1").is_unverified
    assert not Theme.objects.get(code="SI-GEN").is_unverified


def test_what_lies_outside_is_tagged_and_linked() -> None:
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    areas = Theme.objects.filter(plan=plan, part_of__code="UNSWS")
    assert sorted(areas.values_list("code", flat=True)) == [
        *("UNSWS-DATA", "UNSWS-FINANCE", "UNSWS-PARTNERS", "UNSWS-POLICY")
    ]
    named = Theme.objects.filter(plan=plan, kind="tool", code__in=TOOLS_WITH_RESULTS)
    assert named.count() == len(TOOLS_WITH_RESULTS)
    told = set(re.findall(r"`([A-Z0-9]+(?:-[A-Z]+)*)`", DATA.read_text(encoding="utf-8")))
    assert {"UNSWS", "UAP", "FP2", "GLOBAL-COMPACT", *TOOLS_WITH_RESULTS} <= told
    assert all(is_web_address(one["url"]) for one in plan.sources.values() if "url" in one)


def test_countries_have_official_names_and_offices() -> None:
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
