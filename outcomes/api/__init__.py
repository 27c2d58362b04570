"""Outcomes, indicators and global frameworks in the API: reference data."""

from .frameworks import FrameworkViewSet
from .views import IndicatorViewSet, OutcomeViewSet

__all__ = ["FrameworkViewSet", "IndicatorViewSet", "OutcomeViewSet"]
