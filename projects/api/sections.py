"""What each section of a project document holds, for the schema: its form and an example."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.choices import PartnerKind, Rank

TEXT = {"type": "string"}
CODE = {"type": "string", "description": "A code of the plan."}
DAY = {"type": "string", "description": "2021-03-31, or empty."}
NUMBER = {
    "oneOf": [{"type": "string"}, {"type": "number"}],
    "description": "A decimal, kept as text; empty where it is not known.",
}
SCORE = {"type": "string", "description": "0 to 3, or empty."}
COUNTRY = {"type": "string", "description": "Three letters."}
BY_LANGUAGE = {"type": "object", "additionalProperties": TEXT}


def _parts(**parts: Any) -> dict[str, Any]:
    return {"type": "object", "properties": parts}


def _rows(**parts: Any) -> dict[str, Any]:
    return {"type": "array", "items": _parts(**parts), "maxItems": 200}


# Of each section, its form and what it may hold.
SECTIONS: dict[str, tuple[dict[str, Any], Any]] = {
    "basics": (
        _parts(title=BY_LANGUAGE, summary=BY_LANGUAGE, start=DAY, end=DAY),
        {
            "title": {"en": "Safe streets"},
            "summary": {"en": "Streets are made safe with those who live in them."},
            "start": "2020-02-01",
            "end": "2021-06-30",
        },
    ),
    "places": (
        _parts(
            countries={"type": "array", "items": COUNTRY},
            cities={"type": "array", "items": _parts(country=COUNTRY, name=TEXT)},
        ),
        {"countries": ["KEN"], "cities": [{"country": "KEN", "name": "Nairobi"}]},
    ),
    "outcomes": (
        _rows(
            outcome=CODE,
            rank={"type": "string", "enum": list(Rank.values)},
            why=TEXT,
            share=NUMBER,
        ),
        [{"outcome": "1.1", "rank": "primary", "why": "It opens public space", "share": "100"}],
    ),
    "about": (
        _parts(
            named={"type": "object", "additionalProperties": TEXT},
            markers={"type": "object", "additionalProperties": {"type": "string"}},
            tools={"type": "array", "items": CODE},
            flagship=TEXT,
            covid=TEXT,
            covid_share=NUMBER,
            innovation=SCORE,
            innovation_text=TEXT,
            replication=SCORE,
            replication_text=TEXT,
        ),
        {"named": {"DRV-LEG": "It drafts by-laws"}, "markers": {}, "covid": "not_part"},
    ),
    "budget": (
        _rows(
            year={"oneOf": [{"type": "string"}, {"type": "integer"}]},
            donor=TEXT,
            earmarked={"oneOf": [{"type": "string", "enum": ["yes", "no"]}, {"type": "boolean"}]},
            currency=TEXT,
            amount=NUMBER,
            month={"type": "string", "description": "2021-03, of the rate; empty: this month."},
            rate={**NUMBER, "readOnly": True},
            usd={**NUMBER, "readOnly": True},
        ),
        [{"year": "2020", "donor": "Norway", "earmarked": "yes", "amount": "70000"}],
    ),
    "partners": (
        _rows(
            name=TEXT,
            kind={"type": "string", "enum": list(PartnerKind.values)},
            what=TEXT,
            is_another={
                "type": "boolean",
                "description": "Where a registered partner has nearly the same name.",
            },
        ),
        [
            {
                "name": "City of Nairobi",
                "kind": "local_government",
                "what": "Builds the crossings",
            }
        ],
    ),
    "logframe": (
        _rows(indicator=CODE, country=COUNTRY, city=TEXT, baseline=NUMBER, target=NUMBER, by=DAY),
        [{"indicator": "STREETS", "country": "KEN", "target": "12", "by": "2021-06-30"}],
    ),
}


@extend_schema_field(
    {"oneOf": [{**form, "title": name} for name, (form, _example) in SECTIONS.items()]}
)
class SectionContent(serializers.JSONField):
    """A section, in the form that its name says; `projects.documents.sections` reads it."""


@extend_schema_field(_parts(**{name: form for name, (form, _example) in SECTIONS.items()}))
class DocumentContent(serializers.JSONField):
    """The sections that are written so far, by name."""
