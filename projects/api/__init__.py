"""Projects and results in the API."""

from .deliverables import DeliverableViewSet
from .projects import ProjectViewSet
from .results import ResultViewSet

__all__ = ["DeliverableViewSet", "ProjectViewSet", "ResultViewSet"]
