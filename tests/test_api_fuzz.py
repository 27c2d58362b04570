"""Nothing that is sent to the API ends in an error of the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Result
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db

RELAXED = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(st.characters(codec=None), max_size=12)  # type: ignore[arg-type]
NUMBER = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from(["1e999", "-0", "1_000", "٣", "0x10", "1e-7", "NaN", " ", "9" * 400]),
)
LEAF = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
ANY = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
KNOWN = {
    "project": st.just("P"),
    "indicator": st.sampled_from(["Q", "PCT", "D", "R"]),
    "place": st.just("KEN"),
    "period": st.just("2020-Q1"),
}
CONTENT = {
    "state": st.sampled_from(["reported", "not_available"]) | ANY,
    "value": NUMBER | ANY,
    "numerator": NUMBER | ANY,
    "denominator": NUMBER | ANY,
    "unnamed": NUMBER | ANY,
    "things": st.lists(TEXT, max_size=3) | ANY,
    "rating": st.sampled_from(["low"]) | ANY,
    "qualifier": st.sampled_from(["about"]) | ANY,
    "cells": st.dictionaries(st.sampled_from(["women", "men"]) | TEXT, NUMBER | ANY, max_size=3)
    | ANY,
    "credits": ANY,
    "narrative": ANY,
    "window_start": st.just("2020-01-01") | ANY,
    "version": ANY,
}
BODY = st.fixed_dictionaries(
    {name: known | known | known | ANY for name, known in KNOWN.items()}, optional=CONTENT
)
REGISTERED = st.fixed_dictionaries(
    {
        "project": st.just("P"),
        "kind": st.sampled_from(["publication", "event"]) | ANY,
        "title": TEXT | ANY,
        "outcome": st.just("1.1") | ANY,
        "date": st.sampled_from(["2020-01-31", "0001-01-01", "9999-12-31"]) | ANY,
        "link": st.just("https://example.org/") | TEXT | ANY,
    },
    optional={
        "symbol": TEXT | ANY,
        "place": st.just("KEN") | ANY,
        "language": st.sampled_from(["fr"]) | ANY,
        "women": NUMBER | ANY,
        "men": NUMBER | ANY,
        "is_joint": ANY,
        "reason": ANY,
    },
)
PARAMETERS = {
    "results": "cursor page_size outcome period status ordering changed_since country office"
    " joint partner",
    "projects": "cursor page_size q office country outcome status",
    "figures": "cursor indicator outcome scope period basis cell as_of",
    "indicators": "cursor q outcome kind is_headline ordering",
    "deliverables": "cursor page_size q kind outcome office project period state applied",
    "product-applications": "cursor page_size project office deliverable state",
    "periods": "kind closed begun_by ordering",
    "late-entries": "cursor page_size project period in_force",
}
ASKED = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.dictionaries(
            st.sampled_from(PARAMETERS[name].split()),
            TEXT.map(lambda text: text.encode("utf-8", "replace").decode()),
            min_size=1,
            max_size=2,
        ),
    )
)


@pytest.fixture
def api() -> Api:
    """A reporter of a project that reports every kind of indicator in Kenya."""
    plan, kenya = factories.plan(), factories.country("KEN")
    project = factories.project(plan, "P", where=kenya)
    kinds: dict[str, dict[str, Any]] = {
        "Q": {"categories": {"sex": ["women", "men"]}},
        "PCT": {"kind": "percentage", "categories": {"sex": ["women", "men"]}},
        "D": {"kind": "distinct"},
        "R": {"kind": "rating", "over_time": "latest", "levels": ["low", "high"]},
    }
    for code, fields in kinds.items():
        factories.line(project, factories.indicator(plan, code, **fields), kenya)
    counted = factories.counting(factories.outcome(plan), "event")
    factories.line(project, counted, kenya)
    return Api(factories.user(role="reporter"))


@RELAXED
@given(body=BODY)
def test_any_body_is_stored_or_refused(api: Api, body: Any) -> None:
    answer = api.post_text("plans/SP/results/", json.dumps(body))
    assert answer.status_code in (200, 201, 400, 409), answer.content
    if answer.status_code >= 400:
        assert answer.json()["code"]
    else:
        assert api.get(f"plans/SP/results/{answer.json()['id']}/").status_code == 200
        assert Result.objects.count() <= len(KNOWN)


@RELAXED
@given(body=REGISTERED)
def test_any_deliverable_is_registered_or_refused(api: Api, body: Any) -> None:
    answer = api.post_text("plans/SP/deliverables/", json.dumps(body))
    assert answer.status_code in (201, 400), answer.content
    if answer.status_code == 400:
        assert answer.json()["code"]


@RELAXED
@given(asked=ASKED)
def test_any_parameters_are_answered_or_refused(
    api: Api, asked: tuple[str, dict[str, str]]
) -> None:
    name, parameters = asked
    answer = api.get(f"plans/SP/{name}/", **parameters)
    assert answer.status_code in (200, 400), answer.content
