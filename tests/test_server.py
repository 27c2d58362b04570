"""The product as processes: one for everything, or a worker beside the web server."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter

import pytest

from habitat_tracker.celery import app
from tests.conftest import ROOT, process_environment, stop, wait_until


@pytest.mark.once  # on an SQLite file of its own
def test_one_process_serves_pages_and_static_files_and_ends_cleanly(product):
    running = product()
    assert json.loads(running.get("/readyz"))["status"] == "ok"
    assert "{" in running.get("/static/habitat.css")
    began = time.monotonic()
    assert stop(running.process, signal.SIGINT) == 0
    assert time.monotonic() - began < 15  # a stuck process is ended after eight
    assert "Traceback" not in running.log.read_text()


@pytest.mark.once  # on an SQLite file of its own
def test_embedded_worker_drains_at_its_start_and_by_the_schedule(product):
    running = product(LOG_LEVEL="INFO", LOG_FORMAT="json")

    def more_than_the_schedule_sent():
        log = running.log.read_text()
        sent, done = log.count("Sending due task"), log.count('"event": "task_succeeded"')
        return 0 < sent < done

    wait_until(more_than_the_schedule_sent, seconds=25)
    assert stop(running.process, signal.SIGTERM) == 0


@pytest.mark.once  # on an SQLite file of its own
def test_a_connection_outlasts_the_pause_between_two_cells(product):
    running = product()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)

    def ask():
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read(), connection.sock

    first = ask()
    time.sleep(6)
    assert first[:2] == (200, b"ok\n") and ask() == first  # the same socket, not a new one
    connection.close()


WAKE_UP = """
import time
import django
django.setup()
from outcomes.tasks import drain_stale_figures
began = time.monotonic()
try:
    drain_stale_figures.apply_async(retry=False)
except Exception as error:
    print(type(error).__name__)
print(time.monotonic() - began)
"""


@pytest.mark.once
def test_nobody_waits_for_a_broker_that_is_gone():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = process_environment(
        CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0",
        DATABASE_URL="sqlite://:memory:",
        DJANGO_SETTINGS_MODULE="habitat_tracker.settings",
    )
    said = subprocess.run(
        [sys.executable, "-c", WAKE_UP],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    assert said[0] == "OperationalError"
    assert float(said[1]) < 1


MANY_WRITERS = """
from habitat_tracker.accounts.choices import Role
from knox.models import AuthToken
from tests import factories
plan = factories.plan("SP")
indicator = factories.indicator(factories.outcome(plan), "Q")
for number in range(8):
    factories.line(factories.project(plan, f"P{number}"), indicator)
    for role in (Role.REPORTER, Role.REVIEWER):
        somebody = factories.user(f"{role} {number}", role)
        print(AuthToken.objects.create(user=somebody)[1])
"""


@pytest.mark.once  # on an SQLite file of its own
def test_eight_writers_at_once_on_sqlite_all_succeed(product):
    running = product()
    made = running.manage("shell", "--no-imports", "--command", MANY_WRITERS)
    tokens = made.split()
    answers = Counter()

    def send(token, path, body):
        request = urllib.request.Request(
            f"{running.url}/api/v1/plans/SP/results/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answers[response.status] += 1
            return json.load(response)

    def work(number):
        reporter, reviewer = tokens[2 * number : 2 * number + 2]
        entry = {"project": f"P{number}", "indicator": "Q", "period": "2020-Q1", "value": "5"}
        one = send(reporter, "", entry)["id"]
        send(reporter, f"{one}/submit/", {})
        send(reviewer, f"{one}/approve/", {})

    writers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert answers == {201: 8, 200: 16}
    assert "locked" not in running.log.read_text()


@pytest.mark.live
def test_worker_process_takes_a_job_from_redis_and_ends_cleanly(worker_process):
    from outcomes.tasks import drain_stale_figures

    drain_stale_figures.delay()

    def jobs_done():
        stats = app.control.inspect(["tests@localhost"], timeout=1).stats() or {}
        return stats.get("tests@localhost", {}).get("total")

    # that of the start comes before the one that is sent here
    wait_until(lambda: jobs_done() == {"outcomes.tasks.drain_stale_figures": 2})
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
