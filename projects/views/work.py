"""My work: what I owe, what came back, what waits for my review, what I sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.errors import DomainError
from habitat_tracker.web import person, plan_or_404, show_refusal
from outcomes.permissions import can_watch_figures
from outcomes.rollup.state import differences_by_plan
from projects import actions, permissions, waiting
from projects.choices import PENDING
from projects.models import Comment, Note, Result, Reviewed
from projects.offices import offices_of_plan
from projects.review_checks import Remark, remarks_on
from projects.schedule import Openness
from projects.waiting_documents import documents_for

MOST_LISTED = 25
# How many of the longest waiting are looked at where only those with, or without, remarks are asked
# for.
MOST_CHECKED = 300
WITH, WITHOUT = "with", "without"


@dataclass(frozen=True)
class Waiting:
    """A result or a note in the reviewer's queue, with the checks that it did not pass."""

    row: Reviewed
    # `approve`, `verify`, or nothing where somebody else has to decide.
    act: str
    takes_changes: bool
    is_own: bool
    remarks: list[Remark] = field(default_factory=list)

    @property
    def is_note(self) -> bool:
        """Whether it is a note."""
        return isinstance(self.row, Note)

    @property
    def is_decidable(self) -> bool:
        """Whether the reader takes the next step of a result's review."""
        return bool(self.act) and self.takes_changes and not self.is_note


@dataclass(frozen=True)
class Choice:
    """What of the queue is asked for; what is not known counts as not asked."""

    period: str = ""
    office: str = ""
    remarks: str = ""
    order: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Any) -> Choice:
        """What a query says."""
        remarks, page = query.get("remarks", ""), query.get("page", "1")
        return cls(
            period=query.get("period", "")[:20],
            office=query.get("office", "")[:20],
            remarks=remarks if remarks in (WITH, WITHOUT) else "",
            order="newest" if query.get("order") == "newest" else "",
            page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 4 else 1,
        )

    def query(self, **changed: Any) -> str:
        """The same, with something else chosen, as the query of an address."""
        said = vars(self) | changed
        return urlencode({name: one for name, one in said.items() if one and one != 1})


@dataclass(frozen=True)
class Queue:
    """One page of what waits for a reviewer, from either end."""

    rows: tuple[Waiting, ...] = ()
    choice: Choice = Choice()
    is_more: bool = False

    @property
    def page(self) -> int:
        """Which page it is, from 1."""
        return self.choice.page

    @property
    def is_newest_first(self) -> bool:
        """Whether it was asked for from the other end."""
        return bool(self.choice.order)

    @property
    def is_long(self) -> bool:
        """Whether there is more than this page."""
        return self.is_more or self.page > 1

    @property
    def is_filtered(self) -> bool:
        """Whether only a part was asked for."""
        return bool(self.choice.period or self.choice.office or self.choice.remarks)

    @property
    def query(self) -> str:
        """The address' query of this page."""
        return self.choice.query()

    @property
    def turned(self) -> str:
        """The query of the same from the other end."""
        return self.choice.query(page=1, order="" if self.choice.order else "newest")

    @property
    def previous(self) -> str:
        """The query of the page before."""
        return self.choice.query(page=self.page - 1)

    @property
    def next(self) -> str:
        """The query of the page after."""
        return self.choice.query(page=self.page + 1)

    @property
    def clear(self) -> list[Waiting]:
        """Results without a remark that the reader may decide on."""
        return [one for one in self.rows if one.is_decidable and not one.remarks]


def my_work(request: HttpRequest, plan: str) -> HttpResponse:
    """Everything that waits for this person; a fixed number of queries."""
    found = plan_or_404(request, plan)
    user = person(request)
    is_reporter = has_role_anywhere(user, Role.REPORTER)
    is_reviewer = has_role_anywhere(user, Role.REVIEWER)
    queue = _queue(found, user, Choice.of(request.GET)) if is_reviewer else Queue()
    owed = waiting.owed_by(user, found) if is_reporter else []
    results = Result.objects.visible_to(user).of_plan(found).with_names()
    differing = differences_by_plan([found.pk]) if can_watch_figures(user) else {}
    context = {
        "plan": found,
        "differences": differing.get(found.pk, 0),
        "is_reporter": is_reporter,
        "is_reviewer": is_reviewer,
        "is_manager": permissions.can_see_who_reported(user),
        "owed": owed,
        "missing": sum(period.missing for period in owed),
        "reminders": waiting.reminders_for(user, found) if is_reporter else [],
        "returned": _with_talk(waiting.returned_to(user, found)[:MOST_LISTED]),
        "returned_notes": waiting.returned_notes(user, found)[:MOST_LISTED],
        "comments": waiting.comments_for(user, found)[:MOST_LISTED],
        "documents": documents_for(user, found),
        "queue": queue,
        "approvable": any(one.act == "approve" and one.is_decidable for one in queue.rows),
        "verifiable": any(one.act == "verify" and one.is_decidable for one in queue.rows),
        "sent": results.filter(submitted_by=user, status__in=PENDING).order_by("-submitted_at")[
            :MOST_LISTED
        ],
    }
    if is_reviewer:
        context["periods"] = list(found.periods.order_by("-number"))
        reviewed = Office.objects.of(user, Role.REVIEWER)
        context["offices"] = offices_of_plan(found.code, among=reviewed, asked=queue.choice.office)
    return render(request, "projects/my_work.html", context)


def _with_talk(results: Iterable[Result]) -> list[Any]:
    """Returned results with who sent them back (`returned_by`), what was said since (`said`).

    And whether they can be changed now (`takes_changes`).
    """
    rows: list[Any] = list(results)
    by_id = {str(row.pk): row for row in rows}
    openness = Openness.of()
    for row in rows:
        row.returned_by, row.said = None, []
        row.takes_changes = openness.takes(row.line.project_id, row.period)
    for entry in (
        ActivityEntry.objects.filter(
            target_type=Result._meta.label_lower, target_id__in=by_id, verb="returned"
        )
        .select_related("actor")
        .order_by("at", "pk")
    ):
        by_id[entry.target_id].returned_by = entry.actor
    for comment in Comment.objects.filter(result__in=[row.pk for row in rows]).select_related("by"):
        row = by_id[str(comment.result_id)]
        if comment.at >= row.changed_at:
            row.said.append(comment)
    return rows


def _queue(plan: Any, user: User, choice: Choice) -> Queue:
    """What waits for a reviewer of these offices; the longest waiting first, unless asked.

    Notes have no checks, and are left out where remarks are asked for.
    """
    start, end = (choice.page - 1) * MOST_LISTED, choice.page * MOST_LISTED
    found: list[Reviewed] = []
    for model in (Result,) if choice.remarks else (Result, Note):
        rows: Any = waiting.to_review(model, user, plan)
        if choice.period:
            rows = rows.filter(period__label=choice.period)
        if choice.office:
            office = Office.objects.filter(code=choice.office).first()
            rows = rows.of_office(office) if office else rows.none()
        rows = rows.with_names().prefetch_related("authors")
        most = MOST_CHECKED if choice.remarks else end + 1
        found += (rows.reverse() if choice.order else rows)[:most]
    openness = Openness.of()
    found.sort(key=lambda row: (row.submitted_at, row.pk), reverse=bool(choice.order))
    if choice.remarks:
        told = remarks_on(row for row in found if isinstance(row, Result))
        found = [row for row in found if bool(told[row.pk]) == (choice.remarks == WITH)]
    else:
        told = remarks_on(row for row in found[start:end] if isinstance(row, Result))
    shown = (
        Waiting(
            row,
            permissions.next_step(user, row),
            openness.takes(permissions.project_of(row).pk, row.period),
            permissions.is_author(user, row),
            told[row.pk] if isinstance(row, Result) else [],
        )
        for row in found[start:end]
    )
    return Queue(tuple(shown), choice, len(found) > end)


@require_POST
def approve_many(request: HttpRequest, plan: str) -> HttpResponse:
    """Approve, or verify, everything that was ticked: all of it, or nothing if one is refused.

    A second button does it with the results of the page that have no remarks, ticked or not.
    """
    found = plan_or_404(request, plan)
    user = person(request)
    chosen = "clear" if "without_remarks" in request.POST else "result"
    seen = dict(_ticked(one) for one in request.POST.getlist(chosen))
    query = Choice.of(QueryDict(request.POST.get("query", ""))).query()
    back = f"{reverse('projects:my_work', args=[found.code])}{'?' if query else ''}{query}#review"
    rows = list(
        Result.objects.visible_to(user)
        .of_plan(found)
        .filter(pk__in=[pk for pk in seen if pk])
        .select_related("line__project__office", "line__project__plan", "period")
        .prefetch_related("authors")
    )
    if not rows:
        messages.warning(request, _("Tick the results that you want to approve."))
        return redirect(back)
    try:
        first = [row for row in rows if permissions.next_step(user, row) == "verify"]
        rest = [row for row in rows if row not in first]
        with transaction.atomic():
            if first:
                actions.verify(rows=first, by=user, version=seen)
            if rest:
                actions.approve(rows=rest, by=user, version=seen)
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
    return redirect(back)


def _ticked(text: str) -> tuple[int, int]:
    """The id and the version that a ticked box stands for; 0 where it cannot be read."""
    pk, _colon, version = text.partition(":")
    if not (pk.isascii() and pk.isdigit() and version.isascii() and version.isdigit()):
        return 0, 0
    return int(pk[:18]), int(version[:9])
