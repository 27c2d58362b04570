"""Forms of projects and what hangs on them; the rules themselves are the actions'."""

from .deliverables import CancelForm, DeliverableForm
from .describing import DescriptionForm
from .fields import DateField
from .money import (
    CoreBudgetForm,
    DeferralForm,
    RatesForm,
    TransactionForm,
    TransactionsFileForm,
    WithdrawalForm,
)
from .projects import LateEntryForm, LineDatesForm, LineForm, ProjectForm
from .results import (
    Breakdown,
    EvidenceForm,
    ReasonForm,
    Reference,
    Remainder,
    ResultForm,
    read_reference,
)

__all__ = [
    "Breakdown",
    "CancelForm",
    "CoreBudgetForm",
    "DateField",
    "DeferralForm",
    "DeliverableForm",
    "DescriptionForm",
    "EvidenceForm",
    "LateEntryForm",
    "LineDatesForm",
    "LineForm",
    "ProjectForm",
    "RatesForm",
    "ReasonForm",
    "Reference",
    "Remainder",
    "ResultForm",
    "TransactionForm",
    "TransactionsFileForm",
    "WithdrawalForm",
    "read_reference",
]
