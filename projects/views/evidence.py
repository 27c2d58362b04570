"""The evidence of a result: listed, added, replaced, taken away, and its files served."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from projects import actions, permissions
from projects.choices import EvidenceKind
from projects.downloads import file_response
from projects.forms import EvidenceForm
from projects.models import Evidence, Note, Result, Reviewed

# Other results that the same file stands behind, as many as are named.
MOST_NAMED = 10


def evidence_of(row: Reviewed, user: User, *, may_change: bool) -> dict[str, Any]:
    """What stands behind a result or a note, what did before, and where else the files are used.

    Four queries, however many pieces there are.
    """
    every = list(
        Evidence.objects.filter(**{str(row._meta.model_name): row}).select_related(
            "stored", "means", "added_by", "removed_by"
        )
    )
    current = [piece for piece in every if piece.is_current]
    return {
        "evidence": current,
        "evidence_before": [piece for piece in every if not piece.is_current],
        "elsewhere": _elsewhere(row, current, user),
        "may_change_evidence": may_change,
    }


def _elsewhere(row: Reviewed, pieces: list[Evidence], user: User) -> list[Result]:
    """Other reported results that the same files stand behind, among those the reader may see."""
    files = [piece.stored_id for piece in pieces if piece.stored_id]
    if not files or not isinstance(row, Result):
        return []
    same = Evidence.objects.current().filter(stored__in=files)
    return list(
        Result.objects.visible_to(user)
        .filter(evidence__in=same)
        .exclude(line=row.line_id, period=row.period_id)
        .select_related("line__project", "line__indicator", "line__country", "line__city", "period")
        .distinct()
        .order_by("-pk")[:MOST_NAMED]
    )


def change(request: HttpRequest, plan: str, pk: int, piece: int | None = None) -> HttpResponse:
    """Add a piece of evidence to a draft, or put another one in the place of one that is there."""
    its_plan = plan_or_404(request, plan)
    user = person(request)
    rows = Result.objects.of_plan(its_plan).with_names()
    result = visible_or_404(rows, user, pk=pk)
    allow(
        permissions.can_report(user, result.line.project),
        _("Only a reporter of this project's office may change its evidence."),
    )
    old = None
    if piece is not None:
        old = get_object_or_404(Evidence.objects.current(), pk=piece, result=result)
    if old and request.method == "POST" and request.POST.get("act") == "remove":
        actions.remove_evidence(evidence=old, by=user)
        messages.success(request, _("“%(title)s” was taken away.") % {"title": old.title})
        return redirect("projects:result", plan=its_plan.code, pk=result.pk)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = EvidenceForm(*sent, indicator=result.line.indicator, instead_of=old)
    status = 200
    if request.method == "POST":
        kept = _keep(form, result, old, user) if form.is_valid() else None
        if kept is not None:
            _tell(request, kept, user)
            address = reverse("projects:result", args=[its_plan.code, result.pk])
            return redirect(f"{address}#evidence")
        status = 400
    context = {"plan": its_plan, "result": result, "line": result.line, "old": old, "form": form}
    return render(request, "projects/evidence.html", context, status=status)


def _keep(form: EvidenceForm, result: Result, old: Evidence | None, by: User) -> Evidence | None:
    """Keep what was sent; nothing where it was refused, which the form then tells."""
    try:
        if old is None:
            return actions.add_evidence(to=result, by=by, **form.piece())
        return actions.replace_evidence(evidence=old, by=by, **form.piece())
    except DomainError as error:
        add_problems(form, error)
    return None


def _tell(request: HttpRequest, kept: Evidence, user: User) -> None:
    """Say that it was kept and, of a file, where else the same stands."""
    messages.success(request, _("“%(title)s” was added.") % {"title": kept.title})
    result = kept.result
    assert result is not None
    others = len(_elsewhere(result, [kept], user))
    if others:
        words = ngettext(
            "The same file stands behind %(n)s other result.",
            "The same file stands behind %(n)s other results.",
            others,
        )
        messages.info(request, words % {"n": others})


@require_safe
def download(request: HttpRequest, plan: str, pk: int) -> HttpResponseBase:
    """The file of a piece of evidence, current or not, for whoever may see its result or note."""
    its_plan = plan_or_404(request, plan)
    user = person(request)
    found = (
        Evidence.objects.filter(
            Q(result__in=Result.objects.visible_to(user).of_plan(its_plan))
            | Q(note__in=Note.objects.visible_to(user).of_plan(its_plan)),
            pk=pk,
            kind=EvidenceKind.FILE,
        )
        .select_related("stored")
        .first()
    )
    return file_response(found)
