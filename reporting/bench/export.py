"""How long a table of 100,000 rows takes as Excel, against the same table as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, Any

from reporting.exports.csv_file import write_csv
from reporting.exports.excel import write_excel
from reporting.exports.tables import Cell, Table

from .findings import Finding, Options
from .measure import in_turns

ROWS, QUICK_ROWS = 100_000, 20_000
GOAL = 3


def run(options: Options) -> list[Finding]:
    """CPU of the Excel export against csv.writer alone; beside it that of the CSV export."""
    rows = QUICK_ROWS if options.quick else ROWS
    made = list(_rows(rows))
    excel, plain, harmless = in_turns(
        options.repetitions,
        lambda: _write(write_excel, made),
        lambda: _write(_plain_csv, made),
        lambda: _write(write_csv, made),
    )
    name = f"Excel export of {rows:,} rows / csv, CPU"
    raw = {"excel": excel.raw(), "csv": plain.raw(), "csv_export": harmless.raw()}
    return [Finding(name, excel.over(plain), GOAL, raw=raw)]


def _write(write: Any, rows: list[tuple[Cell, ...]]) -> None:
    table = Table("Bench", [("Figure", "Bench")], [str(n) for n in range(len(rows[0]))], rows)
    with TemporaryFile() as file:
        write(table, file)


def _plain_csv(table: Table, file: IO[bytes]) -> None:
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    csv.writer(text).writerows(table.rows)
    text.flush()
    text.detach()


def _rows(number: int) -> Iterator[tuple[Cell, ...]]:
    """Contributions as the page of a figure lists them: 500 projects, every value another."""
    for n in range(number):
        value = Decimal(n * 1_000_003 % 10**9).scaleb(-3)
        yield (
            f"P{n % 500}",
            f"Project {n % 500}: water & sanitation in <growing> cities",
            "1.1-PUB",
            "Kenya",
            f"2020 Q{n % 4 + 1}",
            "more than" if n % 9 == 0 else "",
            value,
            None,
            value,
            "",
            None,
            f"result:{n}",
            f"Reviewer {n % 30}",
            date(2021, n % 12 + 1, n % 28 + 1),
            "",
        )
