"""Outcomes, indicators, frameworks, regional strategies and country records in the API."""

from .country_records import CountryRecordViewSet
from .frameworks import FrameworkViewSet
from .strategies import RegionalStrategyViewSet
from .views import IndicatorViewSet, OutcomeViewSet

__all__ = [
    "CountryRecordViewSet",
    "FrameworkViewSet",
    "IndicatorViewSet",
    "OutcomeViewSet",
    "RegionalStrategyViewSet",
]
