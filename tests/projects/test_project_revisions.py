"""Where projects belonged and stood: money and counts as of an earlier moment stay as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from habitat_tracker.accounts.models import Office
from habitat_tracker.clock import database_now
from outcomes.models import Outcome
from plans.models import StrategicPlan
from projects import actions
from projects.models import Delegation, Project, ProjectRevision
from projects.money import MoneySummary, money_by_office, money_summary, money_total
from tests import factories
from tests.factories import life
from tests.kept import projects_kept_otherwise
from tests.projects.test_money import approved, budget, check_every_cut, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> StrategicPlan:
    made = factories.plan("SP")
    for code in ("1.1", "3.1"):
        factories.outcome(made, code)
    for code in ("FP-1", "FP-2"):
        factories.theme(made, "flagship", code)
    return made


@pytest.fixture
def africa() -> Office:
    return factories.office("ROAF")


@pytest.fixture
def project(plan: StrategicPlan, africa: Office) -> Project:
    """A project of Africa with money, under the first outcome and the first flagship."""
    first = Outcome.objects.get(plan=plan, code="1.1")
    made = factories.project(plan, "P1", africa, serves=first, status="active")
    describe(made, "FP-1")
    budget(made, ("2021", "Norway", "yes", "100"))
    move(made, "income", "25")
    move(made, "expenditure", "8")
    return made


def describe(project: Project, flagship: str) -> None:
    said = actions.Description(flagship=flagship)
    actions.describe_project(project=project, said=said, by=None)


def give_to(project: Project, office: Office) -> None:
    actions.save_project(
        plan=project.plan, code=project.code, title=project.title, office=office, by=None
    )


def align(project: Project, code: str, rank: str = "primary") -> None:
    outcome = Outcome.objects.get(plan=project.plan, code=code)
    actions.set_alignment(project=project, outcome=outcome, rank=rank, by=None)


def cuts(found: MoneySummary) -> tuple[list[str], list[str], list[str]]:
    """The region, the flagship and the outcome that have money; every cut is the total."""
    check_every_cut(found)
    outcomes = approved([*found.outcomes, found.not_attributed])
    told = approved(found.regions), approved(found.flagships), outcomes
    regions, flagships, outcomes_ = ([name for name, usd in one.items() if usd] for one in told)
    return regions, flagships, outcomes_


BEFORE = (["ROAF"], ["FP-1"], ["1.1"])


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (lambda one: give_to(one, factories.office("ROAP")), (["ROAP"], *BEFORE[1:])),
        (lambda one: describe(one, "FP-2"), (BEFORE[0], ["FP-2"], BEFORE[2])),
        (lambda one: describe(one, ""), (BEFORE[0], ["None"], BEFORE[2])),
        (lambda one: align(one, "3.1"), (*BEFORE[:2], ["3.1"])),
        (lambda one: align(one, "1.1", "secondary"), (*BEFORE[:2], ["None"])),
        (
            lambda one: actions.remove_alignment(
                project=one, outcome=Outcome.objects.get(code="1.1"), by=None
            ),
            (*BEFORE[:2], ["None"]),
        ),
    ],
)
def test_money_follows_a_project_and_stays_as_it_was_before(
    plan: StrategicPlan, project: Project, change: Callable[[Project], Any], now: Any
) -> None:
    then = database_now()
    was = money_summary(plan)
    change(project)
    assert cuts(money_summary(plan, moment=then)) == cuts(was) == BEFORE
    assert money_summary(plan, moment=then) == was
    assert cuts(money_summary(plan)) == now
    assert money_summary(plan).total == was.total


def test_of_an_office_and_a_flagship_it_is_what_belonged_to_them(plan, project, africa) -> None:
    asia = factories.office("ROAP")
    first, second = plan.themes.filter(kind="flagship").order_by("code")
    then = database_now()
    give_to(project, asia)
    describe(project, "FP-2")
    for moment, here, there in ((then, 100, None), (None, None, 100)):
        for office, usd in ((africa, here), (asia, there)):
            found = money_summary(plan, office=office, moment=moment)
            check_every_cut(found)
            assert found.total.approved == usd
            assert money_total(plan, office=office, moment=moment) == found.total
            assert money_by_office(plan, [office], moment)[office.pk] == found.total
        for flagship, usd in ((first, here), (second, there)):
            assert money_summary(plan, flagship=flagship, moment=moment).total.approved == usd


def test_an_approved_revision_moves_money_to_another_outcome_from_then_on() -> None:
    plan, office = life.desk()
    outcomes = [
        {"outcome": "1.1", "rank": "primary", "why": "It opens public space", "share": ""},
        {"outcome": "3.1", "rank": "secondary", "why": "Fewer cars", "share": ""},
    ]
    made = life.approved(plan, office, outcomes=outcomes)
    author, under = factories.user("Rita", "reporter", office), Delegation.objects.get()
    actions.start_project(project=made, by=factories.user("Mona", "manager", office))
    then = database_now()
    document = actions.begin_revision(project=made, by=author, reason="Other aims")
    turned = [outcomes[0] | {"rank": "secondary"}, outcomes[1] | {"rank": "primary"}]
    document = actions.save_section(document=document, section="outcomes", given=turned, by=author)
    appraisal = actions.submit_document(document=document, by=author)
    assert cuts(money_summary(plan))[2] == ["1.1"]
    life.decided(appraisal, under.person, under)
    assert cuts(money_summary(plan))[2] == ["3.1"]
    assert cuts(money_summary(plan, moment=then))[2] == ["1.1"]
    assert not projects_kept_otherwise()


def test_each_state_is_kept_once_from_when_to_when(project) -> None:
    kept = ProjectRevision.objects.filter(project=project)
    before = kept.count()
    describe(project, "FP-1")
    align(project, "1.1")
    give_to(project, project.office)
    actions.set_alignment(
        project=project,
        outcome=Outcome.objects.get(code="3.1"),
        rank="secondary",
        justification="Fewer cars",
        by=None,
    )
    assert kept.count() == before
    mona = factories.user("Mona", "manager", project.office)
    actions.suspend_project(project=project, by=mona, reason="Unrest")
    rows = list(kept.order_by("pk"))
    assert len(rows) == before + 1
    assert [one.superseded_at for one in rows] == [one.recorded_at for one in rows[1:]] + [None]
    last = rows[-1]
    assert (last.status, last.recorded_by, last.reason) == ("suspended", mona, "Unrest")
    assert rows[-2].superseded_by == mona


def test_a_project_belongs_nowhere_before_it_was_added(plan, africa) -> None:
    then = database_now()
    budget(factories.project(plan, "P2", africa), ("2021", "", "no", "50"))
    assert money_summary(plan, moment=then).total.approved is None
    assert not ProjectRevision.objects.at(then).exists()
