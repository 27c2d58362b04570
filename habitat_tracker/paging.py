"""Long lists in pages with links to their neighbours, without counting what nobody reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from .keyset import Keyset, UnknownCursor

# Beyond this many rows a list says "more than"; counting millions would be slower than the page.
MOST_COUNTED = 1_000
# What of an address says where in the list a page is; all else is kept in the links.
PLACE = ("after", "before", "passed", "page")


@dataclass(frozen=True)
class ListPage:
    """One page of a list: its rows, where it stands, and the queries of its neighbours."""

    rows: list[Any]
    first: int
    count: int
    is_more: bool
    previous: str
    following: str

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.rows) - 1


def page_of(rows: QuerySet[Any], request: HttpRequest, size: int = 50) -> ListPage:
    """The page after (or before) the row that the address names, else the first. Two queries.

    `passed` in the address is how many rows lie before that one, for the numbers of the rows;
    rows that came or went since are not counted again.
    """
    keyset = Keyset(rows)
    passed = _passed(request)
    found: list[Any] = []
    is_more_before = is_more_after = False
    try:
        if before := request.GET.get("before"):
            found = list(keyset.before(before)[: size + 1])[::-1]
            # Where fewer are left it is the first page, which is shown in full.
            is_more_before = len(found) > size
            found = found[-size:] if len(found) >= size else []
            is_more_after = True
            passed = max(passed - size, 1) if is_more_before else 0
        elif after := request.GET.get("after"):
            found = list(keyset.after(after)[: size + 1])
            is_more_before, is_more_after = True, len(found) > size
    except UnknownCursor:
        pass
    if not found:
        found, passed = list(keyset.rows[: size + 1]), 0
        is_more_before, is_more_after = False, len(found) > size
    found = found[:size]
    count = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()

    def query(side: str, row: Any, number: int) -> str:
        asked_again = request.GET.copy()
        for name in PLACE:
            asked_again.pop(name, None)
        asked_again[side] = keyset.cursor(row)
        asked_again["passed"] = str(number)
        return "?" + asked_again.urlencode()

    return ListPage(
        rows=found,
        first=passed + 1,
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        previous=query("before", found[0], passed) if is_more_before else "",
        following=query("after", found[-1], passed + len(found)) if is_more_after else "",
    )


def _passed(request: HttpRequest) -> int:
    """How many rows lie before the page; what is no number is none."""
    written = request.GET.get("passed", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0
