"""What a document states: kept as stated, totals as the sum of their parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.errors import DomainError
from outcomes.actions.stated import load_stated_figures
from outcomes.models import StatedFigure
from plans.models import StrategicPlan
from tests import factories

pytestmark = pytest.mark.django_db


def row(key: str, **changed: Any) -> dict[str, Any]:
    """A row of a file."""
    return {
        "key": key,
        "topic": "partners",
        "paragraph": 33,
        "text": {"en": "Partners"},
        "quote": {"zh": "合作伙伴"},
        "value": 5,
        **changed,
    }


def load(plan: StrategicPlan, *rows: dict[str, Any]) -> int:
    """The rows of one document."""
    return load_stated_figures(plan=plan, rows=list(rows), document="HSP/1", by=None)


def whole(total: int | None = 191) -> list[dict[str, Any]]:
    """A total before its parts."""
    parts = {"F063": 51, "F064": 18, "F065": 26, "F066": 96}
    return [
        row("F062", value=total),
        *(row(key, value=value, part_of="F062") for key, value in parts.items()),
    ]


def test_total_is_the_sum_of_its_parts_and_is_not_typed() -> None:
    plan = factories.plan()
    assert load(plan, *whole()) == 5
    total = StatedFigure.objects.get(key="F062")
    assert (total.value, total.amount) == (None, Decimal(191))
    StatedFigure.objects.filter(key="F063").update(value=Decimal(52))
    assert StatedFigure.objects.get(key="F062").amount == Decimal(192)


def test_total_need_not_be_stated() -> None:
    plan = factories.plan()
    load(plan, *whole(None))
    assert StatedFigure.objects.get(key="F062").amount == Decimal(191)


def test_total_that_differs_is_refused_as_a_whole() -> None:
    with pytest.raises(DomainError) as refused:
        load(factories.plan(), *whole(190))
    assert refused.value.code == "parts_do_not_add_up"
    assert "190" in refused.value.message and "191" in refused.value.message
    assert not StatedFigure.objects.exists()


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row("A", text={})], "missing_text"),
        ([row("A", quote=None)], "missing_text"),
        ([row("A"), row("A")], "given_twice"),
        ([row("A", topic="weather")], "unknown_reference"),
        ([row("A", qualifier="roughly")], "unknown_reference"),
        ([row("A", colour="red")], "unknown_reference"),
        ([row("A", office="NONE")], "unknown_reference"),
        ([row("A", theme="NONE")], "unknown_reference"),
        ([row("A", part_of="B")], "unknown_reference"),
        ([row("A", part_of="A")], "unknown_reference"),
        ([row("A"), row("B", part_of="A"), row("C", part_of="B")], "unknown_reference"),
        ([row("A"), row("B", part_of="A", value=None)], "missing_text"),
    ],
)
def test_faulty_rows_are_refused(rows: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        load(factories.plan(), *rows)
    assert refused.value.code == code
    assert not StatedFigure.objects.exists()


def test_loading_again_writes_only_what_differs() -> None:
    plan = factories.plan()
    load(plan, *whole())
    acts = ActivityEntry.objects.count()
    assert load(plan, *whole()) == 0
    assert ActivityEntry.objects.count() == acts
    assert load(plan, *whole(None), row("P40", value=None, value_text={"en": "several"})) == 1
    assert load(plan, row("P40", value=None, value_text={"en": "many"})) == 1
    changed = ActivityEntry.objects.get(verb="changed")
    assert set(changed.changes) == {"value_text.en", "position"}


def test_page_shows_each_with_its_paragraph(client: Client) -> None:
    plan = factories.plan()
    rows = [*whole(), row("F054", value=190_000_000, qualifier="about", unit={"en": "dollars"})]
    load(plan, *rows)
    client.force_login(factories.user())
    page = client.get(reverse("reporting:about", args=[plan.code])).content.decode()
    for told in ("191", "about 190\u202f000\u202f000 dollars", "HSP/1, para. 33", "合作伙伴"):
        assert told in page


def test_only_staff_see_them() -> None:
    load(factories.plan(), row("A"))
    person = factories.user()
    assert StatedFigure.objects.visible_to(person).count() == 1
    person.is_active = False
    assert not StatedFigure.objects.visible_to(person).exists()
