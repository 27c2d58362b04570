"""Bad input of the life, money and partners of projects, in one table.

Each is sent by the page and by the API, as far as both take it. Both refuse it with one code and
the same words, nothing at all is stored, and the page that answers still holds all that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from projects import actions
from projects.actions.budget import COLUMNS as BUDGET_COLUMNS
from projects.choices import ProjectStatus
from projects.models import ExchangeRate, PartnerFeedback, Project, Transaction
from tests import factories
from tests.api_client import Api, problems, refused
from tests.factories import life

pytestmark = pytest.mark.django_db

OURS = ("accounts", "plans", "outcomes", "projects", "reporting")


class Desk:
    """An office with people, projects in several states, a partner, and little authority."""

    def __init__(self) -> None:
        self.plan, self.office = life.desk()
        factories.country("FRA", "France", factories.office("ROEU"))
        ExchangeRate.objects.create(currency="EUR", month=date(2020, 2, 1), rate=Decimal("0.9"))
        self.rita = factories.user("Rita", Role.REPORTER, self.office)
        self.mona = factories.user("Mona", Role.MANAGER, self.office)
        self.chief = factories.user("Chief", Role.MANAGER)
        self.alone = factories.user("Alone", Role.REVIEWER, self.office)
        self.below, self.lower = life.person_with_authority(
            self.plan, factories.office("KENYA", parent=self.office), name="Below"
        )
        self.below.office_roles.create(office=self.office, role=Role.REVIEWER)
        self.modest, self.little = life.person_with_authority(
            self.plan, self.office, most=Decimal("99999.99"), name="Modest"
        )
        self.head, self.any_amount = life.person_with_authority(self.plan, self.office)
        self.meeting = actions.save_meeting(
            plan=self.plan, on=date(2020, 4, 30), chair="Deputy", by=None
        )
        self.draft = life.proposal(self.plan, self.office, self.rita, "DRAFT")
        document = life.proposal(self.plan, self.office, self.rita, "WAITING")
        self.waiting = actions.submit_document(document=document, by=self.rita)
        self.kenya = factories.country("KEN")
        self.outcome = factories.outcome(self.plan, "1.1")
        self.project = factories.project(
            self.plan, "P1", self.office, self.kenya, self.outcome, status=ProjectStatus.ACTIVE
        )
        indicator = factories.Indicator.objects.get(code="STREETS")
        self.result = factories.report(factories.line(self.project, indicator), 1, to="draft")
        self.partner = factories.partner(self.plan, "Município de Nakuru", "local_government")
        self.other = factories.partner(self.plan, "Shelter for All")
        factories.contribution(self.project, self.partner)
        self.asked = actions.ask_partner(
            project=self.project, partner=self.partner, email="ann@example.org", by=self.rita
        )
        self.prong = factories.theme(self.plan, "prong", "PRONG-1", "Prong 1")
        self.expected = actions.expect_income(
            plan=self.plan, entered=actions.ForecastInput(2021, "50", "signed", "no"), by=None
        )
        self.deferral = actions.defer_outcome(
            outcome=factories.outcome(self.plan, "3.1"),
            planned=date(2020, 6, 1),
            until=date(2032, 1, 1),
            reason="No funds",
            by=None,
        )


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> Desk:
    return Desk()


@pytest.fixture
def desk(made: Desk, db: None) -> Desk:
    return deepcopy(made)


# --- How it is sent ----------------------------------------------------------------------------

Said = dict[str, Any] | Callable[[Desk], dict[str, Any]]


@dataclass(frozen=True)
class Sent:
    """Who sends what where; `at` may name keys of the desk, as `{partner}`."""

    by: str
    at: str
    said: Said
    method: str = "post"

    def address(self, desk: Desk) -> str:
        """The address, with the keys of the rows that it names."""
        keys = {name: row.pk for name, row in vars(desk).items()}
        return f"plans/SP/{self.at.format(**keys)}"

    def filled(self, desk: Desk) -> dict[str, Any]:
        """What is sent."""
        return self.said(desk) if callable(self.said) else self.said


@dataclass(frozen=True)
class Bad:
    """What is refused: the code, some of the words, the status, and both ways in."""

    code: str
    words: str
    page: Sent | None = None
    api: Sent | None = None
    status: int = 400
    before: Callable[[Desk], Any] | None = None
    offers: str = ""


def rows(*listed: dict[str, str], head: str = "rows") -> dict[str, str]:
    """The fields of a form of rows."""
    sent = {f"{head}-TOTAL_FORMS": str(len(listed)), f"{head}-INITIAL_FORMS": "0"}
    for number, one in enumerate(listed):
        sent |= {f"{head}-{number}-{name}": value for name, value in one.items()}
    return sent


def section(name: str, page: dict[str, Any], body: Any, code: str, words: str, **more: Any) -> Bad:
    """Something wrong in a section of a proposal."""
    at = f"projects/DRAFT/document/1/sections/{name}/"
    put = Sent(
        "rita",
        f"documents/{{draft}}/sections/{name}/",
        lambda desk: {"section": body, "version": desk.draft.version},
        "put",
    )
    return Bad(code, words, Sent("rita", at, page), put, **more)


def proposed(code: str, words: str, **basics: str) -> Bad:
    """Dates of a proposal."""
    said = {"title": "Safe streets", "summary": "With those who live there", **basics}
    body = {**basics, "title": {"en": said["title"]}, "summary": {"en": said["summary"]}}
    return section("basics", said, body, code, words)


def outcomes(code: str, words: str, *, ranks: tuple[str, str], shares: tuple[str, str]) -> Bad:
    """The outcomes of a proposal."""
    page: dict[str, Any] = {}
    body = []
    for number, rank, share in zip(("1.1", "3.1"), ranks, shares, strict=True):
        page |= {f"rank.{number}": rank, f"why.{number}": "So", f"share.{number}": share}
        body.append({"outcome": number, "rank": rank, "why": "So", "share": share})
    return section("outcomes", page, body, code, words)


def taken_over(code: str, words: str, at: str = "add-project/", **changed: Any) -> Bad:
    """A project that is taken over, or changed; there is no way in by the API."""
    said = {
        "code": "NEW",
        "title": "Clean water",
        "summary": "Wells",
        "office": "ROAF",
        "status": "active",
        "reason": "Approved under the plan before",
        "countries": ["KEN"],
        "start": "2018-05-01",
        "end": "2021-12-31",
        "rank_1.1": "primary",
        "rank_3.1": "secondary",
        **changed,
    }
    if at != "add-project/":
        said = {name: text for name, text in said.items() if name not in ("status", "reason")}
        said["code"] = "P1"
    return Bad(code, words, Sent("mona", at, said))


def agreement(code: str, words: str, **changed: Any) -> Bad:
    """An agreement with the partner."""
    said = {
        "title": "Wells for Nakuru",
        "kind": "cooperation",
        "scope": "country",
        "office": "ROAF",
        "countries": ["KEN"],
        "signed": "2018-04-01",
        "start": "2018-04-01",
        "end": "2022-03-31",
        "note": "A long note",
        **changed,
    }
    return Bad(
        code,
        words,
        Sent("mona", "partners/{partner}/agreements/add/", said),
        Sent("mona", "agreements/", lambda desk: said | {"partner": desk.partner.pk}),
    )


def contribution(code: str, words: str, **changed: str) -> Bad:
    """What the partner contributes to the project."""
    said = {"role": "funding", "what": "Pays for pipes", "start": "2018-04-01", **changed}
    return Bad(
        code,
        words,
        Sent(
            "rita",
            "projects/P1/contributions/add/",
            lambda desk: said | {"partner": desk.partner.name},
        ),
        Sent(
            "rita",
            "partner-contributions/",
            lambda desk: said | {"partner": desk.partner.pk, "project": "P1"},
        ),
    )


def strategy(code: str, words: str, **changed: Any) -> Bad:
    """The strategy of the region."""
    said = {"start": "2020-01-01", "end": "2023-12-31", "countries": ["KEN"], **changed}
    return Bad(
        code,
        words,
        Sent("mona", "regions/ROAF/strategy/", {**said, "text": "Wells for all"}),
        Sent(
            "mona",
            "strategies/ROAF/",
            {**said, "text": {"en": "Wells for all"}, "version": 0},
            "put",
        ),
    )


def delegation(code: str, words: str, **changed: str) -> Bad:
    """Authority that the chief delegates to Alone."""
    said = {"office": "ROAF", "level": "regional", "document": "Guidelines", **changed}
    said |= {"person": "alone@example.org", "most_usd": "5000"}
    return Bad(
        code, words, Sent("chief", "setup/delegations/", said), Sent("chief", "delegations/", said)
    )


def deferral(code: str, words: str, **changed: str) -> Bad:
    """An outcome that the chief puts off."""
    said = {"outcome": "1.1", "planned": "2020-06-01", "until": "2032-01-01", "reason": "No funds"}
    said |= changed
    return Bad(
        code, words, Sent("chief", "money/deferrals/", said), Sent("chief", "deferrals/", said)
    )


def income(code: str, words: str, *, api: bool = False, **changed: Any) -> Bad:
    """Income that the chief expects; with `api`, what a list of the page does not offer."""
    said: dict[str, Any] = {"year": 2022, "donor": "Norway", "amount": "12.50", "currency": "USD"}
    said |= {"likelihood": "pledged", "prong": "PRONG-1", "note": "As agreed in Oslo", **changed}
    return Bad(
        code,
        words,
        None if api else Sent("chief", "money/forecast/", said | {"earmarked": "yes"}),
        Sent("chief", "expected-income/", said | {"earmarked": True}),
    )


def theme(code: str, words: str, name: str, status: int = 400, **changed: Any) -> Bad:
    """A prong that the chief renames."""
    said = {"version": 1, "source": "Strategy, p. 4", **changed}
    texts = {"name": {"en": name}, "text": {"en": "Making the case"}}
    typed = {"name.en": name, "text.en": "Making the case"}
    return Bad(
        code,
        words,
        Sent("chief", "setup/themes/{prong}/", said | typed),
        Sent("chief", "themes/{prong}/", said | texts, "put"),
        status,
    )


def asked(code: str, words: str, email: str, who: str = "partner", *, api: bool = False) -> Bad:
    """A partner that is asked what it makes of the project."""

    def said(desk: Desk) -> dict[str, Any]:
        return {"partner": getattr(desk, who).pk, "email": email}

    return Bad(
        code,
        words,
        None if api else Sent("rita", "projects/P1/feedback/", lambda d: said(d) | {"act": "ask"}),
        Sent("rita", "partner-feedback/", lambda desk: said(desk) | {"project": "P1"}),
    )


def unheard(code: str, words: str, act: str, **said: str) -> Bad:
    """A partner's answer that is not there yet, published or answered."""
    return Bad(
        code,
        words,
        Sent(
            "mona", "projects/P1/feedback/", lambda d: {"act": act, "feedback": d.asked.pk, **said}
        ),
        Sent("mona", f"partner-feedback/{{asked}}/{act}/", said),
        409,
    )


def withdrawn(desk: Desk) -> None:
    """The expected income counts no longer."""
    actions.withdraw_expected_income(expected=desk.expected, reason="It came in", by=None)


def spent(desk: Desk) -> None:
    """What was spent was recorded and counts no longer."""
    entered = actions.TransactionInput("expenditure", "2020-03-31", "5")
    recorded = actions.record_transaction(project=desk.project, entered=entered, by=None)
    desk.spent = recorded.transaction  # type: ignore[attr-defined]
    actions.withdraw_transaction(transaction=recorded.transaction, reason="Twice", by=None)


def taken_up(desk: Desk) -> None:
    """The outcome is put off no longer."""
    actions.end_deferral(deferral=desk.deferral, by=None)


def decision(
    code: str, words: str, by: str, under: str = "", status: int = 400, meeting: bool = False
) -> Bad:
    """A decision on what waits, of USD 100,000."""

    def page(desk: Desk) -> dict[str, Any]:
        said = {"act": "decide", "decision": "approved", "reason": "A sound proposal"}
        said |= {"delegation": getattr(desk, under).pk} if under else {}
        said |= {"meeting": desk.meeting.pk} if meeting else {}
        return said | rows({"text": ""}, head="conditions")

    def body(desk: Desk) -> dict[str, Any]:
        said: dict[str, Any] = {"decision": "approved", "reason": "A sound proposal"}
        said |= {"delegation": getattr(desk, under).pk} if under else {}
        return said | ({"meeting": "2020-04-30"} if meeting else {})

    return Bad(
        code,
        words,
        Sent(by, "appraisals/{waiting}/", page),
        Sent(by, "appraisals/{waiting}/decide/", body),
        status,
    )


def transaction(code: str, words: str, **changed: str) -> Bad:
    """Expenditure of the project, typed."""
    said = {"kind": "expenditure", "date": "2020-03-31", "amount": "12.50", "currency": "USD"}
    said |= {"donor": "Norway", "description": "Pumps", **changed}
    return Bad(
        code,
        words,
        Sent("mona", "projects/P1/money/", said),
        Sent("mona", "transactions/", said | {"project": "P1"}),
    )


def csv(*lines: str, keys: tuple[str, ...] = actions.TRANSACTION_COLUMNS) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile("money.csv", "\n".join((",".join(keys), *lines)).encode())


def partner(code: str, words: str, name: str, offers: str = "/plans/SP/partners/{partner}/") -> Bad:
    """A partner that is added to the register."""
    said = {"name": name, "kind": "local_government", "website": "https://example.org/"}
    return Bad(
        code,
        words,
        Sent("rita", "partners/add/", said),
        Sent("rita", "partners/", said),
        offers=offers,
    )


def renamed(desk: Desk) -> dict[str, Any]:
    """The other partner, given a name that is nearly that of the first."""
    said = {"name": "Municípios de Nakuru", "kind": "civil_society"}
    return {**said, "version": desk.other.version}


def joint(code: str, words: str, theirs: str, own: str, twice: str = "") -> Bad:
    """Who brought a result about: the partner, perhaps twice, and the office."""

    def page(desk: Desk) -> dict[str, Any]:
        said: dict[str, Any] = {"version": desk.result.version, "lead": "own", "own_share": own}
        names = [desk.partner.name, *filter(None, [twice])]
        for number, name in enumerate(names):
            said |= {
                f"partners.{number}.partner": name,
                f"partners.{number}.share": theirs,
                f"partners.{number}.what": "Gives land",
            }
        return said

    def body(desk: Desk) -> dict[str, Any]:
        part = {"partner": desk.partner.pk, "share": theirs or None, "what": "Gives land"}
        parts = [part, *([part] if twice else [])]
        return {"partners": parts, "own_share": own or None, "version": desk.result.version}

    at = "results/{result}/co-delivery/"
    return Bad(code, words, Sent("rita", at, page), Sent("rita", at, body, "put"))


def step(code: str, words: str, act: str, on: str = "P1", by: str = "mona") -> Bad:
    """A step of a project's life that cannot be taken from where it stands."""
    said = {"reason": "Unrest in the city"}
    return Bad(
        code,
        words,
        Sent(by, f"projects/{on}/life/", said | {"act": act}),
        Sent(by, f"projects/{on}/{act}/", said),
        409,
    )


def conditional(desk: Desk) -> None:
    """A proposal is approved on a condition."""
    document = life.proposal(desk.plan, desk.office, desk.rita, "GRANTED")
    waiting = actions.submit_document(document=document, by=desk.rita)
    wanted = [actions.ConditionInput("Ask the traders", date(2030, 1, 1))]
    life.decided(waiting, desk.head, desk.any_amount, "conditions", conditions=wanted)
    desk.condition = waiting.conditions.get()  # type: ignore[attr-defined]


def said_done(desk: Desk) -> None:
    """The office says what it did to meet the condition."""
    conditional(desk)
    actions.answer_condition(condition=desk.condition, answer="Asked 40", by=desk.mona)  # type: ignore[attr-defined]


def found_met(desk: Desk) -> None:
    """The condition was found met."""
    said_done(desk)
    actions.settle_condition(condition=desk.condition, met=True, by=desk.head)  # type: ignore[attr-defined]


def answer(code: str, words: str, text: str, status: int = 400, before: Any = conditional) -> Bad:
    """What the office says it did to meet a condition."""
    return Bad(
        code,
        words,
        Sent("rita", "conditions/{condition}/", {"act": "answer", "text": text}),
        Sent("rita", "conditions/{condition}/answer/", {"answer": text}),
        status,
        before,
    )


def settled(
    code: str, words: str, text: str, act: str = "back", status: int = 400, before: Any = said_done
) -> Bad:
    """An appraiser finds a condition met, or sends the answer back."""
    return Bad(
        code,
        words,
        Sent("head", "conditions/{condition}/", {"act": act, "text": text}),
        Sent("head", "conditions/{condition}/settle/", {"met": act == "met", "remark": text}),
        status,
        before,
    )


def without_primary(desk: Desk) -> None:
    """The draft serves its outcome as a secondary one only."""
    given = [{"outcome": "1.1", "rank": "secondary", "why": "It opens public space"}]
    desk.draft = actions.save_section(
        document=desk.draft, section="outcomes", given=given, by=desk.rita
    )


CLOSING = {
    "closed_on": "2020-12-31",
    "achieved": "12 streets",
    "lasting": "The city keeps them",
    "link": "https://example.org/report",
}
LESSON = {"context": "Traders were late", "learned": "Ask first"}
NO_RATE = "No United Nations operational rate of exchange is loaded for EUR in 2020-03."
OVER = "The plan begins on 1 Jan 2020; this would be over before."

TOO_LONG = "A text has 5000 characters at most."
TABLE: dict[str, Bad] = {
    # Conditions of an approval
    "a condition answered without a word": answer("missing_text", "Say what was done.", ""),
    "a condition answered at too great length": answer("too_long", TOO_LONG, "x" * 5_001),
    "a condition answered once more": answer(
        *("already_answered", "It was answered already; an appraiser looks at it."),
        *("Asked them again", 409, said_done),
    ),
    "a condition answered after it was met": answer(
        *("already_met", "This condition was found met already."), "Asked again", 409, found_met
    ),
    "an answer sent back without saying why": settled("missing_text", "Say what is lacking.", ""),
    "an answer sent back at too great length": settled("too_long", TOO_LONG, "x" * 5_001),
    "a condition met with too long a remark": settled("too_long", TOO_LONG, "x" * 5_001, "met"),
    "a condition settled that nobody answered": settled(
        *("not_answered", "The office has not said what it did.", "Which?"),
        *("back", 409, conditional),
    ),
    "a condition settled once more": settled(
        *("already_met", "This condition was found met already.", "Which?", "met", 409, found_met),
    ),
    # Outcomes, and whose share is how much
    "a proposal with two primary outcomes": outcomes(
        *("two_primary", "A project has one primary outcome, not 1.1, 3.1."),
        ranks=("primary", "primary"),
        shares=("60", "40"),
    ),
    "a proposal without a primary outcome is submitted": Bad(
        *("missing_primary", "Name the one primary outcome."),
        Sent("rita", "projects/DRAFT/document/1/", {"act": "submit"}),
        Sent("rita", "documents/{draft}/submit/", {}),
        before=without_primary,
    ),
    "a project taken over with two primary outcomes": taken_over(
        "two_primary", "A project has one primary outcome, not 1.1, 3.1.", **{"rank_3.1": "primary"}
    ),
    "a project taken over without a primary outcome": taken_over(
        "missing_primary", "Name the one primary outcome.", **{"rank_1.1": ""}
    ),
    "a project changed to two primary outcomes": taken_over(
        *("two_primary", "A project has one primary outcome, not 1.1, 3.1.", "projects/P1/edit/"),
        **{"rank_3.1": "primary"},
    ),
    "a project changed to no primary outcome": taken_over(
        *("missing_primary", "Name the one primary outcome.", "projects/P1/edit/"),
        **{"rank_1.1": "", "rank_3.1": ""},
    ),
    "shares of the money that are less than all": outcomes(
        *("shares_not_100", "The shares add up to 90 percent, not to 100."),
        ranks=("primary", "secondary"),
        shares=("60", "30"),
    ),
    "shares of a joint result that are more than all": joint(
        "shares_not_100", "The shares add up to 100.01 percent, not to 100.", "60", "40.01"
    ),
    # Dates
    "a proposal that begins before the plan": proposed(
        "dates_before_plan", "The plan begins on 1 Jan 2020;", start="2019-12-31", end="2021-06-30"
    ),
    "a proposal that is over before the plan": proposed(
        "dates_before_plan", OVER, start="", end="2019-12-31"
    ),
    "a proposal that ends before it begins": proposed(
        "dates_reversed", "The end lies before the start.", start="2021-06-30", end="2021-06-29"
    ),
    "a project taken over that is over before the plan": taken_over(
        "dates_before_plan", OVER, end="2019-12-31"
    ),
    "a project changed to be over before the plan": taken_over(
        "dates_before_plan", OVER, "projects/P1/edit/", end="2019-12-31"
    ),
    "a project that ends before it begins": taken_over(
        "dates_reversed", "The end lies before the start.", start="2022-01-01"
    ),
    "an agreement that is over before the plan": agreement(
        "dates_before_plan", OVER, end="2019-12-31"
    ),
    "an agreement that ends before it begins": agreement(
        "agreement_ends_before_it_begins",
        "It would end before it begins.",
        start="2020-04-01",
        end="2020-03-31",
    ),
    "a contribution that is over before the plan": contribution(
        "dates_before_plan", OVER, end="2019-12-31"
    ),
    "a contribution that ends before it begins": contribution(
        "dates_reversed", "It would end before it begins.", start="2020-04-01", end="2020-03-31"
    ),
    "a strategy that begins before the plan": strategy(
        "dates_before_plan", "The plan begins on 1 Jan 2020.", start="2019-12-31"
    ),
    "a strategy that ends before it begins": strategy(
        "dates_reversed", "The end lies before the beginning.", start="2023-01-01", end="2022-01-01"
    ),
    "a delegation that is over before the plan": delegation(
        "dates_before_plan", OVER, start="2019-01-01", until="2019-12-31"
    ),
    "a delegation that ends before it begins": delegation(
        "dates_reversed", "The end lies before the start.", start="2021-01-01", until="2020-12-31"
    ),
    "a delegation that is ended before it began": Bad(
        *("dates_reversed", "The end lies before the start."),
        Sent(
            "chief",
            "setup/delegations/",
            lambda d: {"act": "end", "delegation": d.little.pk, "on": "2019-12-31", "reason": "So"},
        ),
        Sent("chief", "delegations/{little}/end/", {"on": "2019-12-31", "reason": "So"}),
    ),
    "an outcome put off that was planned before the plan": deferral(
        "date_before_plan", "The plan begins on 1 Jan 2020.", planned="2019-12-31"
    ),
    "an outcome put off to an earlier day": deferral(
        "dates_reversed", "The new date lies after the one that was planned.", until="2020-05-31"
    ),
    "an outcome put off to a day that has passed": deferral(
        "date_in_past", "This day has passed.", until="2025-06-01"
    ),
    "an outcome put off without a reason": deferral(
        "missing_reason", "Say why it is put off.", reason=" "
    ),
    "an outcome put off that the plan does not have": Bad(
        *("unknown_outcome", "There is no such outcome in this plan."),
        api=Sent(
            "chief",
            "deferrals/",
            {"outcome": "9.9", "planned": "2020-06-01", "until": "2032-01-01", "reason": "So"},
        ),
    ),
    "an outcome put off for too long a reason": Bad(
        *("too_long", "A text has 2000 characters at most."),
        api=Sent(
            "chief",
            "deferrals/",
            {
                "outcome": "1.1",
                "planned": "2020-06-01",
                "until": "2032-01-01",
                "reason": "x" * 2001,
            },
        ),
    ),
    "an outcome taken up again twice": Bad(
        *("deferral_ended", "This is no longer put off."),
        Sent("chief", "money/deferrals/{deferral}/end/", {}),
        Sent("chief", "deferrals/{deferral}/end/", {}),
        409,
        before=taken_up,
    ),
    # Expected income
    "income expected before the plan": income(
        "year_outside_plan", "The plan runs from 2020 to 2023.", year=2019
    ),
    "income expected after the plan": income(
        "year_outside_plan", "The plan runs from 2020 to 2023.", year=2024
    ),
    "expected income of nothing": income("zero_amount", "An amount is above zero.", amount="0"),
    "expected income below zero": income(
        "negative_amount", "An amount is not below zero.", amount="-5"
    ),
    "expected income that is no number": income(
        "not_a_number", "“1,5” is not a number.", amount="1,5"
    ),
    "expected income of a currency that is none": income("unknown_currency", "XQX", currency="XQX"),
    "expected income of a currency without a rate": income(
        "no_exchange_rate", "rate of exchange is loaded for EUR in", currency="EUR"
    ),
    "expected income of a prong that the plan does not have": income(
        "unknown_prong", "The plan has no such prong.", prong="PRONG-9", api=True
    ),
    "expected income that is as likely as nobody knows": income(
        "unknown_likelihood", "Say how likely it is:", likelihood="sure", api=True
    ),
    "expected income of a donor of too long a name": income(
        "too_long", "A text has 200 characters at most.", donor="x" * 201, api=True
    ),
    "expected income withdrawn without a reason": Bad(
        *("missing_reason", "Say why it is withdrawn."),
        api=Sent("chief", "expected-income/{expected}/withdraw/", {"reason": " "}),
    ),
    "expected income withdrawn twice": Bad(
        *("already_withdrawn", "This was withdrawn already."),
        Sent("chief", "money/forecast/{expected}/", {"reason": "It came in twice"}),
        Sent("chief", "expected-income/{expected}/withdraw/", {"reason": "It came in twice"}),
        409,
        before=withdrawn,
    ),
    "expenditure withdrawn twice": Bad(
        *("already_withdrawn", "This was withdrawn already."),
        Sent("mona", "transactions/{spent}/", {"reason": "It is not ours"}),
        Sent("mona", "transactions/{spent}/withdraw/", {"reason": "It is not ours"}),
        409,
        before=spent,
    ),
    # Prongs
    "expenditure of a prong": transaction(
        "prong_of_expenditure", "Only income is brought in by a prong.", prong="PRONG-1"
    ),
    "a file of income of a prong that the plan does not have": Bad(
        *("unknown_prong", "J2: The plan has no such prong."),
        Sent(
            "mona",
            "transactions/load/",
            lambda d: {
                "file": csv("A-1,P1,income,2020-03-31,USD,5,,yes,,PRONG-9"),
                "reason": "The credit note",
            },
        ),
        Sent(
            "mona",
            "transactions/load/",
            lambda d: {"file": csv("A-1,P1,income,2020-03-31,USD,5,,yes,,PRONG-9")},
            "upload",
        ),
    ),
    "a prong without a name in English": theme("missing_name", "Give the name in English;", " "),
    "a prong that was renamed meanwhile": theme(
        *("version_conflict", "Somebody changed this meanwhile;", "Advocacy", 409), version=7
    ),
    # What partners say
    "a partner asked at what is no address": asked(
        "invalid_email", "This is not an e-mail address.", "ann"
    ),
    "a partner asked that contributes nothing": asked(
        *("not_a_partner", "This partner contributes nothing to the project.", "ann@example.org"),
        *("other",),
        api=True,
    ),
    "nobody asked": Bad(
        *("missing_partner", "Name the partner."),
        Sent(
            "rita",
            "projects/P1/feedback/",
            {"act": "ask", "partner": "", "email": "ann@example.org"},
        ),
    ),
    "a partner asked that is not registered": Bad(
        *("unknown_partner", "There is no such partner."),
        api=Sent(
            "rita",
            "partner-feedback/",
            {"project": "P1", "partner": 10**9, "email": "ann@example.org"},
        ),
    ),
    "an answer published that is not there": unheard(
        "not_answered", "The partner has not answered yet.", "publish"
    ),
    "an answer that is not there answered": unheard(
        "not_answered", "The partner has not answered yet.", "reply", text="Thank you, all of you"
    ),
    # Countries
    "a proposal in a country of another office": section(
        "places",
        {"countries": ["KEN", "FRA"], "cities": "Nairobi, KEN"},
        {"countries": ["KEN", "FRA"]},
        *("country_outside_office", "France is not a country of Office ROAF."),
    ),
    "a project taken over in a country of another office": taken_over(
        *("country_outside_office", "France is not a country of Office ROAF."),
        countries=["KEN", "FRA"],
    ),
    "an agreement for a country of another office": agreement(
        "country_outside_office", "Office ROAF does not work in France.", countries=["FRA", "KEN"]
    ),
    "a strategy for a country of another office": strategy(
        "country_outside_office", "France is not a country of this office.", countries=["FRA"]
    ),
    # Decisions
    "a decision by somebody without a delegation": decision(
        "no_delegation", "No authority to decide on projects of Office ROAF", "alone", status=403
    ),
    "a decision under the delegation of somebody else": decision(
        *("no_delegation", "No authority to decide on projects of Office ROAF"),
        *("alone", "any_amount", 403),
    ),
    "a decision under a delegation for an office below": decision(
        *("no_delegation", "No authority to decide on projects of Office ROAF"),
        *("below", "lower", 403),
    ),
    "a decision above the amount that is delegated": decision(
        *("above_delegation", "of USD 100,000 is above the USD 99,999.99 that are delegated"),
        *("modest", "little", 403),
    ),
    "a decision with a meeting where the committee does not decide": decision(
        *("meeting_without_committee", "under this delegation the committee does not decide"),
        *("head", "any_amount"),
        meeting=True,
    ),
    # Currencies without a rate for the month
    "a budget line without a rate": section(
        "budget",
        rows(
            {"year": "2020", "donor": "Norway", "amount": "5", "currency": "USD"},
            {"year": "2020", "currency": "EUR", "amount": "900", "month": "2020-03"},
        ),
        [
            {"year": "2020", "donor": "Norway", "amount": "5"},
            {"year": "2020", "currency": "EUR", "amount": "900", "month": "2020-03"},
        ],
        *("no_exchange_rate", NO_RATE),
    ),
    "a file of budget lines without a rate": Bad(
        *("no_exchange_rate", f"Row 3, currency: {NO_RATE}"),
        Sent(
            "rita",
            "projects/DRAFT/document/1/sections/budget/",
            lambda d: (
                rows({"year": "2020", "donor": "Norway", "amount": "5"})
                | {
                    "file": csv(
                        *("2020,Norway,yes,USD,5,", "2020,,no,EUR,900,2020-03"),
                        keys=BUDGET_COLUMNS,
                    )
                }
            ),
        ),
    ),
    "expenditure without a rate": transaction("no_exchange_rate", NO_RATE, currency="EUR"),
    "a file of expenditure without a rate": Bad(
        *("no_exchange_rate", NO_RATE),
        Sent(
            "mona",
            "transactions/load/",
            lambda d: {
                "file": csv("A-1,P1,expenditure,2020-03-31,EUR,5,,,"),
                "reason": "The credit note",
            },
        ),
        Sent(
            "mona",
            "transactions/load/",
            lambda d: {"file": csv("A-1,P1,expenditure,2020-03-31,EUR,5,,,")},
            "upload",
        ),
    ),
    "a contribution without a rate": contribution(
        "no_exchange_rate", NO_RATE, start="2020-03-01", amount="5", currency="EUR"
    ),
    # Partners
    "a partner of a name that differs in accents and case only": partner(
        *("partner_exists", "“Município de Nakuru” is registered already."), "MUNICIPIO de Nakuru"
    ),
    "a partner of nearly the same name": partner(
        *("similar_partner", "Nearly the same name is registered already: “Município de Nakuru”."),
        "Municípios de Nakuru",
    ),
    "a partner renamed to nearly the name of another": Bad(
        *("similar_partner", "Nearly the same name is registered already: “Município de Nakuru”."),
        Sent("mona", "partners/{other}/change/", renamed),
        Sent("mona", "partners/{other}/", renamed, "patch"),
        offers="/plans/SP/partners/{other}/merge/?into={partner}",
    ),
    "a partner of a proposal under two spellings": section(
        "partners",
        rows(
            {"name": "Município de Nakuru", "kind": "", "what": "Gives land"},
            {"name": "municipio de NAKURU", "kind": "", "what": "Digs"},
        ),
        [{"name": "Município de Nakuru"}, {"name": "municipio de NAKURU"}],
        *("duplicate_row", "municipio de NAKURU stands here twice."),
    ),
    "a partner of a proposal of nearly the name of another": section(
        "partners",
        rows({"name": "Municípios de Nakuru", "kind": "local_government", "what": "Gives land"}),
        [{"name": "Municípios de Nakuru", "kind": "local_government"}],
        *("similar_partner", "“Município de Nakuru” is registered."),
    ),
    "a partner of a joint result under two spellings": joint(
        "given_twice",
        "is named twice, under this or another of its names.",
        "",
        "",
        "MUNICIPIO DE NAKURU",
    ),
    # Where a project stands
    "a project taken over without a reason": taken_over(
        "missing_reason", "Say why it is taken over without a proposal.", reason=" "
    ),
    "a project under way is begun": step(
        "not_approved", "Only an approved project begins.", "start"
    ),
    "a project in preparation is begun": step(
        "not_approved", "Only an approved project begins.", "start", "DRAFT"
    ),
    "a project in preparation is suspended": step(
        "not_under_way", "The project is not under way.", "suspend", "DRAFT"
    ),
    "a project under way is taken up again": step(
        "not_suspended", "The project is not suspended.", "resume"
    ),
    "a project in appraisal is revised": step(
        *("not_under_way", "Only a project that is approved or under way is revised."),
        *("revise", "WAITING", "rita"),
    ),
    "a project in preparation is closed": Bad(
        *("not_under_way", "Only a project under way or suspended is closed."),
        Sent("mona", "projects/DRAFT/close/", CLOSING | rows(LESSON, head="lessons")),
        Sent("mona", "projects/DRAFT/close/", CLOSING | {"lessons": [LESSON]}),
        409,
    ),
}


# --- What is proved of each ---------------------------------------------------------------------


class Controls(HTMLParser):
    """What the controls of a page hold, by their names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.held: dict[str, list[str]] = {}
        self.inside = ""
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs, the chosen options of lists, and the beginnings of texts."""
        given = dict(attrs)
        name = given.get("name") or ""
        ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
        if tag in ("input", "button") and ticked:
            self.held.setdefault(name, []).append(given.get("value") or "")
        elif tag == "option" and "selected" in given:
            self.held.setdefault(self.inside, []).append(given.get("value") or "")
        elif tag in ("select", "textarea"):
            self.inside, self.text = name, ""

    def handle_data(self, data: str) -> None:
        """The text of a text area."""
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a text."""
        if tag == "textarea":
            self.held.setdefault(self.inside, []).append(self.text.removeprefix("\n"))


def lost(page: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What was typed and is not on the page any more; a browser keeps no file."""
    held = Controls(page).held
    told = {
        name: [str(one) for one in (said if isinstance(said, list) else [said])]
        for name, said in sent.items()
        if name not in ("act", "file")
    }
    return {
        name: texts
        for name, texts in told.items()
        if any(text not in held.get(name, []) and text for text in texts)
    }


def everything() -> dict[str, list[Any]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS
    }


def browser(user: User) -> Client:
    """Somebody at the site."""
    client = Client()
    client.force_login(user)
    return client


BY_PAGE = {name: bad for name, bad in TABLE.items() if bad.page}
BY_API = {name: bad for name, bad in TABLE.items() if bad.api}


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes of all refusals, in their order; a page shows only the words."""
    codes: list[str] = []
    begin = DomainError.__init__

    def noted(self: DomainError, message: str, code: str | None = None) -> None:
        begin(self, message, code)
        codes.append(self.code)

    monkeypatch.setattr(DomainError, "__init__", noted)
    return codes


@pytest.mark.parametrize("name", BY_PAGE)
def test_the_page_says_why_stores_nothing_and_keeps_what_was_typed(
    desk: Desk, raised: list[str], name: str
) -> None:
    bad = BY_PAGE[name]
    assert bad.page
    if bad.before:
        bad.before(desk)
    client, sent = browser(getattr(desk, bad.page.by)), bad.page.filled(desk)
    before = everything()
    answer = client.post(f"/{bad.page.address(desk)}", sent)
    page = answer.content.decode()
    assert (answer.status_code, raised[-1]) == (bad.status, bad.code)
    assert bad.words in unescape(page)
    assert bad.offers.format(partner=desk.partner.pk, other=desk.other.pk) in unescape(page)
    assert lost(page, sent) == {}
    assert everything() == before


# What a list of a page does not offer is refused by its form, which has no code of its own.
NOT_OFFERED = [
    ("chief", "money/forecast/", "prong", "PRONG-9"),
    ("chief", "money/forecast/", "likelihood", "sure"),
    ("chief", "money/forecast/", "earmarked", "perhaps"),
    ("chief", "money/deferrals/", "outcome", "9.9"),
    ("mona", "projects/P1/money/", "prong", "PRONG-9"),
]


@pytest.mark.parametrize(("by", "at", "field", "value"), NOT_OFFERED)
def test_a_page_takes_nothing_that_its_list_does_not_offer_and_keeps_the_rest(
    desk: Desk, by: str, at: str, field: str, value: str
) -> None:
    rest: dict[str, Any] = {
        "money/forecast/": income("", "").page,
        "money/deferrals/": deferral("", "").page,
        "projects/P1/money/": transaction("", "").page,
    }
    typed = {name: said for name, said in rest[at].said.items() if name != field}
    client = browser(getattr(desk, by))
    before = everything()
    answer = client.post(f"/plans/SP/{at}", typed | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert lost(page, typed) == {}
    assert everything() == before


@pytest.mark.parametrize("name", BY_API)
def test_the_api_says_the_same_with_its_code_and_stores_nothing(desk: Desk, name: str) -> None:
    bad = BY_API[name]
    assert bad.api
    if bad.before:
        bad.before(desk)
    api, sent = Api(getattr(desk, bad.api.by)), bad.api.filled(desk)
    client = browser(getattr(desk, bad.page.by)) if bad.page else None
    before = everything()
    at = bad.api.address(desk)
    send = getattr(api, bad.api.method)
    answer = send(at, **sent) if bad.api.method == "upload" else send(at, sent)
    assert refused(answer) == (bad.status, bad.code)
    told = answer.json()
    if bad.status == 400:
        assert {code for _field, code in problems(answer)} == {bad.code}
    assert bad.words in told["message"]
    assert everything() == before
    if client and bad.page:
        page = client.post(f"/{bad.page.address(desk)}", bad.page.filled(desk))
        assert told["message"] in unescape(page.content.decode())


# --- Warned of, not refused ----------------------------------------------------------------------

SPENT = "P1 spent USD 120 in 2020, above the USD 100 of that year."


@pytest.fixture
def budgeted(desk: Desk) -> Desk:
    """The project may spend USD 100 in 2020."""
    row = actions.BudgetRow("2020", "", "no", "USD", "100")
    first = date(2020, 1, 1)
    lines, _wrong = actions.read_budget([row], years=range(2020, 2021), first=first, today=first)
    actions.set_budget(project=desk.project, lines=lines, by=None)
    return desk


def test_expenditure_above_the_budget_is_stored_and_warned_of(budgeted: Desk) -> None:
    said = {"kind": "expenditure", "date": "2020-03-31", "amount": "60", "currency": "USD"}
    at, client = "/plans/SP/projects/P1/money/", browser(budgeted.mona)
    assert "above the USD 100" not in client.post(at, said, follow=True).content.decode()
    assert SPENT in client.post(at, said, follow=True).content.decode()
    answer = Api(budgeted.mona).post("plans/SP/transactions/", said | {"project": "P1"})
    assert answer.status_code == 201
    assert {one["code"] for one in answer.json()["warnings"]} == {"above_budget"}
    assert Transaction.objects.count() == 3
    assert "above the USD 100 of that year" in client.get(at).content.decode()


def test_a_file_of_expenditure_above_the_budget_is_warned_of_before_and_after(
    budgeted: Desk,
) -> None:
    line, client = "A-1,P1,expenditure,2020-03-31,USD,120,,,", browser(budgeted.mona)
    at, api = "transactions/load/", Api(budgeted.mona)
    before = Transaction.objects.count()
    seen = client.post(f"/plans/SP/{at}", {"file": csv(line), "preview": "1"})
    told = api.upload(f"plans/SP/{at}", file=csv(line), preview="true").json()["warnings"]
    assert seen.status_code == 200 and SPENT in seen.content.decode()
    assert ("above_budget", SPENT) in [(one["code"], one["message"]) for one in told]
    assert Transaction.objects.count() == before
    assert SPENT in client.post(f"/plans/SP/{at}", {"file": csv(line)}).content.decode()
    assert Transaction.objects.count() == before + 1


# --- Links to partners ---------------------------------------------------------------------------


def tampered(token: str) -> str:
    """A link of which one letter was changed on the way."""
    return f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}"


def answered(desk: Desk, token: str) -> None:
    said = {"name": "Bob", "rating": "5", "went_well": "All of it", "to_improve": ""}
    actions.answer_feedback(token=token, consent=True, **said)


LINKS: dict[str, tuple[str, str, Callable[[Desk, str], Any]]] = {
    "expired": (
        *("link_expired", "This link held until 1 Jan 2020."),
        lambda desk, token: PartnerFeedback.objects.update(until=date(2020, 1, 1)),
    ),
    "tampered with": (
        *("link_invalid", "This link is not complete or was changed."),
        lambda desk, token: tampered(token),
    ),
    "used twice": ("already_answered", "This was answered already.", answered),
    "withdrawn": (
        *("link_withdrawn", "The office that sent this link has withdrawn it."),
        lambda desk, token: actions.withdraw_request(
            feedback=desk.asked, reason="Wrong address", by=desk.rita
        ),
    ),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_does_not_hold_says_why_and_gives_back_what_was_written(
    desk: Desk, raised: list[str], name: str
) -> None:
    code, words, happens = LINKS[name]
    token = actions.link_to(desk.asked).split("/")[-2]
    changed = happens(desk, token)
    token = changed if isinstance(changed, str) else token
    before, at = everything(), f"/feedback/{token}/"
    said = {"name": "Ann", "rating": "4", "went_well": "We met\nweekly.", "to_improve": "Pay early"}
    for answer in (Client().get(at), Client().post(at, said)):
        assert (answer.status_code, raised[-1]) == (410, code)
        assert words in unescape(answer.content.decode())
    assert lost(answer.content.decode(), said) == {}
    assert everything() == before


WITHDRAWALS: dict[str, tuple[str, int, str, Callable[[Desk], Any]]] = {
    "without a reason": ("missing_reason", 400, " ", lambda desk: None),
    "once more": (
        *("already_withdrawn", 409, "Wrong address"),
        lambda desk: actions.withdraw_request(feedback=desk.asked, reason="So", by=desk.rita),
    ),
    "after an answer": (
        *("already_answered", 409, "Wrong address"),
        lambda desk: answered(desk, actions.link_to(desk.asked).split("/")[-2]),
    ),
}


@pytest.mark.parametrize("name", WITHDRAWALS)
def test_a_request_is_withdrawn_once_before_it_is_answered_and_for_a_reason(
    desk: Desk, raised: list[str], name: str
) -> None:
    code, status, reason, happens = WITHDRAWALS[name]
    happens(desk)
    api, client = Api(desk.rita), browser(desk.rita)
    before = everything()
    said = {"act": "withdraw", "feedback": desk.asked.pk, "reason": reason}
    page = client.post("/plans/SP/projects/P1/feedback/", said)
    assert (page.status_code, raised[-1]) == (status, code)
    answer = api.post(f"plans/SP/partner-feedback/{desk.asked.pk}/withdraw/", {"reason": reason})
    assert refused(answer) == (status, code)
    assert answer.json()["message"] in unescape(page.content.decode())
    assert lost(page.content.decode(), {"reason": reason.strip()}) == {}
    assert everything() == before


# --- What no form and no endpoint takes ----------------------------------------------------------


def test_where_a_project_stands_is_nothing_that_one_types(desk: Desk) -> None:
    """It changes with the steps of its life; the page has no field for it, the API no way in."""
    edit = TABLE["a project changed to no primary outcome"].page
    assert edit
    said = edit.filled(desk) | {"rank_1.1": "primary", "status": "closed"}
    assert browser(desk.mona).post("/plans/SP/projects/P1/edit/", said).status_code == 302
    api = Api(desk.mona)
    seen = Project.objects.get(code="P1").version
    sent = api.patch("plans/SP/projects/P1/", {"status": "closed", "version": seen})
    assert refused(sent) == (409, "status_has_steps")
    with pytest.raises(DomainError) as refusal:
        actions.save_project(
            plan=desk.plan,
            code="P1",
            title={"en": "Water"},
            office=desk.office,
            countries=[desk.kenya],
            status=ProjectStatus.CLOSED,
            by=desk.mona,
        )
    assert (refusal.value.status, refusal.value.code) == (409, "status_has_steps")
    assert Project.objects.get(code="P1").status == ProjectStatus.ACTIVE
