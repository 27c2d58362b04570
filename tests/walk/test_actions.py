"""Every action, tried by everybody; and what each changes, told in the record of acts."""

from __future__ import annotations

import inspect
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from habitat_tracker.accounts import actions as accounts
from habitat_tracker.accounts.activity_words import FIELDS, RECORDS, VERBS
from habitat_tracker.accounts.changes import audited_fields
from habitat_tracker.accounts.models import ActivityEntry
from habitat_tracker.errors import DomainError
from outcomes import actions as outcomes
from plans import actions as plans
from projects import actions as projects
from tests.kept import projects_kept_otherwise
from tests.roles import ANONYMOUS, both, tried_by

from .actions import ACTIONS, BEFORE, NOT_TRIED
from .world import World

pytestmark = pytest.mark.django_db

MODULES = {"accounts": accounts, "plans": plans, "outcomes": outcomes, "projects": projects}
OURS = ("accounts", "plans", "outcomes", "projects", "reporting")


def public_actions() -> set[str]:
    """The functions that each app offers as its actions."""
    return {
        f"{app}.{name}"
        for app, module in MODULES.items()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and inspect.unwrap(function).__module__.startswith(module.__name__)
    }


def test_every_action_is_in_the_table() -> None:
    missing = public_actions() - ACTIONS.keys() - NOT_TRIED.keys()
    assert not missing, (
        f"Say in tests/walk/actions.py how to try {sorted(missing)} and who may, "
        "or in NOT_TRIED why it is not tried."
    )
    gone = (ACTIONS.keys() | NOT_TRIED.keys()) - public_actions()
    assert not gone, f"Take {sorted(gone)} out of tests/walk/actions.py."


def test_everybody_tries_every_action(world: World) -> None:
    wrong = []
    for name, (act, allowed) in ACTIONS.items():
        people = world.people
        if name in ("accounts.save_profile", "accounts.record_own_act"):
            people = {who: one for who, one in people.items() if who != ANONYMOUS}
        with transaction.atomic():
            BEFORE.get(name, lambda w: None)(world)
            found = tried_by(people, lambda by, act=act: act(world, by))
            transaction.set_rollback(True)
        if found != allowed:
            wrong.append((name, sorted(found - allowed), sorted(allowed - found)))
    assert not wrong, "\n".join(
        f"{name}: may and should not: {more}; may not and should: {less}"
        for name, more, less in wrong
    )


def test_verifying_in_one_step_asks_for_the_role_first(world: World) -> None:
    told = {}
    for who, by in world.people.items():
        with transaction.atomic(), pytest.raises(DomainError) as refused:
            projects.verify(rows=[world.pending], by=by)
        told[who] = (refused.value.status, refused.value.code)
    wanted = dict.fromkeys(world.people, (403, "not_allowed"))
    wanted |= dict.fromkeys(both("reviewer"), (409, "one_step_review"))
    assert told == wanted


def test_every_action_keeps_where_projects_belong(world: World) -> None:
    wrong = {}
    for name, (act, allowed) in ACTIONS.items():
        who = sorted(allowed - {ANONYMOUS})[0]
        with transaction.atomic():
            BEFORE.get(name, lambda w: None)(world)
            act(deepcopy(world), world.people[who])
            if codes := projects_kept_otherwise():
                wrong[name] = codes
            transaction.set_rollback(True)
    assert not wrong, "End each write of what ProjectRevision holds with keep_revision."


# --- What an act changes is told ------------------------------------------------------------

# Rows that tell no history of their own, each with the reason.
NOT_AUDITED = {
    "accounts.activityentry": "the record itself",
    "outcomes.measurement": "the ledger: who, when and why stand in it",
    "outcomes.postedthing": "part of the ledger",
    "outcomes.stalefigure": "the queue of the engine",
    "outcomes.leaf": "computed",
    "outcomes.figure": "computed",
    "outcomes.figurerun": "a run of the engine; who asked for it stands in it and in the record",
    "outcomes.figuredifference": "found by the engine",
    "outcomes.indicatorrevision": "the rules of an indicator once more, for figures as of then",
    "outcomes.countryrecord": "dated revisions: each is told as what it changed of the one before",
    "outcomes.contributorrevision": "told as changes of the contributor",
    "projects.importrun": "a sheet on its way: sending and deciding are told, by whom and when",
    "projects.importrow": "what a sheet says; the results that it becomes are told",
    "projects.storedfile": "the content; the evidence that it stands behind is told",
    "projects.transaction": "a ledger: who, when and why stand in it, and the project tells it",
    "projects.expectedincome": "a ledger: who, when and why stand in it, and the plan tells it",
    "projects.savedview": "a bookmark of one person",
    "projects.transactionfile": "kept for its sender; loading it is told by the projects",
    "projects.partnerrevision": "told as the kind of the partner",
    "projects.projectrevision": "told as fields and alignments of the project",
    "projects.agreementrevision": "told as office and days of the agreement",
    "projects.digest": "an e-mail that the schedule sent",
    "projects.reminder_to": "who was reminded: those who report for the project then",
    "projects.result_authors": "who typed: each act names them",
    "projects.projectdocument_authors": "who wrote: each act names them",
    "projects.note_authors": "who typed: each act names them",
}
# Rows that belong to another, under whose history they are told: the way there, and the word.
PARTS = {
    "accounts.officerole": ("user", "roles"),
    "plans.planrevision": ("plan", "end"),  # what the table changes of it
    "outcomes.baseline": ("indicator", "baseline"),
    "outcomes.milestone": ("indicator", "milestone"),
    "outcomes.target": ("indicator", "target"),
    "outcomes.indicatorframework": ("indicator", "frameworks"),
    "outcomes.statusoverride": ("indicator", "judged_status"),
    "outcomes.verificationmeans": ("indicator", "means_of_verification"),
    "outcomes.thingmerge": ("thing", "merged_into"),
    "outcomes.regionalstrategy_countries": ("regionalstrategy", "countries"),
    "outcomes.priorityoutcome": ("priority", "outcomes"),
    "projects.alignment": ("project", "alignments"),
    "projects.agreement_countries": ("agreement", "countries"),
    "projects.projecttheme": ("project", "themes"),
    "projects.budgetline": ("project", "budget"),
    "projects.story_results": ("story", "results"),
    "projects.innovationlab_projects": ("innovationlab", "projects"),
    "projects.corebudget": ("plan", "core_budget"),
    "projects.deferral": ("outcome", "deferral"),
    "projects.outcomeshare": ("project", "shares"),
    "projects.projectframework": ("project", "frameworks"),
    "projects.project_countries": ("project", "countries"),
    "projects.codeliverer": ("result", "co_delivery"),
    "projects.resultcell": ("result", "cells"),
    "projects.result_things": ("result", "things"),
    "projects.result_credits": ("result", "credits"),
    "projects.evidence": ("result", "evidence"),
    "projects.comment": ("result", "comment"),
    "projects.lateentry": ("project", "late_entry"),
    "projects.reminder": ("project", "reminder"),
}


def rows_of_the_apps() -> dict[str, dict[Any, models.Model]]:
    """Every row that has a history to tell, by model and key."""
    return {
        model._meta.label_lower: {row.pk: row for row in model._base_manager.all()}
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and model._meta.label_lower not in NOT_AUDITED
    }


def changed_fields(before: models.Model | None, after: models.Model | None) -> set[str]:
    """The audited fields that differ between two states of a row."""
    row = after or before
    assert row is not None
    empty = (None, "", [], {})
    return {
        one.name
        for one in audited_fields(type(row))
        if (was := getattr(before, one.attname, None)) != (now := getattr(after, one.attname, None))
        and not (was in empty and now in empty)
    }


def untold(
    before: dict[str, dict[Any, models.Model]],
    after: dict[str, dict[Any, models.Model]],
    last: int,
) -> list[str]:
    """What differs between two states of all rows and stands in no act after the last one."""
    told: dict[tuple[str, str], set[str]] = {}
    for act in ActivityEntry.objects.filter(pk__gt=last):
        heads = {name.partition(".")[0] for name in act.changes}
        told.setdefault((act.target_type, act.target_id), set()).update(heads)
    lacking = []
    for label in before:
        for key in before[label].keys() | after[label].keys():
            was, now = before[label].get(key), after[label].get(key)
            fields = changed_fields(was, now)
            row = now or was
            if not fields or row is None:
                continue
            if label in PARTS:
                way, word = PARTS[label]
                whole = getattr(row, way) or getattr(row, "note", None)
                target, wanted = (whole._meta.label_lower, str(whole.pk)), {word}
            else:
                target, wanted = (label, str(key)), fields
            if missing := wanted - told.get(target, set()):
                lacking.append(f"{label} {key}: {sorted(missing)}")
    return lacking


@pytest.mark.parametrize("name", ACTIONS)
def test_what_an_action_changes_is_told(name: str, world: World) -> None:
    act, allowed = ACTIONS[name]
    who = sorted(allowed - {ANONYMOUS})[0]
    BEFORE.get(name, lambda w: None)(world)
    before, last = rows_of_the_apps(), last_act()
    act(world, world.people[who])
    told = ActivityEntry.objects.filter(pk__gt=last)
    assert told.exists(), f"{name} records nothing: call record_activity in it."
    lacking = untold(before, rows_of_the_apps(), last)
    assert not lacking, f"{name} changes without telling it in `changes`: {lacking}"
    assert {one.verb for one in told} <= VERBS.keys(), "Add the verb to accounts/activity_words.py."
    assert {one.target_type for one in told} <= RECORDS.keys()


def last_act() -> int:
    """The key of the newest act."""
    return ActivityEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0


@pytest.fixture(scope="module")
def made(shared_rows: Path) -> World:
    return World()


@pytest.fixture
def world(made: World, db: None) -> World:
    return deepcopy(made)


def test_every_field_has_a_name_for_readers() -> None:
    fields = {
        one.name
        for model in apps.get_models()
        if model._meta.app_label in OURS
        and model._meta.label_lower not in NOT_AUDITED.keys() | PARTS.keys()
        for one in audited_fields(model)
    }
    fields |= {word for _way, word in PARTS.values()}
    assert not fields - FIELDS.keys(), "Add the words to FIELDS in accounts/activity_words.py."


def test_the_guard_sees_a_write_that_nobody_tells(world: World) -> None:
    before, last = rows_of_the_apps(), last_act()
    with transaction.atomic():
        type(world.project).objects.filter(pk=world.project.pk).update(status="closed")
        type(world.evidence).objects.filter(pk=world.evidence.pk).delete()
    lacking = untold(before, rows_of_the_apps(), last)
    assert any("projects.project " in one for one in lacking)
    assert any("projects.evidence " in one for one in lacking)
