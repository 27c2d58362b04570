"""Words that people and offices are described with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OfficeKind(models.TextChoices):
    """What an office is in the organization."""

    HEADQUARTERS = "headquarters", _("Headquarters")
    REGIONAL = "regional", _("Regional office")
    ARRANGEMENT = "arrangement", _("Regional arrangement")
    COUNTRY = "country", _("Country office")


class Role(models.TextChoices):
    """What somebody may do in an office and all below it."""

    READER = "reader", _("Reader")
    REPORTER = "reporter", _("Reporter")
    REVIEWER = "reviewer", _("Reviewer")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


# Offices that answer for a region: they hold a strategy and have a page of their own.
REGIONAL_KINDS = (OfficeKind.REGIONAL, OfficeKind.ARRANGEMENT)

# Who reads what was done in their offices.
AUDITORS = (Role.MANAGER, Role.ADMINISTRATOR)
