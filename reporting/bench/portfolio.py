"""Writes projects and results to measure lists on: approved, with cells and things.

Results stand behind postings of the ledger as approved ones do: they are made from its rows,
and the rows get their names.
"""

from __future__ import annotations

from collections import defaultdict
from math import ceil
from typing import Any

from django.db import connection, transaction

from habitat_tracker.accounts.models import User
from outcomes.choices import Basis, Kind
from outcomes.models import Contributor, ContributorRevision, Outcome
from plans.choices import ThemeKind
from plans.models import StrategicPlan, Theme
from projects.choices import CovidMarker, ProjectKind, ProjectStatus, Rank, Status
from projects.models import Alignment, Project, ProjectIndicator

from .ledger_rows import MEAN_RUN, Dialect, analyze
from .world import END, MAILBOX, World

LINES_OF_A_PROJECT = 3


@transaction.atomic
def write_results(world: World, wanted: int) -> int:
    """Make about so many approved results, at most what the ledger holds; how many.

    Three reporting lines a project where there are enough projects, else more.
    """
    if not wanted:
        return 0
    lines = _lines(world, ceil(wanted / MEAN_RUN))
    people = dict(User.objects.filter(email__endswith=MAILBOX).values_list("email", "pk"))
    ids = {
        "plan": world.plan.pk,
        "reporter": people[f"reporter{MAILBOX}"],
        "reviewer": people[f"reviewer{MAILBOX}"],
        "lines": ", ".join(str(line.pk) for line in lines) or "NULL",
    }
    analyze("projects_projectindicator")
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS.format(**ids))
        written = int(cursor.rowcount)
        analyze("projects_result")
        for statement in (_CELLS, _THINGS, _AUTHORS, _NAMES):
            cursor.execute(statement.format(**ids))
    return written


def _lines(world: World, wanted: int) -> list[ProjectIndicator]:
    """Projects, what they serve, and so many of their lines, for contributors of the ledger."""
    sources = Contributor.objects.filter(plan=world.plan).values("source").distinct().count()
    each = max(LINES_OF_A_PROJECT, -(-wanted // max(sources, 1)))
    numbers = {indicator.pk: number for number, indicator in enumerate(world.indicators)}
    by_source: dict[str, list[Contributor]] = defaultdict(list)
    found = 0
    for contributor in Contributor.objects.filter(plan=world.plan).order_by("pk").iterator():
        if found == wanted:
            break
        taken = by_source[contributor.source]
        turn = int(contributor.source.partition(":")[2])
        position = (numbers[contributor.indicator_id] + turn) % len(numbers)
        if position * each % len(numbers) < each:
            taken.append(contributor)
            found += 1
    homes = {
        home.contributor_id: home
        for home in ContributorRevision.objects.at().filter(
            contributor__in=[one for listed in by_source.values() for one in listed]
        )
    }
    outcomes = {one.pk: one.outcome for one in world.indicators if one.outcome}
    lines: list[ProjectIndicator] = []
    for source, contributors in by_source.items():
        if not contributors:
            continue
        home = homes[contributors[0].pk]
        project = Project.objects.create(
            plan=world.plan,
            code=f"BENCH-{source.partition(':')[2]}",
            title={"en": f"Project {source}"},
            office_id=home.office_id,
            start=home.expected_from,
            end=home.expected_to or END,
        )
        if home.country_id:
            project.countries.add(home.country_id)
        Alignment.objects.create(
            project=project,
            outcome=outcomes[contributors[0].indicator_id],
            rank=Rank.PRIMARY,
        )
        lines += ProjectIndicator.objects.bulk_create(
            ProjectIndicator(
                project=project,
                indicator_id=one.indicator_id,
                country_id=homes[one.pk].country_id,
                expected_from=homes[one.pk].expected_from,
                expected_to=homes[one.pk].expected_to,
                contributor=one,
                position=position,
            )
            for position, one in enumerate(contributors)
        )
    with connection.cursor() as cursor:
        cursor.execute(_REVISIONS.format(plan=world.plan.pk))
    return lines


def write_bare_projects(world: World, wanted: int) -> int:
    """Make so many projects without reporting lines, evenly over what the register filters by.

    A regional office, a country, a primary outcome, a driver, a marker, a status, an answer on
    COVID-19; every fifth belongs to a flagship.
    """
    if not wanted:
        return 0
    dialect = Dialect.here()
    title = dialect.text.format(text="""'{{"en": "Bare project ' || n || '"}}'""")
    nothing = dialect.text.format(text="'{{}}'")
    offices = " ".join(f"WHEN {n} THEN {one.pk}" for n, one in enumerate(world.regions))
    code = "'BENCH-BARE-' || CASE " + " ".join(
        f"WHEN n < {10**digits} THEN '{'0' * (8 - digits)}'" for digits in range(1, 8)
    )
    themes = {kind: _theme(world.plan, kind).pk for kind in ABOUT}
    status = _in_turn("n", [one.value for one in ProjectStatus])
    covid = _in_turn("n / 3", [one.value for one in CovidMarker])
    statement = f"""INSERT INTO projects_project
        (plan_id, code, title, summary, kind, status, office_id, created_at, version, covid,
         replication_text, innovation_text, taken_over_reason, flagship_id)
        {dialect.numbers(wanted)}
        SELECT {world.plan.pk}, {code} ELSE '' END || n, {title}, {nothing},
            '{ProjectKind.PROJECT.value}', {status},
            CASE n % {len(world.regions)} {offices} END, CURRENT_TIMESTAMP, 1, {covid}, '', '', '',
            CASE WHEN n % 5 = 0 THEN {themes[ThemeKind.FLAGSHIP]} END
        FROM numbers""".replace("{{", "{").replace("}}", "}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        made = int(cursor.rowcount)
        outcomes = list(Outcome.objects.filter(plan=world.plan).values_list("pk", flat=True))
        countries = [country.pk for _office, country in world.leaves if country]
        bare = f"projects_project WHERE plan_id = {world.plan.pk} AND code LIKE 'BENCH-BARE-%%'"
        for written in (
            f"""INSERT INTO projects_alignment (project_id, outcome_id, rank, justification)
                SELECT id, {_in_turn("id", outcomes)}, '{Rank.PRIMARY.value}', '' FROM {bare}""",
            f"""INSERT INTO projects_project_countries (project_id, country_id)
                SELECT id, {_in_turn("id", countries)} FROM {bare}""",
            *(
                f"""INSERT INTO projects_projecttheme (project_id, theme_id, marker, reason)
                SELECT id, {themes[kind]}, {marker}, '' FROM {bare}"""
                for kind, marker in ABOUT.items()
                if kind != ThemeKind.FLAGSHIP
            ),
            _REVISIONS.format(plan=world.plan.pk),
        ):
            cursor.execute(written)
    return made


# What bare projects are about: a driver that each names, a marker of 0, 1 or 2, a flagship.
ABOUT = {ThemeKind.FLAGSHIP: "", ThemeKind.DRIVER: "NULL", ThemeKind.INCLUSION: "id % 3"}


def _theme(plan: StrategicPlan, kind: ThemeKind) -> Theme:
    code = f"BENCH-{kind.value}"
    made, _new = Theme.objects.get_or_create(
        plan=plan, kind=kind, code=code, defaults={"name": {"en": code}}
    )
    return made


def _in_turn(number: str, values: list[Any]) -> str:
    """SQL that gives each of some values in turn."""
    cases = " ".join(
        f"WHEN {at} THEN {value!r}" if isinstance(value, str) else f"WHEN {at} THEN {value}"
        for at, value in enumerate(values)
    )
    return f"CASE ({number}) % {len(values)} {cases} END"


# Where projects belong and stand, as their own writes keep it.
_REVISIONS = f"""
    INSERT INTO projects_projectrevision
        (project_id, office_id, flagship_id, outcome_id, status, recorded_at, reason)
    SELECT p.id, p.office_id, p.flagship_id, a.outcome_id, p.status, p.created_at, ''
    FROM projects_project p LEFT JOIN projects_alignment a
        ON a.project_id = p.id AND a.rank = '{Rank.PRIMARY.value}'
    WHERE p.plan_id = {{plan}} AND NOT EXISTS
        (SELECT 1 FROM projects_projectrevision r WHERE r.project_id = p.id)"""

_POSTED = f"""
    FROM outcomes_measurement m
    JOIN projects_projectindicator l ON l.contributor_id = m.contributor_id
    JOIN plans_reportingperiod p ON p.plan_id = m.plan_id AND p.number = m.period
    WHERE m.plan_id = {{plan}} AND m.basis = {Basis.OFFICIAL.value} AND m.withdrawn_at IS NULL
      AND m.recorded_on_id = m.indicator_id AND l.id IN ({{lines}})"""
_VALUE = "CASE WHEN m.denominator IS NULL THEN m.numerator END"
_NUMERATOR = "CASE WHEN m.denominator IS NOT NULL THEN m.numerator END"

_RESULTS = f"""
    INSERT INTO projects_result (
        line_id, period_id, revision, status, version, state, value, numerator, denominator,
        unnamed, rating_id, qualifier, narrative, review_comment, correction_reason,
        entered_by_id, entered_at,
        changed_by_id, changed_at, submitted_by_id, submitted_at, approved_by_id, approved_at)
    SELECT l.id, p.id, 1, '{Status.APPROVED.value}', 3, m.state, {_VALUE}, {_NUMERATOR},
        m.denominator,
        CASE WHEN m.state = 'reported' AND
            (SELECT kind FROM outcomes_indicator i WHERE i.id = m.indicator_id)
                = '{Kind.DISTINCT.value}' THEN m.unnamed END,
        (SELECT r.id FROM outcomes_ratinglevel r
         WHERE r.indicator_id = m.indicator_id AND r.code = m.rating),
        m.qualifier, 'As reported for the period.', '', '', {{reporter}}, m.posted_at,
        {{reviewer}}, m.posted_at, {{reporter}}, m.posted_at, {{reviewer}}, m.posted_at
    {_POSTED} AND m.cell = ''"""

_RESULT = "JOIN projects_result s ON s.line_id = l.id AND s.period_id = p.id\n    WHERE"
_CELLS = f"""
    INSERT INTO projects_resultcell (result_id, category_id, value, numerator, denominator)
    SELECT s.id, c.id, {_VALUE}, {_NUMERATOR}, m.denominator
    {
    _POSTED.replace(
        "WHERE",
        "JOIN outcomes_category c ON c.indicator_id = m.indicator_id"
        " AND c.code = m.cell " + _RESULT,
    )
}"""
_THINGS = f"""
    INSERT INTO projects_result_things (result_id, thing_id)
    SELECT s.id, t.thing_id
    {
    _POSTED.replace(
        "WHERE",
        "JOIN outcomes_postedthing t ON t.plan_id = m.plan_id"
        " AND t.measurement_id = m.id " + _RESULT,
    )
} AND m.cell = ''"""
_AUTHORS = """
    INSERT INTO projects_result_authors (result_id, user_id)
    SELECT s.id, {reporter} FROM projects_result s WHERE s.line_id IN ({lines})"""
# Both bases of a posting are of the one result, as after an approval.
_NAMES = """
    UPDATE outcomes_measurement SET source = (
        SELECT 'result:' || s.id FROM projects_result s
        JOIN projects_projectindicator l ON l.id = s.line_id
        JOIN plans_reportingperiod p ON p.id = s.period_id
        WHERE l.contributor_id = outcomes_measurement.contributor_id
          AND p.number = outcomes_measurement.period)
    WHERE plan_id = {plan} AND contributor_id IN (
        SELECT contributor_id FROM projects_projectindicator WHERE id IN ({lines}))"""
