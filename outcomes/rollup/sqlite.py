"""Exact means on SQLite, whose integers end at 64 bits: fractions as text, "numerator/denominator".

PostgreSQL does the same with numerics (`sql.MEAN`). Registered with every new connection.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .sql import BIGGEST


class ExactSum:
    """Aggregate: the sum of numbers over as many reports each; null where there is none."""

    def __init__(self) -> None:
        self.total: Fraction | None = None

    def step(self, number: int | None, reports: int) -> None:
        """One group of contributors with as many reports."""
        if number is not None:
            self.total = (self.total or Fraction(0)) + Fraction(number, reports)

    def finalize(self) -> str | None:
        """The fraction as text."""
        return None if self.total is None else str(self.total)


class ExactMax(ExactSum):
    """Aggregate: the highest mean."""

    def step(self, number: int | None, reports: int) -> None:
        """One group of contributors with as many reports, by its highest sum."""
        if number is not None:
            mean = Fraction(number, reports)
            self.total = mean if self.total is None else max(self.total, mean)


def storable(number: Fraction) -> tuple[int, int]:
    """A fraction as a pair of 64-bit integers; exact unless it needs more than 63 bits."""
    if abs(number.numerator) <= BIGGEST:
        return number.numerator, number.denominator
    room = max(1, BIGGEST // (abs(int(number)) + 1))
    denominator = min(number.denominator, room)
    return round(number * denominator), denominator


def _part(which: int, exact: str | None, divisor: int) -> int | None:
    return None if exact is None else storable(Fraction(exact) / divisor)[which]


def add_functions(connection: Any, **_: Any) -> None:
    """Teach a new SQLite connection the aggregates and functions that `sql` uses."""
    if connection.vendor != "sqlite":
        return
    raw = connection.connection
    raw.create_aggregate("exact_sum", 2, ExactSum)
    raw.create_aggregate("exact_max", 2, ExactMax)
    for which, name in enumerate(("mean_numerator", "mean_denominator")):
        raw.create_function(
            name, 2, lambda exact, by, which=which: _part(which, exact, by), deterministic=True
        )
