"""Appraisal: what was submitted, its checklist, the decision, and its conditions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from habitat_tracker.accounts.models import ActivityEntry, User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed
from habitat_tracker.paging import page_of
from habitat_tracker.web import person, plan_or_404, visible_or_404, whole_number
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects import actions
from projects.appraised import appraised
from projects.choices import DocumentKind, Section
from projects.documents.reading import Words, lines_that_end
from projects.documents.sections import Desk
from projects.filters import AppraisalFilter
from projects.forms import ChecklistForm, ConditionStepForm, DecisionForm
from projects.models import Appraisal, ChecklistQuestion, Condition, ReviewMeeting
from projects.permissions import can_appraise, can_propose


@require_safe
def appraisals(request: HttpRequest, plan: str) -> HttpResponse:
    """What was submitted, the newest first, with how many were reviewed and approved."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = (
        Appraisal.objects.visible_to(user)
        .filter(plan=found, recalled_at__isnull=True)
        .select_related("document__project", "office", "outcome", "delegation", "meeting")
        .order_by("-submitted_at", "-pk")
    )
    filtered = AppraisalFilter(request.GET, rows, request=request)
    valid = filtered.is_valid()
    asked = filtered.form.cleaned_data if valid else {}
    listed = filtered.qs if valid else rows.none()
    kind = asked.get("kind") or DocumentKind.PROPOSAL
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(listed, request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "query": request.GET.urlencode(),
        "counts": appraised(listed, kind) if rows.exists() else None,
        "counts_revisions": kind == DocumentKind.REVISION,
        "first": asked.get("first"),
        "last": asked.get("last"),
        "stated": StatedFigure.objects.visible_to(user).on(found, StatedTopic.APPRAISAL),
        "overdue": Condition.objects.overdue(timezone.localdate())
        .of_lasting_projects()
        .filter(appraisal__plan=found)
        .select_related("appraisal__document__project")
        .order_by("due", "pk")[:10],
    }
    return render(request, "projects/appraisals.html", context, status=200 if valid else 400)


def _found(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Appraisal]:
    its_plan = plan_or_404(request, plan)
    rows = Appraisal.objects.select_related(
        "document__project__plan",
        "document__project__office",
        "document__project__flagship",
        "office",
        "meeting",
        "delegation__person",
        "delegation__office",
        "decided_by",
        "submitted_by",
    ).prefetch_related("conditions__answered_by", "conditions__settled_by")
    return its_plan, visible_or_404(rows, request.user, plan=its_plan, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def appraisal(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One submission: what it says, the checklist, and the decision or the form for it."""
    its_plan, shown = _found(request, plan, pk)
    user = person(request)
    act = request.POST.get("act", "")
    forms = _forms(request, shown)
    status = 200
    if request.method == "POST":
        if act not in forms:
            raise Http404
        form = forms[act]
        try:
            if told := _act(act, shown, form, request):
                messages.success(request, told)
                return redirect("projects:appraisal", plan=its_plan.code, pk=shown.pk)
            status = 400
        except InvalidInput as error:
            for one in error.problems:
                form.say(one)
            status = error.status
        except DomainError as error:
            # Who appraises but may not decide on this keeps what was typed.
            may_decide = _may_appraise(user, shown) and act == "decide"
            if isinstance(error, NotAllowed) and not may_decide:
                raise
            form.add_error(None, str(error.message))
            status = error.status
    return _show(request, its_plan, shown, forms, status)


def _may_appraise(user: User, shown: Appraisal) -> bool:
    """Whether somebody appraises what waits; what is one's own somebody else appraises."""
    appraises = can_appraise(user, shown.document.project) and shown.is_waiting
    return appraises and not actions.is_own(shown, user)


def _forms(request: HttpRequest, shown: Appraisal) -> dict[str, Any]:
    """The checklist and the decision, by the act that sends them."""
    act = request.POST.get("act", "")
    delegations = actions.delegations_for(person(request), shown) if shown.is_waiting else []
    return {
        "checklist": ChecklistForm(
            request.POST if act == "checklist" else None,
            appraisal=shown,
            questions=list(ChecklistQuestion.objects.filter(plan=shown.plan_id, is_current=True)),
        ),
        "decide": DecisionForm(
            request.POST if act == "decide" else None,
            appraisal=shown,
            delegations=delegations,
            meetings=ReviewMeeting.objects.filter(
                plan=shown.plan_id, date__gte=timezone.localdate(shown.submitted_at)
            ).order_by("-date")[:60],
        ),
    }


def _show(
    request: HttpRequest,
    plan: Any,
    shown: Appraisal,
    forms: dict[str, Any],
    status: int = 200,
    refused: tuple[int, ConditionStepForm] | None = None,
) -> HttpResponse:
    """The page; `refused` is the key of a condition with what was typed and is not taken."""
    user, decision = person(request), forms["decide"]
    is_own = actions.is_own(shown, user)
    read = Words(Desk(shown.document.project)).read(shown.content)
    context = {
        "plan": plan,
        "shown": shown,
        "document": shown.document,
        "project": shown.document.project,
        "sections": [(section, read[section]) for section in Section],
        "answers": _answers(shown),
        "checklist": forms["checklist"] if _may_appraise(user, shown) else None,
        "decision": decision if decision.is_offered and not is_own else None,
        "is_own": is_own and shown.is_waiting,
        "deciders": actions.who_decides(shown),
        "ending": lines_that_end(shown.document) if shown.is_waiting else [],
        "conditions": _conditions(shown, user, is_own, refused),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
        "earlier": shown.document.appraisals.filter(round__lt=shown.round).order_by("round"),
    }
    return render(request, "projects/appraisal.html", context, status=status)


def _conditions(
    shown: Appraisal, user: User, is_own: bool, refused: tuple[int, ConditionStepForm] | None
) -> list[tuple[Condition, str, ConditionStepForm | None, list[ActivityEntry]]]:
    """The conditions, each with the next step of who looks at it and what was refused of it.

    The office answers; an appraiser who neither wrote it nor answered looks at the answer. Last
    come the acts that sent an answer back, which keep what it said.
    """
    sent_back: dict[str, list[ActivityEntry]] = {}
    of_these = [str(one.pk) for one in shown.conditions.all()]
    for act in (
        ActivityEntry.objects.filter(
            target_type=Condition._meta.label_lower,
            target_id__in=of_these,
            verb="sent a condition back",
        )
        .select_related("actor")
        .order_by("at", "pk")
    ):
        sent_back.setdefault(act.target_id, []).append(act)
    project = shown.document.project
    answers = can_propose(user, project)
    settles = can_appraise(user, project) and not is_own
    rows = []
    for one in shown.conditions.all():
        step = ""
        if not one.is_met and not one.answer:
            step = "answer" if answers else ""
        elif not one.is_met and settles and one.answered_by_id != user.pk:
            step = "settle"
        form = refused[1] if refused and refused[0] == one.pk else None
        rows.append((one, step, form, sent_back.get(str(one.pk), [])))
    return rows


def _act(act: str, shown: Appraisal, form: Any, request: HttpRequest) -> str:
    """What was entered, stored; what was done in words, or nothing where it cannot be read."""
    if not form.is_valid():
        return ""
    user = person(request)
    if act == "checklist":
        actions.answer_checklist(
            appraisal=shown, answers=form.answers(), by=user, version=_seen(request)
        )
        return _("The checklist was saved.")
    said = form.cleaned_data
    done = actions.decide(
        appraisal=shown,
        decision=said["decision"],
        delegation=said["delegation"],
        meeting=said["meeting"],
        on=said["on"],
        reason=said["reason"],
        conditions=form.given(),
        by=user,
        version=_seen(request),
    )
    text = _("%(document)s: %(decision)s.")
    return text % {"document": shown.document, "decision": done.get_decision_display()}


def _seen(request: HttpRequest) -> int | None:
    """The version that the page was opened with."""
    return whole_number(request.POST.get("version", ""), None)


def _answers(shown: Appraisal) -> list[tuple[ChecklistQuestion, str, str]]:
    """The questions that were answered, also those that are no longer asked."""
    from projects.choices import Answer

    known = ChecklistQuestion.objects.filter(plan=shown.plan_id, code__in=shown.answers)
    return [
        (
            one,
            str(Answer(shown.answers[one.code]["answer"]).label),
            shown.answers[one.code]["note"],
        )
        for one in known
    ]


@require_POST
def condition(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say what was done to meet a condition, find it met, or send the answer back."""
    its_plan = plan_or_404(request, plan)
    rows = Condition.objects.select_related("appraisal__document__project__office")
    found = get_object_or_404(rows, pk=pk, appraisal__plan=its_plan)
    form, status = ConditionStepForm(request.POST), 400
    act = request.POST.get("act", "")
    if act not in ("answer", "met", "back"):
        raise Http404
    if form.is_valid():
        try:
            told = _settle(found, act, form.cleaned_data["text"], person(request))
        except NotAllowed:
            raise
        except DomainError as error:
            form.add_error("text", str(error.message))
            status = error.status
        else:
            messages.success(request, told)
            return redirect("projects:appraisal", plan=its_plan.code, pk=found.appraisal_id)
    _its_plan, shown = _found(request, plan, found.appraisal_id)
    return _show(request, its_plan, shown, _forms(request, shown), status, (found.pk, form))


def _settle(found: Condition, act: str, text: str, by: User) -> str:
    """Take one step with a condition; what was done in words."""
    if act == "answer":
        actions.answer_condition(condition=found, answer=text, by=by)
        return _("The answer was saved; an appraiser looks at it.")
    actions.settle_condition(condition=found, met=act == "met", by=by, remark=text)
    return _("The condition is met.") if act == "met" else _("The answer was sent back.")
