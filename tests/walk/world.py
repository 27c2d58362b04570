"""One small world in which everything can be tried: offices, people, and rows in every state."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import OfficeRole, User
from outcomes.actions import (
    CountryRecordInput,
    FrameworkInput,
    PriorityInput,
    StrategyInput,
    get_thing,
    save_country_record,
    save_priority,
    save_strategy,
)
from outcomes.models import Indicator
from plans.actions import close_period
from plans.models import ReportingPeriod
from projects import actions
from projects.models import (
    Appraisal,
    Deferral,
    Deliverable,
    Evidence,
    ImportRun,
    Note,
    Project,
    ProjectDocument,
    ProjectIndicator,
    Result,
    Story,
    Transaction,
)
from projects.sheets.columns import READ
from tests import factories
from tests.factories import life
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
        self.city = self.things[0]
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
        self.applying: Project = factories.project(self.plan, "P2", self.office)
        self.product: Deliverable = actions.save_deliverable(
            project=self.applying, entered=self.delivered(title="Manual"), by=self.reporter
        )
        self.application = factories.application(self.deliverable, self.applying)
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
        self.theme = factories.theme(self.plan, "driver", "DRV-LEG", "Legislation")
        factories.theme(self.plan, "inclusion", "SI-GEN", "Gender")
        factories.theme(self.plan, "flagship", "FP-1")
        self.transaction: Transaction = actions.record_transaction(
            project=self.project, entered=self.spent(), by=manager
        ).transaction
        factories.theme(self.plan, "global_framework", "SENDAI", "Sendai Framework")
        self.deferral: Deferral = actions.defer_outcome(
            outcome=self.outcome,
            planned=date(2020, 6, 1),
            until=date(2031, 1, 1),
            reason="No funds",
            by=manager,
        )
        self.expected = actions.expect_income(
            plan=self.plan,
            entered=actions.ForecastInput(2020, "100", "signed", "yes", "Norway"),
            by=None,
        )
        self.view = actions.save_view(
            plan=self.plan, register="projects", name="Mine", query="q=water", by=self.reporter
        )
        self.partner = factories.partner(self.plan, "Shelter for All")
        self.other_partner = factories.partner(self.plan, "Shelter Alliance")
        self.agreement = factories.agreement(self.partner, at=self.office)
        save_country_record(
            plan=self.plan,
            country=self.kenya,
            said=CountryRecordInput(framework_stage="in_preparation"),
            by=None,
        )
        self.strategy = save_strategy(
            plan=self.plan, office=self.office, said=StrategyInput(text={"en": "Do well"}), by=None
        )
        self.priority, self.second = (
            save_priority(
                strategy=self.strategy,
                said=PriorityInput(text={"en": text}, outcomes={"1.1": "unverified"}),
                by=None,
            )
            for text in ("Water", "Streets")
        )
        self.contribution = factories.contribution(self.project, self.partner)
        colleague = factories.user("Colleague", Role.READER, self.office)
        self.colleague, self.held = colleague, OfficeRole.objects.get(user=colleague)
        self.people: dict[str, Any] = {ANONYMOUS: AnonymousUser()}
        for place, office in places().items():
            for role in Role.values:
                name = f"{role} {place}"
                self.people[name] = factories.user(name, role, office)

    def lives(self) -> None:
        """Projects at every step: a proposal, one in appraisal, one to begin, one under way.

        Their outcome is the world's, so is their indicator; `reviewer inside` may decide.
        """
        rows: dict[str, Any] = {
            "places": {"countries": ["KEN"]},
            "outcomes": [{"outcome": "1.1", "rank": "primary", "why": "It brings water"}],
            "logframe": [{"indicator": "WATER", "country": "KEN", "target": "5"}],
        }
        head = self.people["reviewer inside"]
        self.delegation = actions.delegate(
            plan=self.plan,
            person=head,
            office=self.office,
            level="regional",
            most_usd=None,
            start=date(2020, 1, 1),
            until=None,
            document="Guidelines",
            by=None,
        )
        self.meeting = actions.save_meeting(
            plan=self.plan, on=date(2020, 4, 30), chair="Deputy", by=None
        )
        actions.set_checklist(plan=self.plan, questions=[("Q1", {"en": "In line?"})], by=None)

        def proposed(code: str) -> ProjectDocument:
            return life.proposal(self.plan, self.office, self.reporter, code, **rows)

        def submitted(code: str) -> Appraisal:
            return actions.submit_document(document=proposed(code), by=self.reporter)

        def decided(code: str) -> Appraisal:
            conditions = [actions.ConditionInput("Ask those who live there", date(2030, 1, 1))]
            waiting = submitted(code)
            answers = {"Q1": ("yes", "")}
            actions.answer_checklist(appraisal=waiting, answers=answers, by=head)
            return life.decided(waiting, head, self.delegation, "conditions", conditions=conditions)

        def story(title: str) -> Story:
            entered = actions.StoryInput(
                title, "A tap in each yard.", results=(self.done,), consent="Amina, 2020-03-01"
            )
            return actions.save_story(project=self.project, entered=entered, by=self.reporter)

        self.risk = actions.save_risk(
            plan=self.plan, entered=self.fears(project=self.project), by=self.reporter
        )
        self.plan_risk = actions.save_risk(
            plan=self.plan, entered=self.fears(), by=self.people["manager above"]
        )
        self.feedback, self.asked = (
            actions.ask_partner(
                project=self.project, partner=self.partner, email="a@example.org", by=self.reporter
            )
            for _time in range(2)
        )
        self.feedback = actions.answer_feedback(
            token=signing.dumps(self.feedback.pk, salt="projects.feedback"),
            name="Ann",
            rating="4",
            went_well="All",
            to_improve="",
            consent=True,
        )
        self.story = story("Water")
        told = story("More water")
        self.told = actions.publish_story(story=told, by=self.people["manager inside"])
        self.lab = actions.save_lab(
            plan=self.plan,
            office=self.office,
            entered=actions.LabInput("Kisumu lab", self.kenya, "operating", city="Kisumu"),
            by=None,
        )
        self.proposal, self.appraisal = proposed("LIFE1"), submitted("LIFE2")
        self.waiting = self.appraisal.document
        answers = {"Q1": ("partly", "Two of three outcomes")}
        actions.answer_checklist(appraisal=self.appraisal, answers=answers, by=head)
        approval = decided("LIFE3")
        self.approved = approval.document.project
        self.condition = approval.conditions.get()
        self.answered = decided("LIFE4").conditions.get()
        self.answered = actions.answer_condition(
            condition=self.answered, answer="Asked", by=self.reporter
        )
        manager = self.people["manager inside"]
        self.active = actions.start_project(
            project=self.answered.appraisal.document.project, by=manager
        )
        again = actions.start_project(project=decided("LIFE5").document.project, by=manager)
        self.revision = actions.begin_revision(project=again, by=self.reporter, reason="Why")
        self.suspended = actions.start_project(
            project=decided("LIFE6").document.project, by=manager
        )
        actions.suspend_project(project=self.suspended, by=manager, reason="Unrest")
        actions.close_project(
            project=factories.project(self.plan, "DONE", self.office),
            closed_on=date(2020, 12, 31),
            achieved="Wells",
            lasting="The town keeps them",
            link="https://example.org/report",
            lessons=[actions.LessonInput("Nobody was asked", "Ask")],
            by=manager,
        )

    def fears(self, **content: Any) -> actions.RiskInput:
        """What is typed of a risk."""
        entered: dict[str, Any] = {
            "title": "No money",
            "category": "funding",
            "likelihood": 4,
            "impact": 5,
            "response": "reduce",
            "measures": "More donors are asked.",
            "owner": self.reporter,
            "review_by": factories.days_ago(-30),
        }
        return actions.RiskInput(**(entered | content))

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

    def delivered_with(self) -> actions.CoDeliveryInput:
        """What a reporter types of a joint result: a partner leads it."""
        part = actions.PartInput(self.partner, "Builds wells", "60")
        return actions.CoDeliveryInput([part], self.partner, "40", "Plans them")

    def signed(self, **content: Any) -> actions.AgreementInput:
        """What is typed of an agreement of the office."""
        entered: dict[str, Any] = {
            "title": "Second agreement",
            "kind": "memorandum",
            "scope": "country",
            "office": self.office,
            "signed": date(2020, 5, 1),
            "start": date(2020, 5, 1),
            "countries": (self.kenya,),
        }
        return actions.AgreementInput(**(entered | content))

    def aligned(self) -> FrameworkInput:
        """An alignment with the Sendai Framework."""
        return FrameworkInput("SENDAI", "HSP/OECPR.2021/2, para. 64", "stated")

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
