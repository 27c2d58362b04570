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

from .measure import Finding, median_of

ROWS = 100_000
TIMES = 5
GOAL = 3


def run(options: dict[str, Any]) -> list[Finding]:
    """CPU of the Excel export against csv.writer alone; beside it that of the CSV export."""
    rows, times = int(options.get("rows") or ROWS), int(options.get("times") or TIMES)
    made = list(_rows(rows))
    plain = median_of(times, lambda: _write(_plain_csv, made))
    harmless = median_of(times, lambda: _write(write_csv, made))
    excel = median_of(times, lambda: _write(write_excel, made))
    return [
        Finding(
            f"Excel export of {rows:,} rows / csv, CPU",
            excel.cpu / plain.cpu,
            GOAL,
            {
                "excel_cpu": excel.cpu,
                "plain_csv_cpu": plain.cpu,
                "csv_export_cpu": harmless.cpu,
            },
        )
    ]


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
