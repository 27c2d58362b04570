"""/healthz says that the process lives; /readyz names each part the product needs."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from kombu import Connection

from habitat_tracker import health
from habitat_tracker.celery import app
from habitat_tracker.clock import database_now
from outcomes.actions import mark_plan_stale
from outcomes.models import StaleFigure
from tests import factories


def failing(*args, **kwargs):
    raise OperationalError("password of host db.internal refused")


@pytest.fixture
def checks(monkeypatch):
    """The checks by name, to be replaced by a test."""
    monkeypatch.setattr(health, "CHECKS", dict(health.CHECKS))
    return health.CHECKS


def test_healthz_answers_without_the_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_names_each_part(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {
            "database": {"status": "ok"},
            "broker": {"status": "ok"},
            "stale_figures": {"status": "ok", "rows": 0, "oldest_seconds": 0.0},
        },
    }


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["database", "broker", "stale_figures"])
def test_readyz_is_503_when_one_part_fails_and_tells_no_inner_detail(client, checks, part):
    checks[part] = failing
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "error"
    failed = {n: c for n, c in response.json()["checks"].items() if c["status"] == "error"}
    assert failed == {part: {"status": "error", "error": "OperationalError"}}


@pytest.mark.django_db
def test_readyz_is_503_when_no_broker_listens(client, monkeypatch):
    nowhere = Connection("redis://127.0.0.1:1/0", connect_timeout=1)
    monkeypatch.setattr(app, "connection_for_write", lambda **options: nowhere)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["broker"] == {"status": "error", "error": "OperationalError"}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "code"), [(200, 200), (400, 503)])
def test_readyz_is_503_when_a_stale_figure_waits_too_long(client, seconds, code):
    mark_plan_stale(factories.indicator(factories.plan()).plan)
    since = database_now() - timedelta(seconds=seconds)
    rows = StaleFigure.objects.update(created_at=since)
    response = client.get("/readyz")
    queue = response.json()["checks"]["stale_figures"]
    assert (response.status_code, queue["rows"]) == (code, rows)
    assert queue["oldest_seconds"] >= seconds


@pytest.mark.django_db
def test_readyz_is_not_about_indicators_that_are_too_large(client):
    mark_plan_stale(factories.indicator(factories.plan()).plan)
    since = database_now() - timedelta(hours=1)
    StaleFigure.objects.update(created_at=since, too_large_at=since)
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_only_read(client, path):
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_health_is_reached_without_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
