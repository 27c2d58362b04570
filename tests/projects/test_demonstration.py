"""The demonstration: a plan of its own, loaded once, seen in every state, removed whole."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.choices import OfficeKind
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from outcomes.actions import set_target
from outcomes.actions.load_plan import load_plan
from outcomes.choices import Basis, EvidenceRule, Kind
from outcomes.management.commands.load_plan import SHIPPED
from outcomes.models import Contributor, Figure, Indicator, Measurement, StaleFigure, Target, Thing
from outcomes.plan_file import read_plan_file
from outcomes.rollup.reader import read
from outcomes.rollup.verify import verify
from plans.actions import revise_plan
from plans.models import PlanRevision, ReportingPeriod, StrategicPlan
from projects.choices import AgreementState, Likelihood
from projects.choices import Status as Step
from projects.demonstration import (
    PASSWORD,
    PEOPLE,
    PLAN_CODE,
    load_demonstration,
    remove_demonstration,
)
from projects.demonstration.load import Loaded
from projects.demonstration.people import make_offices
from projects.demonstration.plan import make_plan
from projects.demonstration.portfolio import FULL
from projects.models import (
    Agreement,
    Alignment,
    Deliverable,
    ExpectedIncome,
    PartnerContribution,
    PartnerFeedback,
    Project,
    ProjectIndicator,
    Result,
)
from projects.partners import count_partners
from reporting.progress import NOTHING, Status, assess, yardsticks
from tests.kept import projects_kept_otherwise

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def real(shared_rows: Path) -> StrategicPlan:
    """The plan that the project ships, with an activity, an account and a target of its own."""
    plan = load_plan(file=read_plan_file(SHIPPED)).plan
    assert plan is not None
    set_target(
        indicator=Indicator.objects.get(plan=plan, code="O2.2-REV"),
        value=5,
        on=date(2023, 12, 31),
        by=None,
    )
    User.objects.create_user("somebody@habitat.test")
    return plan


def rows() -> dict[str, set[str]]:
    """Every row of every table, as text."""
    return {
        model._meta.label: {
            str(sorted((key, str(value)) for key, value in row.items()))
            for row in model._default_manager.order_by().values()
        }
        for model in apps.get_models(include_auto_created=True)
    }


def changes(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    """The tables that differ, with the rows that do."""
    return {table: before[table] ^ after[table] for table in before if before[table] ^ after[table]}


@pytest.mark.parametrize("today", ["2024-02-29", "2026-01-01", "2026-11-22", "2027-12-31"])
def test_todays_quarter_is_the_ninth_of_sixteen(today: str) -> None:
    copied = StrategicPlan.objects.create(code="P", title={"en": "P"})
    revise_plan(plan=copied, by=None, start=date(2020, 1, 1), end=date(2023, 12, 31))
    day = date.fromisoformat(today)
    plan = make_plan(real=copied, today=day, by=None)
    periods = ReportingPeriod.objects.filter(plan=plan)
    assert periods.get(start__lte=day, end__gte=day).number == 9
    assert [period.number for period in periods.order_by("start")] == list(range(1, 17))
    settings = PlanRevision.objects.at().get(plan=plan)
    assert (settings.start, settings.end) == (
        periods.get(number=1).start,
        periods.get(number=16).end,
    )


def test_loading_again_later_changes_nothing(real: StrategicPlan) -> None:
    with time_machine.travel("2026-05-10", tick=False):
        assert load_demonstration(projects=1).new
    before = rows()
    with time_machine.travel("2027-01-10", tick=False):
        assert not load_demonstration(projects=1).new
    assert changes(before, rows()) == {}


def test_an_account_that_worked_on_the_real_plan_stays_but_cannot_sign_in(
    real: StrategicPlan, settings: Any
) -> None:
    settings.EMBEDDED_WORKER = True
    load_demonstration(projects=1, accounts=True)
    manager = User.objects.get(email="manager@example.org")
    indicator = Indicator.objects.get(plan=real, code="O2.2-PRP")
    set_target(indicator=indicator, value=9, on=date(2023, 12, 31), by=manager)
    office = Office.objects.get(code="DEMO-KEN")
    create_office(code="X", name={"en": "X"}, kind=OfficeKind.COUNTRY, parent=office)

    removed = remove_demonstration()
    assert removed.kept_accounts == ("manager@example.org",)
    assert removed.kept_offices == ("DEMO-KEN",)
    manager.refresh_from_db()
    assert not manager.is_active and not manager.has_usable_password()
    assert not manager.office_roles.exists()
    assert Target.objects.at().get(indicator=indicator).value == 9
    assert ActivityEntry.objects.filter(actor=manager).count() == 1

    load_demonstration(projects=1, accounts=True)
    assert User.objects.get(email="manager@example.org").has_usable_password()


def test_accounts_have_a_known_password_only_where_asked_and_embedded(
    real: StrategicPlan, settings: Any, client: Any
) -> None:
    settings.EMBEDDED_WORKER = False
    with pytest.raises(CommandError, match="EMBEDDED_WORKER"):
        call_command("load_demo", accounts=True, projects=1)
    assert not StrategicPlan.objects.filter(code=PLAN_CODE).exists()

    call_command("load_demo", projects=1, stdout=StringIO())
    told = StringIO()
    call_command("demo_accounts", stdout=told)
    assert "no demonstration account" in told.getvalue()

    settings.EMBEDDED_WORKER = True
    call_command("load_demo", accounts=True, projects=1, stdout=StringIO())
    told = StringIO()
    call_command("demo_accounts", stdout=told)
    assert PASSWORD in told.getvalue()
    assert all(person.email in told.getvalue() for person in PEOPLE)
    answer = client.post(
        reverse("account_login"), {"login": "reporter.africa@example.org", "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(
        User.objects.get(email="reporter.africa@example.org").pk
    )


def test_an_office_of_the_demonstration_says_what_it_is(real: StrategicPlan) -> None:
    offices = make_offices()
    assert offices["DEMO-KEN"].parent == offices["ROAF"]
    assert "demonstration only" in offices["DEMO-KEN"].note


def no_row_of_the_demonstration_refers_to_the_plan(real: StrategicPlan) -> None:
    demo = StrategicPlan.objects.get(code=PLAN_CODE)
    assert demo.is_demonstration
    for model, path in (
        (Contributor, "indicator__plan"),
        (Measurement, "indicator__plan"),
        (Measurement, "recorded_on__plan"),
        (Measurement, "contributor__plan"),
        (Alignment, "outcome__plan"),
        (Project, "plan"),
        (ProjectIndicator, "indicator__plan"),
        (Result, "period__plan"),
        (Result, "things__plan"),
        (Result, "credits__plan"),
        (Result, "cells__category__indicator__plan"),
        (Thing, "plan"),
    ):
        plans = model._default_manager.exclude(**{path: None}).values_list(path, flat=True)
        assert set(plans) <= {demo.pk}, (model, path)
    copied = Indicator.objects.filter(plan=demo)
    assert set(copied.exclude(feeds=None).values_list("feeds__plan", flat=True)) == {demo.pk}
    own = Indicator.objects.filter(plan=real).values_list("code", flat=True)
    assert set(own) < set(copied.values_list("code", flat=True))
    assert Target.objects.filter(indicator__plan=real).count() == 1


def test_the_full_portfolio_from_its_load_to_its_removal(real: StrategicPlan) -> None:
    before = rows()
    loaded = load_demonstration(projects=FULL)
    after = rows()
    assert Result.objects.exists() and Figure.objects.filter(plan__code=PLAN_CODE).exists()
    assert {table for table in before if before[table] - after[table]} == set()
    every_status_and_state_is_shown(loaded)
    assert projects_kept_otherwise() == []
    no_row_of_the_demonstration_refers_to_the_plan(real)

    assert remove_demonstration().removed
    assert changes(before, rows()) == {}
    assert not remove_demonstration().removed


def partners_have_agreements_and_serve_projects(plan: StrategicPlan) -> None:
    agreements = Agreement.objects.of_plan(plan)
    assert {one.state for one in agreements} == {AgreementState.IN_FORCE, AgreementState.ENDED}
    dates = PlanRevision.objects.at().get(plan=plan)
    counted = count_partners(plan, dates.start, dates.end)
    assert all(one.partners for one in counted.reviewed)
    assert PartnerContribution.objects.filter(project__plan=plan, usd__gt=0).exists()
    products = Deliverable.objects.of_plan(plan)
    assert products.applied().exists() and products.applied(is_applied=False).exists()
    assert Result.objects.of_plan(plan).joint().filter(co_deliverers__share=60).exists()
    forecast = ExpectedIncome.objects.at().filter(plan=plan, prong__isnull=False)
    assert {one.likelihood for one in forecast} == set(Likelihood.values)
    assert Agreement.objects.of_plan(plan).ending(timezone.localdate(), 90).exists()


def partners_were_asked_and_some_answered(plan: StrategicPlan) -> None:
    heard = PartnerFeedback.objects.filter(project__plan=plan)
    told = {
        (one.answered_at is not None, one.consent, one.published_at is not None, bool(one.reply))
        for one in heard
    }
    assert told == {
        (False, False, False, False),  # no answer yet
        (True, False, False, False),  # not to be published
        (True, False, False, True),
        (True, True, False, False),  # may be published
        (True, True, True, False),
        (True, True, True, True),
    }
    assert not mail.outbox


def every_status_and_state_is_shown(loaded: Loaded) -> None:
    plan = StrategicPlan.objects.get(code=PLAN_CODE)
    begun = Project.objects.counted().filter(plan=plan).exclude(code__startswith="DEMO-P")
    assert loaded.projects == begun.count() == FULL
    assert not StaleFigure.objects.filter(plan=plan).exists()
    assert list(verify(plan)) == []

    indicators = list(Indicator.objects.filter(plan=plan))
    settings = PlanRevision.objects.at().get(plan=plan)
    held = yardsticks(indicators, [0])
    for number in (7, 8):  # pages open on one or the other
        period = ReportingPeriod.objects.get(plan=plan, number=number)
        figures = read(indicators, periods=(number, number))
        stand = Counter(
            assess(
                figures.get(one, 0, number), held.get((one.pk, 0), NOTHING), settings, period
            ).status
            for one in indicators
        )
        assert set(stand) == set(ASSESSED), number
    results = Result.objects.of_plan(plan)
    assert set(results.values_list("status", flat=True)) == set(Step.values)
    assert set(results.values_list("state", flat=True)) == {
        "reported",
        "not_applicable",
        "not_available",
    }
    assert set(results.values_list("qualifier", flat=True)) == {0, 1, 2, 3}
    assert {indicator.kind for indicator in indicators} == set(Kind.values)
    assert results.exclude(credits=None).exists() and results.exclude(cells=None).exists()
    every_part_of_the_checklist_is_covered(plan)
    partners_have_agreements_and_serve_projects(plan)
    partners_were_asked_and_some_answered(plan)
    closed = ReportingPeriod.objects.filter(plan=plan, closed_at__isnull=False)
    assert sorted(closed.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    offices = Office.objects.filter(projects__plan=plan).distinct()
    assert offices.count() == Office.objects.count()
    for basis in Basis:
        assert Measurement.objects.live().filter(plan=plan, basis=basis).exists()


def every_part_of_the_checklist_is_covered(plan: StrategicPlan) -> None:
    """What was sent on the indicator with a checklist has a piece for each of its means."""
    indicator = Indicator.objects.get(plan=plan, evidence_rule=EvidenceRule.CHECKLIST)
    listed = set(indicator.means_of_verification.current())
    sent = Result.objects.filter(
        line__indicator=indicator, submitted_at__isnull=False, state="reported"
    )
    assert len(listed) == 2 and sent.count() > 20
    for result in sent.prefetch_related("evidence__means"):
        assert {piece.means for piece in result.evidence.all()} == listed


ASSESSED = (
    *(Status.ACHIEVED, Status.ON_TRACK, Status.DELAYED, Status.OFF_TRACK, Status.REGRESSED),
    *(Status.MAINTAINED, Status.NOT_MAINTAINED, Status.NOT_DUE, Status.LOW_COVERAGE),
    *(Status.NO_TARGET, Status.NO_DATA),
)
