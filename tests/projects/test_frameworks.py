"""Global frameworks: what an indicator and a project serve, and what a project inherits."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import InvalidInput, NotAllowed, VersionConflict
from outcomes.actions import FrameworkInput, set_indicator_frameworks
from outcomes.models import Indicator, IndicatorFramework, Outcome, ThemeLink
from plans.models import StrategicPlan, Theme
from projects.actions import set_project_frameworks
from projects.alignment import served_by
from projects.models import Project, ProjectFramework
from tests import factories
from tests.api_client import Api, problems, refused

pytestmark = pytest.mark.django_db

PARA = "HSP/OECPR.2021/2, para. 64"


class Aligned:
    """A plan with a framework of two targets, an outcome, an indicator and a project on it."""

    def __init__(self) -> None:
        self.plan: StrategicPlan = factories.plan("SP")
        self.outcome: Outcome = factories.outcome(self.plan, "4.3")
        self.indicator: Indicator = factories.indicator(self.outcome, "DRR")
        self.whole: Theme = factories.theme(self.plan, "global_framework", "SENDAI", "Sendai")
        self.first, self.second = (self.target(f"SENDAI-P{n}") for n in (1, 2))
        self.project: Project = factories.project(
            self.plan, "P1", serves=self.outcome, where=factories.country()
        )
        self.reporter: User = factories.user("Reporter", Role.REPORTER, factories.office())
        self.manager: User = factories.user("Manager", Role.MANAGER)

    def target(self, code: str) -> Theme:
        made = factories.theme(self.plan, "framework_target", code)
        made.part_of = self.whole
        made.save()
        return made

    def link_outcome(self, theme: Theme, confidence: str = "stated") -> None:
        ThemeLink.objects.create(
            outcome=self.outcome, theme=theme, source=PARA, confidence=confidence
        )

    def align(self, *links: FrameworkInput, **more: Any) -> Project:
        more = {"by": self.reporter} | more
        return set_project_frameworks(project=self.project, links=links, **more)


@pytest.fixture
def w() -> Aligned:
    return Aligned()


def said(target: str = "SENDAI-P1", **more: str) -> FrameworkInput:
    return FrameworkInput(**({"target": target, "source": PARA, "confidence": "high"} | more))


def test_a_project_is_aligned_with_source_and_confidence(w) -> None:
    w.align(said(), said("SENDAI", confidence="stated", note="As a whole"))
    held = ProjectFramework.objects.order_by("theme__code")
    assert [(one.theme.code, one.confidence, one.note) for one in held] == [
        ("SENDAI", "stated", "As a whole"),
        ("SENDAI-P1", "high", ""),
    ]
    told = ActivityEntry.objects.filter(verb="aligned with frameworks").get()
    assert told.changes["frameworks.SENDAI-P1"] == [None, f"high; {PARA}"]


def test_what_is_left_out_is_taken_away_and_the_same_again_changes_nothing(w) -> None:
    version = w.align(said()).version
    assert w.align(said()).version == version
    assert w.align(said("SENDAI-P2")).version == version + 1
    assert [one.theme.code for one in ProjectFramework.objects.all()] == ["SENDAI-P2"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"target": "SDG-99"}, ("links.1.target", "unknown_target")),
        ({"target": "SENDAI-P1"}, ("links.1.target", "given_twice")),
        ({"source": "  "}, ("links.1.source", "missing_source")),
        ({"confidence": "sure"}, ("links.1.confidence", "unknown_confidence")),
        ({"confidence": ""}, ("links.1.confidence", "unknown_confidence")),
        ({"source": "x" * 301}, ("links.1.source", "too_long")),
        ({"note": "x" * 5_001}, ("links.1.note", "too_long")),
    ],
)
def test_one_bad_link_holds_up_all_of_them(w, wrong, problem) -> None:
    with pytest.raises(InvalidInput) as refusal:
        w.align(said(), said(**({"target": "SENDAI-P2"} | wrong)))
    assert [(one.field, one.code) for one in refusal.value.problems] == [problem]
    assert not ProjectFramework.objects.exists()


def test_a_driver_is_no_target(w) -> None:
    factories.theme(w.plan, "driver", "DRV-LEG")
    with pytest.raises(InvalidInput) as refusal:
        w.align(said("DRV-LEG"))
    assert refusal.value.code == "unknown_target"


def test_an_old_version_is_refused(w) -> None:
    seen = w.project.version
    w.align(said(), version=seen)
    with pytest.raises(VersionConflict):
        w.align(said("SENDAI-P2"), version=seen)


def test_only_those_who_describe_a_project_align_it(w) -> None:
    for by in (
        factories.user("Reviewer", Role.REVIEWER),
        factories.user("Elsewhere", Role.REPORTER, factories.office("ROAP")),
    ):
        with pytest.raises(NotAllowed):
            w.align(said(), by=by)


def test_headquarters_aligns_an_indicator_and_nobody_else(w) -> None:
    for by in (w.reporter, factories.user("Regional", Role.MANAGER, factories.office())):
        with pytest.raises(NotAllowed):
            set_indicator_frameworks(indicator=w.indicator, links=[said()], by=by)
    set_indicator_frameworks(indicator=w.indicator, links=[said()], by=w.manager, version=1)
    assert IndicatorFramework.objects.get().theme == w.first
    with pytest.raises(VersionConflict):
        set_indicator_frameworks(indicator=w.indicator, links=[], by=w.manager, version=1)


# --- What a project inherits ------------------------------------------------------------------


def contributing(w: Aligned, *themes: Theme, confidence: str = "") -> list[str]:
    found = Project.objects.contributing_to([one.pk for one in themes], confidence)
    return list(found.order_by("code").values_list("code", flat=True))


def test_a_project_inherits_from_its_primary_outcome_and_its_indicators(w) -> None:
    w.link_outcome(w.whole)
    set_indicator_frameworks(indicator=w.indicator, links=[said()], by=None)
    served = served_by(w.project)
    assert [one.theme.code for one in served.inherited] == ["SENDAI"]
    factories.line(w.project, w.indicator)
    w.align(said("SENDAI-P2"))
    served = served_by(w.project)
    assert [one.theme.code for one in served.own] == ["SENDAI-P2"]
    assert [
        (one.theme.code, [link.indicator.code for link in one.indicators], len(one.outcomes))
        for one in served.inherited
    ] == [("SENDAI", [], 1), ("SENDAI-P1", ["DRR"], 0)]


def test_a_secondary_outcome_hands_nothing_down(w) -> None:
    w.link_outcome(w.whole)
    factories.project(w.plan, "P2", serves=w.outcome, rank="secondary")
    assert contributing(w, w.whole) == ["P1"]


def test_an_outcome_is_handed_down_by_what_is_reported_for_it(w) -> None:
    w.link_outcome(w.whole)
    factories.line(factories.project(w.plan, "P2"), w.indicator)
    assert contributing(w, w.whole) == ["P1", "P2"]


def test_a_project_contributes_once_and_by_links_as_sure_as_asked(w) -> None:
    w.link_outcome(w.whole, "stated")
    set_indicator_frameworks(indicator=w.indicator, links=[said()], by=None)
    factories.line(w.project, w.indicator)
    w.align(said(confidence="low"))
    every = (w.whole, w.first, w.second)
    assert contributing(w, *every) == ["P1"]
    assert contributing(w, *every, confidence="low") == ["P1"]
    assert contributing(w, *every, confidence="medium") == []
    assert contributing(w, w.second) == []


# --- Pages and API ----------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_project_shows_its_own_apart_from_what_it_inherits(w) -> None:
    w.link_outcome(w.whole)
    w.align(said("SENDAI-P2", note="Its own"))
    shown = signed_in(w.reporter).get("/plans/SP/projects/P1/").content.decode()
    assert "1 inherited from what it reports" in shown
    assert "Its own" in shown


def test_the_form_of_a_project_saves_and_tells_the_row_of_a_mistake(w) -> None:
    client, page = signed_in(w.reporter), "/plans/SP/projects/P1/frameworks/"
    form = {"version": w.project.version, "links.2.target": "SENDAI-P1"}
    answer = client.post(page, form)
    assert answer.status_code == 400
    assert answer.context["form"].errors["links.2.source"]
    form |= {"links.2.source": PARA, "links.2.confidence": "high"}
    assert client.post(page, form).status_code == 302
    assert client.post(page, form).status_code == 409
    assert ProjectFramework.objects.get().theme == w.first


def test_the_form_of_an_indicator_saves(w) -> None:
    form = {
        "version": "1",
        "links.0.target": "SENDAI",
        "links.0.source": PARA,
        "links.0.confidence": "stated",
    }
    page = "/plans/SP/setup/values/DRR/frameworks/"
    assert signed_in(w.manager).post(page, form).status_code == 302
    shown = signed_in(w.reporter).get("/plans/SP/indicators/DRR/").content.decode()
    assert PARA in shown
    assert "SENDAI" in signed_in(w.reporter).get(page).content.decode()


def test_projects_and_indicators_are_found_by_framework_and_target(w) -> None:
    set_indicator_frameworks(indicator=w.indicator, links=[said()], by=None)
    factories.indicator(w.outcome, "OTHER")
    w.align(said("SENDAI-P2"))
    factories.project(w.plan, "P2")
    api = Api(w.reporter)

    def codes(path: str, **asked: str) -> list[str]:
        return [row["code"] for row in api.rows(f"plans/SP/{path}/", **asked)]

    assert codes("projects", framework="SENDAI") == ["P1"]
    assert codes("projects", target="SENDAI-P2") == ["P1"]
    assert codes("projects", target="SENDAI-P1") == []
    assert codes("indicators", framework="SENDAI") == ["DRR"]
    assert codes("indicators", target="SENDAI-P2") == []
    assert codes("frameworks", framework="SENDAI") == ["SENDAI", "SENDAI-P1", "SENDAI-P2"]
    assert refused(api.get("plans/SP/projects/", target="X"))[0] == 400


def test_the_api_reads_and_writes_alignments(w) -> None:
    w.link_outcome(w.whole)
    api = Api(w.reporter)
    path = "/api/v1/plans/SP/projects/P1/frameworks/"
    link = {"target": "SENDAI-P1", "confidence": "medium", "source": PARA, "note": ""}
    body = {"links": [link], "version": w.project.version}
    answer = api.client.put(path, body, format="json").json()
    assert answer["own"] == [link]
    assert answer["inherited"] == [
        {"target": "SENDAI", "indicators": {}, "outcomes": {"4.3": "stated"}}
    ]
    assert api.get("plans/SP/projects/P1/").json()["frameworks"] == [link]
    assert refused(api.client.put(path, body, format="json")) == (409, "version_conflict")
    assert refused(api.client.put(path, {"links": []}, format="json")) == (400, "missing_version")
    wrong = {"links": [link | {"source": ""}], "version": 2}
    told = problems(api.client.put(path, wrong, format="json"))
    assert told == {("links.0.source", "missing_source")}
    [row] = api.rows("plans/SP/frameworks/", q="P1")
    assert (row["code"], row["part_of"], row["outcomes"]) == ("SENDAI-P1", "SENDAI", [])


def test_the_api_aligns_an_indicator(w) -> None:
    path = "/api/v1/plans/SP/indicators/DRR/frameworks/"
    link = {"target": "SENDAI", "confidence": "stated", "source": PARA, "note": ""}
    body = {"links": [link], "version": 1}
    assert Api(w.reporter).client.put(path, body, format="json").status_code == 403
    answer = Api(w.manager).client.put(path, body, format="json").json()
    assert (answer["frameworks"], answer["version"]) == ([link], 2)
    client = Api(w.manager).client
    assert refused(client.put(path, {"links": []}, format="json")) == (400, "missing_version")
    seen = {"If-Match": '"2"'}
    assert client.put(path, {"links": []}, format="json", headers=seen).json()["version"] == 3
