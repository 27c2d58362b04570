"""What people of an office say to each other about a result or a note."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import InvalidInput, NotAllowed
from projects import permissions
from projects.models import Comment, Note, Result

LONGEST = 2_000


@transaction.atomic
def add_comment(*, to: Result | Note, text: str, by: User) -> Comment:
    """Say something about a result or a note, whatever its status and period.

    Raises `missing_text`, `too_long` (2,000 characters) and `not_allowed`.
    """
    if not permissions.can_comment(by, to):
        raise NotAllowed(_("Only reporters, reviewers and managers of this office may comment."))
    said = text.strip()
    if not said:
        raise InvalidInput.of("text", "missing_text", _("Write what you want to say."))
    if len(said) > LONGEST:
        raise InvalidInput.of(
            "text",
            "too_long",
            _("A comment has %(most)s characters at most; this one has %(length)s.")
            % {"most": LONGEST, "length": len(said)},
        )
    comment = Comment.objects.create(
        result=to if isinstance(to, Result) else None,
        note=to if isinstance(to, Note) else None,
        text=said,
        by=by,
    )
    record_activity(by=by, verb="commented", targets=[to])
    return comment
