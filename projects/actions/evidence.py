"""What stands behind a result: files, links, passages of documents."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from projects import permissions
from projects.choices import EDITABLE, EvidenceKind
from projects.models import Evidence, Note, Result

from .results import hold, remember_author

FILE_TYPES = frozenset(
    [
        ".pdf",
        ".doc",
        ".docx",
        ".odt",
        ".xls",
        ".xlsx",
        ".ods",
        ".csv",
        ".ppt",
        ".pptx",
        ".odp",
        ".txt",
        ".rtf",
        ".jpg",
        ".jpeg",
        ".png",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".heic",
        ".mp4",
        ".zip",
        ".geojson",
        ".kml",
    ]
)


@transaction.atomic
def add_evidence(
    *, to: Result | Note, kind: str, title: str, by: User, file: Any = None, **fields: Any
) -> Evidence:
    """Add a file, a link or a passage to a draft; who does has changed it, and is its author.

    Raises `too_large`, `empty_file`, `unsupported_file_type`, `not_a_link`, `missing_title`,
    `wrong_status`, `period_closed` and `not_allowed`.
    """
    if not permissions.can_report(by, permissions.project_of(to)):
        raise NotAllowed(_("Only a reporter of this project's office may add evidence."))
    to = hold(to)
    if to.status not in EDITABLE:
        raise DomainError(
            _("Evidence is added to a draft; recall it, or begin a correction."), "wrong_status"
        )
    if kind == EvidenceKind.FILE:
        _check_file(file)
        title = title or PurePath(file.name).name
        fields |= {"file": file, "size": file.size}
    if kind == EvidenceKind.LINK:
        fields["url"] = _checked_link(str(fields.get("url") or ""))
        title = title or fields["url"]
    if not title.strip():
        raise InvalidInput.of("title", "missing_title", _("Give the evidence a title."))
    evidence = Evidence.objects.create(
        result=to if isinstance(to, Result) else None,
        note=to if isinstance(to, Note) else None,
        kind=kind,
        title=title[:300],
        added_by=by,
        **fields,
    )
    remember_author([to], by)
    record_activity(by=by, verb="added evidence", targets=[to], evidence=evidence.title)
    return evidence


def _check_file(file: Any) -> None:
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
    if PurePath(file.name).suffix.lower() not in FILE_TYPES:
        raise InvalidInput.of(
            "file", "unsupported_file_type", _("Files of this type cannot be kept as evidence.")
        )


def _checked_link(url: str) -> str:
    """A link that a browser opens safely: http or https, with a host."""
    try:
        URLValidator(schemes=["http", "https"])(url.strip())
    except ValidationError as error:
        raise InvalidInput.of(
            "url", "not_a_link", _("Give the whole address, beginning with https://.")
        ) from error
    if len(url.strip()) > 500:
        raise InvalidInput.of("url", "not_a_link", _("The address is longer than 500 characters."))
    return url.strip()


@transaction.atomic
def remove_evidence(*, evidence: Evidence, by: User) -> None:
    """Take evidence away from a draft; who does has changed it, and is its author."""
    to = evidence.result or evidence.note
    assert to is not None
    if not permissions.can_report(by, permissions.project_of(to)):
        raise NotAllowed(_("Only a reporter of this project's office may remove evidence."))
    to = hold(to)
    if to.status not in EDITABLE:
        raise DomainError(_("Evidence is removed from a draft only."), "wrong_status")
    remember_author([to], by)
    record_activity(by=by, verb="removed evidence", targets=[to], evidence=evidence.title)
    evidence.delete()
