"""A quarter done in Excel, in a real browser: download, fill in, send back, look, confirm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.journeys.test_grid import AFRICA, LINES, PASSWORD, PERIOD, PLAN, PROJECTS, check

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(product: Callable[..., Any]) -> Any:
    """The product with the plan, the demonstration's people and projects that owe a quarter."""
    return product(
        commands=[
            ["load_plan"],
            ["load_demo", "--accounts", "--projects", "1"],
            ["shell", "--command", LINES],
        ]
    )


@pytest.fixture(scope="module")
def cookies(browser: Any, site: Any) -> Any:
    """A reporter's, who signed in once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", AFRICA)
    page.fill("input[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_url(re.compile(r"/plans/"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(browser: Any, site: Any, cookies: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page Work in Excel, as the reporter, in a browser of some width."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(width: int = 1440, **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="en",
            storage_state=cookies,
            accept_downloads=True,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site.url}/plans/{PLAN}/my-work/")
        page.click("text=Work in Excel")
        page.wait_for_selector("text=Send it back")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def filled(page: Any, folder: Path, code: str, **values: Any) -> Path:
    """The workbook of a project from its entry page, with values in every total's row."""
    page.goto(page.url.split("/my-work/")[0] + f"/projects/{code}/results/{PERIOD}/")
    with page.expect_download() as download:
        page.click("text=Download this as Excel")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    keys = [cell.value for cell in sheet[1]]
    for row in range(3, sheet.max_row + 1):
        if not sheet.cell(row, keys.index("part") + 1).value:
            for key, value in values.items():
                sheet.cell(row, keys.index(key) + 1).value = value
    book.save(path)
    page.click("text=Send it back")
    return path


@pytest.mark.parametrize("width", [1440, 390])
def test_a_quarter_is_downloaded_filled_in_looked_at_and_submitted(
    open_page: Callable[..., Any], tmp_path: Path, width: int
) -> None:
    page = open_page(width)
    check(page)
    code = PROJECTS[0] if width == 1440 else PROJECTS[2]
    path = filled(page, tmp_path, code, value=7, link="https://unhabitat.org/report")
    page.set_input_files("input[name=file]", path)
    page.click("text=Send, and look at what it changes")
    page.wait_for_selector("text=Nothing is saved yet.")
    check(page)
    page.check("input[name=submit]")
    page.click("text=Save 12 results")
    page.wait_for_selector("text=Done on")
    check(page)
    assert page.locator("td:has-text('Submitted')").count() == 12
    page.goto(page.url.split("/my-work/")[0] + f"/projects/{code}/results/{PERIOD}/")
    assert page.locator(".step.submitted").count() == 12


def test_a_refused_cell_is_named_and_the_report_can_be_downloaded(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page()
    path = filled(page, tmp_path, PROJECTS[3], value="twelve")
    page.set_input_files("input[name=file]", path)
    page.click("text=Send, and look at what it changes")
    page.wait_for_selector("text=Nothing in it can be saved.")
    check(page)
    assert page.locator(".remarks b:has-text('M3')").count() == 1
    with page.expect_download() as download:
        page.click("main a:has-text('CSV')")
    assert "“twelve” is not a number" in Path(download.value.path()).read_text("utf-8-sig")
    page.click("text=Put it aside")
    page.wait_for_selector("text=The sheet was put aside")


def test_a_file_of_another_kind_is_refused_with_words(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page()
    path = tmp_path / "holiday.csv"
    path.write_text("name,days\nRita,12\n")
    page.set_input_files("input[name=file]", path)
    page.click("text=Send, and look at what it changes")
    page.wait_for_selector("text=This file cannot be read.")
    check(page)


def test_it_works_without_scripts(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(java_script_enabled=False)
    path = filled(page, tmp_path, PROJECTS[4], value=3)
    page.set_input_files("input[name=file]", path)
    page.click("text=Send, and look at what it changes")
    page.wait_for_selector("text=Nothing is saved yet.", timeout=30_000)
    page.click("text=Save 12 results")
    page.wait_for_selector("text=Done on", timeout=30_000)
    assert page.locator("td:has-text('Saved as a draft')").count() == 12
