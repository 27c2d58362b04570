"""Every address with every method, tried by everybody, against the table of `addresses`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from knox.models import AuthToken
from rest_framework.test import APIClient

from tests.roles import ANONYMOUS

from .addresses import ADDRESSES, EVERYBODY, NOT_HEARING, STAFF, UNHEARD, Try
from .world import World

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")


def patterns() -> Iterator[tuple[str, Any]]:
    """Every address that the product answers, as the resolver knows it."""

    def below(listed: Any, head: str) -> Iterator[tuple[str, Any]]:
        for one in listed:
            path = head + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from below(one.url_patterns, path)
            else:
                yield path, one.callback

    return below(get_resolver().url_patterns, "")


def test_every_address_is_in_the_table() -> None:
    known = {path for path, _view in patterns()}
    assert not known - ADDRESSES.keys(), (
        "Say in tests/walk/addresses.py who may, for each of: "
        + "; ".join(sorted(known - ADDRESSES.keys()))
    )
    assert not ADDRESSES.keys() - known, (
        f"Take out of tests/walk/addresses.py: {sorted(ADDRESSES.keys() - known)}"
    )


def test_every_method_of_the_api_is_in_the_table() -> None:
    missing = [
        f"{method} {path}"
        for path, view in patterns()
        if path.startswith("api/")
        for method in METHODS
        if method in _offered(view)
        and path != "api/v1/"  # only leads to the documents
        and method not in {one.method for one in ADDRESSES[path]}
    ]
    assert not missing, f"Say in tests/walk/addresses.py who may: {missing}"


def _offered(view: Any) -> set[str]:
    if actions := getattr(view, "actions", None):
        return set(actions)
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return {method for method in METHODS if hasattr(kind, method)}


class Walker:
    """Asks for an address as one person after another; what was tried is taken back."""

    def __init__(self) -> None:
        self.world = world = World()
        world.lives()
        self.keys = {
            name: getattr(world, name).pk
            for name in (
                *("plan", "project", "line", "indicator", "period", "office", "colleague", "sheet"),
                *("draft", "pending", "done", "note", "evidence", "late", "deliverable", "view"),
                *("product", "application", "city"),
                *("appraisal", "condition", "answered", "delegation", "meeting"),
                *("proposal", "waiting", "revision", "story", "told", "lab", "risk"),
                *("feedback", "asked"),
                "transaction",
                *("partner", "agreement"),
                *("priority", "second"),
                *("partner", "agreement", "other_partner", "contribution"),
                *("transaction", "deferral", "expected", "theme"),
            )
        }
        self.cookies: dict[str, Any] = {ANONYMOUS: {}}
        self.tokens: dict[str, str] = {}
        for name, person in world.people.items():
            if name != ANONYMOUS:
                client = Client()
                client.force_login(person)
                self.cookies[name] = client.cookies
                self.tokens[name] = AuthToken.objects.create(user=person)[1]

    def answer(self, pattern: str, one: Try, name: str) -> Any:
        """What one person gets."""
        where = one.at or pattern.replace("<str:plan>", "SP")
        where = "/" + re.sub(r"\{(\w+)\}", lambda found: str(self.keys[found[1]]), where)
        cache.clear()  # no limit on how often one asks
        with transaction.atomic():
            try:
                if where.startswith("/api/"):
                    client = APIClient()
                    if name in self.tokens:
                        client.credentials(HTTP_AUTHORIZATION=f"Token {self.tokens[name]}")
                    ask = getattr(client, one.method)
                    send = one.send(self.world)
                    has_file = any(hasattr(value, "read") for value in send.values())
                    form = "multipart" if has_file else "" if one.method == "get" else "json"
                    return ask(where, send, format=form) if form else ask(where)
                browser = Client()
                browser.cookies.load(
                    {key: value.value for key, value in self.cookies[name].items()}
                )
                return getattr(browser, one.method)(where, one.send(self.world))
            finally:
                transaction.set_rollback(True)

    def verdict(self, pattern: str, one: Try, name: str) -> str:
        """What is wrong with the answer that one person got; nothing where it is right."""
        answer = self.answer(pattern, one, name)
        status = answer.status_code
        to_sign_in = status == 302 and "/accounts/login/" in answer.headers["Location"]
        told = f"{one.method} {one.at or pattern} as {name}: {status}"
        if name in one.who:
            right = status < 400 and (not to_sign_in or one.who == EVERYBODY)
            return "" if right else f"{told}, and should be allowed"
        if name == ANONYMOUS and one.who | {ANONYMOUS} != one.who and one.others not in (404, 410):
            right = status == 401 if "api/" in pattern else to_sign_in
            return "" if right else f"{told}, and should be sent to sign in"
        if name == ANONYMOUS:
            right = status in (401, 404, 410) or to_sign_in
        elif one.others == UNHEARD:
            right = status == (404 if name in NOT_HEARING else 403)
        elif one.others:
            right = status == one.others
        else:  # rows that others of the office see, and people elsewhere know nothing of
            right = status == (404 if name.endswith("outside") else 403)
        return "" if right else f"{told}, and should be refused"


@pytest.fixture(scope="module")
def walker(shared_rows: Path) -> Walker:
    return Walker()


@pytest.mark.parametrize("pattern", ADDRESSES)
def test_everybody_asks_for_everything(pattern: str, walker: Walker) -> None:
    wrong = [
        told
        for one in ADDRESSES[pattern]
        for name in (ANONYMOUS, *sorted(STAFF))
        if (told := walker.verdict(pattern, one, name))
    ]
    assert not wrong, "\n" + "\n".join(wrong)
