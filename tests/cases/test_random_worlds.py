"""Random worlds: the engine and the slow calculator give the same answer to every question."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from outcomes.rollup.verify import verify

from .calculator import Calculator
from .engine import World, rolled_back
from .random_worlds import all_questions, worlds
from .world import Case

# More of them: RANDOM_WORLDS=500 pytest tests/cases/test_random_worlds.py
EXAMPLES = int(os.environ.get("RANDOM_WORLDS", "25"))
PHASES = [Phase.explicit, Phase.generate] + [Phase.shrink] * bool(os.environ.get("SHRINK"))
COMPARED = (
    *("to_date", "in_period", "numerator", "denominator", "shared", "unnamed"),
    *("qualifier", "in_period_qualifier", "reported", "expected", "unspecified", "ratings"),
    *("status", "progress", "expected_progress"),
)


def differences(case: Case, drain_after_each: bool) -> list[str]:
    """Where engine and calculator differ, one line each."""
    world, calculator = World(case, drain_after_each), Calculator(case)
    world.replay()
    lines = [
        f"entry {number}: the calculator says {wanted}, the engine {got}"
        for number, (wanted, got) in enumerate(
            zip(calculator.refusals, world.refusals, strict=True), start=1
        )
        if wanted != got
    ]
    questions = all_questions(case)
    for question, got in zip(questions, world.answers(questions), strict=True):
        wanted = calculator.answer(question).as_text()
        got["unspecified"] = {name: left for name, left in got["unspecified"].items() if left}
        lines += [
            f"{question}: {key}: the calculator says {wanted[key]}, the engine {got[key]}"
            for key in COMPARED
            if (wanted[key] or None) != (got[key] or None)
        ]
    return lines + [f"stored: {difference}" for difference in verify()]


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=PHASES,
    suppress_health_check=list(HealthCheck),
    derandomize="RANDOM_WORLDS" not in os.environ,
)
@given(case=worlds(), drain_after_each=st.booleans())
def test_the_engine_agrees_with_the_calculator(case: Case, drain_after_each: bool) -> None:
    with rolled_back():
        found = differences(case, drain_after_each)
    assert not found, "\n".join(found)
