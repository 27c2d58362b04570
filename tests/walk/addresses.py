"""The table of addresses: every page and endpoint with each of its methods, and who may.

A new address that is not here fails `tests/walk/test_addresses.py`; add one line: its pattern as
the message gives it, the method, what is asked (the address below, and what is sent), who may,
and what the others get (403; 404 where they may not know of it). Who is not signed in is sent to
sign in (401 from the API) wherever `EVERYBODY` is not said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from projects.partners import preview_merge
from tests import factories
from tests.roles import ANONYMOUS, both

from .actions import ANY_REPORTERS_AND_MANAGERS, HEADQUARTERS, PARTNERING, STAFF
from .world import World

EVERYBODY = STAFF | {ANONYMOUS}
OFFICE = {who for who in STAFF if not who.endswith("outside")}
AUDITORS = {who for who in STAFF if who.startswith(("manager", "administrator"))}
REPORTERS, REVIEWERS, MANAGERS = both("reporter"), both("reviewer"), both("manager")
PROPOSERS = REPORTERS | MANAGERS
ANY_REPORTERS = {who for who in STAFF if who.startswith("reporter")}
ANY_MANAGERS = {who for who in STAFF if who.startswith("manager")}
NOBODY: set[str] = set()
# What partners say and is not published: not seen by those above the office who do not act for it.
UNHEARD = -1
NOT_HEARING = {f"{role} above" for role in ("reader", "reviewer", "administrator")} | {
    who for who in STAFF if who.endswith("outside")
}


@dataclass(frozen=True)
class Try:
    """One method of one address: what is asked, who may, and what the others get."""

    method: str
    who: set[str]
    at: str = ""
    send: Callable[[World], dict[str, Any]] = field(default=lambda w: {})
    others: int = 403


def get(who: set[str], at: str = "", others: int = 403) -> Try:
    """Reading; `at` fills the pattern where its own values do not do."""
    return Try("get", who, at, others=others)


def post(who: set[str], at: str = "", others: int = 403, **send: Any) -> Try:
    """Sending a form or a body; a value that is a function is asked of the world."""

    def filled(world: World) -> dict[str, Any]:
        return {name: value(world) if callable(value) else value for name, value in send.items()}

    return Try("post", who, at, filled, others)


def patch(who: set[str], at: str = "", others: int = 403, **send: Any) -> Try:
    """Changing a part."""
    return Try("patch", who, at, post(who, **send).send, others)


# Where a city lies.
LYING = {"latitude": "-1.3", "longitude": "36.8", "source": "Survey"}

# What is typed of a risk.
RISK = {
    "title": "No money",
    "category": "funding",
    "likelihood": "4",
    "impact": "5",
    "response": "reduce",
    "measures": "More donors are asked.",
    "owner": "colleague@example.org",
    "review_by": factories.days_ago(-30).isoformat(),
}


def rows(prefix: str, **first: str) -> dict[str, str]:
    """A form of rows with its first row filled in, as a browser sends it."""
    counts = {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0"}
    return counts | {f"{prefix}-0-{name}": value for name, value in first.items()}


SP = "plans/SP"
LINE = f"{SP}/projects/P1/results/2020-Q1/"

ALIGNERS = {"manager above", "administrator above"}
# What is typed of an alignment with a framework.
ALIGNED = {
    "version": "1",
    "links.0.target": "SENDAI",
    "links.0.confidence": "stated",
    "links.0.source": "Para. 64",
}
# What is typed of a publication.
DELIVERED = {
    "kind": "publication",
    "title": "Atlas",
    "outcome": "1.1",
    "date": "2020-04-01",
    "language": "en",
    "link": "https://example.org/atlas",
}
# What is typed of a joint result.
JOINT = {
    "lead": "own",
    "partners.0.partner": "Shelter for All",
    "partners.0.what": "Builds wells",
}
# What is typed where a project applies a product.
APPLIED = {"project": "P1", "how": "Trains planners", "since": "2020-05-01"}

# What is typed of an expenditure.
SPENT = {"kind": "expenditure", "date": "2020-04-01", "amount": "100", "currency": "USD"}
# What is typed of an agreement.
SIGNED = {
    "title": "Second agreement",
    "kind": "memorandum",
    "scope": "country",
    "office": "ROAF",
    "countries": ["KEN"],
    "signed": "2020-05-01",
    "start": "2020-05-01",
}
# What is typed of a contribution.
GIVEN = {"role": "funding", "what": "Pays for pipes", "start": "2020-04-01"}
ANY_MANAGERS = {who for who in STAFF if who.startswith("manager")}
# What is typed of a regional priority.
PRIORITY = {"text": "Taps", "outcomes.1.1": "unverified"}

# What is typed of income that is expected.
EXPECTED = {"year": 2021, "amount": "100", "currency": "USD", "likelihood": "pledged"}
# What is typed of the core budget and of an outcome that is put off.
CORE = {"year": 2020, "approved": "100", "received": "26", "source": "Assembly"}
DEFERRED = {
    "outcome": "1.2",
    "planned": "2020-06-01",
    "until": "2032-01-01",
    "reason": "No funds",
}

ADDRESSES: dict[str, list[Try]] = {
    # The server itself, and the way in
    "healthz": [get(EVERYBODY)],
    "readyz": [get(EVERYBODY)],
    "metrics": [get(NOBODY, others=404)],
    "language/": [post(EVERYBODY, language="fr")],
    "accounts/login/": [get(EVERYBODY), post(EVERYBODY, login="a@example.org", password="x")],
    "accounts/logout/": [get(EVERYBODY), post(EVERYBODY)],
    "accounts/inactive/": [get(EVERYBODY)],
    "accounts/signup/": [get(EVERYBODY)],
    "accounts/reauthenticate/": [get(STAFF), post(STAFF, password="a-long-password")],
    "accounts/email/": [get(NOBODY, others=404), post(NOBODY, others=404)],
    "accounts/confirm-email/": [get(NOBODY, others=404)],
    "accounts/confirm-email/<str:key>/": [get(NOBODY, "accounts/confirm-email/x/", 404)],
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": [get(NOBODY, "accounts/confirm-email/x/", 404)],
    "accounts/password/change/": [get(STAFF), post(STAFF)],
    "accounts/password/set/": [get(STAFF)],
    "accounts/password/reset/": [get(EVERYBODY), post(EVERYBODY, email="a@example.org")],
    "accounts/password/reset/done/": [get(EVERYBODY)],
    "accounts/password/reset/key/done/": [get(EVERYBODY)],
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": [
        get(EVERYBODY, "accounts/password/reset/key/1-x/")
    ],
    "accounts/login/code/confirm/": [get(EVERYBODY)],
    "account/": [get(STAFF), post(STAFF, name="Another", language="en")],
    # Figures
    "": [get(STAFF)],
    "plans/<str:plan>/": [get(STAFF)],
    "plans/<str:plan>/about/": [get(STAFF)],
    "plans/<str:plan>/flagships/": [get(STAFF)],
    "plans/<str:plan>/flagships.csv": [get(STAFF)],
    "plans/<str:plan>/flagships.xlsx": [get(STAFF)],
    "plans/<str:plan>/tools/": [get(STAFF)],
    "plans/<str:plan>/tools.csv": [get(STAFF)],
    "plans/<str:plan>/tools.xlsx": [get(STAFF)],
    "plans/<str:plan>/products-by-city/": [get(STAFF)],
    "plans/<str:plan>/products-by-city.csv": [get(STAFF)],
    "plans/<str:plan>/products-by-city.xlsx": [get(STAFF)],
    "plans/<str:plan>/about-projects/": [get(STAFF)],
    "plans/<str:plan>/about-projects.csv": [get(STAFF)],
    "plans/<str:plan>/about-projects.xlsx": [get(STAFF)],
    "plans/<str:plan>/frameworks/": [get(STAFF)],
    "plans/<str:plan>/frameworks/<str:code>/": [get(STAFF, f"{SP}/frameworks/SENDAI/")],
    "plans/<str:plan>/frameworks/<str:code>/projects.csv": [
        get(STAFF, f"{SP}/frameworks/SENDAI/projects.csv")
    ],
    "plans/<str:plan>/frameworks/<str:code>/projects.xlsx": [
        get(STAFF, f"{SP}/frameworks/SENDAI/projects.xlsx")
    ],
    "plans/<str:plan>/operations/": [get(AUDITORS)],
    "plans/<str:plan>/operations/rebuild/": [post({"manager above", "administrator above"})],
    "plans/<str:plan>/outcomes/<str:code>/": [get(STAFF, f"{SP}/outcomes/1.1/")],
    "plans/<str:plan>/indicators/<str:code>/": [get(STAFF, f"{SP}/indicators/WATER/")],
    "plans/<str:plan>/indicators/<str:code>/judge/": [
        post(
            {"reviewer above"},
            f"{SP}/indicators/WATER/judge/?period=2020-Q1&basis=official",
            status="delayed",
            reason="Why",
        )
    ],
    "plans/<str:plan>/indicators/<str:code>/trend.svg": [
        get(STAFF, f"{SP}/indicators/WATER/trend.svg")
    ],
    "plans/<str:plan>/figures/<str:code>/why": [
        get(STAFF, f"{SP}/figures/WATER/why?period=2020-Q1")
    ],
    "plans/<str:plan>/figures/<str:code>/why.csv": [
        get(STAFF, f"{SP}/figures/WATER/why.csv?period=2020-Q1")
    ],
    "plans/<str:plan>/figures/<str:code>/why.xlsx": [
        get(STAFF, f"{SP}/figures/WATER/why.xlsx?period=2020-Q1")
    ],
    # Regions and their strategies
    "plans/<str:plan>/regions/": [get(STAFF)],
    "plans/<str:plan>/regions.csv": [get(STAFF)],
    "plans/<str:plan>/regions.xlsx": [get(STAFF)],
    "plans/<str:plan>/regions/priorities.csv": [get(STAFF)],
    "plans/<str:plan>/regions/priorities.xlsx": [get(STAFF)],
    "plans/<str:plan>/regions/<str:office>/": [get(STAFF, f"{SP}/regions/ROAF/")],
    "plans/<str:plan>/regions/<str:office>/strategy/": [
        get(MANAGERS, f"{SP}/regions/ROAF/strategy/"),
        post(MANAGERS, f"{SP}/regions/ROAF/strategy/", text="Do better", version="1"),
    ],
    "plans/<str:plan>/regions/<str:office>/priorities/add/": [
        get(MANAGERS, f"{SP}/regions/ROAF/priorities/add/"),
        post(MANAGERS, f"{SP}/regions/ROAF/priorities/add/", **PRIORITY),
    ],
    "plans/<str:plan>/regions/<str:office>/priorities/<int:pk>/": [
        get(MANAGERS, f"{SP}/regions/ROAF/priorities/{{priority}}/"),
        post(MANAGERS, f"{SP}/regions/ROAF/priorities/{{priority}}/", **PRIORITY, version="1"),
    ],
    "plans/<str:plan>/regions/<str:office>/priorities/<int:pk>/move/": [
        post(MANAGERS, f"{SP}/regions/ROAF/priorities/{{priority}}/move/", act="down")
    ],
    "plans/<str:plan>/regions/<str:office>/priorities/<int:pk>/withdraw/": [
        post(MANAGERS, f"{SP}/regions/ROAF/priorities/{{priority}}/withdraw/", reason="Done")
    ],
    "plans/<str:plan>/countries/": [get(STAFF)],
    "plans/<str:plan>/countries.csv": [get(STAFF)],
    "plans/<str:plan>/countries.xlsx": [get(STAFF)],
    "plans/<str:plan>/countries/<str:iso3>/": [get(STAFF, f"{SP}/countries/KEN/")],
    "plans/<str:plan>/countries/<str:iso3>/record/": [
        get(MANAGERS, f"{SP}/countries/KEN/record/"),
        post(MANAGERS, f"{SP}/countries/KEN/record/", cca_stage="not_started", version="1"),
    ],
    # Audit
    "plans/<str:plan>/setup/audit/": [get(AUDITORS)],
    "plans/<str:plan>/setup/audit.csv": [get(AUDITORS)],
    "plans/<str:plan>/setup/audit.xlsx": [get(AUDITORS)],
    "plans/<str:plan>/history/<str:kind>/<int:key>/": [
        get(STAFF, f"{SP}/history/project/{{project}}/"),
        get(STAFF, f"{SP}/history/line/{{line}}/"),
        get(STAFF, f"{SP}/history/result/{{done}}/"),
        get(OFFICE, f"{SP}/history/result/{{draft}}/", 404),
        get(OFFICE, f"{SP}/history/note/{{note}}/", 404),
        get(STAFF, f"{SP}/history/deliverable/{{deliverable}}/"),
        get(STAFF, f"{SP}/history/application/{{application}}/"),
        get(STAFF, f"{SP}/history/partner/{{partner}}/"),
        get(STAFF, f"{SP}/history/agreement/{{agreement}}/"),
        get(STAFF, f"{SP}/history/contribution/{{contribution}}/"),
        get(STAFF, f"{SP}/history/indicator/{{indicator}}/"),
        get(STAFF, f"{SP}/history/period/{{period}}/"),
        get(STAFF, f"{SP}/history/plan/{{plan}}/"),
        get(STAFF, f"{SP}/history/office/{{office}}/"),
        get(both("manager") | both("administrator"), f"{SP}/history/person/{{colleague}}/", 404),
        get(NOBODY, f"{SP}/history/nothing/1/", 404),
    ],
    # Set-up
    "plans/<str:plan>/setup/": [get(STAFF)],
    "plans/<str:plan>/setup/periods/": [
        get(STAFF),
        post(HEADQUARTERS, period="2020-Q1", act="close", **{"2020-Q1-reason": "All in"}),
        post(HEADQUARTERS, act="review", review_steps="2"),
    ],
    "plans/<str:plan>/setup/values/": [get(STAFF)],
    "plans/<str:plan>/setup/values/<str:code>/": [
        get(STAFF, f"{SP}/setup/values/WATER/"),
        post(
            HEADQUARTERS,
            f"{SP}/setup/values/WATER/",
            act="target-set",
            **{"target-value": "90", "target-on": "2023-12-31", "target-source": "Census"},
        ),
    ],
    "plans/<str:plan>/setup/values/<str:code>/evidence/": [
        get(STAFF, f"{SP}/setup/values/WATER/evidence/"),
        post(HEADQUARTERS, f"{SP}/setup/values/WATER/evidence/", rule="none", means=""),
    ],
    "plans/<str:plan>/setup/values/<str:code>/frameworks/": [
        get(STAFF, f"{SP}/setup/values/WATER/frameworks/"),
        post(
            ALIGNERS,
            f"{SP}/setup/values/WATER/frameworks/",
            **ALIGNED,
        ),
    ],
    "plans/<str:plan>/setup/values/<str:code>/counting/": [
        get(STAFF, f"{SP}/setup/values/PUB/counting/"),
        post(HEADQUARTERS, f"{SP}/setup/values/PUB/counting/", counts_from=""),
    ],
    "plans/<str:plan>/setup/themes/": [get(STAFF)],
    "plans/<str:plan>/setup/themes/<int:pk>/": [
        get(STAFF, f"{SP}/setup/themes/{{theme}}/"),
        post(HEADQUARTERS, f"{SP}/setup/themes/{{theme}}/", **{"name.en": "Law", "version": "1"}),
    ],
    "plans/<str:plan>/setup/late-entries/": [
        get(STAFF),
        post(HEADQUARTERS, act="end", entry=lambda w: w.late.pk),
    ],
    "plans/<str:plan>/setup/exchange-rates/": [
        get(STAFF),
        post(HEADQUARTERS, file=lambda w: w.rates()),
    ],
    "plans/<str:plan>/setup/delegations/": [
        get(STAFF),
        post(
            HEADQUARTERS,
            person="colleague@example.org",
            office="ROAF",
            level="regional",
            start="2020-01-01",
            document="Guidelines",
        ),
        post(HEADQUARTERS, act="end", delegation=lambda w: w.delegation.pk, reason="Moved"),
    ],
    "plans/<str:plan>/setup/meetings/": [
        get(STAFF),
        post(HEADQUARTERS, date="2020-05-30", chair="Deputy"),
    ],
    "plans/<str:plan>/setup/checklist/": [
        get(STAFF),
        post(HEADQUARTERS, questions="Q2 | Who gains?"),
    ],
    "plans/<str:plan>/setup/lines/": [get(STAFF)],
    "plans/<str:plan>/setup/lines/<str:code>/": [
        get(STAFF, f"{SP}/setup/lines/P1/"),
        post(
            MANAGERS,
            f"{SP}/setup/lines/P1/",
            act="dates",
            line=lambda w: w.line.pk,
        ),
    ],
    # It is there only where mail is kept in a folder.
    "plans/<str:plan>/setup/mail/": [get(NOBODY, others=404)],
    "plans/<str:plan>/setup/people/": [
        get(STAFF),
        post(both("administrator"), act="revoke", role=lambda w: w.held.pk),
    ],
    # Projects and their results
    "plans/<str:plan>/my-work/": [get(STAFF)],
    "plans/<str:plan>/my-work/approve/": [
        # What people elsewhere tick does not exist for them: they are told to tick something.
        post(REVIEWERS | (STAFF - OFFICE), result=lambda w: f"{w.pending.pk}:{w.pending.version}")
    ],
    "plans/<str:plan>/my-work/results/<str:period>/": [
        get(STAFF, f"{SP}/my-work/results/2020-Q1/"),
        post(STAFF, f"{SP}/my-work/results/2020-Q1/"),
    ],
    "plans/<str:plan>/my-work/excel/": [
        get(ANY_REPORTERS),
        post(ANY_REPORTERS, file=lambda w: w.upload()),
    ],
    "plans/<str:plan>/my-work/excel/<str:period>.csv": [
        get(ANY_REPORTERS, f"{SP}/my-work/excel/2020-Q1.csv"),
    ],
    "plans/<str:plan>/my-work/excel/<str:period>.xlsx": [
        get(ANY_REPORTERS, f"{SP}/my-work/excel/2020-Q1.xlsx"),
    ],
    # A sheet is seen by nobody but who sent it.
    **{
        f"plans/<str:plan>/my-work/excel/<uuid:pk>/{page}": [
            one(NOBODY, f"{SP}/my-work/excel/{{sheet}}/{page}", 404)
        ]
        for page, one in (
            *(("", get), ("report.csv", get), ("report.xlsx", get)),
            *(("confirm/", post), ("cancel/", post)),
        )
    },
    "plans/<str:plan>/who-reported/": [get({who for who in STAFF if who.startswith("manager")})],
    "plans/<str:plan>/who-reported/remind/": [
        post(MANAGERS, period="2020-Q1", project="P1", message="Please")
    ],
    "plans/<str:plan>/projects/": [get(STAFF)],
    "plans/<str:plan>/add-project/": [get({who for who in STAFF if who.startswith("manager")})],
    "plans/<str:plan>/projects/<str:code>/": [get(STAFF, f"{SP}/projects/P1/")],
    "plans/<str:plan>/projects/<str:code>/edit/": [
        get(MANAGERS, f"{SP}/projects/P1/edit/"),
        post(
            MANAGERS,
            f"{SP}/projects/P1/edit/",
            **{"code": "P1", "title": "Water", "office": "ROAF", "rank_1.1": "primary"},
            countries="KEN",
        ),
    ],
    "plans/<str:plan>/projects/<str:code>/results/<str:period>/": [
        get(REPORTERS, LINE),
        post(REPORTERS, LINE),
    ],
    "plans/<str:plan>/projects/<str:code>/results/<str:period>/cells/<int:line>/": [
        get(STAFF, LINE + "cells/{line}/"),
        post(REPORTERS, f"{SP}/projects/P1/results/2020-Q4/cells/{{line}}/"),
    ],
    "plans/<str:plan>/projects/<str:code>/results/<str:period>/things/": [
        get(REPORTERS, LINE + "things/?indicator=WATER&q=a")
    ],
    "plans/<str:plan>/projects/<str:code>/about/": [
        get(REPORTERS | MANAGERS, f"{SP}/projects/P1/about/"),
        post(
            REPORTERS | MANAGERS,
            f"{SP}/projects/P1/about/",
            **{"markers.SI-GEN": "2", "version": "1"},
        ),
    ],
    # A project's life
    "plans/<str:plan>/propose-project/": [
        # Everybody proposes in their own offices, which the form offers; who sends another one is
        # refused by the action, which is tried in the table of actions.
        get(PROPOSERS | {"reporter outside", "manager outside"}),
    ],
    "plans/<str:plan>/projects/<str:code>/life/": [
        get(STAFF, f"{SP}/projects/LIFE3/life/"),
        post(MANAGERS, f"{SP}/projects/LIFE3/life/", act="start"),
        post(PROPOSERS, f"{SP}/projects/LIFE4/life/", act="revise", reason="Why"),
        post(MANAGERS, f"{SP}/projects/LIFE4/life/", act="suspend", reason="Unrest"),
        post(MANAGERS, f"{SP}/projects/LIFE6/life/", act="resume", reason="Calm"),
    ],
    "plans/<str:plan>/projects/<str:code>/close/": [
        get(MANAGERS, f"{SP}/projects/LIFE4/close/"),
        post(
            MANAGERS,
            f"{SP}/projects/LIFE4/close/",
            **rows("lessons", context="Nobody was asked", learned="Ask"),
            closed_on="2020-12-31",
            achieved="Wells",
            lasting="The town keeps them",
            conditions_left="They were for the dry season",
            link="https://example.org/report",
        ),
    ],
    "plans/<str:plan>/projects/<str:code>/document/<int:number>/": [
        get(STAFF, f"{SP}/projects/LIFE1/document/1/"),
        post(PROPOSERS, f"{SP}/projects/LIFE1/document/1/", act="submit"),
        post(PROPOSERS, f"{SP}/projects/LIFE2/document/1/", act="recall"),
        post(PROPOSERS, f"{SP}/projects/LIFE1/document/1/", act="withdraw", reason="Why"),
        post(MANAGERS, f"{SP}/projects/LIFE5/document/2/", act="adopt"),
    ],
    "plans/<str:plan>/projects/<str:code>/document/<int:number>/sections/<str:section>/": [
        get(PROPOSERS, f"{SP}/projects/LIFE1/document/1/sections/budget/"),
        post(
            PROPOSERS,
            f"{SP}/projects/LIFE1/document/1/sections/partners/",
            **rows("rows", name="Traders", kind="civil_society"),
        ),
    ],
    "plans/<str:plan>/projects/<str:code>/document/<int:number>/differences/": [
        get(STAFF, f"{SP}/projects/LIFE5/document/2/differences/")
    ],
    "plans/<str:plan>/appraisals/": [get(STAFF)],
    "plans/<str:plan>/appraisals.csv": [get(STAFF)],
    "plans/<str:plan>/appraisals.xlsx": [get(STAFF)],
    "plans/<str:plan>/appraisals/<int:pk>/": [
        get(STAFF, f"{SP}/appraisals/{{appraisal}}/"),
        post(
            REVIEWERS,
            f"{SP}/appraisals/{{appraisal}}/",
            **{"act": "checklist", "answer.Q1": "yes"},
        ),
    ],
    "plans/<str:plan>/conditions/<int:pk>/": [
        post(PROPOSERS, f"{SP}/conditions/{{condition}}/", act="answer", text="Asked"),
        post(REVIEWERS, f"{SP}/conditions/{{answered}}/", act="met"),
    ],
    "plans/<str:plan>/lessons/": [get(STAFF)],
    "feedback/<str:token>/": [
        get(NOBODY, "feedback/x/", 410),
        post(NOBODY, "feedback/x/", 410, name="Ann"),
    ],
    "plans/<str:plan>/projects/<str:code>/feedback/": [
        get(STAFF, f"{SP}/projects/P1/feedback/"),
        post(
            PROPOSERS,
            f"{SP}/projects/P1/feedback/",
            act="ask",
            partner=lambda w: w.partner.pk,
            email="ann@example.org",
        ),
        post(
            MANAGERS,
            f"{SP}/projects/P1/feedback/",
            UNHEARD,
            act="reply",
            feedback=lambda w: w.feedback.pk,
            text="Thanks",
        ),
        post(
            PROPOSERS,
            f"{SP}/projects/P1/feedback/",
            UNHEARD,
            act="withdraw",
            feedback=lambda w: w.asked.pk,
            reason="Wrong address",
        ),
    ],
    "plans/<str:plan>/risks/": [get(STAFF)],
    "plans/<str:plan>/risks.csv": [get(STAFF)],
    "plans/<str:plan>/risks.xlsx": [get(STAFF)],
    "plans/<str:plan>/risks/add/": [
        get(HEADQUARTERS),
        post(HEADQUARTERS, **RISK),
    ],
    "plans/<str:plan>/risks/<int:pk>/": [
        get(STAFF, f"{SP}/risks/{{risk}}/"),
        post(PROPOSERS, f"{SP}/risks/{{risk}}/", act="close", reason="Over"),
    ],
    "plans/<str:plan>/risks/<int:pk>/change/": [
        get(PROPOSERS, f"{SP}/risks/{{risk}}/change/"),
        post(PROPOSERS, f"{SP}/risks/{{risk}}/change/", **RISK),
    ],
    "plans/<str:plan>/projects/<str:code>/risk/": [
        get(PROPOSERS, f"{SP}/projects/P1/risk/"),
        post(PROPOSERS, f"{SP}/projects/P1/risk/", **RISK),
    ],
    "plans/<str:plan>/stories/": [get(STAFF)],
    # A draft is seen by those with a role in its office.
    "plans/<str:plan>/stories/<int:pk>/": [
        get(STAFF, f"{SP}/stories/{{told}}/"),
        get(OFFICE, f"{SP}/stories/{{story}}/", 404),
        post(MANAGERS, f"{SP}/stories/{{told}}/", act="take back", reason="Asked to"),
    ],
    "plans/<str:plan>/stories/<int:pk>/change/": [
        get(PROPOSERS, f"{SP}/stories/{{told}}/change/"),
        post(PROPOSERS, f"{SP}/projects/P1/story/", title="Water", text="A tap."),
    ],
    "plans/<str:plan>/projects/<str:code>/story/": [
        get(PROPOSERS, f"{SP}/projects/P1/story/"),
        post(PROPOSERS, f"{SP}/projects/P1/story/", title="Water", text="A tap."),
    ],
    "plans/<str:plan>/labs/": [get(STAFF)],
    "plans/<str:plan>/labs/add/": [get(PROPOSERS | {"reporter outside", "manager outside"})],
    "plans/<str:plan>/labs/<int:pk>/": [
        get(PROPOSERS, f"{SP}/labs/{{lab}}/"),
        post(
            PROPOSERS,
            f"{SP}/labs/{{lab}}/",
            name="Kisumu lab",
            office="ROAF",
            country="KEN",
            status="closed",
        ),
    ],
    "plans/<str:plan>/projects/<str:code>/frameworks/": [
        get(REPORTERS | MANAGERS, f"{SP}/projects/P1/frameworks/"),
        post(REPORTERS | MANAGERS, f"{SP}/projects/P1/frameworks/", **ALIGNED),
    ],
    "plans/<str:plan>/projects.csv": [get(STAFF)],
    "plans/<str:plan>/projects.xlsx": [get(STAFF)],
    "plans/<str:plan>/saved-views/": [
        post(STAFF, register="projects", name="Kenya", query="country=KEN")
    ],
    # A view is seen by nobody but who keeps it.
    "plans/<str:plan>/saved-views/<int:pk>/remove/": [
        post(NOBODY, f"{SP}/saved-views/{{view}}/remove/", 404)
    ],
    "plans/<str:plan>/projects/<str:code>/money/": [
        get(STAFF, f"{SP}/projects/P1/money/"),
        post(MANAGERS, f"{SP}/projects/P1/money/", **SPENT),
    ],
    "plans/<str:plan>/transactions/<int:pk>/": [
        get(STAFF, f"{SP}/transactions/{{transaction}}/"),
        post(MANAGERS, f"{SP}/transactions/{{transaction}}/", reason="Booked twice"),
    ],
    "plans/<str:plan>/money/": [get(STAFF)],
    "plans/<str:plan>/money.csv": [get(STAFF)],
    "plans/<str:plan>/money.xlsx": [get(STAFF)],
    "plans/<str:plan>/money/core-budget/": [get(STAFF), post(HEADQUARTERS, **CORE)],
    "plans/<str:plan>/money/forecast/": [
        get(STAFF),
        post(HEADQUARTERS, **EXPECTED, earmarked="yes"),
    ],
    "plans/<str:plan>/money/forecast.csv": [get(STAFF)],
    "plans/<str:plan>/money/forecast.xlsx": [get(STAFF)],
    "plans/<str:plan>/money/forecast/<int:pk>/": [
        get(STAFF, f"{SP}/money/forecast/{{expected}}/"),
        post(HEADQUARTERS, f"{SP}/money/forecast/{{expected}}/", reason="Came in"),
    ],
    "plans/<str:plan>/money/deferrals/": [get(STAFF), post(HEADQUARTERS, **DEFERRED)],
    "plans/<str:plan>/money/core-budget.csv": [get(STAFF)],
    "plans/<str:plan>/money/core-budget.xlsx": [get(STAFF)],
    "plans/<str:plan>/money/deferrals.csv": [get(STAFF)],
    "plans/<str:plan>/money/deferrals.xlsx": [get(STAFF)],
    "plans/<str:plan>/money/deferrals/<int:pk>/end/": [
        post(HEADQUARTERS, f"{SP}/money/deferrals/{{deferral}}/end/")
    ],
    "plans/<str:plan>/transactions/load/": [
        get(ANY_MANAGERS, f"{SP}/transactions/load/"),
        post(MANAGERS, f"{SP}/transactions/load/", file=lambda w: w.money()),
    ],
    "plans/<str:plan>/transactions.csv": [get(STAFF)],
    "plans/<str:plan>/transactions.xlsx": [get(STAFF)],
    "plans/<str:plan>/products-by-city.svg": [get(STAFF)],
    "plans/<str:plan>/cities/<int:pk>/position/": [
        get(ANY_REPORTERS_AND_MANAGERS, f"{SP}/cities/{{city}}/position/"),
        post(ANY_REPORTERS_AND_MANAGERS, f"{SP}/cities/{{city}}/position/", **LYING),
    ],
    "plans/<str:plan>/deliverables/": [get(STAFF)],
    "plans/<str:plan>/deliverables.csv": [get(STAFF)],
    "plans/<str:plan>/deliverables.xlsx": [get(STAFF)],
    "plans/<str:plan>/deliverables/add/": [
        get({who for who in STAFF if who.startswith("reporter")}),
        post(REPORTERS, f"{SP}/deliverables/add/", **DELIVERED, project="P1", country="KEN"),
    ],
    "plans/<str:plan>/deliverables/<int:pk>/": [get(STAFF, f"{SP}/deliverables/{{deliverable}}/")],
    "plans/<str:plan>/deliverables/<int:pk>/change/": [
        get(REPORTERS, f"{SP}/deliverables/{{deliverable}}/change/"),
        post(
            REPORTERS,
            f"{SP}/deliverables/{{deliverable}}/change/",
            **DELIVERED | {"title": "Better"},
            version="1",
        ),
    ],
    "plans/<str:plan>/deliverables/<int:pk>/cancel/": [
        post(REPORTERS, f"{SP}/deliverables/{{deliverable}}/cancel/", reason="Never printed")
    ],
    "plans/<str:plan>/deliverables/<int:pk>/apply/": [
        get(ANY_REPORTERS, f"{SP}/deliverables/{{product}}/apply/"),
        post(REPORTERS, f"{SP}/deliverables/{{product}}/apply/", **APPLIED),
    ],
    "plans/<str:plan>/product-applications/<int:pk>/withdraw/": [
        get(REPORTERS, f"{SP}/product-applications/{{application}}/withdraw/"),
        post(REPORTERS, f"{SP}/product-applications/{{application}}/withdraw/", reason="Mixed up"),
    ],
    "plans/<str:plan>/partners/": [get(STAFF)],
    "plans/<str:plan>/partners.csv": [get(STAFF)],
    "plans/<str:plan>/partners.xlsx": [get(STAFF)],
    "plans/<str:plan>/partners/count/": [get(STAFF)],
    "plans/<str:plan>/agreements/": [get(STAFF)],
    "plans/<str:plan>/agreements.csv": [get(STAFF)],
    "plans/<str:plan>/agreements.xlsx": [get(STAFF)],
    "plans/<str:plan>/contributions.csv": [get(STAFF)],
    "plans/<str:plan>/contributions.xlsx": [get(STAFF)],
    "plans/<str:plan>/partner-feedback.csv": [get(STAFF)],
    "plans/<str:plan>/partner-feedback.xlsx": [get(STAFF)],
    "plans/<str:plan>/partners/add/": [
        get(PARTNERING),
        post(PARTNERING, name="City of Light", kind="local_government"),
    ],
    "plans/<str:plan>/partners/<int:pk>/": [get(STAFF, f"{SP}/partners/{{partner}}/")],
    "plans/<str:plan>/partners/<int:pk>/change/": [
        get(ANY_MANAGERS, f"{SP}/partners/{{partner}}/change/"),
        post(ANY_MANAGERS, f"{SP}/partners/{{partner}}/change/", name="Other", kind="academia"),
    ],
    "plans/<str:plan>/partners/<int:pk>/merge/": [
        get(ANY_MANAGERS, f"{SP}/partners/{{partner}}/merge/?into={{other_partner}}"),
        post(
            ANY_MANAGERS,
            f"{SP}/partners/{{partner}}/merge/",
            into=lambda w: w.other_partner.pk,
            reason="Its new name",
            preview=lambda w: preview_merge(w.partner, w.other_partner).key,
        ),
    ],
    "plans/<str:plan>/partners/<int:pk>/agreements/add/": [
        get(PARTNERING, f"{SP}/partners/{{partner}}/agreements/add/"),
        post(
            REPORTERS | MANAGERS,
            f"{SP}/partners/{{partner}}/agreements/add/",
            **SIGNED,
        ),
    ],
    "plans/<str:plan>/projects/<str:code>/contributions/add/": [
        get(REPORTERS | MANAGERS, f"{SP}/projects/P1/contributions/add/"),
        post(
            REPORTERS | MANAGERS,
            f"{SP}/projects/P1/contributions/add/",
            **GIVEN,
            partner="Shelter for All",
        ),
    ],
    "plans/<str:plan>/contributions/<int:pk>/change/": [
        get(REPORTERS | MANAGERS, f"{SP}/contributions/{{contribution}}/change/"),
        post(
            REPORTERS | MANAGERS,
            f"{SP}/contributions/{{contribution}}/change/",
            **GIVEN,
            partner="Shelter for All",
        ),
    ],
    "plans/<str:plan>/contributions/<int:pk>/withdraw/": [
        post(
            REPORTERS | MANAGERS,
            f"{SP}/contributions/{{contribution}}/withdraw/",
            reason="Entered twice",
        )
    ],
    "plans/<str:plan>/agreements/<int:pk>/change/": [
        get(MANAGERS, f"{SP}/agreements/{{agreement}}/change/"),
        post(MANAGERS, f"{SP}/agreements/{{agreement}}/change/", **SIGNED),
    ],
    "plans/<str:plan>/agreements/<int:pk>/withdraw/": [
        post(MANAGERS, f"{SP}/agreements/{{agreement}}/withdraw/", reason="Entered twice")
    ],
    "plans/<str:plan>/results/<int:pk>/": [
        get(STAFF, f"{SP}/results/{{done}}/"),
        get(OFFICE, f"{SP}/results/{{draft}}/", 404),
    ],
    "plans/<str:plan>/results/<int:pk>/act/": [
        post(REPORTERS, f"{SP}/results/{{draft}}/act/", 0, act="submit"),
        post(REVIEWERS, f"{SP}/results/{{pending}}/act/", 0, act="approve"),
    ],
    "plans/<str:plan>/results/<int:pk>/comments/": [
        post(
            REPORTERS | REVIEWERS | MANAGERS,
            f"{SP}/results/{{pending}}/comments/",
            0,
            text="Well done",
        )
    ],
    "plans/<str:plan>/results/<int:pk>/co-delivery/": [
        get(REPORTERS, f"{SP}/results/{{draft}}/co-delivery/", 0),
        post(REPORTERS, f"{SP}/results/{{draft}}/co-delivery/", 0, **JOINT),
    ],
    "plans/<str:plan>/results/<int:pk>/evidence/": [
        get(REPORTERS, f"{SP}/results/{{draft}}/evidence/", 0),
        post(
            REPORTERS,
            f"{SP}/results/{{draft}}/evidence/",
            0,
            kind="link",
            url="https://example.org/b",
        ),
    ],
    "plans/<str:plan>/results/<int:pk>/evidence/<int:piece>/": [
        get(REPORTERS, f"{SP}/results/{{draft}}/evidence/{{evidence}}/", 0),
        post(REPORTERS, f"{SP}/results/{{draft}}/evidence/{{evidence}}/", 0, act="remove"),
    ],
    "plans/<str:plan>/notes/<int:pk>/": [get(OFFICE, f"{SP}/notes/{{note}}/", 404)],
    "plans/<str:plan>/notes/<int:pk>/act/": [
        post(REPORTERS, f"{SP}/notes/{{note}}/act/", 0, act="submit")
    ],
    "plans/<str:plan>/notes/<int:pk>/comments/": [
        post(
            REPORTERS | REVIEWERS | MANAGERS, f"{SP}/notes/{{note}}/comments/", 0, text="Well done"
        )
    ],
    "plans/<str:plan>/evidence/<int:pk>/": [get(OFFICE, f"{SP}/evidence/{{evidence}}/", 404)],
}

_IN = "api/v1/^plans/(?P<plan>[^/\\x00]+)/"
_ROW = "(?P<pk>\\d{1,18})/"
_API = f"api/v1/{SP}/"


def _act(name: str, row: str, who: set[str], **send: Any) -> tuple[str, list[Try]]:
    """An act of the API on a result: 404 for whom it does not exist."""
    return f"{_IN}results/{_ROW}{name}/$", [
        post(who, f"{_API}results/{{{row}}}/{name}/", 0, **send)
    ]


def _seen_in_two_steps(world: World) -> int:
    """The version of what waits, in a plan that asks for two steps."""
    factories.review_in_two_steps(world.plan)
    return world.pending.version


def _of_life(
    path: str, keyed: str, act: str, who: set[str], method: str = "post", **send: Any
) -> tuple[str, list[Try]]:
    """A step of a project's life in the API."""
    at = f"{_API}{keyed}/{act}/"
    return f"{_IN}{path}/{act}/$", [Try(method, who, at, post(who, **send).send)]


_PROJECT = "projects/(?P<code>[^/\\x00]+)"
# Steps of a project's life: what is written, decided and done.
LIFE_IN_THE_API = dict(
    [
        _of_life(_PROJECT, "projects/LIFE3", "start", MANAGERS),
        _of_life(_PROJECT, "projects/LIFE4", "suspend", MANAGERS, reason="Unrest"),
        _of_life(_PROJECT, "projects/LIFE6", "resume", MANAGERS, reason="Calm"),
        _of_life(_PROJECT, "projects/LIFE4", "revise", PROPOSERS, reason="More money"),
        _of_life(
            _PROJECT,
            "projects/LIFE4",
            "close",
            MANAGERS,
            closed_on="2020-12-31",
            achieved="Wells",
            lasting="The town keeps them",
            conditions_left="They were for the dry season",
            link="https://example.org/report",
            lessons=[{"context": "Nobody was asked", "learned": "Ask", "outcome": "1.1"}],
        ),
        _of_life(_PROJECT, "projects/DONE", "final-report", STAFF, "get"),
        _of_life("documents/(?P<pk>\\d{1,18})", "documents/{revision}", "comparison", STAFF, "get"),
        _of_life("documents/(?P<pk>\\d{1,18})", "documents/{proposal}", "submit", PROPOSERS),
        _of_life("documents/(?P<pk>\\d{1,18})", "documents/{waiting}", "recall", PROPOSERS),
        _of_life(
            "documents/(?P<pk>\\d{1,18})",
            "documents/{proposal}",
            "withdraw",
            PROPOSERS,
            reason="Why",
        ),
        _of_life("documents/(?P<pk>\\d{1,18})", "documents/{revision}", "adopt", MANAGERS),
        _of_life(
            "appraisals/(?P<pk>\\d{1,18})",
            "appraisals/{appraisal}",
            "checklist",
            REVIEWERS,
            "put",
            answers={"Q1": {"answer": "yes"}},
        ),
        _of_life(
            "appraisals/(?P<pk>\\d{1,18})",
            "appraisals/{appraisal}",
            "decide",
            {"reviewer inside"},
            decision="approved",
        ),
        _of_life(
            "conditions/(?P<pk>\\d{1,18})",
            "conditions/{condition}",
            "answer",
            PROPOSERS,
            answer="Asked",
        ),
        _of_life(
            "conditions/(?P<pk>\\d{1,18})", "conditions/{answered}", "settle", REVIEWERS, met=True
        ),
        _of_life(
            "delegations/(?P<pk>\\d{1,18})",
            "delegations/{delegation}",
            "end",
            HEADQUARTERS,
            on="2020-06-30",
            reason="Moved",
        ),
    ]
) | {
    f"{_IN}documents/$": [
        get(STAFF, f"{_API}documents/"),
        post(PROPOSERS, f"{_API}documents/", code="NEW", title={"en": "New"}, office="ROAF"),
    ],
    f"{_IN}documents/{_ROW}$": [get(STAFF, f"{_API}documents/{{proposal}}/")],
    f"{_IN}documents/{_ROW}sections/(?P<section>[a-z]{{1,20}})/$": [
        Try(
            "put",
            PROPOSERS,
            f"{_API}documents/{{proposal}}/sections/partners/",
            lambda w: {
                "section": [{"name": "Traders", "kind": "civil_society"}],
                "version": w.proposal.version,
            },
        )
    ],
    "api/v1/plans/<str:plan>/checklist/": [
        get(STAFF, f"{_API}checklist/"),
        Try(
            "put",
            HEADQUARTERS,
            f"{_API}checklist/",
            lambda w: {"questions": [{"code": "Q2", "text": {"en": "Green?"}}]},
        ),
    ],
    f"{_IN}appraisals/$": [get(STAFF, f"{_API}appraisals/")],
    f"{_IN}appraisals/count/$": [get(STAFF, f"{_API}appraisals/count/")],
    f"{_IN}appraisals/{_ROW}$": [get(STAFF, f"{_API}appraisals/{{appraisal}}/")],
    f"{_IN}conditions/$": [get(STAFF, f"{_API}conditions/")],
    f"{_IN}delegations/$": [
        get(STAFF, f"{_API}delegations/"),
        post(
            HEADQUARTERS,
            f"{_API}delegations/",
            person="colleague@example.org",
            office="ROAF",
            level="regional",
            start="2020-01-01",
            document="Guidelines",
        ),
    ],
    f"{_IN}meetings/$": [
        get(STAFF, f"{_API}meetings/"),
        post(HEADQUARTERS, f"{_API}meetings/", date="2020-05-30", chair="Deputy"),
    ],
    f"{_IN}partner-feedback/$": [
        get(STAFF, f"{_API}partner-feedback/"),
        post(
            PROPOSERS,
            f"{_API}partner-feedback/",
            project="P1",
            partner=lambda w: w.partner.pk,
            email="ann@example.org",
        ),
    ],
    f"{_IN}partner-feedback/{_ROW}publish/$": [
        post(MANAGERS, f"{_API}partner-feedback/{{feedback}}/publish/", UNHEARD)
    ],
    f"{_IN}partner-feedback/{_ROW}take-back/$": [
        post(MANAGERS, f"{_API}partner-feedback/{{feedback}}/take-back/", UNHEARD)
    ],
    f"{_IN}partner-feedback/{_ROW}withdraw/$": [
        post(
            PROPOSERS,
            f"{_API}partner-feedback/{{asked}}/withdraw/",
            UNHEARD,
            reason="Wrong address",
        )
    ],
    f"{_IN}partner-feedback/{_ROW}reply/$": [
        post(MANAGERS, f"{_API}partner-feedback/{{feedback}}/reply/", UNHEARD, text="Thanks")
    ],
    f"{_IN}risks/$": [
        get(STAFF, f"{_API}risks/"),
        post(PROPOSERS, f"{_API}risks/", project="P1", **RISK),
    ],
    f"{_IN}risks/{_ROW}$": [
        get(STAFF, f"{_API}risks/{{risk}}/"),
        Try("put", PROPOSERS, f"{_API}risks/{{risk}}/", lambda w: RISK),
    ],
    f"{_IN}risks/{_ROW}close/$": [post(PROPOSERS, f"{_API}risks/{{risk}}/close/", reason="Over")],
    f"{_IN}stories/$": [
        get(STAFF, f"{_API}stories/"),
        post(PROPOSERS, f"{_API}stories/", project="P1", title="Water", text="A tap."),
    ],
    f"{_IN}stories/{_ROW}$": [
        get(STAFF, f"{_API}stories/{{told}}/"),
        get(OFFICE, f"{_API}stories/{{story}}/", 404),
        Try(
            "put",
            PROPOSERS,
            f"{_API}stories/{{story}}/",
            lambda w: {"title": "Water", "text": "A tap."},
            others=0,
        ),
    ],
    f"{_IN}stories/{_ROW}publish/$": [
        post(MANAGERS, f"{_API}stories/{{story}}/publish/", others=0)
    ],
    f"{_IN}stories/{_ROW}take-back/$": [
        post(MANAGERS, f"{_API}stories/{{told}}/take-back/", reason="Asked to")
    ],
    f"{_IN}labs/$": [
        get(STAFF, f"{_API}labs/"),
        post(
            PROPOSERS,
            f"{_API}labs/",
            name="Lab",
            office="ROAF",
            country="KEN",
            status="in_progress",
        ),
    ],
    f"{_IN}labs/{_ROW}$": [
        get(STAFF, f"{_API}labs/{{lab}}/"),
        Try(
            "put",
            PROPOSERS,
            f"{_API}labs/{{lab}}/",
            lambda w: {
                "name": "Kisumu lab",
                "office": "ROAF",
                "country": "KEN",
                "status": "closed",
            },
        ),
    ],
    f"{_IN}lessons/$": [get(STAFF, f"{_API}lessons/")],
}

# The API
ADDRESSES |= LIFE_IN_THE_API
ADDRESSES |= {
    "api/v1/": [get(EVERYBODY)],
    "api/v1/schema/": [get(EVERYBODY)],
    "api/v1/docs/": [get(EVERYBODY)],
    "api/v1/auth/login/": [
        post(EVERYBODY, email="colleague@example.org", password="a-long-password")
    ],
    "api/v1/auth/logout/": [post(STAFF)],
    "api/v1/auth/logoutall/": [post(STAFF)],
    "api/v1/^exchange-rates/$": [
        get(STAFF, "api/v1/exchange-rates/"),
        post(HEADQUARTERS, "api/v1/exchange-rates/", file=lambda w: w.rates()),
    ],
    "api/v1/^offices/$": [get(STAFF, "api/v1/offices/")],
    "api/v1/^offices/(?P<code>[^/\\x00]+)/$": [get(STAFF, "api/v1/offices/ROAF/")],
    "api/v1/^countries/$": [get(STAFF, "api/v1/countries/")],
    "api/v1/^countries/(?P<iso3>[^/\\x00]+)/$": [get(STAFF, "api/v1/countries/KEN/")],
    "api/v1/^plans/$": [get(STAFF, "api/v1/plans/")],
    "api/v1/^plans/(?P<code>[^/\\x00]+)/$": [get(STAFF, _API)],
    f"{_IN}results/$": [
        get(STAFF, f"{_API}results/"),
        post(
            REPORTERS,
            f"{_API}results/",
            project="P1",
            indicator="WATER",
            place="KEN",
            period="2020-Q2",
            value="3",
        ),
    ],
    f"{_IN}results/to-review/$": [get(STAFF, f"{_API}results/to-review/")],
    f"{_IN}results/{_ROW}$": [
        get(STAFF, f"{_API}results/{{done}}/"),
        get(OFFICE, f"{_API}results/{{draft}}/", 404),
        patch(REPORTERS, f"{_API}results/{{draft}}/", 0, value="6", version=1),
    ],
    f"{_IN}results/{_ROW}co-delivery/$": [
        get(OFFICE, f"{_API}results/{{draft}}/co-delivery/", 404),
        Try(
            "put",
            REPORTERS,
            f"{_API}results/{{draft}}/co-delivery/",
            lambda w: {
                "partners": [{"partner": w.partner.pk, "what": "Builds wells"}],
                "version": w.draft.version,
            },
            0,
        ),
    ],
    f"{_IN}results/{_ROW}evidence/$": [
        post(
            REPORTERS,
            f"{_API}results/{{draft}}/evidence/",
            0,
            kind="link",
            url="https://example.org/b",
        )
    ],
    f"{_IN}results/{_ROW}evidence/(?P<evidence>\\d{{1,18}})/file/$": [
        get(OFFICE, f"{_API}results/{{draft}}/evidence/{{evidence}}/file/", 404)
    ],
    f"{_IN}results/{_ROW}evidence/(?P<evidence>\\d{{1,18}})/replace/$": [
        post(
            REPORTERS,
            f"{_API}results/{{draft}}/evidence/{{evidence}}/replace/",
            0,
            kind="link",
            url="https://example.org/b",
        )
    ],
    f"{_IN}results/{_ROW}evidence/(?P<evidence>\\d{{1,18}})/$": [
        Try("delete", REPORTERS, f"{_API}results/{{draft}}/evidence/{{evidence}}/", others=0)
    ],
    f"{_IN}results/{_ROW}comments/$": [
        get(OFFICE, f"{_API}results/{{pending}}/comments/", 404),
        post(
            REPORTERS | REVIEWERS | MANAGERS,
            f"{_API}results/{{pending}}/comments/",
            0,
            text="Well done",
        ),
    ],
    f"{_IN}results/{_ROW}withdraw/$": [
        post(REVIEWERS, f"{_API}results/{{done}}/withdraw/", reason="Why")
    ],
    f"{_IN}late-entries/$": [
        get(STAFF, f"{_API}late-entries/"),
        post(
            HEADQUARTERS,
            f"{_API}late-entries/",
            project="P1",
            period="2020-Q3",
            until=lambda w: factories.days_ago(-5),
            reason="Why",
        ),
    ],
    f"{_IN}late-entries/{_ROW}end/$": [post(HEADQUARTERS, f"{_API}late-entries/{{late}}/end/")],
    f"{_IN}projects/(?P<code>[^/\\x00]+)/about/$": [
        Try(
            "put",
            REPORTERS | MANAGERS,
            f"{_API}projects/P1/about/",
            lambda w: {"markers": {"SI-GEN": 1}, "version": 1},
        ),
    ],
    f"{_IN}themes/$": [get(STAFF, f"{_API}themes/")],
    f"{_IN}themes/{_ROW}$": [
        get(STAFF, f"{_API}themes/{{theme}}/"),
        Try(
            "put",
            HEADQUARTERS,
            f"{_API}themes/{{theme}}/",
            lambda w: {"name": {"en": "Law"}, "version": 1},
        ),
    ],
    f"{_IN}strategies/$": [get(STAFF, f"{_API}strategies/")],
    f"{_IN}strategies/(?P<office>[^/\\x00]+)/$": [
        get(STAFF, f"{_API}strategies/ROAF/"),
        Try(
            "put",
            MANAGERS,
            f"{_API}strategies/ROAF/",
            lambda w: {"text": {"en": "Do better"}, "version": 1},
        ),
    ],
    f"{_IN}strategies/(?P<office>[^/\\x00]+)/order/$": [
        Try(
            "put",
            MANAGERS,
            f"{_API}strategies/ROAF/order/",
            lambda w: {"order": [w.second.pk, w.priority.pk]},
        ),
    ],
    f"{_IN}strategies/(?P<office>[^/\\x00]+)/priorities/$": [
        post(
            MANAGERS,
            f"{_API}strategies/ROAF/priorities/",
            text={"en": "Taps"},
            outcomes={"1.1": "unverified"},
        ),
    ],
    f"{_IN}strategies/(?P<office>[^/\\x00]+)/priorities/(?P<priority>\\d{{1,18}})/$": [
        Try(
            "put",
            MANAGERS,
            f"{_API}strategies/ROAF/priorities/{{priority}}/",
            lambda w: {"text": {"en": "Taps"}, "outcomes": {"1.1": "seed"}, "version": 1},
        ),
    ],
    f"{_IN}strategies/(?P<office>[^/\\x00]+)/priorities/(?P<priority>\\d{{1,18}})/withdraw/$": [
        post(MANAGERS, f"{_API}strategies/ROAF/priorities/{{priority}}/withdraw/", reason="Done"),
    ],
    f"{_IN}projects/(?P<code>[^/\\x00]+)/frameworks/$": [
        get(STAFF, f"{_API}projects/P1/frameworks/"),
        Try(
            "put",
            REPORTERS | MANAGERS,
            f"{_API}projects/P1/frameworks/",
            lambda w: {"links": [], "version": 1},
        ),
    ],
    f"{_IN}indicators/(?P<code>[^/\\x00]+)/frameworks/$": [
        Try(
            "put",
            ALIGNERS,
            f"{_API}indicators/WATER/frameworks/",
            lambda w: {"links": [], "version": 1},
        ),
    ],
    f"{_IN}country-records/$": [get(STAFF, f"{_API}country-records/")],
    f"{_IN}country-records/(?P<iso3>[^/\\x00]+)/$": [
        get(STAFF, f"{_API}country-records/KEN/"),
        Try(
            "put",
            MANAGERS,
            f"{_API}country-records/KEN/",
            lambda w: {"cca_stage": "not_started", "version": 1},
        ),
    ],
    f"{_IN}saved-views/$": [
        get(STAFF, f"{_API}saved-views/"),
        post(STAFF, f"{_API}saved-views/", register="projects", name="Kenya", query="country=KEN"),
    ],
    f"{_IN}saved-views/{_ROW}$": [
        get(NOBODY, f"{_API}saved-views/{{view}}/", 404),
        Try("delete", NOBODY, f"{_API}saved-views/{{view}}/", others=404),
    ],
    f"{_IN}transactions/$": [
        get(STAFF, f"{_API}transactions/"),
        post(MANAGERS, f"{_API}transactions/", **SPENT, project="P1"),
    ],
    f"{_IN}money/$": [get(STAFF, f"{_API}money/")],
    f"{_IN}core-budgets/$": [
        get(STAFF, f"{_API}core-budgets/"),
        post(HEADQUARTERS, f"{_API}core-budgets/", **CORE),
    ],
    f"{_IN}expected-income/$": [
        get(STAFF, f"{_API}expected-income/"),
        post(HEADQUARTERS, f"{_API}expected-income/", **EXPECTED, earmarked=True),
    ],
    f"{_IN}expected-income/years/$": [get(STAFF, f"{_API}expected-income/years/")],
    f"{_IN}expected-income/{_ROW}$": [get(STAFF, f"{_API}expected-income/{{expected}}/")],
    f"{_IN}expected-income/{_ROW}withdraw/$": [
        post(HEADQUARTERS, f"{_API}expected-income/{{expected}}/withdraw/", reason="Came in")
    ],
    f"{_IN}deferrals/$": [
        get(STAFF, f"{_API}deferrals/"),
        post(HEADQUARTERS, f"{_API}deferrals/", **DEFERRED),
    ],
    f"{_IN}deferrals/{_ROW}end/$": [post(HEADQUARTERS, f"{_API}deferrals/{{deferral}}/end/")],
    f"{_IN}transactions/load/$": [
        post(MANAGERS, f"{_API}transactions/load/", file=lambda w: w.money())
    ],
    f"{_IN}transactions/{_ROW}$": [get(STAFF, f"{_API}transactions/{{transaction}}/")],
    f"{_IN}transactions/{_ROW}withdraw/$": [
        post(MANAGERS, f"{_API}transactions/{{transaction}}/withdraw/", reason="Booked twice")
    ],
    f"{_IN}deliverables/$": [
        get(STAFF, f"{_API}deliverables/"),
        post(REPORTERS, f"{_API}deliverables/", **DELIVERED, project="P1", place="KEN"),
    ],
    f"{_IN}deliverables/by-city/$": [get(STAFF, f"{_API}deliverables/by-city/")],
    f"{_IN}cities/$": [get(STAFF, f"{_API}cities/")],
    f"{_IN}cities/(?P<key>[^/]+(?:/[^/]+)?)/$": [
        get(STAFF, f"{_API}cities/a/"),
        Try("put", ANY_REPORTERS_AND_MANAGERS, f"{_API}cities/a/", lambda w: LYING),
    ],
    f"{_IN}flagships/$": [get(STAFF, f"{_API}flagships/")],
    f"{_IN}tools/$": [get(STAFF, f"{_API}tools/")],
    f"{_IN}deliverables/{_ROW}$": [
        get(STAFF, f"{_API}deliverables/{{deliverable}}/"),
        patch(REPORTERS, f"{_API}deliverables/{{deliverable}}/", title="Better", version=1),
    ],
    f"{_IN}deliverables/{_ROW}cancel/$": [
        post(REPORTERS, f"{_API}deliverables/{{deliverable}}/cancel/", reason="Never printed")
    ],
    f"{_IN}product-applications/$": [
        get(STAFF, f"{_API}product-applications/"),
        post(
            REPORTERS,
            f"{_API}product-applications/",
            **APPLIED,
            deliverable=lambda w: w.product.pk,
        ),
    ],
    f"{_IN}product-applications/{_ROW}$": [
        get(STAFF, f"{_API}product-applications/{{application}}/")
    ],
    f"{_IN}product-applications/{_ROW}withdraw/$": [
        post(REPORTERS, f"{_API}product-applications/{{application}}/withdraw/", reason="Mixed up")
    ],
    f"{_IN}partners/$": [
        get(STAFF, f"{_API}partners/"),
        post(PARTNERING, f"{_API}partners/", name="City of Light", kind="local_government"),
    ],
    f"{_IN}partners/count/$": [get(STAFF, f"{_API}partners/count/")],
    f"{_IN}partners/{_ROW}$": [
        get(STAFF, f"{_API}partners/{{partner}}/"),
        patch(ANY_MANAGERS, f"{_API}partners/{{partner}}/", name="Other", version=1),
    ],
    f"{_IN}partners/{_ROW}merge/$": [
        post(
            ANY_MANAGERS,
            f"{_API}partners/{{partner}}/merge/",
            into=lambda w: w.other_partner.pk,
            reason="Its new name",
            preview=lambda w: preview_merge(w.partner, w.other_partner).key,
        ),
        get(ANY_MANAGERS, f"{_API}partners/{{partner}}/merge/?into={{other_partner}}"),
    ],
    f"{_IN}partner-contributions/$": [
        get(STAFF, f"{_API}partner-contributions/"),
        post(
            REPORTERS | MANAGERS,
            f"{_API}partner-contributions/",
            **GIVEN,
            project="P1",
            partner=lambda w: w.partner.pk,
        ),
    ],
    f"{_IN}partner-contributions/{_ROW}$": [
        get(STAFF, f"{_API}partner-contributions/{{contribution}}/"),
        patch(
            REPORTERS | MANAGERS,
            f"{_API}partner-contributions/{{contribution}}/",
            what="Digs",
            version=1,
        ),
    ],
    f"{_IN}partner-contributions/{_ROW}withdraw/$": [
        post(
            REPORTERS | MANAGERS,
            f"{_API}partner-contributions/{{contribution}}/withdraw/",
            reason="Entered twice",
        )
    ],
    f"{_IN}agreements/$": [
        get(STAFF, f"{_API}agreements/"),
        post(REPORTERS | MANAGERS, f"{_API}agreements/", **SIGNED, partner=lambda w: w.partner.pk),
    ],
    f"{_IN}agreements/{_ROW}$": [
        get(STAFF, f"{_API}agreements/{{agreement}}/"),
        patch(MANAGERS, f"{_API}agreements/{{agreement}}/", title="Better", version=1),
    ],
    f"{_IN}agreements/{_ROW}withdraw/$": [
        post(MANAGERS, f"{_API}agreements/{{agreement}}/withdraw/", reason="Entered twice")
    ],
    f"{_IN}about-projects/$": [get(STAFF, f"{_API}about-projects/")],
    f"{_IN}regions/$": [get(STAFF, f"{_API}regions/")],
    f"{_IN}regions/(?P<office>[^/\\x00]+)/$": [get(STAFF, f"{_API}regions/ROAF/")],
    f"{_IN}figures/$": [get(STAFF, f"{_API}figures/")],
    f"{_IN}activity/$": [get(AUDITORS, f"{_API}activity/")],
    f"{_IN}history/(?P<kind>[a-z]+)/(?P<key>\\d{{1,18}})/$": [
        get(STAFF, f"{_API}history/project/{{project}}/"),
        get(STAFF, f"{_API}history/result/{{done}}/"),
        get(OFFICE, f"{_API}history/result/{{draft}}/", 404),
        get(OFFICE, f"{_API}history/note/{{note}}/", 404),
        get(both("manager") | both("administrator"), f"{_API}history/person/{{colleague}}/", 404),
        get(NOBODY, f"{_API}history/nothing/1/", 404),
    ],
    **dict(
        [
            _act("submit", "draft", REPORTERS),
            _act("recall", "pending", REPORTERS),
            _act("return", "pending", REVIEWERS, reason="Why"),
            _act("approve", "pending", REVIEWERS),
            _act("verify", "pending", REVIEWERS, version=_seen_in_two_steps),
        ]
    ),
}
for _list, _key, _value in (
    ("domains", "code", "1"),
    ("outcomes", "code", "1.1"),
    ("indicators", "code", "WATER"),
    ("frameworks", "code", "SENDAI"),
    ("periods", "label", "2020-Q1"),
    ("projects", "code", "P1"),
):
    ADDRESSES[f"{_IN}{_list}/$"] = [get(STAFF, f"{_API}{_list}/")]
    ADDRESSES[f"{_IN}{_list}/(?P<{_key}>[^/\\x00]+)/$"] = [get(STAFF, f"{_API}{_list}/{_value}/")]
ADDRESSES[f"{_IN}projects/$"].append(
    post(
        MANAGERS,
        f"{_API}projects/",
        code="TAKEN",
        title={"en": "Taken over"},
        office="ROAF",
        outcomes=[{"outcome": "1.1", "rank": "primary"}],
        reason="Approved in 2019",
    )
)
ADDRESSES[f"{_IN}{_PROJECT}/$"].append(
    patch(MANAGERS, f"{_API}projects/P1/", summary={"en": "In short"}, version=1)
)
# Lists and pages as files, for all who may read the page.
for _file, _where in (
    *((name, name) for name in ("lessons", "conditions", "stories", "labs", "delegations")),
    *(
        (name, name)
        for name in ("meetings", "exchange-rates", "budget-lines", "stated", "documents")
    ),
    ("product-applications", "product-applications"),
    *(("frameworks", "frameworks"), ("partners/count", "partners/count")),
    ("frameworks/<str:code>/targets", "frameworks/SENDAI/targets"),
    ("regions/<str:office>", "regions/ROAF"),
):
    for _kind in ("csv", "xlsx"):
        ADDRESSES[f"plans/<str:plan>/{_file}.{_kind}"] = [get(STAFF, f"{SP}/{_where}.{_kind}")]
