"""The register of partners: each organization once in a plan, whoever works with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference, snapshot
from habitat_tracker.accounts.models import Country, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import InvalidInput, NotAllowed, Problem, VersionConflict
from outcomes.actions import get_thing, merge_things
from outcomes.models import Thing, ThingMerge
from plans.models import StrategicPlan
from projects.choices import PartnerKind
from projects.models import Partner, PartnerRevision
from projects.partners import (
    THING_KIND,
    counts_as,
    preview_merge,
    refuse_merged,
    similar_partners,
)
from projects.permissions import can_add_partner, can_change_partner
from projects.spelling import normalised

from .evidence import checked_link

LONGEST_NAME = 200
LONGEST_KEY = 120


@dataclass(frozen=True)
class PartnerInput:
    """What somebody entered of a partner, as they wrote it."""

    name: str
    kind: str
    country: Country | None = None
    website: str = ""


@transaction.atomic
def save_partner(
    *,
    plan: StrategicPlan,
    entered: PartnerInput,
    by: User | None,
    partner: Partner | None = None,
    version: int | None = None,
    confirm_similar: bool = False,
    reason: str = "",
) -> Partner:
    """Add a partner to a plan, or change one; a new name changes nothing of what is counted.

    `by` empty is the system itself (loading files). Raises `not_allowed`, `version_conflict`,
    `already_merged`, and with every field's problem `missing_name`, `too_long`, `unknown_kind`,
    `not_a_link`, `partner_exists` (one of this name is there), and `similar_partner` (one of
    nearly this name) unless `confirm_similar` says that both are partners.
    """
    if by is not None and not (can_change_partner(by) if partner else can_add_partner(by)):
        raise NotAllowed(
            _("Only a manager of an office may change partners.")
            if partner
            else _("Only reporters and managers of an office may add partners.")
        )
    # One after the other, so that no two add the same at once.
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    held = held_partner(partner, version) if partner else None
    values = _checked(plan, entered, held, confirm_similar)
    row = held or Partner(plan=plan, entered_by=by, version=0)
    earlier = snapshot([held])
    kind_before, name_before = row.kind, row.name
    for field, value in values.items():
        setattr(row, field, value)
    if held is None:
        row.thing = _thing(plan, row, by)
    elif not earlier.told([row])[row]:
        return row
    row.version += 1
    row.changed_at, row.changed_by = timezone.now(), by
    row.save()
    if row.kind != kind_before:
        _keep_kind(row, by, reason)
    record_activity(
        by=by,
        verb="changed" if held else "added",
        targets=[row],
        reason=reason,
        changes=earlier.told([row]),
    )
    if held is not None and row.name != name_before:
        _rename_thing(row, name_before, by)
    return row


@transaction.atomic
def merge_partners(
    *,
    partner: Partner,
    into: Partner,
    by: User | None,
    reason: str,
    version: int | None = None,
    preview: str | None = None,
) -> Partner:
    """Say that a partner is another one: from now on both, with all they have, count as one.

    Neither loses its history, and as of an earlier moment they still count as two. `preview` is
    the key of what was shown before (`preview_merge`); where that has changed since, nothing is
    merged. Gives the partner that counts. Raises `not_allowed`, `missing_reason`, `same_partner`,
    `already_merged` and `version_conflict`; a partner of another plan is an `unknown_partner`.
    """
    if by is not None and not can_change_partner(by):
        raise NotAllowed(_("Only a manager of an office may change partners."))
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=partner.plan_id)
    problems = []
    if not reason.strip():
        text = _("Say how you know that they are one.")
        problems.append(Problem("reason", "missing_reason", text))
    if into.plan_id != partner.plan_id:
        text = _("There is no such partner in this plan.")
        problems.append(Problem("into", "unknown_partner", text))
    if problems:
        raise InvalidInput(problems)
    row = held_partner(partner, version)
    root = counts_as(row, into)
    if preview is not None and preview != preview_merge(row, root).key:
        raise VersionConflict(
            _("What would be counted has changed meanwhile; look at it again and confirm it.")
        )
    moved = [row, *Partner.objects.select_for_update().filter(merged_into=row).order_by("pk")]
    names_before = _spellings(root)
    earlier = snapshot(moved)
    for one in moved:
        one.merged_into = root
        one.version += 1
        one.changed_at, one.changed_by = timezone.now(), by
        one.save(update_fields=["merged_into", "version", "changed_at", "changed_by"])
    record_activity(
        by=by,
        verb="merged",
        targets=moved,
        reason=reason.strip(),
        changes=earlier.told(moved),
        into=str(root),
    )
    record_activity(
        by=by,
        verb="took in",
        targets=[root],
        reason=reason.strip(),
        changes={"spellings": [names_before or None, _spellings(root)]},
    )
    merge_things(thing=row.thing, into=root.thing, by=by, reason=reason.strip(), by_register=True)
    return root


def _spellings(partner: Partner) -> list[str]:
    """The other names that count as a partner."""
    return list(partner.spellings.order_by("key", "pk").values_list("name", flat=True))


def held_partner(partner: Partner, version: int | None) -> Partner:
    """A partner as it is now, locked; refused where it was merged or changed meanwhile."""
    held: Partner = (
        Partner.objects.select_for_update(of=("self",))
        .select_related("plan", "thing", "country", "changed_by", "merged_into")
        .get(pk=partner.pk)
    )
    refuse_merged(held)
    if version is not None and version != held.version:
        raise VersionConflict(
            _("%(who)s changed this partner meanwhile; look at it again.")
            % {"who": held.changed_by or _("Somebody")}
        )
    return held


def _checked(
    plan: StrategicPlan, entered: PartnerInput, held: Partner | None, confirm_similar: bool
) -> dict[str, Any]:
    """The fields as they are stored; every problem is told at once."""
    problems: list[Problem] = []
    name, website = " ".join(entered.name.split()), entered.website.strip()
    key = normalised(name)
    if not key:
        problems.append(Problem("name", "missing_name", _("Give the partner's name.")))
    elif len(name) > LONGEST_NAME or len(key) > LONGEST_NAME:
        text = _("A name has %(most)s characters at most.") % {"most": LONGEST_NAME}
        problems.append(Problem("name", "too_long", text))
    elif held is None or held.key != key:
        problems += _told_apart(plan, name, held, confirm_similar)
    if entered.kind not in PartnerKind.values:
        text = _("There is no such kind of partner.") if entered.kind else _("Choose the kind.")
        problems.append(Problem("kind", "unknown_kind", text))
    if website:
        try:
            website = checked_link(website, "website")
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return {
        "name": name,
        "key": key,
        "kind": entered.kind,
        "country": entered.country,
        "website": website,
    }


def _told_apart(
    plan: StrategicPlan, name: str, held: Partner | None, confirm_similar: bool
) -> list[Problem]:
    """A partner is registered once: what speaks against a name, naming the other partner."""
    same = Partner.objects.counting().filter(plan=plan, key=normalised(name))
    if held is not None:
        same = same.exclude(pk=held.pk)
    if found := same.first():
        text = _(
            "“%(name)s” is registered already. If yours is another one, say in its name what tells "
            "them apart, such as the country."
        ) % {"name": found}
        return [Problem("name", "partner_exists", text)]
    if confirm_similar or not (similar := similar_partners(plan, name, held)):
        return []
    text = _(
        "Nearly the same name is registered already: %(names)s. Use that one, or say that yours is "
        "another."
    ) % {"names": "; ".join(f"“{one}”" for one in similar)}
    return [Problem("name", "similar_partner", text)]


def _thing(plan: StrategicPlan, partner: Partner, by: User | None) -> Thing:
    """What a new partner is counted as; one that results name already, if no partner is it."""
    key = partner.key
    if len(key) > LONGEST_KEY:
        key = f"{key[:100]}… {hashlib.sha256(key.encode()).hexdigest()[:16]}"
    begins = {"thing__plan": plan, "thing__kind": THING_KIND, "thing__key__startswith": key[:110]}
    taken = {
        *Partner.objects.filter(**begins).values_list("thing__key", flat=True),
        *ThingMerge.objects.at().filter(**begins).values_list("thing__key", flat=True),
    }
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key[:110]} {number}"
    return get_thing(
        plan=plan,
        kind=THING_KIND,
        key=free,
        name={"en": partner.name},
        country=partner.country,
        by=by,
    )


def _keep_kind(partner: Partner, by: User | None, reason: str) -> None:
    """From now on it counts as of this kind; what was counted before stays."""
    now = database_now()
    PartnerRevision.objects.at().filter(partner=partner).update(superseded_at=now, superseded_by=by)
    PartnerRevision.objects.create(
        partner=partner, kind=partner.kind, recorded_at=now, recorded_by=by, reason=reason
    )


def _rename_thing(partner: Partner, before: str, by: User | None) -> None:
    """What results list is called as the partner is, unless it has a name of its own."""
    thing = partner.thing
    if thing.name.get("en") == before:
        earlier = Thing(pk=thing.pk, plan_id=thing.plan_id, kind=thing.kind, key=thing.key)
        earlier.name, earlier.country_id = dict(thing.name), thing.country_id
        thing.name = {**thing.name, "en": partner.name}
        thing.save(update_fields=["name"])
        record_activity(by=by, verb="changed", targets=[thing], changes=difference(earlier, thing))
