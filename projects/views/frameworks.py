"""The global frameworks and targets that a project serves by itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from outcomes.actions.frameworks import links_of
from outcomes.forms import FrameworksForm, in_rows
from projects import actions
from projects.models import Project
from projects.permissions import can_describe


def frameworks(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Say what a project serves beyond what it inherits."""
    its_plan = plan_or_404(request, plan)
    rows = Project.objects.select_related("plan", "office")
    shown = visible_or_404(rows, request.user, plan=its_plan, code=code)
    user = person(request)
    allow(
        can_describe(user, shown),
        _("Only a reporter or manager of the project's office may say what it is about."),
    )
    form = FrameworksForm(
        request.POST if request.method == "POST" else None,
        plan=its_plan,
        held=links_of(shown.frameworks.select_related("theme")),
        version=shown.version,
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said, places = form.links()
            try:
                actions.set_project_frameworks(
                    project=shown, links=said, by=user, version=form.cleaned_data["version"]
                )
            except DomainError as error:
                add_problems(form, in_rows(error, places))
                status = error.status
            else:
                messages.success(request, _("%(project)s was saved.") % {"project": shown.title})
                return redirect("projects:project", plan=its_plan.code, code=shown.code)
    context = {"plan": its_plan, "project": shown, "form": form}
    return render(request, "projects/frameworks.html", context, status=status)
