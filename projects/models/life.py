"""A project's life: what is proposed of it, how it was appraised, and how it ended."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import FixedPointField, TranslatedField
from outcomes.models import Outcome
from plans.models import StrategicPlan

from ..choices import Decision, DocumentKind, DocumentStatus, Level
from ..querysets import (
    AppraisalQuerySet,
    ConditionQuerySet,
    DelegationQuerySet,
    DocumentQuerySet,
    LessonQuerySet,
    MeetingQuerySet,
)
from .project import Project


class ProjectDocument(models.Model):
    """A version of the project document: the proposal is the first, each revision a later one.

    `content` holds the sections of `projects.documents` as they were last saved; nothing of it
    counts before it is approved. Of a revision, `base` is the project's record as it stood when the
    revision was begun, and `reason` says why it is asked for. `version` goes up with
    each section that is saved.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="documents")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=DocumentKind)
    status = models.CharField(max_length=10, choices=DocumentStatus, default=DocumentStatus.DRAFT)
    content = models.JSONField(default=dict)
    base = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["project", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="document_number_once"),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(status__in=("draft", "submitted", "returned")),
                name="document_one_open",
            ),
            models.UniqueConstraint(
                fields=["project"], condition=Q(status="approved"), name="document_one_approved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.get_kind_display()} {self.number}"

    @property
    def home_office(self) -> Office:
        """Where acts on the document belong."""
        return self.project.office


class ChecklistQuestion(models.Model):
    """A question that appraisers answer of each proposal; one that is no longer asked is kept."""

    plan = models.ForeignKey(
        StrategicPlan, on_delete=models.CASCADE, related_name="checklist_questions"
    )
    code = models.CharField(max_length=30)
    text = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)

    class Meta:
        ordering = ["plan", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="checklist_question_once")
        ]

    def __str__(self) -> str:
        return str(self.text)


class ReviewMeeting(models.Model):
    """A meeting of the Programme Review Committee, in which it decides on proposals."""

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="meetings")
    date = models.DateField()
    chair = models.CharField(max_length=150)
    minutes = models.URLField(max_length=500, blank=True)
    note = models.TextField(blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-date"]
        constraints = [models.UniqueConstraint(fields=["plan", "date"], name="meeting_of_a_day")]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d}"


class Delegation(models.Model):
    """The authority to decide on proposals: whose, in which offices, up to which amount, when.

    It holds for the office and all below it, from the day `start` to the end of the day `until`
    (none: until it is ended), up to `most_usd` US dollars (none: any amount). What it rests on is
    named in `document`.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="delegations")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations"
    )
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="delegations")
    level = models.CharField(max_length=10, choices=Level)
    most_usd = FixedPointField(null=True, blank=True)
    start = models.DateField()
    until = models.DateField(null=True, blank=True)
    document = models.CharField(max_length=300)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["office__path", "person__name", "-start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("start")),
                name="delegation_starts_first",
            ),
            models.CheckConstraint(
                condition=Q(most_usd__isnull=True) | Q(most_usd__gt=Decimal(0)),
                name="delegation_above_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.office.code}"

    def reaches(self, usd: Decimal) -> bool:
        """Whether its amount is enough for a budget."""
        return self.most_usd is None or self.most_usd >= usd

    @property
    def home_office(self) -> Office:
        """Where acts on the delegation belong."""
        return self.office


class Appraisal(models.Model):
    """One submission of a project document, with what was asked, answered and decided.

    `content` is the document as it was submitted, `usd` its budget in US dollars, of which
    `earmarked_usd` is earmarked. `answers` holds `{question: {answer, note}}`. The decision names
    the delegation that it was taken under, and its meeting where the committee took it. A
    document that was returned and is submitted again has a new one, of the next round.
    """

    document = models.ForeignKey(
        ProjectDocument, on_delete=models.CASCADE, related_name="appraisals"
    )
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="appraisals")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    content = models.JSONField(default=dict)
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, null=True, related_name="+")
    usd = FixedPointField()
    earmarked_usd = FixedPointField()
    submitted_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answers = models.JSONField(default=dict, blank=True)
    recalled_at = models.DateTimeField(null=True, blank=True)
    meeting = models.ForeignKey(
        ReviewMeeting, on_delete=models.PROTECT, null=True, blank=True, related_name="appraisals"
    )
    delegation = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="appraisals"
    )
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "round"], name="appraisal_round_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_on__isnull=True)
                | (~Q(decision="") & Q(decided_on__isnull=False)),
                name="appraisal_decided_on_a_day",
            ),
        ]
        indexes = [
            # the committee's list, the newest first, and what waits
            models.Index(fields=["plan", "-submitted_at", "-id"], name="appraisal_register"),
            models.Index(fields=["plan", "decision", "decided_on"], name="appraisal_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.document} ({self.round})"

    @property
    def home_office(self) -> Office:
        """Where acts on the appraisal belong."""
        return self.office

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided yet and it was not taken back."""
        return not self.decision and self.recalled_at is None

    @property
    def core_usd(self) -> Decimal:
        """What of the budget is not earmarked, in US dollars."""
        return self.usd - self.earmarked_usd


class Condition(models.Model):
    """Something that an approval depends on: what is to be done by when, and what came of it.

    The project's office says what it did (`answer`); an appraiser settles it, or sends the answer
    back. Where `before_start`, the project does not begin before it is met.
    """

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="conditions")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    due = models.DateField()
    before_start = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    remark = models.TextField(blank=True)

    objects = ConditionQuerySet.as_manager()

    class Meta:
        ordering = ["appraisal", "position", "id"]

    def __str__(self) -> str:
        return self.text[:100]

    @property
    def home_office(self) -> Office:
        """Where acts on the condition belong."""
        return self.appraisal.office

    @property
    def is_met(self) -> bool:
        """Whether an appraiser found it met."""
        return self.settled_at is not None

    @property
    def is_overdue(self) -> bool:
        """Whether its day has passed and nobody found it met."""
        return not self.is_met and self.due < timezone.localdate()


class FinalReport(models.Model):
    """What a project leaves when it is closed: what it achieved, what lasts, and the report.

    Where conditions of its approvals are open, `conditions_left` says why they are left.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="final_report")
    closed_on = models.DateField()
    achieved = models.TextField()
    lasting = models.TextField()
    link = models.URLField(max_length=500)
    conditions_left = models.TextField(blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.project.code

    @property
    def home_office(self) -> Office:
        """Where acts on the report belong."""
        return self.project.office


class Lesson(models.Model):
    """What a project teaches others: the situation, what was learned, and how to use it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lessons")
    outcome = models.ForeignKey(
        Outcome, on_delete=models.CASCADE, null=True, blank=True, related_name="lessons"
    )
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    context = models.TextField()
    learned = models.TextField()
    use = models.TextField(blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["-entered_at", "-id"]
        indexes = [models.Index(fields=["-entered_at", "-id"], name="lesson_register")]

    def __str__(self) -> str:
        return self.learned[:100]

    @property
    def home_office(self) -> Office:
        """Where acts on the lesson belong."""
        return self.project.office
