"""Outcomes, indicators, regional strategies and country records in the API."""

from .country_records import CountryRecordViewSet
from .strategies import RegionalStrategyViewSet
from .views import IndicatorViewSet, OutcomeViewSet

__all__ = [
    "CountryRecordViewSet",
    "IndicatorViewSet",
    "OutcomeViewSet",
    "RegionalStrategyViewSet",
]
