"""The database's clock: the one clock that postings and revisions are stamped with.

Several web and worker machines write to one ledger; only the database's clock is common to
them. It moves within a transaction (unlike PostgreSQL's ``now()``). SQLite lives in this
process, so its clock is the process's, which is finer than SQLite's own milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func


def database_now() -> datetime:
    """The moment by the database's clock, in UTC with microseconds."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)
    return datetime.now(UTC)


class DatabaseNow(Func):
    """`database_now` as a column, so that a query which is made anyway tells the time too."""

    output_field = DateTimeField()
    template = "clock_timestamp()"

    def as_sqlite(
        self, compiler: Any, connection: Any, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """SQLite lives in this process, and so does its clock."""
        return "%s", (str(datetime.now(UTC).replace(tzinfo=None)),)


def end_of_day(day: date) -> datetime:
    """The moment that "as of a date" means: the end of that day in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC) - timedelta(microseconds=1)
