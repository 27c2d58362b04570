"""What each of many people does: type cells of the entry grid, one after the other, and submit.

Some share a project and meet on one cell: the second is shown both values and keeps one. What
everybody is told goes to a file, line by line.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from locust import FastHttpUser, task

from tests.load.world import PLAN

# What people are told of a save, in the words of the comparison.
TOLD = {"saved": "saved", "version_conflict": "conflict"}
# What the page says of a refused submission.
REFUSED = re.compile(r'role="alert"[^>]*>\s*([^<]+?)\s*<')
THINKING = float(os.environ["LOAD_THINKING"])
waiting = iter(json.loads(Path(os.environ["LOAD_PEOPLE"]).read_text()))
log = Path(os.environ["LOAD_LOG"]).open("a", buffering=1)  # noqa: SIM115 - as long as the run


class Reporter(FastHttpUser):
    """Somebody with a project's grid open, who types a value every few seconds."""

    connection_timeout = network_timeout = 60.0

    def wait_time(self) -> float:
        """Seconds between two values."""
        return random.uniform(0.5 * THINKING, 1.5 * THINKING)

    def on_start(self) -> None:
        """Come with a session, and open nothing else than one's own project."""
        me = next(waiting)
        self.me: dict[str, Any] = me
        self.token = secrets.token_hex(16)
        self.headers = {
            "Cookie": f"sessionid={me['session']}; csrftoken={self.token}",
            "X-CSRFToken": self.token,
        }
        self.seen: dict[tuple[int, str], dict[str, Any]] = {}
        self.number = 0
        self.cells = self.all_cells()
        self.wait()  # people do not all begin in the same second

    def all_cells(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every cell of every period, again and again; the period is submitted at its end."""
        while True:
            for period in self.me["periods"]:
                lines = random.sample(self.me["lines"], len(self.me["lines"]))
                yield from product([period], lines)
                self.submit(period)

    def address(self, period: str) -> str:
        return f"/plans/{PLAN}/projects/{self.me['project']}/results/{period}/"

    @task
    def type_a_value(self) -> None:
        """Type a value that nobody else types, and send its cell as the page does."""
        period, line = next(self.cells)
        self.number += 1
        value = str(self.me["user"] * 100_000 + self.number)
        told = self.send(period, line, value)
        if told == "conflict" and random.random() < 0.5:
            self.send(period, line, value)  # keep mine, having seen theirs

    def send(self, period: str, line: dict[str, Any], value: str) -> str:
        key, prefix = (line["id"], period), f"l{line['id']}-"
        held = self.seen.get(key, {"version": 0, "seen": ""})
        body = {f"{prefix}version": str(held["version"]), f"{prefix}seen": held["seen"]}
        if line["kind"] == "percentage":
            body |= {f"{prefix}numerator": value, f"{prefix}denominator": "100000000"}
        else:
            body |= {f"{prefix}value": value}
        with self.client.post(
            f"{self.address(period)}cells/{line['id']}/",
            data=body,
            headers=self.headers,
            name="save a cell",
            catch_response=True,
        ) as response:
            try:
                answer = json.loads(response.text or "{}")
            except ValueError:
                answer = {}
            told = TOLD.get(answer.get("code") or answer.get("status") or "")
            told = told or answer.get("code") or without_answer(response)
            if "version" in answer:
                self.seen[key] = {"version": answer["version"], "seen": answer.get("seen", "")}
            if told in ("saved", "conflict", "already_submitted"):
                response.success()
            else:
                response.failure(told)
        self.write(line=line["id"], period=period, value=value, told=told, **answer_of(answer))
        return str(told)

    def submit(self, period: str) -> None:
        """Submit all that is a draft, with the page's one button."""
        with self.client.post(
            self.address(period),
            data={"submit": "yes"},
            headers=self.headers,
            name="submit a period",
            allow_redirects=False,
            catch_response=True,
        ) as response:
            if response.status_code == 302:
                response.success()
                self.write(told="submitted")
            else:
                why = REFUSED.search(response.text or "")
                told = f"submit: {why[1] if why else without_answer(response)}"
                response.failure(told)
                self.write(told=told)

    def write(self, **told: Any) -> None:
        log.write(json.dumps({"at": time.time(), "user": self.me["user"], **told}) + "\n")


def without_answer(response: Any) -> str:
    """The status, or what went wrong on the way where no answer came."""
    if response.status_code:
        return f"HTTP {response.status_code}"
    return f"no answer: {type(response.error).__name__}: {response.error}"


def answer_of(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is kept in the file."""
    return {name: answer[name] for name in ("version",) if name in answer}
