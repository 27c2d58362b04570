"""The set-up pages of baselines, milestones and targets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from habitat_tracker.accounts.choices import Role
from outcomes import scopes
from outcomes.choices import OverTime
from outcomes.models import Baseline, Milestone, Target
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/plans/SP/setup/values/"


@pytest.fixture
def manager(client: Client) -> Client:
    """A browser of a manager of the office for Africa, at a plan with one indicator."""
    plan = factories.plan("SP", quarters=1)
    outcome = factories.outcome(plan)
    factories.indicator(outcome, "LEVEL", over_time=OverTime.LATEST)
    factories.indicator(outcome, "SUM")
    africa = factories.office("ROAF", "Africa")
    factories.country("KEN", "Kenya", africa)
    client.force_login(factories.user("Mo", Role.MANAGER, africa))
    return client


def send(client: Client, act: str, scope: str = "ROAF", code: str = "LEVEL", **typed: Any) -> Any:
    kind = act.split("-")[0]
    fields = {f"{kind}-{name}": value for name, value in typed.items()}
    return client.post(f"{URL}{code}/?scope={scope}", {"act": act, **fields})


def test_values_of_an_office_are_set_with_their_source(manager: Client) -> None:
    assert send(manager, "baseline-set", value="10", source="Census").status_code == 302
    for act in ("milestone-set", "target-set"):
        typed = {"value": "1 500.5", "on": "2023-12-31", "source": "Board paper 7"}
        assert send(manager, act, **typed).status_code == 302
    scope = scopes.of_office(factories.office("ROAF").pk)
    for model in (Baseline, Milestone, Target):
        assert model.objects.get().scope == scope
    page = manager.get(URL + "?scope=ROAF").content.decode()
    assert "1\u202f500.5" in page and "Board paper 7" in page
    assert "no target set" in manager.get(URL + "?scope=KEN").content.decode()


def test_a_change_is_kept_in_the_history_and_a_value_is_taken_away(manager: Client) -> None:
    target = {"on": "2023-12-31", "source": "Paper 1"}
    send(manager, "target-set", value="10", **target)
    send(manager, "target-set", value="20", reason="Doubled", **target)
    page = manager.get(URL + "LEVEL/?scope=ROAF").content.decode()
    assert "counts now" in page and "Doubled" in page and "Mo" in page
    assert send(manager, "target-remove", reason="Not agreed").status_code == 302
    assert not Target.objects.at().exists() and Target.objects.count() == 2


DATED = {"on": "2023-12-31", "source": "Paper"}
BAD = [
    ("target-set", "LEVEL", {"value": "abc", **DATED}, "value"),
    ("target-set", "LEVEL", {"value": "NaN", **DATED}, "value"),
    ("target-set", "LEVEL", {"value": "1e999", **DATED}, "value"),
    ("target-set", "LEVEL", {"value": "", **DATED}, "value"),
    ("target-set", "LEVEL", {"value": "5", "source": "Paper"}, "on"),
    ("target-set", "LEVEL", {"value": "5", "on": "2023-12-31"}, "source"),
    ("target-set", "SUM", {"value": "-5", **DATED}, "value"),
    ("baseline-set", "SUM", {"value": "5", "source": "Paper"}, "value"),
    ("milestone-remove", "LEVEL", {}, "on"),
]


@pytest.mark.parametrize(("act", "code", "typed", "where"), BAD)
def test_what_is_refused_is_told_beside_its_field(
    manager: Client, act: str, code: str, typed: dict[str, str], where: str
) -> None:
    response = send(manager, act, code=code, **typed)
    refused = {kind: list(form.errors) for kind, _label, form in response.context["forms"]}
    assert response.status_code == 400
    assert refused[act.split("-")[0]] == [where]
    assert not any(model.objects.exists() for model in (Baseline, Milestone, Target))


def test_others_read_and_are_refused(manager: Client) -> None:
    typed = {"value": "5", **DATED}
    assert send(manager, "target-set", scope="KEN", **typed).status_code == 302
    assert send(manager, "target-set", scope="plan", **typed).status_code == 403
    assert b'name="act"' not in manager.get(URL + "LEVEL/?scope=plan").content
    manager.force_login(factories.user("Adm", Role.ADMINISTRATOR))
    assert send(manager, "target-set", scope="KEN", **typed).status_code == 403
    manager.logout()
    assert manager.get(URL).status_code == 302


def test_an_unknown_scope_indicator_or_act_is_not_found(manager: Client) -> None:
    assert manager.get(URL + "?scope=NOWHERE").status_code == 404
    assert manager.get(URL + "NONE/").status_code == 404
    assert send(manager, "weather-set").status_code == 404


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    return len(asked)


def test_more_indicators_ask_no_more_queries(manager: Client) -> None:
    before = queries(manager, URL)
    outcome = factories.outcome(factories.StrategicPlan.objects.get(), "1.2")
    for _more in range(2):
        factories.indicator(outcome)
    assert queries(manager, URL) == before
