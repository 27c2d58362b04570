"""What people did, in words: `{{ act.verb|said }}`, `{% for change in act|changed %}`."""

from __future__ import annotations

from django import template

from ..activity_words import (
    Change,
    changes_in_words,
    reason_in_words,
    record_in_words,
    verb_in_words,
)
from ..models import ActivityEntry

register = template.Library()


@register.filter
def said(verb: str) -> str:
    """A verb as it follows a name."""
    return verb_in_words(verb)


@register.filter
def because(reason: str) -> str:
    """Why something was done, as the reader's language says it."""
    return reason_in_words(reason)


@register.filter
def record_kind(target_type: str) -> str:
    """What a kind of record is called."""
    return record_in_words(target_type)


@register.filter
def changed(act: ActivityEntry) -> list[Change]:
    """The fields that an act changed, in words."""
    return changes_in_words(act.target_type, act.changes)
