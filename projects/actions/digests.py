"""Sending the daily e-mails, each person's once on a day."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import date

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from habitat_tracker.accounts.models import User
from projects.digest import message_for
from projects.models import Digest

log = structlog.get_logger(__name__)

# How often an e-mail that the server refuses is tried on its day.
MOST_ATTEMPTS = 3


@dataclass
class Sent:
    """What a run did: e-mails sent, refused by the mail server, and people for whom none is due."""

    sent: int = 0
    failed: int = 0
    nothing: int = 0


def send_digests(*, day: date | None = None, dry_run: bool = False) -> Sent:
    """Tell everybody what waits for them; whoever was told on this day is left out.

    Each e-mail is claimed and committed before it is sent, at most once: killed between the two,
    one e-mail is lost and none comes twice. What the server refuses is logged, keeps nobody else
    waiting, and is tried again by the next run of the day, three times in all. Nobody gets one
    who is not active, cannot sign in, or does not want it.
    """
    today = day or timezone.localdate()
    done = Sent()
    people = User.objects.filter(is_active=True, digest=True).order_by("pk")
    settled = Digest.objects.filter(day=today).exclude(
        sent_at=None, attempts__lt=MOST_ATTEMPTS, failure__gt=""
    )
    for person in people.exclude(pk__in=settled.values("person")).iterator(chunk_size=500):
        message = message_for(person) if person.has_usable_password() else None
        if message is None:
            done.nothing += 1
        elif dry_run or _send(message, person, today):
            done.sent += 1
        else:
            done.failed += 1
    return done


def _send(message: EmailMultiAlternatives, person: User, day: date) -> bool:
    """Send one e-mail unless somebody else does; False where the server refuses it."""
    claimed = _claim(person, day)
    if claimed is None:
        return True
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as error:
        log.error("digest_not_sent", person=person.pk, day=str(day), error=str(error))
        claimed.failure = f"{type(error).__name__}: {error}"[:300]
    else:
        claimed.sent_at, claimed.failure = timezone.now(), ""
    claimed.save(update_fields=["sent_at", "failure"])
    return not claimed.failure


def _claim(person: User, day: date) -> Digest | None:
    """The row of somebody's e-mail of a day, for the one run that sends it."""
    try:
        with transaction.atomic():
            return Digest.objects.create(person=person, day=day)
    except IntegrityError:
        again = Digest.objects.filter(
            person=person, day=day, sent_at=None, failure__gt="", attempts__lt=MOST_ATTEMPTS
        ).update(attempts=F("attempts") + 1, failure="", claimed_at=timezone.now())
        return Digest.objects.get(person=person, day=day) if again else None
