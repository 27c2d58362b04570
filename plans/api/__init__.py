"""Plans, domains and reporting periods in the API: reference data, read only."""

from .views import DomainViewSet, PeriodViewSet, PlanViewSet

__all__ = ["DomainViewSet", "PeriodViewSet", "PlanViewSet"]
