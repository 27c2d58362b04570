"""Outcomes and indicators in the API: reference data, read only."""

from .views import IndicatorViewSet, OutcomeViewSet

__all__ = ["IndicatorViewSet", "OutcomeViewSet"]
