"""Sheets that were filled in and sent back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from plans.models import ReportingPeriod, StrategicPlan

from ..choices import (
    ImportStatus,
    RowKind,
    RowOutcome,
)
from ..querysets import (
    ImportRunQuerySet,
)
from .project import ProjectIndicator
from .results import Result


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
