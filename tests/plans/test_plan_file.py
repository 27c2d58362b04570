"""The plan file: what the shipped one says, and how a faulty one is refused."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from outcomes.plan_file import PlanFileRefused, declared_periods, parse_plan, read_plan_file

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).resolve().parents[2] / "plans" / "data" / "plan-2020-2023.yaml"
TEXT = SHIPPED.read_text(encoding="utf-8")


def faults_of(text: str) -> list[tuple[int, str]]:
    """Lines and reasons that a file is refused with."""
    with pytest.raises(PlanFileRefused) as refused:
        parse_plan(text)
    return [(fault.line, fault.reason) for fault in refused.value.faults]


def changed(old: str, new: str) -> tuple[str, int]:
    """The shipped text with one replacement, and the line where it was made."""
    assert old in TEXT
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    return TEXT.replace(old, new, 1), line


def test_shipped_plan_is_complete() -> None:
    file = read_plan_file(SHIPPED)
    counts = {section: len(file[section]) for section in ("domains", "outcomes", "indicators")}
    assert counts == {"domains": 4, "outcomes": 12, "indicators": 60}
    assert [headline["code"] for headline in file["headlines"]] == [
        "HL-PUB",
        "HL-TEC",
        "HL-SEM",
        "HL-FLD",
    ]
    assert Counter(office["kind"] for office in file["offices"]) == {
        "headquarters": 1,
        "regional": 4,
        "arrangement": 1,
    }
    kinds = Counter(theme["kind"] for theme in file["themes"])
    assert kinds["flagship"] == 5
    assert kinds["nua_commitment"] == 3
    assert [end["end"] for end in file["plan"]["ends"]] == [date(2023, 12, 31), date(2025, 12, 31)]
    assert len(file["plan"]["periods"]) == 24


def test_headlines_are_fed_by_the_indicators_whose_code_ends_the_same() -> None:
    file = parse_plan(TEXT)
    codes = [indicator["code"] for indicator in file["indicators"]]
    for headline in file["headlines"]:
        ending = headline["code"].removeprefix("HL")
        assert headline["feeds"] == [code for code in codes if code.endswith(ending)]


def test_no_target_or_baseline_is_invented() -> None:
    for indicator in parse_plan(TEXT)["indicators"]:
        assert (indicator["baseline"], indicator["target"]) == (None, None)
        assert not indicator["milestones"]


def test_every_outcome_and_indicator_has_an_english_and_a_chinese_title() -> None:
    file = parse_plan(TEXT)
    for entry in [*file["domains"], *file["outcomes"], *file["indicators"], *file["headlines"]]:
        assert set(entry["titles"]) == {"en", "zh"}, entry["code"]


def test_periods_follow_each_other() -> None:
    periods = parse_plan(TEXT)["plan"]["periods"]
    assert periods[0].label == "2020-Q1"
    assert (periods[-1].label, periods[-1].due) == ("2025-Q4", date(2026, 1, 15))
    assert all((b.start - a.end).days == 1 for a, b in pairwise(periods))


@pytest.mark.parametrize(
    ("kind", "first", "last", "labels"),
    [
        ("half", "2020-H2", "2021-H1", ["2020-H2", "2021-H1"]),
        ("year", "2020", "2021", ["2020", "2021"]),
        ("quarter", "2020-Q4", "2021-Q1", ["2020-Q4", "2021-Q1"]),
    ],
)
def test_periods_of_each_kind(kind: str, first: str, last: str, labels: list[str]) -> None:
    declared = {"kind": kind, "first": first, "last": last, "due_days": 15}
    assert [period.label for period in declared_periods(declared)] == labels  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('{code: "1.2", domain', '{code: "1.1", domain', "given twice in outcomes"),
        ("  - code: O1.1-TEC", "  - code: O1.1-PUB", "given twice in indicators"),
        ('    owner: "1.2"', '    owner: "1.9"', "there is no owner"),
        ('outcomes: ["1.3"], what', 'outcomes: ["1.7"], what', "there is no outcome “1.7”"),
        ("{kind: distinct, things: event", "{kind: unique, things: event", "“unique” is unknown"),
        ("{kind: distinct, things: event", "{kind: distinct", "what a distinct indicator counts"),
        ("over_time: latest, across: sum", "over_time: mean, across: sum", "cannot be mean"),
        ("end: 2025-12-31", "end: 2025-02-30", "“2025-02-30” is not a date"),
        ("end: 2025-12-31", "end: 2019-12-31", "later than the one before"),
        ("first: 2020-Q1", "first: 2020-Q5", "“2020-Q5” is not a quarter"),
        ("last: 2025-Q4", "last: 2023-Q4", "the periods must run from 2020-01-01 to 2025-12-31"),
        ('zh: "土地和住房"}, titles', 'zh: "土地和住房"}, title', "unknown key “title”"),
        ("minimum_coverage: 0.50", "minimum_coverage: 1.5", "not a share from 0 to 1"),
        ("minimum_coverage: 0.50", "minimum_coverage: NaN", "not a share from 0 to 1"),
        ("  predecessor:", "  review_steps: 3\n  predecessor:", "not a whole number from 1 to 2"),
        ("due_days: 15}", "due_days: soon}", "“soon” is not a whole number"),
        ("verification: secondary", "verification: rumour", "“rumour” is unknown"),
        ("source: [mtr:33,", "source: [paper:33,", "unknown source “paper:33”"),
        ("parent: HQ, kind", "parent: EU, kind", "the office “EU” must stand above"),
        ("body: CEB,", "body: G20,", "there is no body “G20”"),
        ("dimensions: [sex]", "dimensions: [gender]", "there is no dimension “gender”"),
        ("    baseline: null", "    baseline: {value: 1e999}", "1e999"),
        ("    target: null", "    target: {value: 5}", "has no date"),
        ("format: 1", "format: 9", "“format” must be 1"),
    ],
)
def test_fault_is_told_with_its_line(old: str, new: str, reason: str) -> None:
    text, line = changed(old, new)
    assert [(at, why) for at, why in faults_of(text) if at == line and reason in why]


def test_missing_title_is_told_with_the_line_of_its_item() -> None:
    text, line = changed(
        'titles: {en: "Improved resource efficiency', 'variants: [x], was: {en: "Im'
    )
    assert (line, "outcomes “3.2” has no title") in faults_of(text)


def test_several_faults_are_told_at_once() -> None:
    text, _ = changed("direction: increase", "direction: up")
    text = text.replace("confidence: high", "certainty: high", 1)
    assert len(faults_of(text)) == 2


def test_broken_yaml_is_told_with_its_line() -> None:
    assert [line for line, _ in faults_of("format: 1\nplan: {code: X\nsources: 2\n")] == [3]


def test_key_given_twice_is_refused() -> None:
    text, line = changed("  start: 2020-01-01", "  start: 2020-01-01\n  start: 2021-01-01")
    assert (line + 1, "“start” is given twice") in faults_of(text)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "&a [*a]", "format: 1"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    assert faults_of(text)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanFileRefused):
        read_plan_file(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"format: 1\nplan: \xe9\n")
    with pytest.raises(PlanFileRefused, match="line 2: the text is not UTF-8"):
        read_plan_file(tmp_path / "latin.yaml")


def test_review_results_name_indicators_of_the_plan() -> None:
    review = yaml.safe_load((SHIPPED.parent / "mtr-2021.yaml").read_text(encoding="utf-8"))
    rules = {entry["code"]: entry["rule"] for entry in parse_plan(TEXT)["indicators"]}
    totals: Counter[str] = Counter()
    for result in review["results"]:
        counted = rules[result["indicator"]]["kind"] == "distinct"
        assert counted == ("unnamed" in result), result["indicator"]
        number = len(result.get("things", [])) + result.get("unnamed", 0)
        totals[result["indicator"][-3:]] += number
    assert [totals[code] for code in ("PUB", "TEC", "SEM", "FLD")] == [3, 15, 121, 46]
    facts = [fact for result in review["results"] for fact in result["facts"]]
    facts += [note["fact"] for note in review["notes"]]
    # F227 is computed, and an indicator names it; the other computed totals are checks only.
    assert sorted(facts) == [*(f"F{number:03}" for number in range(87, 178)), "F227"]
