"""Outcomes, indicators and regional strategies in the API."""

from .strategies import RegionalStrategyViewSet
from .views import IndicatorViewSet, OutcomeViewSet

__all__ = ["IndicatorViewSet", "OutcomeViewSet", "RegionalStrategyViewSet"]
