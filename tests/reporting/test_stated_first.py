"""What the review states stands first, and no computed 0 where our own records hold nothing."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan
from reporting.templatetags.figures import quoted
from tests import factories
from tests.api_client import Api

from .test_exports import downloaded

pytestmark = pytest.mark.django_db

PLAN = "plans/SP-2020-2023"


@pytest.fixture(scope="module")
def loaded(shared_rows: Path) -> None:
    """The plan and the review, as the two commands leave them."""
    call_command("load_plan", stdout=StringIO())
    call_command("load_mtr", stdout=StringIO())


@pytest.fixture
def reader(loaded: None) -> User:
    return factories.user("Omar", Role.READER, factories.office("HQ-X"))


@pytest.fixture
def client(reader: User) -> Client:
    client = Client()
    client.force_login(reader)
    return client


def shown(client: Client, name: str) -> str:
    """The words of a page, below its heading."""
    page = client.get(f"/{PLAN}/{name}/").content.decode()
    text = re.sub(r"<[^>]+>", " ", page[page.index("<h1>") :])
    return re.sub(r"\s+", " ", text)


STATED = {
    "appraisals": (
        "131 proposals",
        "129 projects",
        "about 190 000 000 United States dollars",
        "22, note 7",
    ),
    "partners": ("191 partners", "Governments: 51", "96", "33"),
    "partners/count": ("191 partners", "Governments: 51", "96", "33"),
    "money": ("26%", "70"),
    "money/core-budget": ("26%", "70"),
}


@pytest.mark.parametrize("name", list(STATED))
def test_what_the_review_states_comes_first_and_no_0_is_computed(client, name) -> None:
    text = shown(client, name)
    own = text.index("In our own records")
    for word in STATED[name]:
        assert 0 <= text.find(word) < own, word
    assert not re.search(r" 0 ", text[own:])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("appraisals", "No submission is recorded here"),
        ("partners/count", "No agreement is registered here"),
        ("money", "no income or expenditure is recorded yet"),
        ("money/core-budget", "No core budget is set"),
    ],
)
def test_where_nothing_is_recorded_a_sentence_says_so(client, name, sentence) -> None:
    assert sentence in shown(client, name)


def test_where_both_exist_they_stand_side_by_side_with_what_differs(client) -> None:
    plan = StrategicPlan.objects.get(code="SP-2020-2023")
    factories.agreement(factories.partner(plan, "City of Nakuru"), date(2021, 1, 1))
    text = shown(client, "partners/count")
    assert "Partners with an agreement signed" in text
    assert text.index("191 partners") < text.index("makes the difference") < text.index("Together")


def amounts(stated: list[dict[str, Any]]) -> dict[str, str | None]:
    return {one["key"]: one["amount"] for one in stated}


def test_the_answers_of_the_api_hold_what_the_review_states(reader) -> None:
    api = Api(reader)
    partners = api.get(f"{PLAN}/partners/count/").json()
    [whole] = [one for one in partners["stated"] if one["key"] == "F062"]
    assert whole["amount"] == "191" and whole["paragraph"] == "33"
    assert [one["amount"] for one in whole["parts"]] == ["51", "18", "26", "96"]
    assert partners["total"] is None and partners["reviewed"][0]["partners"] is None
    counted = api.get(f"{PLAN}/appraisals/count/").json()
    told = amounts(counted["stated"])
    assert (told["F052"], told["F053"], told["F054"]) == ("131", "129", "190000000")
    assert counted["reviewed"] is None and counted["earmarked_usd"] is None
    for name in ("money", "core-budgets"):
        assert amounts(api.get(f"{PLAN}/{name}/").json()["stated"])["F181"] == "26"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("partners", ["F062", "191"]),
        ("partners", ["F066", "96"]),
        ("appraisals", ["F054", "190000000"]),
        ("money", ["F181", "26"]),
        ("money/core-budget", ["F181", "26"]),
    ],
)
def test_files_hold_it_in_a_section_and_a_sheet_of_its_own(client, name, row) -> None:
    text = downloaded(client, f"/{PLAN}/{name}.csv").decode("utf-8-sig")
    _own, section = text.split("As the review states")
    [line] = [one for one in section.splitlines() if one.startswith(f"{row[0]},")]
    assert f",{row[1]}," in line
    with zipfile.ZipFile(io.BytesIO(downloaded(client, f"/{PLAN}/{name}.xlsx"))) as package:
        assert b'name="As the review states"' in package.read("xl/workbook.xml")
        assert f"<v>{row[1]}</v>".encode() in package.read("xl/worksheets/sheet2.xml")


def test_appraisals_are_counted_by_the_filters_of_the_list(reader) -> None:
    answer = Api(reader).get(f"{PLAN}/appraisals/count/", mistyped="1")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


def test_readers_of_other_languages_are_told_that_a_quotation_is_chinese() -> None:
    told = quoted("非洲区域办事处")
    assert told.startswith('<span class="muted">In the original, in Chinese: <span lang="zh-Hans">')
    with translation.override("zh-hans"):
        assert quoted("非洲区域办事处") == '<span class="muted">非洲区域办事处</span>'
    assert quoted("Five <labs>") == '<span class="muted">Five &lt;labs&gt;</span>'
