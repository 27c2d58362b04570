"""Whether the product works: asked by load balancers, containers and people on duty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from .celery import app
from .clock import database_now

logger = structlog.get_logger(__name__)

BROKER_TIMEOUT = timedelta(seconds=3)


class NotReady(Exception):
    """A part answers, but not well; `details` are shown beside its error."""

    def __init__(self, reason: str, **details: Any) -> None:
        super().__init__(reason)
        self.details = details


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that a slow database restarts no process."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Each part the product needs, by name; 503 when one of them fails."""
    parts = {name: answer(name, check) for name, check in CHECKS.items()}
    healthy = all(part["status"] == "ok" for part in parts.values())
    body = {"status": "ok" if healthy else "error", "checks": parts}
    return JsonResponse(body, status=200 if healthy else 503)


def answer(name: str, check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The outcome of one check. Of an error only its kind is told: the log has the rest."""
    try:
        return {"status": "ok", **check()}
    except NotReady as error:
        return {"status": "error", "error": str(error), **error.details}
    except (DatabaseError, BrokerError, OSError) as error:
        logger.warning("readiness check failed", check=name, exc_info=True)
        return {"status": "error", "error": type(error).__name__}


def database() -> dict[str, Any]:
    """The database answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def broker() -> dict[str, Any]:
    """The message broker takes a connection."""
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT.total_seconds()) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT.total_seconds())
    return {}


def stale_figures() -> dict[str, Any]:
    """How many figures wait to be recomputed, and since when; an error if the oldest waits
    longer than STALE_FIGURES_MAX_AGE, since then no worker is taking them.
    """
    from outcomes.models import StaleFigure

    queue = StaleFigure.objects.aggregate(rows=Count("*"), oldest=Min("created_at"))
    age = (database_now() - queue["oldest"]).total_seconds() if queue["oldest"] else 0.0
    details = {"rows": queue["rows"], "oldest_seconds": round(age, 1)}
    if age > settings.STALE_FIGURES_MAX_AGE:
        raise NotReady("the oldest has waited too long", **details)
    return details


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": database,
    "broker": broker,
    "stale_figures": stale_figures,
}
