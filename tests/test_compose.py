"""The compose file is valid and says what an operator relies on; no engine is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
LONG_RUNNING = ["postgres", "redis", "web", "worker", "beat"]


def test_compose_file_is_valid_against_the_compose_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, COMPOSE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_compose_file_has_the_five_services_and_the_migration():
    assert sorted(SERVICES) == sorted([*LONG_RUNNING, "migrate"])


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_each_service_has_a_health_check_and_does_not_run_as_root(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert str(SERVICES[name]["user"]).split(":")[0] not in {"", "0", "root"}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_product_services_wait_for_database_broker_and_migrations(name):
    assert {part: need["condition"] for part, need in SERVICES[name]["depends_on"].items()} == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "migrate": "service_completed_successfully",
    }


def test_data_is_kept_in_named_volumes():
    mounts = [mount for service in SERVICES.values() for mount in service["volumes"]]
    assert {mount.split(":")[0] for mount in mounts} == {"database", "jobs", "media"}


def test_evidence_goes_where_its_one_setting_says():
    for name in ("web", "worker", "migrate"):
        told = SERVICES[name]["environment"]
        assert told["EVIDENCE_STORAGE"] == "${EVIDENCE_STORAGE:-var/media}"
        assert told["AWS_SECRET_ACCESS_KEY"] == "${AWS_SECRET_ACCESS_KEY:-}"


def test_compose_file_holds_no_secret():
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.findall(rf"{name}: (?!\$\{{{name}:\?)", COMPOSE.read_text()) == []


def test_image_runs_as_an_ordinary_user_from_the_hashed_locks():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--requirement requirements/s3.txt" in dockerfile
    assert "\nUSER 10001:10001\n" in dockerfile
    assert "--require-hashes --requirement requirements/base.txt" in dockerfile
