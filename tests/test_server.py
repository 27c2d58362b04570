"""The product as processes: one for everything, or a worker beside the web server."""

import json
import signal
import time

import pytest

from habitat_tracker.celery import app
from tests.conftest import stop, wait_until


def test_one_process_serves_pages_and_static_files_and_ends_cleanly(product):
    running = product()
    assert json.loads(running.get("/readyz"))["status"] == "ok"
    assert "{" in running.get("/static/habitat.css")
    began = time.monotonic()
    assert stop(running.process, signal.SIGINT) == 0
    assert time.monotonic() - began < 10
    assert "Traceback" not in running.log.read_text()


def test_embedded_worker_runs_jobs_of_the_schedule(product):
    running = product(LOG_LEVEL="INFO", LOG_FORMAT="json")

    def a_job_succeeded():
        return '"event": "task_succeeded"' in running.log.read_text()

    wait_until(a_job_succeeded, seconds=15)
    assert stop(running.process, signal.SIGTERM) == 0


@pytest.mark.live
def test_worker_process_takes_a_job_from_redis_and_ends_cleanly(worker_process):
    from outcomes.tasks import drain_stale_figures

    drain_stale_figures.delay()

    def jobs_done():
        stats = app.control.inspect(["tests@localhost"], timeout=1).stats() or {}
        return stats.get("tests@localhost", {}).get("total")

    assert wait_until(jobs_done) == {"outcomes.tasks.drain_stale_figures": 1}
    assert stop(worker_process) == 0


@pytest.mark.live
def test_readyz_is_ok_on_postgresql_and_redis(client, worker_process):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")


@pytest.mark.browser
def test_sign_in_page_opens_in_a_browser_within_the_content_policy(product, page):
    running = product()
    complaints = []

    def hear(message):
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    response = page.goto(f"{running.url}/accounts/login/")
    assert response.status == 200
    assert page.locator("input[type=password]").count() == 1
    assert complaints == []
