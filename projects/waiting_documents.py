"""What waits for a person of project documents: to decide, to change, conditions to meet.

The same for the page My work and wherever else it is asked; five queries, however many.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from plans.models import StrategicPlan

from .choices import WRITABLE
from .models import Appraisal, Condition, Delegation, ProjectDocument
from .querysets import ConditionQuerySet, within_offices

MOST_LISTED = 25


@dataclass
class DocumentWork:
    """Documents and conditions that wait for somebody, the longest waiting first."""

    to_decide: list[Appraisal] = field(default_factory=list)
    to_write: list[ProjectDocument] = field(default_factory=list)
    to_meet: list[Condition] = field(default_factory=list)
    to_settle: list[Condition] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things are listed."""
        parts = (self.to_decide, self.to_write, self.to_meet, self.to_settle)
        return sum(len(part) for part in parts)


def documents_for(user: User, plan: StrategicPlan) -> DocumentWork:
    """What of a plan's project documents waits for somebody.

    To decide: what a delegation of theirs that holds today covers by office and amount, and that
    they did not write or submit. To write and to meet: of the offices that they report for or
    manage. To settle: answers to conditions of the offices that they review.
    """
    return DocumentWork(
        to_decide=_to_decide(user, plan),
        to_write=list(
            ProjectDocument.objects.filter(
                within_offices(user, "project__", Role.REPORTER, Role.MANAGER),
                project__plan=plan,
                status__in=WRITABLE,
            )
            .select_related("project")
            .order_by("-status", "entered_at", "pk")[:MOST_LISTED]
        ),
        to_meet=list(
            _open_conditions(plan)
            .filter(within_offices(user, "appraisal__", Role.REPORTER, Role.MANAGER), answer="")
            .order_by("due", "pk")[:MOST_LISTED]
        ),
        to_settle=list(
            _open_conditions(plan)
            .filter(within_offices(user, "appraisal__", Role.REVIEWER))
            .exclude(Q(answer="") | Q(answered_by=user))
            .order_by("answered_at", "pk")[:MOST_LISTED]
        ),
    )


def _to_decide(user: User, plan: StrategicPlan) -> list[Appraisal]:
    held = list(
        Delegation.objects.in_force().filter(plan=plan, person=user).select_related("office")
    )
    covered = Q(pk__in=[])
    for one in held:
        enough = Q() if one.most_usd is None else Q(usd__lte=one.most_usd)
        covered |= Q(office__path__startswith=one.office.path) & enough
    wrote = ProjectDocument.authors.through._default_manager.filter(
        projectdocument=OuterRef("document"), user=user
    )
    return list(
        Appraisal.objects.waiting()
        .filter(covered, plan=plan)
        .exclude(Exists(wrote) | Q(submitted_by=user))
        .select_related("document__project", "office")
        .order_by("submitted_at", "pk")[:MOST_LISTED]
    )


def _open_conditions(plan: StrategicPlan) -> ConditionQuerySet:
    return (
        Condition.objects.open()
        .of_lasting_projects()
        .filter(appraisal__plan=plan)
        .select_related("appraisal__document__project")
    )
