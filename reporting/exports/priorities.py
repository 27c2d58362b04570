"""The priorities of the regional strategies as a table, a row for each outcome they serve."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.names import by_name
from outcomes.models import RegionalStrategy, StrategyPriority
from plans.models import StrategicPlan

from .tables import Cell, Table


def priorities_table(plan: StrategicPlan, user: User) -> Table:
    """Region by region, priority by priority; one that serves no outcome has a row as well."""
    return Table(
        name=_("Regional priorities"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC"))],
        columns=[
            _("Office"),
            _("Strategy"),
            _("From"),
            _("To"),
            _("Countries"),
            _("Place"),
            _("Priority"),
            _("Outcome"),
            _("How sure it is"),
            _("Paragraph"),
            _("Passage"),
            _("Source"),
        ],
        rows=_rows(plan, user),
    )


def _rows(plan: StrategicPlan, user: User) -> Iterator[list[Cell]]:
    strategies = RegionalStrategy.objects.visible_to(user).filter(plan=plan).with_priorities()
    for strategy in strategies.order_by("office__path"):
        head: list[Cell] = [
            strategy.office.code,
            str(strategy.text),
            strategy.start,
            strategy.end,
            "; ".join(str(country) for country in by_name(strategy.countries.all())),
        ]
        for place, one in enumerate(strategy.current, start=1):
            for outcome, sure in _served(one):
                yield [
                    *head,
                    place,
                    str(one.text),
                    outcome,
                    sure,
                    one.paragraph,
                    str(one.quote),
                    one.source,
                ]


def _served(one: StrategyPriority) -> list[tuple[str, str]]:
    """The outcomes by code, each with how sure it is."""
    links = one.outcome_links.all()
    return [
        (
            link.outcome.code,
            _("our reading") if link.is_our_reading else link.get_verification_display(),
        )
        for link in links
    ] or [("", "")]
