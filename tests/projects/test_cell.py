"""Saving one cell of the grid: what is answered, and that nothing is lost or doubled."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from outcomes.choices import Kind, OverTime
from outcomes.models import VerificationMeans
from plans.actions import close_period
from projects import actions
from projects.choices import Status
from projects.models import Evidence, Result
from tests import factories
from tests.desk import Desk, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


def colleague(desk: Desk, value: str, version: int = 0) -> Result:
    """What a colleague saved."""
    carlos = factories.user(f"Carlos {value}", Role.REPORTER, desk.office)
    entry = actions.ResultInput(
        line=desk.line, period=factories.period(desk.plan), value=value, version=version
    )
    return actions.save_results(entries=[entry], by=carlos)[0]


def test_a_cell_is_saved_and_says_what_to_send_next(desk: Desk) -> None:
    answer = desk.send_cell(value="4 200", narrative="Wells", qualifier="2").json()
    result = Result.objects.get()
    assert (result.value, result.narrative, result.qualifier) == (4200, "Wells", 2)
    assert (answer["status"], answer["version"], answer["words"]) == ("saved", 1, "Draft")
    again = desk.send_cell(value="4 300", version=answer["version"], seen=answer["seen"])
    assert again.json()["version"] == 2
    assert Result.objects.get().value == 4300


def test_the_page_opens_with_what_the_cell_answered(desk: Desk) -> None:
    answer = desk.send_cell(value="4 200", narrative="Wells").json()
    opened = desk.open()
    assert opened[f"l{desk.line.pk}-version"] == answer["version"]
    assert opened[f"l{desk.line.pk}-seen"] == answer["seen"]


def test_a_repeat_of_what_is_stored_is_saved_and_changes_nothing(desk: Desk) -> None:
    first = desk.send_cell(value="5", narrative="Wells", url="https://unhabitat.org/a")
    before = stored()
    again = desk.send_cell(value="5", narrative="Wells", url="https://unhabitat.org/a")
    assert stored() == before
    assert again.status_code == 200 and again.json() == first.json()


@pytest.mark.parametrize("spelled", ["5 000", "5 000", " 5000.0 "])
def test_the_same_number_in_other_letters_is_no_change(desk: Desk, spelled: str) -> None:
    desk.send_cell(value="5000")
    before = stored()
    assert desk.send_cell(value=spelled).status_code == 200
    assert stored() == before


def test_names_in_another_order_are_no_change(client: Client) -> None:
    desk = Desk(client, kind=Kind.DISTINCT, thing_kind="city")
    desk.send_cell(things="Nairobi\nKisumu", unnamed="2")
    before = stored()
    assert desk.send_cell(things="kisumu\r\n Nairobi ", unnamed="2").status_code == 200
    assert stored() == before


def test_a_file_that_comes_twice_is_kept_once(desk: Desk) -> None:
    for _time in range(2):
        paper = SimpleUploadedFile("report.pdf", b"%PDF-1.4 a")
        answer = desk.send_cell(value="5", file=paper)
        assert answer.status_code == 200
    assert Evidence.objects.count() == 1
    assert "report.pdf" in answer.json()["evidence"]


def test_evidence_alone_begins_a_draft_and_is_taken_away_again(desk: Desk) -> None:
    answer = desk.send_cell(url="https://unhabitat.org/a").json()
    held = Evidence.objects.get()
    assert f'value="{held.pk}"' in answer["evidence"]
    desk.send_cell(version=1, remove=[str(held.pk)])
    assert not Evidence.objects.current().exists()
    assert Result.objects.get().version == 1


def test_an_empty_cell_stores_nothing(desk: Desk) -> None:
    answer = desk.send_cell().json()
    assert (answer["status"], answer["version"]) == ("saved", 0)
    assert not Result.objects.exists()


def test_the_second_of_two_people_gets_both_values(desk: Desk) -> None:
    colleague(desk, "41")
    before = stored()
    answer = desk.send_cell(value="42")
    assert stored() == before and answer.status_code == 409
    told = answer.json()
    assert (told["status"], told["code"]) == ("conflict", "version_conflict")
    assert "Carlos 41 saved meanwhile:" in told["html"] and "Keep mine" in told["html"]
    assert told["content"][f"l{desk.line.pk}-value"] == "41"
    assert told["message"].startswith(f"{desk.line.indicator.title}, Kenya: ")
    kept = desk.send_cell(value="42", version=told["version"], seen=told["seen"])
    assert kept.status_code == 200 and Result.objects.get().value == 42


def test_two_people_who_type_the_same_have_no_conflict(desk: Desk) -> None:
    colleague(desk, "41")
    before = stored()
    assert desk.send_cell(value="41").json()["version"] == 1
    assert stored() == before


def test_what_was_approved_meanwhile_is_shown_and_not_corrected_without_a_reason(
    desk: Desk,
) -> None:
    factories.report(desk.line, 41)
    before = stored()
    told = desk.send_cell(value="42")
    assert stored() == before and told.status_code == 409
    assert "open it and say why" in told.json()["html"]
    assert "Keep mine" not in told.json()["html"]


def test_a_correction_that_was_begun_is_changed_like_any_draft(desk: Desk) -> None:
    approved = factories.report(desk.line, 41)
    actions.begin_correction(result=approved, reason="A later count", by=desk.reporter)
    opened = desk.open()
    version = opened[f"l{desk.line.pk}-version"]
    assert desk.send_cell(value="42", version=version).json()["status"] == "saved"
    assert list(Result.objects.values_list("revision", "value")) == [(1, 41), (2, 42)]


def test_a_closed_period_takes_what_a_late_entry_lets_in(desk: Desk) -> None:
    period, manager = factories.period(desk.plan), factories.user("Mo", Role.MANAGER)
    close_period(period=period, by=manager)
    actions.allow_late_entry(
        project=desk.project,
        period=period,
        until=timezone.localdate(),
        reason="The link was down",
        by=manager,
    )
    assert list(desk.open()) != []
    assert desk.send_cell(value="5").status_code == 200
    assert Result.objects.get().is_late


def test_what_evidence_verifies_is_chosen_with_it(desk: Desk) -> None:
    means = VerificationMeans.objects.create(indicator=desk.line.indicator, text="Land register")
    desk.send_cell(value="5", url="https://unhabitat.org/a", means=str(means.pk))
    assert Evidence.objects.get().means == means


def test_what_was_withdrawn_meanwhile_is_told(desk: Desk) -> None:
    opened = desk.send_cell(value="5").json()
    actions.withdraw(rows=Result.objects.all(), reason="Wrong", by=desk.reporter)
    told = desk.send_cell(value="6", version=1, seen=opened["seen"])
    assert told.status_code == 409 and "Somebody withdrew this" in told.json()["html"]
    again = told.json()
    kept = desk.send_cell(value="6", version=again["version"], seen=again["seen"])
    assert kept.status_code == 200


def test_what_was_submitted_meanwhile_is_shown_and_not_changed(desk: Desk) -> None:
    opened = desk.send_cell(value="5").json()
    actions.submit(rows=Result.objects.all(), by=desk.reporter)
    before = stored()
    told = desk.send_cell(value="6", version=1, seen=opened["seen"])
    assert stored() == before and told.status_code == 409
    assert told.json()["code"] == "already_submitted"
    assert "Take theirs" in told.json()["html"] and "Keep mine" not in told.json()["html"]


BAD = [
    ({"value": "twelve"}, "value", "not_a_number"),
    ({"value": "1e999"}, "value", "out_of_range"),
    ({"value": "9" * 5000}, "value", "out_of_range"),
    ({"value": "1\x002"}, "value", "null_characters_not_allowed"),
    ({"narrative": "a\x00b"}, "narrative", "null_characters_not_allowed"),
    ({"value": "5", "state": "not_available"}, "value", "value_without_report"),
    ({"value": "5", "state": "perhaps"}, "state", "invalid_choice"),
    ({"value": "5", "url": "javascript:alert(1)"}, "url", "not_a_link"),
    ({"value": "5", "version": "x"}, "version", "invalid"),
]


@pytest.mark.parametrize(("given", "field", "code"), BAD)
def test_a_refusal_names_cell_field_and_code(
    desk: Desk, given: dict[str, Any], field: str, code: str
) -> None:
    before = stored()
    answer = desk.send_cell(**given)
    assert stored() == before and answer.status_code == 400
    told = answer.json()
    assert told["message"].startswith(f"{desk.line.indicator.title}, Kenya: ")
    assert [(one["field"], one["code"]) for one in told["problems"]] == [
        (f"l{desk.line.pk}-{field}", code)
    ]


def test_what_is_left_of_a_total_comes_with_the_answer(client: Client) -> None:
    desk = Desk(client, categories={"sex": ["women", "men"]})
    place = f"rest-{desk.line.pk}-sex"
    saved = desk.send_cell(value="10", cells__women="4").json()
    assert "6 unspecified" in saved["rest"][place]
    over = desk.send_cell(value="10", cells__women="11", version=1).json()
    assert "above the total" in over["rest"][place]
    assert over["problems"][0]["code"] == "cells_exceed_total"


def test_a_percentage_is_one_cell(client: Client) -> None:
    desk = Desk(client, kind=Kind.PERCENTAGE, over_time=OverTime.LATEST)
    assert desk.send_cell(numerator="1").json()["problems"][0]["code"] == "missing_denominator"
    assert desk.send_cell(numerator="1", denominator="4").status_code == 200


def test_a_closed_period_takes_nothing_and_names_the_cell(desk: Desk) -> None:
    close_period(period=factories.period(desk.plan), by=factories.user("Mo", Role.MANAGER))
    before = stored()
    answer = desk.send_cell(value="5")
    assert stored() == before and answer.status_code == 409
    assert answer.json()["code"] == "period_closed"
    assert answer.json()["message"].startswith(f"{desk.line.indicator.title}, Kenya: 2020 Q1 is")


def test_more_text_than_can_be_taken_is_refused_in_words(desk: Desk, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2000
    answer = desk.send_cell(value="5", narrative="x" * 3000)
    assert answer.status_code == 413 and "too large" in answer.json()["message"]
    assert not Result.objects.exists()


def test_a_line_of_another_project_is_not_found(desk: Desk) -> None:
    other = factories.project(desk.plan, at=desk.office)
    desk.line = factories.line(other, desk.line.indicator)
    assert desk.send_cell(value="5").status_code == 404
    assert not Result.objects.exists()


AUDIENCES = [
    (Role.REPORTER, "HQ", 200),
    (Role.REPORTER, "ROAF", 200),
    (Role.REPORTER, "ROAP", 403),
    (Role.READER, "ROAF", 403),
    (Role.REVIEWER, "ROAF", 403),
    (Role.MANAGER, "ROAF", 403),
    (Role.ADMINISTRATOR, "ROAF", 403),
    (None, "ROAF", 403),
]


@pytest.mark.parametrize(("role", "at", "status"), AUDIENCES)
def test_who_saves_a_cell(desk: Desk, role: str | None, at: str, status: int) -> None:
    place = factories.headquarters() if at == "HQ" else factories.office(at)
    desk.client.force_login(factories.user("Somebody", role, place))
    answer = desk.send_cell(value="5")
    assert answer.status_code == status
    assert Result.objects.count() == (1 if status == 200 else 0)
    if status == 403:
        assert answer.json()["code"] == "not_allowed"


def test_who_was_signed_out_is_told_and_nothing_is_stored(desk: Desk) -> None:
    desk.client.logout()
    assert desk.send_cell(value="5").status_code == 401
    assert not Result.objects.exists()


def test_what_another_person_typed_is_not_sent_as_this_one(desk: Desk) -> None:
    answer = desk.send_cell(value="5", person=str(desk.reporter.pk + 1))
    assert (answer.status_code, answer.json()["code"]) == (403, "other_person")
    assert desk.send_cell(value="5", person=str(desk.reporter.pk)).status_code == 200


def test_a_token_of_before_the_sign_in_is_told_with_a_code(desk: Desk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.reporter)
    answer = desk.send_cell(strict, value="5")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    told = strict.get(f"{desk.url}cells/{desk.line.pk}/").json()
    assert told["person"] == str(desk.reporter.pk)
    url = f"{desk.url}cells/{desk.line.pk}/"
    data = {f"l{desk.line.pk}-value": "5"}
    assert strict.post(url, data, headers={"X-CSRFToken": told["token"]}).status_code == 200


def test_a_cell_asks_the_same_of_the_database_however_large_its_project(
    desk: Desk, django_assert_max_num_queries: Any
) -> None:
    def asked(value: str, version: int) -> int:
        with django_assert_max_num_queries(45) as found:
            assert desk.send_cell(value=value, version=version).status_code == 200
        return len(found.captured_queries)

    desk.send_cell(value="1")
    small = asked("2", 1)
    for _line in range(5):
        factories.report(desk.add_line(), 5)
        factories.report(desk.line, 5, at="2020-Q2")
        Result.objects.filter(line=desk.line, period__label="2020-Q2").delete()
    assert asked("3", 2) == small
    assert Result.objects.get(line=desk.line).status == Status.DRAFT


def test_credits_are_ticked_and_taken_away(desk: Desk) -> None:
    factories.indicator(desk.outcome, "LIKE")
    answer = desk.send_cell(value="5", credits=["LIKE"]).json()
    assert [one.code for one in Result.objects.get().credits.all()] == ["LIKE"]
    desk.send_cell(value="5", version=answer["version"], seen=answer["seen"])
    assert not Result.objects.get().credits.exists()
