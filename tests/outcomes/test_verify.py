"""Stored figures against the ledger: every kind of difference is found and named."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from outcomes.models import Figure
from outcomes.rollup.queue import drain
from plans.models import StrategicPlan

from .ledger import Ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def figure() -> Figure:
    ledger = Ledger()
    ledger.post(ledger.contributor(ledger.indicator()), 1, "5")
    drain()
    return Figure.objects.get(scope=0, basis=1, period=1)


def verify() -> tuple[str, str]:
    """How the command ended, and the differences that it named."""
    errors = StringIO()
    try:
        call_command("verify_figures", stdout=StringIO(), stderr=errors)
    except CommandError as ended:
        return str(ended), errors.getvalue()
    return "", errors.getvalue()


def test_nothing_differs_after_a_drain(figure: Figure) -> None:
    assert verify() == ("", "")


def test_a_changed_figure_is_named(figure: Figure) -> None:
    Figure.objects.filter(pk=figure.pk).update(period_numerator=1)
    ended, named = verify()
    assert ended == "1 figures differ from the ledger."
    assert "P I scope 0 official period 1: stored period_numerator 1," in named
    assert "the ledger says period_numerator 5000000" in named


def test_a_missing_figure_is_named(figure: Figure) -> None:
    figure.delete()
    assert "period 1: stored no figure" in verify()[1]


def test_a_surplus_figure_is_named(figure: Figure) -> None:
    figure.cell = "nowhere"
    figure.save(force_insert=True)
    assert "cell nowhere period 1" in verify()[1]
    assert "the ledger says no figure" in verify()[1]


def test_a_figure_of_a_period_that_the_plan_does_not_have_is_named(figure: Figure) -> None:
    figure.period = 99
    figure.save(force_insert=True)
    assert "period 99" in verify()[1]


def test_a_figure_in_another_plan_than_its_indicator_is_named(figure: Figure) -> None:
    figure.plan = StrategicPlan.objects.create(code="OTHER", title={"en": "Other"})
    figure.save(force_insert=True)
    ended, named = verify()
    assert ended == "1 figures differ from the ledger."
    assert "OTHER I scope 0" in named
