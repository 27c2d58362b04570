"""Tables as CSV: UTF-8 with a byte order mark, so that spreadsheets read every script."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import TextIOWrapper
from typing import IO

from .tables import Cell, Table

CONTENT_TYPE = "text/csv; charset=utf-8"

# A spreadsheet takes text that begins with one of these for a formula, and would run it.
_FORMULA = frozenset("=+-@\t\r")


def write_csv(table: Table, file: IO[bytes]) -> None:
    """Write a table, and below it what stands beside it.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    Numbers are plain digits with a point, sums of money with two decimals; a date is 2021-03-31.
    """
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerows(map(_harmless, table.notes))
    lines.writerow([])
    lines.writerow(_harmless(table.columns))
    lines.writerows(map(_harmless, table.rows))
    if beside := table.beside:
        lines.writerows([[], _harmless([beside.name])])
        lines.writerows(map(_harmless, beside.notes))
        lines.writerow(_harmless(beside.columns))
        lines.writerows(map(_harmless, beside.rows))
    text.flush()
    text.detach()


def _harmless(row: Sequence[Cell]) -> list[Cell]:
    return ["'" + cell if isinstance(cell, str) and cell[:1] in _FORMULA else cell for cell in row]
