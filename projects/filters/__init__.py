"""The filters of projects and what hangs on them: pages and the API share them."""

from .deliverables import DeliverableFilter, ProductApplicationFilter
from .life import (
    AppraisalFilter,
    ConditionFilter,
    DelegationFilter,
    DocumentFilter,
    LessonFilter,
    MeetingFilter,
)
from .money import (
    BudgetLineFilter,
    CoreBudgetFilter,
    DeferralFilter,
    ExchangeRateFilter,
    ExpectedIncomeFilter,
    TransactionFilter,
)
from .partners import (
    AgreementFilter,
    PartnerContributionFilter,
    PartnerCountForm,
    PartnerFeedbackFilter,
    PartnerFilter,
)
from .projects import (
    CatalogueFilter,
    ContributingFilter,
    LateEntryFilter,
    ProjectFilter,
    SavedViewFilter,
)
from .results import ResultFilter
from .risks import RiskFilter
from .stories import LabFilter, StoryFilter

__all__ = [
    "AgreementFilter",
    "AppraisalFilter",
    "BudgetLineFilter",
    "CatalogueFilter",
    "ConditionFilter",
    "ContributingFilter",
    "CoreBudgetFilter",
    "DeferralFilter",
    "DelegationFilter",
    "DeliverableFilter",
    "DocumentFilter",
    "ExchangeRateFilter",
    "ExpectedIncomeFilter",
    "LabFilter",
    "LateEntryFilter",
    "LessonFilter",
    "MeetingFilter",
    "PartnerContributionFilter",
    "PartnerCountForm",
    "PartnerFeedbackFilter",
    "PartnerFilter",
    "ProductApplicationFilter",
    "ProjectFilter",
    "ResultFilter",
    "RiskFilter",
    "SavedViewFilter",
    "StoryFilter",
    "TransactionFilter",
]
