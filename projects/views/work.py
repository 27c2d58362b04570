"""My work: what I owe, what came back, what waits for my review, what I sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import User
from habitat_tracker.accounts.permissions import roles_of
from habitat_tracker.errors import DomainError, NotAllowed
from habitat_tracker.web import person, plan_or_404, show_refusal
from outcomes.permissions import can_watch_figures
from outcomes.rollup.state import differences_by_plan
from projects import actions, permissions
from projects.choices import PENDING, Status
from projects.models import Note, ProjectIndicator, Result, Reviewed
from projects.querysets import within_offices
from projects.schedule import Openness

MOST_OWED = 20
MOST_LISTED = 25


@dataclass(frozen=True)
class Waiting:
    """A result or a note in the reviewer's queue."""

    row: Reviewed
    # `approve`, `verify`, or nothing where somebody else has to decide.
    act: str
    takes_changes: bool
    is_own: bool

    @property
    def is_note(self) -> bool:
        """Whether it is a note."""
        return isinstance(self.row, Note)


@dataclass(frozen=True)
class Queue:
    """One page of what waits for a reviewer, from either end."""

    rows: tuple[Waiting, ...] = ()
    page: int = 1
    is_newest_first: bool = False
    is_more: bool = False

    @property
    def is_long(self) -> bool:
        """Whether there is more than this page."""
        return self.is_more or self.page > 1


def my_work(request: HttpRequest, plan: str) -> HttpResponse:
    """Everything that waits for this person; a fixed number of queries."""
    found = plan_or_404(request, plan)
    user = person(request)
    roles = {role for role, _path in roles_of(user)}
    is_reporter = user.is_superuser or Role.REPORTER in roles
    is_reviewer = user.is_superuser or Role.REVIEWER in roles
    owed = _owed(found, user) if is_reporter else []
    queue = _queue(found, user, request) if is_reviewer else Queue()
    mine = Q(authors=user) | within_offices(user, "line__project__", Role.REPORTER)
    results = Result.objects.visible_to(user).of_plan(found).with_names()
    notes = Note.objects.visible_to(user).of_plan(found).with_names()
    differing = differences_by_plan([found.pk]) if can_watch_figures(user) else {}
    context = {
        "plan": found,
        "differences": differing.get(found.pk, 0),
        "is_reporter": is_reporter,
        "is_reviewer": is_reviewer,
        "owed": owed[:MOST_OWED],
        "owed_is_more": len(owed) > MOST_OWED,
        "today": timezone.localdate(),
        "returned": results.filter(mine, status=Status.RETURNED)
        .distinct()
        .order_by("-changed_at")[:MOST_LISTED],
        "returned_notes": notes.filter(authors=user, status=Status.RETURNED)[:MOST_LISTED],
        "queue": queue,
        "approvable": any(one.act == "approve" and one.takes_changes for one in queue.rows),
        "verifiable": any(one.act == "verify" and one.takes_changes for one in queue.rows),
        "sent": results.filter(submitted_by=user, status__in=PENDING).order_by("-submitted_at")[
            :MOST_LISTED
        ],
    }
    return render(request, "projects/my_work.html", context)


def _owed(plan: Any, user: User) -> list[dict[str, Any]]:
    """Projects and periods with lines that nobody has reported, the longest overdue first."""
    lines: Any = ProjectIndicator.objects.owed(plan, timezone.localdate())
    return list(
        lines.filter(within_offices(user, "project__", Role.REPORTER))
        .values(
            "project__code",
            "project__title",
            "period_label",
            "period_end",
            "period_due",
        )
        .annotate(
            lines=Count("pk", distinct=True),
        )
        .order_by("period_due", "project__code")[: MOST_OWED + 1]
    )


def _queue(plan: Any, user: User, request: HttpRequest) -> Queue:
    """What waits for a reviewer of these offices; the longest waiting first, unless asked."""
    newest = request.GET.get("order") == "newest"
    asked = request.GET.get("page", "1")
    page = max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    start, end = (page - 1) * MOST_LISTED, page * MOST_LISTED
    found: list[Reviewed] = []
    for model in (Result, Note):
        rows: Any = (
            model.objects.visible_to(user)
            .of_plan(plan)
            .of_offices(user, Role.REVIEWER)
            .awaiting_review()
            .with_names()
            .prefetch_related("authors")
        )
        found += (rows.reverse() if newest else rows)[: end + 1]
    openness = Openness.of()
    found.sort(key=lambda row: (row.submitted_at, row.pk), reverse=newest)
    shown = (
        Waiting(
            row,
            _act(user, row),
            openness.takes(permissions.project_of(row).pk, row.period),
            permissions.is_author(user, row),
        )
        for row in found[start:end]
    )
    return Queue(tuple(shown), page, newest, len(found) > end)


def _act(user: User, row: Reviewed) -> str:
    """The next step of a review that somebody may take."""
    if permissions.can_approve(user, row):
        return "approve"
    return "verify" if permissions.can_verify(user, row) else ""


@require_POST
def approve_many(request: HttpRequest, plan: str) -> HttpResponse:
    """Approve, or verify, everything that was ticked: all of it, or nothing if one is refused."""
    found = plan_or_404(request, plan)
    user = person(request)
    seen = dict(_ticked(one) for one in request.POST.getlist("result"))
    rows = list(
        Result.objects.visible_to(user)
        .of_plan(found)
        .filter(pk__in=[pk for pk in seen if pk])
        .select_related("line__project__office", "line__project__plan", "period")
        .prefetch_related("authors")
    )
    if not rows:
        messages.warning(request, _("Tick the results that you want to approve."))
        return redirect("projects:my_work", plan=found.code)
    try:
        first = [row for row in rows if _act(user, row) == "verify"]
        rest = [row for row in rows if row not in first]
        with transaction.atomic():
            if first:
                actions.verify(rows=first, by=user, version=seen)
            if rest:
                actions.approve(rows=rest, by=user, version=seen)
    except NotAllowed:
        raise
    except DomainError as error:
        show_refusal(request, error)
    else:
        if first:
            verified = ngettext(
                "%(n)s result was verified; it waits for approval by headquarters.",
                "%(n)s results were verified; they wait for approval by headquarters.",
                len(first),
            )
            messages.success(request, verified % {"n": len(first)})
        if rest:
            approved = ngettext(
                "%(n)s result was approved; the figures follow within seconds.",
                "%(n)s results were approved; the figures follow within seconds.",
                len(rest),
            )
            messages.success(request, approved % {"n": len(rest)})
    return redirect("projects:my_work", plan=found.code)


def _ticked(text: str) -> tuple[int, int]:
    """The id and the version that a ticked box stands for; 0 where it cannot be read."""
    pk, _colon, version = text.partition(":")
    if not (pk.isascii() and pk.isdigit() and version.isascii() and version.isdigit()):
        return 0, 0
    return int(pk[:18]), int(version[:9])
