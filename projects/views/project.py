"""A project: what it is, what it reports, its results period by period; adding and changing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.errors import DomainError
from habitat_tracker.fields import plain
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from plans.choices import ABOUT_THEMES, EXAMINED_THEMES
from plans.models import ReportingPeriod, StrategicPlan, Theme
from projects import actions
from projects.alignment import served_by
from projects.choices import Rank, Status
from projects.forms import DescriptionForm, ProjectForm
from projects.models import (
    Alignment,
    Note,
    OutcomeShare,
    PartnerContribution,
    Project,
    ProjectIndicator,
    ProjectTheme,
    Result,
    Story,
)
from projects.money import budget_warnings, total_of, years_of
from projects.permissions import (
    can_describe,
    can_keep_contributions,
    can_keep_money,
    can_manage,
    can_report,
)
from projects.schedule import Owed, Slot, slots

SHOWN_PERIODS = 5
MOST_CONTRIBUTIONS = 100
MOST_APPLICATIONS = 50
MOST_JOINT_RESULTS = 20
RANKS = [Rank.PRIMARY, Rank.SECONDARY, Rank.TERTIARY]


@dataclass(frozen=True)
class LineRow:
    """One reporting line with how it stands in each period shown."""

    line: ProjectIndicator
    slots: list[Slot]


def _found(request: HttpRequest, plan: str, code: str) -> tuple[Any, Project]:
    its_plan = plan_or_404(request, plan)
    rows = Project.objects.select_related("plan", "office", "flagship").prefetch_related(
        "countries",
        Prefetch("alignments", Alignment.objects.select_related("outcome")),
    )
    return its_plan, visible_or_404(rows, request.user, plan=its_plan, code=code)


def project(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """The project's page; `?all=1` shows every period that has begun."""
    its_plan, shown = _found(request, plan, code)
    user = person(request)
    today = timezone.localdate()
    periods = list(its_plan.periods.order_by("number"))
    begun = [period for period in periods if period.has_begun(today)]
    rows = _rows(shown, begun, user)
    last = begun if request.GET.get("all") else _last_used(begun, rows)[-SHOWN_PERIODS:]
    years = years_of(shown)
    shares = {
        one.outcome_id: plain(one.share) for one in OutcomeShare.objects.at().filter(project=shown)
    }
    served = sorted(
        shown.alignments.all(),
        key=lambda one: (RANKS.index(Rank(one.rank)), one.outcome.position),
    )
    context = {
        "plan": its_plan,
        "project": shown,
        "years": years,
        "total": total_of(years),
        "warnings": budget_warnings([shown]),
        "may_keep_money": can_keep_money(user, shown),
        "alignments": [(one, shares.get(one.outcome_id)) for one in served],
        "periods": last,
        "hidden_periods": len(begun) - len(last),
        "rows": [
            LineRow(line, [table[(line.pk, period.pk)] for period in last]) for line, table in rows
        ],
        "joint_results": Result.objects.visible_to(user)
        .filter(line__project=shown)
        .joint()
        .listed_with_partners()[:MOST_JOINT_RESULTS],
        "notes": Note.objects.visible_to(user)
        .filter(project=shown)
        .exclude(status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
        .with_names()[:200],
        "deliverables": shown.deliverables.counting().select_related("country", "city")[:5],
        "applications": shown.applications.standing().with_names()[:MOST_APPLICATIONS],
        "risks": shown.risks.open().select_related("owner").order_by("-score", "-pk")[:20],
        "stories": Story.objects.visible_to(user).filter(project=shown)[:20],
        "contributions": PartnerContribution.objects.visible_to(user)
        .standing()
        .filter(project=shown)
        .with_names()[:MOST_CONTRIBUTIONS],
        "may_keep_contributions": can_keep_contributions(user, shown),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
        "may_report": can_report(user, shown),
        "may_manage": can_manage(user, shown),
        "may_describe": can_describe(user, shown),
        "about": _about(shown),
        "served": served_by(shown),
        "open_periods": [period for period in last if period.is_open],
    }
    return render(request, "projects/project.html", context)


def _last_used(
    begun: list[ReportingPeriod],
    rows: list[tuple[ProjectIndicator, dict[tuple[int, int], Slot]]],
) -> list[ReportingPeriod]:
    """The periods up to the last one that anything was expected in or reported for: a project
    that has ended shows its last results, not the silence since.
    """
    used = [
        at
        for at, period in enumerate(begun, 1)
        if any(table[(line.pk, period.pk)].owed != Owed.NOT_EXPECTED for line, table in rows)
    ]
    return begun[: used[-1]] if used else begun


def _rows(
    shown: Project, periods: list[ReportingPeriod], user: User
) -> list[tuple[ProjectIndicator, dict[tuple[int, int], Slot]]]:
    lines = list(
        shown.lines.select_related("indicator", "country", "city")
        .with_own_values()
        .order_by("indicator__position", "indicator__code", "position", "pk")
    )
    results = (
        Result.objects.visible_to(user)
        .filter(line__project=shown)
        .exclude(status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
        .select_related("rating")
        .prefetch_related("things")
    )
    table = slots(lines, periods, results, timezone.localdate())
    return [(line, table) for line in lines]


def _offices(user: User) -> list[Office]:
    return list(Office.objects.of(user, Role.MANAGER))


def add(request: HttpRequest, plan: str) -> HttpResponse:
    """Add a project to an office that the user manages."""
    its_plan = plan_or_404(request, plan)
    offices = _offices(person(request))
    allow(bool(offices), _("Only a manager of an office may add projects to it."))
    return _edit(request, its_plan, None, offices)


def edit(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Change a project."""
    its_plan, shown = _found(request, plan, code)
    user = person(request)
    allow(can_manage(user, shown), _("Only a manager of the project's office may change it."))
    return _edit(request, its_plan, shown, _offices(user))


def describe(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Say what a project is about."""
    its_plan, shown = _found(request, plan, code)
    user = person(request)
    allow(
        can_describe(user, shown),
        _("Only a reporter or manager of the project's office may say what it is about."),
    )
    form = DescriptionForm(request.POST if request.method == "POST" else None, project=shown)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.describe_project(
                    project=shown,
                    said=form.description(),
                    by=user,
                    version=form.cleaned_data["version"] or 0,
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("%(project)s was saved.") % {"project": shown.title})
                return redirect("projects:project", plan=its_plan.code, code=shown.code)
    context = {
        "plan": its_plan,
        "project": shown,
        "form": form,
        "said_for_good": actions.said_for_good(shown),
    }
    return render(request, "projects/describe.html", context, status=status)


def _about(shown: Project) -> list[tuple[str, list[ProjectTheme]]]:
    """What the project names, was examined for and uses, by kind of theme.

    Where anything is said of it, also what it was not examined for: rows that are not kept.
    """
    themes = list(
        Theme.objects.filter(plan=shown.plan_id, kind__in=ABOUT_THEMES).order_by("position", "code")
    )
    held = {one.theme_id: one for one in shown.themes.all()}
    scores = (shown.innovation, shown.replication)
    if not held and not shown.covid and scores == (None, None):
        return []
    groups: dict[str, list[ProjectTheme]] = {}
    for theme in themes:
        one = held.get(theme.pk) or ProjectTheme(project=shown)
        if one.pk or theme.kind in EXAMINED_THEMES:
            one.theme = theme
            groups.setdefault(theme.kind, []).append(one)
    return [(str(kind.label), groups[kind]) for kind in ABOUT_THEMES if kind in groups]


def _edit(
    request: HttpRequest, plan: StrategicPlan, shown: Project | None, offices: list[Office]
) -> HttpResponse:
    form = ProjectForm(
        request.POST if request.method == "POST" else None,
        plan=plan,
        offices=offices,
        project=shown,
        language=(get_language() or "en").split("-")[0],
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                saved = _save(form, plan, person(request))
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("%(project)s was saved.") % {"project": saved.title})
                return redirect("projects:project", plan=plan.code, code=saved.code)
    context = {"plan": plan, "project": shown, "form": form}
    return render(request, "projects/edit.html", context, status=status)


def _save(form: ProjectForm, plan: StrategicPlan, by: User) -> Project:
    entered = form.cleaned_data
    added = {name: entered[name] for name in ("status", "reason")} if form.project is None else {}
    return actions.enter_project(
        plan=plan,
        code=entered["code"],
        title=form.texts("title"),
        summary=form.texts("summary"),
        office=entered["office"],
        countries=entered["countries"],
        **added,
        start=entered["start"],
        end=entered["end"],
        ranks=form.ranks(),
        is_new=form.project is None,
        version=entered["version"],
        by=by,
    )
