"""Run it: `python -m tests.load.sheet [--rows 50000]`, on PostgreSQL.

Makes a database of its own with as many reporting lines as fill a sheet of so many rows, then
downloads the sheet, fills in every cell, sends it back, has it read, looked at, saved and
submitted, step by step in this process, and compares what is stored with what was typed. Prints
seconds, queries and the most memory after each step. Ends with 1 where a value was lost or
doubled.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .__main__ import ROOT, make_database

# A total, two categories of sex and four of age.
ROWS_OF_A_RESULT = 7
LINES_OF_A_PROJECT = 12


def main() -> int:
    """One run; returns 0 where every value is stored once, as it was typed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.sheet", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, choices=range(7, 50_001), metavar="N")
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--database", default="habitat_load")
    asked = parser.parse_args()
    make_database(asked.postgres, asked.database)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "habitat_tracker.settings",
        "DATABASE_URL": f"{asked.postgres}/{asked.database}",
        "CELERY_BROKER_URL": "memory://",
        "EMBEDDED_WORKER": "false",
        "EVIDENCE_STORAGE": tempfile.mkdtemp(prefix="load-"),
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "WARNING",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
    import django

    django.setup()
    return _Run(asked.rows // ROWS_OF_A_RESULT).go()


class _Run:
    """A world with one reporter, and a sheet on its way."""

    def __init__(self, results: int) -> None:
        from django.test import Client

        from tests import factories

        self.results = results
        with _step(f"make {results:,} reporting lines"):
            self._make()
        self.client = Client()
        self.client.force_login(factories.user("Rita", "reporter", factories.office()))

    def _make(self) -> None:
        from tests import factories

        plan = factories.plan("LOAD")
        outcome = factories.outcome(plan)
        parts = {"sex": ["women", "men"], "age": ["a0", "a15", "a30", "a60"]}
        indicators = [
            factories.indicator(outcome, f"I{number}", parts)
            for number in range(LINES_OF_A_PROJECT)
        ]
        kenya, project = factories.country(), None
        for number in range(self.results):
            if number % LINES_OF_A_PROJECT == 0:
                project = factories.project(
                    plan, f"P{number // LINES_OF_A_PROJECT:05}", where=kenya
                )
            assert project is not None
            factories.line(project, indicators[number % LINES_OF_A_PROJECT], kenya)

    def go(self) -> int:
        from django.core.files.uploadedfile import SimpleUploadedFile

        from projects.actions import imports
        from projects.models import ImportRun, Result

        here = "/plans/LOAD/my-work/excel/"
        with _step("download the workbook"):
            answer: Any = self.client.get(f"{here}2020-Q1.xlsx")
            size = sum(map(len, answer.streaming_content))
        _say(f"  {size / 1024**2:.1f} MB")
        with _step("download the CSV"):
            answer = self.client.get(f"{here}2020-Q1.csv")
            content = b"".join(answer.streaming_content)
        filled = _filled(content)
        _say(f"  {len(filled) / 1024**2:.1f} MB filled in, as a workbook")
        with _step("send it back"):
            self.client.post(here, {"file": SimpleUploadedFile("q1.xlsx", filled)})
        run = ImportRun.objects.get()
        with _step("read it and compare it with what is stored (job)"):
            imports.read_sheet(run.pk)
        with _step("look at it"):
            self.client.get(f"{here}{run.pk}/")
        self.client.post(f"{here}{run.pk}/confirm/", {"submit": "1"})
        with _step("save and submit it (job)"):
            imports.save_sheet(run.pk, turn=3600)
        with _step("download the report"):
            answer = self.client.get(f"{here}{run.pk}/report.xlsx")
            sum(map(len, answer.streaming_content))
        run.refresh_from_db()
        stored = set(Result.objects.values_list("line", "value", "status", "version"))
        typed = {(int(line), value, "submitted", 2) for line, value in _typed(filled)}
        _say(f"{run.get_status_display()}: {run.counts}")
        _say(f"stored as typed: {len(stored & typed):,} of {len(typed):,}")
        return 0 if stored == typed and Result.objects.count() == self.results else 1


def _filled(content: bytes) -> bytes:
    """The sheet as a workbook with a value in every cell that takes one."""
    import xlsxwriter

    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    keys = lines[0]
    part, value = keys.index("part"), keys.index("value")
    for number, line in enumerate(lines[2:], 2):
        line[value] = str(number % 97 + 1) if line[part] else str(400 + number)
        if not line[part]:
            line[keys.index("narrative")] = f"What happened in row {number}: work went on."
            line[keys.index("link")] = f"https://unhabitat.org/reports/{number}"
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            if column == value and row > 1:
                sheet.write_number(row, column, int(text))
            elif text:
                sheet.write_string(row, column, text)
    book.close()
    return file.getvalue()


def _typed(content: bytes) -> Iterator[tuple[str, int]]:
    """Line and value of every total in the sheet."""
    from projects.sheets.columns import READ
    from projects.sheets.reading import read_rows

    for row in read_rows(io.BytesIO(content), name="q1.xlsx", keys=READ):
        if not row.texts["part"]:
            yield row.texts["line"], int(row.texts["value"])


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def _step(name: str) -> Iterator[None]:
    from django.db import connection

    count = 0

    def counted(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*args)

    began = time.monotonic()
    with connection.execute_wrapper(counted):
        yield
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"{name}: {time.monotonic() - began:.1f} s, {count:,} queries, {most:.0f} MB at most")


if __name__ == "__main__":
    sys.exit(main())
