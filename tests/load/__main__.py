"""Run it: `python -m tests.load [--people 200] [--minutes 10]`, on PostgreSQL and Redis.

Makes a database of its own, serves the product with gunicorn and a Celery worker as in
production, lets the people type, and compares what they were told with what is stored. Ends with
1 where a cell was lost or doubled, or a figure differs. Bounded: by people and by minutes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """One run; returns 0 where everything that people were told is true."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    make_database(asked.postgres, asked.database)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "habitat_tracker.settings",
        "DATABASE_URL": f"{asked.postgres}/{asked.database}",
        "CELERY_BROKER_URL": asked.redis,
        "EVIDENCE_STORAGE": str(folder / "media"),
        "PORT": str(port),
        "WEB_WORKERS": str(asked.web_workers),
        "EMBEDDED_WORKER": "false",
        "LOG_LEVEL": "WARNING",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
    import django

    django.setup()
    from tests.load import world

    people = world.make(asked.people)
    (folder / "people.json").write_text(json.dumps(people))
    log = folder / "told.jsonl"
    with ExitStack() as running:
        for name, command in (
            ("web", ["gunicorn", "--config", "gunicorn.conf.py", "habitat_tracker.wsgi"]),
            ("worker", ["celery", "--app=habitat_tracker", "worker", "--concurrency=1"]),
            ("beat", ["celery", "--app=habitat_tracker", "beat", f"--schedule={folder}/beat"]),
        ):
            running.enter_context(_Process(command, folder / f"{name}.log"))
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--locustfile", "tests/load/people.py"),
                *("--headless", "--only-summary", "--host", f"http://127.0.0.1:{port}"),
                *("--users", str(asked.people), "--spawn-rate", str(max(1, asked.people // 10))),
                *("--run-time", f"{round(asked.minutes * 60)}s", "--stop-timeout", "60"),
                *("--csv", str(folder / "locust"), "--exit-code-on-error", "0"),
            ],
            cwd=ROOT,
            check=True,
            timeout=asked.minutes * 60 + 300,
            env=os.environ
            | {
                "LOAD_PEOPLE": str(folder / "people.json"),
                "LOAD_LOG": str(log),
                "LOAD_THINKING": str(asked.thinking),
                "PYTHONPATH": str(ROOT),
            },
        )
    outcome = world.compare(log)
    _report(asked, folder, outcome)
    return 0 if outcome.is_right else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--people", type=int, default=200, choices=range(1, 1001), metavar="N")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--thinking", type=float, default=6, help="seconds between two values")
    parser.add_argument("--web-workers", type=int, default=2)
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432")
    parser.add_argument("--database", default="habitat_load", help="made anew for the run")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/8")
    asked = parser.parse_args()
    if not 0 < asked.minutes <= 30:
        parser.error("between 0 and 30 minutes")
    return asked


def make_database(server: str, name: str) -> None:
    """An empty database for a load run; that of an earlier run goes."""
    import psycopg2

    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()


class _Process:
    """A process of the product, with its children, for as long as the block."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.command, self.log = command, log

    def __enter__(self) -> None:
        with self.log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __exit__(self, *_failure: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"{url} does not answer")


def _report(asked: argparse.Namespace, folder: Path, outcome: object) -> None:
    with (folder / "locust_stats.csv").open() as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    said = {
        "people": asked.people,
        "minutes": asked.minutes,
        "saves a second": round(float(rows["save a cell"]["Requests/s"]), 1),
        **{
            f"{name}, ms, {share}": float(rows[name][share])
            for name in ("save a cell", "submit a period")
            if name in rows
            for share in ("50%", "95%", "99%", "100%")
        },
        **vars(outcome),
    }
    sys.stdout.write(json.dumps(said, indent=2, default=str) + f"\n{folder}\n")


if __name__ == "__main__":
    sys.exit(main())
