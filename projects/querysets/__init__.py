"""Reads of projects and what hangs on them; the only gate on rows is `visible_to`."""

from .co_delivery import CoDelivererQuerySet
from .deliverables import DeliverableQuerySet, ProductApplicationQuerySet
from .evidence import CommentQuerySet, EvidenceQuerySet
from .feedback import PartnerFeedbackQuerySet
from .life import (
    AppraisalQuerySet,
    ConditionQuerySet,
    DelegationQuerySet,
    DocumentQuerySet,
    LessonQuerySet,
    MeetingQuerySet,
)
from .money import ExchangeRateQuerySet
from .partners import (
    AgreementQuerySet,
    AgreementRevisionQuerySet,
    PartnerContributionQuerySet,
    PartnerQuerySet,
)
from .projects import (
    LateEntryQuerySet,
    ProjectIndicatorQuerySet,
    ProjectQuerySet,
    ReminderQuerySet,
    contributes_to,
    within_offices,
)
from .resources import CoreBudgetQuerySet, DeferralQuerySet, ExpectedIncomeQuerySet
from .results import NoteQuerySet, ResultQuerySet, ReviewedQuerySet
from .risks import RiskQuerySet
from .sheets import ImportRunQuerySet
from .stories import LabQuerySet, StoryQuerySet
from .transactions import TransactionFileQuerySet, TransactionQuerySet
from .views import SavedViewQuerySet

__all__ = [
    "AgreementQuerySet",
    "AgreementRevisionQuerySet",
    "AppraisalQuerySet",
    "CoDelivererQuerySet",
    "CommentQuerySet",
    "ConditionQuerySet",
    "CoreBudgetQuerySet",
    "DeferralQuerySet",
    "DelegationQuerySet",
    "DeliverableQuerySet",
    "DocumentQuerySet",
    "EvidenceQuerySet",
    "ExchangeRateQuerySet",
    "ExpectedIncomeQuerySet",
    "ImportRunQuerySet",
    "LabQuerySet",
    "LateEntryQuerySet",
    "LessonQuerySet",
    "MeetingQuerySet",
    "NoteQuerySet",
    "PartnerContributionQuerySet",
    "PartnerFeedbackQuerySet",
    "PartnerQuerySet",
    "ProductApplicationQuerySet",
    "ProjectIndicatorQuerySet",
    "ProjectQuerySet",
    "ReminderQuerySet",
    "ResultQuerySet",
    "ReviewedQuerySet",
    "RiskQuerySet",
    "SavedViewQuerySet",
    "StoryQuerySet",
    "TransactionFileQuerySet",
    "TransactionQuerySet",
    "contributes_to",
    "within_offices",
]
