"""Set-up: the way in, and which project reports which indicator where, from when to when."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from habitat_tracker import outbox
from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.paging import page_of
from habitat_tracker.web import (
    add_problems,
    may_set_up,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from habitat_tracker.wording import said_day
from projects import actions
from projects.forms import LateEntryForm, LineDatesForm, LineForm
from projects.models import LateEntry, Project, ProjectIndicator
from projects.permissions import can_manage


def home(request: HttpRequest, plan: str) -> HttpResponse:
    """What is set up where, with how it stands."""
    found = plan_or_404(request, plan)
    periods = list(found.periods.order_by("number"))
    today = timezone.localdate()
    context = {
        "plan": found,
        "may_set_up": may_set_up(request.user),
        "mail_in_folder": outbox.is_folder(),
        "open_periods": [period for period in periods if period.is_open],
        "overdue": [period for period in periods if period.is_open and period.due < today],
        "lines": ProjectIndicator.objects.filter(project__plan=found).count(),
    }
    return render(request, "setup/home.html", context)


def late_entries(request: HttpRequest, plan: str) -> HttpResponse:
    """Which projects may report late in a closed period; managers of headquarters allow and end."""
    found = plan_or_404(request, plan)
    user = person(request)
    form = LateEntryForm(plan=found)
    status = 200
    if request.method == "POST" and request.POST.get("act") == "end":
        entry = get_object_or_404(
            LateEntry,
            pk=whole_number(request.POST.get("entry", ""), 0, digits=18),
            project__plan=found,
        )
        actions.end_late_entry(entry=entry, by=user)
        messages.success(request, _("%(entry)s: the permission was ended.") % {"entry": entry})
        return redirect("setup:late_entries", plan=found.code)
    if request.method == "POST":
        form = LateEntryForm(request.POST, plan=found)
        if form.is_valid() and _allow_late(form, user):
            messages.success(
                request,
                _("%(project)s may report late.") % {"project": form.cleaned_data["project"]},
            )
            return redirect("setup:late_entries", plan=found.code)
        status = 400
    rows = (
        LateEntry.objects.visible_to(user)
        .filter(project__plan=found)
        .select_related("project", "period", "granted_by")
    )
    context = {
        "plan": found,
        "form": form,
        "page": page_of(rows, request),
        "may_manage": can_manage_plan(user),
        "has_closed": found.periods.filter(closed_at__isnull=False).exists(),
    }
    return render(request, "projects/late_entries.html", context, status=status)


def _allow_late(form: LateEntryForm, by: User) -> bool:
    try:
        actions.allow_late_entry(**form.cleaned_data, by=by)
    except DomainError as error:
        add_problems(form, error)
        return False
    return True


def lines_by_project(request: HttpRequest, plan: str) -> HttpResponse:
    """Projects with how many lines each reports."""
    found = plan_or_404(request, plan)
    user = person(request)
    words = request.GET.get("q", "").strip()[:200]
    # Counted for the rows of the page, not for all to be grouped before one is shown.
    reported = ProjectIndicator.objects.filter(project=OuterRef("pk")).order_by()
    counted = reported.values("project").annotate(number=Count("pk")).values("number")
    projects = (
        Project.objects.visible_to(user)
        .filter(plan=found)
        .search(words)
        .select_related("office")
        .annotate(line_count=Subquery(counted))
        .order_by("office__path", "code")
    )
    page = page_of(projects, request)
    context = {
        "plan": found,
        "page": page,
        "words": words,
        "managed": {project.pk for project in page.rows if can_manage(user, project)},
    }
    return render(request, "projects/lines_by_project.html", context)


def lines(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """What one project reports; its office's managers add lines, end them and move their dates."""
    found = plan_or_404(request, plan)
    rows = Project.objects.select_related("plan", "office").prefetch_related("countries")
    project = visible_or_404(rows, request.user, plan=found, code=code)
    user = person(request)
    form = LineForm(project=project, prefix="new")
    refused: tuple[int, LineDatesForm] | None = None
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "add":
            form = LineForm(request.POST, project=project, prefix="new")
            done = _add(project, form, user)
        elif act == "dates":
            line = get_object_or_404(
                project.lines.select_related("indicator", "country", "city"),
                pk=whole_number(request.POST.get("line", ""), 0, digits=18),
            )
            dates = LineDatesForm(request.POST, prefix=f"l{line.pk}")
            done = _change(project, line, dates, user)
            refused = (line.pk, dates)
        else:
            raise Http404
        if done:
            messages.success(request, done)
            return redirect("setup:lines", plan=found.code, code=project.code)
        status = 400
    context = {
        "plan": found,
        "project": project,
        "form": form,
        "rows": _rows(project, refused),
        "may_manage": can_manage(user, project),
    }
    return render(request, "projects/lines.html", context, status=status)


def _rows(project: Project, refused: tuple[int, LineDatesForm] | None) -> list[dict[str, Any]]:
    today = timezone.localdate()
    held = list(
        project.lines.select_related("indicator", "country", "city").order_by(
            "indicator__position", "indicator__code", "position", "pk"
        )
    )
    history: dict[str, list[ActivityEntry]] = {}
    for act in ActivityEntry.objects.filter(
        target_type=ProjectIndicator._meta.label_lower,
        target_id__in=[str(line.pk) for line in held],
    ).select_related("actor"):
        history.setdefault(act.target_id, []).append(act)
    return [
        {
            "line": line,
            "form": refused[1]
            if refused and refused[0] == line.pk
            else LineDatesForm(
                prefix=f"l{line.pk}",
                initial={"expected_from": line.expected_from, "expected_to": line.expected_to},
            ),
            "is_refused": bool(refused and refused[0] == line.pk),
            "has_ended": bool(line.expected_to and line.expected_to < today),
            "history": history.get(str(line.pk), []),
        }
        for line in held
    ]


def _add(project: Project, form: LineForm, by: User) -> str:
    """Add a reporting line; what was done in words, or nothing where it was refused."""
    if not form.is_valid():
        return ""
    entered = form.cleaned_data
    try:
        with transaction.atomic():
            city = None
            if entered["city"].strip():
                if entered["country"] is None:
                    raise InvalidInput.of(
                        "country", "missing_country", _("Say which country the city is in.")
                    )
                city = actions.city_named(
                    plan=project.plan,
                    country=entered["country"],
                    name=" ".join(entered["city"].split()),
                    by=by,
                )
            line = actions.set_line(
                project=project,
                indicator=entered["indicator"],
                country=None if city else entered["country"],
                city=city,
                expected_from=entered["expected_from"],
                expected_to=entered["expected_to"],
                reason=entered["reason"],
                by=by,
            )
    except DomainError as error:
        add_problems(form, error)
        return ""
    return _("%(line)s: it is expected from %(day)s.") % {
        "line": line,
        "day": _day(line.expected_from),
    }


def _change(project: Project, line: ProjectIndicator, form: LineDatesForm, by: User) -> str:
    """Move the dates of a line, or end it."""
    if not form.is_valid():
        return ""
    entered = form.cleaned_data
    try:
        changed = actions.set_line(
            project=project,
            indicator=line.indicator,
            country=line.country,
            city=line.city,
            expected_from=entered["expected_from"],
            expected_to=entered["expected_to"],
            reason=entered["reason"],
            by=by,
        )
    except DomainError as error:
        add_problems(form, error)
        return ""
    if changed.expected_to:
        return _("%(line)s: it is expected until %(day)s.") % {
            "line": changed,
            "day": said_day(changed.expected_to),
        }
    return _("%(line)s: it is expected from %(day)s on.") % {
        "line": changed,
        "day": _day(changed.expected_from),
    }


def _day(day: date | None) -> str:
    return said_day(day) if day else ""
