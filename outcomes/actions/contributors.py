"""Who should report what, where and when; and things that turn out to be one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import difference
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError
from outcomes import scopes
from outcomes.choices import REGISTERED_KINDS
from outcomes.models import (
    Contributor,
    ContributorRevision,
    Indicator,
    Measurement,
    PostedThing,
    StaleFigure,
    Thing,
    ThingMerge,
)
from plans.models import ReportingPeriod, StrategicPlan

from .ledger import mark_indicators_stale, move_postings, wake_up


@transaction.atomic
def set_contributor(
    *,
    indicator: Indicator,
    source: str,
    place: str,
    office: Office,
    country: Country | None,
    expected_from: date | None,
    expected_to: date | None,
    by: User | None,
    reason: str = "",
) -> Contributor:
    """Say who reports an indicator for a place, where it counts and when it is expected.

    A change supersedes the revision; a move to another office or country takes its postings
    along; what is the same changes nothing.
    """
    contributor, made = Contributor.objects.get_or_create(
        plan=indicator.plan, indicator=indicator, source=source, place=place
    )
    contributor = Contributor.objects.select_for_update().get(pk=contributor.pk)
    current = ContributorRevision.objects.at().filter(contributor=contributor).first()
    wanted = (office.pk, country.pk if country else None, expected_from, expected_to)
    if current and wanted == (
        current.office_id,
        current.country_id,
        current.expected_from,
        current.expected_to,
    ):
        return contributor
    now = database_now()
    if current:
        current.superseded_at, current.superseded_by = now, by
        current.save(update_fields=["superseded_at", "superseded_by"])
    revision = ContributorRevision.objects.create(
        contributor=contributor,
        plan=indicator.plan,
        indicator=indicator,
        office=office,
        country=country,
        expected_from=expected_from,
        expected_to=expected_to,
        recorded_at=now,
        recorded_by=by,
        reason=reason,
    )
    if current and (current.office_id, current.country_id) != wanted[:2]:
        move_postings(contributor=contributor, home=revision, by=by, reason=reason)
    changes = difference(current, revision)
    for name in ("contributor", "plan", "indicator", "reason"):
        changes.pop(name, None)
    if made:
        changes |= difference(None, contributor)
    record_activity(
        by=by,
        verb="set contributor",
        targets=[contributor],
        reason=reason,
        office=office,
        changes=changes,
    )
    _mark_coverage_stale(contributor, current, revision)
    return contributor


def _mark_coverage_stale(
    contributor: Contributor, before: ContributorRevision | None, now: ContributorRevision
) -> None:
    """Who is expected changed: the coverage of the old and the new leaf, where they differ."""
    indicator = contributor.indicator
    periods = list(ReportingPeriod.objects.filter(plan=contributor.plan_id))
    was, is_now = (_expected_in(home, periods) for home in (before, now))
    keys = {scopes.of_leaf(now.office_id, now.country_id): is_now}
    if before:
        left = scopes.of_leaf(before.office_id, before.country_id)
        keys[left] = keys.get(left, set()) ^ was
    StaleFigure.objects.bulk_create(
        StaleFigure(
            plan_id=contributor.plan_id,
            indicator_id=indicator_id,
            leaf=leaf,
            first_period=min(differing),
            last_period=max(differing),
        )
        for leaf, differing in keys.items()
        if differing
        for indicator_id in (indicator.pk, indicator.feeds_id)
        if indicator_id is not None
    )
    wake_up()


def _expected_in(home: ContributorRevision | None, periods: Iterable[ReportingPeriod]) -> set[int]:
    """The periods that share a day with the dates of a contributor, by number."""
    if home is None or home.expected_from is None:
        return set()
    return {
        period.number
        for period in periods
        if home.expected_from <= period.end
        and (home.expected_to is None or home.expected_to >= period.start)
    }


def get_thing(
    *,
    plan: StrategicPlan,
    kind: str,
    key: str,
    name: dict[str, str] | None = None,
    country: Country | None = None,
    by: User | None = None,
) -> Thing:
    """The thing of a kind and key in a plan, made where it is new."""
    thing, made = Thing.objects.get_or_create(
        plan=plan, kind=kind, key=key, defaults={"name": name or {"en": key}, "country": country}
    )
    if made:
        record_activity(by=by, verb="added", targets=[thing], changes=difference(None, thing))
    return thing


@transaction.atomic
def merge_things(
    *, thing: Thing, into: Thing, by: User | None, reason: str = "", by_register: bool = False
) -> None:
    """Say that a thing is another one: from now on both count once.

    Merged things point straight to the one that counts, also those merged earlier. Raises
    `things_not_comparable`, `already_merged`, and `merged_in_register` for what a register keeps:
    partners are merged by `merge_partners`, which alone says `by_register`.
    """
    if thing.kind in REGISTERED_KINDS and not by_register:
        raise DomainError(
            _("Partners are merged in the register of partners, so that their agreements follow."),
            "merged_in_register",
        )
    if thing.plan_id != into.plan_id or thing.kind != into.kind:
        raise DomainError(
            _("Only things of the same kind in the same plan can be one."), "things_not_comparable"
        )
    list(Thing.objects.select_for_update().filter(pk__in=[thing.pk, into.pk]).order_by("pk"))
    current = {
        row.thing_id: row
        for row in ThingMerge.objects.at().filter(thing__plan=thing.plan).select_related("root")
    }
    root_id = current[into.pk].root_id if into.pk in current else into.pk
    if root_id == thing.pk:
        raise DomainError(_("The other thing is already counted as this one."), "already_merged")
    now = database_now()
    moved = [thing.pk] + [row.thing_id for row in current.values() if row.root_id == thing.pk]
    ThingMerge.objects.at().filter(thing__in=moved).update(superseded_at=now, superseded_by=by)
    ThingMerge.objects.bulk_create(
        ThingMerge(thing_id=pk, root_id=root_id, recorded_at=now, recorded_by=by, reason=reason)
        for pk in moved
    )
    names = {row.pk: row for row in Thing.objects.filter(pk__in=[*moved, root_id])}
    names.update({row.root_id: row.root for row in current.values() if row.thing_id in moved})
    record_activity(
        by=by,
        verb="merged",
        targets=[names[pk] for pk in moved],
        reason=reason,
        changes={
            names[pk]: {
                "merged_into": [
                    str(current[pk].root) if pk in current else None,
                    str(names[root_id]),
                ]
            }
            for pk in moved
        },
        into=str(into),
    )
    listed = PostedThing.objects.filter(plan=thing.plan, thing__in=[*moved, root_id])
    mark_indicators_stale(
        thing.plan,
        Measurement.objects.live()
        .filter(plan=thing.plan, id__in=listed.values("measurement_id"))
        .values_list("indicator_id", flat=True)
        .distinct(),
    )
