"""The main path in a real browser: enter, submit, approve as another, see the outcome move.

The product runs as `make demo` starts it: one process with its worker, on real plan data.
Every page on the way is checked for accessibility and for what the content policy refuses.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PLAN = "SP-2020-2023"
PASSWORD = "habitat-demo"
# A proposal of the demonstration that is being written.
DRAFT = "/plans/DEMO/projects/DEMO-P01/document/1"
# A project of the real plan that reports one number for one country.
LINE = """
from datetime import date
from habitat_tracker.accounts.models import Country, Office
from outcomes.models import Indicator, Outcome
from plans.models import StrategicPlan
from projects.actions import save_project, set_alignment, set_line
plan = StrategicPlan.objects.get(code="SP-2020-2023")
kenya = Country.objects.get(iso3="KEN")
project = save_project(
    plan=plan, code="KEN-1", title={"en": "Secure tenure, Kisumu"}, by=None,
    office=Office.objects.get(code="ROAF"), countries=[kenya],
    start=date(2021, 1, 1), end=date(2022, 12, 31),
)
set_alignment(project=project, outcome=Outcome.objects.get(plan=plan, code="4.2"),
              rank="primary", by=None)
set_line(project=project, indicator=Indicator.objects.get(plan=plan, code="O4.2-TEN"),
         country=kenya, by=None)
"""


@pytest.fixture(scope="module")
def site(product: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The product with the plan, the mid-term review and the demonstration's people."""
    return product(
        commands=[
            ["load_plan"],
            ["load_mtr"],
            ["load_demo", "--accounts", "--projects", "6"],
            ["shell", "--command", LINE],
            ["send_digests"],
        ],
        EMAIL_URL=f"file:///{tmp_path_factory.mktemp('mail')}",
    )


@pytest.fixture(scope="module")
def signed_in(browser: Any, site: Any) -> Callable[[str], Any]:
    """The cookies of somebody who signed in: once each, since sign-ins are counted."""
    kept: dict[str, Any] = {}

    def cookies_of(email: str) -> Any:
        if email not in kept:
            context = browser.new_context(locale="en")
            page = context.new_page()
            page.goto(f"{site.url}/accounts/login/")
            page.fill("input[name=login]", email)
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(re.compile(r"/plans/"))
            kept[email] = context.storage_state()
            context.close()
        return kept[email]

    return cookies_of


@pytest.fixture
def open_page(browser: Any, signed_in: Callable[[str], Any]) -> Iterator[Callable[..., Any]]:
    """A page of somebody in a browser profile of their own; complaints fail the test."""
    complaints: list[str] = []
    contexts = []

    def hear(message: Any) -> None:
        # A refused form answers 400, which the browser tells as an error too.
        if message.type == "error" and "400 (Bad Request)" not in message.text:
            complaints.append(message.text)

    def as_person(email: str, width: int = 1440) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="en", storage_state=signed_in(email)
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield as_person
    for context in contexts:
        context.close()
    assert complaints == []


# What is wider than the page, where the page scrolls sideways.
WIDER = """
() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
                   && one.checkVisibility())
    .map(one => one.outerHTML.slice(0, 120))
"""

# Rows with more or fewer columns than what heads them.
UNEVEN = """
() => [...document.querySelectorAll('table')].flatMap(table => {
  const width = row => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0)
  if (!table.tHead || table.querySelector('[rowspan]')) return []
  return [...table.rows]
    .filter(row => width(row) !== width(table.tHead.rows[0])).map(row => row.outerHTML)
})
"""


def check(page: Any) -> None:
    """No accessibility violation, nothing scrolls sideways, each column of a table has a head."""
    found = Axe().run(page).response["violations"]
    told = [f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}" for one in found]
    assert told == [], page.url
    assert page.evaluate(WIDER) == [], page.url
    assert page.evaluate(UNEVEN) == [], page.url


def test_a_result_is_entered_approved_and_moves_its_outcome(
    site: Any, open_page: Callable[..., Any]
) -> None:
    outcome = f"{site.url}/plans/{PLAN}/outcomes/4.2/?period=2021-Q2"
    entry = f"{site.url}/plans/{PLAN}/projects/KEN-1/results/2021-Q2/"

    reporter = open_page("reporter.africa@example.org")
    reporter.goto(outcome)
    check(reporter)
    row = "tr:has(a:text('Households registered with security of tenure'))"
    assert "more than 18" in reporter.inner_text(row)

    reporter.goto(entry)
    check(reporter)
    reporter.fill("input[name$=-value]", "12 half")
    reporter.click("button[name=submit]")
    reporter.wait_for_selector(".refusals:has-text('is not a number')")
    assert reporter.input_value("input[name$=-value]") == "12 half"
    check(reporter)
    reporter.fill("input[name$=-value]", "2 000")
    reporter.locator("details.more > summary").first.click()
    reporter.fill("input[name$=-url]", "https://example.org/register")
    reporter.click("button[name=submit]")
    reporter.wait_for_selector("text=1 result was submitted for review.")
    reporter.goto(f"{site.url}/plans/{PLAN}/my-work/")
    check(reporter)
    assert "Households registered with security of tenure" in reporter.inner_text("main")
    reporter.goto(outcome)
    assert "more than 20" not in reporter.inner_text(row)

    reviewer = open_page("reviewer.africa@example.org")
    reviewer.goto(f"{site.url}/plans/{PLAN}/my-work/")
    check(reviewer)
    reviewer.click("a:text('Households registered with security of tenure')")
    check(reviewer)
    reviewer.click("button:has-text('Approve')")
    approved = time.monotonic()
    reviewer.wait_for_load_state()
    while True:
        reviewer.goto(outcome)
        if "more than 20" in reviewer.inner_text(row):
            break
        assert time.monotonic() - approved < 15, reviewer.inner_text(row)
    check(reviewer)

    reviewer.click(f"{row} a.fig")
    reviewer.wait_for_load_state()
    lineage = reviewer.inner_text("main")
    assert "Secure tenure, Kisumu" in lineage
    assert "Mid-term review of the strategic plan" in lineage
    check(reviewer)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    ("email", "path"),
    [
        ("reader@example.org", f"/plans/{PLAN}/"),
        ("reader@example.org", f"/plans/{PLAN}/about/"),
        ("reader@example.org", "/plans/DEMO/"),
        ("reader@example.org", "/plans/DEMO/outcomes/1.1/"),
        ("reader@example.org", f"/plans/{PLAN}/indicators/O3.1-TRN/"),
        ("reader@example.org", f"/plans/{PLAN}/figures/HL-SEM/why"),
        ("reader@example.org", "/plans/DEMO/projects/"),
        ("reader@example.org", "/plans/DEMO/projects/DEMO-001/"),
        ("reader@example.org", f"/plans/{PLAN}/outcomes/3.1/"),
        ("reader@example.org", "/plans/DEMO/indicators/O1.1-FLD/?as_of=2026-01-31"),
        ("reader@example.org", "/plans/DEMO/?period=nowhere"),
        ("reader@example.org", "/account/"),
        ("reporter.africa@example.org", "/plans/DEMO/my-work/"),
        ("manager@example.org", "/plans/DEMO/add-project/"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-001/edit/"),
        ("manager@example.org", "/plans/DEMO/operations/"),
        ("manager@example.org", "/plans/DEMO/setup/"),
        ("manager@example.org", "/plans/DEMO/setup/periods/"),
        ("manager@example.org", "/plans/DEMO/setup/values/"),
        ("manager@example.org", "/plans/DEMO/setup/lines/"),
        ("manager@example.org", "/plans/DEMO/setup/lines/DEMO-001/"),
        ("manager@example.org", "/plans/DEMO/setup/values/O1.1-PUB/"),
        ("manager@example.org", "/plans/DEMO/setup/values/O1.1-PUB/evidence/"),
        ("manager@example.org", "/plans/DEMO/setup/late-entries/"),
        ("reviewer.africa@example.org", "/plans/DEMO/my-work/"),
        ("administrator@example.org", "/plans/DEMO/setup/people/"),
        ("reporter.africa@example.org", "/plans/DEMO/propose-project/"),
        ("reporter.africa@example.org", "/plans/DEMO/projects/DEMO-P01/document/1/"),
        *(
            ("reporter.africa@example.org", f"{DRAFT}/sections/{section}/")
            for section in ("basics", "places", "outcomes", "about", "budget", "logframe")
        ),
        ("reporter.africa@example.org", f"{DRAFT.replace('P01', 'P05')}/differences/?all=1"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-P04/life/"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-001/close/"),
        ("reader@example.org", f"/plans/{PLAN}/appraisals/"),
        ("reader@example.org", "/plans/DEMO/lessons/"),
        ("manager@example.org", "/plans/DEMO/setup/delegations/"),
        ("manager@example.org", "/plans/DEMO/setup/meetings/"),
        ("manager@example.org", "/plans/DEMO/setup/checklist/"),
        ("manager@example.org", "/plans/DEMO/regions/"),
        ("manager@example.org", "/plans/DEMO/regions/ROAF/"),
        ("manager@example.org", "/plans/DEMO/regions/ROAF/strategy/"),
        ("manager@example.org", "/plans/DEMO/countries/"),
        ("manager@example.org", "/plans/DEMO/countries/KEN/"),
        ("manager@example.org", "/plans/DEMO/countries/KEN/record/"),
        ("manager@example.org", "/plans/DEMO/partners/"),
        ("manager@example.org", "/plans/DEMO/partners/count/"),
        ("manager@example.org", "/plans/DEMO/partners/add/"),
        ("manager@example.org", "/plans/DEMO/agreements/"),
        ("manager@example.org", "/plans/DEMO/money/"),
        ("manager@example.org", "/plans/DEMO/money/forecast/"),
        ("manager@example.org", "/plans/DEMO/money/core-budget/"),
        ("manager@example.org", "/plans/DEMO/money/deferrals/"),
        ("manager@example.org", "/plans/DEMO/transactions/load/"),
        ("manager@example.org", "/plans/DEMO/frameworks/"),
        ("manager@example.org", "/plans/DEMO/frameworks/SENDAI/"),
        ("manager@example.org", "/plans/DEMO/tools/"),
        ("manager@example.org", "/plans/DEMO/products-by-city/"),
        ("manager@example.org", "/plans/DEMO/about-projects/"),
        ("manager@example.org", "/plans/DEMO/flagships/"),
        ("manager@example.org", "/plans/DEMO/risks/"),
        ("manager@example.org", "/plans/DEMO/risks/add/"),
        ("manager@example.org", "/plans/DEMO/stories/"),
        ("manager@example.org", "/plans/DEMO/labs/"),
        ("manager@example.org", "/plans/DEMO/labs/add/"),
        ("manager@example.org", "/plans/DEMO/deliverables/"),
        ("manager@example.org", "/plans/DEMO/setup/exchange-rates/"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-001/money/"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-001/about/"),
        ("manager@example.org", "/plans/DEMO/projects/DEMO-001/frameworks/"),
        ("manager@example.org", "/plans/DEMO/who-reported/"),
        ("manager@example.org", "/plans/DEMO/who-reported/?office=ROAF&outcome=1.1"),
    ],
)
def test_every_page_is_accessible_at_desktop_and_phone_width(
    site: Any, open_page: Callable[..., Any], email: str, path: str, width: int
) -> None:
    page = open_page(email, width)
    answer = page.goto(site.url + path)
    assert answer.status == (400 if "nowhere" in path else 200)
    check(page)


@pytest.mark.parametrize("width", [1440, 390])
def test_an_appraisal_is_accessible_with_its_checklist_and_decision(
    site: Any, open_page: Callable[..., Any], width: int
) -> None:
    page = open_page("reviewer.africa@example.org", width)
    page.goto(f"{site.url}/plans/DEMO/appraisals/?state=waiting&office=ROAF")
    check(page)
    page.click("table.register tbody a >> nth=0")
    page.wait_for_selector("#decide")
    page.click("details.act > summary")
    check(page)


@pytest.mark.parametrize("width", [1440, 390])
def test_e_mails_in_the_folder_are_accessible(
    site: Any, open_page: Callable[..., Any], width: int
) -> None:
    page = open_page("manager@example.org", width)
    assert page.goto(f"{site.url}/plans/DEMO/setup/mail/").status == 200
    assert "Dear " in page.inner_text(".mails details[open]")
    page.locator(".mails details:not([open]) > summary").first.click()
    check(page)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_the_way_in_is_accessible_on_a_phone(browser: Any, site: Any, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="en")
    page = context.new_page()
    assert page.goto(site.url + path).status == 200
    check(page)
    context.close()


def test_pages_can_be_read_without_scripts(browser: Any, site: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", "reader@example.org")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.goto(f"{site.url}/plans/{PLAN}/?period=2021-Q1")
    assert "more than 121" in page.inner_text("main")
    page.select_option("select[name=basis]", "provisional")
    page.click("button:has-text('Show')")
    assert "basis=provisional" in page.url and "period=2021-Q1" in page.url
    context.close()


def test_an_unknown_page_is_told_in_the_layout_of_the_site(browser: Any, site: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{site.url}/nowhere/")
    assert answer.status == 404
    assert "Habitat Tracker" in page.inner_text("header")
    check(page)
    context.close()
