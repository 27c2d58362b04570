"""Stories of impact and innovation labs: what they rest on, consent, each lab once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput
from outcomes.models import Indicator
from plans.models import StrategicPlan
from projects import actions
from projects.actions import LabInput, StoryInput
from projects.models import InnovationLab, Project, Result, Story
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> StrategicPlan:
    return factories.plan("SP")


@pytest.fixture
def project(plan) -> Project:
    office = factories.office("ROAF")
    kenya = factories.country("KEN", "Kenya", office)
    return factories.project(plan, "P1", office, kenya, factories.outcome(plan))


@pytest.fixture
def result(project) -> Result:
    indicator = factories.indicator(factories.outcome(project.plan), "TAPS")
    return factories.report(factories.line(project, indicator), 40)


@pytest.fixture
def rita(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


@pytest.fixture
def mona(project) -> User:
    return factories.user("Mona", Role.MANAGER, project.office)


def written(project: Project, by: User, **more: Any) -> Story:
    given: dict[str, Any] = {"title": "Water at last", "text": "Amina has a tap."}
    return actions.save_story(project=project, entered=StoryInput(**(given | more)), by=by)


def missing(story: Story, by: User) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        actions.publish_story(story=story, by=by)
    return [one.code for one in refusal.value.problems]


def test_a_story_is_published_with_consent_and_on_an_approved_result(
    project, result, rita, mona
) -> None:
    story = written(project, rita, picture="https://example.org/amina.jpg")
    assert missing(story, mona) == ["missing_consent", "missing_image_rights", "missing_result"]
    ready = StoryInput(
        "Water at last",
        "Amina has a tap.",
        results=(result,),
        consent="Amina, by signature on 3 March 2020",
        picture="https://example.org/amina.jpg",
        image_rights="UN-Habitat",
    )
    actions.save_story(project=project, entered=ready, by=rita, story=story)
    assert actions.publish_story(story=story, by=mona).status == "published"
    with pytest.raises(DomainError) as refusal:
        actions.save_story(project=project, entered=ready, by=rita, story=story)
    assert refusal.value.code == "published_already"


def test_a_story_rests_on_approved_results_of_its_own_project(project, result, rita) -> None:
    other = factories.project(project.plan, "P2", project.office)
    indicator = Indicator.objects.get(code="TAPS")
    elsewhere = factories.report(factories.line(other, indicator), 1)
    waiting = factories.report(result.line, 5, at="2020-Q2", to="submitted")
    with pytest.raises(InvalidInput) as refusal:
        written(project, rita, results=(elsewhere, waiting), link="javascript:alert(1)")
    assert [one.code for one in refusal.value.problems] == [
        "not_a_link",
        "result_of_another_project",
        "result_not_approved",
    ]
    assert not Story.objects.exists()


def test_a_draft_is_seen_in_its_office_alone(project, rita) -> None:
    written(project, rita)
    outside = factories.user("Omar", Role.MANAGER, factories.office("ROAP"))
    assert not Story.objects.visible_to(outside).exists()
    assert Story.objects.visible_to(rita).exists()


def test_a_story_that_is_taken_back_is_kept_and_can_be_changed(project, result, rita, mona) -> None:
    story = written(project, rita, results=(result,), consent="Amina")
    actions.publish_story(story=story, by=mona)
    actions.take_story_back(story=story, by=mona, reason="She asked to")
    outside = factories.user("Omar", Role.READER, factories.office("ROAP"))
    assert not Story.objects.visible_to(outside).exists()
    entered = StoryInput("Water", "A tap.", results=(result,), consent="Amina")
    assert actions.save_story(project=project, entered=entered, by=rita, story=story).pk == story.pk


def test_a_story_is_written_and_published_by_its_pages(project, result, rita, mona) -> None:
    writer, manager = Client(), Client()
    writer.force_login(rita), manager.force_login(mona)
    at = "/plans/SP/projects/P1/story/"
    assert "TAPS" in writer.get(at).content.decode()
    sent = {"title": "Water at last", "text": "A tap.", "results": result.pk, "consent": "Amina"}
    assert writer.post(at, sent).status_code == 302
    story = Story.objects.get()
    page = f"/plans/SP/stories/{story.pk}/"
    assert manager.post(page, {"act": "publish"}).status_code == 302
    assert "Water at last" in writer.get("/plans/SP/stories/?q=water").content.decode()
    assert "Water at last" in writer.get("/plans/SP/projects/P1/").content.decode()
    assert writer.post(page, {"act": "take back", "reason": "Why"}).status_code == 403


# --- Labs ------------------------------------------------------------------------------------


def lab(plan: StrategicPlan, name: str, office: str = "ROAF", **more: Any) -> InnovationLab:
    given = {"country": factories.country("DEU", "Germany"), "status": "operating"} | more
    return actions.save_lab(
        plan=plan, office=factories.office(office), entered=LabInput(name, **given), by=None
    )


def codes(plan: StrategicPlan, name: str, **more: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        lab(plan, name, **more)
    return [one.code for one in refusal.value.problems]


def test_a_lab_is_registered_once_however_it_is_spelled(plan) -> None:
    lab(plan, "UNITAC Hamburg", city="Hamburg")
    assert codes(plan, "Unitac – hamburg") == ["duplicate_lab"]
    assert codes(plan, "Centre for innovation", city=" hamburg") == ["similar_lab"]
    lab(plan, "Centre for innovation", city="Hamburg", is_another=True)
    assert InnovationLab.objects.count() == 2


def test_what_is_wrong_with_a_lab_is_told_at_once(plan) -> None:
    assert codes(plan, " - ", country=None, status="open", link="ftp://x") == [
        "missing_name",
        "missing_country",
        "unknown_status",
        "not_a_link",
    ]


def test_labs_are_counted_by_their_state(plan, rita) -> None:
    lab(plan, "Toronto")
    lab(plan, "Penang", status="in_progress")
    client = Client()
    client.force_login(rita)
    page = client.get("/plans/SP/labs/").content.decode()
    assert page.count("<dd>1</dd>") == 2 and "<dd>0</dd>" in page


def test_the_list_links_those_labs_that_somebody_may_change(plan, rita) -> None:
    own = lab(plan, "Nairobi lab")
    link = "https://example.org/penang"
    theirs = lab(plan, "Penang lab", office="ROAP", host="City council", link=link)
    client = Client()
    client.force_login(rita)
    page = client.get("/plans/SP/labs/").content.decode()
    assert f"/plans/SP/labs/{own.pk}/" in page and f"/plans/SP/labs/{theirs.pk}/" not in page
    assert "City council" in page and link in page
    assert client.get(f"/plans/SP/labs/{own.pk}/").status_code == 200
    assert client.get(f"/plans/SP/labs/{theirs.pk}/").status_code == 403


def test_the_api_writes_stories_and_labs(project, result, rita) -> None:
    api = Api(rita)
    new = {"project": "P1", "title": "Water", "text": "A tap.", "results": [result.pk]}
    made = api.post("plans/SP/stories/", new).json()
    assert (made["status"], made["results"]) == ("draft", [result.pk])
    assert refused(api.post("plans/SP/stories/", new | {"results": [10**9]}))[1] == "unknown_result"
    body = {"name": "Kisumu lab", "office": "ROAF", "country": "KEN", "status": "operating"}
    assert api.post("plans/SP/labs/", body).status_code == 201
    assert refused(api.post("plans/SP/labs/", body)) == (400, "duplicate_lab")


@pytest.mark.parametrize("name", ["stories", "labs"])
def test_the_lists_take_as_many_queries_for_many_as_for_few(project, rita, name) -> None:
    api = Api(rita)
    written(project, rita), lab(project.plan, "Lab 0")
    api.queries(f"plans/SP/{name}/")
    few = api.queries(f"plans/SP/{name}/")
    for number in range(1, 5):
        written(project, rita), lab(project.plan, f"Lab {number}")
    assert api.queries(f"plans/SP/{name}/") == few
