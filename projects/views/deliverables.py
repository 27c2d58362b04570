"""The register of deliverables: the list, one of them, and registering, changing, cancelling."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, User
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
from outcomes.models import Outcome, Thing
from plans.models import ReportingPeriod
from projects import actions
from projects.choices import OPEN, ProjectStatus, Register, Status
from projects.filters import DeliverableFilter
from projects.forms import CancelForm, DeliverableForm
from projects.models import Deliverable, ProductApplication, Project, ProjectIndicator, Result
from projects.permissions import can_apply_products, can_register
from projects.querysets import within_offices
from projects.schedule import Openness

from .saved_views import kept_views

# Projects that are offered by name where one is to be named by its code.
MOST_OFFERED = 200
# Applications that the page of a product shows.
MOST_APPLICATIONS = 500
# What the next one that is registered begins with.
KEPT = ("project", "kind", "outcome", "date", "language", "country")


@require_safe
def deliverables(request: HttpRequest, plan: str) -> HttpResponse:
    """The register, searched and filtered, the newest first; a fixed number of queries."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = Deliverable.objects.visible_to(user).of_plan(found).with_names().with_applications()
    filtered = DeliverableFilter(request.GET, rows.order_by("-date", "-pk"), request=request)
    project = filtered.form.fields["project"]
    project.widget = project.hidden_widget()
    valid = filtered.is_valid()
    chosen = filtered.form.cleaned_data.get("project") if valid else None
    context = {
        "plan": found,
        "filter": filtered,
        "project": chosen,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_add": can_register(user, chosen) if chosen else has_role_anywhere(user, Role.REPORTER),
        **kept_views(request, found, Register.DELIVERABLES),
    }
    return render(request, "projects/deliverables.html", context, status=200 if valid else 400)


def _found(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Deliverable]:
    its_plan = plan_or_404(request, plan)
    rows = Deliverable.objects.of_plan(its_plan).select_related(
        "project__office",
        "project__plan",
        "outcome",
        "country",
        "city",
        "joint_with__project__office",
        "entered_by",
        "changed_by",
    )
    return its_plan, visible_or_404(rows, request.user, pk=pk)


@require_safe
def deliverable(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One deliverable: what it is, which results count it, and its history."""
    its_plan, shown = _found(request, plan, pk)
    return _show(request, its_plan, shown, CancelForm())


def _show(
    request: HttpRequest, plan: Any, shown: Deliverable, form: CancelForm, status: int = 200
) -> HttpResponse:
    user = person(request)
    period = ReportingPeriod.objects.filter(
        plan=plan, start__lte=shown.date, end__gte=shown.date
    ).first()
    takes_changes = period is not None and Openness.of(shown.project_id).takes(
        shown.project_id, period
    )
    context = {
        "plan": plan,
        "shown": shown,
        "period": period,
        "counting": _counting(user, shown, period) if period else [],
        **_applications(user, shown),
        "joint": shown.joint.counting().select_related("project__office").order_by("pk"),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
        "may_change": can_register(user, shown.project) and shown.cancelled_at is None,
        "takes_changes": takes_changes,
        "form": form,
    }
    return render(request, "projects/deliverable.html", context, status=status)


def _applications(user: User, shown: Deliverable) -> dict[str, Any]:
    """Which projects apply it: those that stand, those that were withdrawn, and who may say so."""
    rows = ProductApplication.objects.visible_to(user).of_thing(shown.thing_id).with_names()
    every = list(rows[:MOST_APPLICATIONS])
    standing = [one for one in every if one.withdrawn_at is None]
    return {
        "applications": [(one, can_apply_products(user, one.project)) for one in standing],
        "withdrawn": [one for one in every if one.withdrawn_at is not None],
        "applied_by": len({one.project_id for one in standing}),
        "is_in_register": Deliverable.objects.counting().filter(thing=shown.thing_id).exists(),
        "may_apply": shown.is_product
        and shown.cancelled_at is None
        and (has_role_anywhere(user, Role.REPORTER) or user.is_superuser),
    }


def _counting(
    user: User, shown: Deliverable, period: ReportingPeriod
) -> list[tuple[ProjectIndicator, Result | None]]:
    """The lines that count it, each with what the reader sees of its result; two queries."""
    if shown.cancelled_at is not None:
        return []
    lines = [
        line
        for line in shown.project.lines.exclude(indicator__counts_from="")
        .select_related("indicator", "country", "city")
        .order_by("indicator__position", "pk")
        if actions.counts(line, shown)
    ]
    results: dict[int, Result] = {}
    for result in (
        Result.objects.visible_to(user)
        .filter(line__in=lines, period=period, status__in=(*OPEN, Status.APPROVED))
        .order_by("revision")
    ):
        results[result.line_id] = result
    return [(line, results.get(line.pk)) for line in lines]


def add(request: HttpRequest, plan: str) -> HttpResponse:
    """Register what a project delivered; the address may say what the form begins with."""
    found = plan_or_404(request, plan)
    user = person(request)
    allow(
        has_role_anywhere(user, Role.REPORTER) or user.is_superuser,
        _("Reporters of an office register what its projects deliver."),
    )
    return _edit(request, found, None, _named_project(request, found))


def change(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Change what is registered; the results that count it follow."""
    found, held = _found(request, plan, pk)
    allow(
        can_register(person(request), held.project),
        _("Only a reporter of this project's office may register what it delivers."),
    )
    return _edit(request, found, held, held.project)


def _named_project(request: HttpRequest, plan: Any) -> Project | None:
    code = (request.POST or request.GET).get("project", "")[:40].replace("\0", "")
    visible = Project.objects.visible_to(person(request)).filter(plan=plan)
    return visible.filter(code__iexact=code).first() if code else None


def _edit(
    request: HttpRequest, plan: Any, held: Deliverable | None, project: Project | None
) -> HttpResponse:
    user = person(request)
    status = 200
    seen = held.version if held else 0
    if request.method == "POST":
        form = DeliverableForm(request.POST, plan=plan, project=project, held=held)
        seen = whole_number(request.POST.get("version", ""), seen)
        saved = _save(form, user, held, seen) if form.is_valid() else None
        if saved is not None:
            return _done(request, plan, saved, is_new=held is None)
        status = 400
    else:
        kept = {name: request.GET[name][:40] for name in KEPT if request.GET.get(name)}
        usual = {"outcome": _primary(project)} if project else {}
        form = DeliverableForm(plan=plan, project=project, held=held, initial=usual | kept)
    context = {
        "plan": plan,
        "held": held,
        "project": project,
        "form": form,
        "seen": seen,
        "offered": [] if held else projects_offered(user, plan),
    }
    return render(request, "projects/deliverable_edit.html", context, status=status)


def _primary(project: Project) -> str:
    """The code of the outcome that a project is counted under."""
    found = Outcome.objects.filter(alignments__project=project, alignments__rank="primary").first()
    return found.code if found else ""


def projects_offered(user: User, plan: Any) -> list[Project]:
    """The projects under way that somebody registers for, by code."""
    return list(
        Project.objects.visible_to(user)
        .filter(within_offices(user, "", Role.REPORTER), plan=plan, status=ProjectStatus.ACTIVE)
        .order_by("code")
        .only("code", "title")[:MOST_OFFERED]
    )


def _save(
    form: DeliverableForm, by: User, held: Deliverable | None, seen: int
) -> Deliverable | None:
    """What was saved; None where it was refused, and the form says why."""
    entered = form.cleaned_data
    try:
        with transaction.atomic():
            return actions.save_deliverable(
                project=entered["project"],
                entered=form.entered(_city(form, by)),
                by=by,
                deliverable=held,
                version=seen if held else None,
                reason=entered["reason"],
            )
    except DomainError as error:
        form.names_other_project = error.code == "duplicate_deliverable" and not _is_own(form)
        add_problems(form, error)
    return None


def _is_own(form: DeliverableForm) -> bool:
    """Whether the project itself holds one of that title or symbol."""
    entered = form.cleaned_data
    own = Deliverable.objects.counting().filter(project=entered["project"], kind=entered["kind"])
    title = " ".join(entered["title"].split())
    symbol = entered["symbol"].strip()
    is_same = own.filter(title__iexact=title).exists()
    return is_same or bool(symbol and own.filter(symbol__iexact=symbol).exists())


def _city(form: DeliverableForm, by: User) -> Thing | None:
    entered = form.cleaned_data
    name = " ".join(entered["city"].split())
    if not name:
        return None
    if entered["country"] is None:
        raise InvalidInput.of("country", "missing_country", _("Say which country the city is in."))
    project = entered["project"]
    if not can_register(by, project):
        raise NotAllowed(
            _("Only a reporter of this project's office may register what it delivers.")
        )
    return actions.city_named(plan=project.plan, country=entered["country"], name=name, by=by)


def _done(request: HttpRequest, plan: Any, saved: Deliverable, *, is_new: bool) -> HttpResponse:
    words = _("“%(title)s” is registered.") if is_new else _("“%(title)s” was changed.")
    messages.success(request, words % {"title": saved.title})
    if is_new and "another" in request.POST:
        kept = {name: request.POST[name] for name in KEPT if request.POST.get(name)}
        return redirect(
            f"{reverse('projects:deliverable_add', args=[plan.code])}?{urlencode(kept)}"
        )
    return redirect("projects:deliverable", plan=plan.code, pk=saved.pk)


@require_POST
def cancel(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Cancel a deliverable, with the reason; the results that counted it follow."""
    found, shown = _found(request, plan, pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _show(request, found, shown, form, 400)
    try:
        actions.cancel_deliverable(
            deliverable=shown,
            reason=form.cleaned_data["reason"],
            by=person(request),
            version=whole_number(request.POST.get("version", ""), shown.version),
        )
    except DomainError as error:
        add_problems(form, error)
        return _show(request, found, shown, form, error.status)
    messages.success(request, _("“%(title)s” was cancelled.") % {"title": shown.title})
    return redirect("projects:deliverable", plan=found.code, pk=shown.pk)
