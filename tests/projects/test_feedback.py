"""What partners say: the signed link, one answer, consent, publishing, the office's answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput
from projects import actions
from projects.models import Partner, PartnerFeedback, Project
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db
ANSWER = {"name": "Ann", "rating": "4", "went_well": "We met weekly.", "to_improve": ""}


@pytest.fixture
def project() -> Project:
    return factories.project(factories.plan("SP"), "P1", factories.office("ROAF"))


@pytest.fixture
def partner(project) -> Partner:
    made = factories.partner(project.plan, "Shelter for All")
    factories.contribution(project, made)
    return made


@pytest.fixture
def rita(project) -> User:
    return factories.user("Rita", Role.REPORTER, project.office)


@pytest.fixture
def mona(project) -> User:
    return factories.user("Mona", Role.MANAGER, project.office)


def asked(project: Project, partner: Partner, by: User) -> PartnerFeedback:
    return actions.ask_partner(project=project, partner=partner, email="ann@example.org", by=by)


def path(feedback: PartnerFeedback) -> str:
    return re.sub(r"^https?://[^/]+", "", actions.link_to(feedback))


def answered(feedback: PartnerFeedback, consent: bool = True) -> PartnerFeedback:
    token = path(feedback).split("/")[-2]
    return actions.answer_feedback(token=token, consent=consent, **ANSWER)


def test_the_link_comes_by_mail_and_is_answered_without_an_account(
    project, partner, rita, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked(project, partner, rita)
    [message] = mail.outbox
    assert message.to == ["ann@example.org"]
    [link] = re.findall(r"https?://[^/]+(/feedback/\S+)", str(message.body))
    visitor = Client()
    page = visitor.get(link)
    assert page.status_code == 200 and str(project.title) in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    said = page.content.decode()
    assert "ann@example.org" not in said and "/plans/" not in said
    assert visitor.post(link, ANSWER | {"consent": "on"}).status_code == 200
    held = PartnerFeedback.objects.get()
    assert (held.rating, held.consent, held.name) == (4, True, "Ann")


def link_code(token: str) -> str:
    with pytest.raises(DomainError) as refusal:
        actions.asked_by_link(token)
    return refusal.value.code


def test_a_link_that_is_none_of_ours_says_so(project, partner, rita) -> None:
    feedback = asked(project, partner, rita)
    assert link_code(signing.dumps(feedback.pk, salt="another")) == "link_invalid"
    assert link_code(signing.dumps("1", salt="projects.feedback")) == "link_invalid"
    assert Client().get("/feedback/nonsense/").status_code == 410


def test_an_answer_that_says_too_little_is_refused_and_kept_in_the_form(
    project, partner, rita
) -> None:
    feedback = asked(project, partner, rita)
    sent = {"name": "", "rating": "9", "went_well": "", "to_improve": ""}
    with pytest.raises(InvalidInput) as refusal:
        actions.answer_feedback(token=path(feedback).split("/")[-2], consent=False, **sent)
    assert [one.code for one in refusal.value.problems] == [
        "missing_name",
        "rating_out_of_range",
        "missing_text",
    ]
    page = Client().post(path(feedback), ANSWER | {"rating": ""})
    assert page.status_code == 400 and "We met weekly." in page.content.decode()
    assert PartnerFeedback.objects.get().answered_at is None


@pytest.mark.parametrize(
    ("email", "code"), [("nobody", "invalid_email"), ("ann@example.org", "not_a_partner")]
)
def test_only_partners_of_the_project_are_asked(project, rita, email, code) -> None:
    stranger = factories.partner(project.plan, "Stranger")
    with pytest.raises(InvalidInput) as refusal:
        actions.ask_partner(project=project, partner=stranger, email=email, by=rita)
    assert code in [one.code for one in refusal.value.problems]


def test_it_is_published_with_consent_and_answered(project, partner, rita, mona) -> None:
    outside = factories.user("Omar", Role.READER, factories.office("ROAP"))
    silent = answered(asked(project, partner, rita), consent=False)
    with pytest.raises(DomainError) as refusal:
        actions.publish_feedback(feedback=silent, by=mona)
    assert refusal.value.code == "missing_consent"
    spoken = answered(asked(project, partner, rita))
    assert not PartnerFeedback.objects.visible_to(outside).exists()
    actions.publish_feedback(feedback=spoken, by=mona)
    actions.reply_to_feedback(feedback=spoken, text="Thank you, Ann.", by=mona)
    assert list(PartnerFeedback.objects.visible_to(outside)) == [spoken]
    client = Client()
    client.force_login(outside)
    page = client.get("/plans/SP/projects/P1/feedback/").content.decode()
    assert "We met weekly." in page and "Thank you, Ann." in page
    assert page.count("4 of 5") == 1
    actions.publish_feedback(feedback=spoken, by=mona, shown=False)
    assert not PartnerFeedback.objects.visible_to(outside).exists()


def test_what_nobody_answered_is_neither_published_nor_answered(
    project, partner, rita, mona
) -> None:
    feedback = asked(project, partner, rita)
    acts: list[Any] = [
        lambda: actions.publish_feedback(feedback=feedback, by=mona),
        lambda: actions.reply_to_feedback(feedback=feedback, text="Thanks", by=mona),
    ]
    for act in acts:
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "not_answered"


def test_the_office_asks_by_its_page_and_by_the_api(project, partner, rita) -> None:
    client = Client()
    client.force_login(rita)
    at = "/plans/SP/projects/P1/feedback/"
    sent = {"act": "ask", "partner": partner.pk, "email": "ann@example.org"}
    assert client.post(at, sent).status_code == 302
    assert client.post(at, sent | {"email": "nobody"}).status_code == 400
    api = Api(rita)
    body = {"project": "P1", "partner": partner.pk, "email": "bob@example.org"}
    made = api.post("plans/SP/partner-feedback/", body)
    assert made.status_code == 201 and "email" not in made.json()
    wrong = api.post("plans/SP/partner-feedback/", body | {"partner": 10**9})
    assert refused(wrong) == (400, "unknown_partner")
    few = api.queries("plans/SP/partner-feedback/")
    for _at in range(4):
        asked(project, partner, rita)
    assert api.queries("plans/SP/partner-feedback/") == few
    assert PartnerFeedback.objects.filter(until__gt=timezone.localdate()).count() == 6


def test_a_program_publishes_and_takes_back(project, partner, rita, mona) -> None:
    spoken, api = answered(asked(project, partner, rita)), Api(mona)
    at = f"plans/SP/partner-feedback/{spoken.pk}/"
    assert api.post(f"{at}publish/").json()["published_at"]
    assert api.post(f"{at}take-back/").json()["published_at"] is None
    assert refused(Api(rita).post(f"{at}take-back/")) == (403, "not_allowed")


# --- The partner's page -------------------------------------------------------------------------


def page_of(partner: Partner, user: User) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/plans/SP/partners/{partner.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_office_reads_all_answers_on_the_partner_s_page_and_others_what_is_published(
    project, partner, rita, mona
) -> None:
    elsewhere = factories.user("Asa", Role.READER, factories.office("ROAP"))
    asked(project, partner, rita)
    assert "no answer of this partner" in page_of(partner, rita)
    spoken = answered(asked(project, partner, rita))
    own = page_of(partner, rita)
    assert "We met weekly." in own and "may be published" in own and "4 of 5" in own
    assert '<a href="/plans/SP/projects/P1/feedback/">' in own
    assert "ann@example.org" not in own and "no answer of this partner" not in own
    hidden = page_of(partner, elsewhere)
    assert "We met weekly." not in hidden and "no answer of this partner" in hidden
    actions.publish_feedback(feedback=spoken, by=mona)
    assert "We met weekly." in page_of(partner, elsewhere)
    rows = Api(elsewhere).rows("plans/SP/partner-feedback/", partner=partner.pk)
    assert [row["id"] for row in rows] == [spoken.pk]


def test_what_was_said_under_another_name_stands_under_the_one_that_counts(
    project, partner, rita, mona
) -> None:
    answered(asked(project, partner, rita))
    into = factories.partner(project.plan, "Shelter")
    actions.merge_partners(partner=partner, into=into, by=mona, reason="Renamed")
    assert "as “Shelter for All”" in page_of(into, rita).split('id="said"')[1]
    [row] = Api(rita).rows("plans/SP/partner-feedback/", partner=into.pk, answered="true")
    assert row["went_well"] == "We met weekly."


def test_the_partner_s_page_takes_as_many_queries_for_many_answers(
    project, partner, rita, mona, django_assert_num_queries
) -> None:
    answered(asked(project, partner, rita))
    client = Client()
    client.force_login(rita)
    at = f"/plans/SP/partners/{partner.pk}/"
    client.get(at)
    with CaptureQueriesContext(connection) as captured:
        client.get(at)
    for number in range(4):
        other = factories.project(project.plan, f"P{number + 2}", project.office)
        factories.contribution(other, partner)
        spoken = answered(asked(other, partner, rita))
        actions.reply_to_feedback(feedback=spoken, text="Thanks", by=mona)
    with django_assert_num_queries(len(captured)):
        client.get(at)


# --- What the partner hears, and who hears the partner ----------------------------------------


def test_the_partner_is_told_of_the_answer_and_reads_it_under_its_link(
    project, partner, rita, mona, django_capture_on_commit_callbacks
) -> None:
    spoken = answered(asked(project, partner, rita))
    visitor, at = Client(), path(spoken)
    assert visitor.get(at).status_code == 410
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        actions.reply_to_feedback(feedback=spoken, text="Thank you, Ann.", by=mona)
    [message] = mail.outbox
    assert message.to == ["ann@example.org"]
    [sent] = re.findall(r"/feedback/\S+/", str(message.body))
    page = visitor.get(sent)
    assert page.status_code == 200 and page["Referrer-Policy"] == "no-referrer"
    shown = page.content.decode()
    assert "We met weekly." in shown and "Thank you, Ann." in shown
    assert "<textarea" not in shown and "/plans/" not in shown
    again = visitor.post(at, ANSWER | {"went_well": "Once more"})
    assert again.status_code == 410 and "Once more" in again.content.decode()
    assert PartnerFeedback.objects.get().went_well == "We met weekly."


def test_the_answer_is_read_after_the_day_of_the_link_and_sent_once_for_the_same_words(
    project, partner, rita, mona, django_capture_on_commit_callbacks
) -> None:
    spoken = answered(asked(project, partner, rita))
    PartnerFeedback.objects.update(until=factories.days_ago(1))
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        for _time in range(2):
            actions.reply_to_feedback(feedback=spoken, text="Thank you.", by=mona)
    assert len(mail.outbox) == 1
    assert "Thank you." in Client().get(path(spoken)).content.decode()


def test_what_is_not_published_is_read_by_the_office_and_those_who_act_for_it(
    project, partner, rita
) -> None:
    feedback = asked(project, partner, rita)
    form = Client().get(path(feedback)).content.decode()
    assert "those who report for it or manage it in the offices above it" in form
    answered(feedback, consent=False)
    hearing = {
        f"{role} {where}"
        for where, office in (
            ("above", factories.headquarters()),
            ("inside", project.office),
            ("outside", factories.office("ROAP")),
        )
        for role in Role.values
        if Api(factories.user(f"{role} {where}", role, office)).rows("plans/SP/partner-feedback/")
    }
    inside = {f"{role} inside" for role in Role.values}
    assert hearing == inside | {"reporter above", "manager above"}
    reader = User.objects.get(name="reader above")
    client = Client()
    client.force_login(reader)
    page = client.get("/plans/SP/projects/P1/feedback/").content.decode()
    assert "We met weekly." not in page and "We met weekly." not in page_of(partner, reader)
    file = client.get("/plans/SP/partner-feedback.csv")
    assert b"We met weekly." not in b"".join(file.streaming_content)
