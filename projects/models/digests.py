"""The daily e-mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Digest(models.Model):
    """The e-mail that tells one person, once on a day, what waits for them.

    It is claimed before it is sent, so that nobody gets it twice. A refusal of the mail server is
    kept in `failure` and leaves it to be tried again; one that is neither sent nor refused was
    interrupted, and is not.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    day = models.DateField()
    claimed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-day", "person"]
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="digest_once_a_day")]

    def __str__(self) -> str:
        return f"{self.person}, {self.day}"
