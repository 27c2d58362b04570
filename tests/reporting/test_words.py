"""Numbers and rules as people read them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from outcomes.choices import Qualifier
from outcomes.models import Indicator
from reporting import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(12000), "12\u202f000"),
        (Fraction(1, 3), "0.33"),
        (Fraction(5, 1000), "0.01"),  # half up, not to even
        (Fraction(-5, 1000), "−0.01"),
        (Fraction(-1, 1000), "0"),
        (Fraction(23, 2), "11.5"),
        (Fraction(0), "0"),
        (None, ""),
    ],
)
def test_a_number_is_rounded_half_up_and_grouped(value: Fraction | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(121), "121"),
        (Fraction(3, 8), "0.375"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(100000000000), "100000000000"),
        (None, None),
    ],
)
def test_a_machine_reads_plain_decimals_of_six_places_at_most(
    value: Fraction | None, text: str | None
) -> None:
    assert words.plain_decimal(value) == text


def test_a_qualifier_is_said_in_words() -> None:
    assert [words.qualified("15", one) for one in Qualifier] == [
        "15",
        "at least 15",
        "more than 15",
        "about 15",
    ]


def test_the_method_of_a_percentage_says_that_it_is_never_averaged() -> None:
    indicator = Indicator(kind="percentage", over_time="latest", across="sum", frequency="year")

    assert words.method(indicator) == [
        "The last numerator and denominator that a project reported count.",
        "Then all numerators together are divided by all denominators together; "
        "percentages are never averaged.",
        "Higher is better.",
        "It is reported for the last period of each year.",
    ]


@pytest.mark.parametrize("over_time", ["sum", "latest", "max", "mean"])
@pytest.mark.parametrize("across", ["sum", "max", "mean", "none"])
def test_every_rule_has_words(over_time: str, across: str) -> None:
    indicator = Indicator(kind="quantity", over_time=over_time, across=across)

    assert len(words.formula(indicator)) == 2
