"""Reading and checking a plan file: the YAML in which a strategic plan is written down.

The file is explained in its own comments (`plans/data/plan-2020-2023.yaml`). Every value is
read as text and then as what its place asks for, so `2.10` stays `2.10` and a wrong date is
told by its line. A file with any fault is refused as a whole, with every fault found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from habitat_tracker.accounts.choices import OfficeKind
from habitat_tracker.errors import DomainError
from habitat_tracker.fields import LANGUAGES, parse_decimal
from plans.choices import ALIGNED_THEMES, FRAMEWORKS, PeriodKind, ThemeKind, Verification

from .choices import (
    Across,
    Confidence,
    CountsFrom,
    Direction,
    EvidenceRule,
    Frequency,
    Kind,
    Level,
    Origin,
    OverTime,
    Owner,
)

FORMAT = "1"
MONTHS = {PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}
PERIOD_LETTER = {PeriodKind.QUARTER: "Q", PeriodKind.HALF: "H"}


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a file: the line, counted from 1, and the reason in words."""

    line: int
    reason: str


class PlanFileRefused(DomainError):
    """The file has faults; nothing of it was taken."""

    default_code = "plan_file_refused"

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        lines = "\n".join(f"{name}, line {fault.line}: {fault.reason}" for fault in self.faults)
        super().__init__(f"{name} was refused and nothing was changed.\n{lines}")


class Entry(dict[str, Any]):
    """A mapping of the file that remembers its lines."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of a key; of the entry itself where the key is missing."""
        return self.lines.get(key, self.line)


class Listing(list[Any]):
    """A list of the file that remembers the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


class _Loader(yaml.SafeLoader):
    """YAML without anchors: a plan file says everything where it stands."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="anchors are not used here", problem_mark=mark)
        return super().compose_node(parent, index)


def _plain(node: Any, faults: list[Fault]) -> Any:
    """The node as text, `Listing` or `Entry`; an unquoted null or nothing is None."""
    if isinstance(node, yaml.ScalarNode):
        empty = node.style is None and node.value in ("", "~", "null")
        return None if empty else node.value
    if isinstance(node, yaml.SequenceNode):
        listing = Listing()
        for child in node.value:
            listing.append(_plain(child, faults))
            listing.lines.append(child.start_mark.line + 1)
        return listing
    entry = Entry(node.start_mark.line + 1)
    for key, child in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else str(key.value)
        if name in entry:
            faults.append(Fault(line, f"“{name}” is given twice"))
        entry[name] = _plain(child, faults)
        entry.lines[name] = line
    return entry


# Fields: what one place of the file may hold --------------------------------------------------

Read = Callable[[Any], Any]


class Wrong(ValueError):
    """A value does not fit its place; the reason completes “<key> ...”."""


@dataclass(frozen=True)
class Field:
    """How a key's value is read, and whether it must be there."""

    read: Read
    required: bool = False
    default: Any = None


def _text(limit: int = 0, pattern: str = "") -> Read:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Wrong("must be a text")
        if limit and len(value) > limit:
            raise Wrong(f"is longer than {limit} characters")
        if pattern and not re.fullmatch(pattern, value):
            raise Wrong(f"“{value}” is not a code: letters, digits, points and dashes")
        return value

    return read


def _choice(choices: Any) -> Read:
    def read(value: Any) -> str:
        if value not in choices.values:
            raise Wrong(f"“{value}” is unknown; it is one of {', '.join(choices.values)}")
        return str(value)

    return read


def _quoted(value: Any) -> dict[str, str]:
    """A passage in the languages of its document, which need not be English."""
    if not isinstance(value, Entry) or not value:
        raise Wrong("must give a text by language, like {en: ..., zh: ...}")
    for language, text in value.items():
        if language not in LANGUAGES:
            raise Wrong(f"has the unknown language “{language}”")
        if not isinstance(text, str) or not text.strip():
            raise Wrong(f"has no text in the language “{language}”")
    return dict(value)


def _translated(value: Any) -> dict[str, str]:
    texts = _quoted(value)
    if "en" not in texts:
        raise Wrong("has no English text (en)")
    return texts


def _date(value: Any) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise Wrong(f"“{value}” is not a date (YYYY-MM-DD)") from None


def _loose_date(value: Any) -> str:
    """A date as precisely as it is known: a day, a month or a year."""
    text = str(value)
    full = text + "-01" * (2 - text.count("-"))
    try:
        _date(full)
    except Wrong:
        raise Wrong(f"“{text}” is not a date (YYYY-MM-DD, YYYY-MM or YYYY)") from None
    return text


def _dates(value: Any) -> tuple[str, str]:
    first, slash, last = str(value).partition("/")
    if not slash or _date(first) > _date(last):
        raise Wrong(f"“{value}” is not a first and a last day (YYYY-MM-DD/YYYY-MM-DD)")
    return first, last


def _whole(least: int, most: int) -> Read:
    def read(value: Any) -> int:
        if not re.fullmatch(r"\d{1,6}", str(value)) or not least <= int(value) <= most:
            raise Wrong(f"“{value}” is not a whole number from {least} to {most}")
        return int(value)

    return read


def _per_mille(value: Any) -> int:
    """A share like 0.90, as thousandths."""
    if not re.fullmatch(r"[01](\.\d{1,3})?", str(value)) or Decimal(value) > 1:
        raise Wrong(f"“{value}” is not a share from 0 to 1 with three decimals at most")
    return int(Decimal(value) * 1000)


def _number(value: Any) -> Decimal:
    try:
        return parse_decimal(value)
    except DomainError as error:
        raise Wrong(f"“{value}”: {error.message}") from None


def _yes(value: Any) -> bool:
    if value not in ("true", "false"):
        raise Wrong(f"“{value}” is neither true nor false")
    return bool(value == "true")


def _list_of(read: Read) -> Read:
    def read_all(value: Any) -> list[Any]:
        if not isinstance(value, Listing):
            raise Wrong("must be a list in [ ]")
        return [read(item) for item in value]

    return read_all


def _us(value: Any) -> str:
    if value != "us":
        raise Wrong("can only be “us”")
    return "us"


def _need(read: Read) -> Field:
    return Field(read, required=True)


CODE = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
SOURCES = _list_of(_text(60))
SOURCED = {
    "source": Field(SOURCES, default=[]),
    "verification": Field(_choice(Verification), default=""),
    "note": Field(_text(), default=""),
}
BY_US = {"zh_by": Field(_us, default=""), "variants": Field(_list_of(_text()), default=[])}


def _code(limit: int) -> Field:
    return _need(_text(limit, CODE))


ACT = {
    "code": _need(_text(120)),
    "date": Field(_loose_date, default=""),
    "what": _need(_translated),
    **SOURCED,
}
FIXED_VALUE = {
    "value": _need(_number),
    "date": Field(_date),
    "source": Field(SOURCES, default=[]),
    "verification": Field(_choice(Verification), default=""),
}
PLAN = {
    "code": _code(30),
    "titles": _need(_translated),
    "short": Field(_translated, default={}),
    "vision": Field(_translated, default={}),
    "objective": Field(_translated, default={}),
    "organization": Field(lambda value: value),
    "start": _need(_date),
    "ends": Field(lambda value: value, required=True),
    "periods": Field(lambda value: value, required=True),
    "settings": Field(lambda value: value),
    "review_steps": Field(_whole(1, 2)),
    "predecessor": Field(lambda value: value),
    **SOURCED,
}
PERIODS = {
    "kind": _need(_choice(PeriodKind)),
    "first": _need(_text(20)),
    "last": _need(_text(20)),
    "due_days": Field(_whole(0, 365), default=15),
}
SETTINGS = {
    "minimum_coverage": Field(_per_mille, default=500),
    "on_track": Field(_per_mille, default=900),
    "delayed": Field(_per_mille, default=600),
    "due_days": Field(_whole(0, 365)),
}
END = {
    "end": _need(_date),
    "decided": Field(_loose_date, default=""),
    "decision": Field(_text(300), default=""),
    "proposal": Field(_text(60), default=""),
    "what": Field(_translated, default={}),
    **SOURCED,
}
PREDECESSOR = {
    "code": _code(30),
    "titles": _need(_translated),
    "start": Field(_date),
    "end": Field(_date),
    "subprogrammes": Field(lambda value: value),
    **SOURCED,
}
ORGANIZATION = {
    "code": _code(30),
    "titles": _need(_translated),
    "iati": Field(_text(60), default=""),
    "note": Field(_text(), default=""),
}
SOURCE = {
    "label": _need(_text(120)),
    "symbol": Field(_text(60)),
    "title": Field(_text()),
    "url": Field(_text(500)),
    "date": Field(_loose_date),
    "note": Field(_text()),
}
RULE = {
    "kind": _need(_choice(Kind)),
    "things": Field(_text(30, r"[a-z][a-z_]*"), default=""),
    "over_time": _need(_choice(OverTime)),
    "across": _need(_choice(Across)),
    "direction": Field(_choice(Direction), default=Direction.INCREASE.value),
    "frequency": Field(_choice(Frequency), default=Frequency.EACH.value),
    "decimals": Field(_whole(0, 6), default=2),
    "allow_negative": Field(_yes, default=True),
    "counts_from": Field(_choice(CountsFrom), default=""),
}
PROVENANCE = {
    "origin": _need(_choice(Origin)),
    "level": Field(_choice(Level), default=Level.OUTPUT.value),
    "zh_by": Field(_us, default=""),
    "source": Field(SOURCES, default=[]),
    "verification": Field(_choice(Verification), default=""),
}
CATEGORY = {"code": _code(30), "titles": _need(_translated)}
STRATEGY_PRIORITY = {
    "code": _code(20),
    "titles": _need(_translated),
    "paragraph": Field(_whole(1, 999)),
    "quote": Field(_quoted, default={}),
    "outcomes": Field(_list_of(_text(10)), default=[]),
    "outcomes_verification": Field(_choice(Verification), default=Verification.UNVERIFIED.value),
    **BY_US,
    **SOURCED,
}
SECTIONS: dict[str, dict[str, Field]] = {
    "mandates": ACT,
    "approvals": {
        **ACT,
        "body": _need(_text(60)),
        "act": _need(_text(60)),
        "dates": Field(_dates),
        "decision": Field(_text(60), default=""),
        "document": Field(_text(60), default=""),
    },
    "adaptations": ACT,
    "bodies": {
        "code": _code(60),
        "titles": _need(_translated),
        "role": Field(_translated, default={}),
        "members": Field(_whole(1, 1000)),
        **SOURCED,
    },
    "offices": {
        "code": _code(20),
        "parent": Field(_text(20)),
        "kind": _need(_choice(OfficeKind)),
        "titles": _need(_translated),
        "seat": Field(_text(100), default=""),
        "seat_verification": Field(_choice(Verification), default=""),
        "coverage": Field(_translated, default={}),
        **BY_US,
        **SOURCED,
    },
    "strategies": {
        "office": _need(_text(20)),
        "titles": _need(_translated),
        "period": Field(_dates),
        "countries": Field(_list_of(_text(3)), default=[]),
        "quote": Field(_quoted, default={}),
        "priorities": Field(lambda value: value, required=True),
        **SOURCED,
    },
    "domains": {
        "code": _code(10),
        "titles": _need(_translated),
        "priority": Field(_translated, default={}),
        "paragraph": Field(_whole(1, 999)),
        **BY_US,
        **SOURCED,
    },
    "outcomes": {
        "code": _code(10),
        "domain": _need(_text(10)),
        "short": Field(_translated, default={}),
        "titles": _need(_translated),
        "paragraph": Field(_whole(1, 999)),
        **BY_US,
        **SOURCED,
    },
    "themes": {
        "kind": _need(_choice(ThemeKind)),
        "code": _code(40),
        "titles": _need(_translated),
        "what": Field(_translated, default={}),
        "outcomes": Field(_list_of(_text(10)), default=[]),
        "part_of": Field(_text(40), default=""),
        "launched": Field(_loose_date, default=""),
        **BY_US,
        **SOURCED,
    },
    "sdg_alignments": {
        "outcome": _need(_text(10)),
        "indicator": _need(_text(20)),
        "confidence": Field(_choice(Confidence), default=""),
        "basis": Field(_text(200), default=""),
        "verification": Field(_choice(Verification), default=""),
    },
    "sdg_indicators": {
        "code": _code(20),
        "titles": _need(_translated),
        "unit": Field(_text(60), default=""),
        "direction": Field(_choice(Direction)),
        "wording": Field(_text(20), default=""),
        "verification": Field(_choice(Verification), default=""),
    },
    "qcpr_alignments": {"domain": _need(_text(10)), "titles": _need(_translated), **SOURCED},
    "framework_targets": {
        "framework": _need(_text(40)),
        "code": _code(40),
        "titles": _need(_translated),
        "what": Field(_translated, default={}),
        **BY_US,
        **SOURCED,
    },
    "framework_links": {
        "target": _need(_text(40)),
        "outcomes": Field(_list_of(_text(10)), default=[]),
        "indicators": Field(_list_of(_text(30)), default=[]),
        "confidence": _need(_choice(Confidence)),
        "basis": Field(_text(500), default=""),
        **SOURCED,
    },
    "dimensions": {
        "code": _code(30),
        "titles": _need(_translated),
        "additive": Field(_yes, default=True),
        "categories_by": Field(_us, default=""),
        "categories": Field(lambda value: value, required=True),
    },
    "indicators": {
        "code": _code(30),
        "owner": _need(_text(15)),
        "titles": _need(_translated),
        "unit": Field(_translated, default={}),
        "rule": Field(lambda value: value, required=True),
        "baseline": Field(lambda value: value),
        "target": Field(lambda value: value),
        "milestones": Field(lambda value: value),
        "dimensions": Field(_list_of(_text(30)), default=[]),
        "disaggregation_wanted": Field(_list_of(_text(120)), default=[]),
        "evidence": Field(_choice(EvidenceRule), default=""),
        "means_of_verification": Field(_list_of(_text(500)), default=[]),
        "method": Field(_translated, default={}),
        "provenance": Field(lambda value: value, required=True),
        "note": Field(_text(), default=""),
    },
    "headlines": {
        "code": _code(30),
        "titles": _need(_translated),
        "feeds": _need(_list_of(_text(30))),
        "source": Field(SOURCES, default=[]),
        "verification": Field(_choice(Verification), default=""),
        "note": Field(_text(), default=""),
    },
}
NEEDED_SECTIONS = ("offices", "domains", "outcomes", "indicators")


# Periods ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A reporting period as the file declares it."""

    number: int
    label: str
    kind: str
    start: date
    end: date
    due: date


def period_start(kind: str, label: str) -> date | None:
    """The first day of `2020-Q1`, `2020-H2` or `2020`; None where the label is not of the kind."""
    letter = PERIOD_LETTER.get(PeriodKind(kind))
    match = re.fullmatch(rf"(\d{{4}})-{letter}(\d)" if letter else r"(\d{4})", label)
    if not match or int(match[1]) < 1900:
        return None
    months = MONTHS[PeriodKind(kind)]
    part = int(match[2]) if letter else 1
    return date(int(match[1]), (part - 1) * months + 1, 1) if 1 <= part <= 12 // months else None


def declared_periods(declared: Entry) -> list[Period]:
    """All periods from the first to the last, without gap or overlap."""
    kind, months = declared["kind"], MONTHS[PeriodKind(declared["kind"])]
    letter = PERIOD_LETTER.get(PeriodKind(kind))
    start, last = period_start(kind, declared["first"]), period_start(kind, declared["last"])
    periods: list[Period] = []
    while start is not None and last is not None and start <= last:
        month = start.month - 1 + months
        following = date(start.year + month // 12, month % 12 + 1, 1)
        end = following - timedelta(days=1)
        part = f"-{letter}{(start.month - 1) // months + 1}" if letter else ""
        due = end + timedelta(days=declared["due_days"])
        periods.append(Period(len(periods) + 1, f"{start.year}{part}", kind, start, end, due))
        start = following
    return periods


# Checking ----------------------------------------------------------------------------------


class _Check:
    """Reads the parts of one file and gathers its faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.sources: set[str] = set()

    def fault(self, line: int, reason: str) -> None:
        """Note a fault and go on, so that all are told at once."""
        self.faults.append(Fault(line, reason))

    def entry(self, raw: Any, fields: dict[str, Field], what: str, line: int) -> Entry | None:
        """A mapping read by its fields; None where it is no mapping or a needed key is missing."""
        if not isinstance(raw, Entry):
            self.fault(line, f"{what} must be written as key: value")
            return None
        read = Entry(raw.line)
        read.lines = raw.lines
        whole = True
        for key in raw:
            if key not in fields:
                self.fault(raw.line_of(key), f"unknown key “{key}” in {what}")
        for key, field in fields.items():
            value = raw.get(key)
            if value is None:
                read[key] = field.default
                if field.required:
                    missing = "title" if key == "titles" else f"“{key}”"
                    self.fault(raw.line_of(key), f"{what} has no {missing}")
                    whole = False
                continue
            try:
                read[key] = field.read(value)
            except Wrong as wrong:
                self.fault(raw.line_of(key), f"“{key}” of {what} {wrong}")
                read[key] = field.default
                whole = whole and not field.required
        self.known_sources(read, what)
        return read if whole else None

    def known_sources(self, entry: Entry, what: str) -> None:
        """Every source is one of the file's own list."""
        for key in entry.get("source") or []:
            if key.partition(":")[0] not in self.sources:
                self.fault(entry.line_of("source"), f"unknown source “{key}” in {what}")

    def entries(self, raw: Any, fields: dict[str, Field], what: str, line: int) -> list[Entry]:
        """A list of mappings; codes are given once (themes: once in a kind)."""
        if raw is None:
            return []
        if not isinstance(raw, Listing):
            self.fault(line, f"{what} must be a list")
            return []
        read, seen = [], set()
        for item, item_line in zip(raw, raw.lines, strict=True):
            name = item.get("code") if isinstance(item, Entry) else None
            entry = self.entry(item, fields, f"{what} “{name}”" if name else what, item_line)
            if entry is None:
                continue
            code = (entry.get("kind") if what == "themes" else None, entry.get("code"))
            if code[1] and code in seen:
                self.fault(entry.line_of("code"), f"the code “{code[1]}” is given twice in {what}")
                continue
            seen.add(code)
            read.append(entry)
        return read

    def one_of(self, entry: Entry, key: str, known: Any, what: str) -> None:
        """A key (or each item of its list) names something that the file has."""
        for code in entry[key] if isinstance(entry[key], list) else [entry[key]]:
            if code not in known:
                self.fault(entry.line_of(key), f"there is no {what} “{code}”")


def _check_plan(check: _Check, plan: Entry) -> None:
    """Dates, ends, periods, settings and predecessor of the plan."""
    plan["ends"] = check.entries(plan["ends"], END, "ends", plan.line_of("ends"))
    previous = plan["start"]
    for end in plan["ends"]:
        if end["end"] <= previous:
            check.fault(end.line_of("end"), "each end must be later than the one before it")
        previous = end["end"]
    settings = plan["settings"] if plan["settings"] is not None else Entry(plan.line)
    plan["settings"] = check.entry(settings, SETTINGS, "settings", plan.line_of("settings"))
    line = plan.line_of("periods")
    periods = check.entry(plan["periods"], PERIODS, "periods", line)
    plan["periods"] = []
    if periods is not None:
        for key in ("first", "last"):
            if period_start(periods["kind"], periods[key]) is None:
                check.fault(line, f"“{periods[key]}” is not a {periods['kind']} (like 2020-Q1)")
        plan["periods"] = declared = declared_periods(periods)
        if declared and (declared[0].start > plan["start"] or declared[-1].end < previous):
            check.fault(line, f"the periods must run from {plan['start']} to {previous}")
        elif not declared:
            check.fault(line, "the last period must not lie before the first")
        if plan["settings"] is not None and plan["settings"]["due_days"] is None:
            plan["settings"]["due_days"] = periods["due_days"]
    if plan["organization"] is not None:
        check.entry(plan["organization"], ORGANIZATION, "organization", plan.line)
    if plan["predecessor"] is not None:
        raw = plan["predecessor"]
        line = plan.line_of("predecessor")
        plan["predecessor"] = former = check.entry(raw, PREDECESSOR, "predecessor", line)
        if former is not None:
            what = "subprogrammes"
            former[what] = check.entries(former[what], CATEGORY, what, former.line_of(what))


def _check_indicators(check: _Check, file: Entry, owners: set[str]) -> None:
    """Rules, owners, breakdowns and values of indicators; headlines and what feeds them."""
    dimensions = {dimension["code"]: dimension for dimension in file["dimensions"]}
    for dimension in file["dimensions"]:
        line = dimension.line_of("categories")
        dimension["categories"] = check.entries(
            dimension["categories"], CATEGORY, "categories", line
        )
    rules: dict[str, tuple[Any, ...]] = {}
    for indicator in file["indicators"]:
        code = indicator["code"]
        check.one_of(indicator, "owner", owners, "owner (outcome, domain or function)")
        check.one_of(indicator, "dimensions", dimensions, "dimension")
        for key, fields in (("rule", RULE), ("provenance", PROVENANCE)):
            line = indicator.line_of(key)
            indicator[key] = check.entry(indicator[key], fields, f"{key} of “{code}”", line)
        for key in ("baseline", "target"):
            if indicator[key] is not None:
                line = indicator.line_of(key)
                indicator[key] = check.entry(
                    indicator[key], FIXED_VALUE, f"{key} of “{code}”", line
                )
        line = indicator.line_of("milestones")
        indicator["milestones"] = check.entries(
            indicator["milestones"], FIXED_VALUE, f"milestones of “{code}”", line
        )
        for dated in [indicator["target"], *indicator["milestones"]]:
            if dated is not None and dated["date"] is None:
                check.fault(dated.line, f"a target or milestone of “{code}” has no date")
        rule = indicator["rule"]
        if rule is not None:
            _check_rule(check, rule, indicator, dimensions)
            rules[code] = (rule["kind"], rule["things"], rule["over_time"], rule["across"])
    codes = {indicator["code"] for indicator in file["indicators"]}
    fed: dict[str, str] = {}
    for headline in file["headlines"]:
        if headline["code"] in codes:
            check.fault(headline.line_of("code"), f"the code “{headline['code']}” is given twice")
        check.one_of(headline, "feeds", codes, "indicator")
        line = headline.line_of("feeds")
        if len({rules[code] for code in headline["feeds"] if code in rules}) != 1:
            check.fault(line, f"what feeds “{headline['code']}” must have one kind and one rule")
        for code in headline["feeds"]:
            if code in fed:
                check.fault(line, f"“{code}” already feeds “{fed[code]}”")
            fed[code] = headline["code"]


def _check_rule(check: _Check, rule: Entry, indicator: Entry, dimensions: dict[str, Entry]) -> None:
    """Only rules that can be computed: percentages and things are unions and ratios of sums."""
    kind, name = rule["kind"], f"“{indicator['code']}”"
    allowed = {
        Kind.PERCENTAGE: ({OverTime.SUM, OverTime.LATEST}, {Across.SUM}),
        Kind.DISTINCT: ({OverTime.SUM, OverTime.LATEST}, {Across.SUM}),
        Kind.RATING: ({OverTime.LATEST}, {Across.SUM}),
    }.get(kind)
    if allowed and (rule["over_time"] not in allowed[0] or rule["across"] not in allowed[1]):
        check.fault(
            rule.line,
            f"a {kind} like {name} cannot be {rule['over_time']} over time "
            f"and {rule['across']} across",
        )
    if (kind == Kind.DISTINCT) != bool(rule["things"]):
        check.fault(rule.line, f"“things” says what a distinct indicator counts, no other: {name}")
    if kind in (Kind.DISTINCT, Kind.RATING) and indicator["dimensions"]:
        line = indicator.line_of("dimensions")
        check.fault(line, f"things and ratings have no entered breakdown: {name}")
    seen: set[str] = set()
    for code in indicator["dimensions"]:
        for category in dimensions[code]["categories"] if code in dimensions else []:
            if category["code"] in seen:
                line = indicator.line_of("dimensions")
                check.fault(
                    line, f"two breakdowns of {name} share the category “{category['code']}”"
                )
            seen.add(category["code"])


def _check_references(check: _Check, file: Entry) -> None:
    """What one part of the file says of another is there."""
    outcomes = {outcome["code"] for outcome in file["outcomes"]}
    domains = {domain["code"] for domain in file["domains"]}
    bodies = {body["code"] for body in file["bodies"]}
    goals = {goal["code"] for goal in file["sdg_indicators"]}
    above: set[str] = set()
    for office in file["offices"]:
        if office["parent"] is not None and office["parent"] not in above:
            line = office.line_of("parent")
            check.fault(
                line, f"the office “{office['parent']}” must stand above “{office['code']}”"
            )
        above.add(office["code"])
    for outcome in file["outcomes"]:
        check.one_of(outcome, "domain", domains, "domain")
        if outcome["code"] in domains:
            check.fault(outcome.line_of("code"), f"“{outcome['code']}” is a domain's code")
    for strategy in file["strategies"]:
        check.one_of(strategy, "office", above, "office")
        line = strategy.line_of("priorities")
        what = f"priorities of “{strategy['office']}”"
        strategy["priorities"] = check.entries(
            strategy["priorities"], STRATEGY_PRIORITY, what, line
        )
        for priority in strategy["priorities"]:
            check.one_of(priority, "outcomes", outcomes, "outcome")
    for theme in file["themes"]:
        check.one_of(theme, "outcomes", outcomes, "outcome")
    for alignment in file["sdg_alignments"]:
        check.one_of(alignment, "outcome", outcomes, "outcome")
        check.one_of(alignment, "indicator", goals, "SDG indicator")
    for alignment in file["qcpr_alignments"]:
        check.one_of(alignment, "domain", domains, "domain")
    _check_frameworks(check, file, outcomes)
    for approval in file["approvals"]:
        check.one_of(approval, "body", bodies, "body")
    functions = {Owner.PLAN.value, Owner.CATALYTIC.value, Owner.ORGANIZATION.value}
    _check_indicators(check, file, outcomes | domains | functions)


def _check_frameworks(check: _Check, file: Entry, outcomes: set[str]) -> None:
    """Targets belong to a framework; links lead from outcomes or indicators to what there is."""
    frameworks = {theme["code"] for theme in file["themes"] if theme["kind"] in FRAMEWORKS}
    aligned = frameworks | {
        theme["code"] for theme in file["themes"] if theme["kind"] in ALIGNED_THEMES
    }
    for theme in file["themes"]:
        if theme["part_of"]:
            check.one_of(theme, "part_of", frameworks, "framework")
    for target in file["framework_targets"]:
        check.one_of(target, "framework", frameworks, "framework")
        if target["code"] in aligned:
            check.fault(target.line_of("code"), f"the code “{target['code']}” is given twice")
        aligned.add(target["code"])
    aligned |= {f"QCPR-{alignment['domain']}" for alignment in file["qcpr_alignments"]}
    indicators = {one["code"] for one in (*file["indicators"], *file["headlines"])}
    for link in file["framework_links"]:
        check.one_of(link, "target", aligned, "framework or target")
        check.one_of(link, "outcomes", outcomes, "outcome")
        check.one_of(link, "indicators", indicators, "indicator")


def parse_plan(text: str, name: str = "plan file") -> Entry:
    """The content of a plan file, checked; raises `PlanFileRefused` with every fault found."""
    check = _Check()
    try:
        node = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it is not YAML text"
        raise PlanFileRefused(name, [Fault(mark.line + 1 if mark else 1, reason)]) from None
    raw = _plain(node, check.faults) if node is not None else None
    if not isinstance(raw, Entry):
        raise PlanFileRefused(name, [Fault(1, "a plan file begins with “format: 1”")])
    if raw.get("format") != FORMAT:
        check.fault(raw.line_of("format"), f"“format” must be {FORMAT}")
    for key in raw:
        if key not in ("format", "plan", "sources", *SECTIONS):
            check.fault(raw.line_of(key), f"unknown section “{key}”")

    file = Entry(raw.line)
    file.lines = raw.lines
    listed = raw.get("sources")
    sources = listed if isinstance(listed, Entry) else Entry(raw.line)
    file["sources"] = {}
    for key, source in sources.items():
        read = check.entry(source, SOURCE, f"source “{key}”", sources.line_of(key))
        file["sources"][key] = read
    check.sources = set(sources)
    file["plan"] = check.entry(raw.get("plan"), PLAN, "plan", raw.line_of("plan"))
    if file["plan"] is not None:
        _check_plan(check, file["plan"])
    for section, fields in SECTIONS.items():
        line = raw.line_of(section)
        file[section] = check.entries(raw.get(section), fields, section, line)
        if section in NEEDED_SECTIONS and not raw.get(section):
            check.fault(line, f"the section “{section}” is missing")
    _check_references(check, file)
    if check.faults:
        raise PlanFileRefused(name, check.faults)
    return file


def read_plan_file(path: Path) -> Entry:
    """The checked content of a file on disk."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PlanFileRefused(path.name, [Fault(1, error.strerror or "cannot be read")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PlanFileRefused(path.name, [Fault(line, "the text is not UTF-8")]) from None
    return parse_plan(text, path.name)
