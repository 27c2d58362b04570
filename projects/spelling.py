"""How names are compared: without accents, punctuation, case and more spaces than one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import TypeVar

Named = TypeVar("Named")

# From here on two names are nearly the same.
NEARLY = 0.9


def normalised(name: str) -> str:
    """A name in small letters and digits, words parted by single spaces: what it is told by."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter)
    )
    words = "".join(letter if letter.isalnum() else " " for letter in plain.casefold())
    return " ".join(words.split())


def nearest(name: str, others: Iterable[tuple[str, Named]]) -> list[Named]:
    """What is called nearly as a name is, the nearest first; all names are normalised ones."""
    found = [(_nearness(name, other), other, named) for other, named in others]
    near = sorted((one for one in found if one[0] >= NEARLY), key=lambda one: (-one[0], one[1]))
    return [named for _near, _other, named in near]


def _nearness(one: str, other: str) -> float:
    """From 1 of the same words, or the same letters, down to `NEARLY`; 0 of what is less near."""
    if set(one.split()) == set(other.split()):
        return 1
    compared = SequenceMatcher(None, one, other, autojunk=False)
    # What costs little tells most of them apart.
    if compared.real_quick_ratio() < NEARLY or compared.quick_ratio() < NEARLY:
        return 0
    return compared.ratio()
