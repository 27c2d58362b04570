"""Days as people read them: one way, on pages, in messages and in files."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template import engines

from habitat_tracker.wording import said_day, said_loosely

TEMPLATES = Path(__file__).parent.parent / "templates"


def test_a_day_is_written_one_way() -> None:
    written = engines["django"].from_string("{% load figures %}{{ day|day }}, {{ none|day }}")
    day = date(2026, 10, 1)
    assert said_day(day) == said_day(datetime(2026, 10, 1, 12, tzinfo=UTC)) == "1 Oct 2026"
    assert written.render({"day": day, "none": None}) == "1 Oct 2026, "


def test_no_template_writes_days_its_own_way() -> None:
    own = re.compile(r"\|date:_\([\"']j [MF] Y[\"']\)")
    texts = {path.name: path.read_text() for path in TEMPLATES.rglob("*.html")}
    assert len(texts) > 100
    assert [name for name, text in texts.items() if own.search(text)] == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-10-01", "1 Oct 2026"),
        ("2026-10", "Oct 2026"),
        ("2026", "2026"),
        ("spring of 2026", "spring of 2026"),
        ("2026-15", "2026-15"),
    ],
)
def test_what_is_known_less_precisely_is_said_so(written: str, said: str) -> None:
    assert said_loosely(written) == said
