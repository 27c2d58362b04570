"""Plans, domains, reporting periods and themes in the API; only themes are written, by name."""

from .views import DomainViewSet, PeriodViewSet, PlanViewSet, ThemeViewSet

__all__ = ["DomainViewSet", "PeriodViewSet", "PlanViewSet", "ThemeViewSet"]
