"""Indicators and their rules; baselines, milestones and targets by scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, difference, snapshot, text_of
from habitat_tracker.accounts.models import User
from habitat_tracker.clock import database_now
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.fields import parse_decimal
from outcomes import scopes
from outcomes.choices import (
    CountsFrom,
    Direction,
    EvidenceRule,
    Kind,
    OverTime,
    counts_from_zero,
)
from outcomes.models import (
    Baseline,
    Indicator,
    IndicatorRevision,
    Measurement,
    Milestone,
    ScopedValue,
    Target,
    VerificationMeans,
)
from outcomes.permissions import can_set_values

from .ledger import mark_indicators_stale

RULES = ("over_time", "across", "direction", "frequency", "feeds_id")


@transaction.atomic
def save_indicator(*, indicator: Indicator, by: User | None, reason: str = "") -> Indicator:
    """Store an indicator; a change of its rules or of what it feeds becomes a revision.

    Raises `feeder_not_comparable` where a headline has another kind, unit or rules than what
    feeds it, `kind_is_fixed` where results were already posted on another kind, and as
    `set_counts_from` where it is to count from the register of deliverables.
    """
    _check_feeds(indicator)
    before = None
    if indicator.pk:
        before = Indicator.objects.get(pk=indicator.pk)
        if before.kind != indicator.kind and indicator.contributors.exists():
            raise DomainError(
                _("The kind of an indicator that is reported on cannot change."), "kind_is_fixed"
            )
    _check_counting(indicator, before)
    indicator.save()
    if changes := difference(before, indicator):
        verb = "changed" if before else "added"
        record_activity(by=by, verb=verb, targets=[indicator], reason=reason, changes=changes)
    current = IndicatorRevision.objects.at().filter(indicator=indicator).first()
    if current and all(getattr(current, name) == getattr(indicator, name) for name in RULES):
        return indicator
    now = database_now()
    if current:
        current.superseded_at, current.superseded_by = now, by
        current.save(update_fields=["superseded_at", "superseded_by"])
    IndicatorRevision.objects.create(
        indicator=indicator,
        recorded_at=now,
        recorded_by=by,
        reason=reason,
        **{name: getattr(indicator, name) for name in RULES},
    )
    touched = {indicator.pk, indicator.feeds_id, current.feeds_id if current else None}
    mark_indicators_stale(indicator.plan, [pk for pk in touched if pk])
    return indicator


@transaction.atomic
def set_evidence_rule(
    *, indicator: Indicator, rule: str, means: Sequence[str], by: User, reason: str = ""
) -> Indicator:
    """Say what has to stand behind a result on an indicator before it is submitted.

    What is submitted already stays so. Raises `unknown_evidence_rule`, `missing_means` (a
    checklist has an entry at least), `too_long` (500 characters) and `not_allowed`.
    """
    _check_may_set(by, scopes.PLAN)
    texts = list(dict.fromkeys(" ".join(text.split()) for text in means if text.strip()))
    if rule not in EvidenceRule.values:
        raise InvalidInput.of("rule", "unknown_evidence_rule", _("There is no such rule."))
    if rule == EvidenceRule.CHECKLIST and not texts:
        raise InvalidInput.of(
            "means", "missing_means", _("Name the means of verification of the checklist.")
        )
    if any(len(text) > 500 for text in texts):
        raise InvalidInput.of(
            "means", "too_long", _("A means of verification has 500 characters at most.")
        )
    held = Indicator.objects.select_for_update().get(pk=indicator.pk)
    listed = _listed_means(held)
    before = snapshot([held])
    held.evidence_rule = rule
    held.save(update_fields=["evidence_rule"])
    _list_means(held, texts)
    changes = before.told([held])[held]
    if (listing := _listed_means(held)) != listed:
        changes["means_of_verification"] = [text_of(listed), text_of(listing)]
    if changes:
        record_activity(
            by=by,
            verb="set evidence rule",
            targets=[held],
            reason=reason,
            changes=changes,
        )
    return held


@transaction.atomic
def set_counts_from(
    *, indicator: Indicator, counts_from: str, by: User, reason: str = ""
) -> Indicator:
    """Say which registered deliverables an indicator counts; empty: its numbers are typed.

    Raises `unknown_counting`, `counting_not_possible` (the indicator is not one of things of that
    kind, or for participants a number, that add up over time), `counting_is_fixed` (a result on
    it was submitted already) and `not_allowed`.
    """
    _check_may_set(by, scopes.PLAN)
    held = Indicator.objects.select_for_update().get(pk=indicator.pk)
    before = snapshot([held])
    earlier = Indicator.objects.get(pk=held.pk)
    held.counts_from = counts_from
    _check_counting(held, earlier)
    held.save(update_fields=["counts_from"])
    if changes := before.told([held])[held]:
        record_activity(by=by, verb="set counting", targets=[held], reason=reason, changes=changes)
    return held


def _check_counting(indicator: Indicator, before: Indicator | None) -> None:
    """What is counted from the register fits the indicator, and does not change once reported."""
    if (
        before
        and before.counts_from != indicator.counts_from
        and Measurement.objects.filter(
            plan=indicator.plan, indicator=indicator, recorded_on=indicator
        ).exists()
    ):
        raise DomainError(
            _("Results of %(code)s were submitted already; what it counts from cannot change.")
            % {"code": indicator.code},
            "counting_is_fixed",
        )
    if not indicator.counts_from:
        return
    if indicator.counts_from not in CountsFrom.values:
        raise InvalidInput.of("counts_from", "unknown_counting", _("There is no such choice."))
    counted = CountsFrom(indicator.counts_from)
    if counted == CountsFrom.PARTICIPANTS:
        fits = indicator.kind == Kind.QUANTITY
    else:
        fits = (
            indicator.kind == Kind.DISTINCT
            and indicator.thing_kind == counted.deliverable.thing_kind
        )
    if not fits or indicator.is_headline or indicator.over_time != OverTime.SUM:
        raise InvalidInput.of(
            "counts_from",
            "counting_not_possible",
            _("%(code)s cannot count “%(what)s”: it counts something else, or does not add up.")
            % {"code": indicator.code, "what": counted.label},
        )


def _listed_means(indicator: Indicator) -> list[str]:
    return list(
        VerificationMeans.objects.current()
        .filter(indicator=indicator)
        .order_by("position", "pk")
        .values_list("text", flat=True)
    )


def _list_means(indicator: Indicator, texts: Sequence[str]) -> None:
    """Keep an indicator's means of verification as they are listed."""
    held = {means.text: means for means in indicator.means_of_verification.all()}
    wanted = dict(zip(texts, range(len(texts)), strict=True))
    changed = []
    for text, means in held.items():
        now = (wanted.get(text, means.position), text in wanted)
        if (means.position, means.is_current) != now:
            means.position, means.is_current = now
            changed.append(means)
    VerificationMeans.objects.bulk_update(changed, ["position", "is_current"])
    VerificationMeans.objects.bulk_create(
        VerificationMeans(indicator=indicator, text=text, position=position)
        for text, position in wanted.items()
        if text not in held
    )


def _check_feeds(indicator: Indicator) -> None:
    headline = indicator.feeds
    if headline is None:
        return
    same = ("plan_id", "kind", "over_time", "across")
    if not headline.is_headline or any(
        getattr(headline, name) != getattr(indicator, name) for name in same
    ):
        raise DomainError(
            _("%(code)s cannot feed %(headline)s: kind, unit and rules differ.")
            % {"code": indicator.code, "headline": headline.code},
            "feeder_not_comparable",
        )


def _check_may_set(by: User | None, scope: int) -> None:
    """`by` empty is the system itself (loading files)."""
    if by is not None and not can_set_values(by, scope):
        raise NotAllowed(
            _("Only a manager of the office that answers for this may set its values.")
        )


def _set_value(
    model: type[ScopedValue],
    *,
    indicator: Indicator,
    scope: int,
    value: object | None,
    on: date | None,
    by: User | None,
    match: dict[str, Any],
    source: str = "",
    verification: str = "",
    reason: str = "",
) -> ScopedValue | None:
    """Supersede the current row and add one; None as value only takes the old one away."""
    Indicator.objects.select_for_update().get(pk=indicator.pk)
    number = None if value is None else parse_decimal(value)
    current = model.objects.at().filter(indicator=indicator, scope=scope, **match).first()
    if current and (current.value, current.date, current.source) == (number, on, source):
        return current
    now = database_now()
    if current:
        current.superseded_at, current.superseded_by = now, by
        current.save(update_fields=["superseded_at", "superseded_by"])
    if number is None:
        made = None
    else:
        made = model.objects.create(
            indicator=indicator,
            scope=scope,
            value=number,
            date=on,
            source=source,
            verification=verification,
            recorded_at=now,
            recorded_by=by,
            reason=reason,
        )
    record_activity(
        by=by,
        verb=f"set {model._meta.model_name}",
        targets=[indicator],
        reason=reason,
        scope=scope,
        changes=_told(current, made, on),
    )
    return made


def _told(before: ScopedValue | None, after: ScopedValue | None, on: date | None) -> Changes:
    """What is set, by the words for it: a milestone is told by its day."""
    held = after or before
    if held is None:
        return {}
    name = str(held._meta.model_name)
    if isinstance(held, Milestone):
        name += f".{on}"
    changes = difference(before, after)
    return {
        name if field == "value" else f"{name}.{field}": pair
        for field, pair in changes.items()
        if field in ("value", "date", "source", "verification")
    }


@transaction.atomic
def set_baseline(
    *,
    indicator: Indicator,
    value: object | None,
    by: User | None,
    scope: int = scopes.PLAN,
    on: date | None = None,
    source: str = "",
    verification: str = "",
    reason: str = "",
) -> Baseline | None:
    """Set where a scope stood at the beginning; None takes it away.

    Raises `baseline_not_zero` for counts that add up from the plan's start, and
    `target_against_direction` where a target would then lie on the wrong side, and
    `not_allowed`.
    """
    _check_may_set(by, scope)
    if value is not None:
        number = parse_decimal(value)
        if counts_from_zero(indicator.kind, indicator.over_time) and number != 0:
            raise DomainError(
                _("What adds up from the plan's start begins at 0; leave the baseline empty."),
                "baseline_not_zero",
            )
        target = Target.objects.at().filter(indicator=indicator, scope=scope).first()
        _check_direction(indicator, number, target.value if target else None)
    return _set_value(  # type: ignore[return-value]
        Baseline,
        indicator=indicator,
        scope=scope,
        value=value,
        on=on,
        by=by,
        match={},
        source=source,
        verification=verification,
        reason=reason,
    )


@transaction.atomic
def set_target(
    *,
    indicator: Indicator,
    value: object | None,
    on: date | None,
    by: User | None,
    scope: int = scopes.PLAN,
    source: str = "",
    verification: str = "",
    reason: str = "",
) -> Target | None:
    """Set what a scope is to reach by the end of a day; None takes it away.

    The date stays as set when the plan is extended. Raises `target_against_direction`,
    `sum_must_increase`, `rating_has_no_target`, `not_allowed` and, without a date,
    `missing_date`.
    """
    _check_may_set(by, scope)
    if value is not None:
        number = parse_decimal(value)
        if on is None:
            raise InvalidInput.of("date", "missing_date", _("Say by when the target is due."))
        if indicator.kind == Kind.RATING:
            raise DomainError(
                _("Ratings are counted; they have no target."), "rating_has_no_target"
            )
        adds_up = counts_from_zero(indicator.kind, indicator.over_time)
        if adds_up and indicator.direction == Direction.DECREASE:
            raise DomainError(_("What adds up over time can only increase."), "sum_must_increase")
        baseline = Baseline.objects.at().filter(indicator=indicator, scope=scope).first()
        start = baseline.value if baseline else (Decimal(0) if adds_up else None)
        _check_direction(indicator, start, number)
    return _set_value(  # type: ignore[return-value]
        Target,
        indicator=indicator,
        scope=scope,
        value=value,
        on=on,
        by=by,
        match={},
        source=source,
        verification=verification,
        reason=reason,
    )


@transaction.atomic
def set_milestone(
    *,
    indicator: Indicator,
    value: object | None,
    on: date,
    by: User | None,
    scope: int = scopes.PLAN,
    source: str = "",
    verification: str = "",
    reason: str = "",
) -> Milestone | None:
    """Set a planned value at the end of a day on the way to the target; None takes it away.

    Raises `not_allowed`.
    """
    _check_may_set(by, scope)
    return _set_value(  # type: ignore[return-value]
        Milestone,
        indicator=indicator,
        scope=scope,
        value=value,
        on=on,
        by=by,
        match={"date": on},
        source=source,
        verification=verification,
        reason=reason,
    )


def _check_direction(
    indicator: Indicator, baseline: Decimal | None, target: Decimal | None
) -> None:
    if baseline is None or target is None:
        return
    wrong = target < baseline if indicator.direction == Direction.INCREASE else target > baseline
    if wrong:
        raise DomainError(
            _("The target lies on the wrong side of the baseline for this indicator's direction."),
            "target_against_direction",
        )
