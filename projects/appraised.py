"""How many project documents were appraised, with which decision and which amounts.

Amounts are those of the documents as they were submitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Sum, Value, When

from .choices import APPROVALS, Decision, DocumentKind
from .models import Appraisal
from .querysets import AppraisalQuerySet


@dataclass(frozen=True)
class Appraised:
    """Documents by their decision, and the budgets of those approved, in US dollars."""

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


def appraised(listed: AppraisalQuerySet, kind: str = DocumentKind.PROPOSAL) -> Appraised:
    """The proposals (or revisions) among the appraisals that a list shows, by their decision.

    Each counts once, with its last decision in the list; what waits is not counted. One query.
    """
    rows = listed.decided().filter(document__kind=kind).order_by()
    later = rows.filter(document=OuterRef("document"), round__gt=OuterRef("round"))
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


def last_decisions(projects: Iterable[int]) -> dict[int, tuple[str, date]]:
    """Each project's last decision with its day; one query."""
    rows = Appraisal.objects.decided().filter(document__project__in=list(projects))
    named = rows.order_by("decided_on", "pk").values_list(
        "document__project", "decision", "decided_on"
    )
    return {project: (decision, day) for project, decision, day in named}
