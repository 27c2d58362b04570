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

from tests import factories
from tests.roles import ANONYMOUS, both

from .actions import HEADQUARTERS, STAFF
from .world import World

EVERYBODY = STAFF | {ANONYMOUS}
OFFICE = {who for who in STAFF if not who.endswith("outside")}
AUDITORS = {who for who in STAFF if who.startswith(("manager", "administrator"))}
REPORTERS, REVIEWERS, MANAGERS = both("reporter"), both("reviewer"), both("manager")
ANY_REPORTERS = {who for who in STAFF if who.startswith("reporter")}
ANY_MANAGERS = {who for who in STAFF if who.startswith("manager")}
NOBODY: set[str] = set()


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


SP = "plans/SP"
LINE = f"{SP}/projects/P1/results/2020-Q1/"

# What is typed of a publication.
DELIVERED = {
    "kind": "publication",
    "title": "Atlas",
    "outcome": "1.1",
    "date": "2020-04-01",
    "language": "en",
    "link": "https://example.org/atlas",
}

# What is typed of an expenditure.
SPENT = {"kind": "expenditure", "date": "2020-04-01", "amount": "100", "currency": "USD"}

# What is typed of the core budget and of an outcome that is put off.
CORE = {"year": 2020, "approved": "100", "received": "26", "source": "Assembly"}
DEFERRED = {
    "outcome": "1.2",
    "planned": "2020-06-01",
    "until": "2022-01-01",
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
    "plans/<str:plan>/setup/values/<str:code>/counting/": [
        get(STAFF, f"{SP}/setup/values/PUB/counting/"),
        post(HEADQUARTERS, f"{SP}/setup/values/PUB/counting/", counts_from=""),
    ],
    "plans/<str:plan>/setup/late-entries/": [
        get(STAFF),
        post(HEADQUARTERS, act="end", entry=lambda w: w.late.pk),
    ],
    "plans/<str:plan>/setup/exchange-rates/": [
        get(STAFF),
        post(HEADQUARTERS, file=lambda w: w.rates()),
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
            code="P1",
            title="Water",
            office="ROAF",
            kind="project",
            status="active",
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
        post(REPORTERS | MANAGERS, f"{SP}/projects/P1/about/", **{"markers.SI-GEN": "2"}),
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
    "plans/<str:plan>/money/deferrals/": [get(STAFF), post(HEADQUARTERS, **DEFERRED)],
    "plans/<str:plan>/money/deferrals/<int:pk>/end/": [
        post(HEADQUARTERS, f"{SP}/money/deferrals/{{deferral}}/end/")
    ],
    "plans/<str:plan>/transactions/load/": [
        get(ANY_MANAGERS, f"{SP}/transactions/load/"),
        post(MANAGERS, f"{SP}/transactions/load/", file=lambda w: w.money()),
    ],
    "plans/<str:plan>/transactions.csv": [get(STAFF)],
    "plans/<str:plan>/transactions.xlsx": [get(STAFF)],
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


# The API
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
    f"{_IN}deliverables/{_ROW}$": [
        get(STAFF, f"{_API}deliverables/{{deliverable}}/"),
        patch(REPORTERS, f"{_API}deliverables/{{deliverable}}/", title="Better", version=1),
    ],
    f"{_IN}deliverables/{_ROW}cancel/$": [
        post(REPORTERS, f"{_API}deliverables/{{deliverable}}/cancel/", reason="Never printed")
    ],
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
    ("periods", "label", "2020-Q1"),
    ("projects", "code", "P1"),
):
    ADDRESSES[f"{_IN}{_list}/$"] = [get(STAFF, f"{_API}{_list}/")]
    ADDRESSES[f"{_IN}{_list}/(?P<{_key}>[^/\\x00]+)/$"] = [get(STAFF, f"{_API}{_list}/{_value}/")]
