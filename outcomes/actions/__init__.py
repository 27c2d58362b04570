"""Every write on outcomes, indicators and the ledger."""

from .contributors import get_thing, merge_things, set_contributor
from .country_records import CountryRecordInput, save_country_record
from .figures import rebuild_figures
from .frameworks import FrameworkInput, set_indicator_frameworks
from .indicators import (
    save_indicator,
    set_baseline,
    set_counts_from,
    set_evidence_rule,
    set_milestone,
    set_target,
)
from .ledger import (
    Amount,
    Entry,
    Posting,
    mark_indicators_stale,
    mark_plan_stale,
    replace_postings,
)
from .loading import Loaded, PostingRow, load_postings
from .overrides import override_status
from .strategies import (
    PriorityInput,
    StrategyInput,
    reorder_priorities,
    save_priority,
    save_strategy,
    withdraw_priority,
)

__all__ = [
    "Amount",
    "CountryRecordInput",
    "Entry",
    "FrameworkInput",
    "Loaded",
    "Posting",
    "PostingRow",
    "PriorityInput",
    "StrategyInput",
    "get_thing",
    "load_postings",
    "mark_indicators_stale",
    "mark_plan_stale",
    "merge_things",
    "override_status",
    "rebuild_figures",
    "reorder_priorities",
    "replace_postings",
    "save_country_record",
    "save_indicator",
    "save_priority",
    "save_strategy",
    "set_baseline",
    "set_contributor",
    "set_counts_from",
    "set_evidence_rule",
    "set_indicator_frameworks",
    "set_milestone",
    "set_target",
    "withdraw_priority",
]
