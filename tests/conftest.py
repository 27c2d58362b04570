"""What all tests share: where the worked cases are, uploads, and the real services."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/cases --cases DIR` runs the case files of another folder."""
    parser.addoption(
        "--cases",
        default=str(ROOT / "tests" / "cases"),
        metavar="DIR",
        help="folder of the worked cases (default: tests/cases)",
    )


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking through it for garbage again and again is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def missing(what: str) -> NoReturn:
    """Skip the test for want of a service, or fail it where REQUIRE_SERVICES is set."""
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(f"{what} is missing, and REQUIRE_SERVICES is set", pytrace=False)
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Tests that commit leave few rows, quickly deleted; truncating all tables takes seconds."""
    from django.db import connection

    def delete(style: Any, tables: list[str], **options: Any) -> list[str]:
        return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]

    if connection.vendor == "postgresql":
        connection.ops.sql_flush = delete


def uploads_in(folder: Path) -> dict[str, Any]:
    """The storages of files, with uploads in a folder."""
    from django.conf import settings

    from habitat_tracker.settings import parse_evidence_storage

    return settings.STORAGES | {"default": parse_evidence_storage(str(folder))}


@pytest.fixture(autouse=True)
def evidence_folder(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Path:
    """Where files are that a test uploads; they are gone after it."""
    folder = tmp_path / "media"
    if "shared_rows" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("shared_rows"), folder)
    settings.STORAGES = uploads_in(folder)
    return folder


@pytest.fixture(scope="module")
def shared_rows(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Lets a fixture of a module make rows and files once, for all its tests that ask for it.

    Each test finds them as they were made: it works in a savepoint and with copies of the files.
    Objects that the fixture returns are shared as well; give each test a copy (`deepcopy`).
    All tests of the module that come later see the rows, and after the module they are gone.
    """
    from django.db import transaction
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("shared_media")
    with (
        override_settings(STORAGES=uploads_in(folder)),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        yield folder
        transaction.set_rollback(True)


# --- A worker process of its own -------------------------------------------------------


def database_url() -> str:
    """The address of the test database, for another process."""
    from django.db import connection

    conf = connection.settings_dict
    where = f"{conf['HOST']}:{conf['PORT'] or 5432}/{conf['NAME']}"
    return f"postgres://{conf['USER']}:{conf['PASSWORD']}@{where}"


def process_environment(**values: str) -> dict[str, str]:
    """The environment of a process of the product that a test starts."""
    from django.conf import settings

    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "SECRET_KEY": settings.SECRET_KEY,
        **values,
    }


def stop(process: subprocess.Popen[bytes], sign: signal.Signals = signal.SIGTERM) -> int:
    """End a process that a test started; its exit code."""
    if process.poll() is None:
        process.send_signal(sign)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def wait_until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer of `condition`, or a failure after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    return pytest.fail(f"{condition.__name__} was not true within {seconds} s")


def start_job_process(*command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A Celery process (`worker` or `beat`) of the product, at the head of its own group."""
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "--app=habitat_tracker", *command, "--loglevel=INFO"],
            cwd=ROOT,
            env=process_environment(**environment),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@pytest.fixture
def worker_process(transactional_db: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker process on the test database and Redis, ready for jobs."""
    from django.conf import settings
    from django.db import connection

    from habitat_tracker.celery import app

    if connection.vendor != "postgresql":
        missing("PostgreSQL (DATABASE_URL)")
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        missing("Redis (CELERY_BROKER_URL)")
    app.control.purge()  # jobs that other tests posted are of no concern here
    process = start_job_process(
        *("worker", "--concurrency=1", "--hostname=tests@localhost"),
        log=tmp_path / "worker.log",
        DATABASE_URL=database_url(),
        CELERY_BROKER_URL=settings.CELERY_BROKER_URL,
    )
    try:

        def worker_answers() -> Any:
            if process.poll() is not None:
                pytest.fail((tmp_path / "worker.log").read_text(), pytrace=False)
            return app.control.ping(["tests@localhost"], timeout=0.5)

        wait_until(worker_answers, seconds=30)
        yield process
    finally:
        stop(process)


# --- A browser -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, headless, driven by Playwright."""
    if not shutil.which(CHROMIUM):
        missing(f"Chromium ({CHROMIUM})")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a fresh browser profile, at desktop width."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en")
    yield context.new_page()
    context.close()


# --- The product as one process, as `make demo` starts it ------------------------------


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Starts the product on an SQLite file of its own; call it for each start.

    `product(commands=[["load_plan"]])` migrates, runs the management commands, starts one
    gunicorn process with the embedded worker, and returns a Product with its `url`.
    What several products begin with is done once: rows and files are copied.
    """
    started: list[Product] = []
    kept: dict[Any, Path] = {}

    def start(commands: list[list[str]] | None = None, **environment: str) -> Product:
        one = Product(tmp_path_factory.mktemp("product"), environment)
        started.append(one)
        steps = [["migrate", "--verbosity=0"], *(commands or [])]
        # How far an earlier product went the same way; migrating heeds no environment.
        ways = [str((steps[: n + 1], environment if n else {})) for n in range(len(steps))]
        done = max((n + 1 for n, way in enumerate(ways) if way in kept), default=0)
        if done:
            shutil.copytree(kept[ways[done - 1]], one.data, dirs_exist_ok=True)
        for step, way in zip(steps[done:], ways[done:], strict=True):
            one.manage(*step)
            kept[way] = shutil.copytree(one.data, tmp_path_factory.mktemp("kept") / "data")
        one.start()
        return one

    yield start
    for one in started:
        stop(one.process, signal.SIGINT)


class Product:
    """One running gunicorn process with its embedded worker, and its database file."""

    process: subprocess.Popen[bytes]

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gunicorn.log"
        self.data = folder / "data"
        self.data.mkdir()
        self.environment = process_environment(
            DATABASE_URL=f"sqlite:///{self.data}/habitat.sqlite3",
            EVIDENCE_STORAGE=str(self.data / "media"),
            PORT=str(self.port),
            **({"LOG_LEVEL": "WARNING"} | environment),
        )

    def manage(self, *arguments: str) -> str:
        """Run a management command on the product's database; what it printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def start(self) -> None:
        """Serve, and return when the address answers."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn"),
                    *("--config", "gunicorn.conf.py", "habitat_tracker.wsgi"),
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self.answers, seconds=30)

    def answers(self) -> bool:
        """Whether the address answers; fails the test when the process has ended."""
        if self.process.poll() is not None:
            pytest.fail(self.log.read_text(), pytrace=False)
        try:
            return bool(self.get("/healthz") == "ok\n")
        except OSError:
            return False

    def get(self, path: str) -> str:
        """The body of a page that anybody may read."""
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return str(response.read().decode())
