"""Every worked case through the real actions and the real engine, one test a case.

`pytest tests/cases --cases DIR` runs the cases of another directory.
"""

from __future__ import annotations

import pytest

from outcomes.rollup.verify import verify

from .engine import World
from .test_calculator import pytest_generate_tests  # noqa: F401
from .world import Case

pytestmark = pytest.mark.django_db


def differences(case: Case) -> list[str]:
    """Every refusal, expected value and stored figure that is not as it should be."""
    world = World(case)
    world.replay()
    lines = []
    for number, entry in enumerate(case.entries, start=1):
        code = world.refusals[number - 1]
        if code != entry.refused:
            lines.append(f"entry {number}: refused wanted {entry.refused}, got {code}")
    for number, expectation in enumerate(case.expectations, start=1):
        shown = world.answer(expectation.question)
        for key, wanted in expectation.values.items():
            got = shown[key]
            if key == "unspecified":
                got = {name: got.get(name) for name in wanted}
            if key == "ratings" and wanted is not None:
                wanted = {level: count for level, count in wanted.items() if count}
            if got != wanted:
                where = f"expect {number} ({expectation.question})"
                lines.append(f"{where}: {key} wanted {wanted}, got {got}")
    lines += [f"stored: {difference}" for difference in verify()]
    return lines


def test_case(case: Case) -> None:
    found = differences(case)
    assert not found, "\n".join([f"{case.file}: {case.id}: {case.title}", *found])
