"""The register of deliverables in a real browser: typed once, seen in the grid, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PLAN, CODE = "DEMO", "REG-01"
PASSWORD = "habitat-demo"
REPORTER = "reporter.africa@example.org"
LINES = f"""
from habitat_tracker.accounts.models import Country, Office
from outcomes.models import Indicator, Outcome
from plans.models import StrategicPlan
from projects.actions import save_project, set_alignment, set_line
plan = StrategicPlan.objects.get(code="{PLAN}")
kenya = Country.objects.get(iso3="KEN")
project = save_project(
    plan=plan, code="{CODE}", title={{"en": "Streets"}}, by=None,
    office=Office.objects.get(code="ROAF"), countries=[kenya],
)
outcome = Outcome.objects.get(plan=plan, code="3.1")
set_alignment(project=project, outcome=outcome, rank="primary", by=None)
for code in ("O3.1-SEM", "O3.1-TRN", "O3.1-PUB"):
    indicator = Indicator.objects.get(plan=plan, code=code)
    set_line(project=project, indicator=indicator, country=kenya, by=None)
"""


@pytest.fixture(scope="module")
def site(product: Callable[..., Any]) -> Any:
    """The product with the demonstration and a project whose results are counted."""
    return product(
        commands=[
            ["load_plan"],
            ["load_demo", "--accounts", "--projects", "1"],
            ["shell", "--command", LINES],
        ]
    )


@pytest.fixture
def arrive(browser: Any, site: Any) -> Iterator[Callable[..., Any]]:
    """A page of the reporter for Africa, signed in."""
    contexts: list[Any] = []

    def come(width: int = 1440, **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, base_url=site.url, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("input[name=login]", REPORTER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_url(re.compile(r"/plans/"))
        return page

    yield come
    for context in contexts:
        context.close()


def register(page: Any, title: str, **fields: str) -> None:
    """Fill in the form of a workshop in Kenya that was today, and send it."""
    page.goto(f"/plans/{PLAN}/deliverables/add/?project={CODE}&kind=event&country=KEN")
    page.fill("#id_title", title)
    page.fill("#id_date", page.evaluate("new Date().toISOString().slice(0, 10)"))
    page.fill("#id_link", "https://example.org/streets")
    for name, text in fields.items():
        page.fill(f"#id_{name}", text)
    page.click("button:text-is('Register')")
    page.wait_for_url(re.compile(r"/deliverables/\d+/$"))


def check(page: Any) -> None:
    """What axe finds, and whether anything is wider than the screen."""
    told = [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}"
        for one in Axe().run(page).response["violations"]
    ]
    assert told == [], page.url
    width = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    wide, seen = page.evaluate(width)
    assert wide <= seen, page.url


def test_a_workshop_is_typed_once_and_counted_twice(arrive: Callable[..., Any]) -> None:
    page = arrive()
    register(page, "Street design", women="12", men="9")
    assert page.locator("h2:has-text('What counts it') + ul li").count() == 2
    page.click("a:has-text('Results of')")
    assert sorted(page.locator(".counted .num").all_inner_texts()) == ["0", "1", "21"]
    page.locator(".take input").check()
    page.locator("#saving:has-text('All is saved')").wait_for(timeout=15_000)
    page.reload()
    assert page.locator(".take").count() == 0


def test_it_is_registered_without_scripts(arrive: Callable[..., Any]) -> None:
    page = arrive(java_script_enabled=False)
    page.goto(f"/plans/{PLAN}/deliverables/add/?project={CODE}&kind=publication&country=KEN")
    page.fill("#id_title", "Street manual")
    page.fill("#id_date", "2001-01-01")
    page.fill("#id_symbol", "HS/012/26E")
    page.click("button:text-is('Register')")
    assert page.locator(".field:has(#id_date) .errorlist").count() == 1
    page.fill("#id_date", datetime.now(UTC).date().isoformat())
    page.click("button:text-is('Register')")
    page.wait_for_url(re.compile(r"/deliverables/\d+/$"))
    page.click("a:has-text('Results of')")
    assert "Street manual" in page.inner_text("table.entry")


@pytest.mark.parametrize("width", [1440, 390])
def test_its_pages_are_accessible_and_fit(arrive: Callable[..., Any], width: int) -> None:
    page = arrive(width)
    register(page, f"Walkable streets {width}", women="3", unstated="2")
    check(page)
    address = page.url
    for path in (
        f"{address}change/",
        f"/plans/{PLAN}/deliverables/",
        f"/plans/{PLAN}/deliverables/?project={CODE}",
        f"/plans/{PLAN}/deliverables/add/",
        f"/plans/{PLAN}/projects/{CODE}/",
        f"/plans/{PLAN}/setup/values/O3.1-SEM/counting/",
    ):
        page.goto(path)
        check(page)
    page.goto(address)
    page.click("a:has-text('Results of')")
    check(page)
