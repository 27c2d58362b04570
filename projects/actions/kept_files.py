"""Files of income and expenditure that are looked at first: kept for a day, for who sent them.

Looking at a file stores nothing of what it says. It is kept so that who saw what it would do can
confirm that, without choosing it again; it is loaded by `load_transactions`, like any other.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from plans.models import StrategicPlan
from projects.models import TransactionFile
from projects.permissions import can_load_money

from .sweeping import old_files
from .transaction_files import LoadedTransactions, load_transactions


@transaction.atomic
def keep_transaction_file(*, plan: StrategicPlan, file: Any, by: User) -> TransactionFile:
    """Keep a file to be looked at and confirmed; one that somebody kept before goes.

    Raises `not_allowed` and `file_too_large`.
    """
    if not can_load_money(by):
        raise NotAllowed(_("Only managers load what projects receive and spend."))
    if file.size > settings.IMPORT_MAX_BYTES:
        text = _("The file has %(size)s; %(most)s is the most.") % {
            "size": filesizeformat(file.size),
            "most": filesizeformat(settings.IMPORT_MAX_BYTES),
        }
        raise InvalidInput.of("file", "file_too_large", text)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one after the other
    for one in TransactionFile.objects.filter(plan=plan, by=by):
        _let_go(one)
    name = PurePath(str(file.name).replace("\\", "/")).name[:200]
    kept = TransactionFile(plan=plan, by=by, name=name)
    kept.file.save("", file, save=False)
    kept.save()
    return kept


@transaction.atomic
def preview_transaction_file(
    *, kept: TransactionFile, by: User, reason: str = ""
) -> LoadedTransactions:
    """What a kept file would do now, which can be confirmed; nothing of it is stored.

    Raises as `load_transactions`, and `file_not_kept`.
    """
    held = _held(kept, by)
    with _content(held) as file:
        loaded = load_transactions(
            plan=held.plan, file=file, name=held.name, by=by, reason=reason, preview=True
        )
    held.shown = _counts(loaded)
    held.save(update_fields=["shown"])
    return loaded


@transaction.atomic
def load_transaction_file(
    *, kept: TransactionFile, by: User, reason: str = ""
) -> LoadedTransactions:
    """Load a kept file as it was shown, once; then it is kept no longer.

    Raises as `load_transactions`, `file_not_kept`, and `version_conflict` where it would do
    something else now than what was shown.
    """
    held = _held(kept, by)
    with _content(held) as file:
        loaded = load_transactions(plan=held.plan, file=file, name=held.name, by=by, reason=reason)
    if _counts(loaded) != held.shown:
        raise VersionConflict(
            _("The file would do something else now than what was shown. Look at it again.")
        )
    _let_go(held)
    return loaded


def sweep_transaction_files(now: datetime | None = None) -> None:
    """Let go of what nobody confirmed within the day, and of files without a row."""
    before = (now or timezone.now()) - TransactionFile.KEPT_FOR
    for one in TransactionFile.objects.filter(kept_at__lt=before):
        with transaction.atomic():
            _let_go(one)
    for name in old_files(TransactionFile.FOLDER, before):
        if not TransactionFile.objects.filter(file=name).exists():
            default_storage.delete(name)


def not_kept() -> DomainError:
    """The refusal of a file that was loaded meanwhile, or that nobody confirmed within a day."""
    text = _("The file is no longer kept: it was loaded, or a day has passed. Choose it again.")
    return DomainError(text, "file_not_kept")


def _held(kept: TransactionFile, by: User) -> TransactionFile:
    """The file as its sender keeps it, locked."""
    rows = TransactionFile.objects.visible_to(by).select_related("plan")
    held: TransactionFile | None = rows.select_for_update(of=("self",)).filter(pk=kept.pk).first()
    if held is None:
        raise not_kept()
    return held


def _content(held: TransactionFile) -> IO[bytes]:
    try:
        return held.file.open("rb")
    except FileNotFoundError:
        raise not_kept() from None


def _counts(loaded: LoadedTransactions) -> list[int]:
    return [loaded.added, loaded.replaced, loaded.unchanged]


def _let_go(one: TransactionFile) -> None:
    """Take the row away, and its file after it."""
    name = str(one.file.name)
    one.delete()
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)
