"""Projects, results and late entries in the API."""

from .applications import ProductApplicationViewSet
from .catalogue import ToolViewSet
from .deliverables import DeliverableViewSet
from .exchange_rates import ExchangeRateViewSet
from .feedback import PartnerFeedbackViewSet
from .late_entries import LateEntryViewSet
from .life import (
    AppraisalViewSet,
    ChecklistViewSet,
    ConditionViewSet,
    DelegationViewSet,
    DocumentViewSet,
    LessonViewSet,
    LifeViewSet,
    MeetingViewSet,
)
from .partners import AgreementViewSet, PartnerContributionViewSet, PartnerViewSet
from .places import CityViewSet
from .projects import ProjectViewSet
from .resources import CoreBudgetViewSet, DeferralViewSet, ExpectedIncomeViewSet
from .results import ResultViewSet
from .risks import RiskViewSet
from .saved_views import SavedViewViewSet
from .stories import LabViewSet, StoryViewSet
from .transactions import TransactionViewSet

__all__ = [
    "AgreementViewSet",
    "AppraisalViewSet",
    "ChecklistViewSet",
    "CityViewSet",
    "ConditionViewSet",
    "CoreBudgetViewSet",
    "DeferralViewSet",
    "DelegationViewSet",
    "DeliverableViewSet",
    "DocumentViewSet",
    "ExchangeRateViewSet",
    "ExpectedIncomeViewSet",
    "LabViewSet",
    "LateEntryViewSet",
    "LessonViewSet",
    "LifeViewSet",
    "MeetingViewSet",
    "PartnerContributionViewSet",
    "PartnerFeedbackViewSet",
    "PartnerViewSet",
    "ProductApplicationViewSet",
    "ProjectViewSet",
    "ResultViewSet",
    "RiskViewSet",
    "SavedViewViewSet",
    "StoryViewSet",
    "ToolViewSet",
    "TransactionViewSet",
]
