"""Projects, what they report and deliver, and their results on the way through review."""

from .deliverables import Deliverable
from .digests import Digest
from .evidence import Comment, Evidence, StoredFile, evidence_path
from .money import ExchangeRate
from .partners import (
    Agreement,
    AgreementRevision,
    Partner,
    PartnerContribution,
    PartnerRevision,
)
from .project import Alignment, LateEntry, Project, ProjectIndicator, ProjectTheme, Reminder
from .results import Note, Result, ResultCell, Reviewed
from .sheets import ImportRow, ImportRun, sheet_path
from .views import SavedView

__all__ = [
    "Agreement",
    "AgreementRevision",
    "Alignment",
    "Comment",
    "Deliverable",
    "Digest",
    "Evidence",
    "ExchangeRate",
    "ImportRow",
    "ImportRun",
    "LateEntry",
    "Note",
    "Partner",
    "PartnerContribution",
    "PartnerRevision",
    "Project",
    "ProjectIndicator",
    "ProjectTheme",
    "Reminder",
    "Result",
    "ResultCell",
    "Reviewed",
    "SavedView",
    "StoredFile",
    "evidence_path",
    "sheet_path",
]
