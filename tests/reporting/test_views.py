"""The pages of figures: for whom they open, what they say, and at how many queries."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes.actions import set_target
from outcomes.rollup.queue import drain
from reporting import charts
from tests import factories

PAGES = [
    "/plans/SP/",
    "/plans/SP/about/",
    "/plans/SP/outcomes/1.1/",
    "/plans/SP/indicators/PUB/",
    "/plans/SP/indicators/PUB/trend.svg",
    "/plans/SP/figures/PUB/why",
]


def text_of(client: Client, path: str) -> str:
    """The words of a page, without its tags."""
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_a_stranger_to_sign_in(
    client: Client, world: SimpleNamespace, path: str
) -> None:
    response = client.get(path)

    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"/accounts/login/?next={path}",
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_for_a_reader(reading: Client, world: SimpleNamespace, path: str) -> None:
    assert reading.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/plans/NONE/",
        "/plans/SP/outcomes/9.9/",
        "/plans/SP/indicators/NONE/",
        "/plans/SP/indicators/NONE/trend.svg",
        "/plans/SP/figures/NONE/why",
    ],
)
def test_what_is_not_there_is_a_404_in_the_layout(
    reading: Client, world: SimpleNamespace, path: str
) -> None:
    response = reading.get(path)

    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()
    assert '<nav aria-label="Main">' in response.content.decode()


def test_the_site_opens_on_the_real_plan(reading: Client, world: SimpleNamespace) -> None:
    factories.plan("ZDEMO", is_demonstration=True)

    assert reading.get("/").headers["Location"] == "/plans/SP/"


def test_the_plan_page_shows_outcomes_coverage_and_status(
    reading: Client, world: SimpleNamespace
) -> None:
    set_target(indicator=world.indicator, value=40, on=date(2023, 12, 31), by=None)
    text = text_of(reading, "/plans/SP/")

    assert "1.1 Outcome 1.1 1 on track 18 % 1 indicator 1 of 1 On track" in text


def test_a_plan_without_targets_says_so_once(reading: Client, world: SimpleNamespace) -> None:
    text = text_of(reading, "/plans/SP/")

    assert "1.1 Outcome 1.1 1 no target set 1 1 of 1 The domain as a whole" in text
    assert "No target is set for these indicators here" in text
    assert "Mean progress" not in text


def test_an_outcome_without_targets_has_no_empty_columns(
    reading: Client, world: SimpleNamespace
) -> None:
    text = text_of(reading, "/plans/SP/outcomes/1.1/")

    assert "Indicator To date Status Publications 1 of 1 reported more than 7 No target" in text
    assert "No baseline, milestone or target is set for these indicators here" in text


def test_a_line_is_drawn_from_two_figures_on(reading: Client, world: SimpleNamespace) -> None:
    outcome = "/plans/SP/outcomes/1.1/?period="
    assert "trend.svg" in reading.get(outcome + "2020-Q2").content.decode()

    text = text_of(reading, outcome + "2020-Q1")
    assert "No indicator has a figure in two periods yet, so no line is drawn." in text
    assert "Their figures as a table Indicator 2020 Q1 Publications 3" in text
    assert "trend.svg" not in reading.get(outcome + "2020-Q1").content.decode()
    assert "A line is drawn once two periods have a figure." in text_of(
        reading, "/plans/SP/indicators/PUB/?period=2020-Q1"
    )


@pytest.mark.parametrize(
    ("low", "high", "whole", "ticks"),
    [
        (0, 1.18, True, [0, 1]),
        (0, 1.18, False, [0, 0.5, 1]),
        (0, 59, True, [0, 20, 40]),
        (-6, 59, True, [0, 20, 40]),
        (0, 59_000_000, True, [0, 20_000_000, 40_000_000]),
    ],
)
def test_an_axis_counts_things_in_whole_numbers(
    low: float, high: float, whole: bool, ticks: list[float]
) -> None:
    assert charts._ticks(low, high, 3, whole=whole) == ticks


def test_the_outcome_page_shows_the_figure_with_its_qualifier_and_status(
    reading: Client, world: SimpleNamespace
) -> None:
    set_target(indicator=world.indicator, value=40, on=date(2023, 12, 31), by=None)
    text = text_of(reading, "/plans/SP/outcomes/1.1/")

    assert "Publications 1 of 1 reported none none 40 Dec 2023 more than 7 18 %" in text
    assert "On track" in text
    assert "Primary 1" in text


def test_an_indicator_without_target_says_so(reading: Client, world: SimpleNamespace) -> None:
    assert "no target set" in text_of(reading, "/plans/SP/indicators/PUB/")


def test_cells_and_what_they_leave_are_shown(reading: Client, world: SimpleNamespace) -> None:
    people = factories.indicator(world.outcome, "PEO", categories={"sex": ["women", "men"]})
    line = factories.line(world.project, people, world.country)
    factories.report(line, 10, cells={"women": 5, "men": 3})
    drain()

    assert "women 5 5 men 3 3 unspecified 2" in text_of(
        reading, "/plans/SP/indicators/PEO/?period=2020-Q1"
    )


def test_a_rating_is_counted_by_level(reading: Client, world: SimpleNamespace) -> None:
    rating = factories.indicator(
        world.outcome, "RAT", kind="rating", over_time="latest", levels=["low", "high"]
    )
    factories.report(factories.line(world.project, rating, world.country), rating="high")
    drain()

    text = text_of(reading, "/plans/SP/outcomes/1.1/?period=2020-Q1")
    assert "1 rated 0 low 1 high" in text


def test_the_why_page_lists_what_a_figure_is_made_of(
    reading: Client, world: SimpleNamespace
) -> None:
    text = text_of(reading, "/plans/SP/figures/PUB/why?period=2020-Q2")

    assert "Why more than 7?" in text
    assert re.search(r"Project P1 more than 4 Kenya · 2020 Q2 · approved by Reviewer on", text)
    assert "Nothing: everybody who was expected has reported" in text


def test_the_why_page_tells_why_a_result_was_corrected(
    reading: Client, world: SimpleNamespace
) -> None:
    factories.report(world.line, 6, "2020-Q1", reason="Two were counted twice")
    drain()

    page = "/plans/SP/figures/PUB/why"
    assert "A correction of “3”: Two were counted twice" in text_of(reading, page)
    file = b"".join(reading.get(f"{page}.csv?period=2020-Q1").streaming_content)
    assert "A correction of “3”: Two were counted twice" in file.decode()


def test_links_keep_the_place_in_the_figures(reading: Client, world: SimpleNamespace) -> None:
    body = reading.get("/plans/SP/?period=2020-Q1&scope=ROAF").content.decode()

    assert 'href="/plans/SP/outcomes/1.1/?period=2020-Q1&amp;scope=ROAF"' in body


@pytest.mark.parametrize("query", ["period=2030-Q1", "basis=x", "scope=x", "as_of=x"])
def test_a_choice_that_is_not_known_is_refused_in_words(
    reading: Client, world: SimpleNamespace, query: str
) -> None:
    response = reading.get(f"/plans/SP/?{query}")

    assert response.status_code == 400
    assert "That was not done" not in response.content.decode()
    assert query.split("=")[1] in response.content.decode()


def test_a_cell_that_is_not_known_is_refused(reading: Client, world: SimpleNamespace) -> None:
    assert reading.get("/plans/SP/figures/PUB/why?cell=x").status_code == 400


def test_pages_say_updating_while_a_figure_is_stale(
    reading: Client, world: SimpleNamespace
) -> None:
    factories.report(world.line, 1, "2020-Q3")
    for path in ("/plans/SP/", "/plans/SP/outcomes/1.1/", "/plans/SP/figures/PUB/why"):
        body = reading.get(path).content.decode()
        assert 'hx-trigger="every 2s"' in body, path
        assert '<noscript><meta http-equiv="refresh"' in body, path
    drain()

    assert "hx-trigger" not in reading.get("/plans/SP/").content.decode()


def test_a_demonstration_is_marked_on_every_page(reading: Client, world: SimpleNamespace) -> None:
    plan = factories.plan("DEMO", is_demonstration=True)
    factories.indicator(factories.outcome(plan), "PUB")

    for path in PAGES:
        if path.endswith("svg"):
            continue
        assert "invented" in text_of(reading, path.replace("/SP/", "/DEMO/")), path
        assert "invented" not in text_of(reading, path), path


def test_a_chart_that_has_not_changed_is_not_sent_again(
    reading: Client, world: SimpleNamespace
) -> None:
    first = reading.get("/plans/SP/indicators/PUB/trend.svg")
    again = reading.get(
        "/plans/SP/indicators/PUB/trend.svg", headers={"If-None-Match": first["ETag"]}
    )

    assert first["Content-Type"] == "image/svg+xml"
    assert first.content.startswith(b"<svg")
    assert (again.status_code, again.content) == (304, b"")


def test_no_page_holds_inline_styles_or_scripts(reading: Client, world: SimpleNamespace) -> None:
    for path in PAGES[:-2] + PAGES[-1:]:
        body = reading.get(path).content.decode()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", body), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", body), path


def test_a_page_is_small(reading: Client, world: SimpleNamespace) -> None:
    assert all(len(reading.get(path).content) < 150_000 for path in PAGES)


def queries_of(client: Client, path: str) -> int:
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/plans/SP/", 12),
        ("/plans/SP/outcomes/1.1/", 12),
        ("/plans/SP/outcomes/1.1/?scope=KEN", 13),
        ("/plans/SP/indicators/PUB/", 20),
    ],
)
def test_the_number_of_queries_does_not_grow_with_projects(
    reading: Client, world: SimpleNamespace, path: str, most: int
) -> None:
    few = queries_of(reading, path)
    for _more in range(5):
        project = factories.project(world.plan, where=world.country, serves=world.outcome)
        factories.report(factories.line(project, world.indicator, world.country), 1)
    drain()

    assert few <= most
    assert queries_of(reading, path) == few


def test_sources_are_told_apart_from_projects(reading: Client, world: SimpleNamespace) -> None:
    factories.project(world.plan, "MTR", serves=world.outcome, kind="corporate_source")
    text = text_of(reading, "/plans/SP/outcomes/1.1/")

    assert "Primary 1" in text
    assert "Corporate sources" in text


def test_a_source_that_reports_is_named_without_an_alignment(
    reading: Client, world: SimpleNamespace
) -> None:
    source = factories.project(world.plan, "MTR", kind="corporate_source")
    assert "Corporate sources" not in text_of(reading, "/plans/SP/outcomes/1.1/")

    factories.line(source, world.indicator)
    assert "Corporate sources" in text_of(reading, "/plans/SP/outcomes/1.1/")


def test_as_of_shows_a_page_as_it_stood(reading: Client, world: SimpleNamespace) -> None:
    yesterday = factories.days_ago(1).isoformat()
    text = text_of(reading, f"/plans/SP/outcomes/1.1/?as_of={yesterday}&period=2020-Q2")

    assert "As it stood at the end of" in text
    assert "more than 7" not in text


def test_a_headline_names_its_feeders(reading: Client, world: SimpleNamespace) -> None:
    headline: Any = factories.indicator(world.plan, "HL-PUB", is_headline=True)
    feeder = factories.indicator(world.outcome, "FED", feeds=headline)
    factories.report(factories.line(world.project, feeder, world.country), 5)
    drain()

    assert "Fed by" in text_of(reading, "/plans/SP/indicators/HL-PUB/")
    assert "Project P1 5" in text_of(reading, "/plans/SP/figures/HL-PUB/why?period=2020-Q1")
