"""Figures and the record of acts in the API."""

from .acts import ActivityViewSet, HistoryViewSet
from .figures import FigureViewSet
from .money import MoneyViewSet

__all__ = ["ActivityViewSet", "FigureViewSet", "HistoryViewSet", "MoneyViewSet"]
