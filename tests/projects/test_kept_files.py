"""A file of income and expenditure that is looked at first: kept for its sender, loaded once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from projects import tasks
from projects.actions import (
    TRANSACTION_COLUMNS,
    keep_transaction_file,
    load_transaction_file,
    load_transactions,
    preview_transaction_file,
)
from projects.models import Project, Transaction, TransactionFile
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/plans/SP/transactions/load/"
HEADING = ",".join(TRANSACTION_COLUMNS)
PUMPS = "A-2,P1,expenditure,2021-04-01,USD,60,,,Pumps"
PIPES = "A-3,P1,expenditure,2021-04-01,USD,5,,,Pipes"


@pytest.fixture
def project() -> Project:
    return factories.project(factories.plan("SP"), "P1", factories.office("ROAF"))


@pytest.fixture
def manager(project) -> User:
    return factories.user("Manager", Role.MANAGER, project.office)


def paper(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("accounts.csv", "\n".join((HEADING, *rows)).encode())


def keep(project: Project, by: User, *rows: str) -> TransactionFile:
    """A file that somebody looked at."""
    kept = keep_transaction_file(plan=project.plan, file=paper(*rows), by=by)
    preview_transaction_file(kept=kept, by=by)
    return TransactionFile.objects.get(pk=kept.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def code_of(act: Any, **given: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        act(**given)
    return refusal.value.code


def test_what_was_looked_at_is_confirmed_without_choosing_it_again(project, manager) -> None:
    client = signed_in(manager)
    shown = client.post(PAGE, {"file": paper(PUMPS), "preview": "1"}).content.decode()
    assert "New: 1. Replaced: 0. There already: 0." in shown
    assert "accounts.csv" in shown and not Transaction.objects.exists()
    [key] = re.findall(r'name="kept" value="([0-9a-f-]+)"', shown)
    shown = client.post(PAGE, {"kept": key}).content.decode()
    assert "The file is loaded." in shown and 'name="kept"' not in shown
    assert Transaction.objects.get().external_id == "A-2"
    again = client.post(PAGE, {"kept": key})
    assert again.status_code == 400 and "no longer kept" in again.content.decode()
    assert Transaction.objects.count() == 1


def test_a_reason_is_added_to_what_is_kept(project, manager) -> None:
    load_transactions(plan=project.plan, file=paper(PUMPS), name="a.csv", by=manager)
    client, changed = signed_in(manager), PUMPS.replace("60", "70")
    answer = client.post(PAGE, {"file": paper(changed), "preview": "1"})
    assert answer.status_code == 400
    [key] = re.findall(r'name="kept" value="([0-9a-f-]+)"', answer.content.decode())
    sent = {"kept": key, "reason": "Credit note"}
    shown = client.post(PAGE, sent | {"preview": "1"}).content.decode()
    assert "New: 0. Replaced: 1. There already: 0." in shown and ">Credit note<" in shown.replace(
        "\n", ""
    )
    client.post(PAGE, sent)
    assert Transaction.objects.at().get().amount == 70


def test_only_what_was_shown_is_loaded(project, manager) -> None:
    kept = keep_transaction_file(plan=project.plan, file=paper(PUMPS), by=manager)
    assert code_of(load_transaction_file, kept=kept, by=manager) == "version_conflict"
    preview_transaction_file(kept=kept, by=manager)
    load_transactions(plan=project.plan, file=paper(PUMPS), name="a.csv", by=manager)
    assert code_of(load_transaction_file, kept=kept, by=manager) == "version_conflict"
    answer = signed_in(manager).post(PAGE, {"kept": kept.pk})
    assert answer.status_code == 409 and "Look at it again." in answer.content.decode()
    preview_transaction_file(kept=kept, by=manager)
    assert load_transaction_file(kept=kept, by=manager).unchanged == 1


def test_it_is_loaded_once(project, manager) -> None:
    kept = keep(project, manager, PUMPS)
    load_transaction_file(kept=kept, by=manager)
    assert code_of(load_transaction_file, kept=kept, by=manager) == "file_not_kept"
    assert code_of(preview_transaction_file, kept=kept, by=manager) == "file_not_kept"
    acts = ActivityEntry.objects.about(project).filter(verb="loaded money")
    assert acts.count() == 1


def test_nobody_else_sees_or_loads_it(project, manager) -> None:
    kept = keep(project, manager, PUMPS)
    other = factories.user("Other", Role.MANAGER, project.office)
    assert code_of(load_transaction_file, kept=kept, by=other) == "file_not_kept"
    answer = signed_in(other).post(PAGE, {"kept": kept.pk})
    assert answer.status_code == 400 and "accounts.csv" not in answer.content.decode()
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("key", ["", "x", "1", "0" * 32, "' or 1=1"])
def test_a_key_that_is_none_is_refused(project, manager, key) -> None:
    answer = signed_in(manager).post(PAGE, {"kept": key})
    assert answer.status_code == 400 and "Choose it again." in answer.content.decode()


def test_who_is_no_manager_any_more_loads_nothing(project, manager) -> None:
    kept = keep(project, manager, PUMPS)
    manager.office_roles.all().delete()
    again = User.objects.get(pk=manager.pk)
    with pytest.raises(NotAllowed):
        load_transaction_file(kept=kept, by=again)
    with pytest.raises(NotAllowed):
        keep_transaction_file(plan=project.plan, file=paper(PUMPS), by=again)


def test_somebody_keeps_one_file_of_a_plan(
    project, manager, django_capture_on_commit_callbacks
) -> None:
    first = keep(project, manager, PUMPS)
    assert default_storage.exists(first.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        second = keep(project, manager, PIPES)
    assert list(TransactionFile.objects.all()) == [second]
    assert not default_storage.exists(first.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        load_transaction_file(kept=second, by=manager)
    assert not default_storage.exists(second.file.name)


def test_one_that_is_too_large_is_not_kept(project, manager, settings) -> None:
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(InvalidInput) as refusal:
        keep_transaction_file(plan=project.plan, file=paper(PUMPS), by=manager)
    assert refusal.value.code == "file_too_large"
    answer = signed_in(manager).post(PAGE, {"file": paper(PUMPS), "preview": "1"})
    assert answer.status_code == 400 and "is the most" in answer.content.decode()
    assert not TransactionFile.objects.exists()


def test_after_a_day_it_is_gone(project, manager, django_capture_on_commit_callbacks) -> None:
    kept, fresh = keep(project, manager, PUMPS), factories.user("Fresh", Role.MANAGER)
    keep(project, fresh, PIPES)
    TransactionFile.objects.filter(pk=kept.pk).update(
        kept_at=timezone.now() - timedelta(hours=24, minutes=1)
    )
    assert code_of(load_transaction_file, kept=kept, by=manager) == "file_not_kept"
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_evidence()
    assert [one.by for one in TransactionFile.objects.all()] == [fresh]
    assert not default_storage.exists(kept.file.name)


def test_a_file_without_a_row_is_swept_when_it_has_rested(project, monkeypatch) -> None:
    name = default_storage.save("transactions/left", ContentFile(b"x"))
    tasks.sweep_evidence()
    assert default_storage.exists(name)
    monkeypatch.setattr(TransactionFile, "KEPT_FOR", timedelta(days=-1))
    tasks.sweep_evidence()
    assert not default_storage.exists(name)


def test_a_file_that_is_lost_is_told(project, manager) -> None:
    kept = keep(project, manager, PUMPS)
    default_storage.delete(kept.file.name)
    assert code_of(load_transaction_file, kept=kept, by=manager) == "file_not_kept"
    assert signed_in(manager).post(PAGE, {"kept": kept.pk}).status_code == 409
