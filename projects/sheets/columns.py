"""The columns of a sheet of results, and the words in it, in every language of the product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from outcomes.choices import Qualifier, State

Words = str | Promise


@dataclass(frozen=True)
class Column:
    """A column: its machine key (the first row), its heading, and what its note says.

    `width` in characters, 0 hidden. What is `typed` is filled in and read; a hidden column says
    which result a row is of; the others only help whoever fills it in.
    """

    key: str
    heading: Words
    width: int
    is_typed: bool = False
    note: Words = ""

    @property
    def is_read(self) -> bool:
        """Whether the column is read when the sheet comes back."""
        return self.is_typed or not self.width


COLUMNS = (
    Column("line", _("Line"), 0),
    Column("period", _("Period, as the plan names it"), 0),
    Column("part", _("Part"), 0),
    Column("seen", _("Content"), 0),
    Column("project", _("Project"), 16),
    Column("title", _("Title"), 28),
    Column("indicator", _("Indicator"), 38),
    Column("place", _("Place"), 16),
    Column("of_which", _("Of which"), 16),
    Column("unit", _("Unit"), 16),
    Column("last", _("Last value"), 14, note=_("The last value before this period.")),
    Column("planned", _("Plan"), 12, note=_("What is planned next for this place.")),
    Column(
        "value",
        _("Value"),
        16,
        is_typed=True,
        note=_(
            "A number; of a percentage, how many; of a rating, the level. For a list of names: how "
            "many more have no name. Leave empty what you do not know yet."
        ),
    ),
    Column(
        "denominator", _("Out of"), 12, is_typed=True, note=_("Of a percentage: out of how many.")
    ),
    Column(
        "state",
        _("What this says"),
        16,
        is_typed=True,
        note=_(
            "A value; not applicable: the question does not arise here; not available: there is a "
            "value, but it is not known."
        ),
    ),
    Column(
        "qualifier",
        _("How exact"),
        14,
        is_typed=True,
        note=_("Exactly, at least, more than, or about."),
    ),
    Column("names", _("Names, one a line"), 32, is_typed=True, note=_("Each is counted once.")),
    Column(
        "narrative",
        _("What happened, in words"),
        48,
        is_typed=True,
        note=_("For whoever reviews it, and for the reports."),
    ),
    Column(
        "link",
        _("Evidence: a link"),
        32,
        is_typed=True,
        note=_("Beginning with https://. It is added to the result; files are added on its page."),
    ),
    Column("led_by", _("Led by"), 16, note=_("Of a joint result; changed on its page.")),
    Column("delivered_with", _("Delivered with (share)"), 24),
)
READ = tuple(column.key for column in COLUMNS if column.is_read)
PLACES = {column.key: place for place, column in enumerate(COLUMNS)}
# What a row of one category has: its number, or its two.
OF_A_PART = frozenset({"value", "denominator"})

STATES: dict[str, Words] = {
    State.REPORTED: _("a value"),
    State.NOT_APPLICABLE: _("not applicable"),
    State.NOT_AVAILABLE: _("not available"),
}
QUALIFIERS: dict[str, Words] = {one.word: one.label for one in Qualifier}
# What people type instead of a number, as on the grid.
STATE_KEYS = {"n/a": State.NOT_APPLICABLE, "..": State.NOT_AVAILABLE}


@cache
def meaning(of: str) -> dict[str, str]:
    """Codes by every word for them, in small letters, whatever the language: of "state", say."""
    words = {"state": STATES, "qualifier": QUALIFIERS}[of]
    found = {str(code).casefold(): str(code) for code in words}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(said).casefold(): str(code) for code, said in words.items()}
    return found


def spelled(texts: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Codes by their names in every language, in small letters."""
    return {name.casefold(): code for code, names in texts for name in (code, *names) if name}


def kept(text: str) -> str:
    """A hidden text so that a spreadsheet leaves it alone: "5-14" would become a date."""
    return f"~{text}" if text else ""


def unkept(text: str) -> str:
    """The hidden text itself."""
    return text.strip().removeprefix("~")


def letters(column: int) -> str:
    """The name of a column, counted from 0: A, B ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
