"""What a scenario found, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any


def _silent(_text: str) -> None:
    """Where nobody follows the progress."""


@dataclass(frozen=True)
class Options:
    """What a measurement is asked for: how many rows, how often, how long.

    `seconds` is how long the writers of `concurrency` write in each round. `say` tells the
    progress to whoever waits.
    """

    rows: int = 1_000_000
    skew: bool = False
    results: int = 2_000
    projects: int = 0
    repetitions: int = 5
    seconds: float = 10.0
    quick: bool = False
    remove: bool = False
    here: bool = False
    say: Callable[[str], None] = _silent


@dataclass(frozen=True)
class Finding:
    """A measured ratio or count, held against its goal where there is one.

    A goal is a maximum, or with `at_least` a minimum. `raw` holds the figures behind the
    value: seconds of CPU and wall of both sides, repetitions, numbers of rows.
    """

    name: str
    value: float
    goal: float | None = None
    at_least: bool = False
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is no goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def knowing(self, **raw: Any) -> Finding:
        """The same finding with more figures behind it."""
        return replace(self, raw={**self.raw, **raw})


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects with name, value, goal, met and raw."""
    return json.dumps(
        [
            {"name": one.name, "value": one.value, "goal": one.goal, "met": one.met, "raw": one.raw}
            for one in findings
        ],
        ensure_ascii=False,
        indent=2,
        default=str,
    )


def as_table(findings: Iterable[Finding]) -> str:
    """Aligned columns: name, value, goal, met; below each the raw figures, indented."""
    rows = [(one.name, _number(one.value), _goal(one), _MET[one.met], one.raw) for one in findings]
    headings = ("what", "value", "goal", "met")
    widths = [
        max(len(cell) for cell in column) for column in zip(headings, *_cells(rows), strict=True)
    ]
    lines = [_line(headings, widths)]
    for *cells, raw in rows:
        lines.append(_line(cells, widths))
        lines += [f"    {name}: {_told(value)}" for name, value in raw.items()]
    return "\n".join(lines)


_MET = {True: "yes", False: "no", None: "-"}


def _cells(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return [row[:4] for row in rows]


def _line(cells: Iterable[str], widths: list[int]) -> str:
    name, *rest = [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([name, *rest]).rstrip()


def _goal(finding: Finding) -> str:
    if finding.goal is None:
        return "-"
    return f"{'>=' if finding.at_least else '<='} {_number(finding.goal)}"


def _number(value: float) -> str:
    """Three significant digits for ratios, whole numbers as they are."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_told(part) for part in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)
