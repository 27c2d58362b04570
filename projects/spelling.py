"""How names are compared: without accents, punctuation, case and more spaces than one."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher

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


def is_nearly(one: str, other: str) -> bool:
    """Whether two normalised names hold the same words, or almost the same letters."""
    if set(one.split()) == set(other.split()):
        return True
    compared = SequenceMatcher(None, one, other, autojunk=False)
    return (
        compared.real_quick_ratio() >= NEARLY
        and compared.quick_ratio() >= NEARLY
        and compared.ratio() >= NEARLY
    )
