"""Words that projects, results and their workflow are described with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProjectKind(models.TextChoices):
    """A project, or a document of the organization that results are taken from."""

    PROJECT = "project", _("Project")
    CORPORATE_SOURCE = "corporate_source", _("Corporate source")


class Register(models.TextChoices):
    """The registers that people look things up in."""

    PROJECTS = "projects", _("Projects")
    DELIVERABLES = "deliverables", _("Deliverables")
    PARTNERS = "partners", _("Partners")
    RISKS = "risks", _("Risks")
    COUNTRIES = "countries", _("Countries")
    AGREEMENTS = "agreements", _("Agreements")


class ProjectStatus(models.TextChoices):
    """Where a project stands on its way from proposal to closure (`projects.actions.life`)."""

    PIPELINE = "pipeline", _("In preparation")
    APPRAISAL = "appraisal", _("In appraisal")
    APPROVED = "approved", _("Approved, not begun")
    ACTIVE = "active", _("Under way")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# Where a project is only proposed, and where nothing more happens to it.
PROPOSED = (ProjectStatus.PIPELINE, ProjectStatus.APPRAISAL)
REFUSED = (ProjectStatus.REJECTED, ProjectStatus.WITHDRAWN)
# Where a project stands that was approved elsewhere and is taken over without a proposal.
TAKEN_OVER = (
    ProjectStatus.APPROVED,
    ProjectStatus.ACTIVE,
    ProjectStatus.SUSPENDED,
    ProjectStatus.CLOSED,
)


class Section(models.TextChoices):
    """The sections of a project document, in the order that they are written."""

    BASICS = "basics", _("Title and dates")
    PLACES = "places", _("Countries and cities")
    OUTCOMES = "outcomes", _("Outcomes")
    ABOUT = "about", _("What it is about")
    BUDGET = "budget", _("Budget")
    PARTNERS = "partners", _("Implementing partners")
    LOGFRAME = "logframe", _("Logical framework")


class DocumentKind(models.TextChoices):
    """What a project document asks for."""

    PROPOSAL = "proposal", _("Proposal")
    REVISION = "revision", _("Revision")


class DocumentStatus(models.TextChoices):
    """Where a project document stands."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("In appraisal")
    RETURNED = "returned", _("Returned for changes")
    APPROVED = "approved", _("Approved")
    REPLACED = "replaced", _("Replaced by a later version")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# What its office still writes.
WRITABLE = (DocumentStatus.DRAFT, DocumentStatus.RETURNED)


class Decision(models.TextChoices):
    """What an appraisal ends with."""

    APPROVED = "approved", _("Approved")
    CONDITIONS = "conditions", _("Approved with conditions")
    RETURNED = "returned", _("Returned")
    REJECTED = "rejected", _("Rejected")


APPROVALS = (Decision.APPROVED, Decision.CONDITIONS)


class Level(models.TextChoices):
    """The level that a decision is taken on (guidelines of October 2020, paragraph 22)."""

    COMMITTEE = "committee", _("Programme Review Committee")
    REGIONAL = "regional", _("Head of a region")
    BRANCH = "branch", _("Head of a branch")


class StoryStatus(models.TextChoices):
    """Where a story of impact stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Taken back")


class LabStatus(models.TextChoices):
    """Where an innovation lab stands; only one that operates is counted as such."""

    IN_PROGRESS = "in_progress", _("Being set up")
    OPERATING = "operating", _("Operating")
    CLOSED = "closed", _("Closed")


class RiskCategory(models.TextChoices):
    """What kind of risk it is."""

    FUNDING = "funding", _("Funding")
    POLITICAL = "political", _("Political and security")
    DELIVERY = "delivery", _("Delivery")
    PARTNERS = "partners", _("Partners")
    PEOPLE = "people", _("People and skills")
    SAFEGUARDS = "safeguards", _("Social and environmental safeguards")
    FIDUCIARY = "fiduciary", _("Fiduciary")
    REPUTATION = "reputation", _("Reputation")


class RiskResponse(models.TextChoices):
    """What is done about a risk."""

    AVOID = "avoid", _("Avoid")
    REDUCE = "reduce", _("Reduce")
    SHARE = "share", pgettext_lazy("what is done about a risk", "Share")
    ACCEPT = "accept", _("Accept")


class RiskLevel(models.TextChoices):
    """How grave a risk is, by likelihood times impact: to 4, to 9, to 16, above."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    VERY_HIGH = "very_high", _("Very high")

    @classmethod
    def of(cls, score: int) -> RiskLevel:
        """The level of a score from 1 to 25."""
        if score <= 4:
            return cls.LOW
        if score <= 9:
            return cls.MEDIUM
        return cls.HIGH if score <= 16 else cls.VERY_HIGH


class Answer(models.TextChoices):
    """What an appraiser answers to a question of the checklist."""

    YES = "yes", _("Yes")
    PARTLY = "partly", _("Partly")
    NO = "no", _("No")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class Marker(models.IntegerChoices):
    """How far a project is about what it was examined for (OECD-DAC policy markers, 0 to 2).

    Not examined is no marker at all, which is something else than "not targeted".
    """

    NOT_TARGETED = 0, _("Examined, not targeted")
    SIGNIFICANT = 1, _("Significant")
    PRINCIPAL = 2, _("Principal")


class CovidMarker(models.TextChoices):
    """How far a project responds to COVID-19, as examined."""

    NOT_EXAMINED = "", _("Not examined")
    NOT_PART = "not_part", _("Examined, no response to COVID-19")
    PARTLY = "partly", _("Part of its budget responds to COVID-19")
    WHOLLY = "wholly", _("All of its budget responds to COVID-19")


class Score(models.IntegerChoices):
    """What an appraiser makes of innovation or of the potential for replication."""

    NONE = 0, _("None")
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


class Rank(models.TextChoices):
    """How strongly a project serves an outcome; it is counted under its primary one."""

    PRIMARY = "primary", _("Primary")
    SECONDARY = "secondary", _("Secondary")
    TERTIARY = "tertiary", _("Tertiary")


class TransactionKind(models.TextChoices):
    """Money that comes in to a project, or goes out."""

    INCOME = "income", _("Income")
    EXPENDITURE = "expenditure", _("Expenditure")


class Likelihood(models.TextChoices):
    """How sure it is that income comes in."""

    SIGNED = "signed", _("Signed agreement")
    PLEDGED = "pledged", _("Pledged")
    PROBABLE = "probable", _("Probable")


class DeferralState(models.TextChoices):
    """What became of an outcome that was put off."""

    PUT_OFF = "put_off", _("Put off")
    ANEW = "anew", _("Put off anew")
    TAKEN_UP = "taken_up", _("Taken up again")


class Status(models.TextChoices):
    """The workflow of a result. `verified` is the optional first of two review steps."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    VERIFIED = "verified", _("Verified")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    SUPERSEDED = "superseded", _("Replaced by a correction")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# With the author, with the reviewers, and both: the one revision that is being worked on.
EDITABLE = (Status.DRAFT, Status.RETURNED)
PENDING = (Status.SUBMITTED, Status.VERIFIED)
OPEN = (*EDITABLE, *PENDING)


class Language(models.TextChoices):
    """The language of a deliverable, by its ISO 639 code."""

    EN = "en", _("English")
    FR = "fr", _("French")
    ES = "es", _("Spanish")
    AR = "ar", _("Arabic")
    RU = "ru", _("Russian")
    ZH = "zh", _("Chinese")
    PT = "pt", _("Portuguese")
    SEVERAL = "mul", _("Several languages")
    OTHER = "mis", _("Another language")


class EvidenceKind(models.TextChoices):
    """What stands behind a result."""

    FILE = "file", _("File")
    LINK = "link", _("Link")
    DOCUMENT = "document", _("Passage of a document")


class ImportStatus(models.TextChoices):
    """How far a returned sheet is: nothing of it is saved before somebody confirms it."""

    UPLOADED = "uploaded", _("Waiting to be read")
    READING = "reading", _("Being read")
    READY = "ready", _("Waiting for you to confirm")
    REFUSED = "refused", _("Cannot be read")
    SAVING = "saving", _("Being saved")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Not confirmed in time")
    FAILED = "failed", _("Stopped by a failure")


# What a job still works on, and what nobody can decide on any more.
IN_WORK = (ImportStatus.UPLOADED, ImportStatus.READING, ImportStatus.SAVING)
UNSAVED = (ImportStatus.UPLOADED, ImportStatus.READING, ImportStatus.READY)


class RowKind(models.TextChoices):
    """What a returned sheet says of one result, beside what is stored."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    CONFLICT = "conflict", _("Changed by somebody else too")
    REFUSED = "refused", _("Refused")


class RowOutcome(models.TextChoices):
    """What became of one result of a sheet when it was confirmed."""

    OPEN = "", _("Not saved")
    SAVED = "saved", _("Saved as a draft")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Saved, and not submitted")
    NOT_SAVED = "not_saved", _("Not saved")


class PartnerKind(models.TextChoices):
    """What sort of organization a partner is; the list is closed."""

    GOVERNMENT = "government", _("Government")
    UN_ENTITY = "un_entity", _("United Nations entity")
    LOCAL_GOVERNMENT = "local_government", _("Local government")
    CIVIL_SOCIETY = "civil_society", _("Civil society organization")
    PRIVATE_SECTOR = "private_sector", _("Private sector")
    ACADEMIA = "academia", _("University or research institute")
    FOUNDATION = "foundation", _("Foundation")
    FINANCIAL = "financial", _("International financial institution")
    OTHER_INTERNATIONAL = "other_international", _("Other international organization")


# The kinds that the mid-term review counts (paragraph 33). They stay these four, so that the
# series goes on; others are told beside it.
REVIEWED_KINDS = (
    PartnerKind.GOVERNMENT,
    PartnerKind.UN_ENTITY,
    PartnerKind.LOCAL_GOVERNMENT,
    PartnerKind.CIVIL_SOCIETY,
)


class AgreementKind(models.TextChoices):
    """What was signed with a partner."""

    MEMORANDUM = "memorandum", _("Memorandum of understanding")
    COOPERATION = "cooperation", _("Agreement of cooperation")
    CONTRIBUTION = "contribution", _("Contribution agreement")
    UN_TO_UN = "un_to_un", _("Agreement between United Nations entities")
    HOST_COUNTRY = "host_country", _("Host country agreement")
    OTHER = "other", _("Other agreement")


class AgreementScope(models.TextChoices):
    """How far an agreement reaches."""

    GLOBAL = "global", _("Global")
    REGIONAL = "regional", _("Regional")
    COUNTRY = "country", _("Country")


class AgreementState(models.TextChoices):
    """Where an agreement stands on a day, by its dates."""

    TO_COME = "to_come", _("To come")
    IN_FORCE = "in_force", _("In force")
    ENDED = "ended", _("Ended")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ContributionRole(models.TextChoices):
    """What a partner does in a project."""

    IMPLEMENTING = "implementing", _("Implementing partner")
    FUNDING = "funding", _("Funding partner")
    TECHNICAL = "technical", _("Technical partner")
    OTHER = "other", _("Another role")
