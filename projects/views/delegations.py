"""Set-up of appraisal: who may decide, when the committee meets, what it asks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from habitat_tracker.errors import DomainError, NotAllowed
from habitat_tracker.web import add_problems, person, plan_or_404, whole_number
from habitat_tracker.wording import said_day
from projects import actions
from projects.forms import DelegationForm, MeetingForm
from projects.models import ChecklistQuestion, Delegation, ReviewMeeting
from projects.permissions import can_set_up_appraisal

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_AND_SEND)
def delegations(request: HttpRequest, plan: str) -> HttpResponse:
    """Who may decide on proposals of which offices, up to which amount, from when to when."""
    found = plan_or_404(request, plan)
    user = person(request)
    form, status = DelegationForm(), 200
    ending: dict[str, Any] = {}
    if request.method == "POST" and request.POST.get("act") == "end":
        ending, status = _end(request, found)
        if not ending:
            return redirect("setup:delegations", plan=found.code)
    elif request.method == "POST":
        form, status = DelegationForm(request.POST), 400
        if form.is_valid():
            try:
                actions.delegate(plan=found, by=user, **form.cleaned_data)
            except DomainError as error:
                add_problems(form, error)
            else:
                text = _("The authority was delegated to %(person)s.")
                messages.success(request, text % {"person": form.cleaned_data["person"]})
                return redirect("setup:delegations", plan=found.code)
    today = timezone.localdate()
    rows = (
        Delegation.objects.visible_to(user)
        .filter(plan=found)
        .select_related("person", "office")
        .annotate(decided=Count("appraisals"))
        .order_by("office__path", "person__name", "-start")
    )
    context = {
        "plan": found,
        "form": form,
        "rows": [(one, one.until is None or one.until >= today) for one in rows],
        "may_manage": can_set_up_appraisal(user),
        "ending": ending,
    }
    return render(request, "projects/delegations.html", context, status=status)


def _end(request: HttpRequest, plan: object) -> tuple[dict[str, Any], int]:
    """Nothing where it was ended; else what was typed and why it was refused, with the status."""
    key = whole_number(request.POST.get("delegation", ""), 0, digits=18)
    found = get_object_or_404(Delegation, pk=key, plan=plan)
    written, reason = request.POST.get("on", ""), request.POST.get("reason", "")
    try:
        on = parse_date(written) if written else timezone.localdate()
    except ValueError:
        on = None
    try:
        actions.end_delegation(delegation=found, on=on, by=person(request), reason=reason)
    except NotAllowed:
        raise
    except DomainError as error:
        typed = {"pk": found.pk, "on": written, "reason": reason}
        return {**typed, "said": error.message}, error.status
    messages.success(request, _("%(delegation)s: it was ended.") % {"delegation": found})
    return {}, 200


@require_http_methods(READ_AND_SEND)
def meetings(request: HttpRequest, plan: str) -> HttpResponse:
    """The meetings of the committee, each with what it decided on."""
    found = plan_or_404(request, plan)
    user = person(request)
    form, status = MeetingForm(), 200
    if request.method == "POST":
        form, status = MeetingForm(request.POST), 400
        if form.is_valid():
            said = form.cleaned_data
            try:
                saved = actions.save_meeting(
                    plan=found,
                    on=said["date"],
                    chair=said["chair"],
                    minutes=said["minutes"],
                    note=said["note"],
                    by=user,
                )
            except DomainError as error:
                add_problems(form, error)
            else:
                messages.success(
                    request, _("The meeting of %(day)s was added.") % {"day": said_day(saved.date)}
                )
                return redirect("setup:meetings", plan=found.code)
    context = {
        "plan": found,
        "form": form,
        "rows": ReviewMeeting.objects.visible_to(user).filter(plan=found).with_decisions(),
        "may_manage": can_set_up_appraisal(user),
    }
    return render(request, "projects/meetings.html", context, status=status)


@require_http_methods(READ_AND_SEND)
def checklist(request: HttpRequest, plan: str) -> HttpResponse:
    """The questions that appraisers answer, one a line: the code, a bar, and the question."""
    found = plan_or_404(request, plan)
    user = person(request)
    language = (get_language() or "en").split("-")[0]
    held = list(ChecklistQuestion.objects.filter(plan=found, is_current=True))
    written = "\n".join(f"{one.code} | {one}" for one in held)
    problems: list[str] = []
    if request.method == "POST":
        written = request.POST.get("questions", "")
        texts = {one.code: one.text for one in ChecklistQuestion.objects.filter(plan=found)}
        questions: list[tuple[str, dict[str, str]]] = []
        for line in written.splitlines():
            code, _bar, text = line.partition("|")
            if line.strip():
                kept = dict(texts.get(code.strip(), {}))
                if text.strip() != str(texts.get(code.strip(), "")):
                    kept[language] = text.strip()
                questions.append((code.strip(), kept))
        try:
            actions.set_checklist(plan=found, questions=questions, by=user)
        except NotAllowed:
            raise
        except DomainError as error:
            listed = getattr(error, "problems", None)
            problems = [_row(one.row, one.message) for one in listed] if listed else [error.message]
        else:
            messages.success(request, _("The checklist was saved."))
            return redirect("setup:checklist", plan=found.code)
    context = {
        "plan": found,
        "questions": held,
        "written": written,
        "problems": problems,
        "may_manage": can_set_up_appraisal(user),
    }
    return render(request, "projects/checklist.html", context, status=400 if problems else 200)


def _row(row: int, message: str) -> str:
    return _("Row %(row)s: %(message)s") % {"row": row, "message": message} if row else message
