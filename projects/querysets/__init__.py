"""Reads of projects and what hangs on them; the only gate on rows is `visible_to`."""

from .deliverables import DeliverableQuerySet
from .evidence import CommentQuerySet, EvidenceQuerySet
from .money import ExchangeRateQuerySet
from .projects import (
    LateEntryQuerySet,
    ProjectIndicatorQuerySet,
    ProjectQuerySet,
    ReminderQuerySet,
    within_offices,
)
from .resources import CoreBudgetQuerySet, DeferralQuerySet
from .results import NoteQuerySet, ResultQuerySet, ReviewedQuerySet
from .sheets import ImportRunQuerySet
from .transactions import TransactionQuerySet
from .views import SavedViewQuerySet

__all__ = [
    "CommentQuerySet",
    "CoreBudgetQuerySet",
    "DeferralQuerySet",
    "DeliverableQuerySet",
    "EvidenceQuerySet",
    "ExchangeRateQuerySet",
    "ImportRunQuerySet",
    "LateEntryQuerySet",
    "NoteQuerySet",
    "ProjectIndicatorQuerySet",
    "ProjectQuerySet",
    "ReminderQuerySet",
    "ResultQuerySet",
    "ReviewedQuerySet",
    "SavedViewQuerySet",
    "TransactionQuerySet",
    "within_offices",
]
