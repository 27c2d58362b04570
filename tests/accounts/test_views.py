"""The pages of people and their roles, and of one's own account."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import OfficeRole, User
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/plans/SP/setup/people/"


@pytest.fixture
def administrator(client: Client) -> Client:
    """A browser of an administrator of the office for Africa."""
    factories.plan("SP", quarters=1)
    client.force_login(factories.user("Adam", Role.ADMINISTRATOR, factories.office("ROAF")))
    return client


def invite(client: Client, **changed: Any) -> Any:
    person = {"email": "new@example.org", "name": "New", "office": "ROAF", "role": "reporter"}
    return client.post(URL, {"act": "invite", **person, **changed})


def test_a_role_is_given_and_taken(administrator: Client) -> None:
    page = administrator.get(invite(administrator).headers["Location"]).content.decode()
    assert "New is now reporter in Office ROAF" in page and "Forgotten your password?" in page
    held = OfficeRole.objects.get(user__email="new@example.org")
    gone = administrator.post(URL, {"act": "revoke", "role": held.pk, "reason": "Left"})
    assert gone.status_code == 302
    assert not OfficeRole.objects.filter(pk=held.pk).exists()


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"email": "nobody"}, "email"),
        ({"role": "king"}, "role"),
        ({"office": "HQ"}, "office"),
        ({"office": "NOWHERE"}, "office"),
    ],
)
def test_what_is_refused_is_told_beside_its_field(
    administrator: Client, changed: dict[str, str], where: str
) -> None:
    response = invite(administrator, **changed)
    assert (response.status_code, list(response.context["form"].errors)) == (400, [where])
    assert not User.objects.filter(email="new@example.org").exists()


def test_ones_own_administrator_role_stays(administrator: Client) -> None:
    held = OfficeRole.objects.get(user__name="Adam")
    revoke = {"act": "revoke", "role": held.pk, "reason": "I retire"}
    response = administrator.post(URL, revoke)
    assert "You cannot take your own administrator role" in response.content.decode()
    assert 'value="I retire"' in response.content.decode()
    assert OfficeRole.objects.filter(pk=held.pk).exists()


def test_others_read_and_are_refused(administrator: Client) -> None:
    chief = OfficeRole.objects.get(user=factories.user("Chief", Role.READER))
    revoke = {"act": "revoke", "role": chief.pk}
    assert administrator.post(URL, revoke).status_code == 403
    administrator.force_login(factories.user("Man", Role.MANAGER))
    assert b'name="act"' not in administrator.get(URL).content
    assert invite(administrator).status_code == 403
    assert administrator.post(URL, {"act": "revoke", "role": "x"}).status_code == 404
    administrator.logout()
    assert administrator.get(URL).status_code == 302


def test_people_are_found_by_name_and_office(administrator: Client) -> None:
    factories.user("Zoe Zed", Role.READER, factories.office("ROAP"))
    assert "Zoe Zed" in administrator.get(URL, {"q": "zed"}).content.decode()
    assert "Zoe Zed" not in administrator.get(URL, {"office": "ROAF"}).content.decode()
    assert administrator.get(URL, {"office": "NOWHERE"}).status_code == 404


def queries(client: Client) -> int:
    client.get(URL)
    with CaptureQueriesContext(connection) as asked:
        client.get(URL)
    return len(asked)


def test_more_people_ask_no_more_queries(administrator: Client) -> None:
    one = queries(administrator)
    for _more in range(2):
        factories.user(role=Role.READER, at=factories.office("ROAF"))
    assert queries(administrator) == one


def test_ones_own_name_and_language_are_changed(administrator: Client) -> None:
    assert "Your roles" in administrator.get("/account/").content.decode()
    sent = {"name": "Ada", "language": "zh-hans"}
    response = administrator.post("/account/", sent)
    assert response.cookies["django_language"].value == "zh-hans"
    changed = User.objects.get(name="Ada")
    assert changed.language == "zh-hans"


@pytest.mark.parametrize("sent", [{"name": "", "language": "en"}, {"name": "A", "language": "xx"}])
def test_a_bad_account_is_told(administrator: Client, sent: dict[str, str]) -> None:
    assert administrator.post("/account/", sent).status_code == 400
    assert User.objects.filter(name="Adam").exists()


def test_an_account_page_needs_signing_in(client: Client) -> None:
    assert client.get("/account/").status_code == 302
