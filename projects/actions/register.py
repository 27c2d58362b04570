"""What the register of deliverables says of a reporting line in a period: each deliverable once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from habitat_tracker.errors import InvalidInput, Problem
from outcomes.choices import CountsFrom, State
from outcomes.models import Category, Thing
from plans.models import ReportingPeriod
from projects.models import Deliverable, ProjectIndicator, Result

from .checks import ResultInput

Place = tuple[ProjectIndicator, ReportingPeriod]

# The breakdown of participants, and what its categories are called in it.
SEX = "sex"
WOMEN, MEN = "female", "male"


@dataclass(frozen=True)
class Counted:
    """The deliverables that one line counts in one period, and what they come to.

    `sexes` are the categories by sex that the indicator has; only participants have any.
    """

    deliverables: tuple[Deliverable, ...]
    counts_from: CountsFrom
    sexes: frozenset[str] = frozenset()

    @property
    def is_of_participants(self) -> bool:
        """Whether participants are counted, and not the deliverables themselves."""
        return self.counts_from == CountsFrom.PARTICIPANTS

    @property
    def things(self) -> list[Thing]:
        """What the deliverables are counted as, each once."""
        return list(dict.fromkeys(one.thing for one in self.deliverables))

    @property
    def number(self) -> int:
        """How many there are: different deliverables, or participants in persons."""
        if self.is_of_participants:
            return sum(one.participants for one in self.deliverables)
        return len(self.things)

    @property
    def cells(self) -> dict[str, int]:
        """Participants by sex, as far as it is stated of any."""
        found = {}
        for code, name in ((WOMEN, "women"), (MEN, "men")):
            stated = [getattr(one, name) for one in self.deliverables]
            if code in self.sexes and any(number is not None for number in stated):
                found[code] = sum(number or 0 for number in stated)
        return found

    def content(self) -> dict[str, Any]:
        """The number of a result, as an entry holds it; nothing registered is a value of 0."""
        if self.is_of_participants:
            return {"value": self.number, "cells": self.cells}
        return {"things": self.things, "unnamed": None if self.deliverables else 0}

    def is_said_by(self, result: Result) -> bool:
        """Whether a result says the same; that it has no value is the same where there is none."""
        if result.state != State.REPORTED:
            return not self.deliverables
        if self.is_of_participants:
            cells = {cell.category.code: cell.value for cell in result.cells.all()}
            return result.value == self.number and cells == self.cells
        listed = {thing.pk for thing in result.things.all()}
        is_empty = not listed and result.unnamed is None
        return (
            listed == {thing.pk for thing in self.things}
            and (result.unnamed or Decimal(0)) == 0
            and not is_empty
        )


def counts(line: ProjectIndicator, one: Deliverable) -> bool:
    """Whether a line counts a deliverable of its project, whatever its date.

    The indicator says of which kind. Its outcome is the deliverable's; an indicator of a domain
    takes all outcomes of that domain, one of the plan or the organization all. A line of a
    country or city takes what was delivered there, one without a place everything.
    """
    indicator = line.indicator
    if not indicator.counts_from or CountsFrom(indicator.counts_from).deliverable != one.kind:
        return False
    if indicator.outcome_id and one.outcome_id != indicator.outcome_id:
        return False
    if indicator.domain_id and one.outcome.domain_id != indicator.domain_id:
        return False
    if line.city_id:
        return one.city_id == line.city_id
    return line.country_id is None or one.country_id == line.country_id


def read_counts(places: Iterable[Place]) -> dict[tuple[int, int], Counted]:
    """What the register says by (line, period) id of lines that count from it.

    Two queries at most, however many lines and periods; none where no line counts.
    """
    asked = [(line, period) for line, period in places if line.indicator.counts_from]
    if not asked:
        return {}
    held: dict[int, list[Deliverable]] = defaultdict(list)
    for one in (
        Deliverable.objects.counting()
        .filter(
            project__in={line.project_id for line, _period in asked},
            date__gte=min(period.start for _line, period in asked),
            date__lte=max(period.end for _line, period in asked),
        )
        .select_related("thing", "outcome")
        .order_by("date", "pk")
    ):
        held[one.project_id].append(one)
    sexes = _sexes({line.indicator_id for line, _period in asked if _asks_who(line)})
    return {
        (line.pk, period.pk): Counted(
            tuple(
                one
                for one in held[line.project_id]
                if period.start <= one.date <= period.end and counts(line, one)
            ),
            CountsFrom(line.indicator.counts_from),
            frozenset(sexes[line.indicator_id]),
        )
        for line, period in asked
    }


def _asks_who(line: ProjectIndicator) -> bool:
    return line.indicator.counts_from == CountsFrom.PARTICIPANTS


def _sexes(indicators: set[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    if indicators:
        for indicator, code in Category.objects.filter(
            indicator__in=indicators, dimension__code=SEX, code__in=(WOMEN, MEN)
        ).values_list("indicator_id", "code"):
            found[indicator].add(code)
    return found


def with_counts(entries: Sequence[ResultInput]) -> list[ResultInput]:
    """Entries with the number that the register gives, where their indicator counts from it.

    A typed one is refused (`counted_from_register`), and so is that there is none to report
    while something is registered.
    """
    found = read_counts((entry.line, entry.period) for entry in entries)
    filled, problems = [], []
    for row, entry in enumerate(entries):
        counted = found.get((entry.line.pk, entry.period.pk))
        if counted is None:
            filled.append(entry)
            continue
        problems += _typed(entry, counted, row)
        is_said = entry.state == State.REPORTED
        filled.append(replace(entry, **counted.content()) if is_said else entry)
    if problems:
        raise InvalidInput(problems)
    return filled


def _typed(entry: ResultInput, counted: Counted, row: int) -> list[Problem]:
    """What an entry says that the register says."""
    code = "counted_from_register"
    typed = [
        name
        for name in ("value", "numerator", "denominator", "unnamed", "things", "rating", "cells")
        if getattr(entry, name) not in (None, "", (), [], {})
    ]
    problems = [
        Problem(
            name,
            code,
            _("This is counted from the register of deliverables; register them there instead."),
            row,
        )
        for name in typed
    ]
    if entry.state in State.values and entry.state != State.REPORTED and counted.deliverables:
        problems.append(
            Problem(
                "state",
                code,
                _("The register holds deliverables of this period, so there is a value."),
                row,
            )
        )
    return problems
