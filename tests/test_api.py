"""The API as a whole: sign-in, errors of one shape, pages of lists, schema, reference data."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db

REFERENCE = [
    "plans/",
    "plans/SP/",
    "plans/SP/domains/",
    "plans/SP/domains/1/",
    "plans/SP/outcomes/",
    "plans/SP/outcomes/1.1/",
    "plans/SP/indicators/",
    "plans/SP/indicators/I/",
    "plans/SP/periods/",
    "plans/SP/periods/2020-Q1/",
    "plans/SP/projects/",
    "plans/SP/projects/P/",
    "plans/SP/results/",
    "plans/SP/figures/",
    "offices/",
    "offices/ROAF/",
    "countries/",
    "countries/KEN/",
]


@pytest.fixture
def world() -> Any:
    """One of everything: plan, outcome, indicator, project, line, country."""
    plan = factories.plan()
    outcome = factories.outcome(plan)
    indicator = factories.indicator(outcome, "I", {"sex": ["women", "men"]})
    kenya = factories.country()
    project = factories.project(plan, "P", where=kenya, serves=outcome)
    factories.line(project, indicator, kenya)
    return plan


# --- Sign-in -------------------------------------------------------------------------------


def test_sign_in_gives_a_token_that_works_and_ends() -> None:
    user = factories.user("Amina Otieno")
    answer = Api().post("auth/login/", {"email": user.email, "password": "a-long-password"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    token, kept = answer.json()["token"], AuthToken.objects.get()
    assert token not in (kept.digest, kept.token_key)
    assert kept.expiry - timezone.now() < timedelta(hours=12, seconds=1)
    headers = {"Authorization": f"Token {token}"}
    assert Client().get("/api/v1/plans/", headers=headers).status_code == 200


def test_wrong_password_and_unknown_person_are_refused_alike() -> None:
    user = factories.user()
    for email in (user.email, "nobody@example.org"):
        answer = Api().post("auth/login/", {"email": email, "password": "wrong"})
        assert refused(answer) == (401, "wrong_credentials")
    assert not AuthToken.objects.exists()


def test_inactive_account_gets_in_neither_by_password_nor_by_token() -> None:
    user = factories.user()
    api = Api(user)
    user.is_active = False
    user.save()
    body = {"email": user.email, "password": "a-long-password"}
    assert refused(Api().post("auth/login/", body)) == (401, "wrong_credentials")
    assert refused(api.get("plans/")) == (401, "invalid_token")


def test_sign_in_names_the_field_that_is_wrong() -> None:
    answer = Api().post("auth/login/", {"email": "no address", "pass": "x"})
    assert refused(answer) == (400, "unknown_field")
    answer = Api().post("auth/login/", {"email": "no address"})
    assert problems(answer) == {("email", "invalid"), ("password", "required")}


def test_sign_in_is_limited_by_address_of_the_caller() -> None:
    api = Api()
    body = {"email": "nobody@example.org", "password": "wrong"}
    answers = [api.post("auth/login/", body) for _attempt in range(21)]
    assert refused(answers[19]) == (401, "wrong_credentials")
    assert refused(answers[20]) == (429, "throttled")
    assert int(answers[20]["Retry-After"]) > 0
    forwarded = api.post("auth/login/", body, **{"X-Forwarded-For": "203.0.113.7"})
    assert forwarded.status_code == 429


def test_failed_sign_ins_of_one_account_are_limited_like_on_the_page(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    api, user = Api(), factories.user()
    for _attempt in range(3):
        api.post("auth/login/", {"email": user.email, "password": "wrong"})
    answer = api.post("auth/login/", {"email": user.email, "password": "a-long-password"})
    assert refused(answer) == (429, "throttled")
    cache.clear()


def test_sign_out_ends_one_token_and_everywhere_all() -> None:
    user = factories.user()
    one, two, three = Api(user), Api(user), Api(user)
    assert one.post("auth/logout/").status_code == 204
    assert refused(one.get("plans/")) == (401, "invalid_token")
    assert two.get("plans/").status_code == 200
    assert two.post("auth/logoutall/").status_code == 204
    assert refused(three.get("plans/")) == (401, "invalid_token")


@pytest.mark.parametrize("token", ["x", "é", "\x00", "a" * 64, "a" * 5000])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    headers = {"Authorization": f"Token {token}"}
    assert refused(Client().get("/api/v1/plans/", headers=headers)) == (401, "invalid_token")


def test_expired_token_is_refused() -> None:
    api = Api(factories.user())
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert refused(api.get("plans/")) == (401, "token_expired")


def test_session_of_the_browser_is_accepted_with_its_csrf_token(world: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(factories.user())
    assert browser.get("/api/v1/plans/").status_code == 200
    answer = browser.post("/api/v1/plans/SP/results/", {}, content_type="application/json")
    assert refused(answer) == (403, "not_allowed")


@pytest.mark.parametrize("path", REFERENCE)
def test_nothing_is_read_without_signing_in(world: Any, path: str) -> None:
    answer = Api().get(path)
    assert refused(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("path", REFERENCE)
def test_everybody_of_the_staff_reads_reference_data(world: Any, path: str) -> None:
    assert Api(factories.user(role=None)).get(path).status_code == 200


WRITTEN = {"plans/SP/results/", "plans/SP/projects/"}


@pytest.mark.parametrize("path", [path for path in REFERENCE if path not in WRITTEN])
def test_reference_data_is_read_only(world: Any, path: str) -> None:
    api = Api(factories.user(role="administrator"))
    assert refused(api.post(path, {"code": "X"})) == (405, "method_not_allowed")


# --- Errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "plans/XX/",
        "plans/XX/outcomes/",
        "plans/XX/results/",
        "plans/SP/outcomes/9.9/",
        "plans/SP/results/99/",
        "plans/SP/results/abc/",
        "plans/SP%00/outcomes/",
        "countries/ken%00/",
    ],
)
def test_what_is_not_there_is_not_found(world: Any, path: str) -> None:
    answer = Api(factories.user()).get(path)
    assert refused(answer) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("plans/SP/indicators/", {"kind": "guess"}, "unknown_value"),
        ("plans/SP/indicators/", {"outcome": "9.9"}, "unknown_value"),
        ("plans/SP/indicators/", {"is_headline": "perhaps"}, "unknown_value"),
        ("plans/SP/indicators/", {"ordering": "title"}, "unknown_value"),
        ("plans/SP/indicators/", {"outcom": "1.1"}, "unknown_parameter"),
        ("plans/SP/domains/", {"q": "x"}, "unknown_parameter"),
        ("plans/SP/outcomes/", {"domain": "9"}, "unknown_value"),
        ("plans/SP/periods/", {"begun_by": "yesterday"}, "invalid"),
        ("plans/SP/projects/", {"office": "XX"}, "unknown_value"),
        ("plans/SP/projects/", {"status": "lost"}, "unknown_value"),
        ("plans/SP/results/", {"status": "lost"}, "unknown_value"),
        ("plans/SP/results/", {"period": "2031-Q1"}, "unknown_value"),
        ("plans/SP/results/", {"changed_since": "never"}, "invalid"),
        ("countries/", {"office": "XX"}, "unknown_value"),
        ("offices/", {"kind": "castle"}, "unknown_value"),
        ("offices/", {"page_size": "0"}, "invalid_page_size"),
        ("offices/", {"page_size": "many"}, "invalid_page_size"),
        ("offices/", {"page_size": "1001"}, "invalid_page_size"),
        ("offices/", {"cursor": "zzz"}, "invalid_cursor"),
        ("offices/", {"cursor": "WyJhIl0"}, "invalid_cursor"),
        ("offices/", {"q": "a\x00b"}, "null_characters_not_allowed"),
    ],
)
def test_unknown_filters_and_values_are_refused(
    world: Any, path: str, parameters: dict[str, str], code: str
) -> None:
    assert refused(Api(factories.user()).get(path, **parameters)) == (400, code)


@pytest.mark.parametrize(
    "text", ["{", "", "[" * 50_000, '"\ud800"'.encode("utf-8", "surrogatepass"), r'{"a": "\ud800"}']
)
def test_a_body_that_is_no_json_is_refused(world: Any, text: Any) -> None:
    api = Api(factories.user(role="reporter"))
    assert refused(api.post_text("plans/SP/results/", text))[0] == 400


def test_a_body_of_another_kind_is_refused(world: Any) -> None:
    api = Api(factories.user(role="reporter"))
    answer = api.client.post("/api/v1/plans/SP/results/", "a=1", content_type="text/plain")
    assert refused(answer) == (415, "unsupported_media_type")
    answer = api.client.get("/api/v1/plans/", HTTP_ACCEPT="text/csv")
    assert refused(answer) == (406, "not_acceptable")


def test_a_body_that_is_too_large_is_refused(world: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    api = Api(factories.user(role="reporter"))
    answer = api.post("plans/SP/results/", {"narrative": "x" * 200})
    assert refused(answer) == (413, "too_large")


# --- Reference data ------------------------------------------------------------------------


def test_texts_come_in_every_language(world: Any) -> None:
    world.title = {"en": "Plan", "zh": "计划"}
    world.save()
    plan = Api(factories.user()).get("plans/SP/").json()
    assert plan["title"] == {"en": "Plan", "zh": "计划"}
    assert plan["current"]["start"] == "2020-01-01"
    assert plan["predecessor"] is None


def test_an_indicator_tells_its_rules_and_breakdowns(world: Any) -> None:
    told = Api(factories.user()).get("plans/SP/indicators/I/").json()
    assert told["outcome"] == "1.1"
    assert told["over_time"] == "sum"
    [sex] = told["dimensions"]
    assert (sex["code"], sex["additive"]) == ("sex", True)
    assert sorted(row["code"] for row in sex["categories"]) == ["men", "women"]


def test_lists_are_narrowed_by_filters_and_words(world: Any) -> None:
    factories.indicator(factories.outcome(world, "2.1"), "J", title={"en": "Homes", "zh": "住房"})
    factories.country("FRA", "France", factories.office("ROE"))
    api = Api(factories.user())

    def codes(path: str, key: str = "code", **parameters: str) -> list[str]:
        return [row[key] for row in api.rows(path, **parameters)]

    assert codes("plans/SP/indicators/") == ["I", "J"]
    assert codes("plans/SP/indicators/", ordering="-code") == ["J", "I"]
    assert codes("plans/SP/indicators/", outcome="2.1") == ["J"]
    assert codes("plans/SP/indicators/", q="住房") == ["J"]
    assert codes("plans/SP/outcomes/", domain="2") == ["2.1"]
    assert codes("plans/SP/periods/", "label", begun_by="2020-04-01") == ["2020-Q1", "2020-Q2"]
    assert codes("countries/", "iso3", office="HQ") == ["FRA", "KEN"]
    assert codes("countries/", "iso3", office="ROAF") == ["KEN"]
    assert codes("offices/", q="roaf") == ["ROAF"]
    assert codes("offices/", parent="HQ") == ["ROAF", "ROE"]


def test_pages_of_a_list_go_on_after_the_last_row() -> None:
    for number in range(5):
        factories.country(f"C{number:02d}", of=factories.office("ROAF"))
    api = Api(factories.user())
    first = api.get("countries/", page_size=2).json()
    factories.country("A00")  # before what was shown: moves nothing
    second = api.client.get(first["next"]).json()
    third = api.client.get(second["next"]).json()
    pages = [first, second, third]
    assert [[row["iso3"] for row in page["results"]] for page in pages] == [
        ["C00", "C01"],
        ["C02", "C03"],
        ["C04"],
    ]
    assert third["next"] is None


def test_pages_keep_a_chosen_order_where_values_are_equal(world: Any) -> None:
    for code in ("B", "C", "D"):
        factories.indicator(factories.outcome(world), code, position=7)
    api = Api(factories.user())
    page = api.get("plans/SP/indicators/", page_size=1, ordering="-position").json()
    seen = [page["results"][0]["code"]]
    while page["next"]:
        page = api.client.get(page["next"]).json()
        seen.append(page["results"][0]["code"])
    assert sorted(seen) == ["B", "C", "D", "I"]
    other_order = {"ordering": "position", "cursor": "WyJhIl0"}
    assert refused(api.get("plans/SP/indicators/", **other_order)) == (400, "invalid_cursor")


def test_lists_cost_the_same_with_one_row_and_three(world: Any) -> None:
    api = Api(factories.user())
    lists = ["plans/", "offices/", "countries/"] + [
        f"plans/SP/{name}/"
        for name in ("domains", "outcomes", "indicators", "periods", "projects", "figures")
    ]
    before = {path: api.queries(path) for path in lists}
    for number in ("2", "3"):
        outcome = factories.outcome(world, f"{number}.1")
        indicator = factories.indicator(outcome, categories={"age": ["young", "old"]})
        place = factories.country(f"K0{number}", of=factories.office(f"R{number}"))
        factories.line(factories.project(world, where=place, serves=outcome), indicator, place)
        factories.plan(f"SP{number}")
    assert {path: api.queries(path) for path in lists} == before
    assert max(before.values()) <= 10, before


# --- Schema and docs -----------------------------------------------------------------------


def test_the_schema_is_valid_and_without_warnings() -> None:
    text = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=text, stderr=text)
    assert "/api/v1/plans/{plan}/results/{id}/approve/" in text.getvalue()


def test_schema_and_docs_are_served_and_hold_no_inline_script() -> None:
    assert Client().get("/api/v1/schema/").status_code == 200
    page = Client().get("/api/v1/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    assert "<style" not in html
    assert "<script>" not in html
    script = Client().get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
    assert Client().get("/api/v1/")["Location"] == "/api/v1/docs/"


def test_the_schema_alone_tells_what_can_be_sent(world: Any) -> None:
    api = Api(factories.user())
    assert refused(api.client.options("/api/v1/plans/SP/results/"))[0] == 405
