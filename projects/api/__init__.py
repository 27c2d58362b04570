"""Projects and results in the API."""

from .projects import ProjectViewSet
from .results import ResultViewSet

__all__ = ["ProjectViewSet", "ResultViewSet"]
