"""Long lists in pages, without counting what nobody reads to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

# Beyond this many rows a list says "more than"; counting millions would be slower than the page.
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class ListPage:
    """One page of a list: its rows, where it stands, and the queries of its neighbours."""

    rows: list[Any]
    number: int
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
    """The page that `?page=` asks for; a number that is none is the first. Two queries."""
    asked = request.GET.get("page", "1")
    number = max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    start = (number - 1) * size
    count = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    found = list(rows[start : start + size + 1])

    def query(page: int) -> str:
        asked_again = request.GET.copy()
        asked_again["page"] = str(page)
        return "?" + asked_again.urlencode()

    return ListPage(
        rows=found[:size],
        number=number,
        first=start + 1,
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        previous=query(number - 1) if number > 1 else "",
        following=query(number + 1) if len(found) > size else "",
    )
