"""Figures in templates: exact numbers as text, statuses, spreads and progress bars.

Bars are SVG with their sizes in attributes: the content security policy forbids inline styles.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from habitat_tracker import wording
from habitat_tracker.links import is_web_address
from habitat_tracker.names import by_name
from outcomes.choices import Kind
from outcomes.models import Indicator
from plans.models import StrategicPlan
from reporting import words
from reporting.lineage import Contribution, Explanation
from reporting.progress import Progress, Spread, Status
from reporting.selection import Selection

register = template.Library()
CHINESE = re.compile("[\u4e00-\u9fff]")

register.filter("by_name", by_name)
register.filter("number", words.number)
register.filter("position", words.position)
register.filter("share", words.share)
register.filter("spread_text", words.spread_text)
register.filter("statuses_text", words.statuses_text)
register.filter("sentence", words.sentence)
register.filter("stated_text", words.stated_text)
register.simple_tag(words.coverage, name="coverage")
register.simple_tag(words.figure_text, name="figure_text")
register.simple_tag(words.period_text, name="period_text")


@register.filter
def linked(source: str, plan: StrategicPlan) -> SafeString:
    """Where something is stated, in words; what the plan knows the address of is a link."""
    addresses = {
        one["label"]: one["url"]
        for one in plan.sources.values()
        if is_web_address(one.get("url", ""))
    }
    return format_html_join(
        "; ",
        "{}",
        (
            [format_html('<a href="{}" rel="noopener noreferrer">{}</a>', addresses[part], part)]
            if part in addresses
            else [part]
            for part in source.split("; ")
        ),
    )


# Statuses with one colour in a spread.
_COLOUR = {
    Status.ACHIEVED: "achieved",
    Status.MAINTAINED: "achieved",
    Status.ON_TRACK: "on_track",
    Status.DELAYED: "delayed",
    Status.OFF_TRACK: "off_track",
    Status.REGRESSED: "off_track",
    Status.NOT_MAINTAINED: "off_track",
}


@register.filter
def amount(value: Fraction | Decimal | None, indicator: Indicator) -> str:
    """A value with the indicator's decimals and, for percentages, its sign."""
    return words.amount(value, indicator)


@register.filter
def day(value: date | None) -> str:
    """A day as “31 Mar 2021”, in the reader's language."""
    return wording.said_day(value) if value else ""


@register.filter
def quoted(quote: object) -> SafeString:
    """The words of a source; of a Chinese one readers of other languages are told so."""
    text = str(quote)
    if CHINESE.search(text) and not (get_language() or "").startswith("zh"):
        told = _("In the original, in Chinese:")
        return format_html(
            '<span class="muted">{} <span lang="zh-Hans">{}</span></span>', told, text
        )
    return format_html('<span class="muted">{}</span>', text)


@register.filter
def under(cells: list[Any], heads: list[str]) -> list[tuple[str, Any]]:
    """The cells of a row, each with what heads its column."""
    return list(zip(heads, cells, strict=True))


@register.filter
def loosely(written: str) -> str:
    """A day, a month or a year as a document gives it, in the reader's language."""
    return wording.said_loosely(written)


@register.simple_tag
def this_moment() -> str:
    """Now as “31 Mar 2021, 14:05”, in the reader's language."""
    return wording.said_moment(timezone.now())


@register.filter
def period(label: str) -> str:
    """A period's label as pages write it: 2026 Q2."""
    return label.replace("-", " ")


@register.filter
def month(value: date | None) -> str:
    """A month as “Dec 2023”, in the reader's language."""
    return wording.said_month(value) if value else ""


@register.filter
def status(value: str) -> SafeString:
    """A status as a word, a shape and a colour."""
    known = Status(value)
    return format_html('<span class="st {}">{}</span>', known.value, known.label)


@register.simple_tag
def spread_bar(spread: Spread) -> SafeString:
    """How many indicators stand at each status, as a bar; hatched where nothing can be said."""
    if not spread.indicators:
        return SafeString("")
    parts, start = [], Fraction(0)
    for name, count in words.in_order(spread.counts):
        width = Fraction(100 * count, spread.indicators)
        colour = _COLOUR.get(name, "none")
        fill = SafeString(' fill="url(#hatch)"') if colour == "none" else ""
        colour = "hatched" if colour == "none" else colour
        parts.append((f"{float(start):.2f}%", f"{float(width):.2f}%", colour, fill))
        start += width
    return format_html(
        '<svg class="spread" height="10" role="img" aria-label="{}">{}</svg>',
        words.spread_text(spread),
        format_html_join(
            "",
            '<rect x="{}" width="{}" height="10" class="{}"{} stroke="#fff" stroke-width="2"/>',
            parts,
        ),
    )


@register.simple_tag
def progress_bar(progress: Progress) -> SafeString:
    """Progress as a bar, with a mark for where it should stand by now."""
    if progress.progress is None:
        return SafeString("")
    label = _("%(progress)s of the way") % {"progress": words.share(progress.progress)}
    mark = SafeString("")
    if progress.expected is not None:
        label += "; " + _("%(expected)s expected by now") % {
            "expected": words.share(progress.expected)
        }
        due = min(max(progress.expected, Fraction(0)), Fraction(100))
        mark = format_html('<rect class="due" x="{}%" width="2" height="14"/>', f"{float(due):.2f}")
    return format_html(
        '<svg class="bar" height="14" role="img" aria-label="{}">'
        '<rect class="rail" y="3" width="100%" height="8" rx="4"/>'
        '<rect class="done" y="3" width="{}%" height="8" rx="4"/>{}</svg>',
        label,
        f"{float(progress.capped or 0):.2f}",
        mark,
    )


@register.simple_tag
def why(figure: Any, indicator: Indicator, selection: Selection, **choice: Any) -> SafeString:
    """A figure that opens to what it is made of."""
    text = words.figure_text(figure, indicator)
    muted = "" if figure.to_date is not None else " muted"
    return format_html(
        '<a class="fig{}" href="{}" aria-label="{}">{}</a>',
        muted,
        selection.why_url(indicator, cell=figure.cell, **choice),
        _("%(figure)s: why?") % {"figure": text},
        text,
    )


@register.simple_tag
def query(selection: Selection, **choice: Any) -> str:
    """The selection as the query of a link, with something else chosen."""
    return selection.query_with(**choice)


@register.simple_tag
def query_page(selection: Selection, page: int, cell: str = "") -> str:
    """The query of another page of a figure's contributions."""
    return selection.query_with(cell=cell, page=page)


@register.simple_tag
def why_url(selection: Selection, indicator: Indicator, cell: str, basis: str) -> str:
    """The address of the same figure's lineage on another basis."""
    return selection.why_url(indicator, cell=cell, basis=basis)


@register.simple_tag
def contributions_url(selection: Selection, indicator: Indicator, cell: str, kind: str) -> str:
    """The address of a figure's contributions as a file (csv, xlsx), with all of it named."""
    query = urlencode({**selection.complete, **({"cell": cell} if cell else {})})
    return (
        reverse(f"reporting:why_{kind}", args=[selection.plan.code, indicator.code]) + f"?{query}"
    )


@register.simple_tag(takes_context=True)
def project_link(context: Any, line: Any) -> SafeString:
    """A project's title, linked to its page."""
    project = line.project
    try:
        url = reverse("projects:project", args=[context["plan"].code, project.code])
    except NoReverseMatch:
        return format_html("<span>{}</span>", project.title)
    return format_html('<a href="{}">{}</a>', url, project.title)


@register.simple_tag
def contribution_text(one: Contribution, explanation: Explanation) -> str:
    """What a result adds to a figure, in words; with its own value where the two differ."""
    indicator = explanation.indicator
    if indicator.kind == Kind.RATING:
        rating = one.result.rating if one.result else None
        return str(rating or one.posted.rating)
    if indicator.kind == Kind.PERCENTAGE:
        parts = {
            "numerator": words.number(one.posted.numerator, 6),
            "denominator": words.number(one.posted.denominator, 6),
        }
        return words.qualified(_("%(numerator)s of %(denominator)s") % parts, one.qualifier)
    value = words.qualified(words.number(one.value, 6), one.qualifier)
    if one.is_counted and not explanation.figure.is_not_added_up and one.counted != one.value:
        return _("%(counted)s (reported: %(value)s)") % {
            "counted": words.number(one.counted, 6),
            "value": value,
        }
    return value
