"""Addresses that somebody gives and everybody's browser opens."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

_is_address = URLValidator(schemes=["http", "https"])


def is_web_address(text: str) -> bool:
    """Whether a browser opens it safely: http or https, with a host."""
    try:
        _is_address(text)
    except ValidationError:
        return False
    return True
