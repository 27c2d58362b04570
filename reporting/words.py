"""Figures and rules in words: what people read on pages, in charts and from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.wording import THIN_SPACE, as_decimal, number
from outcomes.choices import (
    TOTAL,
    Across,
    Direction,
    Frequency,
    Kind,
    OverTime,
    Qualifier,
    State,
)
from outcomes.models import Indicator, StatedFigure, Thing
from outcomes.rollup.reader import FigureValue
from projects.models import Result

from .progress import Spread, Status


def plain_decimal(value: Fraction | None) -> str | None:
    """A number for machines: exact where six decimals hold it, else rounded half up to six."""
    if value is None:
        return None
    text = f"{as_decimal(value, 6):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def is_percent(indicator: Indicator) -> bool:
    """Whether its numbers are followed by a per cent sign."""
    return indicator.kind == Kind.PERCENTAGE or indicator.unit.get("en", "") in ("percent", "%")


def amount(value: Fraction | Decimal | None, indicator: Indicator) -> str:
    """A value of an indicator with its decimals, and the sign of a percentage."""
    if value is None:
        return ""
    text = number(value, indicator.decimals)
    return f"{text}{THIN_SPACE}%" if is_percent(indicator) else text


def position(city: Thing) -> str:
    """Where a city lies, to a hundredth of a degree: “1.28° S, 36.82° E”; empty if not known."""
    if city.latitude is None or city.longitude is None:
        return ""
    north = _("%(degrees)s° S") if city.latitude < 0 else _("%(degrees)s° N")
    east = _("%(degrees)s° W") if city.longitude < 0 else _("%(degrees)s° E")
    return ", ".join(
        words % {"degrees": number(abs(degrees))}
        for words, degrees in ((north, city.latitude), (east, city.longitude))
    )


def qualified(text: str, qualifier: Qualifier | int | None) -> str:
    """“more than 15”: the number with its qualifier in words."""
    return {
        Qualifier.AT_LEAST: _("at least %(number)s"),
        Qualifier.MORE_THAN: _("more than %(number)s"),
        Qualifier.ABOUT: _("about %(number)s"),
    }.get(Qualifier(qualifier or 0), "%(number)s") % {"number": text}


def figure_text(figure: FigureValue, indicator: Indicator) -> str:
    """A figure to date in words: with its qualifier, or why there is none. Never a bare 0."""
    if indicator.kind == Kind.RATING and not figure.cell:
        rated = figure.reported
        return (
            ngettext("%(n)s rated", "%(n)s rated", rated) % {"n": rated}
            if rated
            else _("not reported")
        )
    if figure.to_date is None:
        if figure.is_not_added_up:
            return _("several values, not added up")
        return _("not reported")
    return qualified(amount(figure.to_date, indicator), figure.qualifier)


def stated_text(figure: StatedFigure) -> str:
    """What a document states, with its unit and how exact it is; in words where no number is."""
    if (amount := figure.amount) is None:
        return str(figure.value_text)
    unit = str(figure.unit)
    between = "" if unit == "%" else " "
    return qualified(f"{number(amount)}{between}{unit}".strip(), figure.qualifier)


def reported_text(result: Result, kind: str, cell: str = TOTAL) -> str:
    """What a result says in words, in all or in one cell; empty where it says nothing there."""
    if result.state != State.REPORTED:
        return str(result.get_state_display()).lower()
    if kind == Kind.RATING:
        return str(result.rating or "")
    part: Any = result
    if cell != TOTAL:
        part = next((one for one in result.cells.all() if one.category.code == cell), None)
    if part is None:
        return ""
    if kind == Kind.DISTINCT:
        return qualified(
            number(len(result.things.all()) + (result.unnamed or 0), 6), result.qualifier
        )
    if kind == Kind.PERCENTAGE and part.numerator is not None:
        parts = {"numerator": number(part.numerator, 6), "denominator": number(part.denominator, 6)}
        return qualified(_("%(numerator)s of %(denominator)s") % parts, result.qualifier)
    return "" if part.value is None else qualified(number(part.value, 6), result.qualifier)


def period_text(figure: FigureValue, indicator: Indicator) -> str:
    """A figure of the period alone, in words."""
    if figure.in_period is None:
        return _("not reported")
    return qualified(amount(figure.in_period, indicator), figure.period_qualifier)


def coverage(reported: int, expected: int) -> str:
    """“5 of 8 reported”, or that nobody is expected to."""
    if not expected:
        return _("nobody is expected to report")
    return _("%(n)s of %(m)s reported") % {"n": reported, "m": expected}


def share(progress: Fraction | None) -> str:
    """A progress as “61 %”; empty where there is none."""
    return "" if progress is None else f"{number(progress, 0)}{THIN_SPACE}%"


# From the best to what cannot be told.
_ORDER = (
    Status.ACHIEVED,
    Status.MAINTAINED,
    Status.ON_TRACK,
    Status.DELAYED,
    Status.OFF_TRACK,
    Status.REGRESSED,
    Status.NOT_MAINTAINED,
    Status.NOT_DUE,
    Status.LOW_COVERAGE,
    Status.NO_TARGET,
    Status.NO_DATA,
)


def in_order(counts: Mapping[Status, int]) -> list[tuple[Status, int]]:
    """The statuses that occur, the best first, with how many stand there."""
    return [(status, counts[status]) for status in _ORDER if status in counts]


def spread_text(spread: Spread) -> str:
    """“3 on track, 1 delayed”: how many indicators stand at each status."""
    return statuses_text(spread.counts) if spread.indicators else _("no indicators")


def statuses_text(counts: Mapping[Status, int]) -> str:
    """“3 on track, 1 delayed”: how many stand at each status, the best first."""
    return _(", ").join(
        _("%(n)s %(status)s") % {"n": number, "status": str(status.label).lower()}
        for status, number in in_order(counts)
    )


def sentence(text: str) -> str:
    """A text with a full stop, as the reader's language writes it."""
    return _("%(text)s.") % {"text": text} if text else ""


_TIME = {
    OverTime.SUM: lambda: _("What a project reports in each period is new, and is added up."),
    OverTime.LATEST: lambda: _(
        "What a project reports is a level or a running total: its last report counts, until it "
        "reports again."
    ),
    OverTime.MAX: lambda: _("The highest value that a project ever reported counts."),
    OverTime.MEAN: lambda: _("The mean of the periods that a project reported counts."),
}
_PLACE = {
    Across.SUM: lambda: _("Then the projects are added together."),
    Across.MAX: lambda: _("Then the highest of the projects is taken."),
    Across.MEAN: lambda: _("Then the mean of the projects that have a value is taken."),
    Across.NONE: lambda: _(
        "Projects are not added together: where several have a value, each stands for itself."
    ),
}
_DUE = {
    Frequency.EACH: lambda: _("It is reported every period."),
    Frequency.HALF: lambda: _("It is reported for the last period of each half-year."),
    Frequency.YEAR: lambda: _("It is reported for the last period of each year."),
}


def formula(indicator: Indicator) -> list[str]:
    """How a figure of the indicator comes about, sentence by sentence."""
    sentences = []
    if indicator.is_headline:
        sentences.append(
            _(
                "A headline: it takes every result of the indicators that feed it, each once; "
                "nothing is entered on it."
            )
        )
    if indicator.kind == Kind.PERCENTAGE:
        sentences.append(
            _("What a project reports in each period is added up, numerator and denominator apart.")
            if indicator.over_time == OverTime.SUM
            else _("The last numerator and denominator that a project reported count.")
        )
        sentences.append(
            _(
                "Then all numerators together are divided by all denominators together; "
                "percentages are never averaged."
            )
        )
    elif indicator.kind == Kind.DISTINCT:
        sentences.append(
            _("Everything that projects ever listed is counted, each thing once.")
            if indicator.over_time == OverTime.SUM
            else _("What stands on each project's latest list is counted, each thing once.")
        )
        sentences.append(
            _(
                "Where a source gives only a number, it is added as unnamed, since nobody can "
                "tell whether it overlaps."
            )
        )
    elif indicator.kind == Kind.RATING:
        sentences.append(
            _("Each project's latest rating is counted at its level; ratings are never averaged.")
        )
    else:
        sentences.append(_TIME[OverTime(indicator.over_time)]())
        sentences.append(_PLACE[Across(indicator.across)]())
    return sentences


def method(indicator: Indicator) -> list[str]:
    """The whole method: how figures come about, which way is better, and how often it is due."""
    sentences = formula(indicator)
    if indicator.kind != Kind.RATING:
        sentences.append(
            _("Higher is better.")
            if indicator.direction == Direction.INCREASE
            else _("Lower is better.")
        )
    sentences.append(_DUE[Frequency(indicator.frequency)]())
    return sentences
