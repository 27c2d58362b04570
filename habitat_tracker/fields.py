"""Model fields of the house: exact decimals and translated text.

Values of results, ledger and figures are fixed-point integers, because SQLite keeps a
``DecimalField`` as a float and adds floats. Six decimals, below 10^11 in size.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import wording
from .errors import InvalidInput

# The languages that translated texts are kept in: those of the United Nations.
LANGUAGES = ("en", "fr", "es", "ru", "zh", "ar")

DECIMALS = 6
SCALE = 10**DECIMALS
LIMIT = Decimal(10) ** 11

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
# Group separators that people type or paste: space, no-break, narrow no-break and thin space.
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009"), None)


def parse_decimal(text: object, field: str = "value") -> Decimal:
    """Read a number as a person or a program wrote it.

    Spaces between groups of digits are ignored. Raises `InvalidInput` with the code
    `not_a_number` (also NaN, infinity and a decimal comma), `too_many_decimals` (more than
    six) or `out_of_range` (10^11 and above in size).
    """
    written = str(text).translate(_SPACES)
    if not _NUMBER.fullmatch(written):
        hint = (
            _("Use a point for decimals and no comma.") if "," in written else _("Enter a number.")
        )
        raise InvalidInput.of(
            field,
            "not_a_number",
            _("“%(text)s” is not a number.") % {"text": str(text)[:40]} + " " + hint,
        )
    number = Decimal(written)
    if number and number.adjusted() >= 11:
        raise InvalidInput.of(
            field,
            "out_of_range",
            _("The number is too large: it must be below %(limit)s.")
            % {"limit": wording.number(LIMIT)},
        )
    if number and _decimals(number) > DECIMALS:
        raise InvalidInput.of(
            field,
            "too_many_decimals",
            _("Six decimals at most; please round the number yourself."),
        )
    return number.quantize(Decimal(1).scaleb(-DECIMALS))


def _decimals(number: Decimal) -> int:
    """How many decimals a number has, zeros at the end left out; exact at any length.

    `normalize` would round to 28 digits first.
    """
    _sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits))
    return -int(exponent) - (len(written) - len(written.rstrip("0")))


def plain(number: Decimal | None) -> str:
    """A number as somebody would type it: no zeros at the end, no exponent."""
    if number is None:
        return ""
    return f"{number.normalize():f}"


def to_fixed(number: Decimal) -> int:
    """The scaled integer that stands for an exact decimal in the database."""
    scaled = number * SCALE
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{number} has more than {DECIMALS} decimals")
    return int(scaled)


def from_fixed(scaled: int) -> Decimal:
    """The exact decimal behind a scaled integer."""
    return Decimal(int(scaled)).scaleb(-DECIMALS)


class FixedPointField(models.BigIntegerField):
    """An exact decimal with six places, stored as a scaled 64-bit integer."""

    # What the attribute takes and gives, for the type checker.
    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    description = "Exact decimal, six places"

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_fixed(value)

    def to_python(self, value: Any) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_fixed(Decimal(value) if not isinstance(value, Decimal) else value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return forms.DecimalField(max_digits=17, decimal_places=DECIMALS, required=not self.blank)

    @property
    def validators(
        self,
    ) -> list[Any]:  # the integer limits are those of the scaled value
        return []


class Translated(dict[str, str]):
    """Text in several languages; shown in the reader's language, else English, else any."""

    def __str__(self) -> str:
        language = (get_language() or "en").split("-")[0]
        return self.get(language) or self.get("en") or next(iter(self.values()), "")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


class _TranslatedAttribute(DeferredAttribute):
    """Reads as text in the reader's language also before the row was stored and read again."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, dict) and not isinstance(value, Translated):
            value = Translated(value)
        instance.__dict__[self.field.attname] = value


class TranslatedField(models.JSONField):
    """`{language: text}` with ISO 639-1 codes (en, fr, es, ru, zh, ar)."""

    description = "Text in several languages"
    descriptor_class = _TranslatedAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Translated:
        return Translated(super().from_db_value(value, expression, connection) or {})

    def to_python(self, value: Any) -> Any:
        return Translated(value) if isinstance(value, dict) else value


def spelled_in_any_language(field: str, text: str, lookup: str = "icontains") -> models.Q:
    """Rows whose translated text holds (or, with `iexact`, is) a text in one of its languages."""
    found = models.Q()
    for language in LANGUAGES:
        found |= models.Q(**{f"{field}__{language}__{lookup}": text})
    return found
