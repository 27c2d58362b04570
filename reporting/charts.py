"""Charts: one specification (Vega-Lite) for pages and documents, drawn on the server.

A chart is a picture with a summary in one sentence and a table beside it; it needs no script.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import gettext as _

from . import words
from .pages import Trend

FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
INK, QUIET, LINE, ACCENT, TARGET = "#14222e", "#4a5a67", "#d9e0e5", "#00679a", "#8a5200"
KEPT_FOR = 24 * 3600


def summary(trend: Trend) -> str:
    """What the chart shows, in one sentence."""
    title = str(trend.indicator.title)
    known = [(period, figure) for period, figure in trend.points if figure.to_date is not None]
    if not known:
        return _("%(title)s: nothing reported so far.") % {"title": title}
    (first, start), (last, end) = known[0], known[-1]
    values = {
        "title": title,
        "first": first,
        "start": words.figure_text(start, trend.indicator),
        "last": last,
        "end": words.figure_text(end, trend.indicator),
    }
    text = (
        _("%(title)s: %(end)s in %(last)s.") % values
        if first == last
        else _("%(title)s: from %(start)s in %(first)s to %(end)s in %(last)s.") % values
    )
    target = trend.yardstick.target
    if target is not None:
        text += " " + _("The target for %(year)s is %(value)s.") % {
            "year": target.date.year,
            "value": words.amount(target.value, trend.indicator),
        }
    return text


def trend_spec(trend: Trend, *, small: bool = False) -> dict[str, Any]:
    """The figures to date by period, with baseline and target where they are set."""
    indicator = trend.indicator
    lines = _lines(trend)
    labels = [str(period) for period, _figure in trend.points]
    points = [
        {
            "period": str(period),
            "value": float(figure.to_date),
            "text": words.figure_text(figure, indicator),
        }
        for period, figure in trend.points
        if figure.to_date is not None
    ]
    scale = _room([float(row.value) for row, _label in lines], points)
    low, high = scale["domain"]
    x = {
        "field": "period",
        "type": "ordinal",
        "scale": {"domain": labels},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True, "domainColor": LINE},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": scale,
        "axis": {
            "title": None,
            "values": _ticks(low, high, 3 if small else 4, whole=_is_whole(trend)),
            "domain": False,
            # 1500000 as 1.5M; what is below a thousand as it is.
            "labelExpr": "format(datum.value, abs(datum.value) < 1000 ? '~f' : '~s')",
        },
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": points},
            "mark": {"type": "line", "color": ACCENT, "strokeWidth": 2},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "color": ACCENT, "size": 40, "opacity": 1},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": points[-1:]},
            "mark": {
                "type": "text",
                "align": "right",
                "dy": -12,
                "dx": 4,
                "color": INK,
                "fontWeight": 600,
                "fontSize": 13,
            },
            "encoding": {"x": x, "y": y, "text": {"field": "text"}},
        },
    ]
    for row, label in lines:
        layers.append(_line(float(row.value), label))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 300 if small else 520,
        "height": 140 if small else 180,
        "padding": 4,
        "background": "white",
        "config": {
            "font": FONT,
            "axis": {
                "labelFontSize": 12,
                "labelColor": QUIET,
                "gridColor": "#edf1f4",
                "ticks": False,
                "labelPadding": 6,
            },
            "view": {"stroke": None},
        },
        "layer": layers,
    }


def _room(lines: list[float], points: list[dict[str, Any]]) -> dict[str, Any]:
    """The scale from 0 (or below), with room for a label above the highest value."""
    values = [*lines, *(point["value"] for point in points), 0.0]
    return {"domain": [min(values), (max(values) or 1) * 1.18], "nice": False, "zero": True}


def _is_whole(trend: Trend) -> bool:
    """Whether only whole numbers make sense on the axis: things and whole amounts."""
    return not words.is_percent(trend.indicator) and all(
        figure.to_date is None or figure.to_date.denominator == 1
        for _period, figure in trend.points
    )


def _ticks(low: float, high: float, about: int, *, whole: bool) -> list[float]:
    """Round numbers across a scale: a step of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * times for times in (1, 2, 5, 10)), key=lambda one: abs(one - rough))
    step = max(1, round(step)) if whole else step
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(step * at, 10) for at in range(first, last + 1)]


def _lines(trend: Trend) -> list[tuple[Any, str]]:
    """Baseline and target, with what stands beside their lines."""
    lines = []
    baseline, target = trend.yardstick.baseline, trend.yardstick.target
    if baseline is not None:
        value = words.amount(baseline.value, trend.indicator)
        lines.append((baseline, _("Baseline: %(value)s") % {"value": value}))
    if target is not None:
        values = {
            "year": target.date.year,
            "value": words.amount(target.value, trend.indicator),
        }
        lines.append((target, _("Target %(year)s: %(value)s") % values))
    return lines


def _line(value: float, label: str) -> dict[str, Any]:
    """A dashed line across, with its label above its start."""
    return {
        "data": {"values": [{"value": value, "label": label}]},
        "encoding": {"y": {"field": "value", "type": "quantitative"}},
        "layer": [
            {"mark": {"type": "rule", "color": TARGET, "strokeDash": [5, 4]}},
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dy": -7,
                    "x": 4,
                    "color": TARGET,
                    "fontSize": 12,
                },
                "encoding": {"text": {"field": "label"}},
            },
        ],
    }


def fingerprint(spec: dict[str, Any]) -> str:
    """Changes when anything that is drawn changes."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:32]


def picture(request: HttpRequest, spec: dict[str, Any]) -> HttpResponse:
    """The chart for a reader's browser, which sends it again only where it has changed."""
    tag = f'"{fingerprint(spec)}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers={"ETag": tag})
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return HttpResponse(draw(spec), content_type="image/svg+xml", headers=headers)


def draw(spec: dict[str, Any]) -> str:
    """The chart as SVG; drawn once and kept for a day under its fingerprint."""
    import vl_convert

    key = f"chart:{fingerprint(spec)}"
    drawn = cache.get(key)
    if drawn is None:
        drawn = vl_convert.vegalite_to_svg(spec)
        cache.set(key, drawn, KEPT_FOR)
    return str(drawn)
