"""Reads of projects and what hangs on them; the only gate on rows is `visible_to`."""

from .deliverables import DeliverableQuerySet
from .evidence import CommentQuerySet, EvidenceQuerySet
from .money import ExchangeRateQuerySet
from .partners import AgreementQuerySet, PartnerContributionQuerySet, PartnerQuerySet
from .projects import (
    LateEntryQuerySet,
    ProjectIndicatorQuerySet,
    ProjectQuerySet,
    ReminderQuerySet,
    within_offices,
)
from .results import NoteQuerySet, ResultQuerySet, ReviewedQuerySet
from .sheets import ImportRunQuerySet
from .views import SavedViewQuerySet

__all__ = [
    "AgreementQuerySet",
    "CommentQuerySet",
    "DeliverableQuerySet",
    "EvidenceQuerySet",
    "ExchangeRateQuerySet",
    "ImportRunQuerySet",
    "LateEntryQuerySet",
    "NoteQuerySet",
    "PartnerContributionQuerySet",
    "PartnerQuerySet",
    "ProjectIndicatorQuerySet",
    "ProjectQuerySet",
    "ReminderQuerySet",
    "ResultQuerySet",
    "ReviewedQuerySet",
    "SavedViewQuerySet",
    "within_offices",
]
