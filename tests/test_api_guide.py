"""The commands of docs/api.md do what it says, in their order."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from habitat_tracker.errors import DomainError
from outcomes.rollup.queue import drain
from tests import factories
from tests.api_client import Api

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every curl command of the guide."""
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL))
    shell = re.sub(r"^#.*\n", "", shell, flags=re.MULTILINE)
    lines = shell.replace("\\\n", " ")
    return ["curl" + part for part in re.split(r"^curl", lines, flags=re.MULTILINE)[1:]]


def run(command: str, variables: dict[str, str]) -> Any:
    """Ask what a curl command asks for, of the product itself."""
    for name, value in variables.items():
        command = re.sub(rf"\${name}\b", value, command)
    assert "$" not in command, command
    words = shlex.split(command)[1:]
    method, headers, body, form, address = "GET", {}, "", {}, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, value = words.pop(0).split(": ", 1)
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        elif word == "-F":
            name, value = words.pop(0).split("=", 1)
            paper = SimpleUploadedFile(value[1:], b"%PDF-1.7")
            form[name] = paper if value.startswith("@") else value
        else:
            address = word
    path = address.removeprefix("http://test")
    if form:
        return Client().post(path, form, headers=headers)
    kind = headers.pop("Content-Type", "application/json")
    return Client().generic(method, path, body, kind, headers=headers)


def test_every_command_of_the_guide_works_in_its_order() -> None:
    Api()
    plan = factories.plan("DEMO")
    outcome = factories.outcome(plan)
    office = factories.office("ROAF")
    kenya = factories.country("KEN", of=office)
    project = factories.project(plan, "DEMO-001", at=office, where=kenya, serves=outcome)
    indicator = factories.indicator(outcome, "I1")
    factories.line(project, indicator, kenya)
    reporter = factories.user("reporter.kenya", "reporter", office)
    reporter.set_password("habitat-demo")
    reporter.save()
    reviewer = factories.user("reviewer.africa", "reviewer", office)
    token = Client().post(
        "/api/v1/auth/login/",
        {"email": reviewer.email, "password": "a-long-password"},
        content_type="application/json",
    )
    variables = {
        "URL": "http://test",
        "PROJECT": "DEMO-001",
        "INDICATOR": "I1",
        "PERIOD": "2020-Q1",
        "DAY": "2020-02-01",
        "REVIEWER": token.json()["token"],
    }
    answers = []
    for command in commands():
        answer = run(command, variables)
        assert answer.status_code in (200, 201), (command, answer.content)
        told = answer.json()
        if "token" in told:
            variables["TOKEN"] = told["token"]
        if told.get("period") and "id" in told:
            variables["RESULT"] = str(told["id"])
        answers.append((answer.status_code, told))
    assert len(answers) == 20
    [region] = [told for _status, told in answers if "without_outcome" in told]
    [standing] = region["outcomes"]
    assert standing["projects"] == {"count": 1, "query": "office=ROAF&primary=1.1"}
    [approved] = [told for _status, told in answers if told.get("status") == "approved"]
    assert approved["value"] == "14"
    assert {"value": ["12.5", "14"]} in [act["changes"] for act in answers[-1][1]["results"]]
    drain()
    [figure] = Api(reporter).rows("plans/DEMO/figures/", indicator="I1", period="2020-Q1")
    assert (figure["value"], figure["qualifier"]) == ("14", "more_than")


def test_the_guide_names_every_check_before_review() -> None:
    source = (ROOT / "projects" / "review_checks.py").read_text(encoding="utf-8")
    used = set(re.findall(r'Remark\(\s*"([a-z_]+)"', source))
    assert len(used) > 8 and used - set(re.findall(r"`([a-z_]+)`", GUIDE)) == set()


# Files that only commands load: what is wrong with them is told where they are loaded.
BY_COMMAND = {"gazetteer.py", "load_plan.py", "load_review.py", "loading.py", "stated.py"}


def refusals() -> set[str]:
    """What a refusal is made by: the errors themselves, and what notes one problem."""
    found, rest = set(), [DomainError]
    while rest:
        one = rest.pop()
        found.add(one.__name__)
        rest += one.__subclasses__()
    return found | {"Problem", "of", "refuse", "say", "_refused"}


def codes_in(path: Path) -> set[str]:
    """The codes that a module refuses with, as they are written in its calls."""
    makers, codes = refusals(), set()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in makers:
            given = call.args[:1] if name == "_refused" else call.args[1:3]
            for one in given:
                either = [one.body, one.orelse] if isinstance(one, ast.IfExp) else [one]
                codes |= {str(each.value) for each in either if isinstance(each, ast.Constant)}
    return {code for code in codes if re.fullmatch(r"[a-z]+(_[a-z]+)+", code)}


def test_the_guide_names_every_code_that_something_can_be_refused_with() -> None:
    """Every module of actions, and what actions and endpoints read with."""
    named = set(re.findall(r"`([a-z_]+)`", GUIDE[GUIDE.index("## Errors") :]))
    paths = [
        *ROOT.glob("*/actions.py"),
        *ROOT.glob("*/*/actions.py"),
        *ROOT.glob("*/actions/*.py"),
        *ROOT.glob("*/api/*.py"),
        *ROOT.glob("projects/documents/*.py"),
        *ROOT.glob("projects/sheets/*.py"),
        *(ROOT / "habitat_tracker").glob("*.py"),
    ]
    used = {path: codes_in(path) for path in paths if path.name not in BY_COMMAND}
    assert {"version_conflict", "closed_before_start", "two_primary", "not_a_number"} <= named
    for name in ("projects/actions/life.py", "plans/actions.py", "outcomes/actions/strategies.py"):
        assert len(used[ROOT / name]) > 2, name
    lacking = {str(path.relative_to(ROOT)): codes - named for path, codes in used.items()}
    assert {name: codes for name, codes in lacking.items() if codes} == {}
