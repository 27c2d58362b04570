"""Evidence that is replaced, taken away, known from elsewhere, and swept in the end."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.errors import DomainError, InvalidInput
from projects import actions
from projects.models import Evidence, Result, StoredFile
from tests import factories
from tests.api_client import Api, refused

pytestmark = pytest.mark.django_db


def paper(content: bytes = b"%PDF-1.7 minutes", name: str = "Minutes.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class Desk:
    """A reporter of the office for Africa with two drafts of one project."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.office = factories.office("ROAF")
        outcome = factories.outcome(self.plan)
        project = factories.project(self.plan, "P1", self.office, serves=outcome)
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        lines = [factories.line(project, factories.indicator(outcome)) for _ in range(2)]
        self.draft, self.other = (factories.report(line, 5, to="draft") for line in lines)

    def add(self, to: Result | None = None, **piece: Any) -> Evidence:
        asked = {"kind": "file", "title": "", "file": None} | piece
        if asked["kind"] == "file":
            asked["file"] = asked["file"] or paper()
        return actions.add_evidence(to=to or self.draft, by=self.rita, **asked)

    def link(self, url: str = "https://example.org/a", **piece: Any) -> Evidence:
        return self.add(kind="link", url=url, **piece)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def code_of(act: Any) -> str:
    with pytest.raises(DomainError) as error:
        act()
    return error.value.code


# --- One content, kept once ------------------------------------------------------------------


def test_the_same_content_is_kept_once(desk: Desk, evidence_folder: Path) -> None:
    first, second = desk.add(), desk.add(to=desk.other, file=paper(name="Copy.pdf"))
    assert first.stored == second.stored
    assert (first.title, second.title) == ("Minutes.pdf", "Copy.pdf")
    assert len(list(evidence_folder.rglob("*.pdf"))) == 1


class CountedPaper(SimpleUploadedFile):
    """An upload that knows how often it was read from end to end."""

    reads = 0

    def chunks(self, chunk_size: int | None = None) -> Any:
        self.reads += 1
        return super().chunks(chunk_size)


def test_a_file_for_many_drafts_is_read_once(desk: Desk, evidence_folder: Path) -> None:
    file = CountedPaper("Minutes.pdf", b"%PDF-1.7 other minutes")
    desk.add(file=file)  # from now on the content is known, and only its digest is read
    file.reads = 0
    third = factories.report(
        factories.line(desk.other.line.project, factories.indicator(desk.plan)), 5, to="draft"
    )
    pieces = actions.add_evidence_to_each(
        rows=[desk.other, third], kind="file", title="", file=file, by=desk.rita
    )
    assert file.reads == 1
    assert [piece.result for piece in pieces] == [desk.other, third]
    assert len({piece.stored_id for piece in pieces}) == 1
    assert desk.rita in third.authors.all()


def test_where_one_draft_refuses_a_piece_no_other_takes_it(desk: Desk) -> None:
    desk.link(to=desk.other)
    act = lambda: actions.add_evidence_to_each(  # noqa: E731
        rows=[desk.draft, desk.other],
        kind="link",
        url="https://example.org/a",
        title="",
        by=desk.rita,
    )
    assert code_of(act) == "duplicate_evidence"
    assert not desk.draft.evidence.exists()


def test_the_same_is_not_added_twice_to_a_result(desk: Desk) -> None:
    desk.add()
    desk.link()
    assert code_of(desk.add) == "duplicate_evidence"
    assert code_of(desk.link) == "duplicate_evidence"
    assert desk.draft.evidence.count() == 2


def test_a_file_that_was_lost_is_there_again_when_it_is_sent_again(desk: Desk) -> None:
    stored = desk.add().stored
    assert stored
    default_storage.delete(str(stored.file.name))
    desk.add(to=desk.other)
    assert stored.file.open("rb").read() == b"%PDF-1.7 minutes"


def test_a_result_has_fifty_pieces_at_most(desk: Desk) -> None:
    for number in range(50):
        desk.link(f"https://example.org/{number}")
    assert code_of(desk.link) == "too_many_pieces"
    old = desk.draft.evidence.first()
    assert old
    actions.replace_evidence(evidence=old, kind="file", title="", file=paper(), by=desk.rita)


# --- Replaced and taken away -----------------------------------------------------------------


def test_what_is_replaced_is_kept_as_the_predecessor(desk: Desk, client: Client) -> None:
    old = desk.add()
    new = actions.replace_evidence(
        evidence=old, kind="file", title="", file=paper(b"%PDF-1.7 signed"), by=desk.rita
    )
    old.refresh_from_db()
    assert (old.replaced_by, old.is_current, new.is_current) == (new, False, True)
    assert list(Evidence.objects.current()) == [new]
    client.force_login(desk.rita)
    page = client.get(f"/plans/SP/results/{desk.draft.pk}/")
    assert page.context["evidence"] == [new] and page.context["evidence_before"] == [old]
    kept = client.get(f"/plans/SP/evidence/{old.pk}/")
    assert b"".join(kept.streaming_content) == b"%PDF-1.7 minutes"  # type: ignore[attr-defined]


def test_what_is_taken_away_is_kept_and_counts_no_more(desk: Desk) -> None:
    old = actions.remove_evidence(evidence=desk.add(), by=desk.rita)
    assert (old.removed_by, list(Evidence.objects.current())) == (desk.rita, [])
    again = lambda: actions.remove_evidence(evidence=old, by=desk.rita)  # noqa: E731
    assert code_of(again) == "not_current"
    assert desk.add().is_current  # the same may come back


def test_evidence_of_what_is_sent_is_not_replaced(desk: Desk) -> None:
    old = desk.add()
    actions.submit(rows=[desk.draft], by=desk.rita)
    replace = lambda: actions.replace_evidence(  # noqa: E731
        evidence=old, kind="link", title="", url="https://example.org/", by=desk.rita
    )
    assert code_of(replace) == "wrong_status"


def test_only_reporters_change_it(desk: Desk) -> None:
    old = desk.add()
    rob = factories.user("Rob", Role.REVIEWER, desk.office)
    for act in (
        lambda: actions.remove_evidence(evidence=old, by=rob),
        lambda: actions.replace_evidence(evidence=old, kind="link", title="", by=rob),
    ):
        assert code_of(act) == "not_allowed"


# --- Pages -----------------------------------------------------------------------------------


def test_evidence_is_added_replaced_and_taken_away_on_its_page(desk: Desk, client: Client) -> None:
    client.force_login(desk.rita)
    page = f"/plans/SP/results/{desk.draft.pk}/evidence/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"file": paper()}).status_code == 302
    one = Evidence.objects.get()
    assert "Replace" in client.get(f"{page}{one.pk}/").content.decode()
    sent = client.post(f"{page}{one.pk}/", {"url": "https://example.org/b", "title": "Register"})
    assert sent.status_code == 302
    two = Evidence.objects.current().get()
    assert (two.kind, two.title) == ("link", "Register")
    assert client.get(f"{page}{one.pk}/").status_code == 404
    assert client.post(f"{page}{two.pk}/", {"act": "remove"}).status_code == 302
    assert not Evidence.objects.current().exists()
    sent = client.post(page, {"title": "Minutes of May", "passage": "p. 4"})
    assert Evidence.objects.current().get().passage == "p. 4"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://example.org"}, "url"),
        ({"passage": "p. 4"}, "title"),
        ({"file": ("a.exe", b"MZ")}, "file"),
        ({"file": ("a.pdf", b"\x89PNG\r\n\x1a\n")}, "file"),
        ({"file": ("a.pdf", b"")}, "file"),
        ({"file": ("a.pdf", b"%PDF-1.7"), "url": "https://example.org"}, "url"),
    ],
)
def test_what_is_refused_is_told_beside_its_field(
    desk: Desk, client: Client, sent: Any, field: str
) -> None:
    client.force_login(desk.rita)
    if "file" in sent:
        sent = sent | {"file": SimpleUploadedFile(*sent["file"])}
    answer = client.post(f"/plans/SP/results/{desk.draft.pk}/evidence/", sent)
    assert answer.status_code == 400 and list(answer.context["form"].errors) == [field]
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("role", [None, *Role.values])
def test_others_are_refused(desk: Desk, client: Client, role: Any) -> None:
    if role == Role.REPORTER:
        return
    client.force_login(factories.user("Somebody", role, desk.office))
    answer = client.post(f"/plans/SP/results/{desk.draft.pk}/evidence/", {"file": paper()})
    assert answer.status_code == (404 if role is None else 403)


def test_a_known_file_names_the_other_results_that_one_may_see(desk: Desk, client: Client) -> None:
    elsewhere = factories.project(desk.plan, "P2", factories.office("ROAP"))
    hidden = factories.report(
        factories.line(elsewhere, factories.indicator(factories.outcome(desk.plan))), 1, to="draft"
    )
    boss = factories.user("Boss", Role.REPORTER)
    actions.add_evidence(to=hidden, kind="file", title="", file=paper(), by=boss)
    desk.add(to=desk.other)
    client.force_login(desk.rita)
    sent = client.post(
        f"/plans/SP/results/{desk.draft.pk}/evidence/", {"file": paper()}, follow=True
    )
    assert "stands behind 1 other result." in sent.content.decode()
    assert sent.context["elsewhere"] == [desk.other]
    client.force_login(boss)
    page = client.get(f"/plans/SP/results/{desk.draft.pk}/")
    assert set(page.context["elsewhere"]) == {desk.other, hidden}


def test_more_pieces_ask_no_more_queries(
    desk: Desk, client: Client, django_assert_num_queries: Any
) -> None:
    client.force_login(desk.rita)
    page = f"/plans/SP/results/{desk.draft.pk}/"
    desk.add()
    client.get(page)
    with django_assert_num_queries(20):
        client.get(page)
    desk.add(file=paper(b"%PDF-1.7 more"))
    actions.remove_evidence(evidence=desk.link(), by=desk.rita)
    with django_assert_num_queries(20):
        client.get(page)


def test_a_file_is_served_safely(desk: Desk, client: Client) -> None:
    kept = desk.add(title="../Minutes\u202e of\r\nMay")
    client.force_login(desk.rita)
    for address in (
        f"/plans/SP/evidence/{kept.pk}/",
        f"/api/v1/plans/SP/results/{desk.draft.pk}/evidence/{kept.pk}/file/",
    ):
        response = (
            client.get(address) if "/api/" not in address else Api(desk.rita).client.get(address)
        )
        assert response.headers["Content-Disposition"] == 'attachment; filename="Minutes ofMay.pdf"'
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "no-store" in response.headers["Cache-Control"]
    assert client.head(f"/plans/SP/evidence/{kept.pk}/").status_code == 200
    assert client.post(f"/plans/SP/evidence/{kept.pk}/").status_code == 405


# --- The API ---------------------------------------------------------------------------------


def test_evidence_is_replaced_and_taken_away_through_the_api(desk: Desk) -> None:
    api, one = Api(desk.rita), f"plans/SP/results/{desk.draft.pk}/evidence/"
    old = api.upload(one, file=paper()).json()
    new = api.post(f"{one}{old['id']}/replace/", {"kind": "link", "url": "https://example.org/"})
    assert new.status_code == 201, new.json()
    again = api.post(f"{one}{old['id']}/replace/", {"kind": "link", "url": "https://example.org/x"})
    assert refused(again) == (409, "not_current")
    [held] = api.get(f"plans/SP/results/{desk.draft.pk}/").json()["evidence"]
    assert held["id"] == new.json()["id"]
    gone = api.client.delete(f"/api/v1/{one}{held['id']}/")
    assert gone.status_code == 204
    assert api.get(f"plans/SP/results/{desk.draft.pk}/").json()["evidence"] == []


def test_an_unknown_means_is_refused(desk: Desk) -> None:
    one = f"plans/SP/results/{desk.draft.pk}/evidence/"
    body = {"kind": "link", "url": "https://example.org/", "means": "Agenda"}
    assert refused(Api(desk.rita).post(one, body)) == (400, "unknown_means")


# --- Sweeping --------------------------------------------------------------------------------

LATER = timedelta(hours=25)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.django_db(transaction=True)
def test_what_nobody_refers_to_goes_after_a_day(desk: Desk, evidence_folder: Path) -> None:
    kept, loose = desk.add(), desk.add(to=desk.other, file=paper(b"%PDF-1.7 loose"))
    Evidence.objects.filter(pk=loose.pk).delete()
    default_storage.save("evidence/left-over.pdf", ContentFile(b"of a transaction that failed"))
    assert len(files(evidence_folder)) == 3
    for now, went in (
        (timezone.now(), (0, 0)),
        (timezone.now() + LATER, (1, 1)),
        (timezone.now() + LATER, (0, 0)),
    ):
        swept = actions.sweep_evidence(now=now)
        assert (swept.contents, swept.files) == went
    assert StoredFile.objects.get() == kept.stored
    assert files(evidence_folder) == {Path(str(kept.stored.file.name)).name}  # type: ignore[union-attr]


def test_what_was_replaced_or_taken_away_is_not_swept(desk: Desk) -> None:
    old = desk.add()
    actions.replace_evidence(
        evidence=old, kind="link", title="", url="https://example.org/", by=desk.rita
    )
    swept = actions.sweep_evidence(now=timezone.now() + LATER)
    assert (swept.contents, swept.files) == (0, 0)


def test_a_dry_run_deletes_nothing(desk: Desk, evidence_folder: Path) -> None:
    desk.add()
    Evidence.objects.all().delete()
    StoredFile.objects.update(stored_at=timezone.now() - LATER)
    told = StringIO()
    call_command("sweep_evidence", "--dry-run", stdout=told)
    assert told.getvalue() == "1 contents without evidence and 0 files would go.\n"
    assert StoredFile.objects.exists() and files(evidence_folder)


def test_an_upload_that_is_refused_leaves_no_row(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.add(file=paper(b"MZ"))
    assert not StoredFile.objects.exists()
