"""What the plan rests on: documents and pages elsewhere are links, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from plans.models import StrategicPlan
from reporting.templatetags.figures import linked
from tests import factories

pytestmark = pytest.mark.django_db

SOURCES = {
    "page": {
        "label": "Smart cities, page",
        "url": "https://example.org/smart",
        "note": "The tools.",
    },
    "paper": {"label": "HSP/1"},
    "bad": {"label": "Elsewhere", "url": "javascript:alert(1)"},
}


@pytest.fixture
def plan() -> StrategicPlan:
    made = factories.plan("SP")
    made.sources = SOURCES
    made.save()
    return made


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("HSP/1, para. 3", "HSP/1, para. 3"),
        ("Elsewhere", "Elsewhere"),
        ("", ""),
        ("<b>", "&lt;b&gt;"),
        (
            "HSP/1, para. 3; Smart cities, page",
            'HSP/1, para. 3; <a href="https://example.org/smart" rel="noopener noreferrer">'
            "Smart cities, page</a>",
        ),
    ],
)
def test_a_source_that_has_an_address_is_a_link(plan, source, told) -> None:
    assert linked(source, plan) == told


def test_the_page_lists_addresses_with_what_they_are_for(plan) -> None:
    theme = factories.theme(plan, "tool", "T", "Tool")
    theme.source = "Smart cities, page"
    theme.save()
    client = Client()
    client.force_login(factories.user("Reader"))
    answer: Any = client.get("/plans/SP/about/")
    shown = answer.content.decode()
    assert [one["label"] for one in answer.context["page"].addresses] == ["Smart cities, page"]
    assert shown.count('href="https://example.org/smart"') == 2 and "The tools." in shown
    assert "javascript:" not in shown
