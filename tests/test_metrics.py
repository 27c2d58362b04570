"""/metrics tells Prometheus how the engine is doing, by plan, to whoever has the token."""

import re

import pytest

from habitat_tracker.clock import database_now
from outcomes.actions import mark_plan_stale
from outcomes.models import FigureRun, StaleFigure
from outcomes.rollup.filing import file_verification
from outcomes.rollup.queue import drain
from outcomes.rollup.rebuild import start_rebuild
from tests import factories

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def plan():
    made = factories.plan("SP")
    factories.indicator(made)
    drain()
    return made


@pytest.fixture
def measured(client, settings):
    """What /metrics says, as a dictionary; asks with the token."""
    settings.METRICS_TOKEN = TOKEN

    def ask():
        response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = response.content.decode().splitlines()
        return dict(re.match(r"(\S+\{.*\}) (\S+)$", line).groups() for line in lines if "{" in line)

    return ask


def test_there_is_no_such_page_without_a_token(client):
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("sent", [None, TOKEN, "Bearer wrong", "Bearer ü", "Basic " + TOKEN])
def test_another_token_is_refused(client, settings, sent):
    settings.METRICS_TOKEN = TOKEN
    headers = {"authorization": sent} if sent else {}
    response = client.get("/metrics", headers=headers)
    assert (response.status_code, response.content) == (401, b"")


def test_a_plan_that_nothing_was_done_with(plan, measured):
    assert measured() == {
        'habitat_stale_keys{plan="SP"}': "0",
        'habitat_stale_oldest_seconds{plan="SP"}': "0.0",
        'habitat_indicators_too_large{plan="SP"}': "0",
    }


def test_queue_rebuild_and_verification_are_told(plan, measured):
    start_rebuild(plan)
    file_verification(plan)
    FigureRun.objects.filter(kind="verification").update(differences=3)
    mark_plan_stale(plan)
    StaleFigure.objects.update(too_large_at=database_now())
    told = measured()
    assert told['habitat_stale_keys{plan="SP"}'] == "1"
    assert told['habitat_indicators_too_large{plan="SP"}'] == "1"
    assert told['habitat_figure_differences{plan="SP"}'] == "3"
    for name in ("rebuild", "verification"):
        end = FigureRun.objects.get(kind=name).finished_at.timestamp()
        key = f'habitat_figures_last_{name}_timestamp_seconds{{plan="SP"}}'
        assert float(told[key]) == pytest.approx(end)


def test_any_plan_s_code_is_a_label(measured):
    factories.indicator(factories.plan('A"\\'))
    drain()
    assert measured()['habitat_stale_keys{plan="A\\"\\\\"}'] == "0"


def test_the_number_of_queries_does_not_depend_on_the_plans(
    plan, measured, django_assert_max_num_queries
):
    for code in ("P2", "P3"):
        factories.indicator(factories.plan(code))
    with django_assert_max_num_queries(5):
        measured()
