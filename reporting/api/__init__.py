"""Figures in the API."""

from .figures import FigureViewSet

__all__ = ["FigureViewSet"]
