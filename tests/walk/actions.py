"""The table of actions: how each is tried, and who may.

A new action that is not here fails `tests/walk/test_actions.py`; add a line, with an act that
changes something.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from habitat_tracker.accounts import actions as accounts
from habitat_tracker.accounts.models import OfficeRole, User
from outcomes import actions as outcomes
from outcomes.models import Indicator
from plans import actions as plans
from projects import actions as projects
from projects.models import Delegation, ImportRun, TransactionFile
from tests import factories
from tests.roles import ANONYMOUS, both

from .world import World

HEADQUARTERS = {"manager above"}
EXPECTED = projects.ForecastInput(2021, "100", "pledged", "no", "Norway")
LIES = projects.Position("-1.3", "36.8", "Survey")
ROLES = ("reader", "reporter", "reviewer", "manager", "administrator")
STAFF = {f"{role} {place}" for role in ROLES for place in ("above", "inside", "outside")}
ANY_REPORTERS_AND_MANAGERS = {who for who in STAFF if who.startswith(("reporter", "manager"))}
# Called by other actions and by files that are loaded, which ask who may; they do not.
ANYBODY = STAFF | {ANONYMOUS}

# Who may add partners, wherever they work.
PARTNERING = {who for who in STAFF if who.startswith(("reporter", "manager"))}

Try = Callable[[World, Any], Any]


def _renamed(indicator: Indicator) -> Indicator:
    row = Indicator.objects.get(pk=indicator.pk)
    row.title, row.decimals = {"en": "Clean water", "fr": "Eau"}, 2
    return row


def _sent_by(w: World, by: Any) -> ImportRun:
    """The sheet as if somebody else among the staff had sent it."""
    ImportRun.objects.filter(pk=w.sheet.pk).update(by=person_or_none(by) or w.reporter)
    return w.sheet


def _looked_at(w: World, by: Any) -> TransactionFile:
    """A file of money that somebody looked at, to be confirmed."""
    kept = projects.keep_transaction_file(plan=w.plan, file=w.money(), by=by)
    projects.preview_transaction_file(kept=kept, by=by)
    return kept


ACTIONS: dict[str, tuple[Try, set[str]]] = {
    # People and offices
    "accounts.create_office": (
        lambda w, by: accounts.create_office(
            code="NEW", name={"en": "New"}, kind="country", parent=w.office, by=person_or_none(by)
        ),
        ANYBODY,
    ),
    "accounts.grant_role": (
        lambda w, by: accounts.grant_role(
            user=w.colleague, office=w.office, role="reviewer", by=by
        ),
        both("administrator"),
    ),
    "accounts.revoke_role": (
        lambda w, by: accounts.revoke_role(
            held=OfficeRole.objects.get(pk=w.held.pk), by=by, reason="Left"
        ),
        both("administrator"),
    ),
    "accounts.invite_person": (
        lambda w, by: accounts.invite_person(
            email="new@example.org", name="New", office=w.office, role="reader", by=by
        ),
        both("administrator"),
    ),
    "accounts.save_profile": (
        lambda w, by: accounts.save_profile(
            user=by, name="Another name", language="fr", digest=False
        ),
        STAFF,
    ),
    "accounts.record_own_act": (
        lambda w, by: accounts.record_own_act(user=by, verb="changed password"),
        STAFF,
    ),
    # Plans
    "plans.revise_plan": (
        lambda w, by: plans.revise_plan(
            plan=w.plan, by=person_or_none(by), end=date(2025, 12, 31), reason="Extended"
        ),
        ANYBODY,
    ),
    "plans.add_period": (
        lambda w, by: plans.add_period(
            plan=w.plan,
            label="2021-Q1",
            kind="quarter",
            start=date(2021, 1, 1),
            end=date(2021, 3, 31),
            by=person_or_none(by),
        ),
        ANYBODY,
    ),
    "plans.close_period": (
        lambda w, by: plans.close_period(period=w.period, by=by, reason="All in"),
        HEADQUARTERS,
    ),
    "plans.reopen_period": (
        lambda w, by: plans.reopen_period(period=w.closed, by=by, reason="Floods"),
        HEADQUARTERS,
    ),
    "plans.set_due_date": (
        lambda w, by: plans.set_due_date(period=w.period, due=date(2020, 5, 1), by=by),
        HEADQUARTERS,
    ),
    "plans.set_review_steps": (
        lambda w, by: plans.set_review_steps(plan=w.plan, steps=2, by=by),
        HEADQUARTERS,
    ),
    "plans.rename_theme": (
        lambda w, by: plans.rename_theme(
            theme=w.theme,
            said=plans.ThemeInput({"en": "Law"}, {"en": "New laws"}, "Plan, p. 3", "seed"),
            by=by,
        ),
        HEADQUARTERS,
    ),
    # Indicators, their values, what is counted
    "outcomes.save_indicator": (
        lambda w, by: outcomes.save_indicator(
            indicator=_renamed(w.indicator), by=person_or_none(by)
        ),
        ANYBODY,
    ),
    "outcomes.set_evidence_rule": (
        lambda w, by: outcomes.set_evidence_rule(
            indicator=w.indicator, rule="checklist", means=["Minutes"], by=by
        ),
        HEADQUARTERS,
    ),
    "outcomes.set_indicator_frameworks": (
        lambda w, by: outcomes.set_indicator_frameworks(
            indicator=w.indicator, links=[w.aligned()], by=person_or_none(by)
        ),
        {"manager above", "administrator above", ANONYMOUS},
    ),
    "outcomes.set_counts_from": (
        lambda w, by: outcomes.set_counts_from(indicator=w.counting, counts_from="", by=by),
        HEADQUARTERS,
    ),
    "outcomes.set_baseline": (
        lambda w, by: outcomes.set_baseline(indicator=w.indicator, value=0, by=by, source="Census"),
        HEADQUARTERS,
    ),
    "outcomes.set_milestone": (
        lambda w, by: outcomes.set_milestone(
            indicator=w.indicator, value=40, on=date(2021, 12, 31), by=by
        ),
        HEADQUARTERS,
    ),
    "outcomes.set_target": (
        lambda w, by: outcomes.set_target(
            indicator=w.indicator, value=90, on=date(2023, 12, 31), by=by
        ),
        HEADQUARTERS,
    ),
    "outcomes.override_status": (
        lambda w, by: outcomes.override_status(
            indicator=w.indicator, scope=0, period=1, status="delayed", reason="Why", by=by
        ),
        {"reviewer above"},
    ),
    "outcomes.save_strategy": (
        lambda w, by: outcomes.save_strategy(
            plan=w.plan,
            office=w.office,
            said=outcomes.StrategyInput(
                text={"en": "Do better"}, start=date(2020, 1, 1), countries=("KEN",)
            ),
            by=person_or_none(by),
        ),
        both("manager") | {ANONYMOUS},
    ),
    "outcomes.save_priority": (
        lambda w, by: outcomes.save_priority(
            strategy=w.strategy,
            priority=w.priority,
            said=outcomes.PriorityInput(text={"en": "Taps"}, outcomes={"1.2": "seed"}),
            by=person_or_none(by),
        ),
        both("manager") | {ANONYMOUS},
    ),
    "outcomes.reorder_priorities": (
        lambda w, by: outcomes.reorder_priorities(
            strategy=w.strategy, order=[w.second.pk, w.priority.pk], by=person_or_none(by)
        ),
        both("manager") | {ANONYMOUS},
    ),
    "outcomes.withdraw_priority": (
        lambda w, by: outcomes.withdraw_priority(
            priority=w.priority, reason="Done", by=person_or_none(by)
        ),
        both("manager") | {ANONYMOUS},
    ),
    "outcomes.save_country_record": (
        lambda w, by: outcomes.save_country_record(
            plan=w.plan,
            country=w.kenya,
            said=outcomes.CountryRecordInput(cca_stage="done", cca_year=2021),
            by=person_or_none(by),
        ),
        both("manager") | {ANONYMOUS},
    ),
    "outcomes.rebuild_figures": (
        lambda w, by: outcomes.rebuild_figures(plan=w.plan, by=by),
        {"manager above", "administrator above"},
    ),
    "outcomes.set_contributor": (
        lambda w, by: outcomes.set_contributor(
            indicator=w.indicator,
            source="system:1",
            place="KEN",
            office=w.office,
            country=w.kenya,
            expected_from=date(2020, 1, 1),
            expected_to=None,
            by=person_or_none(by),
        ),
        ANYBODY,
    ),
    "outcomes.get_thing": (
        lambda w, by: outcomes.get_thing(
            plan=w.plan, kind="city", key="new", by=person_or_none(by)
        ),
        ANYBODY,
    ),
    "outcomes.merge_things": (
        lambda w, by: outcomes.merge_things(
            thing=w.things[0], into=w.things[1], by=person_or_none(by)
        ),
        ANYBODY,
    ),
    # Projects and what they report
    "projects.remind": (
        lambda w, by: projects.remind(projects=[w.project], period=w.period, by=by),
        both("manager"),
    ),
    "projects.enter_project": (
        lambda w, by: projects.enter_project(
            plan=w.plan,
            code="P1",
            title={"en": "Other"},
            office=w.office,
            countries=[w.kenya],
            ranks={w.outcome: "primary"},
            is_new=False,
            by=by,
        ),
        both("manager"),
    ),
    "projects.save_project": (
        lambda w, by: projects.save_project(
            plan=w.plan,
            code="P1",
            title={"en": "Other", "fr": "Autre"},
            office=w.office,
            countries=[w.kenya, w.uganda],
            summary={"en": "In short"},
            by=by,
        ),
        both("manager"),
    ),
    "projects.set_alignment": (
        lambda w, by: projects.set_alignment(
            project=w.project, outcome=w.other, rank="primary", by=by
        ),
        both("manager"),
    ),
    "projects.set_outcomes": (
        lambda w, by: projects.set_outcomes(project=w.project, ranks={w.other: "primary"}, by=by),
        both("manager"),
    ),
    "projects.remove_alignment": (
        lambda w, by: projects.remove_alignment(project=w.project, outcome=w.outcome, by=by),
        both("manager"),
    ),
    "projects.set_line": (
        lambda w, by: projects.set_line(
            project=w.project,
            indicator=w.indicator,
            country=w.kenya,
            expected_to=date(2021, 1, 1),
            by=by,
        ),
        both("manager"),
    ),
    "projects.describe_project": (
        lambda w, by: projects.describe_project(
            project=w.project,
            said=projects.Description(
                named={"DRV-LEG": "It drafts laws"},
                markers={"SI-GEN": 1},
                flagship="FP-1",
                covid="partly",
                covid_share="30",
            ),
            by=person_or_none(by),
        ),
        both("reporter") | both("manager") | {ANONYMOUS},
    ),
    "projects.record_transaction": (
        lambda w, by: projects.record_transaction(
            project=w.project, entered=w.spent(), by=person_or_none(by)
        ),
        both("manager") | {ANONYMOUS},
    ),
    "projects.withdraw_transaction": (
        lambda w, by: projects.withdraw_transaction(
            transaction=w.transaction, reason="Booked twice", by=person_or_none(by)
        ),
        both("manager") | {ANONYMOUS},
    ),
    "projects.set_core_budget": (
        lambda w, by: projects.set_core_budget(
            plan=w.plan,
            entered=projects.CoreBudgetInput(2020, "18900000", "4914000", "50", "Assembly"),
            by=person_or_none(by),
        ),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.expect_income": (
        lambda w, by: projects.expect_income(plan=w.plan, entered=EXPECTED, by=person_or_none(by)),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.withdraw_expected_income": (
        lambda w, by: projects.withdraw_expected_income(
            expected=w.expected, reason="Came in", by=person_or_none(by)
        ),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.defer_outcome": (
        lambda w, by: projects.defer_outcome(
            outcome=w.other,
            planned=date(2020, 6, 1),
            until=date(2032, 1, 1),
            reason="No funds",
            by=person_or_none(by),
        ),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.end_deferral": (
        lambda w, by: projects.end_deferral(
            deferral=w.deferral, by=person_or_none(by), reason="Funded"
        ),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.load_transaction_file": (
        lambda w, by: projects.load_transaction_file(kept=_looked_at(w, by), by=by),
        both("manager"),
    ),
    "projects.load_transactions": (
        lambda w, by: projects.load_transactions(
            plan=w.plan, file=w.money(), name="money.csv", by=person_or_none(by)
        ),
        both("manager") | {ANONYMOUS},
    ),
    "projects.set_project_frameworks": (
        lambda w, by: projects.set_project_frameworks(
            project=w.project, links=[w.aligned()], by=person_or_none(by)
        ),
        both("reporter") | both("manager") | {ANONYMOUS},
    ),
    "projects.allow_late_entry": (
        lambda w, by: projects.allow_late_entry(
            project=w.project,
            period=w.closed,
            until=factories.days_ago(-5),
            reason="Why",
            by=by,
        ),
        HEADQUARTERS,
    ),
    "projects.load_exchange_rates": (
        lambda w, by: projects.load_exchange_rates(
            file=w.rates(), name="rates.csv", by=person_or_none(by)
        ),
        HEADQUARTERS | {ANONYMOUS},
    ),
    "projects.end_late_entry": (
        lambda w, by: projects.end_late_entry(entry=w.late, by=by),
        HEADQUARTERS,
    ),
    # A project's life
    "projects.propose_project": (
        lambda w, by: projects.propose_project(
            plan=w.plan, code="NEW", title={"en": "New"}, office=w.office, by=by
        ),
        both("reporter") | both("manager"),
    ),
    "projects.save_section": (
        lambda w, by: projects.save_section(
            document=w.proposal,
            section="partners",
            given=[{"name": "Traders", "kind": "civil_society"}],
            by=by,
        ),
        both("reporter") | both("manager"),
    ),
    "projects.submit_document": (
        lambda w, by: projects.submit_document(document=w.proposal, by=by),
        both("reporter") | both("manager"),
    ),
    "projects.recall_document": (
        lambda w, by: projects.recall_document(document=w.appraisal.document, by=by),
        both("reporter") | both("manager"),
    ),
    "projects.withdraw_document": (
        lambda w, by: projects.withdraw_document(
            document=w.appraisal.document, by=by, reason="The donor left"
        ),
        both("reporter") | both("manager"),
    ),
    "projects.begin_revision": (
        lambda w, by: projects.begin_revision(project=w.active, by=by, reason="One more year"),
        both("reporter") | both("manager"),
    ),
    "projects.adopt_revision": (
        lambda w, by: projects.adopt_revision(document=w.revision, by=by),
        both("manager"),
    ),
    "projects.answer_checklist": (
        lambda w, by: projects.answer_checklist(
            appraisal=w.appraisal, answers={"Q1": ("yes", "In line")}, by=by
        ),
        both("reviewer"),
    ),
    "projects.decide": (
        lambda w, by: projects.decide(
            appraisal=w.appraisal,
            decision="approved",
            delegation=Delegation.objects.filter(person=person_or_none(by)).first(),
            by=by,
        ),
        {"reviewer inside"},  # to whom it is delegated
    ),
    "projects.answer_condition": (
        lambda w, by: projects.answer_condition(condition=w.condition, answer="Asked", by=by),
        both("reporter") | both("manager"),
    ),
    "projects.settle_condition": (
        lambda w, by: projects.settle_condition(
            condition=w.answered, met=True, by=by, remark="Well done"
        ),
        both("reviewer"),
    ),
    "projects.start_project": (
        lambda w, by: projects.start_project(project=w.approved, by=by),
        both("manager"),
    ),
    "projects.suspend_project": (
        lambda w, by: projects.suspend_project(project=w.active, by=by, reason="Unrest"),
        both("manager"),
    ),
    "projects.resume_project": (
        lambda w, by: projects.resume_project(project=w.suspended, by=by, reason="Calm"),
        both("manager"),
    ),
    "projects.close_project": (
        lambda w, by: projects.close_project(
            project=w.active,
            closed_on=date(2020, 12, 31),
            achieved="Wells",
            lasting="The town keeps them",
            conditions_left="They were for the dry season",
            link="https://example.org/report",
            lessons=[projects.LessonInput("Nobody was asked", "Ask", outcome=w.outcome)],
            by=by,
        ),
        both("manager"),
    ),
    "projects.delegate": (
        lambda w, by: projects.delegate(
            plan=w.plan,
            person=w.colleague,
            office=w.office,
            level="regional",
            most_usd="50000",
            start=date(2020, 1, 1),
            until=None,
            document="Guidelines",
            by=by,
        ),
        HEADQUARTERS,
    ),
    "projects.end_delegation": (
        lambda w, by: projects.end_delegation(
            delegation=w.delegation, on=date(2020, 6, 30), by=by, reason="Moved"
        ),
        HEADQUARTERS,
    ),
    "projects.save_meeting": (
        lambda w, by: projects.save_meeting(
            plan=w.plan, on=date(2020, 5, 30), chair="Deputy", by=by
        ),
        HEADQUARTERS,
    ),
    "projects.set_checklist": (
        lambda w, by: projects.set_checklist(
            plan=w.plan, questions=[("Q2", {"en": "Who gains?"})], by=by
        ),
        HEADQUARTERS,
    ),
    # What partners say
    "projects.ask_partner": (
        lambda w, by: projects.ask_partner(
            project=w.project, partner=w.partner, email="ann@example.org", by=by
        ),
        both("reporter") | both("manager"),
    ),
    "projects.withdraw_request": (
        lambda w, by: projects.withdraw_request(feedback=w.asked, reason="Wrong address", by=by),
        both("reporter") | both("manager"),
    ),
    "projects.publish_feedback": (
        lambda w, by: projects.publish_feedback(feedback=w.feedback, by=by),
        both("manager"),
    ),
    "projects.reply_to_feedback": (
        lambda w, by: projects.reply_to_feedback(feedback=w.feedback, text="Thanks", by=by),
        both("manager"),
    ),
    # Where cities lie
    "projects.place_city": (
        lambda w, by: projects.place_city(city=w.things[0], said=LIES, by=by),
        ANY_REPORTERS_AND_MANAGERS,
    ),
    "projects.place_cities": (
        lambda w, by: projects.place_cities(
            plan=w.plan,
            gazetteer=[
                projects.GazetteerPlace(
                    "1", frozenset("a"), w.kenya.iso2, Decimal("-1.3"), Decimal("36.8"), 1
                )
            ],
            by=by,
        ),
        ANY_REPORTERS_AND_MANAGERS,
    ),
    # Risks, stories and labs
    "projects.save_risk": (
        lambda w, by: projects.save_risk(plan=w.plan, entered=w.fears(project=w.project), by=by),
        both("reporter") | both("manager"),
    ),
    "projects.close_risk": (
        lambda w, by: projects.close_risk(risk=w.plan_risk, reason="Over", by=by),
        HEADQUARTERS,
    ),
    "projects.save_story": (
        lambda w, by: projects.save_story(
            project=w.project,
            entered=projects.StoryInput("Water at last", "A tap.", results=(w.done,)),
            by=by,
        ),
        both("reporter") | both("manager"),
    ),
    "projects.publish_story": (
        lambda w, by: projects.publish_story(story=w.story, by=by),
        both("manager"),
    ),
    "projects.take_story_back": (
        lambda w, by: projects.take_story_back(story=w.told, by=by, reason="Asked to"),
        both("manager"),
    ),
    "projects.save_lab": (
        lambda w, by: projects.save_lab(
            plan=w.plan,
            office=w.office,
            entered=projects.LabInput("Lab", w.kenya, "operating", projects=(w.project,)),
            by=person_or_none(by),
        ),
        both("reporter") | both("manager") | {ANONYMOUS},
    ),
    # Sheets that come back; only who sent one decides on it
    "projects.upload_sheet": (
        lambda w, by: projects.upload_sheet(plan=w.plan, file=w.upload(), by=by),
        {f"reporter {place}" for place in ("above", "inside", "outside")},
    ),
    "projects.confirm_import": (
        lambda w, by: projects.confirm_import(run=_sent_by(w, by), by=by, submits=True),
        STAFF,
    ),
    "projects.cancel_import": (
        lambda w, by: projects.cancel_import(run=_sent_by(w, by), by=by),
        STAFF,
    ),
    # Results, notes and what stands behind them
    "projects.save_results": (
        lambda w, by: projects.save_results(entries=[w.entry()], by=by),
        both("reporter"),
    ),
    "projects.begin_correction": (
        lambda w, by: projects.begin_correction(result=w.done, reason="Why", by=by),
        both("reporter"),
    ),
    "projects.submit": (
        lambda w, by: projects.submit(rows=[w.draft], by=by),
        both("reporter"),
    ),
    "projects.recall": (
        lambda w, by: projects.recall(rows=[w.pending], by=by),
        both("reporter"),
    ),
    "projects.send_back": (
        lambda w, by: projects.send_back(rows=[w.pending], by=by, reason="Why"),
        both("reviewer"),
    ),
    "projects.verify": (
        lambda w, by: projects.verify(rows=[w.pending], by=by),
        both("reviewer"),
    ),
    "projects.approve": (
        lambda w, by: projects.approve(rows=[w.pending], by=by),
        both("reviewer"),
    ),
    "projects.withdraw": (
        lambda w, by: projects.withdraw(rows=[w.done], by=by, reason="Why"),
        both("reviewer"),
    ),
    "projects.save_note": (
        lambda w, by: projects.save_note(
            by=by, project=w.project, key="n", period=w.period, text={"en": "Another"}
        ),
        both("reporter"),
    ),
    "projects.add_comment": (
        lambda w, by: projects.add_comment(to=w.pending, text="Well done", by=by),
        both("reporter") | both("reviewer") | both("manager"),
    ),
    "projects.add_evidence": (
        lambda w, by: projects.add_evidence(to=w.draft, kind="document", title="B", by=by),
        both("reporter"),
    ),
    "projects.add_evidence_to_each": (
        lambda w, by: projects.add_evidence_to_each(
            rows=[w.draft], kind="document", title="B", by=by
        ),
        both("reporter"),
    ),
    "projects.replace_evidence": (
        lambda w, by: projects.replace_evidence(
            evidence=w.evidence, kind="document", title="B", by=by
        ),
        both("reporter"),
    ),
    "projects.remove_evidence": (
        lambda w, by: projects.remove_evidence(evidence=w.evidence, by=by),
        both("reporter"),
    ),
    "projects.save_deliverable": (
        lambda w, by: projects.save_deliverable(
            project=w.project, entered=w.delivered(date=date(2020, 5, 1)), by=by
        ),
        both("reporter"),
    ),
    "projects.save_partner": (
        lambda w, by: projects.save_partner(
            plan=w.plan,
            entered=projects.PartnerInput(
                "City of Light", "local_government", w.kenya, "https://example.org/"
            ),
            by=person_or_none(by),
        ),
        PARTNERING | {ANONYMOUS},
    ),
    "projects.merge_partners": (
        lambda w, by: projects.merge_partners(
            partner=w.partner, into=w.other_partner, by=person_or_none(by), reason="Its new name"
        ),
        {who for who in STAFF if who.startswith("manager")} | {ANONYMOUS},
    ),
    "projects.save_agreement": (
        lambda w, by: projects.save_agreement(
            partner=w.partner,
            entered=w.signed(reference="A/2", note="Renewed", end=date(2022, 4, 30)),
            by=person_or_none(by),
        ),
        both("reporter") | both("manager") | {ANONYMOUS},
    ),
    "projects.save_contribution": (
        lambda w, by: projects.save_contribution(
            project=w.project,
            entered=projects.ContributionInput(
                w.partner, "funding", "Pays for pipes", date(2020, 4, 1), None, "100", "USD"
            ),
            by=person_or_none(by),
        ),
        both("reporter") | both("manager") | {ANONYMOUS},
    ),
    "projects.withdraw_contribution": (
        lambda w, by: projects.withdraw_contribution(
            contribution=w.contribution, reason="Entered twice", by=by
        ),
        both("reporter") | both("manager"),
    ),
    "projects.withdraw_agreement": (
        lambda w, by: projects.withdraw_agreement(
            agreement=w.agreement, reason="Entered twice", by=by
        ),
        both("manager"),
    ),
    "projects.set_co_delivery": (
        lambda w, by: projects.set_co_delivery(result=w.draft, said=w.delivered_with(), by=by),
        both("reporter"),
    ),
    "projects.apply_product": (
        lambda w, by: projects.apply_product(
            deliverable=w.product,
            project=w.project,
            how="Trains planners",
            since=date(2020, 5, 1),
            by=by,
        ),
        both("reporter"),
    ),
    "projects.withdraw_application": (
        lambda w, by: projects.withdraw_application(
            application=w.application, reason="Another guide", by=by
        ),
        both("reporter"),
    ),
    "projects.cancel_deliverable": (
        lambda w, by: projects.cancel_deliverable(
            deliverable=w.deliverable, reason="Never printed", by=by
        ),
        both("reporter"),
    ),
}

# What has to be so before an action can be tried.
BEFORE: dict[str, Callable[[World], Any]] = {
    "projects.verify": lambda w: factories.review_in_two_steps(w.plan),
    **{
        f"projects.{name}": World.lives
        for name in (
            *("publish_story", "take_story_back", "close_risk"),
            *("publish_feedback", "reply_to_feedback", "withdraw_request"),
            *("save_section", "submit_document", "recall_document", "withdraw_document"),
            *("begin_revision", "adopt_revision", "answer_checklist", "decide"),
            *("answer_condition", "settle_condition", "start_project", "suspend_project"),
            *("resume_project", "close_project", "end_delegation", "set_checklist"),
        )
    },
}

# What the modules of actions hold beside actions of people, and why it is not tried.
NOT_TRIED = {
    "accounts.record_activity": "writes the record itself",
    "outcomes.load_postings": "who may is tried in tests/outcomes/test_loading.py; a file of rows",
    "outcomes.mark_indicators_stale": "the engine's queue",
    "outcomes.mark_plan_stale": "the engine's queue",
    "outcomes.replace_postings": "the ledger, which keeps who, when and why itself",
    "projects.answer_feedback": "by a link without an account; tests/projects/test_feedback.py",
    "projects.approved_results": "reads",
    "projects.asked_by_link": "reads",
    "projects.check_description": "reads",
    "projects.check_shares": "reads",
    "projects.city_named": "called by what names a city, which asks who may",
    "projects.counted_by": "reads",
    "projects.counts": "reads",
    "projects.delegations_for": "reads",
    "projects.download_name": "reads",
    "projects.find_line": "reads",
    "projects.read_gazetteer": "reads",
    "projects.read_sheet": "a job: who may is asked of each row, in tests/projects/test_sheets.py",
    "projects.in_dollars": "reads",
    "projects.is_minor": "reads",
    "projects.link_to": "reads",
    "projects.is_own": "reads",
    "projects.may_keep_risks": "reads",
    "projects.open_conditions": "reads",
    "projects.own_delegations": "reads",
    "projects.who_decides": "reads",
    "projects.said_for_good": "reads",
    "projects.save_view": "a person's own bookmark, in tests/projects/test_saved_views.py",
    "projects.keep_transaction_file": "kept for its sender, in tests/projects/test_kept_files.py",
    "projects.preview_transaction_file": "stores nothing but what was shown, in the same file",
    "projects.not_kept": "words of a refusal",
    "projects.sweep_transaction_files": "housekeeping by the schedule: files nobody confirmed",
    "projects.remove_view": "a person's own bookmark, in tests/projects/test_saved_views.py",
    "projects.hold_drafts": "locks for the submission that follows",
    "projects.read_budget": "reads",
    "projects.read_budget_file": "reads",
    "projects.read_counts": "reads",
    "projects.replied_by_link": "reads",
    "projects.reporters_of": "reads",
    "projects.save_sheet": "a job: saves through the actions above, in its sender's name",
    "projects.send_digests": "the schedule's own: a row for each e-mail, in tests/projects",
    "projects.set_budget": "part of a decision, which asks who may",
    "projects.set_shares": "part of a decision, which asks who may",
    "projects.sweep_evidence": "housekeeping by the schedule: files that nothing refers to",
    "projects.unanswered": "reads",
    "projects.sweep_imports": "housekeeping by the schedule: jobs that died, sheets left lying",
}


def person_or_none(by: Any) -> User | None:
    """The system itself where nobody is signed in."""
    return by if isinstance(by, User) else None
