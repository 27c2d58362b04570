"""Settings come from the environment; a wrong one stops the start with its name."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
KEY = "k" * 50

WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "short"),
    ("DEBUG", "perhaps"),
    ("HTTPS_ONLY", "2"),
    ("TRUSTED_PROXY_COUNT", "-1"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "mysql://root@localhost/habitat"),
    ("DATABASE_URL", "postgres://user@host:port/name"),
    ("DATABASE_CONN_MAX_AGE", "long"),
    ("CACHE_URL", "nonsense"),
    ("EVIDENCE_STORAGE", ""),
    ("EVIDENCE_STORAGE", "ftp://host/folder"),
    ("EVIDENCE_STORAGE", "s3://"),
    ("EVIDENCE_STORAGE", "s3://Not_A_Bucket"),
    ("EVIDENCE_STORAGE", "s3://key:secret@bucket"),
    ("EVIDENCE_STORAGE", "s3://bucket?acl=public-read"),
    ("EVIDENCE_STORAGE", "s3://bucket?region_name="),
    ("EVIDENCE_STORAGE", "s3://bucket?endpoint_url=minio:9000"),
    ("EVIDENCE_MAX_BYTES", "20MB"),
    ("IMPORT_MAX_BYTES", "20MB"),
    ("DATA_UPLOAD_MAX_MEMORY_SIZE", "0"),
    ("CELERY_BROKER_URL", "http://localhost"),
    ("EMBEDDED_WORKER", "sometimes"),
    ("WEB_WORKERS", "2"),  # with the embedded worker, which the memory broker turns on
    ("PORT", "80000"),
    ("WEB_THREADS", "0"),
    ("STALE_FIGURES_MAX_AGE", "soon"),
    ("METRICS_TOKEN", "short"),
    ("METRICS_TOKEN", "not-only-ascii-ü-letters"),
    ("EMAIL_URL", "pigeon://loft"),
    ("SITE_URL", "tracker.example.org"),
    ("DIGEST_HOUR", "24"),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "LOUD"),
    ("LANGUAGE_CODE", "tlh"),
]


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command of the product in an environment of its own."""
    basic = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "SECRET_KEY": KEY}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={name: value for name, value in (basic | environment).items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def value_of(expression: str, **environment: str) -> Any:
    """The value of an expression over the settings."""
    code = f"from habitat_tracker import settings as s; print(repr(({expression})))"
    result = start("-c", code, **environment)
    assert result.returncode == 0, result.stderr
    return ast.literal_eval(result.stdout)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_malformed_value_stops_the_start_with_its_name_and_no_trace(name, value):
    result = start("manage.py", "check", **{name: value})
    assert result.returncode == 1
    assert result.stderr.startswith(
        f'Habitat Tracker cannot start. Environment variable "{name}" invalid: '
    )
    assert "Traceback" not in result.stderr


def test_missing_secret_key_stops_the_start_with_its_name():
    result = start("manage.py", "check", SECRET_KEY=None)
    assert (result.returncode, result.stderr.strip()) == (
        1,
        'Habitat Tracker cannot start. Environment variable "SECRET_KEY" not set',
    )


def test_web_server_refuses_a_malformed_value_by_name():
    result = start(
        *("-m", "gunicorn", "--config", "gunicorn.conf.py", "habitat_tracker.wsgi"),
        PORT="http",
    )
    assert result.returncode == 1
    assert 'Environment variable "PORT" invalid' in result.stderr
    assert "Traceback" not in result.stderr


def test_every_setting_is_listed_in_the_example_and_nothing_else_is():
    settings = (ROOT / "habitat_tracker" / "settings.py").read_text()
    compose = (ROOT / "docker-compose.yml").read_text()
    read = re.findall(r'\b(?:env|environ)\.\w+\(\s*"([A-Z_]+)"', settings)
    interpolated = re.findall(r"\$\{([A-Z_]+)", compose)
    example = (ROOT / ".env.example").read_text()
    listed = re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(listed) == sorted(set(read) | set(interpolated))


def test_defaults_shown_in_the_example_are_the_defaults(tmp_path):
    example = (ROOT / ".env.example").read_text()
    shown = re.sub(r"^# ([A-Z_]+=)", r"\1", example, flags=re.MULTILINE)
    (tmp_path / "env").write_text(shown.replace("SECRET_KEY=", f"SECRET_KEY={KEY}"))
    names = "{n: v for n, v in vars(s).items() if n.isupper() and n != 'LOG_STEPS'}"
    chosen = f"sorted((n, repr(v)) for n, v in {names}.items() if ' at 0x' not in repr(v))"
    assert value_of(chosen, ENV_FILE=str(tmp_path / "env"), SECRET_KEY=None) == value_of(chosen)


def test_environment_wins_over_the_file(tmp_path):
    (tmp_path / "env").write_text("PORT=9001\nLOG_LEVEL=ERROR\n")
    values = value_of("s.PORT, s.LOG_LEVEL", ENV_FILE=str(tmp_path / "env"), PORT="9002")
    assert values == (9002, "ERROR")


def test_relative_sqlite_path_starts_at_the_project_and_waits_for_its_write_lock():
    assert value_of("s.DATABASE['NAME']") == str(ROOT / "var" / "habitat.sqlite3")
    assert value_of("s.DATABASE['OPTIONS']['transaction_mode']") == "IMMEDIATE"


def test_postgresql_connections_are_kept_and_checked():
    values = value_of(
        "[s.DATABASE[n] for n in ('NAME', 'CONN_MAX_AGE', 'CONN_HEALTH_CHECKS')]",
        DATABASE_URL="postgres://u:p@db:5432/habitat",
        DATABASE_CONN_MAX_AGE="5",
    )
    assert values == ["habitat", 5, True]


def test_evidence_is_kept_in_a_folder_or_in_a_bucket():
    assert value_of("str(s.STORAGES['default']['OPTIONS']['location'])") == str(ROOT / "var/media")
    options = value_of(
        "s.STORAGES['default']['OPTIONS']",
        EVIDENCE_STORAGE="s3://bucket/a/b/?endpoint_url=http://minio:9000&region_name=eu-west-1",
    )
    assert {name: options[name] for name in options if name != "object_parameters"} == {
        "bucket_name": "bucket",
        "location": "a/b",
        "endpoint_url": "http://minio:9000",
        "region_name": "eu-west-1",
    }


def test_a_bucket_without_its_packages_stops_the_start_and_says_what_to_install():
    code = (
        "import sys, importlib.machinery as m, runpy; find = m.PathFinder.find_spec;"
        "m.PathFinder.find_spec = lambda name, *a: None if name == 'storages' else find(name, *a);"
        "sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')"
    )
    result = start("-c", code, EVIDENCE_STORAGE="s3://bucket")
    assert (result.returncode, result.stderr.strip()) == (
        1,
        'Habitat Tracker cannot start. Environment variable "EVIDENCE_STORAGE" invalid: '
        "a bucket needs the packages of requirements/s3.txt.",
    )


def test_https_only_secures_cookies_and_redirects():
    names = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT"
    assert value_of(names) == (False, False, False)
    assert value_of(names, HTTPS_ONLY="true") == (True, True, True)


def test_worker_is_embedded_by_default_only_with_the_memory_broker():
    assert value_of("s.EMBEDDED_WORKER") is True
    assert value_of("s.EMBEDDED_WORKER", CELERY_BROKER_URL="redis://localhost") is False


def test_scheduled_jobs_exist():
    code = (
        "import django; django.setup(); from habitat_tracker.celery import app;"
        "app.loader.import_default_modules();"
        "print([j['task'] for j in app.conf.beat_schedule.values() if j['task'] not in app.tasks])"
    )
    result = start("-c", code, DJANGO_SETTINGS_MODULE="habitat_tracker.settings")
    assert (result.stdout.strip(), result.returncode) == ("[]", 0), result.stderr
