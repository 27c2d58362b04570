"""Every write on projects, their results and their notes."""

from .checks import MOST_THINGS, ResultInput
from .evidence import add_evidence, remove_evidence
from .projects import find_line, remove_alignment, save_project, set_alignment, set_line
from .results import (
    approve,
    recall,
    save_note,
    save_results,
    send_back,
    submit,
    verify,
    withdraw,
)

__all__ = [
    "MOST_THINGS",
    "ResultInput",
    "add_evidence",
    "approve",
    "find_line",
    "recall",
    "remove_alignment",
    "remove_evidence",
    "save_note",
    "save_project",
    "save_results",
    "send_back",
    "set_alignment",
    "set_line",
    "submit",
    "verify",
    "withdraw",
]
