"""`manage.py figure`: a figure and its lineage as JSON, never older than the last posting."""

from __future__ import annotations

import json
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from outcomes.models import StaleFigure
from tests import factories


def figure(*arguments: str) -> dict[str, Any]:
    """What the command prints."""
    out = StringIO()
    call_command("figure", *arguments, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_a_figure_is_printed_whole(world: SimpleNamespace) -> None:
    assert figure("PUB") == {
        "plan": "SP",
        "indicator": "PUB",
        "title": "Publications",
        "scope": "plan",
        "period": "2020-Q2",
        "basis": "official",
        "cell": None,
        "as_of": None,
        "value": "7",
        "numerator": None,
        "denominator": None,
        "qualifier": "more_than",
        "text": "more than 7",
        "in_period": "4",
        "in_period_qualifier": "more_than",
        "unnamed": None,
        "shared": "0",
        "reported": 1,
        "expected": 1,
        "status": "no_target",
        "progress": None,
        "expected_progress": None,
    }


def test_a_stale_figure_is_computed_before_it_is_printed(world: SimpleNamespace) -> None:
    factories.report(world.line, 5, "2020-Q3")
    assert StaleFigure.objects.exists()

    assert figure("PUB", "--period", "2020-Q3")["value"] == "12"
    assert not StaleFigure.objects.exists()


def test_what_cannot_be_drained_is_computed_from_the_ledger(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.report(world.line, 5, "2020-Q3")
    monkeypatch.setattr("reporting.management.commands.figure.drain", lambda plan_id: 0)

    assert figure("PUB", "--period", "2020-Q3")["value"] == "12"


def test_a_percentage_has_its_parts(world: SimpleNamespace) -> None:
    rate = factories.indicator(world.outcome, "RATE", kind="percentage", over_time="latest")
    line = factories.line(world.project, rate, world.country)
    factories.report(line, at="2020-Q1", numerator=1, denominator=3)

    printed = figure("RATE", "--period", "2020-Q1", "--scope", "KEN")
    assert [printed[name] for name in ("value", "numerator", "denominator")] == [
        "33.333333",
        "1",
        "3",
    ]


def test_why_lists_contributions_and_exclusions(world: SimpleNamespace) -> None:
    factories.report(world.line, 5, "2020-Q3", to="submitted")
    why = figure("PUB", "--period", "2020-Q3", "--why")["why"]

    assert why["adds_up"] is True
    assert [(one["project"], one["counted"]) for one in why["contributions"]] == [
        ("P1", "4"),
        ("P1", "3"),
    ]
    assert why["left_out"]["waiting"]["would_be"] == "more than 12"
    assert [one["project"] for one in why["left_out"]["missing"]] == ["P1"]


def test_what_has_no_value_is_null(world: SimpleNamespace) -> None:
    factories.indicator(world.outcome, "NONE")

    assert figure("NONE")["value"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("NOTHING",),
        ("PUB", "--plan", "NOTHING"),
        ("PUB", "--period", "1999"),
        ("PUB", "--scope", "MARS"),
        ("PUB", "--basis", "guess"),
        ("PUB", "--cell", "x"),
        ("PUB", "--as-of", "x"),
    ],
)
def test_what_is_not_there_is_refused(world: SimpleNamespace, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        figure(*arguments)
