"""What an approved project document changes in the project's record.

Each of these is part of a decision, which asks who may; the record of acts says that the system
did it, and why: in English, one of `accounts.activity_words.REASONS`, said to each reader in their
language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country, User
from habitat_tracker.fields import plain
from outcomes import scopes
from outcomes.actions import set_baseline, set_target
from outcomes.models import Baseline, Indicator, Outcome, Target
from plans.models import PlanRevision
from projects.choices import ContributionRole
from projects.models import BudgetLine, Partner, Project, ProjectIndicator
from projects.spelling import normalised

from .budget import set_budget, set_shares
from .contributions import ContributionInput, save_contribution
from .describing import Description, describe_project
from .partners import PartnerInput, save_partner
from .places import city_named
from .projects import remove_alignment, save_project, set_alignment, set_line

Content = Mapping[str, Any]


def apply_description(project: Project, content: Content, base: Content, reason: str) -> Project:
    """Title, dates, countries, outcomes and what it is about, where the document changes them."""

    def differs(section: str) -> bool:
        return bool(content.get(section) != base.get(section))

    kept = project
    if differs("basics") or differs("places"):
        basics = content["basics"]
        kept = save_project(
            plan=project.plan,
            code=project.code,
            title=basics["title"],
            summary=basics["summary"],
            office=project.office,
            countries=Country.objects.filter(iso3__in=_countries(project, content, base)),
            start=_day(basics["start"]),
            end=_day(basics["end"]),
            reason=reason,
            by=None,
        )
    if differs("outcomes"):
        wanted = {one["outcome"]: one for one in content["outcomes"]}
        outcomes = {one.code: one for one in Outcome.objects.filter(plan=kept.plan_id)}
        for held in kept.alignments.select_related("outcome"):
            if held.outcome.code not in wanted:
                remove_alignment(project=kept, outcome=held.outcome, by=None)
        for code, one in reversed(wanted.items()):  # the primary one comes last
            set_alignment(
                project=kept,
                outcome=outcomes[code],
                rank=one["rank"],
                justification=one["why"],
                by=None,
            )
    if content.get("about") and differs("about"):
        about = content["about"]
        said = Description(**about | {"tools": tuple(about.get("tools") or ())})
        describe_project(project=kept, said=said, by=None, reason=reason)
    return kept


def _countries(project: Project, content: Content, base: Content) -> set[str]:
    """Those of the document; of a revision, also those that the record has and it leaves alone."""
    from projects.documents.sections import countries_taken_away

    wanted = set(content["places"]["countries"])
    if base:
        held = set(project.countries.values_list("iso3", flat=True))
        wanted |= held - countries_taken_away(base, content)
    return wanted


def end_lines_in(project: Project, countries: Iterable[str], reason: str) -> None:
    """What the project reports in countries that it leaves ends today; its results stay."""
    today = timezone.localdate()
    for line in project.lines.in_countries(countries).select_related(
        "project", "indicator", "country", "city__country"
    ):
        if line.is_open_after(today):
            end_line(line, today, reason)


def apply_money(project: Project, content: Content, by: User | None, reason: str) -> None:
    """The budget, with the rates that the document was written with, and the outcomes' shares."""
    lines = [
        BudgetLine(
            year=one["year"],
            donor=one["donor"],
            earmarked=one["earmarked"],
            currency=one["currency"],
            amount=Decimal(one["amount"]),
            usd=Decimal(one["usd"]),
            rate=Decimal(one["rate"]),
            rate_month=date.fromisoformat(f"{one['month']}-01"),
        )
        for one in content["budget"]
    ]
    set_budget(project=project, lines=lines, by=by, reason=reason)
    outcomes = {one.code: one for one in Outcome.objects.filter(plan=project.plan_id)}
    shares = {
        outcomes[one["outcome"]]: Decimal(one["share"])
        for one in content["outcomes"]
        if one["share"]
    }
    set_shares(project=project, shares=shares, by=by, reason=reason)


def apply_partners(project: Project, content: Content, reason: str) -> None:
    """Who carries the project out with the office: registered where new, and what they do here.

    What a partner that is no longer named does here ends today.
    """
    rows = Partner.objects.filter(plan=project.plan_id).select_related("merged_into")
    known = {one.key: one.merged_into or one for one in rows}
    held = {
        one.partner.merged_into_id or one.partner_id: one
        for one in project.contributions.standing()
        .filter(role=ContributionRole.IMPLEMENTING)
        .select_related("partner")
    }
    today = timezone.localdate()
    for row in content.get("partners") or []:
        partner = known.get(normalised(row["name"])) or save_partner(
            plan=project.plan,
            entered=PartnerInput(row["name"], row["kind"]),
            confirm_similar=True,
            reason=reason,
            by=None,
        )
        if held.pop(partner.pk, None) is None:
            given = ContributionInput(
                partner=partner,
                role=ContributionRole.IMPLEMENTING,
                what=row["what"] or _("Implementing partner"),
                start=project.start or today,
                end=project.end,
            )
            save_contribution(project=project, entered=given, reason=reason, by=None)
    for gone in held.values():
        if gone.start <= today and (gone.end is None or gone.end > today):
            ended = ContributionInput(
                partner=gone.partner,
                role=gone.role,
                what=gone.what,
                start=gone.start,
                end=today,
                amount=gone.amount,
                currency=gone.currency,
            )
            save_contribution(
                project=project, entered=ended, contribution=gone, reason=reason, by=None
            )


Key = tuple[str, str, str]


def _rows(content: Content) -> dict[Key, Mapping[str, str]]:
    """The rows of the logical framework by indicator, country and city."""
    return {
        (one["indicator"], one["country"], one["city"].casefold()): one
        for one in content.get("logframe") or []
    }


def apply_logframe(project: Project, content: Content, base: Content, reason: str) -> None:
    """The reporting lines with their baselines and targets, where the document changes them.

    A line that the document takes away ends today; one of the same indicator that takes its place
    begins tomorrow. Lines keep their own beginning within the dates of the project, and end with
    it where those move.
    """
    was, now = _rows(base), _rows(content)
    today = timezone.localdate()
    taken: set[str] = set()
    for key in was.keys() - now.keys():
        line = _line(project, key)
        if line is not None and line.is_open_after(today):
            end_line(line, today, reason)
        taken.add(key[0])
    moved = content["basics"]["start"], content["basics"]["end"]
    old = base.get("basics") or {}
    stay = (old.get("start"), old.get("end")) == moved
    indicators = {one.code: one for one in Indicator.objects.filter(plan=project.plan_id)}
    countries = {one.iso3: one for one in Country.objects.all()}
    for key, one in sorted(now.items()):  # in one order, so that no two lock crosswise
        if stay and was.get(key) == one:
            continue
        line = _line(project, key)
        country = countries.get(one["country"])
        city = None
        if one["city"] and country:
            city = city_named(plan=project.plan, country=country, name=one["city"], by=None)
        begins = line.expected_from if line else project.start
        if line is None and one["indicator"] in taken:
            begins = max(begins or today, today + timedelta(days=1))
        if begins and project.start:
            begins = max(begins, project.start)
        if begins and project.end:
            begins = min(begins, project.end)
        line = set_line(
            project=project,
            indicator=indicators[one["indicator"]],
            country=None if city else country,
            city=city,
            expected_from=begins,
            expected_to=project.end,
            reason=reason,
            by=None,
        )
        if was.get(key) != one:
            _set_values(line, one, project.end, reason)


def _line(project: Project, key: Key) -> ProjectIndicator | None:
    """The line of a row, where there is one."""
    indicator, country, city = key
    lines = project.lines.filter(indicator__code=indicator).select_related(
        "project", "indicator", "country", "city__country"
    )
    for line in lines:
        if line.city is not None:
            place = line.city.country.iso3 if line.city.country else ""
            names = {name.casefold() for name in line.city.name.values()}
            if city in names and place == country:
                return line
        elif not city and (line.country.iso3 if line.country else "") == country:
            return line
    return None


def end_line(line: ProjectIndicator, day: date, reason: str) -> None:
    """Nothing more is expected of a line after a day.

    One that would have begun later is dated before the plan, so that no period expects it.
    """
    last = day
    first = line.expected_from
    if first is not None and first > day:
        settings = PlanRevision.objects.at().get(plan=line.project.plan_id)
        first = last = settings.start - timedelta(days=1)
    set_line(
        project=line.project,
        indicator=line.indicator,
        country=line.country,
        city=line.city,
        expected_from=first,
        expected_to=last,
        reason=reason,
        by=None,
    )


def _set_values(
    line: ProjectIndicator, one: Mapping[str, str], end: date | None, reason: str
) -> None:
    scope = scopes.of_contributor(line.contributor_id)
    source = "Project document"
    by_day = _day(one["by"]) or end
    baseline = Baseline.objects.at().filter(indicator=line.indicator, scope=scope).first()
    target = Target.objects.at().filter(indicator=line.indicator, scope=scope).first()
    wanted = one["baseline"], one["target"], by_day if one["target"] else None
    held = (
        plain(baseline.value) if baseline else "",
        plain(target.value) if target else "",
        target.date if target else None,
    )
    if wanted == held:
        return
    # The old target goes first: it may lie on the wrong side of the new baseline.
    set_target(indicator=line.indicator, scope=scope, value=None, on=None, by=None, reason=reason)
    set_baseline(
        indicator=line.indicator,
        scope=scope,
        value=one["baseline"] or None,
        by=None,
        source=source,
        reason=reason,
    )
    if one["target"]:
        set_target(
            indicator=line.indicator,
            scope=scope,
            value=one["target"],
            on=by_day,
            by=None,
            source=source,
            reason=reason,
        )


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None
