"""What people of an office say about a result, and what asks for evidence."""

from __future__ import annotations

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.errors import DomainError
from projects import actions
from projects.models import Comment, Result
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def result() -> Result:
    plan = factories.plan("SP")
    outcome = factories.outcome(plan)
    project = factories.project(plan, "P1", factories.office("ROAF"), serves=outcome)
    return factories.report(
        factories.line(project, factories.indicator(outcome)), 5, to="submitted"
    )


def test_a_comment_stands_with_who_and_when_and_is_not_among_the_acts(
    result: Result, client: Client
) -> None:
    rob = factories.user("Rob", Role.REVIEWER, factories.office("ROAF"))
    client.force_login(rob)
    page = f"/plans/SP/results/{result.pk}/"
    sent = client.post(f"{page}comments/", {"text": " Which towns?\nAll of them? "})
    assert sent.headers["Location"] == f"{page}#comments"
    [comment] = Comment.objects.about(result)
    assert (comment.by, comment.text) == (rob, "Which towns?\nAll of them?")
    shown = client.get(page)
    assert "Which towns?" in shown.content.decode()
    assert [act.verb for act in shown.context["history"]] == ["submitted", "entered"]


@pytest.mark.parametrize(("text", "code"), [("  ", "missing_text"), ("x" * 2001, "too_long")])
def test_a_comment_says_something_and_not_too_much(
    result: Result, client: Client, text: str, code: str
) -> None:
    rob = factories.user("Rob", Role.REVIEWER, factories.office("ROAF"))
    with pytest.raises(DomainError) as error:
        actions.add_comment(to=result, text=text, by=rob)
    assert error.value.code == code
    client.force_login(rob)
    answer = client.post(f"/plans/SP/results/{result.pk}/comments/", {"text": text})
    assert answer.status_code == 400 and text.strip() in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_note_is_commented_on_too(result: Result, client: Client) -> None:
    rita = factories.user("Rita", Role.REPORTER, factories.office("ROAF"))
    note = actions.save_note(
        by=rita,
        project=result.line.project,
        key="n",
        period=result.period,
        text={"en": "Partners asked for more."},
    )
    client.force_login(rita)
    client.post(f"/plans/SP/notes/{note.pk}/comments/", {"text": "Who asked?"})
    assert "Who asked?" in client.get(f"/plans/SP/notes/{note.pk}/").content.decode()


def test_comments_in_the_api(result: Result) -> None:
    rob = factories.user("Rob", Role.REVIEWER, factories.office("ROAF"))
    address = f"plans/SP/results/{result.pk}/comments/"
    assert refused(Api(rob).post(address, {"text": ""})) == (400, "missing_text")
    assert Api(rob).post(address, {"text": "Which towns?"}).status_code == 201
    [said] = Api(rob).get(address).json()
    assert (said["text"], said["by"]["name"]) == ("Which towns?", "Rob")


def test_who_does_not_see_the_result_sees_and_says_nothing(result: Result) -> None:
    outside = factories.user("Out", Role.REVIEWER, factories.office("ROAP"))
    reader = factories.user("Reader", Role.READER, factories.office("ROAF"))
    address = f"plans/SP/results/{result.pk}/comments/"
    assert [Api(outside).get(address).status_code, Api(reader).get(address).status_code] == [
        404,
        200,
    ]
    assert refused(Api(outside).post(address, {"text": "Hm"}))[0] == 404
    assert refused(Api(reader).post(address, {"text": "Hm"})) == (403, "not_allowed")
