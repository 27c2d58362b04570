"""One small world in which everything can be tried: offices, people, and rows in every state."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import OfficeRole, User
from outcomes.actions import get_thing
from outcomes.models import Indicator
from plans.actions import close_period
from plans.models import ReportingPeriod
from projects import actions
from projects.models import (
    Deferral,
    Deliverable,
    Evidence,
    ImportRun,
    Note,
    Project,
    ProjectIndicator,
    Result,
    Transaction,
)
from projects.sheets.columns import READ
from tests import factories
from tests.roles import ANONYMOUS, places


class World:
    """A project of the office for Africa; `people` hold each role above, inside and outside it."""

    def __init__(self) -> None:
        self.plan = factories.plan("SP")
        self.outcome, self.other = factories.outcome(self.plan), factories.outcome(self.plan, "1.2")
        self.office, self.elsewhere = factories.office("ROAF"), factories.office("ROAP")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.uganda = factories.country("UGA", "Uganda", self.office)
        self.indicator: Indicator = factories.indicator(
            self.outcome, "WATER", {"SEX": ["women", "men"]}
        )
        self.project: Project = factories.project(
            self.plan, "P1", self.office, self.kenya, self.outcome
        )
        self.line: ProjectIndicator = factories.line(self.project, self.indicator, self.kenya)
        self.things = [
            get_thing(plan=self.plan, kind="city", key=key, country=self.kenya) for key in "ab"
        ]
        self.period: ReportingPeriod = factories.period(self.plan, "2020-Q1")
        self.pending: Result = self.result("PENDING", "submitted")
        self.done: Result = self.result("DONE", "approved")
        self.draft: Result = factories.report(self.line, 5, to="draft")
        self.reporter = User.objects.get(name="Reporter")
        self.evidence: Evidence = actions.add_evidence(
            to=self.draft,
            kind="file",
            title="Minutes",
            file=SimpleUploadedFile("minutes.txt", b"Minutes of the meeting"),
            by=self.reporter,
        )
        self.note: Note = actions.save_note(
            by=self.reporter,
            project=self.project,
            key="n",
            period=self.period,
            text={"en": "A note"},
        )
        self.counting: Indicator = factories.counting(self.outcome, code="PUB")
        factories.line(self.project, self.counting, self.kenya)
        self.deliverable: Deliverable = actions.save_deliverable(
            project=self.project, entered=self.delivered(title="Guide"), by=self.reporter
        )
        manager = factories.user("Closing manager", Role.MANAGER)
        self.closed = close_period(period=factories.period(self.plan, "2020-Q3"), by=manager)
        late = close_period(period=factories.period(self.plan, "2020-Q4"), by=manager)
        self.late = actions.allow_late_entry(
            project=self.project,
            period=late,
            until=factories.days_ago(-5),
            reason="The office was flooded",
            by=manager,
        )
        self.sheet: ImportRun = self._sheet("sheet.csv")
        factories.theme(self.plan, "driver", "DRV-LEG", "Legislation")
        factories.theme(self.plan, "inclusion", "SI-GEN", "Gender")
        self.transaction: Transaction = actions.record_transaction(
            project=self.project, entered=self.spent(), by=manager
        ).transaction
        self.deferral: Deferral = actions.defer_outcome(
            outcome=self.outcome,
            planned=date(2020, 6, 1),
            until=date(2022, 1, 1),
            reason="No funds",
            by=manager,
        )
        self.view = actions.save_view(
            plan=self.plan, register="projects", name="Mine", query="q=water", by=self.reporter
        )
        colleague = factories.user("Colleague", Role.READER, self.office)
        self.colleague, self.held = colleague, OfficeRole.objects.get(user=colleague)
        self.people: dict[str, Any] = {ANONYMOUS: AnonymousUser()}
        for place, office in places().items():
            for role in Role.values:
                name = f"{role} {place}"
                self.people[name] = factories.user(name, role, office)

    def _sheet(self, name: str) -> ImportRun:
        """A sheet that somebody sent back, read and waiting to be confirmed."""
        run = actions.upload_sheet(plan=self.plan, file=self.upload(name), by=self.reporter)
        actions.read_sheet(run.pk)
        return ImportRun.objects.get(pk=run.pk)

    def upload(self, name: str = "sheet.csv") -> SimpleUploadedFile:
        """A filled-in sheet as a browser sends it."""
        keys = ",".join(READ)
        said = {"line": str(self.line.pk), "period": "2020-Q2", "value": "7"}
        row = ",".join(said.get(key, "") for key in READ)
        return SimpleUploadedFile(name, f"{keys}\n{keys}\n{row}\n".encode())

    def rates(self) -> SimpleUploadedFile:
        """A file of exchange rates."""
        return SimpleUploadedFile("rates.csv", b"year,month,currency,rate\n2020,4,EUR,0.91\n")

    def money(self) -> SimpleUploadedFile:
        """A file of income and expenditure."""
        keys = ",".join(actions.TRANSACTION_COLUMNS)
        row = "A-1,P1,income,2020-04-01,USD,50,Norway,yes,"
        return SimpleUploadedFile("money.csv", f"{keys}\n{row}\n".encode())

    def spent(self) -> actions.TransactionInput:
        """What a manager types of an expenditure."""
        return actions.TransactionInput(kind="expenditure", date="2020-04-01", amount="100")

    def delivered(self, **content: Any) -> actions.DeliverableInput:
        """What a reporter types of a publication."""
        entered: dict[str, Any] = {
            "kind": "publication",
            "title": "Atlas",
            "outcome": self.outcome,
            "date": date(2020, 4, 1),
            "country": self.kenya,
            "symbol": "",
            "link": "https://example.org/atlas",
        }
        return actions.DeliverableInput(**(entered | content))

    def result(self, code: str, to: str) -> Result:
        """A result of a line of its own, as far as `to` says."""
        indicator = factories.indicator(self.outcome, code)
        return factories.report(factories.line(self.project, indicator, self.kenya), 1, to=to)

    def entry(self, **content: Any) -> actions.ResultInput:
        """What a reporter types, on a line where something stands already."""
        content = {
            "value": "7",
            "narrative": "Wells",
            "cells": {"women": "3", "men": "4"},
        } | content
        return actions.ResultInput(line=self.line, period=self.period, **content)
