"""Every write on projects, their results and their notes."""

from .agreements import AgreementInput, save_agreement, withdraw_agreement
from .applications import apply_product, withdraw_application
from .appraisals import (
    ConditionInput,
    answer_checklist,
    answer_condition,
    decide,
    delegations_for,
    is_own,
    own_delegations,
    settle_condition,
    unanswered,
)
from .budget import (
    BudgetRow,
    check_shares,
    read_budget,
    read_budget_file,
    set_budget,
    set_shares,
)
from .checks import MOST_THINGS, ResultInput
from .co_delivery import CoDeliveryInput, PartInput, set_co_delivery
from .comments import add_comment
from .contributions import ContributionInput, save_contribution, withdraw_contribution
from .delegations import (
    delegate,
    end_delegation,
    save_meeting,
    set_checklist,
)
from .deliverables import (
    DeliverableInput,
    cancel_deliverable,
    counted_by,
    save_deliverable,
)
from .describing import Description, check_description, describe_project, said_for_good
from .digests import send_digests
from .documents import (
    adopt_revision,
    begin_revision,
    is_minor,
    propose_project,
    recall_document,
    save_section,
    submit_document,
    withdraw_document,
)
from .evidence import (
    add_evidence,
    add_evidence_to_each,
    download_name,
    remove_evidence,
    replace_evidence,
)
from .exchange import InDollars, LoadedRates, in_dollars, load_exchange_rates
from .feedback import (
    answer_feedback,
    ask_partner,
    asked_by_link,
    link_to,
    publish_feedback,
    replied_by_link,
    reply_to_feedback,
    withdraw_request,
)
from .forecasts import ForecastInput, expect_income, withdraw_expected_income
from .frameworks import set_project_frameworks
from .imports import (
    cancel_import,
    confirm_import,
    read_sheet,
    save_sheet,
    sweep_imports,
    upload_sheet,
)
from .kept_files import (
    keep_transaction_file,
    load_transaction_file,
    not_kept,
    preview_transaction_file,
    sweep_transaction_files,
)
from .labs import LabInput, save_lab
from .late_entry import allow_late_entry, end_late_entry
from .life import (
    LessonInput,
    close_project,
    open_conditions,
    resume_project,
    start_project,
    suspend_project,
)
from .partners import PartnerInput, merge_partners, save_partner
from .places import city_named
from .projects import (
    enter_project,
    find_line,
    remove_alignment,
    save_project,
    set_alignment,
    set_line,
    set_outcomes,
)
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
from .risks import RiskInput, close_risk, may_keep_risks, save_risk
from .saved_views import remove_view, save_view
from .stories import (
    StoryInput,
    approved_results,
    publish_story,
    save_story,
    take_story_back,
)
from .sweeping import sweep_evidence
from .transaction_files import COLUMNS as TRANSACTION_COLUMNS
from .transaction_files import LoadedTransactions, load_transactions
from .transactions import Recorded, TransactionInput, record_transaction, withdraw_transaction

__all__ = [
    "MOST_THINGS",
    "TRANSACTION_COLUMNS",
    "AgreementInput",
    "BudgetRow",
    "CoDeliveryInput",
    "ConditionInput",
    "ContributionInput",
    "CoreBudgetInput",
    "Counted",
    "DeliverableInput",
    "Description",
    "ForecastInput",
    "InDollars",
    "LabInput",
    "LessonInput",
    "LoadedRates",
    "LoadedTransactions",
    "PartInput",
    "PartnerInput",
    "Recorded",
    "ResultInput",
    "RiskInput",
    "StoryInput",
    "TransactionInput",
    "add_comment",
    "add_evidence",
    "add_evidence_to_each",
    "adopt_revision",
    "allow_late_entry",
    "answer_checklist",
    "answer_condition",
    "answer_feedback",
    "apply_product",
    "approve",
    "approved_results",
    "ask_partner",
    "asked_by_link",
    "begin_correction",
    "begin_revision",
    "cancel_deliverable",
    "cancel_import",
    "check_description",
    "check_shares",
    "city_named",
    "close_project",
    "close_risk",
    "confirm_import",
    "counted_by",
    "counts",
    "decide",
    "defer_outcome",
    "delegate",
    "delegations_for",
    "describe_project",
    "download_name",
    "end_deferral",
    "end_delegation",
    "end_late_entry",
    "enter_project",
    "expect_income",
    "find_line",
    "hold_drafts",
    "in_dollars",
    "is_minor",
    "is_own",
    "keep_transaction_file",
    "link_to",
    "load_exchange_rates",
    "load_transaction_file",
    "load_transactions",
    "may_keep_risks",
    "merge_partners",
    "not_kept",
    "open_conditions",
    "own_delegations",
    "preview_transaction_file",
    "propose_project",
    "publish_feedback",
    "publish_story",
    "read_budget",
    "read_budget_file",
    "read_counts",
    "read_sheet",
    "recall",
    "recall_document",
    "record_transaction",
    "remind",
    "remove_alignment",
    "remove_evidence",
    "remove_view",
    "replace_evidence",
    "replied_by_link",
    "reply_to_feedback",
    "reporters_of",
    "resume_project",
    "said_for_good",
    "save_agreement",
    "save_contribution",
    "save_deliverable",
    "save_lab",
    "save_meeting",
    "save_note",
    "save_partner",
    "save_project",
    "save_results",
    "save_risk",
    "save_section",
    "save_sheet",
    "save_story",
    "save_view",
    "send_back",
    "send_digests",
    "set_alignment",
    "set_budget",
    "set_checklist",
    "set_co_delivery",
    "set_core_budget",
    "set_line",
    "set_outcomes",
    "set_project_frameworks",
    "set_shares",
    "settle_condition",
    "start_project",
    "submit",
    "submit_document",
    "suspend_project",
    "sweep_evidence",
    "sweep_imports",
    "sweep_transaction_files",
    "take_story_back",
    "unanswered",
    "upload_sheet",
    "verify",
    "withdraw",
    "withdraw_agreement",
    "withdraw_application",
    "withdraw_contribution",
    "withdraw_document",
    "withdraw_expected_income",
    "withdraw_request",
    "withdraw_transaction",
]
