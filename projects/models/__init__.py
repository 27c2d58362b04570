"""Projects, what they report and deliver, and their results on the way through review."""

from .deliverables import Deliverable
from .digests import Digest
from .evidence import Comment, Evidence, StoredFile, evidence_path
from .money import BudgetLine, ExchangeRate, OutcomeShare
from .project import Alignment, LateEntry, Project, ProjectIndicator, ProjectTheme, Reminder
from .resources import CoreBudget, Deferral
from .results import Note, Result, ResultCell, Reviewed
from .sheets import ImportRow, ImportRun, sheet_path
from .transactions import Transaction
from .views import SavedView

__all__ = [
    "Alignment",
    "BudgetLine",
    "Comment",
    "CoreBudget",
    "Deferral",
    "Deliverable",
    "Digest",
    "Evidence",
    "ExchangeRate",
    "ImportRow",
    "ImportRun",
    "LateEntry",
    "Note",
    "OutcomeShare",
    "Project",
    "ProjectIndicator",
    "ProjectTheme",
    "Reminder",
    "Result",
    "ResultCell",
    "Reviewed",
    "SavedView",
    "StoredFile",
    "Transaction",
    "evidence_path",
    "sheet_path",
]
