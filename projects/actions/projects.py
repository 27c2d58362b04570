"""Projects, their outcomes, and what they report where and when."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker.accounts.actions import record_activity
from habitat_tracker.accounts.changes import Changes, Snapshot, difference, snapshot
from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.accounts.permissions import has_role
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, check_version
from habitat_tracker.wording import said_day
from outcomes.actions import set_contributor
from outcomes.models import Indicator, Outcome, Thing
from plans.models import PlanRevision, StrategicPlan
from projects.choices import TAKEN_OVER, ProjectKind, Rank
from projects.models import Alignment, Project, ProjectIndicator
from projects.permissions import can_manage

from .project_revisions import keep_revision

# What a project's code is made of; it is part of addresses.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)


def add_project(
    *,
    plan: StrategicPlan,
    code: str,
    title: dict[str, str],
    office: Office,
    status: str,
    by: User | None,
) -> Project:
    """A new project with nothing but its title; who may is decided by who asks.

    Raises `code_taken`, also where another project's code differs in capitals only.
    """
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if Project.objects.filter(plan=plan, code__iexact=code).exists():
        raise InvalidInput.of(
            "code", "code_taken", _("Another project of this plan has this code.")
        )
    made = Project.objects.create(plan=plan, code=code, title=title, office=office, status=status)
    keep_revision(made, by)
    record_activity(by=by, verb="added", targets=[made], changes=difference(None, made))
    return made


@transaction.atomic
def enter_project(
    *,
    plan: StrategicPlan,
    code: str,
    title: dict[str, str],
    ranks: Mapping[Outcome, str],
    by: User,
    is_new: bool,
    version: int | None = None,
    **content: Any,
) -> Project:
    """Take a project over with the outcomes that it serves, or change one: all of it or nothing.

    Raises `invalid_code`, `code_taken` (also where another project's code differs in capitals
    only), `missing_title`, `unknown_language`, `too_long`, `version_conflict`, and what
    `save_project` and `set_outcomes` raise.
    """
    from projects.documents.sections import wrong_title

    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if is_new:
        if not CODE.fullmatch(code):
            text = _("Use letters, digits, points and hyphens only.")
            raise InvalidInput.of("code", "invalid_code", text)
        if Project.objects.filter(plan=plan, code__iexact=code).exists():
            text = _("Another project of this plan has this code.")
            raise InvalidInput.of("code", "code_taken", text)
    else:
        held = Project.objects.select_for_update(of=("self",)).get(plan=plan, code=code)
        check_version(version, held.version)
    if not any(text.strip() for text in title.values()):
        raise InvalidInput.of("title", "missing_title", _("Give the project a title."))
    if problems := wrong_title(title):
        raise InvalidInput(problems)
    saved = save_project(plan=plan, code=code, title=title, by=by, is_new=is_new, **content)
    set_outcomes(project=saved, ranks=ranks, by=by)
    return saved


@transaction.atomic
def save_project(
    *,
    plan: StrategicPlan,
    code: str,
    title: dict[str, str],
    office: Office,
    by: User | None,
    countries: Iterable[Country] = (),
    is_new: bool = False,
    reason: str = "",
    **fields: Any,
) -> Project:
    """Add a project or change one; a new office takes its reporting lines along.

    One that is added has no proposal: it was approved elsewhere and is taken over, for a reason.
    Where a project stands changes with its life (`projects.actions.life`), not here.

    Raises `not_allowed` (managers of its office, of the old one too where it moves),
    `dates_reversed`, `dates_before_plan` (it is over before the plan begins), `country_has_lines`,
    `country_outside_office` (of a country that is added),
    `needs_revision` (of dates and countries that an approved project document holds),
    `status_has_steps` (of a project that is there), of one that is taken over `missing_reason` and
    `needs_proposal` (of a status before an approval) and, where it is to be new and its code is
    taken, `code_taken`. `by` empty is the system itself, which needs no reason.
    """
    # Two who add a project with one code at once: the second waits, and finds the first's.
    StrategicPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    project = Project.objects.select_for_update().filter(plan=plan, code=code).first()
    made = project is None
    if is_new and not made:
        raise InvalidInput.of(
            "code", "code_taken", _("Another project of this plan has this code.")
        )
    offices = [office] if project is None else [office, project.office]
    if by is not None and not all(has_role(by, one, Role.MANAGER) for one in offices):
        raise NotAllowed(_("Only a manager of the project's office may add or change it."))
    before = snapshot([project], many=("countries",))
    if project is None:
        project = Project(plan=plan, code=code)
        _take_over(project, by, reason, fields)
    elif by is not None and fields.get("status", project.status) != project.status:
        raise DomainError(
            _("A project begins, is suspended and is closed with the steps of its life."),
            "status_has_steps",
        )
    project.title, project.office = title, office
    for name, value in fields.items():
        setattr(project, name, value)
    if project.start and project.end and project.start > project.end:
        raise InvalidInput.of("end", "dates_reversed", _("The end lies before the start."))
    if by is not None and (problems := over_before_plan(plan, "end", project.end)):
        raise InvalidInput(problems)
    project.save()
    wanted = list(countries)
    if by is not None:
        _refuse_outside_office(project, wanted)
        if not made:
            _refuse_losing_lines(project, wanted)
            _refuse_without_revision(project, before, wanted)
    project.countries.set(wanted)
    keep_revision(project, by, reason)
    if not made:
        for line in project.lines.select_related("indicator__plan", "country", "city__country"):
            line.project = project
            _keep_contributor(line, by)
    told = before.told([project])
    if told[project] and not made:
        _next_version(project)
    if made or told[project]:
        record_activity(
            by=by,
            verb="added" if made else "changed",
            targets=[project],
            reason=reason,
            changes=told,
        )
    return project


def _next_version(project: Project) -> None:
    """Who saw the project before does not change it unseen."""
    Project.objects.filter(pk=project.pk).update(version=F("version") + 1)
    project.refresh_from_db(fields=["version"])


def _take_over(project: Project, by: User | None, reason: str, fields: dict[str, Any]) -> None:
    """Mark a new project as taken over without a proposal; a corporate source needs none."""
    if fields.get("kind", project.kind) != ProjectKind.PROJECT:
        return
    if by is not None and fields.get("status", project.status) not in TAKEN_OVER:
        raise InvalidInput.of(
            "status",
            "needs_proposal",
            _("A project that is not approved yet begins with a proposal."),
        )
    if by is not None and not reason.strip():
        raise InvalidInput.of(
            "reason", "missing_reason", _("Say why it is taken over without a proposal.")
        )
    project.taken_over_at, project.taken_over_by = timezone.now(), by
    project.taken_over_reason = reason.strip()


def over_before_plan(plan: StrategicPlan, field: str, end: date | None) -> list[Problem]:
    """What has begun earlier may reach into a plan; what is over before it begins does not."""
    if end is None or end >= (first := PlanRevision.objects.at().get(plan=plan).start):
        return []
    text = _("The plan begins on %(day)s; this would be over before.") % {"day": said_day(first)}
    return [Problem(field, "dates_before_plan", text)]


def works_in(office: Office, country: Country) -> bool:
    """Whether a country is one of an office's: of itself, of those below, of the one above.

    Headquarters works in all; where no office answers for a country, only headquarters does.
    """
    its = country.office
    if office.parent_id is None:
        return True
    return its is not None and (
        its.path.startswith(office.path) or office.path.startswith(its.path)
    )


def _refuse_outside_office(project: Project, wanted: list[Country]) -> None:
    held = set(project.countries.values_list("pk", flat=True))
    for country in wanted:
        if country.pk not in held and not works_in(project.office, country):
            raise InvalidInput.of(
                "countries",
                "country_outside_office",
                _("%(country)s is not a country of %(office)s.")
                % {"country": country, "office": project.office},
            )


def _refuse_without_revision(project: Project, before: Snapshot, wanted: list[Country]) -> None:
    """What an approved document holds changes with a revision of it."""
    if not project.documents.approved().exists():
        return
    was = before.rows[project.pk]
    moved = (was["start"], was["end"]) != (project.start, project.end)
    if moved or sorted(was["countries"]) != sorted(country.iso3 for country in wanted):
        raise DomainError(
            _("The project document was approved: dates and countries change with a revision."),
            "needs_revision",
        )


def _refuse_losing_lines(project: Project, wanted: list[Country]) -> None:
    """A country that the project still reports for stays one of its countries."""
    kept = {country.pk for country in wanted}
    for country in project.countries.exclude(pk__in=kept):
        if project.lines.filter(Q(country=country) | Q(city__country=country)).exists():
            raise InvalidInput.of(
                "countries",
                "country_has_lines",
                _("The project reports for %(country)s; it cannot be taken away.")
                % {"country": country},
            )


def _aligned(one: Alignment | None) -> str | None:
    """An alignment as the record of acts tells it."""
    if one is None:
        return None
    return f"{one.rank}: {one.justification}" if one.justification else str(one.rank)


def _refuse_aligning(by: User | None, project: Project) -> None:
    """What an approved document holds changes with a revision of it."""
    if by is not None and project.documents.approved().exists():
        raise DomainError(
            _("The project document was approved: its outcomes change with a revision."),
            "needs_revision",
        )


def _check_may_manage(by: User | None, project: Project) -> None:
    if by is not None and not can_manage(by, project):
        raise NotAllowed(_("Only a manager of the project's office may add or change it."))


def _locked(project: Project) -> Project:
    """The project as it is stored, so that its alignments change one after another."""
    rows = Project.objects.select_for_update(of=("self",)).select_related("office")
    held: Project = rows.get(pk=project.pk)
    return held


@transaction.atomic
def set_alignment(
    *,
    project: Project,
    outcome: Outcome,
    rank: str,
    by: User | None,
    justification: str | None = None,
) -> Alignment:
    """Say how strongly a project serves an outcome, and why; it has one primary outcome.

    Without a justification the one that is there stays. Raises `not_allowed`, `other_plan`,
    `unknown_rank` and `needs_revision` (where an approved project document says it).
    """
    _check_may_manage(by, project)
    if outcome.plan_id != project.plan_id:
        raise DomainError(_("The outcome belongs to another plan."), "other_plan")
    if rank not in Rank.values:
        raise DomainError(_("There is no such rank."), "unknown_rank")
    project = _locked(project)
    before = project.alignments.filter(outcome=outcome).first()
    why = justification if justification is not None else before.justification if before else ""
    if before and (before.rank, before.justification) == (rank, why):
        return before
    _refuse_aligning(by, project)
    changes: Changes = {}
    if rank == Rank.PRIMARY:
        others = project.alignments.filter(rank=Rank.PRIMARY).exclude(outcome=outcome)
        for other in others.select_related("outcome"):
            changes[f"alignments.{other.outcome.code}"] = [other.rank, None]
            other.delete()
    aligned, _made = Alignment.objects.update_or_create(
        project=project, outcome=outcome, defaults={"rank": rank, "justification": why}
    )
    keep_revision(project, by)
    changes[f"alignments.{outcome.code}"] = [_aligned(before), _aligned(aligned)]
    record_activity(
        by=by,
        verb="aligned",
        targets=[project],
        changes=changes,
        outcome=outcome.code,
        rank=rank,
    )
    return aligned


@transaction.atomic
def set_outcomes(*, project: Project, ranks: Mapping[Outcome, str], by: User | None) -> None:
    """Say how strongly a project serves which outcomes, all of them: one of them is primary.

    An outcome that is left out is served no longer; a corporate source may serve none. Raises
    `missing_primary`, `two_primary` and what `set_alignment` raises.
    """
    _check_may_manage(by, project)
    primary = [outcome.code for outcome, rank in ranks.items() if rank == Rank.PRIMARY]
    if len(primary) > 1:
        raise InvalidInput([two_primary(primary)])
    if not primary and project.kind == ProjectKind.PROJECT:
        raise InvalidInput([missing_primary()])
    was = {one.outcome: one.rank for one in project.alignments.select_related("outcome")}
    for outcome in was.keys() - ranks.keys():
        remove_alignment(project=project, outcome=outcome, by=by)
    # The primary one last: it takes the place of the one that was.
    for outcome, rank in sorted(ranks.items(), key=lambda pair: pair[1] == Rank.PRIMARY):
        set_alignment(project=project, outcome=outcome, rank=rank, by=by)
    if was and was != dict(ranks):
        _next_version(project)


def two_primary(codes: Iterable[str]) -> Problem:
    """What is wrong with several primary outcomes."""
    text = _("A project has one primary outcome, not %(codes)s.") % {"codes": ", ".join(codes)}
    return Problem("outcomes", "two_primary", text)


def missing_primary() -> Problem:
    """What is wrong without a primary outcome."""
    return Problem("outcomes", "missing_primary", _("Name the one primary outcome."))


@transaction.atomic
def remove_alignment(*, project: Project, outcome: Outcome, by: User | None) -> None:
    """Say that a project no longer serves an outcome; raises as `set_alignment`."""
    _check_may_manage(by, project)
    project = _locked(project)
    held = project.alignments.filter(outcome=outcome).first()
    if held:
        _refuse_aligning(by, project)
        changes: Changes = {f"alignments.{outcome.code}": [held.rank, None]}
        held.delete()
        keep_revision(project, by)
        record_activity(
            by=by,
            verb="no longer aligned",
            targets=[project],
            changes=changes,
            outcome=outcome.code,
        )


@transaction.atomic
def set_line(
    *,
    project: Project,
    indicator: Indicator,
    by: User | None,
    country: Country | None = None,
    city: Thing | None = None,
    expected_from: date | None = None,
    expected_to: date | None = None,
    reason: str = "",
) -> ProjectIndicator:
    """Say that a project reports an indicator for a place, from when to when.

    Without dates those of the project count, else the plan's start and no end. `by` empty is
    the system itself (loading files). A project reports for its own countries and on indicators of
    outcomes that it serves, or of none; what it has left, a line can only end. Raises
    `headline_takes_no_results`, `indicator_of_other_outcome`, `country_outside_project`,
    `places_overlap`, `dates_reversed` and `not_allowed`.
    """
    if by is not None and not can_manage(by, project):
        raise NotAllowed(_("Only a manager of this office may set what a project reports."))
    project = (
        Project.objects.select_for_update().select_related("plan", "office").get(pk=project.pk)
    )
    if indicator.plan_id != project.plan_id:
        raise DomainError(_("The indicator belongs to another plan."), "other_plan")
    if indicator.is_headline:
        raise DomainError(
            _("A headline takes the results of other indicators; nothing is entered on it."),
            "headline_takes_no_results",
        )
    where = city.country if city else country
    line = project.lines.filter(indicator=indicator, country=country, city=city).first()
    if line is None:
        _refuse_unserved(project, indicator)
        _refuse_outside(project, where)
    settings = PlanRevision.objects.at().get(plan=project.plan)
    expected_to = expected_to or project.end
    begins = min(settings.start, expected_to) if expected_to else settings.start
    expected_from = expected_from or project.start or begins
    if expected_to and expected_from > expected_to:
        raise InvalidInput.of("expected_to", "dates_reversed", _("The end lies before the start."))
    if line is None:
        _refuse_overlap(project, indicator, country, city, (expected_from, expected_to))
        line = ProjectIndicator(project=project, indicator=indicator, country=country, city=city)
    elif line.expected_to and (expected_to is None or expected_to > line.expected_to):
        _refuse_unserved(project, indicator)
        _refuse_outside(project, where)
    before = snapshot([line])
    line.expected_from, line.expected_to = expected_from, expected_to
    _keep_contributor(line, by, reason)
    record_activity(
        by=by,
        verb="set reporting line",
        targets=[line],
        reason=reason,
        changes=before.told([line]),
        until=str(expected_to),
    )
    return line


def of_other_outcome(indicator: Indicator, served: Collection[int]) -> str:
    """Why an indicator is not for a project that serves these outcomes; empty where it is.

    What belongs to no single outcome is reported by whoever likes.
    """
    if indicator.outcome_id is None or indicator.outcome_id in served:
        return ""
    text = _("%(code)s belongs to an outcome that the project does not serve.")
    return text % {"code": indicator.code}


def _refuse_unserved(project: Project, indicator: Indicator) -> None:
    """Corporate sources serve the plan as a whole."""
    if project.kind == ProjectKind.CORPORATE_SOURCE:
        return
    if why := of_other_outcome(indicator, project.alignments.values_list("outcome", flat=True)):
        raise InvalidInput.of("indicator", "indicator_of_other_outcome", why)


def _refuse_outside(project: Project, country: Country | None) -> None:
    """A project reports for its own countries; a document may speak of any."""
    if country is None or project.kind == ProjectKind.CORPORATE_SOURCE:
        return
    if not project.countries.filter(pk=country.pk).exists():
        raise InvalidInput.of(
            "country",
            "country_outside_project",
            _("%(country)s is not a country of this project.") % {"country": country},
        )


def _refuse_overlap(
    project: Project,
    indicator: Indicator,
    country: Country | None,
    city: Thing | None,
    dates: tuple[date, date | None],
) -> None:
    """No place contains everywhere; a country contains its cities.

    A line that is over before this one begins, or begins after it, is none that overlaps.
    """
    first, last = dates
    for other in project.lines.filter(indicator=indicator).select_related("city"):
        if other.expected_to and other.expected_to < first:
            continue
        if last and other.expected_from and other.expected_from > last:
            continue
        mine = city.country_id if city else (country.pk if country else None)
        theirs = other.city.country_id if other.city else other.country_id
        whole = (country is None and city is None) or (
            other.country_id is None and other.city_id is None
        )
        both_cities = bool(city and other.city_id)
        if whole or (mine == theirs and not both_cities):
            raise InvalidInput.of(
                "country",
                "places_overlap",
                _("The project already reports this for an overlapping place: %(place)s.")
                % {"place": other.place_name or _("no single country")},
            )


def _keep_contributor(line: ProjectIndicator, by: User | None, reason: str = "") -> None:
    """Keep the ledger's contributor in step with the line.

    A contributor belongs to its project's office; where that is headquarters, to the office
    of its place's country; with no country it counts for office and plan only.
    """
    project, city, country = line.project, line.city, line.country
    if city:
        country = city.country
        place = f"city:{city.pk}"
    else:
        place = country.iso3 if country else ""
    office = project.office
    if office.parent_id is None and country and country.office:
        office = country.office
    line.contributor = set_contributor(
        indicator=line.indicator,
        source=f"project:{project.pk}",
        place=place,
        office=office,
        country=country,
        expected_from=line.expected_from,
        expected_to=line.expected_to,
        by=by,
        reason=reason,
    )
    line.save()


def find_line(
    project: Project,
    indicator: Indicator,
    country: Country | None = None,
    city: Thing | None = None,
) -> ProjectIndicator:
    """The reporting line of a project, indicator and place, for entry.

    Raises `country_outside_project` and `not_a_reporting_line`.
    """
    line = (
        ProjectIndicator.objects.with_names()
        .filter(project=project, indicator=indicator, country=country, city=city)
        .first()
    )
    if line:
        return line
    _refuse_outside(project, city.country if city else country)
    raise InvalidInput.of(
        "indicator",
        "not_a_reporting_line",
        _("The project does not report %(code)s for this place.") % {"code": indicator.code},
    )
