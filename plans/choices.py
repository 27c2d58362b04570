"""Words that plans are described with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verification(models.TextChoices):
    """How far a statement about the plan is backed by a source."""

    SEED = "seed", _("stated in the mid-term review")
    OFFICIAL_PAGE = "official_page", _("read on an official page")
    SECONDARY = "secondary", _("read on a secondary source")
    RENDERING = "rendering", _("our rendering of the Chinese text")
    UNVERIFIED = "unverified", _("not confirmed by a source")


class MandateKind(models.TextChoices):
    """What an entry in the plan's legal record is."""

    MANDATE = "mandate", _("Mandate")
    APPROVAL = "approval", _("Approval")
    ADAPTATION = "adaptation", _("Adaptation")
    EXTENSION = "extension", _("Extension")


class PeriodKind(models.TextChoices):
    """How long a reporting period is."""

    QUARTER = "quarter", _("Quarter")
    HALF = "half", _("Half-year")
    YEAR = "year", _("Year")


class ThemeKind(models.TextChoices):
    """The plan's themes that cut across its outcomes."""

    DRIVER = "driver", _("Driver of change")
    ENABLER = "enabler", _("Organizational performance enabler")
    INCLUSION = "inclusion", _("Social inclusion dimension")
    CROSS_CUTTING = "cross_cutting", _("Cross-cutting theme")
    EVALUATION_ISSUE = "evaluation_issue", _("Cross-cutting issue of evaluations")
    NUA_COMMITMENT = "nua_commitment", _("New Urban Agenda commitment")
    FLAGSHIP = "flagship", _("Flagship programme")
    GLOBAL_FRAMEWORK = "global_framework", _("Global framework")
    FRAMEWORK_TARGET = "framework_target", _("Target of a global framework")
    INSTRUMENT = "instrument", _("Other instrument")
    SDG = "sdg", _("Sustainable Development Goal indicator")
    TOOL = "tool", _("Service or tool of the catalogue")
    PRONG = "prong", _("Prong of the resource mobilization strategy")
    PREDECESSOR = "predecessor", _("Sub-programme of the predecessor plan")


# What a project names with a reason; what it is examined for, with a marker; what it only uses.
NAMED_THEMES = (ThemeKind.DRIVER, ThemeKind.ENABLER)
EXAMINED_THEMES = (ThemeKind.INCLUSION, ThemeKind.CROSS_CUTTING, ThemeKind.EVALUATION_ISSUE)
USED_THEMES = (ThemeKind.TOOL,)
ABOUT_THEMES = (*NAMED_THEMES, *EXAMINED_THEMES, *USED_THEMES)
# What outcomes, indicators and projects are aligned with: frameworks, and their targets.
FRAMEWORKS = (ThemeKind.GLOBAL_FRAMEWORK, ThemeKind.INSTRUMENT)
ALIGNED_THEMES = (*FRAMEWORKS, ThemeKind.NUA_COMMITMENT, ThemeKind.FRAMEWORK_TARGET)


class Language(models.TextChoices):
    """The languages that the texts of a plan are kept in."""

    EN = "en", _("English")
    FR = "fr", _("French")
    ES = "es", _("Spanish")
    RU = "ru", _("Russian")
    ZH = "zh", _("Chinese")
    AR = "ar", _("Arabic")


class ReviewSteps(models.IntegerChoices):
    """How many people look at a result before it counts officially."""

    ONE = 1, _("One step: the office approves")
    TWO = 2, _("Two steps: the office verifies, headquarters approves")
