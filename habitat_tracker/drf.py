"""What every endpoint of the API shares: errors, exact numbers, pages of rows, the row gate.

Errors have one shape, `{"code", "message", "problems": [{"field", "code", "message", "row"}]}`,
with the codes that the pages use. Numbers are decimal text, in and out: a number in a request
is kept as it is written and never becomes a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.apps import apps
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import exceptions, serializers, views
from rest_framework.request import Request
from rest_framework.response import Response

from .errors import DomainError, InvalidInput, Problem
from .exact_json import TooLarge
from .fields import FixedPointField, TranslatedField
from .web import plan_or_404

# --- Errors --------------------------------------------------------------------------------

# The framework's words for what has a name of ours; all other codes stay as they are.
CODES = {
    "invalid_choice": "unknown_value",
    "does_not_exist": "unknown_value",
    "permission_denied": "not_allowed",
    "authentication_failed": "invalid_token",
    "parse_error": "malformed",
}


class ErrorProblem(serializers.Serializer[Any]):
    """One thing wrong with what was sent: where (empty: the whole), code and message."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    row = serializers.IntegerField()


class Error(serializers.Serializer[Any]):
    """Why a request was refused; nothing was changed."""

    code = serializers.CharField()
    message = serializers.CharField()
    problems = ErrorProblem(many=True)


def error_body(
    code: str, message: object, problems: list[Problem] | None = None, **more: Any
) -> dict[str, Any]:
    """The body of every refusal."""
    told = [
        {"field": one.field, "code": one.code, "message": str(one.message), "row": one.row}
        for one in problems or []
    ]
    return {"code": code, "message": str(message), "problems": told, **more}


def refusal(error: DomainError, **more: Any) -> Response:
    """A refused rule with its status; `more` goes into the body."""
    problems = error.problems if isinstance(error, InvalidInput) else []
    return Response(
        error_body(error.code, error.message, problems, **more),
        status=error.status,
        exception=True,
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as a body of one shape; what nobody expected stays an error 500."""
    if isinstance(error, DomainError):
        return refusal(error)
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, (SuspiciousOperation, MultiPartParserError)):
        error = exceptions.ParseError(_("The request cannot be read."))
    elif isinstance(error, Http404) and not (error.args and isinstance(error.args[0], str)):
        error = exceptions.NotFound()
    response = views.exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        problems = list(_problems(error.detail))
        first = problems[0] if problems else Problem("", "invalid", _("Invalid input."))
        response.data = error_body(first.code, first.message, problems)
        return response
    detail = response.data["detail"]
    response.data = error_body(_code(detail), detail)
    return response


def _code(detail: Any) -> str:
    code = str(getattr(detail, "code", None) or "invalid")
    return CODES.get(code, code)


def _problems(detail: Any, where: str = "") -> Iterator[Problem]:
    """The framework's nested errors as a flat list; parts of a field are joined by points."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _problems(inner, ".".join(part for part in (where, own) if part))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, where)
    else:
        yield Problem(where, _code(detail), str(detail))


class TokenScheme(KnoxTokenScheme):
    """How the schema describes our token."""

    target_class = "habitat_tracker.tokens.TokenAuthentication"
    name = "token"


# --- Fields --------------------------------------------------------------------------------


def decimal_text(number: Decimal) -> str:
    """An exact decimal as plain text without trailing zeros: `12.5`, `100`."""
    return f"{number.normalize():f}"


@extend_schema_field(
    {
        "oneOf": [{"type": "string"}, {"type": "number"}],
        "description": "A decimal as text, as `12.5`; a JSON number is taken as it is written.",
        "example": "12.5",
    }
)
class DecimalInput(serializers.Field[Any, Any, Any, Any]):
    """A number as it was written; the actions read and check it."""

    default_error_messages: ClassVar[dict[str, Any]] = {"not_a_number": "Enter a number."}

    def to_internal_value(self, data: Any) -> str:
        """The text of the number."""
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("not_a_number")
        return str(data)

    def to_representation(self, value: Any) -> str:
        """As it was written."""
        return str(value)


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.5"})
class DecimalText(serializers.Field[Any, Any, Any, Any]):
    """An exact decimal as text; only for answers."""

    def to_representation(self, value: Decimal) -> str:
        """Plain digits."""
        return decimal_text(value)


class TranslatedText(serializers.DictField):
    """`{language: text}`; the reader chooses."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("child", serializers.CharField())
        kwargs.setdefault("read_only", True)
        super().__init__(**{name: kwargs[name] for name in ("child", "read_only")})

    def to_representation(self, value: Any) -> dict[str, str]:
        """Every language there is."""
        return dict(value or {})


class RowSerializer(serializers.ModelSerializer[Any]):
    """A row of the database; decimals are text, texts come in every language."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        TranslatedField: TranslatedText,
        FixedPointField: DecimalText,
    }


class StrictSerializer(serializers.Serializer[Any]):
    """A body whose fields are all known: a mistyped name is refused, not passed over."""

    def to_internal_value(self, data: Any) -> Any:
        """The fields; raises `unknown_field`."""
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise InvalidInput(
                    [
                        Problem(name[:60], "unknown_field", _("There is no such field."))
                        for name in unknown
                    ]
                )
        return super().to_internal_value(data)


# --- Views ---------------------------------------------------------------------------------

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The version that you saw, as `ETag` gave it; or `version` in the body.",
)


class ReadsBody:
    """Reads of what is sent: the body by its shape, and the version that the caller saw."""

    request: Any

    def body(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's body, read; raises the problems of its fields."""
        given = shape(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def version(self, given: dict[str, Any]) -> int | None:
        """The version that the caller saw: in the body, else in `If-Match`."""
        if given.get("version") is not None:
            return int(given["version"])
        header = self.request.headers.get("If-Match", "").strip()
        if not header:
            return None
        found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', header)
        if found is None:
            raise InvalidInput.of(
                "If-Match", "invalid_version", _("“If-Match” holds the version that you saw.")
            )
        return int(found[1])

    def needed_version(self, given: dict[str, Any]) -> int:
        """The version, which has to be there; raises `missing_version`."""
        version = self.version(given)
        if version is None:
            raise InvalidInput.of("version", "missing_version", _("Name the version that you saw."))
        return version


class ScopedMixin:
    """Rows that the user may see, and no others: what is not visible is not found (404)."""

    queryset: Any
    request: Any
    ordering: ClassVar[tuple[str, ...]] = ("pk",)

    def get_queryset(self) -> Any:
        """The rows behind the one gate, `visible_to`."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.all().visible_to(self.request.user)


class PlanScopedMixin(ScopedMixin):
    """Rows of the plan that the address names; an unknown plan is not found (404).

    The plan itself is read only where something hangs on it; an empty list asks whether there
    is such a plan.
    """

    kwargs: dict[str, Any]
    plan_path = "plan"

    @cached_property
    def plan(self) -> Any:
        """The plan, with its dates and settings in `current`."""
        return plan_or_404(self.request, self.kwargs["plan"])

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The plan's rows; of a plan that is not there, not even an empty list."""
        response: Response = super().list(request, *args, **kwargs)  # type: ignore[misc]
        if not response.data["results"]:
            assert self.plan
        return response

    def get_queryset(self) -> Any:
        """The plan's rows that the user may see."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        # A subquery, not a join: so the index of a plan's rows in their order can be used.
        plans = apps.get_model("plans", "StrategicPlan")._default_manager
        named = plans.filter(code=self.kwargs["plan"]).order_by().values("pk")[:1]
        return rows.filter(**{self.plan_path: named})


class Schema(AutoSchema):
    """Adds to each operation the errors that it may answer with, in their one shape."""

    def get_override_parameters(self) -> list[Any]:
        """The plan in the address is a code, not the key of the row's plan."""
        if "{plan}" not in self.path:
            return []
        return [
            OpenApiParameter(
                "plan", str, OpenApiParameter.PATH, description="The plan's code.", required=True
            )
        ]

    def get_tags(self) -> list[str]:
        """Operations are listed under what they are about."""
        parts = [part for part in self.path.split("/") if part][2:]
        return [parts[2] if parts[0] == "plans" and len(parts) > 2 else parts[0]]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for code, meaning in self._errors().items():
            if code not in bodies:
                bodies[code] = {
                    **self._get_response_for_code(Error, code, direction=direction),
                    "description": meaning,
                }
        return bodies

    def _errors(self) -> dict[str, str]:
        errors = {"401": "Not signed in", "429": "Too many requests"}
        if "{" in self.path:
            errors["404"] = "Not there, or not visible to you"
        if self.method != "GET":
            errors |= {"400": "A field is wrong", "403": "Not allowed", "409": "A rule refused it"}
        elif self._is_list_view():
            errors["400"] = "A parameter is wrong"
        return errors
