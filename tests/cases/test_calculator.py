"""Every worked case that ships comes out of the slow calculator as worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from .calculator import Calculator
from .random_worlds import all_questions, worlds
from .world import Case, CaseError, read_cases, unmet

pytestmark = pytest.mark.once

HERE = Path(__file__).parent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", read_cases(HERE), ids=lambda case: case.id)


def differences(case: Case) -> list[str]:
    """What the calculator does not get as it was worked out by hand."""
    calculator = Calculator(case)
    return unmet(case, calculator.refusals, lambda asked: calculator.answer(asked).as_text())


def test_case(case: Case) -> None:
    found = differences(case)
    assert not found, "\n".join([f"{case.file}: {case.id}: {case.title}", *found])


def broken(tmp_path: Path, text: str) -> str:
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as error:
        read_cases(tmp_path)
    return str(error.value)


def test_a_malformed_case_is_named_with_its_file(tmp_path: Path) -> None:
    message = broken(
        tmp_path,
        "- {id: odd, periods: [2020-Q1], indicators: {I: {}}, projects: {A: {}},"
        " entries: [{project: B, period: 2020-Q1, status: approved}], expect: []}",
    )
    assert message == "bad.yaml: case odd: entry 1: project 'B' is not one of A"


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    message = broken(tmp_path, "- {id: odd, period: [2020-Q1]}")
    assert message == "bad.yaml: case odd: case: unknown key period"


def test_periods_follow_each_other(tmp_path: Path) -> None:
    message = broken(tmp_path, "- {id: odd, periods: [2020-Q1, 2020-H2]}")
    assert "does not follow 2020-Q1 without gap or overlap" in message


def test_places_of_one_series_may_not_contain_each_other(tmp_path: Path) -> None:
    message = broken(
        tmp_path,
        "- {id: odd, periods: [2020-Q1], indicators: {I: {}},"
        " projects: {A: {country: KEN, reports: {I: [KEN, Nairobi]}}}}",
    )
    assert "places_overlap" in message


@given(case=worlds())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_random_worlds_have_an_answer_to_every_question(case: Case) -> None:
    calculator = Calculator(case)
    assert calculator.refusals == [None] * len(case.entries)
    for question in all_questions(case):
        figure = calculator.answer(question)
        assert 0 <= figure.reported <= figure.expected
        assert (figure.to_date is None) == (figure.qualifier is None)
        assert figure.as_text()["status"] == figure.status
