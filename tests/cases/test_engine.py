"""Every worked case through the real actions and the real engine, one test a case.

`pytest tests/cases --cases DIR` runs the cases of another directory.
"""

from __future__ import annotations

import pytest

from outcomes.rollup.verify import verify

from .engine import World
from .world import Case, read_cases, unmet

pytestmark = pytest.mark.django_db


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case, of the directory that `--cases` names."""
    directory = metafunc.config.getoption("--cases")
    metafunc.parametrize("case", read_cases(directory), ids=lambda case: case.id)


def differences(case: Case) -> list[str]:
    """Every refusal, expected value and stored figure that is not as it should be."""
    world = World(case)
    world.replay()
    lines = unmet(case, world.refusals, world.answer)
    lines += [f"stored: {difference}" for difference in verify()]
    return lines


def test_case(case: Case) -> None:
    found = differences(case)
    assert not found, "\n".join([f"{case.file}: {case.id}: {case.title}", *found])
