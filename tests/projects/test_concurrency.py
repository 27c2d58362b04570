"""Two people at the same moment, on PostgreSQL: one does it, the other is told."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts import actions as accounts
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from outcomes.models import Measurement, Thing
from plans.actions import close_period
from projects import actions
from projects.actions import evidence, imports, late_entry, projects
from projects.models import (
    Deliverable,
    Evidence,
    Project,
    ProjectIndicator,
    ProjectRevision,
    Result,
    StoredFile,
)
from projects.sheets.columns import READ
from tests import factories
from tests.conftest import missing
from tests.kept import projects_kept_otherwise

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def together() -> Iterator[Callable[..., Counter[Any]]]:
    """Runs works at the same moment; what they returned, or the codes of their refusals."""
    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    with ThreadPoolExecutor(6) as pool:

        def run(*works: Callable[[], Any]) -> Counter[Any]:
            start = threading.Barrier(len(works))

            def one(work: Callable[[], Any]) -> Any:
                try:
                    start.wait(10)
                    return work()
                except DomainError as error:
                    return error.code
                finally:
                    connection.close()

            return Counter(pool.map(one, works, timeout=60))

        yield run


class World:
    """A line of a project, and one who reports and one who reviews."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office()
        self.project = factories.project(self.plan, "P", self.office, serves=self.outcome)
        self.line = factories.line(
            self.project, factories.indicator(self.outcome, "D", kind="distinct")
        )
        self.period = factories.period(self.plan)
        self.reviewers = [factories.user(f"V{n}", Role.REVIEWER, self.office) for n in range(4)]
        self.reporters = [factories.user(f"R{n}", Role.REPORTER, self.office) for n in range(4)]

    def another_line(self) -> ProjectIndicator:
        indicator = factories.indicator(self.outcome, kind="distinct")
        return factories.line(self.project, indicator)

    def save(self, by: User, version: int | None = 0) -> str:
        entry = actions.ResultInput(
            line=self.line, period=self.period, things=["Nakuru", by.name], version=version
        )
        actions.save_results(entries=[entry], by=by)
        return "saved"


@pytest.fixture
def world(together: Any) -> World:
    return World()


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts hold what they wrote for a moment before they commit."""

    def slow(record: Callable[..., None]) -> Callable[..., None]:
        def wait(**what: Any) -> None:
            record(**what)
            time.sleep(0.3)

        return wait

    for module in (accounts, projects):
        monkeypatch.setattr(module, "record_activity", slow(module.record_activity))


def browser(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_one_of_several_first_entries_is_kept(together: Any, world: World) -> None:
    done = together(*(lambda by=by: world.save(by) for by in world.reporters))
    assert done == {"saved": 1, "version_conflict": 3}
    assert Result.objects.get().things.count() == 2


def test_a_thing_that_several_list_at_once_is_one(together: Any, world: World) -> None:
    lines = [
        factories.line(factories.project(world.plan, at=world.office), world.line.indicator)
        for _by in world.reporters
    ]

    def save(line: Any, by: User) -> str:
        entry = actions.ResultInput(line=line, period=world.period, things=["Nakuru", "Kisumu"])
        actions.save_results(entries=[entry], by=by)
        return "saved"

    pairs = zip(lines, world.reporters, strict=True)
    done = together(*(lambda line=line, by=by: save(line, by) for line, by in pairs))
    assert (done, Thing.objects.count()) == ({"saved": 4}, 2)


def test_a_result_is_approved_once(together: Any, world: World) -> None:
    result = factories.report(world.line, to="submitted", things=["Nakuru"])

    def approve(by: User) -> str:
        actions.approve(rows=[result], by=by, version=2)
        return "approved"

    done = together(*(lambda by=by: approve(by) for by in world.reviewers))
    assert done == {"approved": 1, "version_conflict": 3}
    assert Measurement.objects.live().count() == 2


def test_a_double_click_on_approve_changes_nothing_twice(together: Any, world: World) -> None:
    result = factories.report(world.line, to="submitted", things=["Nakuru"])
    client = browser(world.reviewers[0])
    address = f"/plans/SP/results/{result.pk}/act/"
    act = {"act": "approve", "version": str(result.version)}
    done = together(*(lambda: client.post(address, act).status_code for _click in range(2)))
    assert done == {302: 1, 409: 1}
    assert client.post(address, act).status_code == 409
    assert Measurement.objects.live().count() == 2


def test_two_who_submit_a_period_at_once_are_both_told_that_it_is_in(
    together: Any, world: World
) -> None:
    lines = [world.line, *(world.another_line() for _more in range(3))]
    for line in lines:
        entry = actions.ResultInput(line=line, period=world.period, things=["Nakuru"])
        actions.save_results(entries=[entry], by=world.reporters[0])
    page = "/plans/SP/projects/P/results/2020-Q1/"

    def submit(one: Client) -> str:
        answer = one.post(page, {"submit": "yes"}, follow=True)
        text = answer.content.decode()
        return str(re.findall(r"4 results were submitted|Somebody submitted this", text)[0])

    browsers = [browser(by) for by in world.reporters]
    done = together(*(partial(submit, one) for one in browsers))
    assert done == {"4 results were submitted": 1, "Somebody submitted this": 3}
    assert list(Result.objects.values_list("status", "version")) == [("submitted", 2)] * 4


def test_nothing_is_approved_in_a_period_after_it_closed(together: Any, world: World) -> None:
    results = [
        factories.report(
            factories.line(factories.project(world.plan, at=world.office), world.line.indicator),
            to="submitted",
            things=["Nakuru"],
        )
        for _reviewer in world.reviewers
    ]
    manager = factories.user("Mo", Role.MANAGER)

    def approve(result: Result, by: User) -> str:
        actions.approve(rows=[result], by=by)
        return "approved"

    def close() -> str:
        close_period(period=world.period, by=manager)
        return "closed"

    pairs = zip(results, world.reviewers, strict=True)
    done = together(close, *(lambda one=one, by=by: approve(one, by) for one, by in pairs))
    assert done["closed"] == 1
    assert done["approved"] + done["period_closed"] == 4
    world.period.refresh_from_db()
    approved = Result.objects.filter(status="approved")
    assert approved.count() == done["approved"]
    assert all(one.changed_at <= world.period.closed_at for one in approved) or not approved


@pytest.mark.usefixtures("slowly")
def test_a_project_sent_twice_is_added_once(together: Any, world: World) -> None:
    client = browser(factories.user("Mo", Role.MANAGER))
    asked = {"code": "NEW", "title": "New", "office": "ROAF", "status": "active", "reason": "So"}
    asked |= {"rank_1.1": "primary"}
    send = lambda: client.post("/plans/SP/add-project/", asked).status_code  # noqa: E731
    done = together(send, send, send)
    assert done[302] >= 1 and set(done) <= {302, 400, 409}
    assert Project.objects.filter(code="NEW").count() == 1


@pytest.mark.usefixtures("slowly")
def test_a_person_invited_twice_has_one_account(together: Any, world: World) -> None:
    client = browser(factories.user("Ada", Role.ADMINISTRATOR))
    asked = {"act": "invite", "email": "new@example.org", "office": "ROAF", "role": "reader"}
    send = lambda: client.post("/plans/SP/setup/people/", asked).status_code  # noqa: E731
    done = together(send, send, send)
    assert set(done) <= {302, 400, 409} and done[302] >= 1
    assert User.objects.filter(email="new@example.org").count() == 1


@pytest.mark.usefixtures("slowly")
def test_a_line_set_twice_at_once_is_one(together: Any, world: World) -> None:
    indicator = factories.indicator(world.outcome, "Q")
    client = browser(factories.user("Mo", Role.MANAGER))
    asked = {"act": "add", "new-indicator": indicator.code}
    send = lambda: client.post("/plans/SP/setup/lines/P/", asked).status_code  # noqa: E731
    assert set(together(send, send, send)) <= {302, 400, 409}
    assert world.project.lines.filter(indicator=indicator).count() == 1


@pytest.mark.usefixtures("slowly")
def test_what_several_change_of_a_project_at_once_is_kept_as_it_is_stored(
    together: Any, world: World
) -> None:
    factories.theme(world.plan, "flagship", "FP-1")
    outcomes = [factories.outcome(world.plan, code) for code in ("1.2", "1.3")]

    def align(outcome: Any) -> str:
        actions.set_alignment(project=world.project, outcome=outcome, rank="primary", by=None)
        return "aligned"

    def describe() -> str:
        said = actions.Description(flagship="FP-1")
        actions.describe_project(project=world.project, said=said, by=None)
        return "described"

    def suspend() -> str:
        manager = factories.user("Mo", Role.MANAGER)
        actions.suspend_project(project=world.project, by=manager, reason="Unrest")
        return "suspended"

    done = together(describe, suspend, *(partial(align, one) for one in outcomes))
    assert done == {"described": 1, "suspended": 1, "aligned": 2}
    assert projects_kept_otherwise() == []
    rows = ProjectRevision.objects.filter(project=world.project).order_by("recorded_at", "pk")
    ends = list(rows.values_list("superseded_at", flat=True))
    assert ends == [*rows.values_list("recorded_at", flat=True)[1:], None]


def test_nothing_is_saved_once_a_late_entry_is_being_ended(
    together: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = factories.user("Mo", Role.MANAGER)
    period = close_period(period=world.period, by=manager)
    late = actions.allow_late_entry(
        project=world.project,
        period=period,
        until=timezone.localdate() + timedelta(days=1),
        reason="Flood",
        by=manager,
    )
    ended = threading.Event()
    record = late_entry.record_activity

    def slow(**what: Any) -> None:
        record(**what)
        ended.set()  # written, and committed a moment later
        time.sleep(0.5)

    monkeypatch.setattr(late_entry, "record_activity", slow)

    def end() -> str:
        actions.end_late_entry(entry=late, by=manager)
        return "ended"

    def save() -> str:
        assert ended.wait(10)
        return world.save(world.reporters[0])

    assert together(end, save) == {"ended": 1, "period_closed": 1}
    assert not Result.objects.exists()


# --- The same content at once -----------------------------------------------------------------


def upload(to: Result, by: User) -> str:
    """The same paper for each; it makes no difference what it is called."""
    paper = SimpleUploadedFile(f"{by.name}.pdf", b"%PDF-1.7 minutes")
    actions.add_evidence(to=to, kind="file", title="", file=paper, by=by)
    return "uploaded"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_content_that_two_upload_at_once_is_kept_once(
    together: Any, world: World, monkeypatch: pytest.MonkeyPatch, evidence_folder: Path
) -> None:
    line = factories.line(world.project, factories.indicator(world.outcome))
    drafts = [
        factories.report(world.line, to="draft", things=["Nakuru"]),
        factories.report(line, 5, to="draft"),
    ]
    both = threading.Barrier(2)

    def path_of(*what: Any) -> str:
        both.wait(10)  # neither has found the content of the other
        return evidence_path(*what)

    evidence_path = evidence.evidence_path
    monkeypatch.setattr(evidence, "evidence_path", path_of)
    pairs = zip(drafts, world.reporters, strict=False)
    done = together(*(lambda to=to, by=by: upload(to, by) for to, by in pairs))
    stored = StoredFile.objects.get()
    assert (done, stored.evidence.count()) == ({"uploaded": 2}, 2)
    assert files(evidence_folder) == {stored.file.name}


@pytest.fixture
def loose(world: World) -> StoredFile:
    """A content that nobody has referred to for a day."""
    draft = factories.report(world.line, to="draft", things=["Nakuru"])
    upload(draft, world.reporters[0])
    Evidence.objects.all().delete()
    StoredFile.objects.update(stored_at=timezone.now() - timedelta(hours=25))
    return StoredFile.objects.get()


def sweep() -> str:
    return f"{actions.sweep_evidence().contents} swept"


def test_what_an_upload_found_is_not_swept_from_under_it(
    together: Any,
    world: World,
    loose: StoredFile,
    monkeypatch: pytest.MonkeyPatch,
    evidence_folder: Path,
) -> None:
    found, swept = threading.Event(), threading.Event()
    refuse_twice = evidence._refuse_twice

    def slow(*what: Any) -> None:
        found.set()
        swept.wait(1)  # the sweep waits for the upload: it is not done before
        refuse_twice(*what)

    def sweep_then() -> str:
        assert found.wait(10)
        try:
            return sweep()
        finally:
            swept.set()

    monkeypatch.setattr(evidence, "_refuse_twice", slow)
    done = together(lambda: upload(Result.objects.get(), world.reporters[0]), sweep_then)
    assert done == {"uploaded": 1, "0 swept": 1}
    assert Evidence.objects.get().stored == loose
    assert files(evidence_folder) == {loose.file.name}


def test_what_is_being_swept_is_stored_anew_by_an_upload(
    together: Any,
    world: World,
    loose: StoredFile,
    monkeypatch: pytest.MonkeyPatch,
    evidence_folder: Path,
) -> None:
    deleted, uploaded = threading.Event(), threading.Event()
    delete = StoredFile.delete

    def slow(stored: StoredFile) -> Any:
        gone = delete(stored)
        deleted.set()  # written, and committed a moment later
        uploaded.wait(1)  # the upload waits for the sweep: it is not done before
        return gone

    def upload_then() -> str:
        assert deleted.wait(10)
        try:
            return upload(Result.objects.get(), world.reporters[0])
        finally:
            uploaded.set()

    monkeypatch.setattr(StoredFile, "delete", slow)
    assert together(sweep, upload_then) == {"uploaded": 1, "1 swept": 1}
    stored = StoredFile.objects.get()
    assert stored != loose and Evidence.objects.get().stored == stored
    assert files(evidence_folder) == {stored.file.name}
    assert not default_storage.exists(str(loose.file.name))


def test_a_sheet_that_two_workers_save_is_saved_once(
    together: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SAVED_AT_ONCE", 3)
    by = world.reporters[0]
    lines = [factories.line(world.project, factories.indicator(world.outcome)) for _ in range(20)]
    keys = ",".join(READ)
    rows = [
        ",".join({"line": str(line.pk), "period": "2020-Q1", "value": "7"}.get(k, "") for k in READ)
        for line in lines
    ]
    content = "\n".join([keys, keys, *rows]).encode()
    run = actions.upload_sheet(plan=world.plan, file=SimpleUploadedFile("q1.csv", content), by=by)
    together(*(lambda: actions.read_sheet(run.pk) for _worker in range(3)))
    actions.confirm_import(run=run, by=by, submits=True)
    together(*(lambda: actions.save_sheet(run.pk) for _worker in range(4)))
    run.refresh_from_db()
    assert (run.status, run.counts) == ("done", {"new": 20, "submitted": 20})
    assert set(Result.objects.values_list("version", "revision")) == {(2, 1)}
    assert Result.objects.count() == 20
    assert Measurement.objects.live().count() == 20


def test_a_sheet_is_confirmed_or_cancelled_and_not_both(together: Any, world: World) -> None:
    by = world.reporters[0]
    line = factories.line(world.project, factories.indicator(world.outcome))
    said = {"line": str(line.pk), "period": "2020-Q1", "value": "7"}
    keys = ",".join(READ)
    content = f"{keys}\n{keys}\n{','.join(said.get(key, '') for key in READ)}\n".encode()
    run = actions.upload_sheet(plan=world.plan, file=SimpleUploadedFile("q1.csv", content), by=by)
    actions.read_sheet(run.pk)

    def confirm() -> str:
        actions.confirm_import(run=run, by=by, submits=False)
        return "decided"

    def cancel() -> str:
        actions.cancel_import(run=run, by=by)
        return "decided"

    assert together(confirm, cancel, confirm) == {"decided": 1, "wrong_status": 2}


# --- The register of deliverables -----------------------------------------------------------


def counted_line(world: World) -> Any:
    """A line of the project that counts its publications."""
    return factories.line(world.project, factories.counting(world.outcome))


def register(world: World, title: str, by: User) -> str:
    factories.deliverable(world.project, title, by=by)
    return "registered"


def test_deliverables_registered_at_once_are_all_counted(together: Any, world: World) -> None:
    line = counted_line(world)
    done = together(
        *(lambda by=by: register(world, f"Report of {by.name}", by) for by in world.reporters)
    )
    assert done == Counter(registered=4)
    assert Result.objects.get(line=line).things.count() == 4


@pytest.mark.parametrize("is_counted", [True, False])
def test_one_title_registered_at_once_is_there_once(
    together: Any, world: World, is_counted: bool
) -> None:
    if is_counted:
        counted_line(world)
    done = together(*(lambda by=by: register(world, "Guide", by) for by in world.reporters))
    assert done == Counter(registered=1, duplicate_deliverable=3)
    assert Deliverable.objects.count() == 1


def test_what_is_registered_while_its_result_is_submitted_is_counted_or_refused(
    together: Any, world: World
) -> None:
    line = counted_line(world)
    first, second = world.reporters[:2]
    register(world, "Guide", first)
    draft = Result.objects.get(line=line)

    def submit() -> str:
        actions.submit(rows=[draft], by=first)
        return "submitted"

    done = together(submit, lambda: register(world, "Atlas", second))
    result = Result.objects.get(line=line)
    assert done["submitted"] == 1 and result.status == "submitted"
    assert result.things.count() == 1 + done["registered"] == Deliverable.objects.count()
    assert done["registered"] + done["already_submitted"] == 1
