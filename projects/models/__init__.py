"""Projects, what they report and deliver, and their results on the way through review."""

from .co_delivery import CoDeliverer
from .deliverables import Deliverable, ProductApplication
from .digests import Digest
from .evidence import Comment, Evidence, StoredFile, evidence_path
from .feedback import PartnerFeedback
from .life import (
    Appraisal,
    ChecklistQuestion,
    Condition,
    Delegation,
    FinalReport,
    Lesson,
    ProjectDocument,
    ReviewMeeting,
)
from .money import BudgetLine, ExchangeRate, OutcomeShare
from .partners import (
    Agreement,
    AgreementRevision,
    Partner,
    PartnerContribution,
    PartnerRevision,
)
from .project import (
    Alignment,
    LateEntry,
    Project,
    ProjectFramework,
    ProjectIndicator,
    ProjectRevision,
    ProjectTheme,
    Reminder,
)
from .resources import CoreBudget, Deferral, ExpectedIncome
from .results import Note, Result, ResultCell, Reviewed
from .risks import Risk
from .sheets import ImportRow, ImportRun, sheet_path
from .stories import InnovationLab, Story
from .transactions import Transaction, TransactionFile
from .views import SavedView

__all__ = [
    "Agreement",
    "AgreementRevision",
    "Alignment",
    "Appraisal",
    "BudgetLine",
    "ChecklistQuestion",
    "CoDeliverer",
    "Comment",
    "Condition",
    "CoreBudget",
    "Deferral",
    "Delegation",
    "Deliverable",
    "Digest",
    "Evidence",
    "ExchangeRate",
    "ExpectedIncome",
    "FinalReport",
    "ImportRow",
    "ImportRun",
    "InnovationLab",
    "LateEntry",
    "Lesson",
    "Note",
    "OutcomeShare",
    "Partner",
    "PartnerContribution",
    "PartnerFeedback",
    "PartnerRevision",
    "ProductApplication",
    "Project",
    "ProjectDocument",
    "ProjectFramework",
    "ProjectIndicator",
    "ProjectRevision",
    "ProjectTheme",
    "Reminder",
    "Result",
    "ResultCell",
    "ReviewMeeting",
    "Reviewed",
    "Risk",
    "SavedView",
    "StoredFile",
    "Story",
    "Transaction",
    "TransactionFile",
    "evidence_path",
    "sheet_path",
]
