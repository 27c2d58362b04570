"""Refusals: a broken rule is said in words fit for the user and with a stable code.

Every way in (page, API, command, import) raises and shows the same errors; the codes are
part of the public interface and never change their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _


class DomainError(Exception):
    """A rule of the domain refused the request; nothing was changed (HTTP 409)."""

    status = 409
    default_code = "refused"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code or self.default_code


class NotAllowed(DomainError):
    """The user may see the thing but not do this to it (HTTP 403)."""

    status = 403
    default_code = "not_allowed"


class VersionConflict(DomainError):
    """Somebody else changed the row since it was read; the user keeps their text (HTTP 409)."""

    default_code = "version_conflict"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what was entered: where (`field`, `row`), code and message."""

    field: str
    code: str
    message: str
    row: int = 0


class InvalidInput(DomainError):
    """What was entered cannot be taken; each problem names its field and row (HTTP 400)."""

    status = 400
    default_code = "invalid"

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, first.code)
        self.problems = problems

    @classmethod
    def of(cls, field: str, code: str, message: str, row: int = 0) -> InvalidInput:
        """A refusal with a single problem."""
        return cls([Problem(field, code, message, row)])


def check_version(seen: int | None, now: int) -> None:
    """Refuse a change by somebody who saw another version than the one that holds now.

    `seen` empty is not checked (the system itself); a version of 0 is that of a row which is not
    there yet. Raises `version_conflict`.
    """
    if seen is not None and seen != now:
        raise VersionConflict(_("Somebody changed this meanwhile; look at it again."))


def too_long(field: str, most: int, row: int = 0) -> Problem:
    """The problem of a text with more characters than a field takes."""
    text = _("A text has %(most)s characters at most.") % {"most": most}
    return Problem(field, "too_long", text, row)
