"""The form by which a reviewer judges a status otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from outcomes.models import StatusOverride
from tests import factories

PAGE = "/plans/SP/indicators/PUB/"
JUDGE = f"{PAGE}judge/"


@pytest.fixture
def reviewing(client: Client, world: SimpleNamespace) -> Client:
    """A browser of a reviewer at headquarters."""
    client.force_login(factories.user("A Reviewer", Role.REVIEWER, factories.headquarters()))
    return client


def test_a_judgement_is_shown_beside_the_rule(reviewing: Client) -> None:
    answer = reviewing.post(JUDGE, {"status": "delayed", "reason": "Two reports are late."})
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, PAGE)
    page = reviewing.get(answer.headers["Location"]).content.decode()
    assert "Two reports are late." in page
    assert "By the rule:" in page


def test_without_a_reason_nothing_changes_and_the_choice_is_kept(reviewing: Client) -> None:
    answer = reviewing.post(JUDGE, {"status": "delayed", "reason": ""})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Say why, in writing." in page
    assert '<option value="delayed" selected>' in page
    assert not StatusOverride.objects.exists()


def test_a_reader_sees_no_form_and_is_refused(reading: Client, world: SimpleNamespace) -> None:
    assert JUDGE not in reading.get(PAGE).content.decode()
    answer = reading.post(JUDGE, {"status": "delayed", "reason": "So there."})
    assert answer.status_code == 403
    assert not StatusOverride.objects.exists()
