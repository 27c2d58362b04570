"""JSON in and out without losing a digit.

The framework loads this while it loads itself, so nothing of its views is imported here.
"""

from __future__ import annotations

import json
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


class TooLarge(exceptions.APIException):
    """The request is larger than the server takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is too large."


class NumberText(str):
    """A number of a JSON body as it was written (`1.10`, `1e999`, `NaN`)."""

    __slots__ = ()


def _integer(text: str) -> int | NumberText:
    return int(text) if len(text) < 19 else NumberText(text)


class ExactJSONParser(BaseParser):
    """JSON whose fractions and special numbers stay text, so that no digit is lost."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body's content; raises `malformed` and `too_large`."""
        request: HttpRequest = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge()
        try:
            text = stream.read().decode("utf-8")
            content = json.loads(
                text,
                parse_float=NumberText,
                parse_int=_integer,
                parse_constant=NumberText,
            )
            if "\\u" in text:  # half a surrogate pair can be escaped but not stored
                json.dumps(content, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise exceptions.ParseError(_("The body is not valid JSON.")) from None
        return content


class OrjsonRenderer(BaseRenderer):
    """JSON, quickly; what orjson does not know (a lazy text) is its text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """The body; empty where there is none."""
        return b"" if data is None else orjson.dumps(data, default=str)
