"""The database itself, asked: keys of ledger and figures begin with the plan."""

from __future__ import annotations

import pytest
from django.db import connection

from outcomes.models import Measurement, StaleFigure
from outcomes.rollup.queue import drain
from outcomes.rollup.verify import verify
from tests.conftest import missing

from .ledger import Ledger

pytestmark = pytest.mark.django_db

KEYED_BY_PLAN = (
    "outcomes_measurement",
    "outcomes_postedthing",
    "outcomes_stalefigure",
    "outcomes_leaf",
    "outcomes_figure",
)
# What every machine of a distributed database can hold a copy of.
REFERENCE_TABLES = {
    "plans_strategicplan",
    "outcomes_indicator",
    "outcomes_contributor",
    "outcomes_thing",
    "accounts_office",
    "accounts_country",
    "accounts_user",
}


def keys_of(table: str) -> dict[str, str]:
    """The first column of each primary key, unique constraint and index of a table, by name."""
    asked = {
        "postgresql": """
            SELECT k.relname, COALESCE(a.attname, '(expression)')
            FROM pg_index i
            JOIN pg_class k ON k.oid = i.indexrelid
            LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = %s::regclass""",
        "sqlite": """
            SELECT l.name, COALESCE(k.name, '(expression)')
            FROM pragma_index_list(%s) l JOIN pragma_index_info(l.name) k ON k.seqno = 0""",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor], [table])
        return dict(cursor.fetchall())


def references() -> set[tuple[str, str]]:
    """Every foreign key of the database: from which table to which."""
    asked = {
        "postgresql": """
            SELECT conrelid::regclass::text, confrelid::regclass::text
            FROM pg_constraint WHERE contype = 'f'""",
        "sqlite": """
            SELECT m.name, k."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) k
            WHERE m.type = 'table'""",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        return set(cursor.fetchall())


@pytest.mark.parametrize("table", KEYED_BY_PLAN)
def test_every_key_begins_with_the_plan(table: str) -> None:
    keys = keys_of(table)
    assert keys
    assert {name: first for name, first in keys.items() if first != "plan_id"} == {}


def test_nothing_refers_to_ledger_or_figures() -> None:
    assert {pair for pair in references() if pair[1] in KEYED_BY_PLAN} == set()


def test_ledger_and_figures_refer_to_reference_tables_only() -> None:
    found = {to for table, to in references() if table in KEYED_BY_PLAN}
    assert found
    assert found <= REFERENCE_TABLES


def test_the_catalogue_is_read_for_every_table() -> None:
    assert ("outcomes_contributorrevision", "outcomes_contributor") in references()
    assert set(keys_of("outcomes_contributorrevision").values()) > {"plan_id"}


def partition_by_plan(table: str, plans: list[int]) -> None:
    """Put an empty table with a part for each plan in its place; columns and indexes are kept."""
    parts = [
        f"CREATE TABLE {table}_{plan} PARTITION OF {table} FOR VALUES IN ({plan})" for plan in plans
    ]
    with connection.cursor() as cursor:
        for statement in (
            f"ALTER TABLE {table} RENAME TO {table}_whole",
            f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING ALL) PARTITION BY LIST (plan_id)",
            *parts,
        ):
            cursor.execute(statement)


@pytest.mark.live
def test_the_engine_works_on_tables_partitioned_by_plan() -> None:
    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    plans = [Ledger("P"), Ledger("Q")]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits holds up changes of tables
    for table in KEYED_BY_PLAN:
        partition_by_plan(table, [ledger.plan.pk for ledger in plans])
    for ledger in plans:
        indicators = [ledger.indicator(), ledger.indicator("L", over_time="latest")]
        for indicator in indicators:
            contributor = ledger.contributor(indicator)
            ledger.post(contributor, 1, "5")
            ledger.post(contributor, 1, "7")
        assert [ledger.value(indicator, 2) for indicator in indicators] == [7, 7]
    assert (drain(), StaleFigure.objects.count(), list(verify())) == (0, 0, [])
    assert Measurement.objects.count() == 8
    with connection.cursor() as cursor:
        for ledger in plans:
            cursor.execute(f"SELECT COUNT(*) FROM outcomes_measurement_{ledger.plan.pk}")
            assert cursor.fetchone() == (4,)
