"""What a sheet says of one result, and what is stored, in one form that can be compared."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from habitat_tracker.errors import InvalidInput
from habitat_tracker.fields import parse_decimal, plain
from outcomes.choices import Kind, Qualifier, State
from outcomes.models import Indicator, Thing
from plans.models import ReportingPeriod
from projects.actions import ResultInput
from projects.models import ProjectIndicator, Result

_AND_LINK = "link"
# A number, or numerator and denominator.
Pair = tuple[str, str]
# Things by kind, and by name in small letters.
Things = Mapping[str, Mapping[str, Thing]]


@dataclass(frozen=True)
class Content:
    """A result's content as texts, as somebody types it.

    `value` is a quantity, a numerator, how many things have no names, or the code of a rating
    level; `denominator` only a percentage has. `parts` are by category code.
    """

    state: str = State.REPORTED
    value: str = ""
    denominator: str = ""
    names: tuple[str, ...] = ()
    qualifier: str = Qualifier.EXACT.word
    narrative: str = ""
    parts: Mapping[str, Pair] = field(default_factory=dict)

    @classmethod
    def of(cls, result: Result | None, indicator: Indicator, *, by_key: bool = False) -> Content:
        """What a result says; nothing where there is none. `by_key`: things by their keys.

        What is counted from the register of deliverables is not typed, so it is left out.
        """
        if result is None:
            return cls()
        said: dict[str, Any] = {
            "state": result.state,
            "qualifier": Qualifier(result.qualifier).word,
            "narrative": result.narrative,
        }
        if indicator.counts_from:
            return cls(**said)
        things = result.things.all()
        return cls(
            **said,
            value=_value(result, indicator.kind),
            denominator=plain(result.denominator),
            names=tuple(thing.key for thing in things) if by_key else _said_apart(things),
            parts={
                cell.category.code: (
                    plain(cell.value if cell.denominator is None else cell.numerator),
                    plain(cell.denominator),
                )
                for cell in result.cells.all()
            },
        )

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Content:
        """As it was kept."""
        parts = {code: (one[0], one[1]) for code, one in held["parts"].items()}
        return cls(**{**held, "names": tuple(held["names"]), "parts": parts})

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return asdict(self)

    def digest(self, known: Mapping[str, Thing] | None = None) -> str:
        """The content in sixteen letters: the same content, the same digest.

        However numbers are spelled and in whatever order names stand. `known` are things by
        their names in small letters, so that a name in another language is the same thing.
        """
        things = known or {}
        said: dict[str, Any] = {
            "state": self.state,
            "value": _number(self.value),
            "denominator": _number(self.denominator),
            "names": sorted(
                {things[name].key.casefold() if name in things else name for name in self._names()}
            ),
            "qualifier": self.qualifier if self.state == State.REPORTED else "",
            "narrative": _text(self.narrative),
            "parts": sorted(
                (code, _number(value), _number(denominator))
                for code, (value, denominator) in self.parts.items()
                if value or denominator
            ),
        }
        return short(json.dumps(said, sort_keys=True, ensure_ascii=False))

    def seen(self, link: str, known: Mapping[str, Thing] | None = None) -> str:
        """What a sheet shows of it, and the link beside it; never a number to a spreadsheet."""
        return f"{self.digest(known)}{_AND_LINK}{short(link)}"

    def _names(self) -> Iterable[str]:
        return (name.casefold() for name in self.names)

    def entry(
        self,
        line: ProjectIndicator,
        period: ReportingPeriod,
        *,
        version: int,
        draft: Result | None,
        things: Things,
    ) -> ResultInput:
        """The content for the action, with what a sheet does not hold taken from the draft."""
        kind = line.indicator.kind
        is_ratio = kind == Kind.PERCENTAGE
        known = with_listed(things.get(counted_kind(line.indicator), {}), draft)
        named = {Kind.QUANTITY: "value", Kind.PERCENTAGE: "numerator", Kind.RATING: "rating"}
        content: dict[str, Any] = {named.get(Kind(kind), "unnamed"): self.value}
        return ResultInput(
            line=line,
            period=period,
            state=self.state,
            denominator=self.denominator or None,
            things=[known.get(name.casefold(), name) for name in self.names],
            qualifier=self.qualifier,
            narrative=self.narrative,
            cells={
                code: {"numerator": value, "denominator": of} if is_ratio else value
                for code, (value, of) in self.parts.items()
                if value or of
            },
            credits=list(draft.credits.all()) if draft else [],
            version=version,
            window_start=draft.window_start if draft else None,
            window_end=draft.window_end if draft else None,
            **content,
        )


def _said_apart(things: Iterable[Thing]) -> tuple[str, ...]:
    """Names, one a line; the keys of those that are called alike."""
    named = [(thing, " ".join(str(thing).split())) for thing in things]
    often = Counter(name.casefold() for _thing, name in named)
    return tuple(thing.key if often[name.casefold()] > 1 else name for thing, name in named)


def with_listed(known: Mapping[str, Thing], result: Result | None) -> Mapping[str, Thing]:
    """Things by their names, where a name is first of all that of one the result lists."""
    if result is None:
        return known
    listed = {
        " ".join(name.split()).casefold(): thing
        for thing in result.things.all()
        for name in (*thing.name.values(), thing.key)
    }
    called = zip(_said_apart(result.things.all()), result.things.all(), strict=True)
    return {**known, **listed, **{name.casefold(): thing for name, thing in called}}


def short(text: str) -> str:
    """A text in sixteen letters; the same text, the same letters."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def content_and_link(seen: str) -> tuple[str, str]:
    """The digests of content and link that a sheet was downloaded with."""
    content, _and, link = seen.partition(_AND_LINK)
    return content, link


def _value(result: Result, kind: str) -> str:
    if kind == Kind.RATING:
        return result.rating.code if result.rating else ""
    number = {Kind.QUANTITY: result.value, Kind.PERCENTAGE: result.numerator}
    return plain(number.get(Kind(kind), result.unnamed))


def _number(text: str) -> str:
    try:
        return plain(parse_decimal(text)) if text.strip() else ""
    except InvalidInput:
        return text.strip()


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def counted_kind(indicator: Indicator) -> str:
    """What kind of thing its names are of; empty where it lists none."""
    return indicator.counted if indicator.kind == Kind.DISTINCT else ""
