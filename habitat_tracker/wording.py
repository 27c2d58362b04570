"""Numbers and days as people read them, the same on every page and in every message."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

THIN_SPACE = "\u202f"


def as_decimal(number: Fraction, decimals: int = 2) -> Decimal:
    """A figure for display: rounded half up (away from zero) to the decimals wanted."""
    scaled = abs(number) * 10**decimals
    rounded = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(-rounded if number < 0 else rounded).scaleb(-decimals)


def number(value: Fraction | Decimal | int | None, decimals: int = 2) -> str:
    """A number for reading: rounded half up, groups of three, no zeros at the end.

    The same in every language: a point for decimals, a narrow no-break space between groups.
    """
    if value is None:
        return ""
    text = f"{as_decimal(Fraction(value), decimals):,f}".replace(",", THIN_SPACE)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def said_day(day: date) -> str:
    """A day, or that of a moment where the reader is, as “1 Oct 2024” in the reader's language."""
    here = timezone.localtime(day) if isinstance(day, datetime) else day
    return date_format(here, _("j M Y"))


def said_moment(moment: datetime) -> str:
    """A moment as “1 Oct 2024, 14:05”, in the reader's language."""
    return date_format(timezone.localtime(moment), _("j M Y, H:i"))


def said_month(day: date) -> str:
    """The month of a day as “Oct 2024”, in the reader's language."""
    return date_format(day, _("M Y"))


def said_loosely(written: str) -> str:
    """2024-10-01 or 2024-10 in words; a year, and what is no date, as it is written."""
    is_month = len(written) == len("2024-10")
    try:
        day = date.fromisoformat(f"{written}-01" if is_month else written)
    except ValueError:
        return written
    return said_month(day) if is_month else said_day(day)
