"""Projects, results and late entries in the API."""

from .deliverables import DeliverableViewSet
from .exchange_rates import ExchangeRateViewSet
from .late_entries import LateEntryViewSet
from .projects import ProjectViewSet
from .resources import CoreBudgetViewSet, DeferralViewSet
from .results import ResultViewSet
from .saved_views import SavedViewViewSet
from .transactions import TransactionViewSet

__all__ = [
    "CoreBudgetViewSet",
    "DeferralViewSet",
    "DeliverableViewSet",
    "ExchangeRateViewSet",
    "LateEntryViewSet",
    "ProjectViewSet",
    "ResultViewSet",
    "SavedViewViewSet",
    "TransactionViewSet",
]
