"""Removes the demonstration with everything that hangs on it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Cast

from habitat_tracker.accounts.models import ActivityEntry, Office, OfficeRole, User
from outcomes.models import (
    Baseline,
    Category,
    Contributor,
    ContributorRevision,
    CountryRecord,
    Dimension,
    Figure,
    FigureDifference,
    FigureRun,
    Indicator,
    IndicatorFramework,
    IndicatorRevision,
    Leaf,
    Measurement,
    Milestone,
    Outcome,
    PostedThing,
    PriorityOutcome,
    RatingLevel,
    RegionalStrategy,
    StaleFigure,
    StatedFigure,
    StatusOverride,
    StrategyPriority,
    Target,
    Thing,
    ThingMerge,
    VerificationMeans,
)
from plans.models import ReportingPeriod, StrategicPlan, Theme
from projects.actions.sweeping import let_go
from projects.models import (
    Agreement,
    AgreementRevision,
    Alignment,
    Appraisal,
    BudgetLine,
    ChecklistQuestion,
    CoDeliverer,
    Comment,
    Condition,
    CoreBudget,
    Deferral,
    Delegation,
    Deliverable,
    Evidence,
    ExchangeRate,
    ExpectedIncome,
    FinalReport,
    ImportRow,
    ImportRun,
    InnovationLab,
    LateEntry,
    Lesson,
    Note,
    OutcomeShare,
    Partner,
    PartnerContribution,
    PartnerFeedback,
    PartnerRevision,
    ProductApplication,
    Project,
    ProjectDocument,
    ProjectFramework,
    ProjectIndicator,
    ProjectRevision,
    ProjectTheme,
    Reminder,
    Result,
    ResultCell,
    ReviewMeeting,
    Risk,
    SavedView,
    StoredFile,
    Story,
    Transaction,
)

from .people import OFFICE_PREFIX, PEOPLE
from .plan import PLAN_CODE
from .words import SOURCE


@dataclass(frozen=True)
class Removed:
    """What a removal did. Who or what the real plan has come to need is kept."""

    removed: bool
    kept_accounts: tuple[str, ...] = ()
    kept_offices: tuple[str, ...] = ()


@transaction.atomic
def remove_demonstration() -> Removed:
    """Delete the plan DEMO with all its rows, its accounts and its offices.

    An account that did something in the real plan stays, as what somebody did stays theirs,
    but can no longer sign in; an office that the real plan uses stays too.
    """
    plan = StrategicPlan.objects.filter(code=PLAN_CODE, is_demonstration=True).first()
    if plan is not None:
        remove_plan(plan)
    users = User.objects.filter(email__in=[person.email for person in PEOPLE])
    offices = Office.objects.filter(code__startswith=OFFICE_PREFIX, source=SOURCE)
    found = plan is not None or users.exists() or offices.exists()
    _remove_rates(users)
    OfficeRole.objects.filter(user__in=users).delete()
    _forget(users)
    _forget(offices)
    kept = tuple(user.email for user in users if not _removed(user))
    for user in User.objects.filter(email__in=kept):
        user.is_active = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])
    kept_offices = tuple(office.code for office in offices if not _removed(office))
    return Removed(found, kept, kept_offices)


def _remove_rates(users: Any) -> None:
    """The invented rates go, unless somebody replaced them by others since."""
    told = ActivityEntry.objects.filter(
        actor__in=users, target_type=ExchangeRate._meta.label_lower, reason=SOURCE
    )
    invented = [int(key) for key in told.values_list("target_id", flat=True)]
    rates = ExchangeRate.objects.filter(pk__in=invented, loaded_by__in=users)
    _forget(rates)
    rates.delete()


def remove_plan(plan: StrategicPlan) -> None:
    """Delete a plan with all that hangs on it, whatever the number of rows.

    From the leaves to the root, a few statements a table; its offices and people stay.
    """
    _delete_files(plan)
    results = Result.objects.filter(line__project__plan=plan)
    notes = Note.objects.filter(project__plan=plan)
    results.update(corrects=None)
    Deliverable.objects.filter(project__plan=plan).update(joint_with=None)
    Partner.objects.filter(plan=plan).update(merged_into=None)
    indicators = Indicator.objects.filter(plan=plan)
    indicators.update(feeds=None)
    Theme.objects.filter(plan=plan).update(part_of=None)
    of_indicator = {"indicator__plan": plan}
    parts: list[Any] = [
        *(model.objects.filter(plan=plan) for model in (Figure, Leaf, StaleFigure, PostedThing)),
        FigureDifference.objects.filter(run__plan=plan),
        FigureRun.objects.filter(plan=plan),
        Measurement.objects.filter(plan=plan),
        Evidence.objects.filter(result__line__project__plan=plan),
        Evidence.objects.filter(note__project__plan=plan),
        Comment.objects.filter(result__line__project__plan=plan),
        Comment.objects.filter(note__project__plan=plan),
        ResultCell.objects.filter(result__line__project__plan=plan),
        CoDeliverer.objects.filter(result__line__project__plan=plan),
        ImportRow.objects.filter(run__plan=plan),
        ImportRun.objects.filter(plan=plan),
        SavedView.objects.filter(plan=plan),
        _links(Story.results).filter(story__project__plan=plan),
        Story.objects.filter(project__plan=plan),
        Risk.objects.filter(plan=plan),
        _links(InnovationLab.projects).filter(innovationlab__plan=plan),
        InnovationLab.objects.filter(plan=plan),
        *(_links(field).filter(result__line__project__plan=plan) for field in _result_links()),
        results,
        _links(Note.authors).filter(note__project__plan=plan),
        notes,
        ProductApplication.objects.filter(project__plan=plan),
        Deliverable.objects.filter(project__plan=plan),
        PartnerFeedback.objects.filter(project__plan=plan),
        PartnerContribution.objects.filter(project__plan=plan),
        AgreementRevision.objects.filter(agreement__partner__plan=plan),
        _links(Agreement.countries).filter(agreement__partner__plan=plan),
        Agreement.objects.filter(partner__plan=plan),
        PartnerRevision.objects.filter(partner__plan=plan),
        Partner.objects.filter(plan=plan),
        LateEntry.objects.filter(project__plan=plan),
        _links(Reminder.to).filter(reminder__project__plan=plan),
        Reminder.objects.filter(project__plan=plan),
        ProjectIndicator.objects.filter(project__plan=plan),
        Alignment.objects.filter(project__plan=plan),
        ProjectRevision.objects.filter(project__plan=plan),
        ProjectTheme.objects.filter(project__plan=plan),
        BudgetLine.objects.filter(project__plan=plan),
        OutcomeShare.objects.filter(project__plan=plan),
        Condition.objects.filter(appraisal__plan=plan),
        Appraisal.objects.filter(plan=plan),
        _links(ProjectDocument.authors).filter(projectdocument__project__plan=plan),
        ProjectDocument.objects.filter(project__plan=plan),
        Delegation.objects.filter(plan=plan),
        ReviewMeeting.objects.filter(plan=plan),
        ChecklistQuestion.objects.filter(plan=plan),
        FinalReport.objects.filter(project__plan=plan),
        Lesson.objects.filter(project__plan=plan),
        Transaction.objects.filter(plan=plan),
        ProjectFramework.objects.filter(project__plan=plan),
        CoreBudget.objects.filter(plan=plan),
        ExpectedIncome.objects.filter(plan=plan),
        Deferral.objects.filter(outcome__plan=plan),
        _links(Project.countries).filter(project__plan=plan),
        Project.objects.filter(plan=plan),
        ContributorRevision.objects.filter(contributor__plan=plan),
        Contributor.objects.filter(plan=plan),
        ThingMerge.objects.filter(thing__plan=plan),
        Thing.objects.filter(plan=plan),
        *(
            model._default_manager.filter(**of_indicator)
            for model in (Baseline, Milestone, Target, StatusOverride, IndicatorRevision)
        ),
        *(
            model._default_manager.filter(**of_indicator)
            for model in (
                Category,
                Dimension,
                IndicatorFramework,
                RatingLevel,
                VerificationMeans,
            )
        ),
        indicators,
        StatedFigure.objects.filter(plan=plan),
        CountryRecord.objects.filter(plan=plan),
        PriorityOutcome.objects.filter(priority__strategy__plan=plan),
        StrategyPriority.objects.filter(strategy__plan=plan),
        _links(RegionalStrategy.countries).filter(regionalstrategy__plan=plan),
        RegionalStrategy.objects.filter(plan=plan),
        Outcome.objects.filter(plan=plan),
        ReportingPeriod.objects.filter(plan=plan),
        StrategicPlan.objects.filter(pk=plan.pk),
    ]
    for rows in parts:
        _forget(rows)
        if rows.model in (Outcome, ReportingPeriod, StrategicPlan):
            rows.delete()  # with what else refers to them
        else:
            rows._raw_delete(rows.db)


def _result_links() -> tuple[Any, ...]:
    return Result.authors, Result.things, Result.credits


def _links(field: Any) -> Any:
    """The rows that stand for a many-to-many field."""
    return field.through._default_manager.all()


def _forget(rows: Any) -> None:
    """Delete the activity about rows that are to go."""
    if isinstance(rows.model._meta.pk, models.CompositePrimaryKey):
        return
    keys = rows.order_by().annotate(told=Cast("pk", models.CharField())).values("told")
    ActivityEntry.objects.filter(
        target_type=rows.model._meta.label_lower, target_id__in=keys
    ).delete()


def _delete_files(plan: StrategicPlan) -> None:
    """Files that somebody uploaded to try it out, and nothing else uses, go with a sweep."""
    of_plan = Q(evidence__result__line__project__plan=plan) | Q(evidence__note__project__plan=plan)
    uploaded = list(StoredFile.objects.filter(of_plan).distinct())
    if uploaded:
        transaction.on_commit(lambda: let_go(uploaded))


def _removed(row: models.Model) -> bool:
    """Whether a row could go: not where something else needs it."""
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return False
    return True
