"""What stands behind a result: files, links, passages of documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, difference, prefixed
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.links import is_web_address
from projects import permissions
from projects.choices import EDITABLE, EvidenceKind
from projects.models import Evidence, Note, Result, StoredFile, evidence_path

from .file_types import check_type, clean_name
from .results import hold, remember_author

# Pieces that stand behind one result; more is a folder to be linked to.
MOST_PIECES = 50


@transaction.atomic
def add_evidence(
    *, to: Result | Note, kind: str, title: str, by: User, file: Any = None, **fields: Any
) -> Evidence:
    """Add a file, a link or a passage to a draft; who does has changed it, and is its author.

    `means` is the means of verification that it covers. Raises `too_large`, `empty_file`,
    `unsupported_file_type`, `type_mismatch`, `macros_not_allowed`, `suspicious_archive`,
    `not_a_link`, `missing_title`, `unknown_means`, `duplicate_evidence`, `too_many_pieces`,
    `wrong_status`, `period_closed` and `not_allowed`.
    """
    [piece] = add_evidence_to_each(rows=[to], kind=kind, title=title, by=by, file=file, **fields)
    return piece


@transaction.atomic
def add_evidence_to_each(
    *,
    rows: Iterable[Result | Note],
    kind: str,
    title: str,
    by: User,
    file: Any = None,
    **fields: Any,
) -> list[Evidence]:
    """Add the same to many drafts of one kind, which are locked at once; a file is kept once.

    Raises as `add_evidence`.
    """
    drafts = _held_drafts(rows, by)
    store = cache(lambda: _store(_checked(file)))
    pieces = []
    for to in drafts:
        piece = _new_piece(to, kind=kind, title=title, by=by, file=file, store=store, **fields)
        record_activity(
            by=by,
            verb="added evidence",
            targets=[to],
            evidence=piece.title,
            changes=_told(None, piece),
        )
        pieces.append(piece)
    remember_author(drafts, by)
    return pieces


@transaction.atomic
def replace_evidence(
    *, evidence: Evidence, kind: str, title: str, by: User, file: Any = None, **fields: Any
) -> Evidence:
    """Put another piece in the place of one of a draft; what was there is kept as its predecessor.

    It covers the same means of verification unless another is named. Raises as `add_evidence`,
    and `not_current` where the piece was replaced or taken away before.
    """
    to, old = _held_piece(evidence, by)
    fields = {"means": old.means} | fields
    new = _new_piece(
        to,
        kind=kind,
        title=title,
        by=by,
        file=file,
        store=lambda: _store(_checked(file)),
        instead_of=old,
        **fields,
    )
    old.replaced_by = new
    old.save(update_fields=["replaced_by"])
    remember_author([to], by)
    record_activity(
        by=by,
        verb="replaced evidence",
        targets=[to],
        evidence=f"{old.title} → {new.title}",
        changes=_told(old, new),
    )
    return new


@transaction.atomic
def remove_evidence(*, evidence: Evidence, by: User) -> Evidence:
    """Take evidence away from a draft; it is kept, and no longer stands behind the result.

    Raises `not_current`, `wrong_status`, `period_closed` and `not_allowed`.
    """
    to, old = _held_piece(evidence, by)
    old.removed_at, old.removed_by = timezone.now(), by
    old.save(update_fields=["removed_at", "removed_by"])
    remember_author([to], by)
    record_activity(
        by=by, verb="removed evidence", targets=[to], evidence=old.title, changes=_told(old, None)
    )
    return old


def _told(before: Evidence | None, after: Evidence | None) -> Changes:
    """A piece of evidence, told as changes of what it stands behind."""
    changes = difference(before, after)
    for name in ("result", "note", "removed_at", "removed_by", "replaced_by"):
        changes.pop(name, None)
    return prefixed("evidence", changes)


def _held_drafts(rows: Iterable[Result | Note], by: User) -> list[Result | Note]:
    """The drafts that evidence belongs to, locked."""
    asked = list(rows)
    if not all(permissions.can_report(by, permissions.project_of(row)) for row in asked):
        raise NotAllowed(_("Only a reporter of this project's office may change its evidence."))
    held: list[Result | Note] = hold(asked)
    if any(row.status not in EDITABLE for row in held):
        raise DomainError(
            _("Evidence of a draft can be changed; recall it, or begin a correction."),
            "wrong_status",
        )
    return held


def _held_piece(evidence: Evidence, by: User) -> tuple[Result | Note, Evidence]:
    """A piece of evidence as it is now, with its draft, locked."""
    to = evidence.result or evidence.note
    assert to is not None
    [held] = _held_drafts([to], by)
    piece = Evidence.objects.select_related("means").get(pk=evidence.pk)
    if not piece.is_current:
        raise DomainError(
            _("“%(title)s” was replaced or taken away meanwhile.") % {"title": piece.title},
            "not_current",
        )
    return held, piece


def _new_piece(
    to: Result | Note,
    *,
    kind: str,
    title: str,
    by: User,
    file: Any,
    store: Callable[[], StoredFile],
    instead_of: Evidence | None = None,
    **fields: Any,
) -> Evidence:
    means = fields.get("means")
    if means and not (isinstance(to, Result) and means.indicator_id == to.line.indicator_id):
        raise InvalidInput.of(
            "means", "unknown_means", _("This is not a means of verification of the indicator.")
        )
    held = to.evidence.current()
    if instead_of is not None:
        held = held.exclude(pk=instead_of.pk)
    if held.count() >= MOST_PIECES:
        raise DomainError(
            _("A result has %(most)s pieces of evidence at most; link to a folder instead.")
            % {"most": MOST_PIECES},
            "too_many_pieces",
        )
    if kind == EvidenceKind.FILE:
        fields["stored"] = stored = store()
        title = clean_name(title or file.name)
        _refuse_twice(held.filter(stored=stored), "file")
    if kind == EvidenceKind.LINK:
        fields["url"] = checked_link(str(fields.get("url") or ""))
        title = title or fields["url"]
        _refuse_twice(held.filter(url=fields["url"]), "url")
    if not title.strip():
        raise InvalidInput.of("title", "missing_title", _("Give the evidence a title."))
    return Evidence.objects.create(
        result=to if isinstance(to, Result) else None,
        note=to if isinstance(to, Note) else None,
        kind=kind,
        title=title[:300],
        added_by=by,
        **fields,
    )


def _refuse_twice(same: Any, field: str) -> None:
    known = same.first()
    if known is not None:
        raise InvalidInput.of(
            field,
            "duplicate_evidence",
            _("The same is here already, as “%(title)s”.") % {"title": known.title},
        )


def _checked(file: Any) -> Any:
    if file is None:
        raise InvalidInput.of("file", "missing_file", _("Choose a file."))
    if file.size > settings.EVIDENCE_MAX_BYTES:
        raise InvalidInput.of(
            "file",
            "too_large",
            _("The file has %(size)s; at most %(most)s can be kept.")
            % {
                "size": filesizeformat(file.size),
                "most": filesizeformat(settings.EVIDENCE_MAX_BYTES),
            },
        )
    if file.size == 0:
        raise InvalidInput.of("file", "empty_file", _("The file is empty."))
    return file


def _store(file: Any) -> StoredFile:
    """The content, kept once: what is there already is not kept again.

    The file is written before its row, so that no row is ever without its file; of a transaction
    that fails a file may be left over, which the sweep finds.
    """
    content_type = check_type(file.file, file.name)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    sha256 = digest.hexdigest()
    # Locked, so that the sweep does not take what is being referred to.
    locked = StoredFile.objects.select_for_update().filter(sha256=sha256)
    found = locked.first()
    if found is not None:
        if not default_storage.exists(str(found.file.name)):
            default_storage.save(str(found.file.name), file)  # it was lost; here it is again
        return found
    made = StoredFile(sha256=sha256, size=file.size, content_type=content_type)
    name = default_storage.save(evidence_path(made, clean_name(file.name)), file)
    made.file.name = name
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:  # somebody else stored the same in this moment
        default_storage.delete(name)
        return locked.get()
    return made


def checked_link(url: str, field: str = "url") -> str:
    """A link that a browser opens safely: http or https, with a host; else `not_a_link`."""
    if not is_web_address(url.strip()):
        raise InvalidInput.of(
            field, "not_a_link", _("Give the whole address, beginning with https://.")
        )
    if len(url.strip()) > 500:
        raise InvalidInput.of(field, "not_a_link", _("The address is longer than 500 characters."))
    return url.strip()


def download_name(evidence: Evidence) -> str:
    """The name that a file is downloaded under: its title, with the extension of what it is."""
    assert evidence.stored is not None
    extension = PurePath(str(evidence.stored.file.name)).suffix
    title = clean_name(evidence.title)
    return title if title.endswith(extension) else f"{title}{extension}"
