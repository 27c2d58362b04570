"""The map of what was delivered where: a picture with a sentence, beside the table of cities.

Boundaries are those of Natural Earth, drawn nearer to the views of the United Nations (see
docs/data.md); under every map stands `DISCLAIMER`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from habitat_tracker.wording import number
from projects.cities import CityRow

from .charts import ACCENT, FONT, INK

WORLD = Path(__file__).parent / "data" / "world.json"
DISCLAIMER = gettext_lazy(
    "The boundaries and names shown and the designations used on this map do not imply official "
    "endorsement or acceptance by the United Nations."
)
LAND, SERVED = "#e4e9ed", "#b9dbec"
# Turned a little, so that the edge runs through the Bering Strait and cuts no country.
_WORLD_AT_ONCE = {"type": "equalEarth", "rotate": [-11, 0, 0]}


@cache
def _world() -> dict[str, Any]:
    """The countries as TopoJSON, each with its ISO code as `id`."""
    return dict(json.loads(WORLD.read_text(encoding="utf-8")))


@cache
def _drawn() -> frozenset[str]:
    """The ISO codes of the countries that have a shape."""
    return frozenset(one["id"] for one in _world()["objects"]["countries"]["geometries"])


def cities_summary(rows: Sequence[CityRow]) -> str:
    """What the map shows, in a sentence or two."""
    countries = {row.country.pk for row in rows}
    count = sum(row.count for row in rows)
    text = _("%(deliverables)s in %(cities)s of %(countries)s.") % {
        "deliverables": ngettext("%(n)s deliverable", "%(n)s deliverables", count)
        % {"n": number(count)},
        "cities": ngettext("%(n)s city", "%(n)s cities", len(rows)) % {"n": number(len(rows))},
        "countries": str(rows[0].country)
        if len(countries) == 1
        else ngettext("%(n)s country", "%(n)s countries", len(countries))
        % {"n": number(len(countries))},
    }
    unplaced = sum(row.city.latitude is None for row in rows)
    if unplaced:
        told = ngettext(
            "Of %(n)s city it is not said where it lies: only its country is marked.",
            "Of %(n)s cities it is not said where they lie: only their countries are marked.",
            unplaced,
        )
        text += " " + told % {"n": number(unplaced)}
    return text


def cities_spec(rows: Sequence[CityRow], *, small: bool = False) -> dict[str, Any]:
    """The world with a circle at each city, its area as the number of deliverables.

    Where all lies in one country, that country alone, with the names of its cities.
    """
    served = sorted({row.country.iso3 for row in rows} & _drawn())
    points = [
        {
            "latitude": float(row.city.latitude),
            "longitude": float(row.city.longitude),
            "count": row.count,
            "name": str(row.city),
        }
        for row in sorted(rows, key=lambda row: -row.count)
        if row.city.latitude is not None and row.city.longitude is not None
    ]
    alone = len({row.country.pk for row in rows}) == 1 and bool(served)
    width, height = (360, 240) if small else (340, 340) if alone else (960, 480)
    most = max((row.count for row in rows), default=1)
    place = {
        "latitude": {"field": "latitude", "type": "quantitative"},
        "longitude": {"field": "longitude", "type": "quantitative"},
    }
    layers = [] if alone else [_shapes(LAND)]
    if served:
        layers.append(_shapes(SERVED, served))
    layers.append(
        {
            "data": {"values": points},
            "mark": {
                "type": "circle",
                "color": ACCENT,
                "opacity": 0.8,
                "stroke": "white",
                "strokeWidth": 1,
            },
            "encoding": {
                **place,
                "size": {
                    "field": "count",
                    "type": "quantitative",
                    "scale": {"domain": [0, most], "range": [0, 200 if small else 500]},
                    "legend": None,
                },
            },
        }
    )
    if alone:
        layers.append(
            {
                "data": {"values": points},
                "mark": {"type": "text", "align": "left", "dx": 12, "color": INK, "fontSize": 13},
                "encoding": {**place, "text": {"field": "name"}},
            }
        )
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        # Room for a name beside the easternmost city.
        "padding": {"left": 4, "top": 4, "bottom": 4, "right": 80 if alone else 4},
        "background": "white",
        "datasets": {"world": _world()},
        "projection": _projection(points) if alone else _WORLD_AT_ONCE,
        "config": {"font": FONT, "view": {"stroke": None}},
        "layer": layers,
    }


def _projection(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """That of one country, turned to its cities so that the date line does not cut it."""
    middle = sum(point["longitude"] for point in points) / len(points) if points else 0.0
    return {"type": "mercator", "rotate": [-round(middle, 1), 0, 0]}


def _shapes(colour: str, only: Sequence[str] = ()) -> dict[str, Any]:
    """Countries in one colour, all or those of some codes."""
    layer: dict[str, Any] = {
        "data": {"name": "world", "format": {"type": "topojson", "feature": "countries"}},
        "mark": {"type": "geoshape", "fill": colour, "stroke": "white", "strokeWidth": 0.6},
    }
    if only:
        layer["transform"] = [{"filter": {"field": "id", "oneOf": list(only)}}]
    return layer
