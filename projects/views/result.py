"""A result or a note: what it says, what stands behind it, its history, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.web import add_problems, person, plan_or_404, visible_or_404, whole_number
from projects import actions, permissions
from projects.choices import OPEN, PENDING
from projects.forms import ReasonForm
from projects.models import Comment, Note, Result, Reviewed
from projects.review_checks import Remark, remarks_on
from projects.schedule import Openness

from .evidence import evidence_of


@dataclass(frozen=True)
class Act:
    """Something that can be done to a result or a note now."""

    name: str
    label: str
    needs_reason: bool = False
    help: str = ""


def acts_for(user: User, row: Reviewed) -> list[Act]:
    """What a person may do to a result or a note at its present step, the likeliest first.

    Whether its period takes changes is asked apart.
    """
    found = []
    if permissions.can_submit(user, row):
        found.append(Act("submit", _("Submit for review")))
    if permissions.can_approve(user, row):
        found.append(Act("approve", _("Approve")))
    if permissions.can_verify(user, row):
        found.append(
            Act("verify", _("Verify"), help=_("The first of two steps; headquarters approves."))
        )
    if permissions.can_return(user, row):
        found.append(
            Act(
                "return",
                _("Return"),
                needs_reason=True,
                help=_("Say what should be changed; the reporter reads it."),
            )
        )
    if permissions.can_recall(user, row):
        found.append(
            Act("recall", _("Recall"), help=_("Take it back to change it; it is a draft again."))
        )
    if permissions.can_correct(user, row):
        found.append(
            Act(
                "correct",
                _("Begin a correction"),
                needs_reason=True,
                help=_("What is approved stands until the correction is approved. Say why."),
            )
        )
    if permissions.can_withdraw(user, row):
        found.append(
            Act(
                "withdraw",
                _("Withdraw"),
                needs_reason=True,
                help=_("It no longer counts; it stays in the history, with your reason."),
            )
        )
    return found


_DONE = {
    "submit": lambda: _("%(what)s was submitted for review."),
    "approve": lambda: _("%(what)s was approved; the figures follow within seconds."),
    "verify": lambda: _("%(what)s was verified; it now waits for approval."),
    "return": lambda: _("%(what)s was returned to its reporter."),
    "recall": lambda: _("%(what)s was recalled; it is a draft again."),
    "withdraw": lambda: _("%(what)s was withdrawn."),
    "correct": lambda: _("The correction of %(what)s is a draft; change it and submit it."),
}


def _named(row: Reviewed) -> str:
    """A result by its indicator, place and period; a note by its first words."""
    if isinstance(row, Note):
        return str(row)
    line: Any = row.line  # type: ignore[attr-defined]
    parts = (line.indicator.title, line.place_name, row.period)
    return ", ".join(str(part) for part in parts if part)


def carry_out(name: str, row: Reviewed, *, by: User, reason: str, version: int | None) -> None:
    """Do an act to one row, by its name."""
    if name == "return":
        actions.send_back(rows=[row], by=by, reason=reason, version=version)
    elif name == "withdraw":
        actions.withdraw(rows=[row], by=by, reason=reason, version=version)
    elif name == "correct" and isinstance(row, Result):
        actions.begin_correction(result=row, by=by, reason=reason)
    else:
        plain = {
            "submit": actions.submit,
            "approve": actions.approve,
            "verify": actions.verify,
            "recall": actions.recall,
        }
        if name not in plain:
            raise Http404
        plain[name](rows=[row], by=by, version=version)


def _found_result(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Result]:
    its_plan = plan_or_404(request, plan)
    rows = Result.objects.of_plan(its_plan).with_names().with_co_delivery()
    rows = rows.prefetch_related("authors", "credits")
    return its_plan, visible_or_404(rows, request.user, pk=pk)


def _found_note(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Note]:
    its_plan = plan_or_404(request, plan)
    rows = Note.objects.of_plan(its_plan).with_names().prefetch_related("authors")
    return its_plan, visible_or_404(rows, request.user, pk=pk)


@require_GET
def result(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One result in full."""
    its_plan, shown = _found_result(request, plan, pk)
    return _show_result(request, its_plan, shown, ReasonForm())


def _show_result(
    request: HttpRequest,
    plan: Any,
    shown: Result,
    form: ReasonForm,
    status: int = 200,
    asked: str = "",
    error: str = "",
) -> HttpResponse:
    user = person(request)
    revisions = list(
        Result.objects.visible_to(user)
        .filter(line=shown.line, period=shown.period)
        .with_names()
        .order_by("-revision")
    )
    dimensions: dict[Any, list[Any]] = {}
    for cell in shown.cells.all():
        dimensions.setdefault(cell.category.dimension, []).append(cell)
    counted = actions.counted_by(shown)
    page = _page(request, plan, shown, form, asked, error)
    if any(row.status in OPEN and row.pk != shown.pk for row in revisions):
        page["acts"] = [act for act in page["acts"] if act.name != "correct"]
    context = {
        **page,
        "result": shown,
        "line": shown.line,
        "dimensions": dimensions,
        "counted": counted if counted and counted.is_said_by(shown) else None,
        "delivered": shown.co_deliverers.all(),
        "revisions": revisions,
        "remarks": _remarks(user, shown),
        "can_edit": page["may_change_evidence"],
    }
    return render(request, "projects/result.html", context, status=status)


def _remarks(user: User, row: Result) -> list[Remark]:
    """What a reviewer looks at twice, while it waits for one."""
    if row.status not in PENDING or not permissions.can_review(user, row.line.project):
        return []
    return remarks_on([row])[row.pk]


def _page(
    request: HttpRequest, plan: Any, row: Reviewed, form: ReasonForm, asked: str, error: str
) -> dict[str, Any]:
    """What the page of a result and that of a note both show.

    What can be done, what was done and said (what was said is not an act to list), what stands
    behind it; and the form of the act that was refused. Evidence of a note is not changed here.
    """
    user, project = person(request), permissions.project_of(row)
    takes_changes = Openness.of(project.pk).takes(project.pk, row.period)
    is_result = isinstance(row, Result)
    may_change = is_result and takes_changes and permissions.can_edit(user, row)
    kind = "result" if is_result else "note"
    return {
        "plan": plan,
        "row": row,
        "project": project,
        "acts": acts_for(user, row) if takes_changes else [],
        "act_url": f"projects:act_on_{kind}",
        "is_own": permissions.is_author(user, row),
        "takes_changes": takes_changes,
        "history": ActivityEntry.objects.about(row)
        .exclude(verb="commented")
        .select_related("actor")[:100],
        "comments": Comment.objects.about(row)[:200],
        "may_comment": permissions.can_comment(user, row),
        "comment_url": f"projects:comment_on_{kind}",
        **evidence_of(row, user, may_change=may_change),
        "form": form,
        "asked": asked,
        "error": error,
    }


@require_POST
def comment_on_result(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say something about a result."""
    its_plan, shown = _found_result(request, plan, pk)
    return _comment(request, its_plan, shown, _show_result)


@require_POST
def comment_on_note(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say something about a note."""
    its_plan, shown = _found_note(request, plan, pk)
    return _comment(request, its_plan, shown, _show_note)


def _comment(request: HttpRequest, plan: Any, row: Any, show: Any) -> HttpResponse:
    """Keep a comment; a refusal is shown above it with the text kept."""
    form = ReasonForm({"reason": request.POST.get("text", "")})
    try:
        actions.add_comment(to=row, text=request.POST.get("text", ""), by=person(request))
    except InvalidInput as error:
        form.is_valid()
        form.add_error("reason", str(error.message))
        return show(request, plan, row, form, 400, "comment")
    name = "projects:result" if isinstance(row, Result) else "projects:note"
    return redirect(f"{reverse(name, args=[plan.code, row.pk])}#comments")


@require_POST
def act_on_result(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Submit, recall, verify, return, approve or withdraw a result."""
    its_plan, shown = _found_result(request, plan, pk)
    return _act(request, its_plan, shown, _show_result)


@require_GET
def note(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One note in full."""
    its_plan, shown = _found_note(request, plan, pk)
    return _show_note(request, its_plan, shown, ReasonForm())


def _show_note(
    request: HttpRequest,
    plan: Any,
    shown: Note,
    form: ReasonForm,
    status: int = 200,
    asked: str = "",
    error: str = "",
) -> HttpResponse:
    context = {**_page(request, plan, shown, form, asked, error), "note": shown}
    return render(request, "projects/note.html", context, status=status)


@require_POST
def act_on_note(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Submit, recall, verify, return, approve or withdraw a note."""
    its_plan, shown = _found_note(request, plan, pk)
    return _act(request, its_plan, shown, _show_note)


def _act(request: HttpRequest, plan: Any, row: Any, show: Any) -> HttpResponse:
    """Carry out what was asked; a refusal is shown on the row's page with the text kept."""
    name = request.POST.get("act", "")
    form = ReasonForm(request.POST)
    form.is_valid()
    try:
        carry_out(
            name,
            row,
            by=person(request),
            reason=form.cleaned_data.get("reason", ""),
            version=whole_number(request.POST.get("version", ""), None),
        )
    except NotAllowed:
        raise
    except InvalidInput as error:
        add_problems(form, error)
        words = "" if form.has_error("reason") else str(error.message)
        return show(request, plan, row, form, 400, name, words)
    except DomainError as error:
        row.refresh_from_db()
        return show(request, plan, row, form, error.status, name, str(error.message))
    messages.success(request, _DONE[name]() % {"what": _named(row)})
    if name == "correct":
        line = row.line
        grid = reverse("projects:entry", args=[plan.code, line.project.code, row.period.label])
        return redirect(f"{grid}#line-{line.pk}")
    back = request.POST.get("next", "")
    if back and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return HttpResponseRedirect(back)  # `redirect` would take a word for a view's name
    if isinstance(row, Result):
        return redirect("projects:result", plan=plan.code, pk=row.pk)
    return redirect("projects:note", plan=plan.code, pk=row.pk)
