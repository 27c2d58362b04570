"""Forms of projects and what hangs on them; the rules themselves are the actions'."""

from .appraisals import (
    ChecklistForm,
    CloseForm,
    ConditionStepForm,
    DecisionForm,
    DelegationForm,
    MeetingForm,
)
from .co_delivery import CoDeliveryForm, in_their_rows
from .deliverables import ApplicationForm, CancelForm, DeliverableForm
from .describing import DescriptionForm
from .documents import FORMS, ProposeForm, RowsForm, SectionForm
from .feedback import AskPartnerForm, FeedbackForm, ReplyForm
from .money import (
    CoreBudgetForm,
    DeferralForm,
    ForecastForm,
    RatesForm,
    TransactionForm,
    TransactionsFileForm,
    WithdrawalForm,
)
from .partners import AgreementForm, ContributionForm, MergeForm, PartnerForm, WithdrawForm
from .places import PositionForm
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
from .risks import RiskCloseForm, RiskForm
from .stories import LabForm, StoryForm

__all__ = [
    "FORMS",
    "AgreementForm",
    "ApplicationForm",
    "AskPartnerForm",
    "Breakdown",
    "CancelForm",
    "ChecklistForm",
    "CloseForm",
    "CoDeliveryForm",
    "ConditionStepForm",
    "ContributionForm",
    "CoreBudgetForm",
    "DateField",
    "DecisionForm",
    "DeferralForm",
    "DelegationForm",
    "DeliverableForm",
    "DescriptionForm",
    "EvidenceForm",
    "FeedbackForm",
    "ForecastForm",
    "LabForm",
    "LateEntryForm",
    "LineDatesForm",
    "LineForm",
    "MeetingForm",
    "MergeForm",
    "PartnerForm",
    "PositionForm",
    "ProjectForm",
    "ProposeForm",
    "RatesForm",
    "ReasonForm",
    "Reference",
    "Remainder",
    "ReplyForm",
    "ResultForm",
    "RiskCloseForm",
    "RiskForm",
    "RowsForm",
    "SectionForm",
    "StoryForm",
    "TransactionForm",
    "TransactionsFileForm",
    "WithdrawForm",
    "WithdrawalForm",
    "in_their_rows",
    "read_reference",
]
