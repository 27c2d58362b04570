"""The order of names in lists, as readers of each language look for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

from django.utils.translation import get_language

Named = TypeVar("Named")

# GB 18030 has the common characters in the order of pinyin; these two rare ones begin a country's
# name, and stand with a common one of the same sound.
_SAME_SOUND = str.maketrans("瑙斐", "脑匪")


def name_key(name: str) -> str | bytes:
    """Where a name stands in the reader's alphabet: accents and case aside, Chinese by pinyin."""
    if (get_language() or "").startswith("zh"):
        return name.translate(_SAME_SOUND).encode("gb18030")
    parts = unicodedata.normalize("NFKD", name)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def by_name(rows: Iterable[Named]) -> list[Named]:
    """Rows by their names in the reader's language."""
    return sorted(rows, key=lambda row: name_key(str(row)))
