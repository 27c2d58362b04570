"""Every write on projects, their results and their notes."""

from .budget import (
    BudgetRow,
    check_shares,
    read_budget,
    read_budget_file,
    set_budget,
    set_shares,
)
from .checks import MOST_THINGS, ResultInput
from .comments import add_comment
from .deliverables import (
    DeliverableInput,
    cancel_deliverable,
    counted_by,
    save_deliverable,
)
from .describing import Description, describe_project
from .digests import send_digests
from .evidence import (
    add_evidence,
    add_evidence_to_each,
    download_name,
    remove_evidence,
    replace_evidence,
)
from .exchange import InDollars, LoadedRates, in_dollars, load_exchange_rates
from .imports import (
    cancel_import,
    confirm_import,
    read_sheet,
    save_sheet,
    sweep_imports,
    upload_sheet,
)
from .late_entry import allow_late_entry, end_late_entry
from .places import city_named
from .projects import find_line, remove_alignment, save_project, set_alignment, set_line
from .register import Counted, counts, read_counts
from .reminders import remind, reporters_of
from .resources import CoreBudgetInput, defer_outcome, end_deferral, set_core_budget
from .results import (
    approve,
    begin_correction,
    hold_drafts,
    recall,
    save_note,
    save_results,
    send_back,
    submit,
    verify,
    withdraw,
)
from .saved_views import remove_view, save_view
from .sweeping import sweep_evidence
from .transaction_files import COLUMNS as TRANSACTION_COLUMNS
from .transaction_files import LoadedTransactions, load_transactions
from .transactions import Recorded, TransactionInput, record_transaction, withdraw_transaction

__all__ = [
    "MOST_THINGS",
    "TRANSACTION_COLUMNS",
    "BudgetRow",
    "CoreBudgetInput",
    "Counted",
    "DeliverableInput",
    "Description",
    "InDollars",
    "LoadedRates",
    "LoadedTransactions",
    "Recorded",
    "ResultInput",
    "TransactionInput",
    "add_comment",
    "add_evidence",
    "add_evidence_to_each",
    "allow_late_entry",
    "approve",
    "begin_correction",
    "cancel_deliverable",
    "cancel_import",
    "check_shares",
    "city_named",
    "confirm_import",
    "counted_by",
    "counts",
    "defer_outcome",
    "describe_project",
    "download_name",
    "end_deferral",
    "end_late_entry",
    "find_line",
    "hold_drafts",
    "in_dollars",
    "load_exchange_rates",
    "load_transactions",
    "read_budget",
    "read_budget_file",
    "read_counts",
    "read_sheet",
    "recall",
    "record_transaction",
    "remind",
    "remove_alignment",
    "remove_evidence",
    "remove_view",
    "replace_evidence",
    "reporters_of",
    "save_deliverable",
    "save_note",
    "save_project",
    "save_results",
    "save_sheet",
    "save_view",
    "send_back",
    "send_digests",
    "set_alignment",
    "set_budget",
    "set_core_budget",
    "set_line",
    "set_shares",
    "submit",
    "sweep_evidence",
    "sweep_imports",
    "upload_sheet",
    "verify",
    "withdraw",
    "withdraw_transaction",
]
