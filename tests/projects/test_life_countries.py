"""A revision that takes a country away takes what the project reports there along, and says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.errors import InvalidInput
from projects import actions
from projects.choices import Decision
from projects.models import Delegation, Project, ProjectDocument, ProjectIndicator
from tests import factories
from tests.api_client import Api
from tests.factories import life

pytestmark = pytest.mark.django_db
DOCUMENT = "/plans/SP/projects/P1/document/2/"
END = "2030-12-31"
FRAME = [
    {"indicator": "STREETS", "country": "KEN", "target": "12"},
    {"indicator": "STREETS", "country": "UGA", "city": "Kampala", "target": "3"},
]


@pytest.fixture
def project() -> Project:
    """Under way in Kenya and Uganda until 2030, reporting in both."""
    plan, office = life.desk()
    factories.country("UGA", "Uganda", office)
    places = {"countries": ["KEN", "UGA"], "cities": [{"country": "UGA", "name": "Kampala"}]}
    basics = life.CONTENT["basics"] | {"end": END}
    made = life.approved(plan, office, places=places, logframe=FRAME, basics=basics)
    return actions.start_project(project=made, by=factories.user("Mona", Role.MANAGER, office))


@pytest.fixture
def rita(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


@pytest.fixture
def revision(project, rita) -> ProjectDocument:
    """A revision that gives Uganda up."""
    document = actions.begin_revision(project=project, by=rita, reason="Kampala withdrew")
    for section, given in (("places", {"countries": ["KEN"]}), ("logframe", FRAME[:1])):
        document = actions.save_section(document=document, section=section, given=given, by=rita)
    return document


def decided(document: ProjectDocument, decision: str = Decision.APPROVED, **more: Any) -> None:
    under = Delegation.objects.get()
    appraisal = actions.submit_document(document=document, by=document.authors.get())
    life.decided(appraisal, under.person, under, decision, **more)


def countries(project: Project) -> list[str]:
    return sorted(project.countries.values_list("iso3", flat=True))


def ends() -> dict[str, date | None]:
    return {one.place_name: one.expected_to for one in ProjectIndicator.objects.all()}


def test_the_country_goes_and_what_is_reported_there_ends(project, revision) -> None:
    decided(revision)
    assert countries(project) == ["KEN"]
    assert ends() == {"Kenya": date(2030, 12, 31), "Kampala": timezone.localdate()}


def test_a_line_that_was_added_there_meanwhile_ends_too(project, revision) -> None:
    cars = factories.indicator(factories.outcome(project.plan, "3.1"), "CARS")
    uganda = Country.objects.get(iso3="UGA")
    line = actions.set_line(project=project, indicator=cars, country=uganda, by=None)
    decided(revision)
    line.refresh_from_db()
    assert line.expected_to == timezone.localdate()


def test_nothing_ends_where_the_revision_is_rejected(project, revision) -> None:
    decided(revision, Decision.REJECTED, reason="Stay in Uganda")
    assert countries(project) == ["KEN", "UGA"]
    assert set(ends().values()) == {date(2030, 12, 31)}


def test_what_ends_is_told_before_and_after_the_decision(project, revision, client) -> None:
    client.force_login(Delegation.objects.get().person)

    def page(at: str) -> str:
        return str(client.get(at).content.decode())

    assert "Kampala" in page(DOCUMENT).split("what the project reports there ends")[1]
    side = page(f"{DOCUMENT}differences/").split("Reporting lines")[1]
    assert "reported until 31 Dec 2030" in side and "ends on the day of the approval" in side
    appraisal = actions.submit_document(document=revision, by=revision.authors.get())
    at = f"/plans/SP/appraisals/{appraisal.pk}/"
    assert "what the project reports there ends" in page(at)
    under = Delegation.objects.get()
    life.decided(appraisal, under.person, under)
    assert "what the project reports there ends" not in page(at) + page(DOCUMENT)
    side = page(f"{DOCUMENT}differences/").split("Reporting lines")[1]
    assert f"reported until {timezone.localdate():%-d %b %Y}" in side


def test_the_api_names_what_ends(rita, revision) -> None:
    told = Api(rita).get(f"plans/SP/documents/{revision.pk}/").json()
    assert [(one["indicator"], one["expected_to"]) for one in told["ending_lines"]] == [
        ("STREETS", END)
    ]
    [listed] = Api(rita).rows("plans/SP/documents/", kind="revision")
    assert (listed["ending_lines"], listed["missing"]) == (None, None)


def test_a_line_of_a_country_that_was_left_is_shortened_but_not_taken_up_again(
    project, rita, revision
) -> None:
    decided(revision)
    line = ProjectIndicator.objects.get(city__isnull=False)
    known = {"project": project, "indicator": line.indicator, "city": line.city, "by": None}
    with pytest.raises(InvalidInput) as refusal:
        actions.set_line(**known, expected_to=date(2029, 1, 1))
    assert refusal.value.code == "country_outside_project"
    actions.set_line(**known, expected_to=date(2021, 1, 1))
    line.refresh_from_db()
    assert line.expected_to == date(2021, 1, 1)
    again = actions.begin_revision(project=project, by=rita, reason="A better target")
    assert [one["country"] for one in again.content["logframe"]] == ["KEN"]
