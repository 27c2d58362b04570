"""Stories of impact and innovation labs: lists, one of them, writing, publishing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.paging import page_of
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from projects import actions
from projects.choices import LabStatus, StoryStatus
from projects.filters import LabFilter, StoryFilter
from projects.forms import LabForm, StoryForm
from projects.models import InnovationLab, Project, Result, Story
from projects.permissions import can_describe, can_manage, can_propose_in

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_safe
def stories(request: HttpRequest, plan: str) -> HttpResponse:
    """Stories, searched and filtered, the newest first; drafts for their offices alone."""
    found = plan_or_404(request, plan)
    rows = (
        Story.objects.visible_to(person(request))
        .filter(project__plan=found)
        .select_related("project__office", "country")
        .order_by("-entered_at", "-pk")
    )
    filtered = StoryFilter(request.GET, rows, request=request)
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
    }
    return render(request, "projects/stories.html", context, status=200 if valid else 400)


def _story(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Story]:
    its_plan = plan_or_404(request, plan)
    rows = Story.objects.select_related(
        "project__office", "project__plan", "country", "entered_by"
    ).prefetch_related("results__line__indicator", "results__line__project", "results__period")
    return its_plan, visible_or_404(rows, request.user, project__plan=its_plan, pk=pk)


@require_http_methods(READ_AND_SEND)
def story(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One story; managers of its office publish it and take it back."""
    its_plan, shown = _story(request, plan, pk)
    user = person(request)
    problems: list[str] = []
    status = 200
    if request.method == "POST":
        act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
        try:
            if act == "publish":
                actions.publish_story(story=shown, by=user)
            elif act == "take back":
                actions.take_story_back(story=shown, by=user, reason=reason)
            else:
                raise Http404
        except NotAllowed:
            raise
        except InvalidInput as error:
            problems, status = [one.message for one in error.problems], error.status
        except DomainError as error:
            problems, status = [error.message], error.status
        else:
            told = _("“%(title)s” is published.") if act == "publish" else _("It was taken back.")
            messages.success(request, told % {"title": shown.title})
            return redirect("projects:story", plan=its_plan.code, pk=shown.pk)
    is_published = shown.status == StoryStatus.PUBLISHED
    context = {
        "plan": its_plan,
        "shown": shown,
        "results": Result.objects.visible_to(user)
        .filter(pk__in=[one.pk for one in shown.results.all()])
        .select_related("line__indicator", "line__project", "line__country", "line__city")
        .select_related("period", "rating")
        .prefetch_related("things"),
        "problems": problems,
        "is_published": is_published,
        "may_write": can_describe(user, shown.project) and not is_published,
        "may_publish": can_manage(user, shown.project),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
    }
    return render(request, "projects/story.html", context, status=status)


@require_http_methods(READ_AND_SEND)
def add_story(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Write a story of a project."""
    found = plan_or_404(request, plan)
    rows = Project.objects.select_related("office", "plan")
    project = visible_or_404(rows, request.user, plan=found, code=code)
    return _edit_story(request, found, project, None)


@require_http_methods(READ_AND_SEND)
def change_story(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Change a story that is not published."""
    found, held = _story(request, plan, pk)
    return _edit_story(request, found, held.project, held)


def _edit_story(
    request: HttpRequest, plan: Any, project: Project, held: Story | None
) -> HttpResponse:
    user = person(request)
    allow(
        can_describe(user, project),
        _("Only a reporter or manager of the project's office may write its stories."),
    )
    form = StoryForm(request.POST or None, project=project, held=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                saved = actions.save_story(
                    project=project,
                    entered=form.entered(),
                    by=user,
                    story=held,
                    version=whole_number(request.POST.get("version", ""), None) if held else None,
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("“%(title)s” was saved.") % {"title": saved.title})
                return redirect("projects:story", plan=plan.code, pk=saved.pk)
    context = {"plan": plan, "project": project, "held": held, "form": form}
    return render(request, "projects/story_edit.html", context, status=status)


@require_safe
def labs(request: HttpRequest, plan: str) -> HttpResponse:
    """Innovation labs, each once, with how many operate and how many are being set up."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = (
        InnovationLab.objects.visible_to(user)
        .filter(plan=found)
        .select_related("office", "country")
        .prefetch_related("projects")
        .order_by("name", "pk")
    )
    filtered = LabFilter(request.GET, rows, request=request)
    valid = filtered.is_valid()
    counted = InnovationLab.objects.filter(plan=found).aggregate(
        **{one.value: Count("pk", filter=Q(status=one)) for one in LabStatus}
    )
    page = page_of(filtered.qs if valid else rows.none(), request)
    context = {
        "plan": found,
        "filter": filtered,
        "page": page,
        "may_change": {one.pk for one in page.rows if can_propose_in(user, one.office)},
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "counted": counted,
        "may_add": has_role_anywhere(user, Role.REPORTER, Role.MANAGER),
    }
    return render(request, "projects/labs.html", context, status=200 if valid else 400)


@require_http_methods(READ_AND_SEND)
def lab(request: HttpRequest, plan: str, pk: int = 0) -> HttpResponse:
    """Register a lab, or change one."""
    found = plan_or_404(request, plan)
    user = person(request)
    held = None
    if pk:
        rows = InnovationLab.objects.select_related("office", "country", "plan")
        held = visible_or_404(rows.prefetch_related("projects"), user, plan=found, pk=pk)
    offices = list(Office.objects.of(user, Role.REPORTER, Role.MANAGER))
    allow(
        can_propose_in(user, held.office) if held else bool(offices),
        _("Only a reporter or manager of the office may register its labs."),
    )
    form = LabForm(request.POST or None, plan=found, offices=offices, held=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                saved = actions.save_lab(
                    plan=found,
                    office=form.cleaned_data["office"],
                    entered=form.entered(),
                    by=user,
                    lab=held,
                    version=whole_number(request.POST.get("version", ""), None) if held else None,
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("“%(title)s” was saved.") % {"title": saved.name})
                return redirect("projects:labs", plan=found.code)
    context = {"plan": found, "held": held, "form": form}
    return render(request, "projects/lab.html", context, status=status)
