"""Which projects apply the products of others: said once, counted once, and those nobody uses."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from projects.actions import apply_product, cancel_deliverable, withdraw_application
from projects.models import Deliverable, ProductApplication, Project
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db
MAY = date(2020, 5, 1)


@pytest.fixture
def maker() -> Project:
    plan = factories.plan("SP")
    factories.outcome(plan)
    return factories.project(plan, "NORM")


@pytest.fixture
def project(maker) -> Project:
    return factories.project(maker.plan, "FIELD", factories.office("ROAF"))


@pytest.fixture
def guide(maker) -> Deliverable:
    return factories.deliverable(maker, "Guide")


@pytest.fixture
def reporter(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


def number(product: Deliverable) -> int | None:
    """How many projects apply it, as the register tells."""
    told: int | None = Deliverable.objects.with_applications().get(pk=product.pk).applied_by
    return told


def codes(product: Deliverable, project: Project, **content: Any) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as error:
        factories.application(product, project, **content)
    return {(one.field, one.code) for one in error.value.problems}


def code_of(act: Any, **given: Any) -> str:
    with pytest.raises(DomainError) as error:
        act(**given)
    return error.value.code


# --- What may be said ---------------------------------------------------------------------------


def test_a_project_applies_what_another_one_delivered(guide, project, reporter) -> None:
    one = apply_product(
        deliverable=guide, project=project, how=" Trains  planners ", since=MAY, by=reporter
    )
    assert (one.how, one.since, one.entered_by) == ("Trains planners", MAY, reporter)
    assert number(guide) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"how": " "}, ("how", "missing_text")),
        ({"how": "x" * 501}, ("how", "too_long")),
        ({"since": None}, ("since", "missing_date")),
        ({"since": date(2020, 1, 31)}, ("since", "date_before_product")),
        ({"since": factories.days_ago(-1)}, ("since", "date_in_future")),
    ],
)
def test_one_mistake_is_told_by_its_code(guide, project, wrong, told) -> None:
    assert codes(guide, project, **wrong) == {told}


def test_it_applies_from_the_day_of_publication_on(guide, project) -> None:
    assert factories.application(guide, project, since=guide.date).since == guide.date


def test_what_is_no_product_is_not_applied(maker, project) -> None:
    for kind in ("event", "advisory_service", "outreach", "field_project"):
        other = factories.deliverable(maker, f"A {kind}", kind=kind)
        assert codes(other, project) == {("deliverable", "not_a_product")}
        assert number(other) is None
    tool = factories.deliverable(maker, "Tool", kind="technical_material")
    factories.application(tool, project)
    assert number(tool) == 1


def test_every_mistake_is_told_at_once(guide, project) -> None:
    factories.application(guide, project)
    assert codes(guide, project, how="", since=None) == {
        ("project", "already_applied"),
        ("how", "missing_text"),
        ("since", "missing_date"),
    }


def test_a_product_of_another_plan_or_one_that_was_cancelled_is_refused(guide, project) -> None:
    elsewhere = factories.plan("DEMO")
    factories.outcome(elsewhere)
    other = factories.deliverable(factories.project(elsewhere), "Atlas")
    assert codes(other, project) == {("deliverable", "other_plan")}
    cancel_deliverable(deliverable=guide, reason="Never printed", by=guide.entered_by)
    assert codes(guide, project) == {("deliverable", "product_cancelled")}


def test_who_delivered_it_does_not_apply_it(guide, maker, project) -> None:
    assert codes(guide, maker) == {("project", "own_product")}
    factories.deliverable(project, "Guide", is_joint=True)
    assert codes(guide, project) == {("project", "own_product")}


def test_a_corporate_source_applies_nothing(guide, maker) -> None:
    source = factories.project(maker.plan, "MTR", kind="corporate_source")
    assert codes(guide, source) == {("project", "not_a_project")}


def test_the_same_is_not_said_twice(guide, project) -> None:
    one = factories.application(guide, project)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductApplication.objects.create(
            deliverable=guide, project=project, how="x", since=MAY, entered_by=one.entered_by
        )


def test_only_the_office_of_who_applies_it_says_so(guide, project, reporter) -> None:
    given = {"deliverable": guide, "project": project, "how": "Trains", "since": MAY}
    for by in (
        factories.user("Outside", Role.REPORTER, factories.office("ROAP")),
        factories.user("Manager", Role.MANAGER, project.office),
    ):
        with pytest.raises(NotAllowed):
            apply_product(**given, by=by)
    one = apply_product(**given, by=reporter)
    outside = User.objects.get(name="Outside")
    with pytest.raises(NotAllowed):
        withdraw_application(application=one, reason="Why", by=outside)


def test_what_was_withdrawn_is_kept_and_counts_nowhere(guide, project, reporter) -> None:
    one = factories.application(guide, project)
    given = {"application": one, "by": reporter}
    assert code_of(withdraw_application, **given, reason=" ") == "missing_reason"
    withdraw_application(**given, reason="Another guide")
    assert code_of(withdraw_application, **given, reason="Again") == "already_withdrawn"
    assert number(guide) == 0
    assert ProductApplication.objects.get().withdrawal_reason == "Another guide"
    factories.application(guide, project)
    assert number(guide) == 1


# --- How it is counted --------------------------------------------------------------------------


def test_a_joint_product_is_one_and_each_project_counts_once(guide, project) -> None:
    second = factories.deliverable(
        factories.project(guide.project.plan, "SECOND"), "Guide", is_joint=True
    )
    factories.application(guide, project)
    assert codes(second, project) == {("project", "already_applied")}
    factories.application(second, factories.project(guide.project.plan, "OTHER"))
    assert [number(guide), number(second)] == [2, 2]


def test_of_a_cancelled_product_nothing_counts_and_a_joint_one_stands(guide, project) -> None:
    application = factories.application(guide, project)
    second = factories.deliverable(
        factories.project(guide.project.plan, "SECOND"), "Guide", is_joint=True
    )
    cancel_deliverable(deliverable=guide, reason="Not ours", by=guide.entered_by)
    assert [number(guide), number(second)] == [0, 1]
    cancel_deliverable(deliverable=second, reason="Never printed", by=guide.entered_by)
    assert not ProductApplication.objects.counting().exists()
    assert ProductApplication.objects.standing().get() == application


def test_who_turns_out_to_have_delivered_it_too_no_longer_counts(guide, project) -> None:
    factories.application(guide, project)
    factories.deliverable(project, "Guide", is_joint=True)
    assert number(guide) == 0
    assert guide in Deliverable.objects.applied(is_applied=False)


# --- Pages --------------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_is_said_on_the_page_of_the_product_and_withdrawn_there(
    guide, project, reporter
) -> None:
    client = signed_in(reporter)
    its_page = f"/plans/SP/deliverables/{guide.pk}/"
    assert "No other project applies it yet." in page(client, its_page)
    add = f"{its_page}apply/"
    assert 'value="FIELD"' in page(client, f"{add}?project=FIELD")
    wrong = client.post(add, {"project": "NORM?", "how": "x"})
    assert wrong.status_code == 400
    assert "There is no such project in this plan." in wrong.content.decode()
    form = {"project": "field", "how": "Trains planners", "since": "2020-01-01"}
    assert "cannot be applied before" in client.post(add, form).content.decode()
    assert client.post(add, form | {"since": "2020-05-01"}).status_code == 302
    assert "Trains planners" in page(client, its_page)
    assert "Trains planners" in page(client, "/plans/SP/projects/FIELD/")
    one = ProductApplication.objects.get()
    withdraw = f"/plans/SP/product-applications/{one.pk}/withdraw/"
    assert withdraw in page(client, its_page)
    assert "Say why" in client.post(withdraw, {"reason": ""}).content.decode()
    assert client.post(withdraw, {"reason": "Another guide"}).status_code == 302
    told = page(client, its_page)
    assert "No other project applies it yet." in told and "Another guide" in told
    assert "It applies no product" in page(client, "/plans/SP/projects/FIELD/")


def test_the_page_says_what_cancelling_and_being_cancelled_mean(guide, project) -> None:
    factories.application(guide, project)
    client = signed_in(guide.entered_by)
    its_page = f"/plans/SP/deliverables/{guide.pk}/"
    assert "1 project applies it: once it is cancelled" in page(client, its_page)
    cancel_deliverable(deliverable=guide, reason="Never printed", by=guide.entered_by)
    told = page(client, its_page)
    assert "these are kept, and count nowhere" in told and "FIELD" in told
    assert "apply/" not in told


def test_the_register_shows_what_is_applied_and_what_is_not(guide, maker, project) -> None:
    factories.deliverable(maker, "Atlas")
    factories.deliverable(maker, "Seminar", kind="event")
    factories.application(guide, project)
    client = signed_in(guide.entered_by)
    wanted = {"true": ["Guide"], "false": ["Atlas"], "": ["Seminar", "Atlas", "Guide"]}
    for asked, titles in wanted.items():
        rows = client.get("/plans/SP/deliverables/", {"applied": asked}).context["page"].rows
        assert [one.title for one in rows] == titles
    told = page(client, "/plans/SP/deliverables/")
    assert "applied by 1 project" in told and told.count("not applied yet") == 1
    text = b"".join(client.get("/plans/SP/deliverables.csv").streaming_content).decode()
    lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    head = next(line for line in lines if "Applied by (projects)" in line)
    title, applied = head.index("Title"), head.index("Applied by (projects)")
    told_in_file = [(line[title], line[applied]) for line in lines[lines.index(head) + 1 :]]
    assert told_in_file == [("Seminar", ""), ("Atlas", "0"), ("Guide", "1")]


def test_pages_and_lists_take_as_many_queries_for_thirty_as_for_three(guide, reporter) -> None:
    client, api, asked = signed_in(reporter), Api(reporter), []
    maker = guide.project
    project = factories.project(maker.plan, "MANY")
    for total in (3, 30):
        for one in range(total):
            factories.application(guide, factories.project(maker.plan, f"P{total}-{one}"))
            factories.application(factories.deliverable(maker, f"D {total} {one}"), project)
        with CaptureQueriesContext(connection) as captured:
            for url in ("deliverables/", f"deliverables/{guide.pk}/", "projects/MANY/"):
                assert client.get(f"/plans/SP/{url}").status_code == 200
        lists = [api.queries(f"plans/SP/{name}/") for name in ("deliverables", APPLICATIONS)]
        asked.append([len(captured), *lists])
    assert asked[0] == asked[1]


# --- The API ------------------------------------------------------------------------------------

APPLICATIONS = "product-applications"


def test_a_program_says_it_and_withdraws_it(guide, project, reporter) -> None:
    api, path = Api(reporter), f"plans/SP/{APPLICATIONS}/"
    body = {"project": "FIELD", "deliverable": guide.pk}
    assert problems(api.post(path, body)) == {("how", "missing_text"), ("since", "missing_date")}
    assert refused(api.post(path, body | {"deliverable": 99})) == (400, "unknown_deliverable")
    made = api.post(path, body | {"how": "Trains planners", "since": "2020-05-01"})
    assert made.status_code == 201
    [listed] = api.rows(path, project="FIELD", deliverable=guide.pk, office="ROAF")
    assert listed == made.json() == api.get(f"{path}{listed['id']}/").json()
    assert api.get(f"plans/SP/deliverables/{guide.pk}/").json()["applied_by"] == 1
    assert api.rows("plans/SP/deliverables/", applied="false") == []
    withdraw = f"{path}{listed['id']}/withdraw/"
    assert refused(api.post(withdraw, {})) == (400, "missing_reason")
    told = api.post(withdraw, {"reason": "Another guide"}).json()
    assert told["withdrawn_at"] and told["withdrawal_reason"] == "Another guide"
    assert api.rows(path) == [] and len(api.rows(path, state="withdrawn")) == 1


def test_of_a_joint_product_the_list_gives_those_of_all(guide, project, reporter) -> None:
    second = factories.deliverable(
        factories.project(guide.project.plan, "SECOND"), "Guide", is_joint=True
    )
    one = factories.application(guide, project)
    rows = Api(reporter).rows(f"plans/SP/{APPLICATIONS}/", deliverable=second.pk)
    assert [row["id"] for row in rows] == [one.pk]
