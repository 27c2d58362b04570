"""Input that no form would send: refused in words and with a code, nothing changed, no error 500.

Several of these break only PostgreSQL (NUL) or only SQLite (long conditions); the tests run on
both.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput
from habitat_tracker.fields import parse_decimal
from outcomes.models import Thing
from plans.models import ReportingPeriod
from projects.models import Project, ProjectIndicator, Result
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db


class Desk:
    """A superuser's browser and the entry page of a project that counts things by name."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        outcome = factories.outcome(self.plan)
        self.project = factories.project(self.plan, "P", serves=outcome)
        self.line = factories.line(self.project, factories.indicator(outcome, "D", kind="distinct"))
        self.user = User.objects.create_superuser("root@example.org", "a-long-password")
        self.client = Client(raise_request_exception=False)
        self.client.force_login(self.user)

    def enter(self, **fields: str) -> Any:
        """Send the entry page of the first quarter."""
        data = {f"l{self.line.pk}-{name}": text for name, text in fields.items()}
        return self.client.post(
            "/plans/SP/projects/P/results/2020-Q1/", {f"l{self.line.pk}-version": "0", **data}
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- NUL, which PostgreSQL takes in no text --------------------------------------------------

ADDRESSES = [
    "projects/P%00/",
    "projects/P%00/edit/",
    "projects/P/results/%00/",
    "outcomes/%00/",
    "indicators/%00/",
    "indicators/%00/trend.svg",
    "figures/%00/why",
    "setup/values/%00/",
    "setup/lines/%00/",
]
QUERIES = [
    "?scope=%00",
    "projects/?q=%00",
    "projects/?office=%00",
    "projects/P/results/2020-Q1/things/?indicator=%00",
    "projects/P/results/2020-Q1/things/?indicator=D&q=a%00b",
    "figures/D/why?scope=%00",
    "setup/people/?q=%00",
    "setup/people/?office=%00",
    "setup/lines/?q=%00",
    "deliverables/?q=%00",
    "deliverables/?project=%00",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_nul_is_not_found(desk: Desk, address: str) -> None:
    assert desk.client.get(f"/plans/SP/{address}").status_code == 404


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_with_nul_is_refused(desk: Desk, query: str) -> None:
    response = desk.client.get(f"/plans/SP/{query}")
    assert response.status_code == 400
    assert "This request cannot be read." in response.content.decode()


def test_a_cookie_with_nul_is_refused(client: Client) -> None:
    cookie = 'sessionid="abcdefghijkl\\000"'  # quoted cookies may hold octal escapes
    assert client.get("/", headers={"Cookie": cookie}).status_code == 400


def test_the_api_names_the_parameter_that_holds_nul(desk: Desk) -> None:
    api = Api(desk.user)
    assert refused(api.get("plans/SP/figures/", scope="\0")) == (400, "unknown_scope")
    assert refused(api.get("plans/SP/figures/", cell="\0")) == (400, "unknown_cell")


POSTS = [
    ("setup/periods/", {"period": "\0", "act": "close"}),
    ("setup/people/", {"act": "invite", "email": "a@b.org", "office": "\0", "role": "reader"}),
    ("setup/lines/P/", {"act": "add", "new-indicator": "\0"}),
    ("setup/lines/P/", {"act": "add", "new-indicator": "D", "new-country": "\0"}),
    ("add-project/", {"code": "N", "title": "N", "office": "HQ", "countries": "\0"}),
    ("add-project/", {"code": "N", "title": "N", "office": "\0"}),
    ("deliverables/add/", {"project": "\0", "title": "a\0b", "city": "\0"}),
    ("indicators/D/judge/", {"status": "on_track", "reason": "a\0b"}),
]


@pytest.mark.parametrize(("path", "fields"), POSTS)
def test_a_form_with_nul_is_refused(desk: Desk, path: str, fields: dict[str, str]) -> None:
    def counts() -> list[int]:
        kinds: tuple[Any, ...] = (Project, ProjectIndicator, User)
        return [kind.objects.count() for kind in kinds]

    before = counts()
    assert desk.client.post(f"/plans/SP/{path}", fields).status_code in (400, 404)
    assert counts() == before
    assert not ReportingPeriod.objects.exclude(closed_at=None).exists()


# --- Long lists ------------------------------------------------------------------------------


def test_a_list_of_many_names_is_kept(desk: Desk) -> None:
    known = "\n".join(f"Settlement {number}" for number in range(150))
    assert desk.enter(things=known).status_code == 302
    more = "\n".join(f"settlement {number}" for number in range(400))
    assert desk.enter(things=more, version="1").status_code == 302
    assert Result.objects.get().things.count() == Thing.objects.count() == 400


def test_more_things_than_a_result_lists_are_refused(desk: Desk) -> None:
    response = desk.enter(things="\n".join(f"Settlement {number}" for number in range(2001)))
    assert response.status_code == 400
    assert "2000 things at most" in response.content.decode()
    assert (Result.objects.count(), Thing.objects.count()) == (0, 0)


def test_a_search_of_thousands_of_words_is_refused_or_cut(desk: Desk) -> None:
    words = "a " * 1500
    assert desk.client.get("/plans/SP/projects/", {"q": words}).status_code == 400
    assert desk.client.get("/plans/SP/setup/lines/", {"q": words}).status_code == 200
    things = "/plans/SP/projects/P/results/2020-Q1/things/"
    assert desk.client.get(things, {"q": words, "indicator": "D"}).status_code == 200
    asked = Api(desk.user).get("plans/SP/projects/", q=words)
    assert problems(asked) == {("q", "max_length")}


# --- Numbers and dates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1." + "0" * 40 + "1", "too_many_decimals"),
        ("12345678901.9999999999999999999999999", "too_many_decimals"),
        ("99999999999.9999999999999999999999999", "too_many_decimals"),
        ("0." + "0" * 5000 + "1", "too_many_decimals"),
        ("1" + "0" * 5000, "out_of_range"),
    ],
)
def test_no_number_is_rounded_however_long(written: str, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_decimal(written)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0e9999", "0"),
        ("-0", "0"),
        ("1.50" + "0" * 60, "1.5"),
        ("00012e-1", "1.2"),
        ("5e3", "5000"),
    ],
)
def test_numbers_are_read_exactly_however_they_are_written(written: str, number: str) -> None:
    assert parse_decimal(written) == parse_decimal(number)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01"]
)
def test_a_moment_at_the_end_of_time_is_answered_or_refused(desk: Desk, moment: str) -> None:
    page = desk.client.get("/plans/SP/figures/D/why", {"as_of": moment})
    answer = Api(desk.user).get("plans/SP/figures/", as_of=moment)
    assert (page.status_code, answer.status_code) in {(200, 200), (400, 400)}


def test_far_dates_leave_every_page_working(desk: Desk) -> None:
    ReportingPeriod.objects.filter(label="2020-Q4").update(due=date.max)
    desk.line.expected_from, desk.line.expected_to = date.min, date.max
    desk.line.save()
    for path in ("", "projects/P/", "my-work/", "setup/periods/", "setup/lines/P/"):
        assert desk.client.get(f"/plans/SP/{path}").status_code == 200


@pytest.mark.parametrize("pk", ["9" * 20, "9" * 400])
def test_ids_beyond_the_database_are_not_found(desk: Desk, pk: str) -> None:
    for path in (f"results/{pk}/", f"notes/{pk}/", f"evidence/{pk}/"):
        assert desk.client.get(f"/plans/SP/{path}").status_code == 404
    rest = "/plans/SP/projects/P/results/2020-Q1/rest/"
    assert desk.client.get(rest, {"line": pk * 20}).status_code == 404


# --- Two people --------------------------------------------------------------------------------


def test_what_was_approved_meanwhile_is_told_and_the_text_kept(desk: Desk) -> None:
    """The form was opened when nothing was there: it does not begin a correction unseen."""
    desk.user.office_roles.create(office=factories.office(), role=Role.REPORTER)
    address = "/plans/SP/projects/P/results/2020-Q1/"
    form = desk.client.get(address).context["page"].forms[0]
    opened = {name: str(form[name].value()) for name in ("version", "seen")}
    factories.report(desk.line, unnamed="41")
    told = desk.enter(**opened, unnamed="42")
    page = told.content.decode()
    assert told.status_code == 409
    assert "approved meanwhile" in page and "41" in page and 'value="42"' in page
    assert Result.objects.count() == 1
