"""What a figure is made of, as a table: the rows of the page "why this number"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habitat_tracker.wording import said_day, said_moment
from outcomes.choices import Kind
from reporting import words
from reporting.lineage import Contribution, Explanation, named
from reporting.selection import Selection

from .tables import Cell, Table

# So many rows get their names and people at once.
_AT_A_TIME = 500


def contributions_table(explanation: Explanation, selection: Selection) -> Table:
    """Every contribution of a figure with what it adds, below what the figure is.

    Numbers are exact where six decimals hold them. What the reader may not see is counted and
    not named, as on the page.
    """
    indicator = explanation.indicator
    title = f"{indicator.code} {indicator.title}"
    if explanation.cell_name:
        title = f"{title}, {explanation.cell_name}"
    until = said_day(selection.period.end)
    figure = explanation.figure
    notes = [
        (_("Indicator"), title),
        (_("Figure"), explanation.text),
        (_("Scope"), selection.scope.name),
        (_("Period"), _("to date, up to %(until)s") % {"until": until}),
        (_("Basis"), str(selection.basis.label)),
        (_("How it comes about"), " ".join(explanation.formula)),
        (_("Coverage"), words.coverage(figure.reported, figure.expected)),
        (_("As of"), _moment(selection)),
    ]
    if explanation.updating:
        soon = _("Updating: a result has just changed. These figures follow in a moment.")
        notes.append((_("Note"), soon))
    columns = [
        _("Project code"),
        _("Project"),
        _("Indicator"),
        _("Place"),
        _("Period"),
        _("Qualifier"),
        _("Numerator") if indicator.kind == Kind.PERCENTAGE else _("Value"),
        _("Denominator"),
        _("What it adds"),
        _("Rating"),
        _("Things"),
        _("Unnamed"),
        _("Led by"),
        _("Delivered with (share)"),
        _("Approved or submitted by"),
        _("On"),
        _("Remark"),
    ]
    return Table(indicator.code, notes, columns, _rows(explanation))


def file_name(explanation: Explanation, selection: Selection, ending: str) -> str:
    """What the file is, in its name: plan, indicator, category, scope, period, basis, moment."""
    parts = [selection.plan.code, explanation.indicator.code, explanation.cell]
    parts += [selection.scope.code, selection.period.label, selection.basis.word]
    if selection.moment is not None:
        parts.append(f"as-of-{selection.moment:%Y-%m-%dT%H%M%S}")
    name = "_".join(part.replace("/", "-") for part in parts if part)
    return f"{get_valid_filename(name)}.{ending}"


def _moment(selection: Selection) -> str:
    if selection.as_of and not selection.is_within_a_day:
        return _("As of the end of %(day)s (UTC).") % {"day": said_day(selection.as_of)}
    moment = said_moment(selection.moment or timezone.now())
    return _("As of %(moment)s (UTC).") % {"moment": moment}


def _rows(explanation: Explanation) -> Iterator[list[Cell]]:
    left = iter(explanation.contributions)
    while some := list(islice(left, _AT_A_TIME)):
        for one in named(some):
            yield _row(one, explanation)


def _row(one: Contribution, explanation: Explanation) -> list[Cell]:
    kind = explanation.indicator.kind
    adds = one.is_counted and kind != Kind.RATING and not explanation.figure.is_not_added_up
    if one.is_hidden:
        whose = _("A result of another office that is not yet approved")
        empty: list[Cell] = [None] * 6
        return [
            *("", whose, "", "", str(one.period), "", None, None),
            _number(one.counted) if adds else None,
            *empty,
            *(None, ""),
        ]
    who, on = _approval(one)
    is_ratio = kind == Kind.PERCENTAGE
    value = one.posted.numerator if is_ratio else one.value
    return [
        one.line.project.code if one.line else one.posted.source,
        str(one.line.project.title) if one.line else "",
        one.line.indicator.code if one.line else "",
        one.line.place_name if one.line else "",
        str(one.period),
        str(one.qualifier.label) if one.qualifier else "",
        None if kind == Kind.RATING else _number(value),
        _number(one.posted.denominator) if is_ratio else None,
        _number(one.counted) if adds else None,
        _rating(one) if kind == Kind.RATING else "",
        "; ".join(str(thing) for thing in one.things),
        _number(one.posted.unnamed) if kind == Kind.DISTINCT else None,
        one.result.led_by if one.result else "",
        one.result.delivered_with if one.result else "",
        who,
        on,
        _remark(one),
    ]


def _number(value: Fraction | None) -> Decimal | None:
    text = words.plain_decimal(value)
    return None if text is None else Decimal(text)


def _rating(one: Contribution) -> str:
    return str((one.result and one.result.rating) or one.posted.rating)


def _approval(one: Contribution) -> tuple[str, Cell]:
    result = one.result
    if result is None:
        return "", None
    by, at = result.approved_by, result.approved_at
    if by is None:
        by, at = result.submitted_by, result.submitted_at
    return (str(by), timezone.localdate(at) if at else None) if by else ("", None)


def _remark(one: Contribution) -> str:
    parts = []
    if one.is_shared and one.line:
        parts.append(_("shared: recorded on %(code)s") % {"code": one.line.indicator.code})
    if one.already:
        parts.append(
            ngettext("%(n)s listed earlier already", "%(n)s listed earlier already", one.already)
            % {"n": one.already}
        )
    if one.remark:
        parts.append(one.remark)
    if one.correction:
        parts.append(one.correction)
    return " · ".join(parts)
