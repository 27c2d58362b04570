"""The scenarios of `manage.py bench`, in the order in which `all` runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.core.management.base import CommandError

from .findings import Finding, Options

Run = Callable[[Options], list[Finding]]


@dataclass(frozen=True)
class Scenario:
    """One sub-command: its name, the module with its `run`, and what it measures."""

    name: str
    module: str
    about: str
    needs_data: bool = True
    needs_services: bool = False

    @property
    def is_there(self) -> bool:
        """Whether its module is part of this installation."""
        return find_spec(f"{__package__}.{self.module}") is not None

    @property
    def run(self) -> Run:
        """Its function; raises CommandError where the module is not there."""
        if not self.is_there:
            raise CommandError(f"`bench {self.name}` is not part of this installation.")
        found: Run = import_module(f"{__package__}.{self.module}").run
        return found


GEN = Scenario("gen", "gen", "make the plan BENCH and fill the ledger", needs_data=False)
MEASURED = [
    Scenario("rebuild", "rebuild", "all figures from the ledger, against a bare GROUP BY"),
    Scenario("change", "change", "one changed value, against one look-up"),
    Scenario("read", "read", "a dashboard, against one look-up"),
    Scenario("concurrency", "concurrency", "8 writers with and without 2 workers"),
    Scenario("api", "api", "lists of the API, against the database alone"),
    Scenario(
        "import", "loading", "an import with its checks, against a bare COPY", needs_data=False
    ),
    Scenario("export", "export", "a spreadsheet, against CSV"),
    Scenario("audit", "audit", "a million acts as CSV and Excel", needs_data=False),
    Scenario("sqlite", "sqlite", "one change and one read on SQLite", needs_data=False),
    Scenario("workers", "workers", "1, 2 and 4 worker processes", needs_services=True),
]
SCENARIOS = {one.name: one for one in (GEN, *MEASURED)}
