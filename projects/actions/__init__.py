"""Every write on projects, their results and their notes."""

from .checks import MOST_THINGS, ResultInput
from .comments import add_comment
from .deliverables import (
    DeliverableInput,
    cancel_deliverable,
    counted_by,
    save_deliverable,
)
from .digests import send_digests
from .evidence import add_evidence, download_name, remove_evidence, replace_evidence
from .late_entry import allow_late_entry, end_late_entry
from .places import city_named
from .projects import find_line, remove_alignment, save_project, set_alignment, set_line
from .register import Counted, counts, read_counts
from .reminders import remind, reporters_of
from .results import (
    approve,
    begin_correction,
    recall,
    save_note,
    save_results,
    send_back,
    submit,
    verify,
    withdraw,
)
from .sweeping import sweep_evidence

__all__ = [
    "MOST_THINGS",
    "Counted",
    "DeliverableInput",
    "ResultInput",
    "add_comment",
    "add_evidence",
    "allow_late_entry",
    "approve",
    "begin_correction",
    "cancel_deliverable",
    "city_named",
    "counted_by",
    "counts",
    "download_name",
    "end_late_entry",
    "find_line",
    "read_counts",
    "recall",
    "remind",
    "remove_alignment",
    "remove_evidence",
    "replace_evidence",
    "reporters_of",
    "save_deliverable",
    "save_note",
    "save_project",
    "save_results",
    "send_back",
    "send_digests",
    "set_alignment",
    "set_line",
    "submit",
    "sweep_evidence",
    "verify",
    "withdraw",
]
