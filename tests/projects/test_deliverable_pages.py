"""The pages of the register of deliverables, and the cells that count from it."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from outcomes.models import Thing
from plans.actions import close_period
from projects import actions
from projects.models import Deliverable, ProjectIndicator, Result
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/plans/SP/deliverables/"
ADD = f"{LIST}add/"
GRID = "/plans/SP/projects/P1/results/2020-Q1/"


class Desk:
    """A reporter's browser, and a project in Kenya whose publications are counted."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.plan = factories.plan("SP")
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office("ROAF")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.project = factories.project(self.plan, "P1", self.office, self.kenya, self.outcome)
        self.indicator = factories.counting(self.outcome, code="PUB")
        self.line = self.report(self.indicator)
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        client.force_login(self.rita)

    def report(self, indicator: Any) -> ProjectIndicator:
        return factories.line(self.project, indicator, self.kenya)

    def typed(self, **fields: Any) -> dict[str, Any]:
        """The form of a publication, as a browser sends it."""
        return {
            "project": "P1",
            "kind": "publication",
            "title": "Guide",
            "outcome": "1.1",
            "date": "2020-02-01",
            "language": "en",
            "country": "KEN",
            "link": "https://example.org/guide",
        } | fields

    def register(self, title: str = "Guide", **content: Any) -> Deliverable:
        entered = {"by": self.rita, "country": self.kenya} | content
        return factories.deliverable(entered.pop("project", self.project), title, **entered)

    def page(self, url: str) -> str:
        """What a page says, with single spaces."""
        answer = self.client.get(url)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def queries(self, url: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert self.client.get(url).status_code == 200
        return len(asked)


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


# --- Registering -----------------------------------------------------------------------------


def test_a_deliverable_is_typed_once_and_its_result_is_there(desk: Desk) -> None:
    answer = desk.client.post(ADD, desk.typed(city="Nairobi"))
    one = Deliverable.objects.get()
    assert answer.headers["Location"] == f"{LIST}{one.pk}/"
    assert (one.title, one.date, str(one.city)) == ("Guide", date(2020, 2, 1), "Nairobi")
    page = desk.page(f"{LIST}{one.pk}/")
    assert "Indicator PUB" in page and "/results/" in page and "registered it" in page
    assert Result.objects.get().things.get() == one.thing


def test_the_next_one_begins_with_what_they_share(desk: Desk) -> None:
    answer = desk.client.post(ADD, desk.typed(another="yes"))
    form = desk.client.get(answer.headers["Location"]).context["form"]
    kept = {name: str(form[name].value()) for name in ("project", "kind", "outcome", "country")}
    assert kept == {"project": "P1", "kind": "publication", "outcome": "1.1", "country": "KEN"}
    assert not form["title"].value()


def test_the_form_begins_with_the_primary_outcome_and_the_project_s_countries(desk: Desk) -> None:
    form = desk.client.get(f"{ADD}?project=p1").context["form"]
    assert form["outcome"].value() == "1.1"
    groups = [choice for choice in form.fields["country"].choices if isinstance(choice[1], list)]
    assert groups[0][1] == [("KEN", "Kenya")]


def test_what_is_refused_stands_beside_its_field_and_nothing_is_kept(desk: Desk) -> None:
    typed = desk.typed(project="NONE", kind="", title="", date="soon", country="XXX")
    answer = desk.client.post(ADD, typed)
    assert answer.status_code == 400
    wrong = {"project", "kind", "title", "date", "country"}
    assert set(answer.context["form"].errors) == wrong
    answer = desk.client.post(ADD, desk.typed(kind="event", link="", country="", city="Nairobi"))
    assert set(answer.context["form"].errors) == {"country"}
    answer = desk.client.post(ADD, desk.typed(kind="event", link="ftp://x", city="Nairobi"))
    assert set(answer.context["form"].errors) == {"link", "women"}
    assert not Deliverable.objects.exists() and not Thing.objects.exists()


def test_a_joint_one_is_offered_where_another_project_registered_it(desk: Desk) -> None:
    other = factories.project(desk.plan, "P2", desk.office)
    desk.register(project=other)
    assert "is_joint" not in desk.page(ADD)
    answer = desk.client.post(ADD, desk.typed())
    page = answer.content.decode()
    assert answer.status_code == 400 and 'name="is_joint"' in page and "P2" in page
    assert desk.client.post(ADD, desk.typed(is_joint="on")).status_code == 302
    joint = Deliverable.objects.get(project=desk.project)
    assert joint.joint_with and joint.joint_with.project == other
    assert "P2" in desk.page(f"{LIST}{joint.pk}/")
    assert 'name="is_joint"' not in desk.client.post(ADD, desk.typed()).content.decode()


def test_a_reason_is_asked_for_where_an_approved_result_counts_it(desk: Desk) -> None:
    desk.register("Atlas")
    actions.approve(
        rows=actions.submit(rows=list(Result.objects.all()), by=desk.rita),
        by=factories.user("Rob", Role.REVIEWER),
    )
    answer = desk.client.post(ADD, desk.typed())
    assert set(answer.context["form"].errors) == {"reason"}
    assert 'name="reason"' in answer.content.decode()
    assert desk.client.post(ADD, desk.typed(reason="Found later")).status_code == 302
    assert Result.objects.get(revision=2).correction_reason == "Found later"


def test_what_is_registered_is_changed_and_the_second_of_two_is_told(desk: Desk) -> None:
    one = desk.register()
    change = f"{LIST}{one.pk}/change/"
    form = desk.client.get(change).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"version": one.version}
    assert desk.client.post(change, typed | {"title": "Better"}).status_code == 302
    answer = desk.client.post(change, typed | {"title": "Best"})
    page = answer.content.decode()
    assert answer.status_code == 400 and "meanwhile" in page and 'value="Best"' in page
    one.refresh_from_db()
    assert one.title == "Better"


def test_cancelling_asks_why_and_the_result_follows(desk: Desk) -> None:
    one = desk.register()
    cancel = f"{LIST}{one.pk}/cancel/"
    answer = desk.client.post(cancel, {"version": one.version, "reason": " "})
    assert answer.status_code == 400 and "Say why" in answer.content.decode()
    assert desk.client.post(cancel, {"reason": "Never printed"}).status_code == 302
    assert "Never printed" in desk.page(f"{LIST}{one.pk}/")
    assert not Result.objects.get().things.exists()
    assert desk.client.post(cancel, {"reason": "Again"}).status_code == 409


def test_a_closed_period_says_so_on_the_page(desk: Desk) -> None:
    one = desk.register()
    manager = factories.user("Mo", Role.MANAGER)
    close_period(period=factories.period(desk.plan), by=manager)
    assert "is closed" in desk.page(f"{LIST}{one.pk}/")
    answer = desk.client.post(ADD, desk.typed(title="Atlas"))
    assert answer.status_code == 400 and "is closed" in answer.content.decode()


def test_a_result_of_another_office_is_not_shown_beside_its_deliverable(
    desk: Desk, client: Client
) -> None:
    one = desk.register()
    assert "/results/" in desk.page(f"{LIST}{one.pk}/")
    client.force_login(factories.user("Asa", Role.READER, factories.office("ROAP")))
    assert f'href="/plans/SP/results/{Result.objects.get().pk}/"' not in desk.page(
        f"{LIST}{one.pk}/"
    )


# --- The list --------------------------------------------------------------------------------


def test_the_register_is_searched_and_filtered(desk: Desk) -> None:
    asia = factories.project(desk.plan, "P2", factories.office("ROAP"))
    desk.register("Guide", symbol="HS/1/20E")
    desk.register("Seminar", kind="event", date=date(2020, 5, 1))
    desk.register("Atlas", project=asia, by=None, outcome=factories.outcome(desk.plan, "1.2"))
    gone = desk.register("Gone")
    actions.cancel_deliverable(deliverable=gone, reason="Why", by=desk.rita)

    def titles(query: str) -> list[str]:
        rows = desk.client.get(f"{LIST}?{query}").context["page"].rows
        return [one.title for one in rows]

    assert titles("") == ["Seminar", "Atlas", "Guide"]
    assert titles("q=hs/1") == ["Guide"]
    assert titles("kind=event") == ["Seminar"]
    assert titles("outcome=1.2") == titles("office=ROAP") == ["Atlas"]
    assert titles("project=P1&period=2020-Q1") == ["Guide"]
    assert titles("state=cancelled") == ["Gone"]
    assert len(titles("state=all")) == 4
    for wrong in ("kind=song", "project=NONE", "period=1999-Q1", "q=" + "x" * 201):
        assert desk.client.get(f"{LIST}?{wrong}").status_code == 400


def test_the_list_and_a_deliverable_cost_the_same_however_many_there_are(desk: Desk) -> None:
    one = desk.register("First")
    pages = [LIST, f"{LIST}?project=P1", f"{LIST}{one.pk}/", "/plans/SP/projects/P1/", GRID]
    before = [desk.queries(page) for page in pages]
    desk.report(factories.counting(desk.plan))
    for number in range(3):
        desk.register(f"Another {number}")
    assert [desk.queries(page) for page in pages] == before
    assert max(before[:3]) <= 14, before


def test_the_list_is_there_as_a_file_filtered_alike(desk: Desk) -> None:
    desk.register("Guide", symbol="HS/1/20E", link="")
    desk.register("=1+1", kind="event", women=3, unstated=2)

    def file(kind: str, query: str = "") -> bytes:
        answer: Any = desk.client.get(f"/plans/SP/deliverables.{kind}?{query}")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    rows = list(csv.reader(io.StringIO(file("csv", "kind=event").decode("utf-8-sig"))))
    assert ["3", "", "2"] in [row[12:15] for row in rows]
    assert not any("Guide" in row for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert file("xlsx").startswith(b"PK")
    assert desk.client.get("/plans/SP/deliverables.csv?kind=song").status_code == 400


def test_a_reader_finds_no_way_to_register(desk: Desk, client: Client) -> None:
    one = desk.register()
    client.force_login(factories.user("Reader", Role.READER, desk.office))
    assert "Register a deliverable" not in desk.page(LIST)
    page = desk.page(f"{LIST}{one.pk}/")
    assert "Cancel this deliverable" not in page and f"{one.pk}/change/" not in page
    assert client.get(ADD).status_code == 403


def test_an_address_of_one_plan_shows_nothing_of_another(desk: Desk) -> None:
    factories.plan("OTHER")
    one = desk.register()
    assert desk.client.get(f"/plans/OTHER/deliverables/{one.pk}/").status_code == 404


# --- The grid --------------------------------------------------------------------------------


def test_a_counted_cell_shows_the_count_and_takes_no_number(desk: Desk) -> None:
    desk.register("Guide")
    desk.register("Atlas")
    page = desk.page(GRID)
    prefix = f"l{desk.line.pk}-"
    assert "in the register" in page and "Guide" in page
    for name in ("things", "unnamed", "value", "take"):
        assert f'name="{prefix}{name}"' not in page
    assert f'name="{prefix}narrative"' in page
    assert f"{ADD}?project=P1&amp;kind=publication&amp;outcome=1.1&amp;country=KEN" in page


def test_nothing_registered_is_a_value_once_somebody_confirms_it(desk: Desk) -> None:
    page = desk.client.get(GRID).context["page"]
    [form] = page.forms
    opened = {form.add_prefix(name): form[name].value() or "" for name in ("version", "seen")}
    opened |= {form.add_prefix("state"): "reported", form.add_prefix("qualifier"): "0"}
    assert "Confirm 0" in desk.page(GRID)
    desk.client.post(GRID, {**opened, "save": "yes"})
    assert not Result.objects.exists()
    desk.client.post(GRID, {**opened, form.add_prefix("take"): "yes", "save": "yes"})
    assert Result.objects.get().unnamed == 0
    assert "Confirm 0" not in desk.page(GRID)


def test_the_cell_endpoint_takes_the_count_and_refuses_that_there_is_none(desk: Desk) -> None:
    prefix = f"l{desk.line.pk}-"
    base = {f"{prefix}version": "0", f"{prefix}state": "reported", f"{prefix}qualifier": "0"}
    url = f"{GRID}cells/{desk.line.pk}/"

    def send(**fields: str) -> Any:
        data = base | {f"{prefix}{name}": value for name, value in fields.items()}
        return desk.client.post(url, data, headers={"Accept": "application/json"}).json()

    assert send(take="yes")["status"] == "saved"
    desk.register("Guide")
    told = send(version="2", state="not_applicable")
    assert (told["status"], told["code"]) == ("refused", "counted_from_register")


def test_a_typed_number_that_a_script_sends_is_not_taken(desk: Desk) -> None:
    """The form has no such field, so nothing but the register is stored."""
    desk.register("Guide")
    form = desk.client.get(GRID).context["page"].forms[0]
    data = {form.add_prefix(name): form[name].value() or "" for name in ("version", "seen")}
    data |= {form.add_prefix("things"): "Forged\nTwice", form.add_prefix("narrative"): "Words"}
    desk.client.post(GRID, {**data, form.add_prefix("state"): "reported", "save": "yes"})
    result = Result.objects.get()
    assert result.narrative == "Words"
    assert [str(one) for one in result.things.all()] == ["Guide"]


def test_the_page_s_one_piece_of_evidence_is_not_added_to_what_is_counted(desk: Desk) -> None:
    desk.register("Guide")
    form = desk.client.get(GRID).context["page"].forms[0]
    data = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    data |= {"evidence-url": "https://example.org/", "submit": "yes"}
    assert desk.client.post(GRID, data).status_code == 302
    result = Result.objects.get()
    assert result.status == "submitted" and not result.evidence.exists()


def test_the_result_s_page_lists_what_it_counts(desk: Desk) -> None:
    one = desk.register("Guide", symbol="HS/1/20E")
    page = desk.page(f"/plans/SP/results/{Result.objects.get().pk}/")
    assert "Counted from the register" in page and f"{LIST}{one.pk}/" in page
    assert "HS/1/20E" in page


# --- Set-up ----------------------------------------------------------------------------------


def test_a_manager_says_what_an_indicator_counts_from(desk: Desk, client: Client) -> None:
    url = "/plans/SP/setup/values/PUB/counting/"
    client.force_login(factories.user("Mo", Role.MANAGER))
    assert client.post(url, {"counts_from": "", "reason": "Typed"}).status_code == 302
    desk.indicator.refresh_from_db()
    assert desk.indicator.counts_from == ""
    assert "changed what it counts from" in desk.page(url)
    answer = client.post(url, {"counts_from": "event"})
    assert answer.status_code == 400 and "cannot count" in answer.content.decode()
    assert client.post(url, {"counts_from": "song"}).status_code == 400
