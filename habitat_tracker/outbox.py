"""The page Mail: what was written to a folder instead of being sent, as in the demonstration.

There is such a page only where the e-mail backend writes to a folder. It opens nothing but the
files of that folder, and shows no address that sets a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .web import allow, may_set_up, plan_or_404

TO_A_FOLDER = "django.core.mail.backends.filebased.EmailBackend"
MOST_SHOWN = 50
# What stands between two messages of a file.
_BETWEEN = re.compile(rb"^-{79}\r?$\n?", re.MULTILINE)
_SETS_PASSWORD = re.compile(r"(/password/reset/key/)\S+")


@dataclass(frozen=True)
class Message:
    """One message as a reader sees it."""

    subject: str
    sender: str
    to: str
    at: datetime | None
    text: str


def is_folder() -> bool:
    """Whether e-mails are written to a folder."""
    return settings.EMAIL_BACKEND == TO_A_FOLDER


def messages_of(folder: Path) -> list[Message]:
    """The newest messages of a folder, the newest first."""
    try:
        files = sorted(
            (one for one in folder.iterdir() if one.suffix == ".log" and one.is_file()),
            key=lambda one: (one.stat().st_mtime_ns, one.name),
            reverse=True,
        )
    except FileNotFoundError:
        return []
    found: list[Message] = []
    for file in files:
        if file.is_symlink():
            continue
        parts = [part for part in _BETWEEN.split(file.read_bytes()) if part.strip()]
        found += [_read(part) for part in reversed(parts)]
        if len(found) >= MOST_SHOWN:
            break
    return found[:MOST_SHOWN]


def _read(content: bytes) -> Message:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        at = None
    text = str(body.get_content()) if body else ""
    return Message(
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        at=at,
        text=_SETS_PASSWORD.sub(r"\1…", text),
    )


@require_safe
def mail(request: HttpRequest, plan: str) -> HttpResponse:
    """E-mails that were written to the folder, for managers and administrators."""
    found = plan_or_404(request, plan)
    if not is_folder():
        raise Http404
    allow(may_set_up(request.user), _("Only managers and administrators see these e-mails."))
    context = {
        "plan": found,
        "mails": messages_of(Path(str(settings.EMAIL_FILE_PATH))),
        "most": MOST_SHOWN,
    }
    return render(request, "setup/mail.html", context)
