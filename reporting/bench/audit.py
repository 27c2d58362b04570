"""The audit as a file: how many acts a second, and whether memory grows with their number."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

from django.db import connection

from habitat_tracker.accounts.changes import Changes
from habitat_tracker.accounts.models import ActivityEntry, User
from reporting.audit import AuditFilter, audit_table
from reporting.exports.csv_file import write_csv
from reporting.exports.excel import write_excel
from reporting.exports.tables import Table

from .findings import Finding, Options
from .measure import PROCESSES, Spent, spent
from .world import MAILBOX

ACTS, QUICK_ACTS = 1_000_000, 50_000
FEWER = 10
GOAL_MB = 16
AUDITOR = f"auditor{MAILBOX}"
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
# What acts change, in turns: nothing, one field, two, a text.
CHANGES: list[Changes] = [
    {},
    {"value": ["1150", "1200"]},
    {"status": ["draft", "submitted"], "value": [None, "12.5"]},
    {"narrative": [None, "Wells were dug in three counties and handed over to their councils."]},
]
DOUBLE = """
INSERT INTO accounts_activityentry (at, actor_id, verb, target_type, target_id, target_label,
                                    office_path, reason, details, changes)
SELECT at, actor_id, verb, target_type, target_id, target_label, office_path, reason, details,
       changes
FROM accounts_activityentry WHERE actor_id = %s LIMIT %s"""
WRITERS = {"CSV": write_csv, "Excel": write_excel}


def run(options: Options) -> list[Finding]:
    """Both files of so many acts, and how much more memory they take than those of a tenth."""
    acts = QUICK_ACTS if options.quick else ACTS
    found = []
    with _recorded(acts, options.say) as auditor:
        for name, write in WRITERS.items():
            fewer, least = _written(write, auditor, "projects.note")
            taken, most = _written(write, auditor)
            raw = {"acts": acts, **taken.raw(), "of_a_tenth": fewer.raw()}
            found.append(Finding(f"audit: acts a second, {name}", acts / taken.wall, raw=raw))
            if most is not None and least is not None:
                what = f"audit: MB more for {acts:,} acts than for a tenth, {name}"
                raw = {"peak_mb": most, "peak_mb_of_a_tenth": least}
                found.append(Finding(what, max(most - least, 0), GOAL_MB, raw=raw))
    return found


@contextmanager
def _recorded(number: int, say: Callable[[str], None]) -> Iterator[User]:
    """So many acts of one account, every tenth on a note; both are taken away again."""
    _remove()
    auditor = User.objects.create_superuser(AUDITOR, name="Auditor of the measurement")
    try:
        ActivityEntry.objects.bulk_create(
            ActivityEntry(
                at=BEGAN + timedelta(minutes=n),
                actor=auditor,
                verb="changed",
                target_type="projects.result" if n % FEWER else "projects.note",
                target_id=str(n),
                target_label=f"P{n % 500} I{n % 36}, Kenya, 2020 Q{n % 4 + 1}",
                reason="" if n % 7 else "As the council counted",
                changes=CHANGES[n % len(CHANGES)],
            )
            for n in range(min(number, 10_000))
        )
        with connection.cursor() as cursor:
            while left := number - ActivityEntry.objects.filter(actor=auditor).count():
                cursor.execute(DOUBLE, [auditor.pk, left])
        say(f"{number:,} acts are recorded.")
        yield auditor
    finally:
        _remove()


def _remove() -> None:
    ActivityEntry.objects.filter(actor__email=AUDITOR).delete()
    User.objects.filter(email=AUDITOR).delete()


def _written(
    write: Callable[[Table, IO[bytes]], None], auditor: User, record: str = ""
) -> tuple[Spent, float | None]:
    """What the file of the acts takes, and the most memory of this process meanwhile."""
    asked = AuditFilter({"person": AUDITOR, "record": record}, user=auditor)

    def act() -> None:
        with TemporaryFile() as file:
            write(audit_table(asked), file)

    gc.collect()
    _forget_peak()
    return spent(act), _peak()


def _forget_peak() -> None:
    """From now on the kernel notes the most memory anew."""
    with suppress(OSError):
        (PROCESSES / "self" / "clear_refs").write_text("5")


def _peak() -> float | None:
    """The most memory of this process in MB; None where the kernel does not tell."""
    try:
        told = (PROCESSES / "self" / "status").read_text()
    except OSError:
        return None
    lines = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) / 1024 if "VmHWM" in lines else None
