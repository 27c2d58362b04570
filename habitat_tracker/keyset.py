"""Long lists that go on after the last row shown, so that a page costs the same at their end.

An offset would read and drop every row before the page. The framework of the API loads this
while it loads itself, so nothing of its views is imported here.
"""

from __future__ import annotations

import base64
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet


class UnknownCursor(ValueError):
    """The cursor was made for another list or order, or by nobody."""


class Keyset:
    """Rows in an order that always ends in the key, so that no two of them are equal.

    Rows that come or go meanwhile are never shown twice or skipped. Order fields are not null.
    """

    def __init__(self, rows: QuerySet[Any], otherwise: tuple[str, ...] = ("pk",)) -> None:
        """The order is that of the query, or the one given where it has none."""
        order = [str(name) for name in rows.query.order_by or otherwise]
        self.order = order if order[-1].lstrip("-") == "pk" else [*order, "pk"]
        self.rows = rows.order_by(*self.order)

    def cursor(self, row: Any) -> str:
        """Where a row (of objects or of `values`) stands, as text for an address."""
        values = []
        for name in self.order:
            value, path = row, name.lstrip("-")
            for part in [path] if isinstance(row, dict) else path.split("__"):
                value = value[part] if isinstance(row, dict) else getattr(value, part)
            values.append(value.isoformat() if hasattr(value, "isoformat") else str(value))
        return base64.urlsafe_b64encode(orjson.dumps([self.order, values])).decode().rstrip("=")

    def after(self, cursor: str) -> QuerySet[Any]:
        """The rows behind the cursor's; raises `UnknownCursor`."""
        return self.rows.filter(self._beyond(cursor, "gt", "lt"))

    def before(self, cursor: str) -> QuerySet[Any]:
        """The rows ahead of the cursor's, the nearest first; raises `UnknownCursor`."""
        return self.rows.filter(self._beyond(cursor, "lt", "gt")).reverse()

    def _beyond(self, cursor: str, rising: str, falling: str) -> Q:
        """Rows on one side of the cursor's, told by the first field where they differ."""
        beyond, equal, bound = Q(), Q(), Q()
        for name, value in zip(self.order, self._values(cursor), strict=True):
            path = name.lstrip("-")
            side = falling if name.startswith("-") else rising
            # Said of all rows, so that an index on the first field leads to the page.
            bound = bound or Q(**{f"{path}__{side}e": value})
            beyond |= equal & Q(**{f"{path}__{side}": value})
            equal &= Q(**{path: value})
        return bound & beyond

    def _values(self, cursor: str) -> list[Any]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            written, values = orjson.loads(base64.urlsafe_b64decode(padded))
            if written != self.order or len(values) != len(written) or "\0" in "".join(values):
                raise UnknownCursor(cursor)
            return [
                _field(self.rows.model, name.lstrip("-")).to_python(value)
                for name, value in zip(written, values, strict=True)
            ]
        except (ValueError, TypeError, ValidationError):
            raise UnknownCursor(cursor) from None


def _field(model: type[Model], path: str) -> Any:
    """The field at the end of a path of relations."""
    *relations, name = path.split("__")
    at: Any = model
    for relation in relations:
        at = at._meta.get_field(relation).related_model
    try:
        return at._meta.pk if name == "pk" else at._meta.get_field(name)
    except FieldDoesNotExist:
        raise UnknownCursor(path) from None
