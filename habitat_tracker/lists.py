"""Lists of the API: filtered, in an order, page by page.

The framework loads this while it loads itself, so nothing of its views is imported here.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from .errors import InvalidInput, Problem
from .keyset import Keyset, UnknownCursor


def refuse_unknown_parameters(request: Request, known: set[str]) -> None:
    """A mistyped filter would answer with everything: it is refused (`unknown_parameter`)."""
    problems = [
        Problem(name[:60], "unknown_parameter", _("There is no such parameter."))
        for name in request.query_params
        if name not in known
    ]
    if problems:
        raise InvalidInput(problems)


class FilterBackend(DjangoFilterBackend):
    """One FilterSet for pages and API; only lists are filtered, and unknown names refused."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """The rows asked for; raises `unknown_parameter` and `unknown_value`."""
        if getattr(view, "detail", False):
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        names = set(filterset.filters) if filterset else set()
        refuse_unknown_parameters(request, names | KeysetPagination.parameters)
        return super().filter_queryset(request, queryset, view)


class KeysetPagination(BasePagination):
    """Pages that go on after the last row shown, in the order of the query (`ordering`) or view."""

    page_size = 100
    max_page_size = 1000
    parameters: ClassVar[set[str]] = {"cursor", "page_size"}
    next_cursor: str | None = None

    def paginate_queryset(  # type: ignore[override]  # a list has no order to go on in
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """One page of rows; raises `invalid_cursor` and `invalid_page_size`."""
        self.request = request
        size = self._size(request)
        keyset = Keyset(queryset, view.ordering)
        cursor = request.query_params.get("cursor")
        try:
            found = keyset.after(cursor) if cursor else keyset.rows
        except UnknownCursor:
            raise InvalidInput.of(
                "cursor",
                "invalid_cursor",
                _("The cursor belongs to another list or order; begin again without it."),
            ) from None
        rows = list(found[: size + 1])
        if len(rows) > size:
            rows = rows[:size]
            self.next_cursor = keyset.cursor(rows[-1])
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and where the next ones are."""
        following = None
        if self.next_cursor:
            here = self.request.build_absolute_uri()
            following = replace_query_param(here, "cursor", self.next_cursor)
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How a page looks, for the schema."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": "string", "format": "uri", "nullable": True},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters, for the schema."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page begins: taken from `next`.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "description": f"Rows on a page, {self.page_size} unless told.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size},
            },
        ]

    def _size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(self.page_size))
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= self.max_page_size):
            raise InvalidInput.of(
                "page_size",
                "invalid_page_size",
                _("A page has 1 to %(most)s rows.") % {"most": self.max_page_size},
            )
        return int(text)
