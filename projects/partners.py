"""Partners: which names are nearly the same, and how many there are with agreements signed.

A partner is counted once, whatever the number of its agreements and of the names that turned
out to be it, as what it counted as at a moment: merges, kinds and days of signature are dated.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Office, User
from habitat_tracker.errors import DomainError
from outcomes.models import ThingMerge
from plans.models import PlanRevision, StrategicPlan

from .choices import REVIEWED_KINDS, PartnerKind
from .models import Agreement, AgreementRevision, Partner, PartnerContribution, PartnerRevision
from .spelling import nearest, normalised

# What a partner is counted as, among the things of a plan.
THING_KIND = "partner"


def similar_partners(
    plan: StrategicPlan, name: str, but: Partner | None = None, most: int = 5
) -> list[Partner]:
    """Partners whose names are nearly this one, the nearest first; two queries.

    Each is there once, as what it counts as.
    """
    names = Partner.objects.filter(plan=plan).order_by("key", "pk")
    named = [
        (key, root or pk)
        for pk, key, root in names.values_list("pk", "key", "merged_into")
        if but is None or but.pk not in (pk, root)
    ]
    found = list(dict.fromkeys(nearest(normalised(name), named)))[:most]
    rows = Partner.objects.select_related("country").in_bulk(found)
    return [rows[pk] for pk in found]


@dataclass(frozen=True)
class KindCount:
    """How many partners of a kind have an agreement signed; None where none is registered."""

    kind: PartnerKind
    partners: int | None

    @property
    def label(self) -> str:
        """The kind in words."""
        return str(self.kind.label)


@dataclass(frozen=True)
class PartnerCount:
    """Partners with agreements signed within a window, by kind; totals are sums of the kinds.

    Where the plan has no agreement at all nothing is known, which differs from 0.
    """

    start: date
    end: date
    reviewed: tuple[KindCount, ...]
    others: tuple[KindCount, ...]

    @property
    def total(self) -> int | None:
        """Partners of the kinds that the review counts."""
        return _sum(self.reviewed)

    @property
    def total_of_all(self) -> int | None:
        """Partners of all kinds."""
        return _sum((*self.reviewed, *self.others))


def _sum(kinds: Iterable[KindCount]) -> int | None:
    known = [one.partners for one in kinds if one.partners is not None]
    return sum(known) if known else None


def count_partners(
    plan: StrategicPlan,
    start: date,
    end: date,
    moment: datetime | None = None,
    supposing: tuple[Partner, Partner] | None = None,
) -> PartnerCount:
    """Partners with an agreement signed from one day to another, as known at a moment or now.

    Both days belong to the window. `supposing` says what it would be if the first of two partners
    counted as the second. Three queries.
    """
    roots = _counted_as(plan, moment)
    if supposing:
        thing, root = (one.thing_id for one in supposing)
        roots = {one: root if of == thing else of for one, of in roots.items()} | {thing: root}
    kinds = _kinds(plan, moment)
    inside = ExpressionWrapper(Q(signed__gte=start, signed__lte=end), BooleanField())
    signed = list(
        AgreementRevision.objects.at(moment)
        .filter(agreement__partner__plan=plan)
        .annotate(inside=inside)
        .order_by()
        .values_list("agreement__partner__thing_id", "inside")
        .distinct()
    )
    counted = {roots.get(thing, thing): kinds[thing] for thing, inside in signed if inside}
    tally = Counter(kinds.get(root, own) for root, own in counted.items())
    numbers = {kind: tally[kind] if signed else None for kind in PartnerKind.values}
    return PartnerCount(
        start,
        end,
        tuple(KindCount(kind, numbers[kind]) for kind in REVIEWED_KINDS),
        tuple(KindCount(kind, numbers[kind]) for kind in PartnerKind if kind not in REVIEWED_KINDS),
    )


def partners_in_force(
    plan: StrategicPlan,
    offices: Iterable[Office],
    user: User,
    day: date,
    moment: datetime | None = None,
) -> dict[int, Counter[str]]:
    """By office (with all below it) and kind: the partners with an agreement in force on a day.

    As known at a moment or now. A partner counts once in an office, whatever the number of its
    agreements and names; three queries.
    """
    asked = list(offices)
    roots, kinds = _counted_as(plan, moment), _kinds(plan, moment)
    rows = (
        AgreementRevision.objects.at(moment)
        .in_force(day)
        .filter(
            agreement__in=Agreement.objects.visible_to(user).of_plan(plan),
            office__in=Office.objects.below(asked),
        )
        .order_by()
        .values_list("office__path", "agreement__partner__thing_id")
        .distinct()
    )
    held: dict[int, dict[int, str]] = {office.pk: {} for office in asked}
    for path, thing in rows:
        root = roots.get(thing, thing)
        for office in asked:
            if path.startswith(office.path):
                held[office.pk][root] = kinds.get(root, kinds[thing])
    return {pk: Counter(found.values()) for pk, found in held.items()}


def usual_window(dates: PlanRevision) -> tuple[date, date]:
    """From the first day of the plan to today, or its last day."""
    today = timezone.localdate()
    return dates.start, max(min(dates.end, today), dates.start)


def _kinds(plan: StrategicPlan, moment: datetime | None) -> dict[int, str]:
    """The kinds of partners at a moment, by their things."""
    rows = PartnerRevision.objects.at(moment).filter(partner__plan=plan)
    return dict(rows.values_list("partner__thing_id", "kind"))


def _counted_as(plan: StrategicPlan, moment: datetime | None) -> dict[int, int]:
    """What merged things counted as at a moment."""
    return dict(
        ThingMerge.objects.at(moment)
        .filter(thing__plan=plan, thing__kind=THING_KIND)
        .values_list("thing_id", "root_id")
    )


@dataclass(frozen=True)
class MergePreview:
    """What is counted before and after a partner is said to be another one."""

    partner: Partner
    into: Partner
    before: PartnerCount
    after: PartnerCount
    agreements: tuple[int, int]
    contributions: tuple[int, int]

    @property
    def rows(self) -> list[tuple[KindCount, KindCount]]:
        """The kinds whose number of partners changes, before and after."""
        pairs = zip(
            (*self.before.reviewed, *self.before.others),
            (*self.after.reviewed, *self.after.others),
            strict=True,
        )
        return [(was, now) for was, now in pairs if was != now]

    @property
    def agreements_together(self) -> int:
        """How many agreements the one that counts has afterwards."""
        return sum(self.agreements)

    @property
    def contributions_together(self) -> int:
        """How many contributions to projects it has afterwards."""
        return sum(self.contributions)

    @property
    def key(self) -> str:
        """What stands for all that is shown: another one where any of it has changed since."""
        versions = [(one.pk, one.version) for one in (self.partner, self.into)]
        numbers = [
            [one.partners for one in (*count.reviewed, *count.others)]
            for count in (self.before, self.after)
        ]
        said = json.dumps([versions, numbers, self.agreements, self.contributions])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def refuse_merged(partner: Partner) -> None:
    """A partner that counts as another one is not changed itself: `already_merged`."""
    if partner.merged_into is not None:
        raise DomainError(
            _("“%(name)s” is counted as “%(root)s” already; change that one.")
            % {"name": partner, "root": partner.merged_into},
            "already_merged",
        )


def counts_as(partner: Partner, into: Partner) -> Partner:
    """What another partner counts as, which this one is to count as; else `same_partner`."""
    root: Partner = Partner.objects.select_related("merged_into__thing", "thing").get(pk=into.pk)
    root = root.merged_into or root
    if root.pk == partner.pk:
        raise DomainError(
            _("“%(name)s” is the partner that the other counts as.") % {"name": partner},
            "same_partner",
        )
    return root


def preview_merge(partner: Partner, into: Partner) -> MergePreview:
    """What merging would change, counted in the usual window; to be shown before it is confirmed.

    Raises `already_merged` and `same_partner`, as the merge does.
    """
    refuse_merged(partner)
    plan, into = partner.plan, counts_as(partner, into)
    window = usual_window(PlanRevision.objects.at().get(plan=plan))
    standing = Agreement.objects.standing()
    contributed = PartnerContribution.objects.standing()
    return MergePreview(
        partner=partner,
        into=into,
        before=count_partners(plan, *window),
        after=count_partners(plan, *window, supposing=(partner, into)),
        agreements=(
            standing.of_partner(partner).count(),
            standing.of_partner(into).count(),
        ),
        contributions=(
            contributed.of_partner(partner).count(),
            contributed.of_partner(into).count(),
        ),
    )
