"""Outcomes, indicators, regional strategies and global frameworks in the API."""

from .frameworks import FrameworkViewSet
from .strategies import RegionalStrategyViewSet
from .views import IndicatorViewSet, OutcomeViewSet

__all__ = ["FrameworkViewSet", "IndicatorViewSet", "OutcomeViewSet", "RegionalStrategyViewSet"]
