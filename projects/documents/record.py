"""The record of a project as the content of a project document: what a revision starts from."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from habitat_tracker.fields import plain
from outcomes import scopes
from outcomes.models import Baseline, Target
from plans.choices import EXAMINED_THEMES, NAMED_THEMES, USED_THEMES
from projects.choices import ContributionRole, Rank
from projects.models import BudgetLine, OutcomeShare, Project, ProjectIndicator


def content_of(project: Project) -> dict[str, Any]:
    """Everything that the project's record says today, by sections."""
    lines = _logframe(project)
    return {
        "basics": {
            "title": dict(project.title),
            "summary": dict(project.summary),
            "start": project.start.isoformat() if project.start else "",
            "end": project.end.isoformat() if project.end else "",
        },
        "places": {
            "countries": sorted(project.countries.values_list("iso3", flat=True)),
            "cities": _cities(project),
        },
        "outcomes": _outcomes(project),
        "about": _about(project),
        "budget": [
            {
                "year": line.year,
                "donor": line.donor,
                "earmarked": line.earmarked,
                "currency": line.currency,
                "amount": plain(line.amount),
                "month": line.rate_month.isoformat()[:7],
                "rate": plain(line.rate),
                "usd": plain(line.usd),
            }
            for line in sorted(
                BudgetLine.objects.at().filter(project=project),
                key=lambda one: (one.year, one.donor, not one.earmarked, one.currency),
            )
        ],
        "partners": _partners(project),
        "logframe": lines,
    }


def _works_at(places: set[int], line: ProjectIndicator) -> bool:
    """Whether the project still works in the country of a line, or it has none."""
    country = line.city.country_id if line.city else line.country_id
    return country is None or country in places


def _partners(project: Project) -> list[dict[str, str]]:
    """Who carries the project out with the office, each once, under the name that counts."""
    found: dict[str, dict[str, str]] = {}
    for one in (
        project.contributions.standing()
        .filter(role=ContributionRole.IMPLEMENTING)
        .select_related("partner__merged_into")
        .order_by("pk")
    ):
        partner = one.partner.merged_into or one.partner
        said = {"name": partner.name, "kind": partner.kind, "what": one.what}
        found.setdefault(partner.name, said)
    return list(found.values())


def _cities(project: Project) -> list[dict[str, str]]:
    found = {
        (line.city.country.iso3, str(line.city.name))
        for line in project.lines.select_related("city__country")
        if line.city is not None and line.city.country is not None
    }
    return [{"country": country, "name": name} for country, name in sorted(found)]


def _outcomes(project: Project) -> list[dict[str, str]]:
    shares = {
        one.outcome_id: plain(one.share)
        for one in OutcomeShare.objects.at().filter(project=project)
    }
    order = list(Rank.values)
    rows = [
        {
            "outcome": one.outcome.code,
            "rank": one.rank,
            "why": one.justification,
            "share": shares.get(one.outcome_id, ""),
        }
        for one in project.alignments.select_related("outcome")
    ]
    return sorted(rows, key=lambda one: (order.index(one["rank"]), one["outcome"]))


def _about(project: Project) -> dict[str, Any]:
    links = list(project.themes.select_related("theme").order_by("theme__position", "pk"))
    flagship = project.flagship
    return {
        "named": {one.theme.code: one.reason for one in links if one.theme.kind in NAMED_THEMES},
        "markers": {
            one.theme.code: str(one.marker) for one in links if one.theme.kind in EXAMINED_THEMES
        },
        "tools": [one.theme.code for one in links if one.theme.kind in USED_THEMES],
        "flagship": flagship.code if flagship else "",
        "covid": project.covid,
        "covid_share": project.covid_percent,
        "replication": "" if project.replication is None else str(project.replication),
        "replication_text": project.replication_text,
        "innovation": "" if project.innovation is None else str(project.innovation),
        "innovation_text": project.innovation_text,
    }


def _logframe(project: Project) -> list[dict[str, str]]:
    """The reporting lines that did not end early, with their own baselines and targets.

    Those in a country that the project has left are over.
    """
    today = timezone.localdate()
    places = set(project.countries.values_list("pk", flat=True))
    lines = [
        line
        for line in project.lines.select_related("indicator", "country", "city__country").order_by(
            "indicator__position", "indicator__code", "position", "pk"
        )
        if _works_at(places, line)
        and (
            line.expected_to is None
            or line.expected_to > today
            or (project.end is not None and line.expected_to >= project.end)
        )
    ]
    mine = {scopes.of_contributor(line.contributor_id) for line in lines}
    baselines = {one.scope: one for one in Baseline.objects.at().filter(scope__in=mine)}
    targets = {one.scope: one for one in Target.objects.at().filter(scope__in=mine)}
    rows = []
    for line in lines:
        scope = scopes.of_contributor(line.contributor_id)
        baseline, target = baselines.get(scope), targets.get(scope)
        country = line.city.country if line.city else line.country
        rows.append(
            {
                "indicator": line.indicator.code,
                "country": country.iso3 if country else "",
                "city": str(line.city.name) if line.city else "",
                "baseline": plain(baseline.value) if baseline else "",
                "target": plain(target.value) if target else "",
                "by": target.date.isoformat() if target and target.date else "",
            }
        )
    return rows
