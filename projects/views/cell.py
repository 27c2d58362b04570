"""Saving one cell of the grid, as its page's script asks: a batch of one, answered as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, VersionConflict
from habitat_tracker.web import person
from plans.models import ReportingPeriod
from projects import actions
from projects.choices import EDITABLE, OPEN, Status
from projects.forms import Reference, ResultForm, read_reference
from projects.models import Evidence, ProjectIndicator, Result
from projects.schedule import standing

from .entry import asked, form_for, same_person


@require_http_methods(["GET", "POST"])
def cell(request: HttpRequest, plan: str, code: str, period: str, line: int) -> JsonResponse:
    """Save one line of a period: `saved`, refused field by field, or both values of a conflict.

    A request that comes again, because its first answer was lost, is answered `saved` and
    changes nothing. GET tells who is signed in and the token to send, for a page that was
    signed out meanwhile.
    """
    if request.method == "GET":
        return JsonResponse({"person": str(person(request).pk), "token": get_token(request)})
    same_person(request)
    found, project, its_period = asked(request, plan, code, period)
    its_period.plan = found
    its_line = get_object_or_404(
        ProjectIndicator.objects.select_related("indicator", "country", "city"),
        project=project,
        pk=line,
    )
    its_line.project, its_line.indicator.plan = project, found
    desk = _Desk(its_line, its_period, request)
    try:
        return JsonResponse(desk.save(person(request)))
    except NotAllowed:
        raise
    except DomainError as error:
        return JsonResponse(desk.refusal(error), status=error.status)


class _Desk:
    """One line and period, what stands there, and the form that was sent."""

    def __init__(
        self, line: ProjectIndicator, period: ReportingPeriod, request: HttpRequest
    ) -> None:
        self.line = line
        self.period = period
        self.standing = self.read()
        # Credits are rare, and what could be credited is a long list.
        credited = f"l{line.pk}-credits" in request.POST
        self.reference: Reference = replace(
            read_reference(
                line.project.plan,
                [line.indicator],
                with_credits=credited or any(row.credits.all() for row in self.standing),
            ),
            counted=actions.read_counts([(line, period)]),
        )
        self.form = self.form_of(request.POST, request.FILES)

    def read(self) -> list[Result]:
        """What stands now, the latest revision first."""
        return list(
            Result.objects.filter(
                line=self.line, period=self.period, status__in=(*OPEN, Status.APPROVED)
            )
            .select_related("rating", "changed_by")
            .prefetch_related(
                Prefetch("evidence", Evidence.objects.current()),
                *("things", "credits", "cells__category"),
            )
            .order_by("-revision")
        )

    def form_of(self, data: Any = None, files: Any = None) -> ResultForm:
        """The form of the line, with what was sent or with what stands."""
        return form_for(self.line, self.period, self.reference, self.standing, data, files)

    def save(self, by: User) -> dict[str, Any]:
        """Store what differs from what is stored; what the cell shows then."""
        form = self.form
        if not form.is_valid():
            raise InvalidInput.of("", "invalid", "")  # the form tells each problem
        working, approved = standing(self.standing)
        result = working or approved
        is_new = form.is_news or (form.has_evidence and form.current is None)
        try:
            with transaction.atomic():
                if is_new:
                    if form.is_overtaken:
                        raise VersionConflict(
                            _("This was approved meanwhile; to correct it, open it and say why.")
                        )
                    [result] = actions.save_results(entries=[form.entry()], by=by)
                if form.has_evidence and result:
                    form.keep_evidence(result, by)
        except InvalidInput as error:
            for problem in error.problems:
                form.refuse(problem)
            raise
        answer = {
            "status": "saved",
            "version": result.version if result and result.status in EDITABLE else 0,
            "seen": form.entered,
            "words": result.get_status_display() if result else "",
            "rest": self.rest(),
        }
        if form.has_evidence:
            self.standing = self.read()
            context = {"form": self.form_of()}
            answer["evidence"] = render_to_string("projects/_cell_evidence.html", context)
        return answer

    def rest(self) -> dict[str, str]:
        """What each breakdown leaves of the total as it was sent, by its place on the page."""
        return {
            f"rest-{self.line.pk}-{rest.dimension}": render_to_string(
                "projects/_remainder.html", {"line": self.line, "rest": rest}
            )
            for rest in self.form.remainders()
        }

    def refusal(self, error: DomainError) -> dict[str, Any]:
        """What was refused, under the cell's name; nothing was changed."""
        problems = self.form.refusals() if isinstance(error, InvalidInput) else []
        said = " ".join(one["message"] for one in problems) or str(error.message)
        answer: dict[str, Any] = {
            "status": "refused",
            "code": problems[0]["code"] if problems else error.code,
            "message": _("%(cell)s: %(why)s") % {"cell": self.form.name, "why": said},
            "problems": problems,
            "rest": self.rest(),
        }
        if error.code in ("version_conflict", "already_submitted"):
            answer |= self.theirs()
        return answer

    def theirs(self) -> dict[str, Any]:
        """What somebody else made of the cell meanwhile, to be shown beside one's own."""
        self.standing = self.read()
        working, approved = standing(self.standing)
        theirs = working or approved
        form = self.form_of()
        # What was submitted has no form; its content is shown all the same.
        shown = ResultForm(
            line=self.line, period=self.period, reference=self.reference, stands=theirs
        )
        context = {
            "theirs": theirs,
            "who": theirs.changed_by if theirs else "",
            "indicator": self.line.indicator,
            "cell": self.form.name,
            "may_keep": form.stands is None,
            "by_script": True,
        }
        return {
            "status": "conflict",
            "html": render_to_string("projects/_theirs.html", context),
            "content": shown.content(),
            "version": form["version"].value(),
            "seen": shown["seen"].value(),
            "words": theirs.get_status_display() if theirs else "",
        }
