"""The entry grid in a real browser: three clicks, no link, two people, a sign-in that ended.

Each test has a project of its own, with four indicators in three countries, on the real plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

pytestmark = pytest.mark.browser

PLAN = "SP-2020-2023"
PASSWORD = "habitat-demo"
AFRICA, EVERYWHERE = "reporter.africa@example.org", "reporter@example.org"
PERIOD = "2021-Q2"
# How long something may take on a busy machine, in milliseconds.
WAIT = 60_000
PROJECTS = [f"GRID-{number:02}" for number in range(1, 15)]
LINES = f"""
from datetime import date
from habitat_tracker.accounts.models import Country, Office
from outcomes.models import Indicator, Outcome
from plans.models import StrategicPlan
from projects.actions import save_project, set_alignment, set_line
plan = StrategicPlan.objects.get(code="{PLAN}")
countries = [Country.objects.get(iso3=iso3) for iso3 in ("KEN", "RWA", "UGA")]
for code in {PROJECTS}:
    project = save_project(
        plan=plan, code=code, title={{"en": "Grid " + code}}, by=None,
        office=Office.objects.get(code="ROAF"), countries=countries,
        start=date(2021, 1, 1), end=date(2022, 12, 31),
    )
    for served, rank in (("2.2", "primary"), ("4.2", "secondary"), ("3.1", "secondary")):
        outcome = Outcome.objects.get(plan=plan, code=served)
        set_alignment(project=project, outcome=outcome, rank=rank, by=None)
    known = ["O2.2-PRP", "O2.2-REV", "O4.2-TENW", "CAT-B-INV"]
    if code == "{PROJECTS[1]}":
        known[3] = "O3.1-TRN"
    for indicator in known:
        for country in countries:
            set_line(
                project=project, indicator=Indicator.objects.get(plan=plan, code=indicator),
                country=country, by=None, expected_from=date(2021, 1, 1),
            )
"""


@pytest.fixture(scope="module")
def site(product: Callable[..., Any]) -> Any:
    """The product with the plan, the demonstration's people and the projects."""
    return product(
        commands=[
            ["load_plan"],
            ["load_demo", "--accounts", "--projects", "1"],
            ["shell", "--command", LINES],
        ]
    )


class Person:
    """Somebody at a browser of their own: what they open, type and click is counted."""

    def __init__(self, context: Any, site: Any, email: str) -> None:
        self.context = context
        self.site = site
        self.email = email
        self.page = context.new_page()
        self.clicks = 0
        self.pages = 0
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error} {error.stack}"))
        self.page.on("load", lambda _page: self._count_page())

    def _count_page(self) -> None:
        self.pages += 1

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.page.click(selector)

    def sign_in(self, page: Any = None) -> None:
        """Fill in the form of the page that asks for it, and click."""
        page = page or self.page
        if "/login/" not in page.url:
            page.goto(f"{self.site.url}/accounts/login/")
        page.fill("input[name=login]", self.email)
        page.fill("input[name=password]", PASSWORD)
        self.clicks += 1
        page.click("button:has-text('Sign in')")
        page.wait_for_url(re.compile(r"/plans/"))

    def open(self, code: str) -> Any:
        """The grid of a project."""
        self.page.goto(f"{self.site.url}/plans/{PLAN}/projects/{code}/results/{PERIOD}/")
        return self.page

    def value(self, number: int) -> Any:
        """The number-th value of the grid, in reading order."""
        return self.page.locator(".grid input[name$=-value]").nth(number)

    def version(self, number: int) -> str:
        """The version of that cell, as the page holds it."""
        return str(self.page.locator("input[name$=-version]").nth(number).input_value())

    def cell(self, number: int) -> Any:
        """The cell of that value, with what it says of itself."""
        return self.page.locator("[data-save]").nth(number)

    def type(self, number: int, text: str) -> None:
        """Type into a cell and leave it."""
        self.value(number).fill(text)
        self.page.keyboard.press("Tab")

    def see(self, number: int, words: str) -> None:
        """Wait until the cell says these words: “Saved”, and not “Not saved yet”."""
        said = re.compile(re.escape(words))
        self._wait(number, self.cell(number).locator(".saying", has_text=said), words)

    def see_version(self, number: int, version: int) -> None:
        """Wait until the page holds this version of the cell."""
        held = self.cell(number).locator(f"input[name$=-version][value='{version}']")
        self._wait(number, held, f"version {version}", state="attached")

    def _wait(self, number: int, what: Any, named: str, **options: Any) -> None:
        try:
            what.wait_for(timeout=WAIT, **options)
        except Error:
            said = self.cell(number).inner_text(), self.page.inner_text("#saving")
            pytest.fail(f"Waited for {named}; version {self.version(number)}, said: {said}")

    def see_in_dock(self, words: str) -> None:
        """Wait until the line below the grid says these words."""
        self.page.locator(f"#saving:has-text('{words}')").wait_for(timeout=WAIT)


@pytest.fixture
def arrive(browser: Any, site: Any, signed_in: dict[str, Any]) -> Iterator[Callable[..., Person]]:
    """Somebody with a browser of their own, signed in unless asked otherwise."""
    people: list[Person] = []

    def come(email: str = AFRICA, width: int = 1440, fresh: bool = False, **options: Any) -> Person:
        state = None if fresh else signed_in.get(email)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="en", storage_state=state, **options
        )
        one = Person(context, site, email)
        people.append(one)
        if not fresh and state is None:
            one.sign_in()
            signed_in[email] = context.storage_state()
        one.clicks = one.pages = 0
        return one

    yield come
    for one in people:
        one.context.close()
    assert [told for one in people for told in one.complaints] == []


@pytest.fixture(scope="module")
def signed_in() -> dict[str, Any]:
    """The cookies of those who signed in before: once each, since sign-ins are counted."""
    return {}


def check(page: Any) -> None:
    """No accessibility violation, and nothing scrolls sideways."""
    found = Axe().run(page).response["violations"]
    told = [f"{one['id']}: {one['help']}: {one['nodes'][0]['html']}" for one in found]
    assert told == [], page.url
    width = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    wide, seen = page.evaluate(width)
    assert wide <= seen


# From sign-in to submitted: one to sign in, one to the grid, one to submit.
MOST_CLICKS = 3


def test_a_quarter_is_entered_and_submitted_in_three_clicks(arrive: Callable[..., Person]) -> None:
    rita = arrive(fresh=True)
    rita.sign_in()
    rita.click(f"a[href$='/projects/{PROJECTS[0]}/results/{PERIOD}/']")
    rita.page.wait_for_selector("#entry")
    rita.pages = 0
    rita.value(0).focus()
    for number in range(12):
        rita.page.keyboard.type(str(100 + number))
        rita.page.keyboard.press("Tab")
    rita.page.keyboard.type("https://unhabitat.org/report")
    rita.click("button[name=submit]")
    rita.page.wait_for_selector("text=12 results were submitted for review.")
    assert rita.clicks <= MOST_CLICKS
    assert rita.pages == 1
    assert rita.page.locator(".step.submitted").count() == 12


def test_values_are_saved_as_they_are_left_and_said_to_be(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[1])
    rita.type(0, "4 200")
    rita.see(0, "Saved")
    rita.see_in_dock("All is saved.")
    assert rita.version(0) == "1" and rita.page.inner_text("#filled") == "1"
    assert re.match(r"Saved (now|\d+ seconds? ago)", rita.page.inner_text("#ago"))
    rita.type(6, "100")
    rita.page.locator("input[name$='-cells.female']").first.fill("60")
    rita.page.keyboard.press("Tab")
    rita.page.wait_for_selector("tr.rests .rest:has-text('40 unspecified')")
    rita.page.locator("input[name$='-cells.female']").first.fill("160")
    rita.page.keyboard.press("Tab")
    rita.see(6, "Needs a look")
    rita.see_in_dock("Cells that need a look: 1")
    assert "above the total" in rita.page.inner_text(".cell.pair.bad .msg")
    check(rita.page)
    rita.open(PROJECTS[1])
    assert rita.value(0).input_value() == "4200"
    rita.see(6, "Needs a look")
    assert rita.page.locator("input[name$='-cells.female']").first.input_value() == "160"


def test_keys_move_between_cells_and_say_states(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[2])
    keys = rita.page.keyboard

    def here() -> int:
        return int(
            rita.page.evaluate(
                "[...document.querySelectorAll('.grid input[name$=-value]')]"
                ".indexOf(document.activeElement)"
            )
        )

    rita.value(0).focus()
    moves = {"ArrowRight": 1, "ArrowDown": 4, "ArrowLeft": 3, "ArrowUp": 0, "Enter": 3}
    for key, place in moves.items():
        keys.press(key)
        assert here() == place, key
    keys.type("12")
    keys.press("ArrowLeft")  # within the text
    assert here() == 3
    keys.press("Shift+Enter")
    assert here() == 0
    keys.type("n/a")
    keys.press("Tab")
    rita.see(0, "Saved")
    state = rita.cell(0).locator("select[name$=-state]")
    assert (state.input_value(), rita.value(0).input_value()) == ("not_applicable", "")
    keys.type("..")
    keys.press("Tab")
    rita.see(1, "Saved")
    assert rita.cell(1).locator("select[name$=-state]").input_value() == "not_available"
    rita.type(0, "7")
    rita.see_version(0, 2)
    assert state.input_value() == "reported"
    rita.value(2).focus()
    keys.press("F2")
    assert rita.cell(2).locator("details.more[open]").count() == 1
    keys.press("Escape")
    assert here() == 2


def test_words_and_evidence_are_saved_with_their_cell(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[3])
    rita.type(0, "5")
    rita.see(0, "Saved")
    rita.value(0).press("F2")
    rita.cell(0).locator("textarea[name$=-narrative]").fill("Wells were dug.")
    paper = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 wells"}
    rita.cell(0).locator("input[type=file]").set_input_files(paper)
    rita.cell(0).locator("label:has-text('report.pdf')").wait_for()
    rita.open(PROJECTS[3])
    assert rita.cell(0).locator("textarea").input_value() == "Wells were dug."
    assert "(1 piece)" in rita.cell(0).inner_text()


def test_what_is_typed_offline_is_sent_in_order_when_the_link_returns(
    arrive: Callable[..., Person],
) -> None:
    rita = arrive()
    rita.open(PROJECTS[4])
    sent: list[str] = []
    rita.page.on("response", lambda one: sent.append(one.url) if "/cells/" in one.url else None)
    rita.context.set_offline(True)
    for number, text in ((2, "1"), (0, "2"), (1, "3"), (0, "20")):
        rita.type(number, text)
    rita.see(0, "Not sent yet")
    rita.see_in_dock("kept in this browser")
    assert sent == []
    rita.context.set_offline(False)
    for number in (0, 1, 2):
        rita.see(number, "Saved")
    order = [rita.cell(number).get_attribute("data-save") for number in (2, 0, 1)]
    assert [one.removeprefix(rita.site.url) for one in sent if one][:3] == order
    rita.open(PROJECTS[4])
    assert [rita.value(number).input_value() for number in (0, 1, 2)] == ["20", "3", "1"]


def test_what_was_not_sent_survives_the_page(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[5])
    rita.context.route("**/cells/**", lambda route: route.abort())
    rita.type(0, "42")
    rita.see(0, "Not sent yet")
    rita.value(1).fill("43")  # and is still in this cell
    rita.page.close()
    rita.context.unroute("**/cells/**")
    rita.page = rita.context.new_page()
    rita.open(PROJECTS[5])
    rita.see(0, "Saved")
    rita.see(1, "Saved")
    rita.open(PROJECTS[5])
    assert [rita.value(number).input_value() for number in (0, 1)] == ["42", "43"]
    assert rita.page.evaluate("localStorage.length") == 0


def test_a_request_whose_answer_was_lost_is_stored_once(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[6])
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            return route.fallback()
        lost.append(route.fetch().status)
        return route.abort()

    rita.context.route("**/cells/**", lose)
    rita.type(0, "42")
    rita.see(0, "Not sent yet")
    rita.type(0, "43")  # the next value waits until the first has its answer
    rita.see(0, "Saved")
    assert lost == [200]
    rita.open(PROJECTS[6])
    assert (rita.value(0).input_value(), rita.version(0)) == ("43", "2")


def test_the_second_of_two_people_sees_both_values_and_chooses(
    arrive: Callable[..., Person],
) -> None:
    rita, carlos = arrive(AFRICA), arrive(EVERYWHERE)
    rita.open(PROJECTS[7])
    carlos.open(PROJECTS[7])
    for number in (0, 1):
        rita.type(number, f"{number + 1}0")
        rita.see(number, "Saved")
        carlos.type(number, f"{number + 1}5")
        carlos.see(number, "Needs a look")
        assert f"saved meanwhile: {number + 1}0" in carlos.cell(number).inner_text()
        assert carlos.value(number).input_value() == f"{number + 1}5"
    check(carlos.page)
    carlos.cell(0).locator("[data-keep]").click()
    carlos.see(0, "Saved")
    carlos.cell(1).locator("[data-take]").click()
    carlos.see(1, "Draft")
    assert carlos.value(1).input_value() == "20"
    rita.open(PROJECTS[7])
    assert [rita.value(number).input_value() for number in (0, 1)] == ["15", "20"]


def test_unsaved_work_survives_a_sign_in_that_ended(arrive: Callable[..., Person]) -> None:
    rita = arrive(fresh=True)
    rita.sign_in()
    rita.open(PROJECTS[8])
    rita.context.clear_cookies(name="sessionid")
    rita.type(0, "42")
    rita.see_in_dock("You are signed out.")
    assert rita.value(0).input_value() == "42"
    check(rita.page)
    with rita.context.expect_page() as opened:
        rita.page.click("#saving a")
    rita.sign_in(opened.value)
    opened.value.goto(f"{rita.site.url}/accounts/")
    rita.see(0, "Saved")
    rita.open(PROJECTS[8])
    assert (rita.value(0).input_value(), rita.version(0)) == ("42", "1")


def test_one_persons_text_is_never_sent_or_shown_as_anothers(
    arrive: Callable[..., Person], signed_in: dict[str, Any]
) -> None:
    arrive(EVERYWHERE)
    rita = arrive()
    rita.open(PROJECTS[9])
    rita.context.clear_cookies()
    rita.context.add_cookies(signed_in[EVERYWHERE]["cookies"])
    rita.type(0, "42")
    rita.see_in_dock("Somebody else is signed in here now.")
    other = rita.context.new_page()
    other.goto(rita.page.url)
    other.wait_for_selector("#entry")
    assert other.locator(".grid input[name$=-value]").first.input_value() == ""
    rita.context.clear_cookies()
    rita.context.add_cookies(signed_in[AFRICA]["cookies"])
    rita.see(0, "Saved")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_grid_is_accessible_at_desktop_and_phone_width(
    arrive: Callable[..., Person], width: int
) -> None:
    rita = arrive(width=width)
    rita.open(PROJECTS[1])
    rita.page.click("details.keys > summary")
    rita.page.evaluate("document.querySelectorAll('details.more').forEach(m => m.open = true)")
    check(rita.page)
    rita.page.goto(f"{rita.site.url}/plans/{PLAN}/my-work/results/{PERIOD}/")
    check(rita.page)


def test_all_my_projects_are_entered_and_sent_on_one_page(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.page.goto(f"{rita.site.url}/plans/{PLAN}/my-work/results/{PERIOD}/")
    last = rita.page.locator(f"[data-save*='/{PROJECTS[10]}/']").first.locator(
        "input[name$=-value]"
    )
    last.fill("5")
    last.press("Tab")
    rita.see_in_dock("All is saved.")
    rita.open(PROJECTS[10])
    assert rita.value(0).input_value() == "5"


def test_a_refused_submission_names_the_cell_and_leads_to_it(arrive: Callable[..., Person]) -> None:
    rita = arrive()
    rita.open(PROJECTS[11])
    rita.type(0, "5")
    rita.see(0, "Saved")
    rita.type(1, "many")
    rita.see(1, "Needs a look")
    rita.click("button[name=submit]")
    rita.page.click(".refusals a:has-text('Rwanda')")
    assert rita.page.url.endswith(str(rita.cell(1).get_attribute("id")))
    assert rita.value(1).input_value() == "many"
    check(rita.page)


def test_the_grid_works_without_scripts(arrive: Callable[..., Person], browser: Any) -> None:
    arrive()
    rita = arrive(java_script_enabled=False)
    rita.open(PROJECTS[12])
    rita.value(0).fill("5")
    rita.cell(1).locator("select[name$=-state]").select_option("not_applicable")
    rita.page.click("button[name=save]")
    assert "2 results were saved as drafts" in rita.page.inner_text("#messages")
    rita.page.fill("#evidence-url", "https://unhabitat.org/report")
    rita.page.click("button[name=submit]")
    assert "2 results were submitted for review." in rita.page.inner_text("#messages")
