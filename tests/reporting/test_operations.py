"""How the engine is doing: who sees it, what it says, and the button that computes it all."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.clock import database_now
from outcomes.actions import mark_plan_stale
from outcomes.models import Figure, FigureRun, StaleFigure
from outcomes.rollup.filing import file_verification
from outcomes.rollup.queue import drain
from outcomes.rollup.rebuild import start_rebuild
from outcomes.rollup.verify import verify
from outcomes.scopes import PLAN
from tests import factories
from tests.roles import places

PATH = "/plans/SP/operations/"
WATCHING = {Role.MANAGER, Role.ADMINISTRATOR}


@pytest.fixture
def managing(client: Client, db: None) -> Client:
    """A browser in which a manager of headquarters is signed in."""
    client.force_login(factories.user("A Manager", Role.MANAGER))
    return client


def words_of(client: Client, path: str = PATH) -> str:
    """The words of a page, without its tags."""
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


def spoil(number: int = 1) -> None:
    """So many figures that are not what was reported, each of another kind of scope."""
    wrong = Figure.objects.filter(period_numerator__isnull=False).order_by("scope")
    for figure in wrong[:number]:
        Figure.objects.filter(pk=figure.pk).update(period_numerator=1)


@pytest.mark.parametrize("place", ["above", "inside", "outside"])
@pytest.mark.parametrize("role", Role.values)
def test_managers_and_administrators_see_it_and_nobody_else(
    client: Client, world: SimpleNamespace, role: str, place: str
) -> None:
    client.force_login(factories.user("Somebody", role, places()[place]))
    response, home = client.get(PATH), client.get("/plans/SP/setup/").content.decode()
    sees = role in WATCHING
    assert (response.status_code, PATH in home) == (200 if sees else 403, sees)


@pytest.mark.parametrize("place", ["above", "inside"])
@pytest.mark.parametrize("role", Role.values)
def test_the_button_is_for_headquarters(
    client: Client, world: SimpleNamespace, role: str, place: str
) -> None:
    client.force_login(factories.user("Somebody", role, places()[place]))
    may = role in WATCHING and place == "above"
    if role in WATCHING:
        shown = "Compute all figures again" in client.get(PATH).content.decode()
        assert shown == may
    assert client.post(f"{PATH}rebuild/").status_code == (302 if may else 403)
    assert FigureRun.objects.exists() == may


def test_a_stranger_signs_in_first(client: Client, world: SimpleNamespace) -> None:
    assert client.get(PATH).status_code == client.post(f"{PATH}rebuild/").status_code == 302
    assert not FigureRun.objects.exists()


def test_without_any_run_it_says_so(managing: Client, world: SimpleNamespace) -> None:
    page = words_of(managing)
    assert "Nothing: every figure is up to date." in page
    assert "Not yet: the first comparison runs tonight." in page


def test_no_difference_is_said_with_how_much_was_compared(
    managing: Client, world: SimpleNamespace
) -> None:
    file_verification(world.plan)
    assert "0 differences in the figures of 1 indicator, on" in words_of(managing)


def test_the_button_computes_what_was_wrong(managing: Client, world: SimpleNamespace) -> None:
    spoil()
    page = managing.post(f"{PATH}rebuild/", follow=True).content.decode()
    assert "All figures are being computed again." in page
    assert "0 of 1 indicators done" in page
    assert "Compute all figures again</button>" not in page
    drain()
    assert (list(verify()), StaleFigure.objects.count()) == ([], 0)
    assert re.search(r"The last time on .* 1 indicator. Asked for by A Manager", words_of(managing))


def test_a_difference_opens_the_page_that_says_why(
    managing: Client, world: SimpleNamespace
) -> None:
    Figure.objects.filter(scope=PLAN, basis=1, period=1).update(period_numerator=1)
    file_verification(world.plan)
    page = managing.get(PATH).content.decode()
    [address] = re.findall(r'href="(/plans/SP/figures/PUB/why\?[^"]+)"', page)
    assert address == "/plans/SP/figures/PUB/why?scope=plan&amp;period=2020-Q1&amp;basis=official"
    assert managing.get(address.replace("&amp;", "&")).status_code == 200
    page = words_of(managing)
    assert "The whole plan · 2020 Q1 · Official" in page
    assert "0.000001 in the period3 in the period" in page


def test_what_waits_is_named(managing: Client, world: SimpleNamespace) -> None:
    mark_plan_stale(world.plan)
    page = words_of(managing)
    assert "1 change waits." in page
    assert "These indicators say “updating” meanwhile: Publications" in page


def test_what_is_too_large_is_named_and_the_page_stands_still(
    managing: Client, world: SimpleNamespace
) -> None:
    mark_plan_stale(world.plan)
    assert "hx-get" in managing.get(PATH).content.decode()
    StaleFigure.objects.update(too_large_at=database_now())
    page = words_of(managing)
    assert "1 change waits. These cannot be computed:" in page
    assert "results that are too large. Publications" in page
    assert "hx-get" not in managing.get(PATH).content.decode()


@pytest.mark.parametrize("path", ["/plans/SP/", "/plans/SP/my-work/"])
def test_managers_are_told_of_differences_where_they_begin(
    client: Client, world: SimpleNamespace, path: str
) -> None:
    said = "found 1 figure that differs"
    client.force_login(factories.user("A Manager", Role.MANAGER, factories.office()))
    file_verification(world.plan)
    assert said not in words_of(client, path)
    Figure.objects.filter(scope=PLAN, basis=1, period=1).update(period_numerator=1)
    file_verification(world.plan)
    assert said in words_of(client, path)
    client.force_login(factories.user("A Reporter", Role.REPORTER))
    assert said not in words_of(client, path)


def test_the_number_of_queries_does_not_depend_on_what_was_found(
    managing: Client, world: SimpleNamespace, django_assert_num_queries: Any
) -> None:
    def queries() -> int:
        from django.db import connection

        with CaptureQueriesContext(connection) as captured:
            words_of(managing)
        return len(captured)

    Figure.objects.filter(scope__gt=999, basis=1, period=1).update(period_numerator=1)
    Figure.objects.filter(scope__lt=999, scope__gt=0, basis=1, period=1).update(period_numerator=1)
    start_rebuild(world.plan)
    StaleFigure.objects.all().delete()
    run = file_verification(world.plan)
    few = queries()
    spoil(10)
    assert file_verification(world.plan).differences > run.differences
    assert abs(queries() - few) <= 1  # the list of the last comparisons has more than one
