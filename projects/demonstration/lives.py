"""The lives of the demonstration's projects: appraised before they began, proposed, closed."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import snapshot
from habitat_tracker.accounts.models import Office, User
from outcomes import scopes
from outcomes.actions import set_target
from outcomes.choices import Kind
from outcomes.models import Indicator, Outcome
from plans.choices import ThemeKind
from plans.models import PlanRevision, StrategicPlan, Theme
from projects.actions import (
    ConditionInput,
    RiskInput,
    StoryInput,
    answer_checklist,
    approved_results,
    begin_revision,
    decide,
    delegate,
    propose_project,
    publish_story,
    save_meeting,
    save_risk,
    save_section,
    save_story,
    set_checklist,
    submit_document,
)
from projects.choices import Decision, DocumentKind, DocumentStatus, Level, ProjectStatus
from projects.documents.record import content_of
from projects.documents.sections import amounts, primary_outcome
from projects.models import (
    Appraisal,
    FinalReport,
    Lesson,
    Project,
    ProjectDocument,
    ProjectIndicator,
    ReviewMeeting,
)

from .people import Staff
from .portfolio import SEED, Atlas
from .words import OTHER_SUBJECTS, SOURCE, SUBJECTS

REGIONAL_MOST = 500_000
CHECKLIST = (
    (
        "IN-LINE",
        "Does it serve the outcomes that it names, in this order?",
        "是否按所列次序服务于其成果？",
    ),
    (
        "DRIVERS",
        "Does it use drivers of change and enablers, and say how?",
        "是否运用变革驱动因素和能动因素并说明方式？",
    ),
    ("INCLUSION", "Was every social inclusion dimension examined?", "是否审查了每个社会包容层面？"),
    (
        "CATALOGUE",
        "Does it use the services and tools of the catalogue?",
        "是否利用服务目录中的服务和工具？",
    ),
    ("SCALING", "Is its potential for replication judged fairly?", "对其复制潜力的判断是否公允？"),
    ("LOGFRAME", "Can its targets be measured, and by whom?", "其目标能否衡量、由谁衡量？"),
)
CONDITIONS = (
    "Name who looks after the works when the project has ended.",
    "Consult those who live there before the design is settled.",
    "Show how women's access to the works is measured.",
)
RISKS = (
    ("floods delay the works", "delivery", "Build after the rains; keep two weeks in reserve."),
    ("a donor pays late", "funding", "Ask for a first instalment before the tender."),
    ("an election changes the city's priorities", "political", "Agree with all parties first."),
    ("the municipality loses its planners", "people", "Train a team, not a person."),
)
LESSONS = (
    (
        "The works began before the traders of the street were asked.",
        "Ask those who earn their living there before the design, not after it.",
        "Plan a month of conversations before the tender.",
    ),
    (
        "Three ministries kept three lists of settlements.",
        "Agree on one list before anything is counted.",
        "Let the statistical office hold the list.",
    ),
    (
        "The city had trained two planners; both left within a year.",
        "Train a team and leave a handbook, not a person.",
        "Budget for a second round of training.",
    ),
)


class Lives:
    """Gives the demonstration's projects their documents, and adds some that are only proposed."""

    def __init__(self, plan: StrategicPlan, atlas: Atlas, staff: Staff) -> None:
        self.plan = plan
        self.atlas = atlas
        self.staff = staff
        settings = PlanRevision.objects.at().get(plan=plan)
        self.first, self.last = settings.start, settings.end
        self.outcomes = list(Outcome.objects.filter(plan=plan).order_by("position", "code"))

    def make(self, projects: list[Project]) -> None:
        """Authority, meetings and checklist; then documents, proposals and closures."""
        self._set_up()
        self._aim([one for one in projects if one.status == ProjectStatus.ACTIVE][:24])
        self._appraise(projects)
        self._close([one for one in projects if one.status == ProjectStatus.CLOSED])
        self._propose()
        self._fear([one for one in projects if one.status == ProjectStatus.ACTIVE][:24])
        self._tell([one for one in projects if one.status == ProjectStatus.ACTIVE][:6])
        under_way = (one for one in projects if one.status == ProjectStatus.ACTIVE)
        for project in islice(under_way, 3, 5):
            begin_revision(
                project=project,
                by=self.staff.reporter(project.office),
                reason="Demonstration: the partner city asked for one more year.",
            )

    def _set_up(self) -> None:
        manager, offices = self.staff.manager, self.staff.offices
        set_checklist(
            plan=self.plan,
            questions=[
                (code, {"en": english, "zh": chinese}) for code, english, chinese in CHECKLIST
            ],
            by=manager,
        )
        given: list[tuple[User, Office, Level, int | None]] = [
            (self.staff.approver, offices["HQ"], Level.COMMITTEE, None)
        ]
        for code in ("ROAF", "ROAP"):
            if code in offices:
                head = self.staff.reviewer(offices[code])
                given.append((head, offices[code], Level.REGIONAL, REGIONAL_MOST))
        self.delegations = [
            delegate(
                plan=self.plan,
                person=person,
                office=office,
                level=level,
                most_usd=most,
                start=self.first,
                until=None,
                document="Demonstration: guidelines on the review of programmes",
                by=manager,
            )
            for person, office, level, most in given
        ]
        self.meetings: list[ReviewMeeting] = []
        day = self.first + timedelta(days=20)
        while day < min(timezone.localdate(), self.last):
            self.meetings.append(
                save_meeting(plan=self.plan, on=day, chair="Deputy Executive Director", by=manager)
            )
            day += timedelta(days=91)
        today = timezone.localdate()
        if self.meetings[-1:] and self.meetings[-1].date < today:  # what is submitted now
            save_meeting(plan=self.plan, on=today, chair="Deputy Executive Director", by=manager)

    def _aim(self, projects: list[Project]) -> None:
        """What projects want to reach themselves with what they report."""
        lines = ProjectIndicator.objects.filter(project__in=projects)
        for line in lines.select_related("project", "indicator", "country", "city"):
            if line.indicator.kind != Kind.RATING:
                set_target(
                    indicator=line.indicator,
                    scope=scopes.of_contributor(line.contributor_id),
                    value=random.Random(f"{SEED} target {line}").randrange(5, 60),
                    on=line.project.end or self.last,
                    source=SOURCE,
                    by=self.staff.manager,
                )

    def _appraise(self, projects: list[Project]) -> None:
        """The documents of projects that began under this plan, approved before they began."""
        committee = self.delegations[0]
        documents: list[ProjectDocument] = []
        appraisals: list[Appraisal] = []
        outcomes = {one.code: one for one in self.outcomes}
        begun = (ProjectStatus.ACTIVE, ProjectStatus.CLOSED)
        for project in projects:
            if project.status not in begun or not project.start or project.start < self.first:
                continue
            before = [one for one in self.meetings if one.date <= project.start]
            if not before:
                continue
            content = content_of(project)
            usd, earmarked = amounts(content)
            if not usd:
                continue  # one without a budget is not approved by anybody yet
            reporter = self.staff.reporter(project.office)
            moment = _noon(before[-1].date - timedelta(days=12))
            document = ProjectDocument(
                project=project,
                number=1,
                kind=DocumentKind.PROPOSAL,
                status=DocumentStatus.APPROVED,
                content=content,
                entered_by=reporter,
                entered_at=moment - timedelta(days=30),
                approved_at=_noon(before[-1].date),
            )
            documents.append(document)
            appraisals.append(
                Appraisal(
                    document=document,
                    plan=self.plan,
                    office=project.office,
                    content=content,
                    outcome=outcomes.get(primary_outcome(content)),
                    usd=usd,
                    earmarked_usd=earmarked,
                    submitted_at=moment,
                    submitted_by=reporter,
                    answers={code: {"answer": "yes", "note": ""} for code, *_texts in CHECKLIST},
                    meeting=before[-1],
                    delegation=committee,
                    decision=Decision.APPROVED,
                    decided_on=before[-1].date,
                    decided_by=committee.person,
                )
            )
        ProjectDocument.objects.bulk_create(documents)
        Project.objects.filter(pk__in=[one.project_id for one in documents]).update(
            taken_over_at=None, taken_over_by=None, taken_over_reason=""
        )
        Appraisal.objects.bulk_create(appraisals)
        authors = ProjectDocument.authors.through
        authors.objects.bulk_create(
            authors(projectdocument_id=one.pk, user_id=one.entered_by_id) for one in documents
        )
        for rows, verb in ((documents, "began a document"), (appraisals, "decided: approved")):
            told = {row: {"status": [None, "approved"]} for row in rows}
            record_activity(by=committee.person, verb=verb, targets=list(rows), changes=told)

    def _close(self, projects: list[Project]) -> None:
        """Final reports and lessons of what has ended."""
        reports: list[FinalReport] = []
        lessons: list[Lesson] = []
        manager = self.staff.manager
        for number, project in enumerate(projects):
            if project.end is None:
                continue
            context, learned, use = LESSONS[number % len(LESSONS)]
            aligned = project.alignments.filter(rank="primary").first()
            reports.append(
                FinalReport(
                    project=project,
                    closed_on=project.end,
                    achieved="Demonstration: what was planned was built and handed over.",
                    lasting="Demonstration: the municipality looks after it.",
                    link=f"https://example.org/{project.code.lower()}/final-report",
                    entered_by=manager,
                )
            )
            lessons.append(
                Lesson(
                    project=project,
                    outcome=aligned.outcome if aligned else None,
                    country=project.countries.first(),
                    context=f"Demonstration: {context}",
                    learned=learned,
                    use=use,
                    entered_at=_noon(project.end),
                    entered_by=manager,
                )
            )
        for made in (
            FinalReport.objects.bulk_create(reports),
            Lesson.objects.bulk_create(lessons),
        ):
            told = snapshot([]).told(made)
            record_activity(by=manager, verb="added", targets=list(made), changes=told)

    def _fear(self, projects: list[Project]) -> None:
        """Risks of projects and of the plan, with their owners."""
        soon = timezone.localdate() + timedelta(days=60)
        for number, project in enumerate([None, None, *projects]):
            title, category, measures = RISKS[number % len(RISKS)]
            draw = random.Random(f"{SEED} risk {number}")
            by = self.staff.reporter(project.office) if project else self.staff.manager
            save_risk(
                plan=self.plan,
                entered=RiskInput(
                    title=f"Demonstration: {title}",
                    category=category,
                    likelihood=draw.randrange(1, 6),
                    impact=draw.randrange(1, 6),
                    response="reduce",
                    measures=measures,
                    owner=by,
                    review_by=soon + timedelta(days=draw.randrange(90)),
                    project=project,
                ),
                by=by,
            )

    def _tell(self, projects: list[Project]) -> None:
        """Stories on approved results; every second one is published."""
        for number, project in enumerate(projects):
            results = tuple(approved_results(project))[:2]
            if not results:
                continue
            by = self.staff.reporter(project.office)
            story = save_story(
                project=project,
                entered=StoryInput(
                    title="Demonstration: what changed for one household",
                    text="Demonstration: a family tells what the project brought to its street.",
                    country=project.countries.first(),
                    results=results,
                    consent="Demonstration: signed by the family",
                ),
                by=by,
            )
            if number % 2 == 0:
                publish_story(story=story, by=self.staff.manager)

    def _propose(self) -> None:
        """Proposals at every step, written by the people of their offices."""
        steps = ("draft", "submitted", "submitted", "conditions", "returned", "rejected")
        offices = [
            self.staff.offices[code] for code in ("ROAF", "ROAP") if code in self.staff.offices
        ]
        for number, (office, step) in enumerate(
            [(office, step) for office in offices for step in steps], 1
        ):
            draw = random.Random(f"{SEED} proposal {number}")
            self._proposal(number, office, step, draw)

    def _proposal(self, number: int, office: Office, step: str, draw: random.Random) -> None:
        reporter = self.staff.reporter(office)
        listed = self.atlas.regions().get(office.code, [])
        outcome = self.outcomes[number * 5 % len(self.outcomes)]
        english, chinese = draw.choice(SUBJECTS.get(outcome.code, OTHER_SUBJECTS))
        document = propose_project(
            plan=self.plan,
            code=f"DEMO-P{number:02}",
            title={"en": f"Demonstration: {english} (proposal)", "zh": f"演示：{chinese}（提案）"},
            office=office,
            by=reporter,
        )
        for section, given in self._content(document, outcome, listed, draw).items():
            if step == "draft" and section in ("budget", "logframe"):
                continue
            document = save_section(document=document, section=section, given=given, by=reporter)
        if step == "draft":
            return
        appraisal = submit_document(document=document, by=reporter)
        if step == "submitted":
            return
        under = next(
            one for one in reversed(self.delegations) if office.path.startswith(one.office.path)
        )
        answers = {code: ("yes", "") for code, *_texts in CHECKLIST}
        answer_checklist(appraisal=appraisal, answers=answers, by=under.person)
        soon = timezone.localdate() + timedelta(days=45)
        decide(
            appraisal=appraisal,
            decision=step,
            delegation=under,
            reason={
                "returned": "Demonstration: say who builds it and what it costs to keep.",
                "rejected": "Demonstration: another project does the same in these cities.",
            }.get(step, ""),
            conditions=[
                ConditionInput(text, soon, before_start=position == 0)
                for position, text in enumerate(draw.sample(CONDITIONS, 2))
            ]
            if step == "conditions"
            else (),
            by=under.person,
        )

    def _content(
        self, document: ProjectDocument, outcome: Outcome, listed: list[str], draw: random.Random
    ) -> dict[str, Any]:
        today = timezone.localdate()
        start = max(min(today + timedelta(days=60), self.last), self.first)
        end = start + timedelta(days=700)
        countries = draw.sample(listed, min(2, len(listed)))
        others = [one for one in self.outcomes if one.domain_id != outcome.domain_id]
        second = draw.choice(others) if others else None
        driver = Theme.objects.filter(plan=self.plan, kind=ThemeKind.DRIVER).order_by("position")
        markers = Theme.objects.filter(plan=self.plan, kind=ThemeKind.INCLUSION)
        indicators = Indicator.objects.filter(outcome=outcome, is_headline=False)
        served = [{"outcome": outcome.code, "rank": "primary", "why": "It is what it is for."}]
        if second is not None:
            served.append({"outcome": second.code, "rank": "secondary", "why": "It follows."})
        years = (start.year, end.year)
        return {
            "basics": document.content["basics"]
            | {
                "summary": {"en": f"{SOURCE}: what it does, for whom and where."},
                "start": start.isoformat(),
                "end": end.isoformat(),
            },
            "places": {"countries": countries},
            "outcomes": served,
            "about": {
                "named": {one.code: "It drafts what the city then decides." for one in driver[:1]},
                "markers": {one.code: str(draw.randrange(3)) for one in markers},
                "covid": "not_part",
            },
            "budget": [
                {
                    "year": str(year),
                    "donor": draw.choice(["Norway", "Japan", "Sweden", ""]),
                    "earmarked": draw.choice(["yes", "yes", "no"]),
                    "amount": str(draw.randrange(40, 220) * 1_000),
                }
                for year in years
            ],
            "partners": [
                {
                    "name": "Demonstration municipality",
                    "kind": "local_government",
                    "what": "Builds and keeps it",
                }
            ],
            "logframe": [
                {
                    "indicator": one.code,
                    "country": countries[0] if countries else "",
                    "target": "" if one.kind == Kind.RATING else str(draw.randrange(5, 60)),
                }
                for one in indicators[:2]
            ],
        }


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))
