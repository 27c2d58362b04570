"""A reporter at the entry page, as tests of the page and of its cells use it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry
from outcomes.models import Measurement
from projects.models import Evidence, ProjectIndicator, Result
from tests import factories


class Desk:
    """A reporter at the entry page of a project with one line for Kenya."""

    def __init__(self, client: Client, **indicator: Any) -> None:
        self.client = client
        self.plan = factories.plan("SP", quarters=2)
        self.outcome = factories.outcome(self.plan)
        self.office = factories.office("ROAF")
        self.kenya = factories.country("KEN", "Kenya", self.office)
        self.project = factories.project(self.plan, "P1", self.office, self.kenya)
        self.line = self.add_line(**indicator)
        self.reporter = factories.user("Rita", Role.REPORTER, self.office)
        self.client.force_login(self.reporter)
        self.url = "/plans/SP/projects/P1/results/2020-Q1/"

    def add_line(self, **indicator: Any) -> ProjectIndicator:
        made = factories.indicator(self.outcome, **indicator)
        return factories.line(self.project, made, self.kenya)

    def open(self) -> dict[str, Any]:
        """Every field of the page with its value, as a browser would send them back."""
        return {
            form.add_prefix(name): form[name].value()
            for form in self.client.get(self.url).context["page"].forms
            for name in form.fields
            if form[name].value() is not None
        }

    def words(self, url: str = "") -> str:
        """What the page says, with single spaces."""
        return " ".join(self.client.get(url or self.url).content.decode().split())

    def beside(self, page: str, name: str) -> str:
        """The message that stands beside a field of the first line."""
        return page.split(f'id="id_l{self.line.pk}-{name}_error"')[1].split("</p>")[0]

    def send(self, to: str = "save", opened: dict[str, Any] | None = None, **fields: Any) -> Any:
        """Send the page with fields of the first line (`cells__women` is `cells.women`)."""
        data: dict[str, Any] = dict(self.open() if opened is None else opened)
        for name, value in fields.items():
            data[f"l{self.line.pk}-{name.replace('__', '.')}"] = value
        return self.client.post(self.url, {**data, to: "yes"})

    def send_cell(self, client: Client | None = None, **fields: Any) -> Any:
        """Send the first line as the page's script does (`cells__women` is `cells.women`)."""
        data = {
            f"l{self.line.pk}-{name.replace('__', '.')}": value
            for name, value in {
                "version": 0,
                "state": "reported",
                "qualifier": "0",
                **fields,
            }.items()
        }
        data |= {name: fields[name] for name in ("person",) if name in fields}
        url = f"{self.url}cells/{self.line.pk}/"
        return (client or self.client).post(url, data, headers={"Accept": "application/json"})


def stored() -> list[Any]:
    """Everything that entry could change."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Result, Evidence, Measurement, ActivityEntry)
    ]
