"""Figures, regions, money, what projects are about and the record of acts, in the API."""

from .acts import ActivityViewSet, HistoryViewSet
from .analyses import AnalysisViewSet
from .figures import FigureViewSet
from .flagships import FlagshipViewSet
from .money import MoneyViewSet
from .regions import RegionViewSet

__all__ = [
    "ActivityViewSet",
    "AnalysisViewSet",
    "FigureViewSet",
    "FlagshipViewSet",
    "HistoryViewSet",
    "MoneyViewSet",
    "RegionViewSet",
]
