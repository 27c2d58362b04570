"""The set-up pages of reporting lines, and the way in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from projects.models import ProjectIndicator
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/plans/SP/setup/lines/P1/"


@pytest.fixture
def manager(client: Client) -> Client:
    """A browser of a manager of the office for Africa, at a project that reports nothing."""
    plan = factories.plan("SP", quarters=1)
    office = factories.office("ROAF")
    factories.project(plan, "P1", office, factories.country("KEN", "Kenya", office))
    factories.indicator(plan, "WATER")
    factories.indicator(plan, "HEAD", is_headline=True)
    client.force_login(factories.user("Mo", Role.MANAGER, office))
    return client


def add(client: Client, **typed: Any) -> Any:
    given = {"indicator": "WATER", "country": "KEN", **typed}
    fields = {f"new-{name}": value for name, value in given.items()}
    return client.post(URL, {"act": "add", **fields})


def test_a_line_is_added_moved_and_ended(manager: Client) -> None:
    assert add(manager, expected_from="2020-01-01").status_code == 302
    line = ProjectIndicator.objects.get()
    name = f"l{line.pk}"
    ended = {f"{name}-expected_from": "2020-01-01", f"{name}-expected_to": "2021-06-30"}
    reason = {f"{name}-reason": "Handed over"}
    manager.post(URL, {"act": "dates", "line": line.pk, **ended, **reason})
    line.refresh_from_db()
    assert line.expected_to == date(2021, 6, 30)
    page = manager.get(URL).content.decode()
    assert "ended" in page and "Handed over" in page


def test_a_line_for_a_city_is_added(manager: Client) -> None:
    add(manager, city="Nairobi")
    line = ProjectIndicator.objects.get()
    assert (line.country, str(line.city)) == (None, "Nairobi")
    add(manager, city="Kisumu")
    assert ProjectIndicator.objects.count() == 2


def test_indicators_of_outcomes_that_the_project_serves_are_offered(manager: Client) -> None:
    plan = factories.Project.objects.get().plan
    ours = factories.indicator(factories.outcome(plan, "1.1"), "OURS")
    factories.indicator(factories.outcome(plan, "2.2"), "THEIRS")
    factories.serve(factories.Project.objects.get(), ours)
    page = manager.get(URL).content.decode()
    assert '"WATER"' in page and '"OURS"' in page and '"THEIRS"' not in page
    assert add(manager, indicator="OURS").status_code == 302
    refused = add(manager, indicator="THEIRS")
    assert refused.status_code == 400
    told = "THEIRS belongs to an outcome that the project does not serve."
    assert refused.context["form"].errors == {"indicator": [told]}


BAD = [
    ({"country": "TCD"}, "country"),
    ({"country": "XXX"}, "country"),
    ({"country": "", "city": "Nairobi"}, "country"),
    ({"indicator": "HEAD"}, "indicator"),
    ({"indicator": "NONE"}, "indicator"),
    ({"expected_from": "2021-01-01", "expected_to": "2020-01-01"}, "expected_to"),
    ({"expected_from": "soon"}, "expected_from"),
]


@pytest.mark.parametrize(("typed", "where"), BAD)
def test_what_is_refused_is_told_beside_its_field(
    manager: Client, typed: dict[str, str], where: str
) -> None:
    factories.country("TCD", "Chad")
    response = add(manager, **typed)
    assert (response.status_code, list(response.context["form"].errors)) == (400, [where])
    assert not ProjectIndicator.objects.exists()


def test_an_overlapping_place_is_told_beside_the_country(manager: Client) -> None:
    add(manager)
    response = add(manager, country="")
    assert list(response.context["form"].errors) == ["country"]
    assert ProjectIndicator.objects.count() == 1


def test_reversed_dates_of_a_line_are_told_beside_them(manager: Client) -> None:
    add(manager)
    line = ProjectIndicator.objects.get()
    dates = {f"l{line.pk}-expected_from": "2021-01-01", f"l{line.pk}-expected_to": "2020-01-01"}
    response = manager.post(URL, {"act": "dates", "line": line.pk, **dates})
    assert response.context["rows"][0]["form"].errors.keys() == {"expected_to"}


def test_others_read_and_are_refused(manager: Client) -> None:
    for role, office in [
        (Role.MANAGER, factories.office("ROAP")),
        (Role.ADMINISTRATOR, factories.office("ROAF")),
        (Role.REPORTER, factories.office("ROAF")),
    ]:
        manager.force_login(factories.user(role=role, at=office))
        assert b'name="act"' not in manager.get(URL).content
        assert add(manager).status_code == 403
    manager.logout()
    assert manager.get(URL).status_code == 302
    assert not ProjectIndicator.objects.exists()


def test_unknown_projects_lines_and_acts_are_not_found(manager: Client) -> None:
    assert manager.get("/plans/SP/setup/lines/NO/").status_code == 404
    assert manager.post(URL, {"act": "dates", "line": "x"}).status_code == 404
    assert manager.post(URL, {"act": "delete"}).status_code == 404


def test_the_way_in_tells_how_things_stand(manager: Client) -> None:
    add(manager)
    page = manager.get("/plans/SP/setup/").content.decode()
    assert "1 period is open, 1 of them past its due date" in page and "1 line." in page
    assert "Project P1" in manager.get("/plans/SP/setup/lines/", {"q": "p1"}).content.decode()
