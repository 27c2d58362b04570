"""Daily e-mails: what they say, to whom, once; through a real mail server; and the page Mail."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from projects import actions
from projects.actions import digests, send_digests
from projects.digest import message_for
from projects.models import Digest
from projects.tasks import send_digests as task
from tests import factories
from tests.mail_server import SIGN_IN, MailServer, certificate, send_through

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


class World:
    """A reporter who owes, a reviewer with a result waiting, and a manager."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP", quarters=1)
        self.outcome = factories.outcome(self.plan)
        self.africa = factories.office("ROAF", "Africa")
        self.project = factories.project(self.plan, "P1", self.africa, serves=self.outcome)
        self.line = self.add_line()
        self.rita = factories.user("Rita", Role.REPORTER, self.africa)
        self.rob = factories.user("Rob", Role.REVIEWER, self.africa)
        self.mo = factories.user("Mo", Role.MANAGER, self.africa)

    def add_line(self) -> Any:
        return factories.line(self.project, factories.indicator(self.outcome))

    def mails(self) -> dict[str, Any]:
        return {message.to[0]: message for message in mail.outbox}


@pytest.fixture
def world() -> World:
    return World()


def test_everybody_for_whom_something_waits_is_told_once_a_day(world: World) -> None:
    factories.report(world.add_line(), 5, to="submitted")
    first = send_digests(day=DAY)
    told = world.mails()
    assert {world.rita.email, world.rob.email} <= set(told) and world.mo.email not in told
    assert first.sent == len(mail.outbox)
    assert told[world.rita.email].subject == "Habitat Tracker: 1 result to send"
    assert told[world.rob.email].subject == "Habitat Tracker: 1 to review"
    assert "http://127.0.0.1:8000/plans/SP/my-work/#owed" in told[world.rita.email].body
    assert send_digests(day=DAY).sent == 0
    send_digests(day=DAY + timedelta(days=1))
    assert len(mail.outbox) == 2 * first.sent


def test_it_says_what_one_was_reminded_of_what_came_back_and_what_was_said(world: World) -> None:
    entry = actions.ResultInput(
        line=world.add_line(), period=factories.period(world.plan), value="5"
    )
    mine = actions.save_results(entries=[entry], by=world.rita)
    actions.submit(rows=mine, by=world.rita)
    actions.add_comment(to=mine[0], text="Which wells & where?", by=world.rob)
    actions.send_back(rows=mine, by=world.rob, reason="Count <again>")
    actions.remind(
        projects=[world.project], period=factories.period(world.plan), message="Soon", by=world.mo
    )
    message = message_for(world.rita)
    assert message is not None
    expected = "1 reminder, 2 results to send, 1 returned, 1 comment"
    assert message.subject == f"Habitat Tracker: {expected}"
    for words in ("Mo reminds you", "Soon", "Count <again>", "Which wells & where?"):
        assert words in message.body
    page = str(message.alternatives[0][0])
    assert "Count &lt;again&gt;" in page and "Count <again>" not in page


def test_it_is_in_the_language_of_its_reader(world: World) -> None:
    world.rita.language = "zh-hans"
    world.rita.save()
    message = message_for(world.rita)
    assert message is not None and "result to send" not in message.subject
    assert 'lang="zh-hans"' in str(message.alternatives[0][0])


@pytest.mark.parametrize("field", ["digest", "is_active", "password"])
def test_who_does_not_want_it_or_cannot_sign_in_gets_none(world: World, field: str) -> None:
    if field == "password":
        world.rita.set_unusable_password()
    else:
        setattr(world.rita, field, False)
    world.rita.save()
    send_digests(day=DAY)
    assert world.rita.email not in world.mails()
    assert not Digest.objects.filter(person=world.rita).exists()


def test_a_person_switches_it_off_on_their_account(world: World) -> None:
    client = Client()
    client.force_login(world.rita)
    assert 'name="digest"' in client.get("/account/").content.decode()
    client.post("/account/", {"name": "Rita", "language": "en"})
    assert User.objects.get(pk=world.rita.pk).digest is False
    client.post("/account/", {"name": "Rita", "language": "en", "digest": "on"})
    assert User.objects.get(pk=world.rita.pk).digest is True


def test_what_is_not_due_soon_is_left_for_later(world: World) -> None:
    period = factories.period(world.plan)
    for days, is_told in ((8, False), (7, True)):
        period.due = timezone.localdate() + timedelta(days=days)
        period.save()
        assert (message_for(world.rita) is not None) == is_told


def test_one_that_was_interrupted_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: Any, **_options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", killed)
        send_digests(day=DAY)
    held = Digest.objects.get(person=world.rita)
    assert (held.sent_at, held.failure, held.attempts) == (None, "", 1)
    send_digests(day=DAY)
    assert world.rita.email not in world.mails()


def test_a_dry_run_sends_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("send_digests", "--dry-run", "--day", "2026-03-02")
    assert "1 would be sent, 0 refused" in capsys.readouterr().out
    assert not mail.outbox and not Digest.objects.exists()


def test_the_schedule_sends_them(world: World, settings: Any) -> None:
    task()
    assert world.rita.email in world.mails()
    entry = settings.CELERY_BEAT_SCHEDULE["send-digests"]
    assert entry["task"] == "projects.tasks.send_digests"


# --- A real mail server ------------------------------------------------------------------------


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with MailServer().running() as server:
        send_through(settings, f"smtp://127.0.0.1:{server.port}")
        yield server


def test_a_refusal_keeps_nobody_waiting_and_is_tried_three_times(
    world: World, mail_server: MailServer
) -> None:
    factories.report(world.add_line(), 5, to="submitted")
    mail_server.refused = {world.rita.email}
    first = send_digests(day=DAY)
    assert first.failed == 1 and first.sent == len(mail_server.taken) >= 1
    held = Digest.objects.get(person=world.rita)
    assert held.failure.startswith("SMTPRecipientsRefused") and held.sent_at is None
    assert send_digests(day=DAY).failed == 1
    mail_server.refused = set()
    assert send_digests(day=DAY).sent == 1
    held.refresh_from_db()
    assert (held.attempts, held.failure) == (3, "") and held.sent_at is not None
    message = message_from_bytes(mail_server.taken[-1], policy=policy.default)
    assert message["To"] == world.rita.email and message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_after_three_refusals_it_is_given_up_for_the_day(
    world: World, mail_server: MailServer
) -> None:
    mail_server.refused = {world.rita.email}
    failed = [send_digests(day=DAY).failed for _each in range(digests.MOST_ATTEMPTS + 1)]
    assert failed == [1, 1, 1, 0]


def test_a_mail_server_that_is_down_fails_each_and_raises_nothing(
    world: World, mail_server: MailServer, settings: Any
) -> None:
    settings.EMAIL_PORT = 1
    done = send_digests(day=DAY)
    assert (done.sent, done.failed) == (0, Digest.objects.exclude(failure="").count())
    assert done.failed >= 1


# --- A mail server that asks for TLS and a sign-in ---------------------------------------------


@pytest.fixture
def closed_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that takes e-mails over TLS and after a sign-in only; its name is trusted."""
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made)
    with MailServer(context).running() as server:
        yield server


def test_e_mails_go_out_over_tls_after_signing_in(
    world: World, closed_server: MailServer, settings: Any
) -> None:
    send_through(settings, f"submission://{SIGN_IN}@127.0.0.1:{closed_server.port}")
    done = send_digests(day=DAY)
    assert (done.sent, done.failed) == (len(closed_server.taken), 0) and done.sent >= 1
    message = message_from_bytes(closed_server.taken[0], policy=policy.default)
    assert message["To"] == world.rita.email


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("submission://habitat:wrong@127.0.0.1", "SMTPAuthenticationError: (535"),
        ("submission://127.0.0.1", "SMTPSenderRefused: (530"),
        (f"smtp://{SIGN_IN}@127.0.0.1", "SMTPNotSupportedError"),
        ("smtp://127.0.0.1", "SMTPSenderRefused: (530"),
    ],
)
def test_without_tls_or_the_right_sign_in_nothing_goes_out(
    world: World, closed_server: MailServer, settings: Any, address: str, failure: str
) -> None:
    send_through(settings, f"{address}:{closed_server.port}")
    assert send_digests(day=DAY).sent == 0 and closed_server.taken == []
    told = Digest.objects.get(person=world.rita).failure
    assert told.startswith(failure) and "wrong" not in told


def test_a_server_that_cannot_prove_its_name_gets_neither_password_nor_e_mail(
    world: World, closed_server: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    send_through(settings, f"submission://{SIGN_IN}@127.0.0.1:{closed_server.port}")
    assert send_digests(day=DAY).sent == 0
    assert Digest.objects.get(person=world.rita).failure.startswith("SSLCertVerificationError")
    assert (closed_server.taken, closed_server.signed_in) == ([], [])


# --- The page Mail -----------------------------------------------------------------------------


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


def mail_page(user: User) -> Any:
    client = Client()
    client.force_login(user)
    return client.get("/plans/SP/setup/mail/")


@pytest.mark.parametrize("role", [None, *Role.values])
def test_managers_and_administrators_read_what_the_folder_holds(
    world: World, folder: Path, role: str | None
) -> None:
    send_digests(day=DAY)
    page = mail_page(factories.user("Some", role, world.africa))
    allowed = role in (Role.MANAGER, Role.ADMINISTRATOR)
    assert page.status_code == (200 if allowed else 403)
    assert ("Dear Rita," in page.content.decode()) == allowed
    assert str(folder) not in page.content.decode()


def test_it_reads_many_messages_newest_first_and_hides_links_that_set_a_password(
    world: World, folder: Path
) -> None:
    mail.send_mail("First ü", "See http://x/accounts/password/reset/key/abc-123/", None, ["a@b.c"])
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes() + b"Subject: Second\n\nBody <b>\n\n" + b"-" * 79 + b"\n")
    (folder / "other.txt").write_text("Subject: Not a message of ours\n\n")
    page = mail_page(world.mo)
    assert [one.subject for one in page.context["mails"]] == ["Second", "First ü"]
    text = page.content.decode()
    assert "abc-123" not in text and "Body &lt;b&gt;" in text and "Not a message" not in text


def test_without_a_folder_there_is_no_such_page(world: World, folder: Path, settings: Any) -> None:
    assert "None yet." in mail_page(world.mo).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert mail_page(world.mo).status_code == 404
