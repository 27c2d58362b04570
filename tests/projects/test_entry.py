"""Entering results on the page: saved, submitted, and refused beside the field."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from outcomes import scopes
from outcomes.actions import set_milestone, set_target
from outcomes.choices import Kind, OverTime
from plans.actions import add_period, close_period
from projects import actions
from projects.choices import Status
from projects.models import Evidence, Result
from tests import factories
from tests.desk import Desk, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


def refused(response: Any, before: list[Any]) -> str:
    """The page of a refusal, on which nothing was changed."""
    assert response.status_code in (400, 409)
    assert stored() == before
    return response.content.decode()


def test_what_is_typed_is_saved_as_a_draft(desk: Desk) -> None:
    response = desk.send(value="4 200", narrative="Wells were dug.", qualifier="2")
    assert response.status_code == 302
    result = Result.objects.get()
    assert (result.value, result.qualifier, result.status) == (4200, 2, Status.DRAFT)
    assert result.narrative == "Wells were dug."


def test_submitting_saves_and_sends_for_review(desk: Desk) -> None:
    page = desk.client.get(desk.send("submit", value="0").headers["Location"])
    assert Result.objects.get().status == Status.SUBMITTED
    assert "1 result was submitted for review." in page.content.decode()


def test_submitting_sends_earlier_drafts_too(desk: Desk) -> None:
    desk.send(value="5")
    desk.send("submit")
    assert Result.objects.get().status == Status.SUBMITTED


def test_untouched_cells_are_left_alone(desk: Desk) -> None:
    other = desk.add_line()
    desk.send(value="5")
    assert not Result.objects.filter(line=other).exists()
    version = Result.objects.get().version
    desk.send()
    assert Result.objects.get().version == version


BAD_NUMBERS = {
    "twelve": "“twelve” is not a number.",
    "NaN": "“NaN” is not a number.",
    "1e999": "The number is too large",
    "0.0000001": "Six decimals at most",
}


@pytest.mark.parametrize(("typed", "words"), BAD_NUMBERS.items())
def test_a_number_that_is_none_is_told_beside_its_field(desk: Desk, typed: str, words: str) -> None:
    before = stored()
    page = refused(desk.send(value=typed, narrative="A long story"), before)
    assert words in desk.beside(page, "value")
    assert f'value="{typed}"' in page and "A long story" in page
    assert 'aria-invalid="true"' in page


def test_a_cell_above_its_total_is_told_beside_it(client: Client) -> None:
    desk = Desk(client, categories={"sex": ["women", "men"]})
    before = stored()
    page = refused(desk.send(value="10", cells__women="11"), before)
    assert "above the total: 10" in desk.beside(page, "cells.women")
    assert 'value="11"' in page


def test_a_denominator_of_zero_is_told_beside_it(client: Client) -> None:
    desk = Desk(client, kind=Kind.PERCENTAGE, over_time=OverTime.LATEST)
    before = stored()
    page = refused(desk.send(numerator="1", denominator="0"), before)
    assert "cannot be 0" in desk.beside(page, "denominator")


def test_one_bad_cell_keeps_the_others_from_being_saved(desk: Desk) -> None:
    other = desk.add_line()
    opened = desk.open()
    opened[f"l{other.pk}-value"] = "7"
    before = stored()
    page = refused(desk.send(opened=opened, value="x"), before)
    assert 'value="7"' in page


def test_submitting_without_a_value_saves_nothing(desk: Desk) -> None:
    before = stored()
    page = refused(desk.send("submit", narrative="Nothing yet"), before)
    assert "Enter a value, or say that it is not available" in page
    assert "Nothing yet" in page


def test_a_number_beside_not_available_is_refused(desk: Desk) -> None:
    before = stored()
    page = refused(desk.send(value="5", state="not_available"), before)
    assert "Remove the number" in page
    desk.send(value="", state="not_available")
    assert Result.objects.get().state == "not_available"


def test_a_closed_period_takes_nothing_and_keeps_the_text(desk: Desk) -> None:
    opened = desk.open()
    period = factories.period(desk.plan)
    close_period(period=period, by=factories.user("Mo", Role.MANAGER))
    before = stored()
    page = refused(desk.send(opened=opened, value="5"), before)
    assert "2020 Q1 is closed" in page and 'value="5"' in page
    assert desk.open() == {}


def test_a_period_that_has_not_begun_takes_nothing(desk: Desk) -> None:
    opened = desk.open()
    desk.plan = factories.plan("NEXT", quarters=0)
    tomorrow = timezone.localdate() + timedelta(days=1)
    add_period(plan=desk.plan, label="N1", kind="quarter", start=tomorrow, end=tomorrow)
    project = factories.project(desk.plan, "N", desk.office, desk.kenya)
    desk.line = factories.line(project, factories.indicator(desk.plan), desk.kenya)
    desk.url = "/plans/NEXT/projects/N/results/N1/"
    before = stored()
    opened = {f"l{desk.line.pk}-version": "0"}
    assert "nothing can be entered before" in refused(desk.send(opened=opened, value="5"), before)


def test_a_line_of_another_project_is_not_taken(desk: Desk) -> None:
    other = factories.line(factories.project(desk.plan, at=desk.office), desk.line.indicator)
    desk.send(opened={f"l{other.pk}-version": "0", f"l{other.pk}-value": "5"})
    assert not Result.objects.exists()


def test_the_second_of_two_people_is_told_and_keeps_their_text(desk: Desk) -> None:
    opened = desk.open()
    colleague = factories.user("Carlos", Role.REPORTER, desk.office)
    theirs = actions.ResultInput(line=desk.line, period=factories.period(desk.plan), value="41")
    actions.save_results(entries=[theirs], by=colleague)
    before = stored()
    response = desk.send(opened=opened, value="42", narrative="Mine")
    page = refused(response, before)
    assert response.status_code == 409
    assert "Carlos saved meanwhile:" in page and "41" in page
    assert 'value="42"' in page and "Mine" in page
    again = {
        f"l{desk.line.pk}-{name}": str(response.context["page"].forms[0][name].value())
        for name in ("version", "seen")
    }
    assert desk.send(opened=again, value="42").status_code == 302
    assert Result.objects.get().value == 42


def test_what_was_submitted_meanwhile_is_told(desk: Desk) -> None:
    opened = desk.open()
    factories.report(desk.line, 5, to="submitted")
    before = stored()
    page = refused(desk.send(opened=opened, value="6"), before)
    assert "recall it first" in page and 'value="6"' in page


def test_an_approved_result_is_corrected_in_a_revision_of_its_own(desk: Desk) -> None:
    approved = factories.report(desk.line, 5)
    assert desk.open() == {}
    began = desk.client.post(
        f"/plans/{desk.line.project.plan.code}/results/{approved.pk}/act/",
        {"act": "correct", "reason": "A later count"},
    )
    assert began.headers["Location"] == f"{desk.url}#line-{desk.line.pk}"
    page = desk.client.get(desk.url).context["page"]
    assert page.forms[0]["value"].value() == "5"
    desk.send(value="6")
    assert [(row.revision, row.value) for row in Result.objects.order_by("revision")] == [
        (1, 5),
        (2, 6),
    ]


def test_things_are_listed_by_name_with_the_unnamed_beside(client: Client) -> None:
    desk = Desk(client, kind=Kind.DISTINCT, thing_kind="city")
    desk.send(things="Nairobi\r\n  Kisumu \n\nnairobi", unnamed="2")
    result = Result.objects.get()
    assert sorted(str(thing) for thing in result.things.all()) == ["Kisumu", "Nairobi"]
    assert result.unnamed == 2


def test_a_rating_is_chosen_from_its_scale(client: Client) -> None:
    desk = Desk(client, kind=Kind.RATING, over_time=OverTime.LATEST, levels=["weak", "strong"])
    desk.send(rating="strong")
    assert str(Result.objects.get().rating) == "strong"
    before = stored()
    refused(desk.send(rating="superb"), before)


def test_credits_are_ticked(desk: Desk) -> None:
    factories.indicator(desk.outcome, "LIKE")
    desk.send(value="5", credits=["LIKE"])
    assert [one.code for one in Result.objects.get().credits.all()] == ["LIKE"]


def test_evidence_of_every_kind_is_added_and_taken_away(desk: Desk) -> None:
    paper = SimpleUploadedFile("report.pdf", b"%PDF-1.4\n%%EOF")
    desk.send(value="5", file=paper, url="https://unhabitat.org/a", document="Minutes", passage="3")
    kept = Evidence.objects.order_by("pk")
    assert [(one.kind, one.title) for one in kept] == [
        ("file", "report.pdf"),
        ("link", "https://unhabitat.org/a"),
        ("document", "Minutes"),
    ]
    desk.send(value="5", remove=[str(kept[1].pk)])
    assert [one.kind for one in Evidence.objects.current().order_by("pk")] == ["file", "document"]


BAD_EVIDENCE = [
    ({"url": "javascript:alert(1)"}, "url", "beginning with https"),
    ({"passage": "page 3"}, "document", "a title"),
    ({"file": ("run.exe", b"x")}, "file", "Files of this type"),
    ({"file": ("empty.pdf", b"")}, "file", "The file is empty"),
    ({"file": ("big.pdf", b"x" * 2000)}, "file", "at most"),
]


@pytest.mark.parametrize(("given", "field", "words"), BAD_EVIDENCE)
def test_evidence_that_is_refused_saves_nothing(
    desk: Desk, settings: Any, given: dict[str, Any], field: str, words: str
) -> None:
    settings.EVIDENCE_MAX_BYTES = 1000
    if "file" in given:
        given = {"file": SimpleUploadedFile(*given["file"])}
    before = stored()
    response = desk.send(value="5", narrative="Kept", **given)
    page = refused(response, before)
    assert words in str(response.context["page"].forms[0].errors[field])
    assert words in page and "Kept" in page and 'value="5"' in page


def test_more_text_than_can_be_taken_is_refused_in_words(desk: Desk, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2000
    before = stored()
    response = desk.send(value="5", narrative="x" * 3000)
    assert response.status_code == 413
    assert "too large" in response.content.decode() and stored() == before


def test_the_last_value_stands_beside_the_field(desk: Desk) -> None:
    factories.report(desk.line, 3900, at="2020-Q1")
    desk.url = "/plans/SP/projects/P1/results/2020-Q2/"
    page = desk.client.get(desk.url).content.decode()
    assert "last 3 900 (2020 Q1)" in " ".join(page.split())


def test_the_next_milestone_of_the_place_stands_beside_the_field(desk: Desk) -> None:
    for month, value in ((2, 1), (6, 4500), (9, 9)):
        set_milestone(
            indicator=desk.line.indicator,
            scope=scopes.of_country(desk.kenya.m49),
            value=value,
            on=date(2020, month, 29),
            by=None,
        )
    set_target(indicator=desk.line.indicator, value=7000, on=date(2023, 12, 31), by=None)
    assert "plan 4 500" in desk.words()
    set_target(
        indicator=desk.line.indicator,
        scope=scopes.of_contributor(desk.line.contributor_id),
        value=5000,
        on=date(2020, 12, 31),
        by=None,
    )
    assert "plan 5 000" in desk.words()


def test_a_number_of_a_larger_place_is_no_plan_of_this_one(desk: Desk) -> None:
    set_target(indicator=desk.line.indicator, value=7000, on=date(2023, 12, 31), by=None)
    assert "plan 7" not in desk.words()


def test_the_one_piece_of_evidence_goes_to_each_result_that_has_none(desk: Desk) -> None:
    other = desk.add_line()
    factories.report(other, 5, to="draft")
    desk.send(value="5", url="https://unhabitat.org/own")
    desk.send("submit", opened=desk.open() | {"evidence-url": "https://unhabitat.org/all"})
    assert list(Evidence.objects.order_by("pk").values_list("result__line", "url")) == [
        (desk.line.pk, "https://unhabitat.org/own"),
        (other.pk, "https://unhabitat.org/all"),
    ]
    assert set(Result.objects.values_list("status", flat=True)) == {Status.SUBMITTED}


def test_the_one_file_stands_behind_each_result_and_is_kept_once(desk: Desk) -> None:
    for _each in range(2):
        factories.report(desk.add_line(), 5, to="draft")
    paper = SimpleUploadedFile("Minutes.pdf", b"%PDF-1.7 minutes")
    desk.send("submit", opened=desk.open() | {"evidence-file": paper}, value="5")
    assert set(Result.objects.values_list("status", flat=True)) == {Status.SUBMITTED}
    assert Evidence.objects.values("result").distinct().count() == 3
    assert Evidence.objects.values("stored").distinct().count() == 1


def test_evidence_for_all_that_is_refused_submits_nothing(desk: Desk) -> None:
    before = stored()
    opened = desk.open() | {"evidence-url": "nowhere"}
    page = refused(desk.send("submit", opened=opened, value="5"), before)
    assert "Evidence for results that have none: Give the whole address" in page


def test_every_refusal_names_its_cell_at_the_top(desk: Desk) -> None:
    page = desk.send(value="twelve").content.decode()
    [told] = re.findall(r'<ul class="refusals">(.*?)</ul>', page)
    assert (
        f'<a href="#line-{desk.line.pk}">{desk.line.indicator.title}, Kenya</a>: “twelve”' in told
    )


def test_known_things_are_found_by_part_of_their_name(client: Client) -> None:
    desk = Desk(client, kind=Kind.DISTINCT, thing_kind="city")
    desk.send(things="Nairobi")
    found = desk.client.get(
        desk.url + "things/", {"indicator": desk.line.indicator.code, "q": "airo"}
    )
    assert 'data-add="Nairobi"' in found.content.decode()


AUDIENCES = [
    (Role.REPORTER, "HQ", 200),
    (Role.REPORTER, "ROAP", 403),
    (Role.READER, "ROAF", 403),
    (Role.REVIEWER, "ROAF", 403),
    (Role.MANAGER, "ROAF", 403),
    (Role.ADMINISTRATOR, "ROAF", 403),
]


@pytest.mark.parametrize(("role", "at", "status"), AUDIENCES)
def test_who_enters(desk: Desk, role: str, at: str, status: int) -> None:
    place = factories.headquarters() if at == "HQ" else factories.office(at)
    desk.client.force_login(factories.user("Somebody", role, place))
    assert desk.client.get(desk.url).status_code == status
    answer = desk.client.post(desk.url, {f"l{desk.line.pk}-version": "0"})
    assert answer.status_code == (302 if status == 200 else status)


def test_nobody_enters_without_signing_in(desk: Desk) -> None:
    desk.client.logout()
    assert desk.client.get(desk.url).headers["Location"].startswith("/accounts/login/")


def test_an_unknown_project_or_period_is_not_found(desk: Desk) -> None:
    for url in ("projects/NO/results/2020-Q1/", "projects/P1/results/1999-Q1/"):
        assert desk.client.get("/plans/SP/" + url).status_code == 404


def queries_of(desk: Desk, django_assert_max_num_queries: Any) -> int:
    with django_assert_max_num_queries(40) as asked:
        desk.client.get(desk.url)
    return len(asked.captured_queries)


def test_more_lines_ask_no_more_queries(desk: Desk, django_assert_max_num_queries: Any) -> None:
    factories.report(desk.line, 5, at="2020-Q1", to="draft")
    one = queries_of(desk, django_assert_max_num_queries)
    for _line in range(2):
        factories.report(desk.add_line(), 5, at="2020-Q1", to="draft")
    assert queries_of(desk, django_assert_max_num_queries) == one


# --- All my projects -------------------------------------------------------------------------

ALL = "/plans/SP/my-work/results/2020-Q1/"


def test_all_my_projects_are_on_one_page_and_sent_together(desk: Desk) -> None:
    second = factories.project(desk.plan, "P2", desk.office, desk.kenya)
    other = factories.line(second, desk.line.indicator, desk.kenya)
    elsewhere = factories.project(desk.plan, "P3", factories.office("ROAP"), desk.kenya)
    factories.line(elsewhere, desk.line.indicator, desk.kenya)
    desk.url = ALL
    opened = desk.open() | {"project": ["P1", "P2", "P3"], f"l{other.pk}-value": "7"}
    assert desk.send("submit", opened=opened, value="5").headers["Location"] == ALL
    assert list(Result.objects.order_by("line").values_list("line", "value", "status")) == [
        (desk.line.pk, 5, Status.SUBMITTED),
        (other.pk, 7, Status.SUBMITTED),
    ]
    assert "Nothing: everything" in desk.words()


def test_a_project_that_owes_nothing_in_the_period_is_left_out(desk: Desk) -> None:
    assert "Project P1" in desk.words(ALL)
    factories.report(desk.line, 5, to="draft")
    assert "Project P1" in desk.words(ALL)
    actions.submit(rows=Result.objects.all(), by=desk.reporter)
    assert "Project P1" not in desk.words(ALL)


def test_the_projects_are_paged_by_twenty(desk: Desk) -> None:
    for number in range(10, 31):
        project = factories.project(desk.plan, f"P{number}", desk.office, desk.kenya)
        factories.line(project, desk.line.indicator, desk.kenya)
    assert 'href="?after=P28"' in desk.client.get(ALL).content.decode()
    rest = desk.client.get(ALL + "?after=P28").context["page"]
    assert [grid.project.code for grid in rest.grids] == ["P29", "P30"]


def test_more_projects_ask_no_more_queries(desk: Desk, django_assert_max_num_queries: Any) -> None:
    desk.url = ALL
    factories.report(desk.line, 5, at="2020-Q1", to="draft")
    one = queries_of(desk, django_assert_max_num_queries)
    for _project in range(2):
        project = factories.project(desk.plan, at=desk.office, where=desk.kenya)
        line = factories.line(project, desk.line.indicator, desk.kenya)
        factories.report(line, 5, at="2020-Q1", to="draft")
    assert queries_of(desk, django_assert_max_num_queries) == one


def test_who_reports_nothing_has_nothing_to_enter(desk: Desk) -> None:
    desk.client.force_login(factories.user("Ada", Role.REVIEWER, desk.office))
    assert "Nothing: everything" in desk.words(ALL)
    answer = desk.client.post(ALL, {"project": "P1", f"l{desk.line.pk}-version": "0"})
    assert answer.status_code == 302 and not Result.objects.exists()


def test_what_another_person_typed_is_not_sent(desk: Desk) -> None:
    opened = desk.open() | {"person": str(desk.reporter.pk + 1)}
    before = stored()
    assert desk.send(opened=opened, value="5").status_code == 403
    assert stored() == before
