"""Words and numbers that indicators, postings and figures are described with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EvidenceRule(models.TextChoices):
    """What has to stand behind a result on an indicator before it is submitted."""

    REQUIRED = "required", _("At least one file, link or passage")
    NONE = "none", _("Nothing")
    CHECKLIST = "checklist", _("Something for each means of verification")


class Owner(models.TextChoices):
    """What an indicator measures: an outcome, a domain, the plan, or the organization's work."""

    OUTCOME = "outcome", _("Outcome")
    DOMAIN = "domain", _("Domain of change")
    PLAN = "plan", _("The whole plan")
    CATALYTIC = "catalytic", _("Catalytic function")
    ORGANIZATION = "organization", _("Organizational performance")


class Level(models.TextChoices):
    """The step of the results chain."""

    OUTPUT = "output", _("Output")
    OUTCOME = "outcome", _("Outcome")
    IMPACT = "impact", _("Impact")


class Kind(models.TextChoices):
    """What a result on the indicator holds."""

    QUANTITY = "quantity", _("Number")
    PERCENTAGE = "percentage", _("Percentage")
    DISTINCT = "distinct", _("Things, each counted once")
    RATING = "rating", _("Rating")


class DeliverableKind(models.TextChoices):
    """What a project delivers and registers once; indicators may count from the register."""

    PUBLICATION = "publication", _("Publication")
    TECHNICAL_MATERIAL = "technical_material", _("Technical material")
    EVENT = "event", _("Seminar or workshop")
    ADVISORY_SERVICE = "advisory_service", _("Advisory service")
    OUTREACH = "outreach", _("Outreach")
    FIELD_PROJECT = "field_project", _("Field project")
    CITY_PROFILE = "city_profile", _("City profile")
    RECOVERY_FRAMEWORK = "recovery_framework", _("City recovery framework")

    @property
    def thing_kind(self) -> str:
        """The kind of the things that stand for such deliverables where they are counted."""
        return "project" if self == DeliverableKind.FIELD_PROJECT else str(self.value)


# Normative products: what other projects can apply once it is published.
PRODUCTS = (DeliverableKind.PUBLICATION, DeliverableKind.TECHNICAL_MATERIAL)


class CountsFrom(models.TextChoices):
    """Where an indicator's results come from: typed, or counted from registered deliverables."""

    TYPED = "", _("Nothing: it is typed")
    PUBLICATION = "publication", _("Publications")
    TECHNICAL_MATERIAL = "technical_material", _("Technical materials")
    EVENT = "event", _("Seminars and workshops")
    ADVISORY_SERVICE = "advisory_service", _("Advisory services")
    OUTREACH = "outreach", _("Outreach activities")
    FIELD_PROJECT = "field_project", _("Field projects")
    PARTICIPANTS = "participants", _("Participants of seminars and workshops")

    @property
    def deliverable(self) -> DeliverableKind:
        """The kind of deliverable that is counted, or whose participants are."""
        if self == CountsFrom.PARTICIPANTS:
            return DeliverableKind.EVENT
        return DeliverableKind(self.value)


class OverTime(models.TextChoices):
    """How one contributor's results add up from period to period."""

    SUM = "sum", _("Each period brings new delivery")
    LATEST = "latest", _("Each value is a level or running total")
    MAX = "max", _("The highest value")
    MEAN = "mean", _("The mean of the periods reported")


class Across(models.TextChoices):
    """How contributors add up."""

    SUM = "sum", _("Added")
    MAX = "max", _("The highest")
    MEAN = "mean", _("The mean of those with a value")
    NONE = "none", _("Not added up")


class Direction(models.TextChoices):
    """Which way is better."""

    INCREASE = "increase", _("Higher is better")
    DECREASE = "decrease", _("Lower is better")


class Frequency(models.TextChoices):
    """In which periods an indicator is due: each, or the last of each half-year or year."""

    EACH = "each", _("Every period")
    HALF = "half", _("Every half-year")
    YEAR = "year", _("Every year")


class Origin(models.TextChoices):
    """Where an indicator comes from."""

    OFFICIAL = "official", _("Official results framework")
    DERIVED = "derived", _("Derived from the mid-term review; the wording is ours")
    SDG = "sdg_official", _("Official SDG indicator")
    PROGRAMME = "official_programme", _("Published for one programme")
    DEMONSTRATION = "demonstration", _("Demonstration")


class State(models.TextChoices):
    """What a result says; `reported` with 0 is a value, the others are not."""

    REPORTED = "reported", _("Reported")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NOT_AVAILABLE = "not_available", _("Not available")


class Qualifier(models.IntegerChoices):
    """How exact a number is. A figure has the highest of its parts, so the order matters."""

    EXACT = 0, _("exactly")
    AT_LEAST = 1, _("at least")
    MORE_THAN = 2, _("more than")
    ABOUT = 3, _("about")

    @property
    def word(self) -> str:
        """The name used in files and in the API."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Qualifier":
        """The qualifier of a name; raises KeyError for an unknown one."""
        return cls[word.upper()]


class StatedTopic(models.TextChoices):
    """What a figure that only a document states speaks of."""

    APPRAISAL = "appraisal", _("Appraisal of projects")
    PARTNERS = "partners", _("Partnerships")
    RESOURCES = "resources", _("Resources")
    REGION = "region", _("Regions")
    FLAGSHIP = "flagship", _("Flagship programmes")
    DEFERRAL = "deferral", _("Outcomes put off")


# Kinds of things that a register keeps; two of them are merged there, with all that it holds.
REGISTERED_KINDS = frozenset({"partner"})


class Basis(models.IntegerChoices):
    """Which results count: approved ones, or also those submitted and waiting."""

    OFFICIAL = 1, _("Official")
    PROVISIONAL = 2, _("Provisional")

    @property
    def word(self) -> str:
        """The name used in addresses and in the API."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Basis":
        """The basis of a name; raises KeyError for an unknown one."""
        return cls[word.upper()]


class ScopeKind(models.TextChoices):
    """What part of the plan a figure is of."""

    PLAN = "plan", _("The whole plan")
    OFFICE = "office", _("An office and all below it")
    COUNTRY = "country", _("A country")
    CONTRIBUTOR = "contributor", _("One project's reporting line")


class Status(models.TextChoices):
    """How an indicator, an outcome, a domain or the plan stands."""

    ACHIEVED = "achieved", _("Achieved")
    ON_TRACK = "on_track", _("On track")
    DELAYED = "delayed", _("Delayed")
    OFF_TRACK = "off_track", _("Off track")
    REGRESSED = "regressed", _("Regressed")
    MAINTAINED = "maintained", _("Maintained")
    NOT_MAINTAINED = "not_maintained", _("Not maintained")
    NOT_DUE = "not_due", _("Not yet due")
    LOW_COVERAGE = "low_coverage", _("Too little data")
    NO_TARGET = "no_target", _("No target set")
    NO_DATA = "no_data", _("No data")


class Confidence(models.TextChoices):
    """How sure it is that work is aligned with a target of a framework."""

    STATED = "stated", _("Stated by a document")
    HIGH = "high", _("Our reading: high confidence")
    MEDIUM = "medium", _("Our reading: medium confidence")
    LOW = "low", _("Our reading: low confidence")


class RunKind(models.TextChoices):
    """What was done with all figures of a plan: computed again, or compared with the ledger."""

    REBUILD = "rebuild", _("Computed again")
    VERIFICATION = "verification", _("Compared with the ledger")


class AssessmentStage(models.TextChoices):
    """How far the common country assessment is; empty is not known."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PREPARATION = "in_preparation", _("In preparation")
    DONE = "done", _("Done")


class FrameworkStage(models.TextChoices):
    """How far the cooperation framework is; empty is not known."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PREPARATION = "in_preparation", _("In preparation")
    SIGNED = "signed", _("Signed")


class UrbanContent(models.IntegerChoices):
    """How much assessment and framework say of urban matters."""

    NONE = 0, _("0: nothing")
    MENTIONED = 1, _("1: mentioned")
    ADDRESSED = 2, _("2: addressed in a part of its own")
    PRIORITY = 3, _("3: a priority with results")


# The breakdown key of a total; a category's or a rating level's code stands for a cell.
TOTAL = ""


def counts_from_zero(kind: str, over_time: str) -> bool:
    """Quantities and things that add up over time start from 0: no baseline is needed."""
    return over_time == OverTime.SUM and kind in (Kind.QUANTITY, Kind.DISTINCT)


def is_additive(kind: str, over_time: str, across: str) -> bool:
    """Whether the value to date is the sum of the periods, so that only those are stored.

    Quantities that are added over time and across contributors, and percentages over time.
    """
    return (
        kind in (Kind.QUANTITY, Kind.PERCENTAGE)
        and over_time == OverTime.SUM
        and across == Across.SUM
    )
