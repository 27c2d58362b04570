"""Projects, what they report on, and their results on the way through review."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.fields import FixedPointField, TranslatedField
from outcomes.choices import DeliverableKind, Qualifier, State
from outcomes.models import (
    Category,
    Contributor,
    Indicator,
    Outcome,
    RatingLevel,
    Thing,
    VerificationMeans,
)
from plans.models import Domain, ReportingPeriod, StrategicPlan

from .choices import (
    OPEN,
    EvidenceKind,
    ImportStatus,
    Language,
    ProjectKind,
    ProjectStatus,
    Rank,
    RowKind,
    RowOutcome,
    Status,
)
from .querysets import (
    CommentQuerySet,
    DeliverableQuerySet,
    EvidenceQuerySet,
    ImportRunQuerySet,
    LateEntryQuerySet,
    NoteQuerySet,
    ProjectIndicatorQuerySet,
    ProjectQuerySet,
    ReminderQuerySet,
    ResultQuerySet,
)


class Project(models.Model):
    """A project under the plan, or a corporate source that results are taken from.

    It belongs to one office. `countries` are the places where it works; none: global.
    """

    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="projects")
    code = models.CharField(max_length=40)
    title = TranslatedField()
    summary = TranslatedField(blank=True)
    kind = models.CharField(max_length=20, choices=ProjectKind, default=ProjectKind.PROJECT)
    status = models.CharField(max_length=10, choices=ProjectStatus, default=ProjectStatus.ACTIVE)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="projects")
    countries = models.ManyToManyField(Country, blank=True, related_name="projects")
    start = models.DateField(null=True, blank=True)
    end = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="project_code_in_plan"),
            models.CheckConstraint(
                condition=Q(start__isnull=True)
                | Q(end__isnull=True)
                | Q(start__lte=models.F("end")),
                name="project_starts_first",
            ),
        ]
        indexes = [
            # the register, and the few corporate sources beside it
            models.Index(fields=["plan", "kind", "code"], name="project_register"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def home_office(self) -> Office:
        """Where acts on the project belong."""
        return self.office


class Alignment(models.Model):
    """A project serves an outcome: primarily, secondarily (indirect) or in a third rank."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alignments")
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="alignments")
    rank = models.CharField(max_length=10, choices=Rank)
    justification = models.TextField(blank=True)

    class Meta:
        ordering = ["project", "rank", "outcome"]
        constraints = [
            models.UniqueConstraint(fields=["project", "outcome"], name="alignment_once"),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(rank=Rank.PRIMARY),
                name="alignment_one_primary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code}: {self.outcome.code} ({self.rank})"


class ProjectIndicator(models.Model):
    """A reporting line: a project reports an indicator for one place, from when to when.

    The place is a country, a city, or none (global, several countries). Each line is one
    contributor of the ledger; `projects.actions` keeps the two in step.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lines")
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="lines")
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    city = models.ForeignKey(
        Thing, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expected_from = models.DateField(null=True, blank=True)
    expected_to = models.DateField(null=True, blank=True)
    contributor = models.OneToOneField(Contributor, on_delete=models.CASCADE, related_name="line")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ProjectIndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["project", "position", "id"]

    def __str__(self) -> str:
        return f"{self.project.code} {self.indicator.code} {self.place_name}".strip()

    @property
    def home_office(self) -> Office:
        """Where acts on the line belong."""
        return self.project.office

    @property
    def place_name(self) -> str:
        """The place in words; empty where there is none."""
        return str(self.city or self.country or "")


class LateEntry(models.Model):
    """A permission to report late: a project may still work in a period that was closed.

    It holds until the end of the day `until`, until it is ended by hand, or until its period is
    opened again. What is entered or
    submitted under it is marked with it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="late_entries")
    period = models.ForeignKey(
        ReportingPeriod, on_delete=models.CASCADE, related_name="late_entries"
    )
    until = models.DateField()
    reason = models.TextField()
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LateEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at", "-id"]
        verbose_name_plural = "late entries"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "period"],
                condition=Q(ended_at__isnull=True),
                name="late_entry_one_standing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project.code}, {self.period}"

    @property
    def is_in_force(self) -> bool:
        """Whether it still lets anybody in."""
        closed_at = self.period.closed_at
        return (
            self.ended_at is None
            and timezone.localdate() <= self.until
            and closed_at is not None
            and self.granted_at >= closed_at
        )


class Reminder(models.Model):
    """A manager asked those who report for a project (`to`) for what it owes in a period."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reminders")
    period = models.ForeignKey(ReportingPeriod, on_delete=models.CASCADE, related_name="reminders")
    message = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    to = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="reminders")

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # whether a project was reminded of a period within a day
            models.Index(fields=["project", "period", "-at"], name="reminder_of_project")
        ]

    def __str__(self) -> str:
        return f"{self.project.code}, {self.period}"


class Digest(models.Model):
    """The e-mail that tells one person, once on a day, what waits for them.

    It is claimed before it is sent, so that nobody gets it twice. A refusal of the mail server is
    kept in `failure` and leaves it to be tried again; one that is neither sent nor refused was
    interrupted, and is not.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    day = models.DateField()
    claimed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-day", "person"]
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="digest_once_a_day")]

    def __str__(self) -> str:
        return f"{self.person}, {self.day}"


class Reviewed(models.Model):
    """Base of what is entered, submitted and approved by different people.

    `version` goes up with every change, so that the second of two editors is told. The
    authors are all who typed, changed or submitted it; none of them may approve it.
    """

    period = models.ForeignKey(ReportingPeriod, on_delete=models.CASCADE, related_name="%(class)ss")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    review_comment = models.TextField(blank=True)
    late_entry = models.ForeignKey(
        "projects.LateEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    class Meta:
        abstract = True

    @property
    def is_late(self) -> bool:
        """Whether it was entered or submitted after its period was closed, with permission."""
        return self.late_entry_id is not None


class Result(Reviewed):
    """What a project reports on one line for one period: one revision of it.

    The first revision may be followed by corrections (`revision` 2, 3...); at most one
    revision is approved and at most one is being worked on; a correction says why
    (`correction_reason`). A percentage holds `numerator`
    and `denominator`; every other number is `value`; a `distinct` result lists things and, in
    `unnamed`, how many more a source only counts. An approved revision is never edited.
    """

    line = models.ForeignKey(ProjectIndicator, on_delete=models.CASCADE, related_name="results")
    revision = models.PositiveSmallIntegerField(default=1)
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
    )
    correction_reason = models.TextField(blank=True)
    state = models.CharField(max_length=15, choices=State, default=State.REPORTED)
    value = FixedPointField(null=True, blank=True)
    numerator = FixedPointField(null=True, blank=True)
    denominator = FixedPointField(null=True, blank=True)
    unnamed = FixedPointField(null=True, blank=True)
    rating = models.ForeignKey(
        RatingLevel, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    narrative = models.TextField(blank=True)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True)
    things = models.ManyToManyField(Thing, blank=True, related_name="results")
    credits = models.ManyToManyField(Indicator, blank=True, related_name="credited_results")

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["line", "period", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "period", "revision"], name="result_revision_once"
            ),
            models.UniqueConstraint(
                fields=["line", "period"],
                condition=Q(status__in=OPEN),
                name="result_one_open_revision",
            ),
            models.UniqueConstraint(
                fields=["line", "period"],
                condition=Q(status=Status.APPROVED),
                name="result_one_approved_revision",
            ),
        ]
        indexes = [
            # the reviewers' queue and the register of results by status
            models.Index(fields=["status", "-changed_at"], name="result_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.line}, {self.period}"

    @property
    def home_office(self) -> Office:
        """Where acts on the result belong."""
        return self.line.project.office


class ResultCell(models.Model):
    """One category's part of a result, beside the total."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="cells")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    value = FixedPointField(null=True, blank=True)
    numerator = FixedPointField(null=True, blank=True)
    denominator = FixedPointField(null=True, blank=True)

    class Meta:
        ordering = ["result", "category"]
        constraints = [
            models.UniqueConstraint(fields=["result", "category"], name="result_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.category.code}: {self.value}"


class Note(Reviewed):
    """A statement about an outcome, a domain or the plan that no indicator takes up.

    It goes through the same review as a result and keeps its number, if it has one, as text.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notes")
    outcome = models.ForeignKey(
        Outcome, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    domain = models.ForeignKey(
        Domain, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    key = models.CharField(max_length=40)
    text = TranslatedField()
    value_text = models.CharField(max_length=100, blank=True)
    qualifier = models.PositiveSmallIntegerField(choices=Qualifier, default=Qualifier.EXACT)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["project", "key"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="note_key_once")]

    def __str__(self) -> str:
        return str(self.text)[:80]

    @property
    def home_office(self) -> Office:
        """Where acts on the note belong."""
        return self.project.office


def evidence_path(stored: StoredFile, filename: str) -> str:
    """Where an uploaded file is kept: under a random name, never under the uploader's."""
    return f"evidence/{uuid.uuid4().hex}{PurePath(filename).suffix.lower()[:10]}"


class StoredFile(models.Model):
    """The content of an uploaded file, kept once however often it was uploaded.

    `sha256` tells equal contents; `size` is in bytes. What no evidence refers to is swept away.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=40, blank=True)
    file = models.FileField(upload_to=evidence_path, max_length=200)
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]


class Evidence(models.Model):
    """What stands behind a result or a note: a file, a link, a passage of a document.

    What was replaced (`replaced_by`) or taken away (`removed_at`) is kept and shown as such; the
    others are current and stand behind the result. `title` is also the name that a file is
    downloaded under.
    """

    result = models.ForeignKey(
        Result, on_delete=models.CASCADE, null=True, blank=True, related_name="evidence"
    )
    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, null=True, blank=True, related_name="evidence"
    )
    kind = models.CharField(max_length=10, choices=EvidenceKind)
    title = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True)
    stored = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    passage = models.CharField(max_length=100, blank=True)
    means = models.ForeignKey(
        VerificationMeans, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    quote = models.TextField(blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors"
    )
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(result__isnull=False) ^ Q(note__isnull=False),
                name="evidence_of_result_or_note",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_current(self) -> bool:
        """Whether it stands behind its result now."""
        return self.replaced_by_id is None and self.removed_at is None


class Comment(models.Model):
    """What somebody of the office says about a result or a note; it is never changed."""

    result = models.ForeignKey(
        Result, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__isnull=False) ^ Q(note__isnull=False),
                name="comment_of_result_or_note",
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]


def sheet_path(run: ImportRun, _name: str) -> str:
    """Where a returned sheet is kept until it is read."""
    return f"imports/{run.pk}"


class ImportRun(models.Model):
    """A workbook or CSV file that somebody filled in and sent back, read and then confirmed.

    Only its sender sees it. `columns` are the places of the sheet's columns, from 0, by key. The
    counts are of results, `rows_read` of rows of the file. `attempts` goes up with each job that
    takes it on, and back to 0 with each piece of it that is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(StrategicPlan, on_delete=models.CASCADE, related_name="imports")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports"
    )
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to=sheet_path, max_length=200, blank=True)
    language = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.UPLOADED)
    columns = models.JSONField(default=dict)
    rows_read = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    submits = models.BooleanField(default=False)
    refusal = models.CharField(max_length=300, blank=True)
    refusal_code = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    uploaded_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        indexes = [
            # what a job has left lying, and what nobody confirmed
            models.Index(fields=["status", "touched_at"], name="import_to_take_up"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """What a returned sheet says of one result: a reporting line in a period.

    `position` is its first row in the file; `places` are its rows by category code ("" the
    total). `given` is what the sheet says and `stored` what stood then (see
    `projects.sheets.content`), `version` that of the draft that would be changed, 0 where there
    was none. `problems` name the cell, the code and the message. `is_mine` says that the sheet's
    value goes over a newer one.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    places = models.JSONField(default=dict)
    line = models.ForeignKey(
        ProjectIndicator, on_delete=models.CASCADE, null=True, related_name="+"
    )
    period = models.ForeignKey(
        ReportingPeriod, on_delete=models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=RowKind)
    given = models.JSONField(default=dict)
    stored = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    result = models.ForeignKey(Result, on_delete=models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=150, blank=True)
    problems = models.JSONField(default=list)
    is_mine = models.BooleanField(default=False)
    outcome = models.CharField(
        max_length=15, choices=RowOutcome, default=RowOutcome.OPEN, blank=True
    )

    class Meta:
        ordering = ["run", "position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run}, {self.position}"


class Deliverable(models.Model):
    """Something that a project delivered: a publication, a workshop, advice; registered once.

    Indicators that count from the register count `thing`, which is one however many projects
    register it: a joint one says in `joint_with` who registered it first. The country is that of
    the city where there is one. Participants are of events, in persons: women, men, and those
    of whom it is not stated; of a joint event they stand with who registered it first. What was
    cancelled is kept, with the reason, and counts nowhere.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deliverables")
    kind = models.CharField(max_length=20, choices=DeliverableKind)
    title = models.CharField(max_length=300)
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="deliverables")
    date = models.DateField()
    language = models.CharField(max_length=3, choices=Language, default=Language.EN)
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    city = models.ForeignKey(
        Thing, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    link = models.URLField(max_length=500, blank=True)
    symbol = models.CharField(max_length=60, blank=True)
    women = models.PositiveIntegerField(null=True, blank=True)
    men = models.PositiveIntegerField(null=True, blank=True)
    unstated = models.PositiveIntegerField(null=True, blank=True)
    thing = models.ForeignKey(Thing, on_delete=models.PROTECT, related_name="deliverables")
    joint_with = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="joint"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)

    objects = DeliverableQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "thing"],
                condition=Q(cancelled_at__isnull=True),
                name="deliverable_once_in_project",
            ),
            models.CheckConstraint(
                condition=~Q(link="") | ~Q(symbol=""), name="deliverable_has_link_or_symbol"
            ),
        ]
        indexes = [
            # what a project's results of a period count
            models.Index(fields=["project", "kind", "date"], name="deliverable_of_project"),
            # the register, the newest first
            models.Index(fields=["-date", "-id"], name="deliverable_register"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def home_office(self) -> Office:
        """Where acts on the deliverable belong."""
        return self.project.office

    @property
    def place_name(self) -> str:
        """The place in words; empty where there is none."""
        return str(self.city or self.country or "")

    @property
    def participants(self) -> int:
        """All participants, in persons; 0 where none are known."""
        return sum(number or 0 for number in (self.women, self.men, self.unstated))
