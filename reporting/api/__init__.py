"""Figures, the record of acts and what projects are about, in the API."""

from .acts import ActivityViewSet, HistoryViewSet
from .analyses import AnalysisViewSet
from .figures import FigureViewSet
from .money import MoneyViewSet

__all__ = ["ActivityViewSet", "AnalysisViewSet", "FigureViewSet", "HistoryViewSet"]
__all__ = ["ActivityViewSet", "FigureViewSet", "HistoryViewSet", "MoneyViewSet"]
