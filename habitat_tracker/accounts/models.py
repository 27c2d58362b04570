"""People, offices and countries, who may do what where, and what was done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import TranslatedField
from .choices import OfficeKind, Role
from .querysets import (
    ActivityQuerySet,
    CountryQuerySet,
    OfficeQuerySet,
    OfficeRoleQuerySet,
)


class UserManager(BaseUserManager["User"]):
    """Creates accounts; the e-mail address is the name to sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account; without a password it cannot sign in."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A technical administrator of the installation."""
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff, or the machine account of an office's own system.

    Accounts are never deleted, only made inactive: what somebody did stays theirs.
    """

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    digest = models.BooleanField(_("daily e-mail"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["name", "email"]

    def __str__(self) -> str:
        return self.name or self.email


class Office(models.Model):
    """A place in the organization's tree: headquarters, a regional office, a country office.

    `path` is the chain of ids from the root, `/1/4/`, kept by the actions; a subtree is one
    prefix.
    """

    code = models.CharField(max_length=20, unique=True)
    name = TranslatedField()
    kind = models.CharField(max_length=20, choices=OfficeKind)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=200, db_index=True, editable=False)
    seat = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)
    verification = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def home_office(self) -> Office:
        """Where acts on the office belong."""
        return self

    @property
    def chain(self) -> list[int]:
        """Ids of the office and all above it, the root first."""
        return [int(part) for part in self.path.split("/") if part]


class Country(models.Model):
    """A country or area of the United Nations' M49 standard, keyed by its M49 number."""

    m49 = models.PositiveSmallIntegerField(primary_key=True)
    iso3 = models.CharField(max_length=3, unique=True)
    iso2 = models.CharField(max_length=2, unique=True)
    name = TranslatedField()
    region = models.CharField(max_length=60, blank=True)
    subregion = models.CharField(max_length=60, blank=True)
    office = models.ForeignKey(
        Office,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="countries",
    )

    objects = CountryQuerySet.as_manager()

    class Meta:
        ordering = ["iso3"]
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return str(self.name) or self.iso3


class OfficeRole(models.Model):
    """Somebody's role in an office; it holds in every office below it too."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="office_roles")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=20, choices=Role)
    granted_at = models.DateTimeField(default=timezone.now)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = OfficeRoleQuerySet.as_manager()

    class Meta:
        ordering = ["office__path", "role", "user__name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "office", "role"], name="office_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.office.code}"


class ActivityEntry(models.Model):
    """One act of one person on one thing: who did what, when and why, and what it changed.

    `changes` holds `{field: [before, after]}` as text (see `accounts.changes`); `office_path` is
    that of the office which the thing belongs to, empty for what belongs to headquarters alone.
    Entries are never changed or deleted.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target_label = models.CharField(max_length=300, blank=True)
    office_path = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=dict, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # the history on a project's, a result's or a period's page
            models.Index(fields=["target_type", "target_id", "-at"], name="activity_of_target"),
            # the audit page and its export, and what one person did
            models.Index(fields=["-at", "-id"], name="activity_by_time"),
            models.Index(fields=["actor", "-at", "-id"], name="activity_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.target_label}"
