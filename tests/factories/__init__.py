"""Rows for tests, made as the product makes them: offices, people, plans, projects, results.

Every function has a default for what a test does not care about.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.choices import OfficeKind, Role
from habitat_tracker.accounts.models import Country, Office, OfficeRole, User
from outcomes.actions import save_indicator
from outcomes.choices import DeliverableKind, EvidenceRule, Owner
from outcomes.models import Category, Dimension, Indicator, Outcome, RatingLevel
from plans.actions import add_period, revise_plan
from plans.choices import ReviewSteps
from plans.models import Domain, ReportingPeriod, StrategicPlan, Theme
from projects.actions import (
    AgreementInput,
    ContributionInput,
    DeliverableInput,
    PartnerInput,
    ResultInput,
    apply_product,
    approve,
    save_agreement,
    save_contribution,
    save_deliverable,
    save_partner,
    save_project,
    save_results,
    set_alignment,
    set_line,
    submit,
)
from projects.choices import Rank
from projects.models import (
    Agreement,
    Deliverable,
    Partner,
    PartnerContribution,
    ProductApplication,
    Project,
    ProjectIndicator,
    Result,
)

_numbers = count(1)

QUARTERS = [
    ("2020-Q1", date(2020, 1, 1), date(2020, 3, 31)),
    ("2020-Q2", date(2020, 4, 1), date(2020, 6, 30)),
    ("2020-Q3", date(2020, 7, 1), date(2020, 9, 30)),
    ("2020-Q4", date(2020, 10, 1), date(2020, 12, 31)),
]


def headquarters() -> Office:
    """The root of the offices' tree; there is one."""
    found = Office.objects.filter(parent=None).first()
    return found or create_office(
        code="HQ", name={"en": "Headquarters"}, kind=OfficeKind.HEADQUARTERS, parent=None
    )


def office(code: str = "ROAF", name: str = "", parent: Office | None = None) -> Office:
    """A regional office below headquarters."""
    found = Office.objects.filter(code=code).first()
    return found or create_office(
        code=code,
        name={"en": name or f"Office {code}"},
        kind=OfficeKind.REGIONAL,
        parent=parent or headquarters(),
    )


def country(iso3: str = "KEN", name: str = "Kenya", of: Office | None = None) -> Country:
    """A country of an office."""
    found = Country.objects.filter(iso3=iso3).first()
    number = next(_numbers) % 900 + 1
    return found or Country.objects.create(
        m49=number, iso3=iso3, iso2=f"{number:02d}"[-2:], name={"en": name}, office=of or office()
    )


def user(name: str = "", role: str | None = Role.READER, at: Office | None = None) -> User:
    """A member of staff with a role in an office (headquarters); None: without any role."""
    name = name or f"Person {next(_numbers)}"
    email = f"{name.lower().replace(' ', '.')}@example.org"
    made = User.objects.create_user(email, "a-long-password", name=name)
    if role:
        OfficeRole.objects.create(user=made, office=at or headquarters(), role=role)
    return made


def plan(
    code: str = "SP",
    quarters: int = 4,
    is_demonstration: bool = False,
    end: date = date(2023, 12, 31),
) -> StrategicPlan:
    """A plan from 2020 with its first quarters as periods, all past their due dates."""
    made = StrategicPlan.objects.create(
        code=code,
        title={"en": f"Strategic plan {code}"},
        short_title={"en": f"Plan {code}"},
        vision={"en": "A better life for all"},
        is_demonstration=is_demonstration,
    )
    revise_plan(
        plan=made,
        by=None,
        start=date(2020, 1, 1),
        end=end,
        due_days=15,
        minimum_coverage=500,
        on_track_at=900,
        delayed_at=600,
        decided_on="2019-05",
        decided_by="Resolution 1/1",
        source="A source",
    )
    for label, first, last in QUARTERS[:quarters]:
        add_period(plan=made, label=label, kind="quarter", start=first, end=last)
    return made


def review_in_two_steps(of: StrategicPlan) -> None:
    """From now on the office verifies the plan's results and headquarters approves them."""
    of.review_steps = ReviewSteps.TWO
    of.save(update_fields=["review_steps"])


def period(of: StrategicPlan, label: str = "2020-Q1") -> ReportingPeriod:
    """A period of a plan by its label."""
    return ReportingPeriod.objects.get(plan=of, label=label)


def outcome(of: StrategicPlan, code: str = "1.1") -> Outcome:
    """An outcome under the domain that its code begins with."""
    head = code.split(".")[0]
    domain, _made = Domain.objects.get_or_create(
        plan=of, code=head, defaults={"title": {"en": f"Domain {head}"}, "position": int(head)}
    )
    found, _made = Outcome.objects.get_or_create(
        plan=of, code=code, defaults={"domain": domain, "title": {"en": f"Outcome {code}"}}
    )
    return found


def theme(of: StrategicPlan, kind: str, code: str, name: str = "") -> Theme:
    """A theme of a plan: a driver, an inclusion dimension, a flagship, a tool."""
    return Theme.objects.create(plan=of, kind=kind, code=code, name={"en": name or code})


def indicator(
    of: Outcome | StrategicPlan,
    code: str = "",
    categories: dict[str, list[str]] | None = None,
    levels: list[str] | None = None,
    **fields: Any,
) -> Indicator:
    """An indicator of an outcome, or of a plan; a quantity that adds up, if nothing is said.

    It asks for no evidence, so that tests of other rules need none.
    """
    number = next(_numbers)
    code = code or f"I{number}"
    owned: dict[str, Any] = {"plan": of, "owner": Owner.PLAN}
    if isinstance(of, Outcome):
        owned = {"plan": of.plan, "outcome": of, "owner": Owner.OUTCOME}
    words = {
        "title": {"en": f"Indicator {code}"},
        "unit": {"en": "things"},
        "position": number,
        "evidence_rule": EvidenceRule.NONE,
    }
    made = save_indicator(indicator=Indicator(code=code, **{**words, **owned, **fields}), by=None)
    for name, codes in (categories or {}).items():
        dimension = Dimension.objects.create(indicator=made, code=name, name={"en": name})
        for position, category in enumerate(codes):
            Category.objects.create(
                indicator=made,
                dimension=dimension,
                code=category,
                name={"en": category},
                position=position,
            )
    for position, level in enumerate(levels or []):
        RatingLevel.objects.create(
            indicator=made, code=level, name={"en": level}, position=position
        )
    return made


def project(
    of: StrategicPlan,
    code: str = "",
    at: Office | None = None,
    where: Country | None = None,
    serves: Outcome | None = None,
    rank: str = Rank.PRIMARY,
    **fields: Any,
) -> Project:
    """A project of an office, in a country if one is given, serving an outcome if one is given."""
    code = code or f"P{next(_numbers)}"
    made = save_project(
        plan=of,
        code=code,
        title={"en": f"Project {code}"},
        office=at or office(),
        countries=[where] if where else [],
        by=None,
        **fields,
    )
    if serves:
        set_alignment(project=made, outcome=serves, rank=rank, by=None)
    return made


def line(
    of: Project, on: Indicator, where: Country | None = None, **dates: date
) -> ProjectIndicator:
    """What a project reports: an indicator, for a country or for no single place.

    It serves the outcome of the indicator from then on.
    """
    serve(of, on)
    return set_line(project=of, indicator=on, country=where, by=None, **dates)


def serve(project: Project, on: Indicator) -> None:
    """Let a project serve the outcome of an indicator: its first is the primary one."""
    held = project.alignments.all()
    if on.outcome and not held.filter(outcome=on.outcome).exists():
        rank = Rank.SECONDARY if held.filter(rank=Rank.PRIMARY).exists() else Rank.PRIMARY
        set_alignment(project=project, outcome=on.outcome, rank=rank, by=None)


def report(
    on: ProjectIndicator,
    value: Any = None,
    at: str = "2020-Q1",
    to: str = "approved",
    **content: Any,
) -> Result:
    """A result as people make it: typed by one person, approved by another.

    `to` says how far it goes: draft, submitted or approved. Beside an approved result it is a
    correction.
    """
    reporter = _somebody("Reporter", Role.REPORTER)
    when = period(on.project.plan, at)
    content = {"reason": "A later count"} | content
    entry = ResultInput(line=on, period=when, value=value, **content)
    result = save_results(entries=[entry], by=reporter)[0]
    if to in ("submitted", "approved"):
        result = submit(rows=[result], by=reporter)[0]
    if to == "approved":
        result = approve(rows=[result], by=_somebody("Reviewer", Role.REVIEWER))[0]
    return result


def _somebody(name: str, role: str) -> User:
    email = f"{name.lower()}@example.org"
    return User.objects.filter(email=email).first() or user(name, role)


def days_ago(days: int) -> date:
    """A date before today."""
    return date.today() - timedelta(days=days)  # noqa: DTZ011 - tests run in UTC


def counting(of: Outcome | StrategicPlan, kind: str = "publication", **fields: Any) -> Indicator:
    """An indicator that counts deliverables of a kind, or `participants` by sex."""
    if kind == "participants":
        sexes = {"sex": ["female", "male"]}
        return indicator(of, categories=sexes, counts_from=kind, **fields)
    thing_kind = DeliverableKind(kind).thing_kind
    rules = {"kind": "distinct", "thing_kind": thing_kind, "counts_from": kind}
    return indicator(of, **(rules | fields))


def deliverable(
    of: Project, title: str = "", by: User | None = None, reason: str = "", **content: Any
) -> Deliverable:
    """Something that a project registered in the first quarter; a publication with a link."""
    entered: dict[str, Any] = {
        "kind": "publication",
        "title": title or f"Report {next(_numbers)}",
        "outcome": Outcome.objects.filter(plan=of.plan).first(),
        "date": date(2020, 2, 1),
        "link": "https://example.org/report",
    }
    if content.get("kind") == "event":
        entered["women"] = 1
    return save_deliverable(
        project=of,
        entered=DeliverableInput(**(entered | content)),
        reason=reason,
        by=by or _somebody("Reporter", Role.REPORTER),
    )


def application(of: Deliverable, by: Project, **content: Any) -> ProductApplication:
    """That a project applies a product, since the day on which that was published."""
    entered: dict[str, Any] = {"how": "Trains planners with it", "since": of.date}
    reporter = _somebody("Reporter", Role.REPORTER)
    return apply_product(deliverable=of, project=by, **({"by": reporter} | entered | content))


def partner(
    of: StrategicPlan, name: str = "", kind: str = "civil_society", **content: Any
) -> Partner:
    """A partner of the plan; names that are nearly the same are kept apart."""
    entered = PartnerInput(name or f"Partner {next(_numbers)}", kind, **content)
    return save_partner(plan=of, entered=entered, by=None, confirm_similar=True)


def agreement(
    of: Partner, signed: date = date(2020, 4, 1), at: Office | None = None, **content: Any
) -> Agreement:
    """An agreement with a partner, global and without an end if nothing is said."""
    entered: dict[str, Any] = {
        "title": f"Agreement {next(_numbers)}",
        "kind": "memorandum",
        "scope": "global",
        "office": at or headquarters(),
        "signed": signed,
        "start": signed,
    }
    return save_agreement(partner=of, entered=AgreementInput(**(entered | content)), by=None)


def contribution(to: Project, of: Partner, **content: Any) -> PartnerContribution:
    """What a partner does for a project: it implements, without an amount."""
    entered: dict[str, Any] = {
        "partner": of,
        "role": "implementing",
        "what": "Builds wells",
        "start": date(2020, 4, 1),
    }
    return save_contribution(project=to, entered=ContributionInput(**(entered | content)), by=None)
