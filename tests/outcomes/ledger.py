"""A bare world for tests of the engine: contributors and postings, no projects."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from habitat_tracker.accounts.actions import create_office
from habitat_tracker.accounts.models import Country, Office
from outcomes import scopes
from outcomes.actions import (
    Amount,
    Entry,
    Posting,
    replace_postings,
    save_indicator,
    set_contributor,
)
from outcomes.choices import Basis
from outcomes.models import Contributor, Indicator, Thing
from outcomes.rollup.queue import drain
from outcomes.rollup.reader import FigureValue, read
from plans.actions import add_period, revise_plan
from plans.models import StrategicPlan

QUARTERS = [(1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31)]


class Ledger:
    """A plan of four quarters, headquarters with Africa and Asia, Kenya, Uganda and Nepal."""

    def __init__(self, code: str = "P") -> None:
        self.plan = StrategicPlan.objects.create(code=code, title={"en": code})
        revise_plan(plan=self.plan, by=None, start=date(2020, 1, 1), end=date(2020, 12, 31))
        for number, (month, last_month, last_day) in enumerate(QUARTERS, start=1):
            add_period(
                plan=self.plan,
                label=f"2020-Q{number}",
                kind="quarter",
                start=date(2020, month, 1),
                end=date(2020, last_month, last_day),
            )
        self.hq = self._office("HQ", None)
        self.africa = self._office("ROAF", self.hq)
        self.asia = self._office("ROAP", self.hq)
        self.kenya = self._country(404, "KEN", self.africa)
        self.uganda = self._country(800, "UGA", self.africa)
        self.nepal = self._country(524, "NPL", self.asia)

    def _office(self, code: str, parent: Office | None) -> Office:
        found = Office.objects.filter(code=code).first()
        kind = "regional" if parent else "headquarters"
        return found or create_office(code=code, name={"en": code}, kind=kind, parent=parent)

    def _country(self, m49: int, iso3: str, office: Office) -> Country:
        country, _made = Country.objects.get_or_create(
            m49=m49,
            defaults={"iso3": iso3, "iso2": iso3[:2], "name": {"en": iso3}, "office": office},
        )
        return country

    def indicator(self, code: str = "I", **fields: Any) -> Indicator:
        """An indicator of the whole plan; a summed quantity unless told otherwise."""
        return save_indicator(
            indicator=Indicator(
                plan=self.plan, owner="plan", code=code, title={"en": code}, **fields
            ),
            by=None,
        )

    def contributor(
        self, indicator: Indicator, source: str = "a", country: Country | None = None, **fields: Any
    ) -> Contributor:
        """Somebody who reports all year, in Kenya and for the African office."""
        country = country or self.kenya
        return set_contributor(
            **{
                "indicator": indicator,
                "source": source,
                "place": country.iso3,
                "office": country.office,
                "country": country,
                "expected_from": date(2020, 1, 1),
                "expected_to": None,
                "by": None,
                **fields,
            }
        )

    def post(
        self,
        contributor: Contributor,
        period: int,
        value: str | None = None,
        basis: Basis = Basis.OFFICIAL,
        **fields: Any,
    ) -> None:
        """Post a number (or things, a rating); None as value with no fields withdraws."""
        posting = None
        if value is not None or fields:
            posting = Posting(
                source=fields.pop("source", "test"),
                state=fields.pop("state", "reported"),
                amount=Amount(Decimal(value) if value is not None else None),
                **fields,
            )
        replace_postings(
            plan=self.plan, entries=[Entry(contributor, period, basis, posting)], by=None
        )

    def post_too_much(self, indicator: Indicator) -> list[Contributor]:
        """Postings of as many contributors that their sum does not fit 64 bits."""
        contributors = [
            self.contributor(indicator, source=f"s{number}", place=f"p{number}")
            for number in range(95)
        ]
        for contributor in contributors:
            self.post(contributor, 1, "99999999999")
        return contributors

    def thing(self, name: str) -> Thing:
        """A city of the plan."""
        thing, _made = Thing.objects.get_or_create(
            plan=self.plan, kind="city", key=name, defaults={"name": {"en": name}}
        )
        return thing

    def figure(
        self,
        indicator: Indicator,
        period: int,
        scope: int = scopes.PLAN,
        cell: str = "",
        moment: Any = None,
    ) -> FigureValue:
        """The stored figure (or as it was), without draining first."""
        figures = read([indicator], periods=(1, 4), moment=moment)
        return figures.get(indicator, scope, period, cell=cell)

    def value(self, indicator: Indicator, period: int, **where: Any) -> Any:
        """The value to date after draining."""
        drain()
        return self.figure(indicator, period, **where).to_date
