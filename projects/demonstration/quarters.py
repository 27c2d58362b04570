"""Nine quarters of results, entered and reviewed as people would, in all states."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import Prefetch

from habitat_tracker.accounts.models import User
from outcomes.actions import merge_things
from outcomes.choices import EvidenceRule, Kind, OverTime, State
from outcomes.models import (
    Category,
    Dimension,
    Indicator,
    RatingLevel,
    Thing,
    VerificationMeans,
)
from plans.actions import close_period
from plans.models import ReportingPeriod, StrategicPlan
from projects.actions import (
    CoDeliveryInput,
    PartInput,
    ResultInput,
    add_evidence,
    approve,
    save_note,
    save_results,
    send_back,
    set_co_delivery,
    submit,
    verify,
    withdraw,
)
from projects.choices import EvidenceKind
from projects.models import Note, PartnerContribution, Project, ProjectIndicator, Result

from .delivered import Register
from .people import Staff
from .plan import PRESENT
from .portfolio import SEED, Atlas
from .series import Series, Shelf
from .standings import Standing
from .words import CORRECTION, CORRECTION_REASON, OTHER_NAMES, RETURN_REASONS, WITHDRAWAL

CLOSED = 6
# Of a hundred results so many have evidence where none is asked for.
WITH_EVIDENCE = 45
# Of each set every so many-th result is a joint one, where the project has a partner.
JOINT = 40


class Fate(Enum):
    """What becomes of a result."""

    APPROVED = "approved"
    CORRECTED = "approved, corrected, the correction approved"
    IN_CORRECTION = "approved, a correction submitted"
    REDRAFTED = "approved, a correction begun"
    TAKEN_OUT = "approved, then withdrawn"
    TAKEN_BACK = "submitted, then withdrawn"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    RETURNED = "returned"
    DRAFT = "draft"
    NOT_AVAILABLE = "approved: not available"
    NOT_APPLICABLE = "approved: not applicable"
    MISSING = "missing"


F = Fate
# Of a thousand results, in quarters that are closed, just before, over, and begun.
PAST = {
    F.CORRECTED: 25, F.TAKEN_OUT: 6, F.NOT_AVAILABLE: 18, F.NOT_APPLICABLE: 8, F.MISSING: 25,
    F.APPROVED: 918,
}  # fmt: skip
OPEN = {
    F.CORRECTED: 20, F.IN_CORRECTION: 35, F.REDRAFTED: 10, F.TAKEN_OUT: 6, F.TAKEN_BACK: 6,
    F.SUBMITTED: 45, F.VERIFIED: 20, F.RETURNED: 25, F.DRAFT: 15, F.NOT_AVAILABLE: 15,
    F.NOT_APPLICABLE: 5, F.MISSING: 30, F.APPROVED: 768,
}  # fmt: skip
LATE = {
    F.IN_CORRECTION: 20, F.TAKEN_BACK: 6, F.SUBMITTED: 80, F.VERIFIED: 35, F.RETURNED: 25,
    F.DRAFT: 25, F.NOT_AVAILABLE: 15, F.NOT_APPLICABLE: 5, F.MISSING: 60, F.APPROVED: 729,
}  # fmt: skip
BEGUN = {
    F.SUBMITTED: 110, F.VERIFIED: 20, F.RETURNED: 15, F.DRAFT: 110, F.MISSING: 685, F.APPROVED: 60,
}  # fmt: skip
POOR = {F.SUBMITTED: 120, F.DRAFT: 100, F.MISSING: 540, F.APPROVED: 240}

APPROVED_FIRST = (
    *(F.APPROVED, F.CORRECTED, F.IN_CORRECTION, F.REDRAFTED, F.TAKEN_OUT),
    *(F.NOT_AVAILABLE, F.NOT_APPLICABLE),
)


class Quarters:
    """Enters the quarters one after the other, all results of an office's people as one set."""

    def __init__(
        self,
        plan: StrategicPlan,
        atlas: Atlas,
        staff: Staff,
        indicators: list[Indicator],
        dealt: dict[int, Standing],
    ) -> None:
        self.plan = plan
        self.staff = staff
        self.dealt = dealt
        self.draw = random.Random(f"{SEED} quarters")
        self.shelf = Shelf(plan, atlas)
        self.register = Register(self.shelf)
        self.partners = _credit_partners(indicators)
        self.contributing = {
            one.project_id: one.partner
            for one in PartnerContribution.objects.filter(project__plan=plan)
            .select_related("partner__merged_into")
            .order_by("-pk")
        }
        self.checklists = _checklists(indicators)
        dimensions: dict[int, list[Dimension]] = defaultdict(list)
        for dimension in Dimension.objects.filter(indicator__plan=plan).prefetch_related(
            Prefetch("categories", Category.objects.order_by("position"))
        ):
            dimensions[dimension.indicator_id].append(dimension)
        levels: dict[int, list[RatingLevel]] = defaultdict(list)
        for level in RatingLevel.objects.filter(indicator__plan=plan).order_by("position"):
            levels[level.indicator_id].append(level)
        self.series = [
            Series(line, self.shelf, dimensions[line.indicator_id], levels[line.indicator_id])
            for line in ProjectIndicator.objects.filter(project__plan=plan)
            .select_related(
                "project__office", "project__plan", "indicator__plan", "country", "city__country"
            )
            .prefetch_related("project__countries")
            .order_by("pk")
        ]

    def enter(self) -> None:
        """Every quarter up to the present one; the oldest are closed at the end."""
        periods = ReportingPeriod.objects.filter(plan=self.plan, number__lte=PRESENT)
        for period in periods.order_by("number"):
            self._enter(period)
        for period in periods.filter(number__lte=CLOSED).order_by("number"):
            close_period(period=period, by=self.staff.manager, reason="End of the quarter's review")
        self._merge()

    def _enter(self, period: ReportingPeriod) -> None:
        sets: dict[User, list[tuple[Series, Fate]]] = defaultdict(list)
        for series in self.series:
            fate = self._fate(series, period, _chance("fate", series, period))
            if fate is not None and fate != Fate.MISSING:
                sets[self.staff.reporter(series.line.project.office)].append((series, fate))
        for reporter, rows in sets.items():
            self.register.fill(period, [series.line for series, _fate in rows], reporter)
            self._review(reporter, period, rows)

    def _fate(self, series: Series, period: ReportingPeriod, draw: random.Random) -> Fate | None:
        """What becomes of a line's result for a quarter; None where none is expected."""
        line, standing = series.line, self.dealt[series.indicator.pk]
        begins, ends = line.expected_from, line.expected_to
        expected = (begins is None or begins <= period.end) and (
            ends is None or ends >= period.start
        )
        if not expected or not period.ends(series.indicator.frequency):
            return None
        shares = PAST if period.number <= CLOSED else OPEN if period.number == 7 else LATE
        if period.number == PRESENT:
            shares = BEGUN
        elif standing == Standing.LOW_COVERAGE and period.number > CLOSED:
            shares = POOR
        if standing == Standing.NO_DATA:
            return Fate.DRAFT if period.number == 8 and draw.random() < 0.3 else Fate.MISSING
        fate: Fate = draw.choices(list(shares), list(shares.values()))[0]
        if series.indicator.counts_from and fate in (Fate.NOT_AVAILABLE, Fate.NOT_APPLICABLE):
            return Fate.APPROVED  # what is registered is a value
        return fate

    def _review(
        self, reporter: User, period: ReportingPeriod, rows: list[tuple[Series, Fate]]
    ) -> None:
        """One set from entry to the end of its review."""
        saved = save_results(
            entries=[self._entry(series, period, fate) for series, fate in rows], by=reporter
        )
        fates = {result.pk: fate for result, (_series, fate) in zip(saved, rows, strict=True)}
        for result in saved:
            indicator = result.line.indicator
            asked = indicator.evidence_rule != EvidenceRule.NONE and not indicator.counts_from
            is_sent = fates[result.pk] != Fate.DRAFT and result.state == State.REPORTED
            if (asked and is_sent) or self.draw.randrange(100) < WITH_EVIDENCE:
                # Of a draft only the first entry of a checklist is covered, so that one is seen.
                listed = self.checklists.get(result.line.indicator_id, [None])
                for means in listed if is_sent else listed[:1]:
                    self._evidence(result, reporter, means)
        for result in saved[::JOINT]:
            self._deliver_together(result, reporter)
        submitted = submit(
            rows=[result for result in saved if fates[result.pk] != Fate.DRAFT], by=reporter
        )
        of: dict[Fate, list[Result]] = defaultdict(list)
        for result in submitted:
            of[fates[result.pk]].append(result)
        withdraw_reason = "Entered twice."
        if of[Fate.TAKEN_BACK]:
            withdraw(rows=of[Fate.TAKEN_BACK], by=reporter, reason=withdraw_reason)
        for reviewer, results in self._by_reviewer(submitted):
            self._decide(reviewer, results, fates)
        self._correct(reporter, saved, rows)

    def _by_reviewer(self, results: Iterable[Result]) -> list[tuple[User, list[Result]]]:
        sets: dict[User, list[Result]] = defaultdict(list)
        for result in results:
            sets[self.staff.reviewer(result.line.project.office)].append(result)
        return list(sets.items())

    def _decide(self, reviewer: User, results: list[Result], fates: dict[int, Fate]) -> None:
        """Returned, verified, approved, and of the approved some withdrawn."""

        def having(*wanted: Fate) -> list[Result]:
            return [result for result in results if fates[result.pk] in wanted]

        for number, reason in enumerate(RETURN_REASONS):
            if back := having(Fate.RETURNED)[number :: len(RETURN_REASONS)]:
                send_back(rows=back, by=reviewer, reason=reason)
        if first_step := having(Fate.VERIFIED, *APPROVED_FIRST):
            verify(rows=first_step, by=reviewer)
        if good := having(*APPROVED_FIRST):
            approve(rows=good, by=self.staff.approver)
        if out := having(Fate.TAKEN_OUT):
            withdraw(rows=out, by=reviewer, reason=WITHDRAWAL)

    def _correct(
        self, reporter: User, saved: list[Result], rows: list[tuple[Series, Fate]]
    ) -> None:
        """Corrections of approved results: approved, submitted, or only begun."""
        wanted = (Fate.CORRECTED, Fate.IN_CORRECTION, Fate.REDRAFTED)
        asked = [
            (result, series, fate)
            for result, (series, fate) in zip(saved, rows, strict=True)
            if fate in wanted
        ]
        if not asked:
            return
        again = save_results(
            entries=[self._corrected(series, result) for result, series, _fate in asked],
            by=reporter,
        )
        fates = {
            result.pk: fate for result, (_old, _series, fate) in zip(again, asked, strict=True)
        }
        sent = submit(
            rows=[result for result in again if fates[result.pk] != Fate.REDRAFTED], by=reporter
        )
        for reviewer, results in self._by_reviewer(sent):
            if good := [result for result in results if fates[result.pk] == Fate.CORRECTED]:
                approve(rows=verify(rows=good, by=reviewer), by=self.staff.approver)

    def _entry(self, series: Series, period: ReportingPeriod, fate: Fate) -> ResultInput:
        content: dict[str, Any] = {}
        if fate == Fate.NOT_AVAILABLE:
            content = {"state": State.NOT_AVAILABLE}
        elif fate == Fate.NOT_APPLICABLE:
            content = {"state": State.NOT_APPLICABLE}
        else:
            content = series.content(period.number)
            partners = self.partners.get(series.indicator.pk)
            draw = _chance("credit", series, period)
            if partners and draw.random() < 0.05:
                content["credits"] = [draw.choice(partners)]
        return ResultInput(
            line=series.line, period=period, narrative=series.narrative(period), **content
        )

    def _corrected(self, series: Series, result: Result) -> ResultInput:
        """The same result with the final count; nothing is typed that the register counts."""
        content = {} if series.indicator.counts_from else self._higher(series, result)
        return ResultInput(
            line=series.line,
            period=result.period,
            narrative=CORRECTION,
            reason=CORRECTION_REASON,
            credits=list(result.credits.all()),
            **content,
        )

    def _higher(self, series: Series, result: Result) -> dict[str, Any]:
        """What a result says, a little higher."""
        content: dict[str, Any] = {}
        kind = series.indicator.kind
        if kind == Kind.QUANTITY and result.value is not None:
            content["value"] = (result.value * Decimal("1.04")).quantize(Decimal("0.1")) + 1
            if not series.indicator.decimals:
                content["value"] = content["value"].quantize(Decimal(1))
        elif kind == Kind.PERCENTAGE:
            content = {
                "numerator": (result.numerator or 0) + 1,
                "denominator": (result.denominator or 0) + 1,
            }
        if content:
            content["cells"] = _cells(result)
        elif kind == Kind.RATING:
            content["rating"] = result.rating.code if result.rating else ""
        else:
            content = {
                "things": list(result.things.select_related("country")),
                "unnamed": (result.unnamed or 0) + 1,
            }
        return content

    def _deliver_together(self, result: Result, reporter: User) -> None:
        """The project's first partner took part; in every other case it leads with most of it."""
        partner = self.contributing.get(result.line.project_id)
        if partner is None or result.state != State.REPORTED:
            return
        leads = bool(result.pk % 2)
        part = PartInput(partner, "Demonstration: staff and premises", "60" if leads else None)
        own_share = "40" if leads else None
        said = CoDeliveryInput([part], partner if leads else None, own_share, "Technical advice")
        set_co_delivery(result=result, said=said, by=reporter)

    def _evidence(self, result: Result, reporter: User, means: VerificationMeans | None) -> None:
        """A link that leads nowhere, or a passage of a document that does not exist."""
        name = result.line.project.code.lower()
        number = f"-{means.position + 1}" if means else ""
        if self.draw.random() < 0.5:
            add_evidence(
                to=result,
                kind=EvidenceKind.LINK,
                title=f"Register of {result.line.project.code}, {result.period}",
                means=means,
                by=reporter,
                url=f"https://example.org/{name}/{result.period.label.lower()}{number}",
            )
        else:
            add_evidence(
                to=result,
                kind=EvidenceKind.DOCUMENT,
                title=f"Progress report {result.period} (synthetic)",
                means=means,
                by=reporter,
                passage=f"p. {self.draw.randrange(2, 40)}",
                quote=result.narrative,
            )

    def _merge(self) -> None:
        """Cities that some projects know by another name turn out to be the same."""
        for key, (other, _name) in OTHER_NAMES.items():
            same = {
                thing.key: thing
                for thing in Thing.objects.filter(plan=self.plan, kind="city", key__in=[key, other])
            }
            if len(same) == 2:
                merge_things(
                    thing=same[other],
                    into=same[key],
                    by=self.staff.manager,
                    reason="Two names of one city.",
                )


def _chance(what: str, series: Series, period: ReportingPeriod) -> random.Random:
    """A source of its own for each line and quarter, so that none depends on the others."""
    return random.Random(f"{what} {series.name} {period.number}")


def _cells(result: Result) -> dict[str, Any]:
    """The breakdown of a result as it would be typed."""
    return {
        cell.category.code: cell.value
        if cell.denominator is None
        else {"numerator": cell.numerator, "denominator": cell.denominator}
        for cell in result.cells.select_related("category")
    }


def _checklists(indicators: list[Indicator]) -> dict[int, list[VerificationMeans | None]]:
    """The means of verification of the indicators that ask for each of them."""
    asked = [one for one in indicators if one.evidence_rule == EvidenceRule.CHECKLIST]
    listed: dict[int, list[VerificationMeans | None]] = {}
    for means in VerificationMeans.objects.current().filter(indicator__in=asked):
        listed.setdefault(means.indicator_id, []).append(means)
    return listed


def _credit_partners(indicators: list[Indicator]) -> dict[int, list[Indicator]]:
    """To which other indicators a result of each may be credited."""
    alike: dict[tuple[Any, ...], list[Indicator]] = defaultdict(list)
    for indicator in indicators:
        if (
            not indicator.is_headline
            and indicator.over_time == OverTime.SUM
            and indicator.kind in (Kind.QUANTITY, Kind.DISTINCT)
        ):
            key = (indicator.kind, indicator.thing_kind, tuple(sorted(indicator.unit.items())))
            alike[key].append(indicator)
    return {
        indicator.pk: [other for other in group if other.pk != indicator.pk]
        for group in alike.values()
        for indicator in group
        if len(group) > 1
    }


def enter_notes(plan: StrategicPlan, staff: Staff, projects: list[Project]) -> None:
    """A statement about each outcome, approved, submitted or still a draft."""
    period = ReportingPeriod.objects.get(plan=plan, number=8)
    notes: dict[tuple[User, User], list[Note]] = defaultdict(list)
    told = set()
    for project in projects:
        primary = project.alignments.select_related("outcome").filter(rank="primary").first()
        if primary is None or primary.outcome_id in told:
            continue
        told.add(primary.outcome_id)
        reporter = staff.reporter(project.office)
        note = save_note(
            by=reporter,
            project=project,
            key=f"DEMO-{primary.outcome.code}",
            period=period,
            outcome=primary.outcome,
            text={"en": f"Synthetic note: partners asked for more work on {primary.outcome}."},
        )
        notes[(reporter, staff.reviewer(project.office))].append(note)
    for (reporter, reviewer), held in notes.items():
        sent = submit(rows=held[: max(1, len(held) - 1)], by=reporter)
        seen = verify(rows=sent[: max(1, len(sent) - 1)], by=reviewer)
        approve(rows=seen, by=staff.approver)
