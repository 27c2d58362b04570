"""What somebody changed in a section of a project document, for the record of acts.

It is told in codes, numbers and days as they are kept, so that each reader has it in their own
language (`accounts.activity_words`). A change is named `content.FIELD.WHAT`: the rank of outcome
1.1 is `content.rank.1.1`, the target in Kenya `content.target.STREETS KEN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from habitat_tracker.accounts.changes import Changes, Told, text_of
from projects.actions.exchange import DOLLAR
from projects.choices import Section

Flat = dict[str, Told]


def section_changes(section: str, before: Any, after: Any) -> Changes:
    """What differs between two states of a section; none is a section that nobody wrote."""
    read = _READERS[Section(section)]
    was, now = (read(kept) if kept else {} for kept in (before, after))
    return {
        f"content.{name}": [was.get(name), now.get(name)]
        for name in [*was, *(name for name in now if name not in was)]
        if was.get(name) != now.get(name)
    }


def _named(field: str, *what: str) -> str:
    return ".".join([field, " ".join(filter(None, what))])


def _basics(kept: Mapping[str, Any]) -> Flat:
    texts = {
        _named(name, language): text
        for name in ("title", "summary")
        for language, text in kept[name].items()
    }
    return texts | {name: text_of(kept[name]) for name in ("start", "end")}


def _places(kept: Mapping[str, Any]) -> Flat:
    cities = [f"{one['name']}, {one['country']}" for one in kept["cities"]]
    return {"countries": text_of(kept["countries"]), "cities": text_of(cities)}


def _outcomes(kept: list[Mapping[str, str]]) -> Flat:
    fields = {"rank": "rank", "justification": "why", "shares": "share"}
    return {
        _named(field, one["outcome"]): text_of(one[name])
        for one in kept
        for field, name in fields.items()
    }


def _about(kept: Mapping[str, Any]) -> Flat:
    parts: Flat = {_named("theme", code): text_of(why) for code, why in kept["named"].items()}
    parts |= {_named("marker", code): text_of(one) for code, one in kept["markers"].items()}
    return parts | {
        name: text_of(value) for name, value in kept.items() if name not in ("named", "markers")
    }


def _budget(kept: list[Mapping[str, Any]]) -> Flat:
    told: Flat = {}
    for one in kept:
        line = str(one["year"]), one["donor"], one["currency"]
        field = "earmarked" if one["earmarked"] else "not_earmarked"
        converted = one["amount"] if one["currency"] == DOLLAR else _converted(one)
        told[_named(field, *line)] = converted
    return told


def _converted(line: Mapping[str, Any]) -> str:
    return f"{line['currency']} {line['amount']} = {DOLLAR} {line['usd']} ({line['month']})"


def _partners(kept: list[Mapping[str, str]]) -> Flat:
    return {
        _named(name, one["name"]): text_of(one[name]) for one in kept for name in ("kind", "what")
    }


def _logframe(kept: list[Mapping[str, str]]) -> Flat:
    told: Flat = {}
    for one in kept:
        row = one["indicator"], one["country"], one["city"]
        told[_named("line", *row)] = "yes"
        for field, name in (("baseline", "baseline"), ("target", "target"), ("due", "by")):
            told[_named(field, *row)] = text_of(one[name])
    return told


_READERS: dict[Section, Callable[[Any], Flat]] = {
    Section.BASICS: _basics,
    Section.PLACES: _places,
    Section.OUTCOMES: _outcomes,
    Section.ABOUT: _about,
    Section.BUDGET: _budget,
    Section.PARTNERS: _partners,
    Section.LOGFRAME: _logframe,
}
