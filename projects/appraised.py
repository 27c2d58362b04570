"""How many proposals were appraised, with which decision and which amounts, in a window of days.

Each project document counts once, with its last decision in the window. Amounts are those of the
documents as they were submitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Sum, Value, When

from habitat_tracker.accounts.models import Office
from plans.models import StrategicPlan

from .choices import APPROVALS, Decision, DocumentKind
from .models import Appraisal


@dataclass(frozen=True)
class Appraised:
    """Proposals by their decision, and the budgets of those approved, in US dollars."""

    approved: int
    conditions: int
    returned: int
    rejected: int
    usd: Decimal
    earmarked_usd: Decimal

    @property
    def reviewed(self) -> int:
        """All that were decided on: the sum of the decisions."""
        return self.approved + self.conditions + self.returned + self.rejected

    @property
    def approvals(self) -> int:
        """Those approved, with conditions or without."""
        return self.approved + self.conditions


def appraised(
    plan: StrategicPlan,
    *,
    first: date | None = None,
    last: date | None = None,
    office: Office | None = None,
) -> Appraised:
    """The proposals of a plan decided on from the first to the last day, both included.

    One query. Revisions are not proposals and are left out.
    """
    rows = Appraisal.objects.decided().filter(plan=plan, document__kind=DocumentKind.PROPOSAL)
    window = Q()
    if first:
        window &= Q(decided_on__gte=first)
    if last:
        window &= Q(decided_on__lte=last)
    rows = rows.filter(window)
    if office is not None:
        rows = rows.filter(office__path__startswith=office.path)
    later = Appraisal.objects.decided().filter(
        window, document=OuterRef("document"), round__gt=OuterRef("round")
    )
    approval = Q(decision__in=APPROVALS)
    zero = Value(0)
    found = rows.filter(~Exists(later)).aggregate(
        **{one.value: Count("pk", filter=Q(decision=one)) for one in Decision},
        usd=Sum(Case(When(approval, then=F("usd")), default=zero)),
        earmarked_usd=Sum(Case(When(approval, then=F("earmarked_usd")), default=zero)),
    )
    return Appraised(
        **{one.value: found[one.value] for one in Decision},
        usd=found["usd"] or Decimal(0),
        earmarked_usd=found["earmarked_usd"] or Decimal(0),
    )
