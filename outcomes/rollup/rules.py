"""By which rules an indicator's postings become figures, now or as of an earlier moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from outcomes.choices import is_additive
from outcomes.models import Category, Indicator, IndicatorRevision


@dataclass(frozen=True)
class RulesAt:
    """The rules of an indicator at a moment, with the indicators whose postings it takes."""

    plan_id: int
    indicator_id: int
    kind: str
    over_time: str
    across: str
    direction: str
    is_headline: bool
    # indicator id -> how often it is due; the indicator itself, or a headline's feeders
    sources: dict[int, str] = field(default_factory=dict)

    @property
    def is_additive(self) -> bool:
        """Whether the value to date is the sum of the periods, so that only those are stored."""
        return is_additive(self.kind, self.over_time, self.across)


def rules_of(indicator_ids: Iterable[int], moment: datetime | None = None) -> dict[int, RulesAt]:
    """The rules that counted at a moment, by indicator; one query.

    An indicator that did not exist yet, or a headline that nothing fed, is left out.
    """
    asked = set(indicator_ids)
    found = list(
        IndicatorRevision.objects.at(moment)
        .filter(Q(indicator__in=asked) | Q(feeds__in=asked))
        .order_by("indicator_id")
        .values_list(
            "indicator_id",
            "indicator__plan_id",
            "indicator__kind",
            "indicator__is_headline",
            "over_time",
            "across",
            "direction",
            "frequency",
            "feeds_id",
        )
    )
    feeders: dict[int, dict[int, str]] = defaultdict(dict)
    for pk, *_others, frequency, feeds in found:
        if feeds is not None:
            feeders[feeds][pk] = frequency
    rules = {}
    for pk, plan_id, kind, is_headline, over_time, across, direction, frequency, _feeds in found:
        sources = feeders[pk] if is_headline else {pk: frequency}
        if pk in asked and sources:
            rules[pk] = RulesAt(
                plan_id=plan_id,
                indicator_id=pk,
                kind=kind,
                over_time=over_time,
                across=across,
                direction=direction,
                is_headline=is_headline,
                sources=sources,
            )
    return rules


def rules_at(indicator: Indicator, moment: datetime | None = None) -> RulesAt | None:
    """The rules of one indicator at a moment; None where there was nothing to compute yet."""
    return rules_of([indicator.pk], moment).get(indicator.pk)


def shared_cells(indicator_ids: Iterable[int]) -> list[str]:
    """The category codes of those dimensions that every one of the indicators has."""
    wanted = set(indicator_ids)
    having: dict[str, set[int]] = defaultdict(set)
    codes: dict[str, set[str]] = defaultdict(set)
    for indicator_id, dimension, code in Category.objects.filter(indicator__in=wanted).values_list(
        "indicator_id", "dimension__code", "code"
    ):
        having[dimension].add(indicator_id)
        codes[dimension].add(code)
    return sorted({code for name, ids in having.items() if ids == wanted for code in codes[name]})
