"""The first commands of a newcomer: locks, Makefile, and what they leave behind."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["base", "s3", "dev"])
def test_lock_is_pinned_by_hash_and_holds_no_address(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in lock
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", lock, flags=re.MULTILINE).strip())
    assert [e.split(" ")[0] for e in entries if "==" not in e or "--hash=sha256:" not in e] == []


def test_development_lock_holds_the_same_versions_as_the_product_locks():
    def pins(name):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return set(re.findall(r"^([a-z0-9-]+==[^ ]+)", text, re.MULTILINE))

    assert pins("base") | pins("s3") <= pins("dev")


def test_make_help_lists_the_commands():
    result = make("help")
    listed = re.findall(r"^  make (\w+)", result.stdout, re.MULTILINE)
    assert listed == ["help", "setup", "demo", "test", "check", "lock", "clean"]


def test_make_names_the_python_that_is_too_old(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    result = make("setup", f"VENV={tmp_path}/venv", f"PYTHON={old}")
    assert result.returncode != 0
    assert f"Python 3.11 or newer is needed; {old} is Python 3.9.2." in result.stderr
    assert not (tmp_path / "venv").exists()


def test_make_says_so_when_there_is_no_python(tmp_path):
    result = make("setup", f"VENV={tmp_path}/venv", "PYTHON=")
    assert result.returncode != 0
    assert "Python 3.11 or newer is needed and was not found" in result.stderr


def test_what_the_product_writes_is_not_tracked():
    written = [".env", ".venv/bin/python", "var/habitat.sqlite3", "var/media/x.pdf"]
    written.append("locale/zh_Hans/LC_MESSAGES/django.mo")
    result = subprocess.run(
        ["git", "check-ignore", *written], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "not a git repository" in result.stderr:
        pytest.skip("not a git checkout")
    assert result.stdout.split() == written
