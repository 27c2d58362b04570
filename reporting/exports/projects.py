"""The register of projects as a table: what the page's filters choose, by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.names import by_name
from plans.choices import ABOUT_THEMES
from projects.appraised import last_decisions
from projects.choices import (
    ContributionRole,
    CovidMarker,
    Decision,
    Marker,
    ProjectStatus,
    Rank,
    Score,
    TransactionKind,
)
from projects.filters import ProjectFilter
from projects.models import (
    Alignment,
    PartnerContribution,
    ProjectIndicator,
    ProjectTheme,
)
from projects.money import approved_budgets, moved_by_kind

from .tables import Cell, Table, amount, asked_for

# A file has so many rows at most; a sheet of Excel holds about as many.
MOST_EXPORTED = 1_000_000
AT_A_TIME = 2_000
# Choices in words, asked once for all rows.
SAID: dict[str, Any] = {
    "status": ProjectStatus,
    "covid": CovidMarker,
    "marker": Marker,
    "score": Score,
    "decision": Decision,
}
Words = Mapping[str, Mapping[Any, str]]


def projects_table(asked: ProjectFilter) -> Table:
    """The projects asked for, a row each; read from the database as written."""
    return Table(
        name=_("Projects"),
        notes=[(_("As of"), timezone.now().strftime("%Y-%m-%d %H:%M UTC")), *asked_for(asked.form)],
        columns=[
            _("Code"),
            _("Title"),
            _("Status"),
            _("Start"),
            _("End"),
            _("Office"),
            _("Countries"),
            _("Primary outcome"),
            _("Secondary outcomes"),
            _("Tertiary outcomes"),
            _("Summary"),
            _("Flagship programme"),
            _("Response to COVID-19"),
            _("Share of the budget for COVID-19, in percent"),
            *(str(kind.label) for kind in ABOUT_THEMES),
            _("Innovation"),
            _("Potential for replication"),
            _("Approved budget, in US dollars"),
            _("Received, in US dollars"),
            _("Spent, in US dollars"),
            _("Cities"),
            _("Implementing partners"),
            _("Last decision"),
            _("Decided on"),
        ],
        rows=_rows(asked),
    )


def _rows(asked: ProjectFilter) -> Iterator[list[Cell]]:
    """Some thousands at a time, each time with the same number of queries."""
    cities = ProjectIndicator.objects.filter(city__isnull=False).select_related("city")
    partners = PartnerContribution.objects.standing().filter(role=ContributionRole.IMPLEMENTING)
    rows = (
        asked.qs.select_related("office", "flagship")
        .prefetch_related(
            Prefetch("countries", to_attr="places"),
            Prefetch("alignments", Alignment.objects.select_related("outcome"), to_attr="served"),
            Prefetch(
                "themes",
                ProjectTheme.objects.select_related("theme").order_by("theme__position", "pk"),
                to_attr="named",
            ),
            Prefetch("lines", cities, to_attr="city_lines"),
            Prefetch(
                "contributions",
                partners.select_related("partner__merged_into"),
                to_attr="implementing",
            ),
        )
        .order_by("code")[:MOST_EXPORTED]
        .iterator(chunk_size=AT_A_TIME)
    )
    words = {
        name: {value: str(label) for value, label in kind.choices} for name, kind in SAID.items()
    }
    while some := list(islice(rows, AT_A_TIME)):
        keys = [one.pk for one in some]
        approved, moved = approved_budgets(keys), moved_by_kind(keys)
        decisions = last_decisions(keys)
        for one in some:
            decision, day = decisions.get(one.pk, ("", None))
            yield [
                *_row(one, words),
                amount(approved.get(one.pk)),
                amount(moved.get((one.pk, TransactionKind.INCOME))),
                amount(moved.get((one.pk, TransactionKind.EXPENDITURE))),
                *_cities_and_partners(one),
                words["decision"].get(decision, ""),
                day,
            ]


def _cities_and_partners(one: Any) -> list[Cell]:
    """Each once, a merged partner under the name that counts."""
    cities = {str(line.city.name) for line in one.city_lines}
    partners = {str(given.partner.merged_into or given.partner) for given in one.implementing}
    return ["; ".join(sorted(cities)), "; ".join(sorted(partners))]


def _row(one: Any, words: Words) -> list[Cell]:
    served: dict[str, list[str]] = {rank: [] for rank in Rank.values}
    for alignment in one.served:
        served[alignment.rank].append(alignment.outcome.code)
    return [
        one.code,
        str(one.title),
        words["status"][one.status],
        one.start,
        one.end,
        one.office.code,
        "; ".join(str(country) for country in by_name(one.places)),
        *("; ".join(sorted(served[rank])) for rank in Rank.values),
        str(one.summary),
        str(one.flagship or ""),
        words["covid"][one.covid],
        Decimal(one.covid_percent) if one.covid_percent else None,
        *_about(one, words["marker"]),
        words["score"].get(one.innovation, ""),
        words["score"].get(one.replication, ""),
    ]


def _about(one: Any, markers: Mapping[Any, str]) -> list[Cell]:
    """What the project names, was examined for (with the marker) and uses, a cell for each kind."""
    said: dict[str, list[str]] = {kind.value: [] for kind in ABOUT_THEMES}
    for link in one.named:
        marker = "" if link.marker is None else f": {markers[link.marker]}"
        said[link.theme.kind].append(f"{link.theme}{marker}")
    return ["; ".join(said[kind.value]) for kind in ABOUT_THEMES]
