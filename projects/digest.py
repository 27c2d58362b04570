"""What a daily e-mail says: what waits for one person over all plans, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import has_role_anywhere
from plans.models import PlanRevision, StrategicPlan

from . import waiting
from .models import Note, Result

# What is due later than this is not in an e-mail yet.
SOON = 7
MOST_NAMED = 10


@dataclass(frozen=True)
class Item:
    """One line of the e-mail, with the page that it leads to."""

    text: str
    url: str


@dataclass(frozen=True)
class Section:
    """One kind of what waits: how much, and the first of it."""

    subject: str
    title: str
    items: tuple[Item, ...]
    more: int = 0


def sections_for(user: User, since: datetime | None = None) -> list[Section]:
    """What waits for somebody in all plans, in the active language; nothing where nothing does.

    Comments are those since a moment (a day ago).
    """
    since = since or timezone.now() - timedelta(days=1)
    plans = [one.plan for one in PlanRevision.objects.at(None).select_related("plan")]
    plans.sort(key=lambda plan: (plan.is_demonstration, plan.code))
    found: list[Section] = []
    for plan in plans:
        found += [part for part in _sections(user, plan, since) if part.items]
    return found


def _sections(user: User, plan: StrategicPlan, since: datetime) -> list[Section]:
    named = f" ({plan})"
    sections = []
    if has_role_anywhere(user, Role.REPORTER):
        sections += [_reminded(user, plan, named), _due(user, plan, named)]
    sections.append(_returned(user, plan, named))
    if has_role_anywhere(user, Role.REVIEWER):
        sections.append(_to_review(user, plan, named))
    sections.append(_said(user, plan, named, since))
    return sections


def _reminded(user: User, plan: StrategicPlan, named: str) -> Section:
    rows = waiting.reminders_for(user, plan)
    items = [
        Item(
            _("%(who)s reminds you of %(project)s, %(period)s. %(message)s").strip()
            % {
                "who": one.by,
                "project": one.project.title,
                "period": one.period,
                "message": one.message,
            },
            _address("projects:entry", plan.code, one.project.code, one.period.label),
        )
        for one in rows
    ]
    words = ngettext("%(n)s reminder", "%(n)s reminders", len(rows)) % {"n": len(rows)}
    return _section(words, _("You are reminded") + named, items, len(rows))


def _due(user: User, plan: StrategicPlan, named: str) -> Section:
    periods = [one for one in waiting.owed_by(user, plan, most=0) if one.days <= SOON]
    items = [
        Item(
            ngettext(
                "%(period)s: %(n)s result to send, %(deadline)s",
                "%(period)s: %(n)s results to send, %(deadline)s",
                one.missing,
            )
            % {
                "period": one.label.replace("-", " "),
                "n": one.missing,
                "deadline": one.words,
            },
            _address("projects:my_work", plan.code) + "#owed",
        )
        for one in periods
    ]
    number = sum(one.missing for one in periods)
    words = ngettext("%(n)s result to send", "%(n)s results to send", number) % {"n": number}
    return _section(words, _("Due soon, or late") + named, items, len(items))


def _returned(user: User, plan: StrategicPlan, named: str) -> Section:
    rows = waiting.returned_to(user, plan)
    number = rows.count()
    items = [
        Item(f"{_named(row)}: {row.review_comment}", _address("projects:result", plan.code, row.pk))
        for row in rows[:MOST_NAMED]
    ]
    words = ngettext("%(n)s returned", "%(n)s returned", number) % {"n": number}
    return _section(words, _("Returned to you") + named, items, number)


def _to_review(user: User, plan: StrategicPlan, named: str) -> Section:
    rows = waiting.to_review(Result, user, plan).exclude(authors=user)
    notes = waiting.to_review(Note, user, plan).exclude(authors=user).count()
    number = rows.count() + notes
    items = [
        Item(_named(row), _address("projects:result", plan.code, row.pk))
        for row in rows.with_names()[:MOST_NAMED]
    ]
    if notes:
        words = ngettext("%(n)s note", "%(n)s notes", notes) % {"n": notes}
        items.append(Item(words, _address("projects:my_work", plan.code) + "#review"))
    words = ngettext("%(n)s to review", "%(n)s to review", number) % {"n": number}
    told = len(items) - bool(notes) + notes
    return _section(
        words, _("Waiting for your review, the oldest first") + named, items, number, told
    )


def _said(user: User, plan: StrategicPlan, named: str, since: datetime) -> Section:
    rows = waiting.comments_for(user, plan, since)
    number = rows.count()
    items = [
        Item(
            f"{one.by}: {one.text[:300]} ({_named(one.result)})",
            _address("projects:result", plan.code, one.result_id) + "#comments",
        )
        for one in rows[:MOST_NAMED]
    ]
    words = ngettext("%(n)s comment", "%(n)s comments", number) % {"n": number}
    return _section(words, _("Comments on your results") + named, items, number)


def _section(
    subject: str, title: str, items: list[Item], number: int, told: int | None = None
) -> Section:
    shown = tuple(items[: MOST_NAMED + 1])
    return Section(subject, title, shown, number - (len(shown) if told is None else told))


def _named(row: Any) -> str:
    """A result as people call it."""
    parts = (row.line.indicator.title, row.line.project.title, row.line.place_name, row.period)
    return ", ".join(str(part) for part in parts if str(part))


def _address(name: str, *args: Any) -> str:
    """The whole address of a page, for a reader outside the site."""
    return settings.SITE_URL + reverse(name, args=args)


def message_for(user: User) -> EmailMultiAlternatives | None:
    """The e-mail for somebody in their language; None where nothing waits for them."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        sections = sections_for(user)
        if not sections:
            return None
        context = {
            "person": user,
            "sections": sections,
            "language": translation.get_language(),
            "account": _address("accounts:profile"),
        }
        subject = _("Habitat Tracker: %(what)s") % {
            "what": ", ".join(dict.fromkeys(one.subject for one in sections))
        }
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split())[:200],
            body=render_to_string("email/digest.txt", context),
            to=[user.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("email/digest.html", context), "text/html")
        return message
