"""`manage.py bench api`: it measures the lists that there are, and leaves nothing. No times."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from knox.models import AuthToken

from habitat_tracker.accounts.models import User
from reporting.bench.api import RAW
from reporting.bench.world import MAILBOX, bench_plan
from tests.api_client import Api

pytestmark = pytest.mark.django_db


def bench(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("bench", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def data() -> None:
    bench("gen", "--rows=2500", "--results=60", "--projects=1100")


def test_the_lists_are_measured_and_no_token_or_session_is_left(data: None) -> None:
    found = {
        one["name"]: one for one in json.loads(bench("api", "--quick", "--repetitions=1", "--json"))
    }
    assert found["queries of an API list of 1,000 results"]["value"] == 4
    ratios = {name for name in found if " / " in name}
    deep = {f"deep page / first page of all projects ({name})" for name in ("page", "API")}
    raw = (
        {"API list of 1,000 results / raw json_agg"} if connection.vendor == "postgresql" else set()
    )
    filtered = {name for name in ratios if name.startswith("register by ")}
    assert len(filtered) == 10
    assert ratios == deep | raw | filtered
    assert not AuthToken.objects.exists()
    assert not Session.objects.exists()


def test_the_database_alone_writes_the_same_rows_and_fields(data: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("json_agg is PostgreSQL's")
    plan = bench_plan()
    api = Api(User.objects.get(email=f"reviewer{MAILBOX}"))
    listed: list[dict[str, Any]] = api.rows(f"plans/{plan.code}/results/", page_size="1000")
    with connection.cursor() as cursor:
        cursor.execute(RAW, {"plan": plan.pk, "page": 1000})
        raw = json.loads(cursor.fetchone()[0])
    assert [list(row) for row in raw] == [list(row) for row in listed]
    for name in ("id", "project", "indicator", "place", "period", "status", "rating"):
        assert [row[name] for row in raw] == [row[name] for row in listed]
    assert [set(row["cells"] or {}) for row in raw] == [set(row["cells"]) for row in listed]
