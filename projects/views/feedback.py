"""What partners say: asking them, their answer by a signed link, publishing and answering it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from projects import actions
from projects.forms import AskPartnerForm, FeedbackForm, ReplyForm, WithdrawForm
from projects.models import PartnerFeedback, Project
from projects.permissions import can_describe, can_manage

READ_AND_SEND = ["GET", "HEAD", "POST"]


@login_not_required
@never_cache
@require_http_methods(READ_AND_SEND)
def feedback(request: HttpRequest, token: str) -> HttpResponse:
    """A partner answers, without an account, and later reads what the office answered.

    Nothing but the project's title is shown of our records.
    """
    form, status, asked, refusal = FeedbackForm(request.POST or None), 200, None, ""
    done, told = False, None
    try:
        told = actions.replied_by_link(token) if request.method != "POST" else None
        asked = told or actions.asked_by_link(token)
        if request.method == "POST":
            status = 400
            if form.is_valid():
                actions.answer_feedback(token=token, **form.cleaned_data)
                done, status = True, 200
    except InvalidInput as error:
        add_problems(form, error)
    except DomainError as error:
        asked, refusal, status = None, str(error.message), error.status
    context = {"asked": asked, "form": form, "refusal": refusal, "done": done, "told": told}
    answer = render(request, "projects/feedback.html", context, status=status)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _project(request: HttpRequest, plan: str, code: str) -> tuple[Any, Project]:
    found = plan_or_404(request, plan)
    rows = Project.objects.select_related("office", "plan")
    return found, visible_or_404(rows, request.user, plan=found, code=code)


@require_http_methods(READ_AND_SEND)
def partner_feedback(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """What the partners of a project said; its office asks, publishes and answers."""
    found, project = _project(request, plan, code)
    user = person(request)
    ask, status, reply, replied = AskPartnerForm(project=project), 200, ReplyForm(), 0
    withdrawing, refusal = WithdrawForm(), ""
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            if act == "ask":
                allow(
                    can_describe(user, project),
                    _("Only a reporter or manager of the project's office may ask its partners."),
                )
                ask, status = AskPartnerForm(request.POST, project=project), 400
                if ask.is_valid():
                    actions.ask_partner(project=project, by=user, **ask.cleaned_data)
                    messages.success(request, _("The link was sent."))
                    return redirect("projects:partner_feedback", plan=found.code, code=project.code)
            else:
                one = _one(request, project)
                replied = one.pk
                messages.success(request, _act(request, one, act))
                return redirect("projects:partner_feedback", plan=found.code, code=project.code)
        except DomainError as error:
            status = error.status
            if act == "ask":
                add_problems(ask, error)
            elif not isinstance(error, InvalidInput):  # what was asked for is over
                refusal = error.message
            elif act == "withdraw":
                withdrawing = WithdrawForm(request.POST)
                withdrawing.full_clean()
                add_problems(withdrawing, error)
            else:
                reply = ReplyForm(request.POST)
                reply.full_clean()
                add_problems(reply, error)
    context = {
        "plan": found,
        "project": project,
        "rows": PartnerFeedback.objects.visible_to(user)
        .filter(project=project)
        .select_related("partner", "asked_by", "replied_by"),
        "ask": ask,
        "reply": reply,
        "replied": replied,
        "withdrawing": withdrawing,
        "refusal": refusal,
        "typed": {name: text for name in ("text", "reason") if (text := request.POST.get(name))},
        "may_ask": can_describe(user, project),
        "may_manage": can_manage(user, project),
    }
    return render(request, "projects/partner_feedback.html", context, status=status)


def _one(request: HttpRequest, project: Project) -> PartnerFeedback:
    key = whole_number(request.POST.get("feedback", ""), 0, digits=18)
    rows = PartnerFeedback.objects.select_related("project__office")
    return visible_or_404(rows, request.user, project=project, pk=key)


def _act(request: HttpRequest, one: PartnerFeedback, act: str) -> str:
    user = person(request)
    if act == "publish":
        actions.publish_feedback(feedback=one, by=user)
        return _("It is published.")
    if act == "take back":
        actions.publish_feedback(feedback=one, by=user, shown=False)
        return _("It is published no longer.")
    if act == "withdraw":
        reason = request.POST.get("reason", "")
        actions.withdraw_request(feedback=one, reason=reason, by=user)
        return _("It is withdrawn; the link holds no longer.")
    if act == "reply":
        text = request.POST.get("text", "")
        actions.reply_to_feedback(feedback=one, text=text, by=user)
        return _("Your answer was saved.")
    raise Http404
