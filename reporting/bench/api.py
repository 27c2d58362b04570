"""What lists cost: a full page of results against the database alone, a deep page against an early.

Whole requests through Django's test client, sign-in included. The database alone is one
`json_agg` of the same rows with what belongs to them, not read into objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from habitat_tracker.accounts.models import User
from habitat_tracker.keyset import Keyset
from plans.models import StrategicPlan
from projects.models import Project, Result

from .findings import Finding, Options
from .measure import in_turns
from .world import MAILBOX, bench_plan

PAGE = 1_000

# As one would write it by hand: no exact digits, no order within a result.
RAW = """
WITH page AS (
    SELECT result.*, project.code AS project, project.office_id, line.indicator_id,
           line.country_id, line.city_id
    FROM projects_result result
    JOIN projects_projectindicator line ON line.id = result.line_id
    JOIN projects_project project ON project.id = line.project_id
    WHERE project.plan_id = %(plan)s
    ORDER BY result.id
    LIMIT %(page)s
)
SELECT json_agg(json_build_object(
    'id', page.id, 'project', page.project, 'indicator', indicator.code,
    'place', coalesce(city.key, country.iso3), 'office', office.code, 'period', period.label,
    'revision', page.revision, 'corrects', page.corrects_id,
    'correction_reason', page.correction_reason, 'is_late', page.late_entry_id IS NOT NULL,
    'status', page.status,
    'version', page.version, 'state', page.state, 'value', page.value,
    'numerator', page.numerator, 'denominator', page.denominator, 'things', things.listed,
    'unnamed', page.unnamed, 'rating', rating.code, 'qualifier', page.qualifier,
    'cells', cells.listed, 'credits', credits.listed, 'co_delivery', delivered.told,
    'narrative', page.narrative,
    'window_start', page.window_start, 'window_end', page.window_end,
    'entered_by', json_build_object('name', entered.name, 'email', entered.email),
    'entered_at', page.entered_at, 'changed_at', page.changed_at,
    'submitted_by', json_build_object('name', submitted.name, 'email', submitted.email),
    'submitted_at', page.submitted_at,
    'verified_by', json_build_object('name', verified.name, 'email', verified.email),
    'verified_at', page.verified_at,
    'approved_by', json_build_object('name', approved.name, 'email', approved.email),
    'approved_at', page.approved_at, 'review_comment', page.review_comment
) ORDER BY page.id)::text
FROM page
JOIN accounts_office office ON office.id = page.office_id
JOIN outcomes_indicator indicator ON indicator.id = page.indicator_id
JOIN plans_reportingperiod period ON period.id = page.period_id
LEFT JOIN accounts_country country ON country.m49 = page.country_id
LEFT JOIN outcomes_thing city ON city.id = page.city_id
LEFT JOIN outcomes_ratinglevel rating ON rating.id = page.rating_id
LEFT JOIN accounts_user entered ON entered.id = page.entered_by_id
LEFT JOIN accounts_user submitted ON submitted.id = page.submitted_by_id
LEFT JOIN accounts_user verified ON verified.id = page.verified_by_id
LEFT JOIN accounts_user approved ON approved.id = page.approved_by_id
LEFT JOIN (
    SELECT listed.result_id, json_agg(json_build_object(
        'key', thing.key, 'kind', thing.kind, 'name', thing.name)) AS listed
    FROM projects_result_things listed
    JOIN outcomes_thing thing ON thing.id = listed.thing_id
    WHERE listed.result_id IN (SELECT id FROM page)
    GROUP BY listed.result_id
) AS things ON things.result_id = page.id
LEFT JOIN (
    SELECT cell.result_id, json_object_agg(category.code, coalesce(to_json(cell.value),
        json_build_object('numerator', cell.numerator, 'denominator', cell.denominator))) AS listed
    FROM projects_resultcell cell
    JOIN outcomes_category category ON category.id = cell.category_id
    WHERE cell.result_id IN (SELECT id FROM page)
    GROUP BY cell.result_id
) AS cells ON cells.result_id = page.id
LEFT JOIN (
    SELECT credit.result_id, json_agg(credited.code) AS listed
    FROM projects_result_credits credit
    JOIN outcomes_indicator credited ON credited.id = credit.indicator_id
    WHERE credit.result_id IN (SELECT id FROM page)
    GROUP BY credit.result_id
) AS credits ON credits.result_id = page.id
LEFT JOIN (
    SELECT part.result_id, json_build_object(
        'lead', max(part.partner_id) FILTER (WHERE part.is_lead),
        'own_share', max(part.share) FILTER (WHERE part.partner_id IS NULL),
        'partners', json_agg(json_build_object(
            'partner', partner.id, 'name', partner.name, 'share', part.share
        )) FILTER (WHERE partner.id IS NOT NULL)) AS told
    FROM projects_codeliverer part
    LEFT JOIN projects_partner partner ON partner.id = part.partner_id
    WHERE part.result_id IN (SELECT id FROM page)
    GROUP BY part.result_id
) AS delivered ON delivered.result_id = page.id
"""


def run(options: Options) -> list[Finding]:
    """The full page of results, deep pages of projects, and the register with each filter."""
    plan = bench_plan()
    with reading() as get:
        parts = (_results, _projects, _filters)
        return [one for part in parts for one in part(plan, get, options)]


@contextmanager
def reading() -> Iterator[Callable[[str], Any]]:
    """Reads an address as the reviewer of the plan: a page with a session, the API with a token.

    Raises CommandError if the answer is not the list.
    """
    user = User.objects.get(email=f"reviewer{MAILBOX}")
    kept, token = AuthToken.objects.create(user=user)
    host = settings.ALLOWED_HOSTS[0].strip(".").replace("*", "localhost")
    browser, program = Client(SERVER_NAME=host), Client(SERVER_NAME=host)
    browser.force_login(user)
    headers = {"Authorization": f"Token {token}"}

    def get(path: str) -> Any:
        client, sent = (program, headers) if path.startswith("/api/") else (browser, {})
        answer = client.get(path, secure=settings.HTTPS_ONLY, headers=sent)
        if answer.status_code != 200:
            raise CommandError(f"{path} answered {answer.status_code}.")
        return answer

    try:
        yield get
    finally:
        browser.logout()
        kept.delete()


def _results(plan: StrategicPlan, get: Callable[[str], Any], options: Options) -> list[Finding]:
    """A full page of results against one statement, and how many queries it makes."""
    there = Result.objects.filter(line__project__plan=plan).count()
    if not there:
        raise CommandError("There are no results: run `manage.py bench gen --results 2000` first.")
    path = f"/api/v1/plans/{plan.code}/results/?page_size={PAGE}"
    get(path)
    with CaptureQueriesContext(connection) as asked:
        answer = get(path)
    shape: dict[str, Any] = {"results": min(there, PAGE), "bytes": len(answer.content)}
    found = [Finding("queries of an API list of 1,000 results", len(asked), 6, raw=shape)]
    if connection.vendor != "postgresql":
        return found

    def alone() -> None:
        with connection.cursor() as cursor:
            cursor.execute(RAW, {"plan": plan.pk, "page": PAGE})
            cursor.fetchone()

    alone()
    listed, raw = in_turns(options.repetitions, lambda: get(path), alone)
    sides = {"api": listed.raw(), "json_agg": raw.raw(), "by_wall": listed.by_the_clock(raw)}
    return [
        Finding("API list of 1,000 results / raw json_agg", listed.over(raw), 2, raw=shape | sides),
        *found,
    ]


# What the register of projects is filtered by, each alone and all at once.
FILTERS = {
    "status": "status=active",
    "office": "office=BENCH-R1",
    "country": "country=AAA",
    "outcome": "outcome=1.1",
    "flagship": "flagship=BENCH-flagship",
    "theme": "theme=BENCH-inclusion",
    "COVID-19": "covid=yes",
    "a word": "q=Bare",
    "a word that none has": "q=nowhere",
}


def _filters(plan: StrategicPlan, get: Callable[[str], Any], options: Options) -> list[Finding]:
    """The first page of the register with each filter against the first page without any."""
    number = Project.objects.filter(plan=plan).counted().count()
    if number < 1_000:
        return []
    country = Project.countries.through.objects.filter(project__plan=plan).first()
    served = plan.outcomes.order_by("position", "code").first()
    named = {
        "country=AAA": f"country={country.country.iso3}" if country else "",
        "outcome=1.1": f"outcome={served.code}" if served else "",
    }
    path = f"/plans/{plan.code}/projects/"
    asked = {name: named.get(query, query) for name, query in FILTERS.items()}
    asked["all at once"] = "&".join(
        query for name, query in asked.items() if not name.startswith("a word")
    )
    get(path)
    found = []
    for name, query in asked.items():
        get(f"{path}?{query}")
        plain, some = in_turns(
            options.repetitions, partial(get, path), partial(get, f"{path}?{query}")
        )
        shape = {"projects": number, "filtered": some.raw(), "all": plain.raw()}
        found.append(
            Finding(f"register by {name} / whole register", some.over(plain), 5, raw=shape)
        )
    return found


def _projects(plan: StrategicPlan, get: Callable[[str], Any], options: Options) -> list[Finding]:
    """A page near the end of all projects against an early one of rows with as much on them.

    Projects with reporting lines come first and are dearer to show; the early page begins
    behind them.
    """
    keyset = Keyset(Project.objects.filter(plan=plan).counted().order_by("code"))
    number = keyset.rows.count()
    early = keyset.rows.filter(lines__isnull=False).distinct().count()
    if number < early + 1_000:
        options.say("bench api: too few projects for a deep page (bench gen --projects 100000).")
        return []
    deep = number - 500
    found = []
    for name, path, place in (
        ("page", f"/plans/{plan.code}/projects/", "?passed={passed}&after="),
        ("API", f"/api/v1/plans/{plan.code}/projects/", "?cursor="),
    ):
        first, last = (
            path + place.format(passed=at) + keyset.cursor(keyset.rows[at - 1]) if at else path
            for at in (early, deep)
        )
        get(first), get(last)
        soon, late = in_turns(options.repetitions, partial(get, first), partial(get, last))
        shape = {"projects": number, "from": deep, "deep": late.raw(), "first": soon.raw()}
        title = f"deep page / first page of all projects ({name})"
        found.append(Finding(title, late.over(soon), 1.5, raw=shape))
    return found
