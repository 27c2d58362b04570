"""Forms of projects and what hangs on them; the rules themselves are the actions'."""

from .deliverables import CancelForm, DeliverableForm
from .describing import DescriptionForm
from .fields import DateField
from .money import RatesForm
from .partners import AgreementForm, ContributionForm, MergeForm, PartnerForm, WithdrawForm
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
    "AgreementForm",
    "Breakdown",
    "CancelForm",
    "ContributionForm",
    "DateField",
    "DeliverableForm",
    "DescriptionForm",
    "EvidenceForm",
    "LateEntryForm",
    "LineDatesForm",
    "LineForm",
    "MergeForm",
    "PartnerForm",
    "ProjectForm",
    "RatesForm",
    "ReasonForm",
    "Reference",
    "Remainder",
    "ResultForm",
    "WithdrawForm",
    "read_reference",
]
