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
    NUA_COMMITMENT = "nua_commitment", _("New Urban Agenda commitment")
    FLAGSHIP = "flagship", _("Flagship programme")
    GLOBAL_FRAMEWORK = "global_framework", _("Global framework")
    INSTRUMENT = "instrument", _("Other instrument")
    SDG = "sdg", _("Sustainable Development Goal indicator")
    PREDECESSOR = "predecessor", _("Sub-programme of the predecessor plan")


class ReviewSteps(models.IntegerChoices):
    """How many people look at a result before it counts officially."""

    ONE = 1, _("One step: the office approves")
    TWO = 2, _("Two steps: the office verifies, headquarters approves")
