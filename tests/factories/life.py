"""Proposals, delegations and decisions for tests, made as the product makes them."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Office, User
from plans.models import StrategicPlan
from projects.actions import decide, delegate, propose_project, save_section, submit_document
from projects.choices import Decision, Level, Section
from projects.models import Appraisal, Delegation, Project, ProjectDocument, ReviewMeeting
from tests import factories

CONTENT: dict[str, Any] = {
    "basics": {
        "title": {"en": "Safe streets"},
        "summary": {"en": "Streets are made safe with those who live in them."},
        "start": "2020-02-01",
        "end": "2021-06-30",
    },
    "places": {"countries": ["KEN"], "cities": [{"country": "KEN", "name": "Nairobi"}]},
    "outcomes": [
        {"outcome": "1.1", "rank": "primary", "why": "It opens public space", "share": "60"},
        {"outcome": "3.1", "rank": "secondary", "why": "Fewer cars", "share": "40"},
    ],
    "about": {"named": {"DRV-LEG": "It drafts by-laws"}, "covid": "not_part"},
    "budget": [
        {"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "70000"},
        {"year": "2021", "donor": "", "earmarked": "no", "amount": "30000"},
    ],
    "partners": [
        {"name": "City of Nairobi", "kind": "local_government", "what": "Builds the crossings"}
    ],
    "logframe": [{"indicator": "STREETS", "country": "KEN", "target": "12"}],
}


def desk() -> tuple[StrategicPlan, Office]:
    """A plan and an office with what `CONTENT` names: outcomes, an indicator, a driver, Kenya."""
    plan = factories.plan("SP")
    office = factories.office("ROAF")
    factories.country("KEN", "Kenya", office)
    served = factories.outcome(plan, "1.1")
    factories.outcome(plan, "3.1")
    factories.indicator(served, "STREETS")
    factories.theme(plan, "driver", "DRV-LEG", "Legislation")
    return plan, office


def proposal(
    plan: StrategicPlan, office: Office, by: User, code: str = "P1", **sections: Any
) -> ProjectDocument:
    """A proposal with `CONTENT`, where a section is not given otherwise; None leaves it out."""
    document = propose_project(
        plan=plan, code=code, title={"en": "Safe streets"}, office=office, by=by
    )
    for name, given in (deepcopy(CONTENT) | sections).items():
        if given is not None:
            document = save_section(document=document, section=Section(name), given=given, by=by)
    return document


def person_with_authority(
    plan: StrategicPlan,
    office: Office,
    most: object = None,
    level: str = Level.REGIONAL,
    name: str = "Head",
) -> tuple[User, Delegation]:
    """A reviewer of an office with a delegation there."""
    person = factories.user(name, Role.REVIEWER, office)
    return person, delegate(
        plan=plan,
        person=person,
        office=office,
        level=level,
        most_usd=most,
        start=date(2020, 1, 1),
        until=None,
        document="Guidelines of October 2020",
        by=None,
    )


def decided(
    appraisal: Appraisal,
    by: User,
    under: Delegation,
    decision: str = Decision.APPROVED,
    meeting: ReviewMeeting | None = None,
    **more: Any,
) -> Appraisal:
    """An appraisal that somebody decided on."""
    return decide(
        appraisal=appraisal, decision=decision, delegation=under, meeting=meeting, by=by, **more
    )


def approved(plan: StrategicPlan, office: Office, code: str = "P1", **sections: Any) -> Project:
    """A project whose proposal was approved by a head of region with any amount."""
    author = User.objects.filter(email="author@example.org").first() or factories.user(
        "Author", Role.REPORTER, office
    )
    document = proposal(plan, office, author, code, **sections)
    appraisal = submit_document(document=document, by=author)
    under = Delegation.objects.filter(plan=plan, office=office, most_usd=None).first()
    if under is None:
        _head, under = person_with_authority(plan, office)
    decided(appraisal, under.person, under)
    return Project.objects.get(plan=plan, code=code)
