"""Projects, results and late entries in the API."""

from .deliverables import DeliverableViewSet
from .exchange_rates import ExchangeRateViewSet
from .late_entries import LateEntryViewSet
from .partners import AgreementViewSet, PartnerContributionViewSet, PartnerViewSet
from .projects import ProjectViewSet
from .results import ResultViewSet
from .saved_views import SavedViewViewSet

__all__ = [
    "AgreementViewSet",
    "DeliverableViewSet",
    "ExchangeRateViewSet",
    "LateEntryViewSet",
    "PartnerContributionViewSet",
    "PartnerViewSet",
    "ProjectViewSet",
    "ResultViewSet",
    "SavedViewViewSet",
]
