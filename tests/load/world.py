"""The plan, the projects and the people of a load run, and what became of their saves."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLAN = "LOAD"
# Every so many people the last one works on the project of the one before.
SHARED = 8


def make(people: int) -> list[dict[str, Any]]:
    """A plan with four open quarters, people, and a project for each but every eighth of them.

    The eighth works on the project of the seventh. A project reports 4 indicators for 3 places.
    Returns, for each person, the session to come
    with and the cells to fill; signing in is left out, since hashing 200 passwords is no part of
    saving cells.
    """
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from habitat_tracker.accounts.choices import Role
    from outcomes.choices import OverTime
    from tests import factories

    plan = factories.plan(PLAN)
    outcome = factories.outcome(plan)
    headline = factories.indicator(plan, "H", is_headline=True)
    indicators = [
        factories.indicator(outcome, "A", categories={"sex": ["women", "men"]}, feeds=headline),
        factories.indicator(outcome, "B", feeds=headline),
        factories.indicator(outcome, "C", over_time=OverTime.LATEST),
        factories.indicator(outcome, "D", kind="percentage"),
    ]
    office = factories.office("ROAF")
    countries = [
        factories.country(iso3, name, office)
        for iso3, name in (("KEN", "Kenya"), ("UGA", "Uganda"), ("TZA", "Tanzania"))
    ]
    found: list[dict[str, Any]] = []
    for number in range(people):
        if number % SHARED == SHARED - 1:
            shared = found[-1]
            where = {name: shared[name] for name in ("project", "lines")}
        else:
            project = factories.project(plan, f"P{number:03}", office, serves=outcome)
            project.countries.set(countries)
            lines = [
                {"id": factories.line(project, indicator, country).pk, "kind": indicator.kind}
                for indicator in indicators
                for country in countries
            ]
            where = {"project": project.code, "lines": lines}
        user = factories.user(f"Person {number:03}", Role.REPORTER, office)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        found.append(
            {
                "user": user.pk,
                "session": session.session_key,
                "periods": [label for label, _first, _last in factories.QUARTERS],
                **where,
            }
        )
    return found


@dataclass
class Outcome:
    """What became of the saves: what people were told, and what the database holds."""

    told: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differences: int = 0
    cells: int = 0

    @property
    def is_right(self) -> bool:
        """Nothing lost, nothing doubled, every figure as computed anew."""
        return not (self.lost or self.doubled or self.differences)


def compare(log: Path) -> Outcome:
    """Hold what people were told against results, history, ledger and figures.

    Lost: a save that was confirmed and that neither stands nor was followed by a later version.
    Doubled: a version that two people were told is theirs, two open revisions of a cell, or an
    act in the history for which nobody typed anything.
    """
    from habitat_tracker.accounts.models import ActivityEntry
    from outcomes.rollup.queue import drain
    from outcomes.rollup.verify import verify
    from plans.models import StrategicPlan
    from projects.choices import OPEN
    from projects.models import Result

    outcome = Outcome()
    saved: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    tried: dict[tuple[int, str], set[str]] = defaultdict(set)
    for text in log.read_text().splitlines():
        one = json.loads(text)
        outcome.told[one["told"]] += 1
        cell = (one["line"], one["period"]) if "line" in one else None
        if cell is None:
            continue
        tried[cell].add(one["value"])
        if one["told"] == "saved":
            if one["version"] in saved[cell]:
                outcome.doubled.append(f"{cell}: version {one['version']} was confirmed twice")
            saved[cell][one["version"]] = one["value"]
    outcome.cells = len(saved)
    results: dict[tuple[int, str], Result] = {}
    for result in Result.objects.filter(line__project__plan__code=PLAN, status__in=OPEN):
        cell = (result.line_id, result.period.label)
        if cell in results:
            outcome.doubled.append(f"{cell}: two open revisions")
        results[cell] = result
    acts: Counter[str] = Counter(
        ActivityEntry.objects.filter(
            target_type="projects.result", verb__in=("entered", "changed")
        ).values_list("target_id", flat=True)
    )
    for cell, versions in saved.items():
        stored = results.get(cell)
        last = max(versions)
        if stored is None:
            outcome.lost.append(f"{cell}: nothing is stored")
            continue
        # a submission is a version too; so is a save whose answer never came
        value = stored.value if stored.value is not None else stored.numerator
        if value is None or f"{value.normalize():f}" not in (
            {versions[last]} | (tried[cell] - set(versions.values()))
        ):
            outcome.lost.append(f"{cell}: {versions[last]} was confirmed last, {value} is stored")
        unanswered = len(tried[cell]) - len(set(versions.values()))
        if not len(versions) <= acts[str(stored.pk)] <= len(versions) + unanswered:
            outcome.doubled.append(
                f"{cell}: {len(versions)} saves confirmed, {acts[str(stored.pk)]} in the history"
            )
    plan = StrategicPlan.objects.get(code=PLAN)
    drain(plan.pk)
    outcome.differences = sum(1 for _ in verify(plan))
    return outcome
