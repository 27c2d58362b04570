"""Entering the results of a project for a period: one grid of everything that it owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, VersionConflict
from habitat_tracker.web import address, allow, person, plan_or_404, visible_or_404
from outcomes.choices import Kind, State
from outcomes.models import Dimension, Indicator, Thing
from plans.models import ReportingPeriod
from projects import actions
from projects.choices import EDITABLE, OPEN, PENDING, Status
from projects.forms import Reference, Remainder, ResultForm, read_reference
from projects.models import Project, ProjectIndicator, Result
from projects.permissions import can_report
from projects.schedule import Openness, is_expected


@dataclass
class GridCell:
    """One line in the grid: its form, or the result that cannot be changed here now."""

    line: ProjectIndicator
    is_expected: bool
    form: ResultForm | None = None
    result: Result | None = None
    last: Result | None = None
    can_correct: bool = False
    # What was approved while its form was open; a correction says why, on the result's page.
    overtaken_by: Result | None = None


@dataclass
class CategoryRow:
    """A row of the grid for one category of an indicator's breakdown."""

    category: Any
    cells: list[tuple[GridCell | None, list[Any], Any]]


@dataclass
class DimensionRows:
    """The rows of one dimension, and what they leave of the total in each column."""

    dimension: Dimension
    rows: list[CategoryRow]
    rest: list[tuple[GridCell | None, Remainder | None]]


@dataclass
class IndicatorRow:
    """An indicator in the grid with one cell a place, and its breakdowns below it."""

    indicator: Indicator
    cells: list[GridCell | None]
    dimensions: list[DimensionRows] = field(default_factory=list)


class EntryPage:
    """The grid of a project and a period: lines by indicator (rows) and place (columns)."""

    def __init__(
        self,
        project: Project,
        period: ReportingPeriod,
        *,
        data: Any = None,
        files: Any = None,
    ) -> None:
        self.project = project
        self.period = period
        self.error = ""
        self.lines = list(
            project.lines.select_related("project__office", "project__plan", "indicator__plan")
            .select_related("country", "city", "contributor")
            .order_by("indicator__position", "indicator__code", "position", "pk")
        )
        self.reference: Reference = read_reference(
            project.plan, [line.indicator for line in self.lines]
        )
        self.results = list(
            Result.objects.filter(line__project=project, period__number__lte=period.number)
            .exclude(status__in=(Status.WITHDRAWN, Status.SUPERSEDED))
            .with_names()
            .prefetch_related("credits")
            .order_by("-period__number", "-revision")
        )
        self.places = list(dict.fromkeys(line.place_name for line in self.lines))
        self.takes_changes = Openness.of(project.pk).takes(project.pk, period)
        self.cells = {line.pk: self._cell(line, data, files) for line in self.lines}

    def _cell(self, line: ProjectIndicator, data: Any, files: Any) -> GridCell:
        mine = [row for row in self.results if row.line_id == line.pk]
        now = [row for row in mine if row.period_id == self.period.pk]
        working = next((row for row in now if row.status in OPEN), None)
        approved = next((row for row in now if row.status == Status.APPROVED), None)
        last = next(
            (
                row
                for row in mine
                if row.period_id != self.period.pk
                and row.status in (Status.APPROVED, *PENDING)
                and row.state == State.REPORTED
            ),
            None,
        )
        cell = GridCell(line, is_expected(line, self.period), last=last)
        if data is not None:
            is_open = f"l{line.pk}-version" in data
        else:
            is_open = self.takes_changes and (
                working.status in EDITABLE if working else approved is None
            )
        if is_open:
            cell.form = ResultForm(
                data,
                files,
                line=line,
                period=self.period,
                reference=self.reference,
                current=working if working and working.status in EDITABLE else None,
                address=address_of(self.project, self.period, "projects:entry_rest"),
            )
            cell.overtaken_by = None if working else approved
        else:
            cell.result = working or approved
            cell.can_correct = bool(approved and not working and self.takes_changes)
        return cell

    @property
    def forms(self) -> list[ResultForm]:
        """The forms of the cells that can be changed."""
        return [cell.form for cell in self.cells.values() if cell.form]

    @property
    def filled(self) -> int:
        """How many of the expected cells hold a result."""
        held = {row.line_id for row in self.results if row.period_id == self.period.pk}
        return sum(1 for cell in self.cells.values() if cell.is_expected and cell.line.pk in held)

    @property
    def expected(self) -> int:
        """How many cells are expected in the period."""
        return sum(1 for cell in self.cells.values() if cell.is_expected)

    @property
    def drafts(self) -> int:
        """How many results are saved and not submitted."""
        return sum(
            1 for row in self.results if row.period_id == self.period.pk and row.status in EDITABLE
        )

    @property
    def is_overdue(self) -> bool:
        """Whether the last day to report in time has passed."""
        return timezone.localdate() > self.period.due

    @property
    def rows(self) -> list[IndicatorRow]:
        """The grid, row by row."""
        by_indicator: dict[int, dict[str, GridCell]] = {}
        for line in self.lines:
            by_indicator.setdefault(line.indicator_id, {})[line.place_name] = self.cells[line.pk]
        rows = []
        for found in by_indicator.values():
            indicator = next(iter(found.values())).line.indicator
            row = IndicatorRow(indicator, [found.get(place) for place in self.places])
            if indicator.kind in (Kind.QUANTITY, Kind.PERCENTAGE):
                row.dimensions = self._dimensions(row)
            rows.append(row)
        return rows

    def _dimensions(self, row: IndicatorRow) -> list[DimensionRows]:
        left = {
            cell.line.pk: {one.dimension: one for one in cell.form.remainders()}
            for cell in row.cells
            if cell and cell.form
        }
        blocks = []
        for breakdown in self.reference.breakdowns.get(row.indicator.pk, []):
            rows = [
                CategoryRow(category, [_category_cell(cell, category) for cell in row.cells])
                for category in breakdown.categories
            ]
            code = breakdown.dimension.code
            rest = [
                (cell, left.get(cell.line.pk, {}).get(code) if cell else None) for cell in row.cells
            ]
            blocks.append(DimensionRows(breakdown.dimension, rows, rest))
        return blocks

    # What was entered

    def save(self, by: User, *, and_submit: bool) -> tuple[int, int]:
        """Store what was touched and, if asked, submit every draft; all of it or nothing.

        Returns how many were saved and how many submitted. Raises `InvalidInput` where
        something was refused; each problem then stands beside its field.
        """
        touched = [form for form in self.forms if form.is_touched]
        valid = [form.is_valid() for form in touched]  # every form, so that all is told at once
        if not all(valid):
            raise InvalidInput.of("", "invalid", _("Some of it cannot be taken; see below."))
        shown = touched
        try:
            with transaction.atomic():
                if any(self.cells[form.line.pk].overtaken_by for form in touched):
                    raise VersionConflict(
                        _(
                            "Something was approved meanwhile. Your text is kept; to correct what "
                            "is approved, open it and begin a correction."
                        )
                    )
                saved = actions.save_results(entries=[form.entry() for form in touched], by=by)
                for row, (form, result) in enumerate(zip(touched, saved, strict=True)):
                    _keep_evidence(form, result, by, row)
                submitted: list[Any] = []
                if and_submit:
                    drafts = list(self._drafts())
                    shown = [self._form_of(row.line_id) for row in drafts]  # type: ignore[misc]
                    submitted = actions.submit(rows=drafts, by=by)
        except InvalidInput as error:
            self._place(error, shown)
            raise
        except VersionConflict:
            self._tell_conflicts(touched)
            raise
        return len(saved), len(submitted)

    def _drafts(self) -> Any:
        return Result.objects.filter(
            line__project=self.project, period=self.period, status__in=EDITABLE
        ).order_by("pk")

    def _form_of(self, line_id: int) -> ResultForm | None:
        return self.cells[line_id].form

    def _place(self, error: InvalidInput, forms: list[ResultForm]) -> None:
        for problem in error.problems:
            form = forms[problem.row] if problem.row < len(forms) else None
            if form is not None:
                form.refuse(problem)
            else:
                self.error = problem.message

    def _tell_conflicts(self, forms: list[ResultForm]) -> None:
        for form in forms:
            held = [
                row
                for row in self.results
                if row.line_id == form.line.pk and row.period_id == self.period.pk
            ]
            working = next((row for row in held if row.status in OPEN), None)
            seen = form.cleaned_data.get("version") or 0
            overtaken = self.cells[form.line.pk].overtaken_by
            if overtaken or seen != (working.version if working else 0):
                theirs = working or next(iter(held), None)
                form.tell_conflict(theirs, who=str(theirs.changed_by) if theirs else "")


def _category_cell(cell: GridCell | None, category: Any) -> tuple[GridCell | None, list[Any], Any]:
    if cell is None:
        return None, [], None
    shown = cell.result or cell.last
    written = None
    if shown:
        written = next((one for one in shown.cells.all() if one.category_id == category.pk), None)
    return cell, cell.form.cell_fields(category) if cell.form else [], written


def _keep_evidence(form: ResultForm, result: Result, by: User, row: int) -> None:
    try:
        form.keep_evidence(result, by)
    except InvalidInput as error:
        moved = [Problem(one.field, one.code, one.message, row) for one in error.problems]
        raise InvalidInput(moved) from error


def address_of(project: Project, period: ReportingPeriod, name: str = "projects:entry") -> str:
    """The address of a project's entry page of a period."""
    return reverse(name, args=[project.plan.code, project.code, period.label])


def _asked(request: HttpRequest, plan: str, code: str, period: str) -> tuple[Any, Any, Any]:
    found = plan_or_404(request, plan)
    project = visible_or_404(
        Project.objects.select_related("plan", "office"), request.user, plan=found, code=code
    )
    allow(
        can_report(person(request), project),
        _("Only a reporter of this project's office may enter its results."),
    )
    return found, project, get_object_or_404(ReportingPeriod, plan=found, label=period)


def entry(request: HttpRequest, plan: str, code: str, period: str) -> HttpResponse:
    """The grid: look, save as drafts, submit."""
    found, project, its_period = _asked(request, plan, code, period)
    status = 200
    if request.method == "POST":
        page = EntryPage(project, its_period, data=request.POST, files=request.FILES)
        try:
            saved, submitted = page.save(
                person(request),
                and_submit="submit" in request.POST,
            )
        except NotAllowed:
            raise
        except DomainError as error:
            status = error.status
            if not (isinstance(error, InvalidInput) and any(form.errors for form in page.forms)):
                page.error = page.error or str(error.message)
        else:
            return _done(request, page, saved, submitted)
    else:
        page = EntryPage(project, its_period)
    periods = [one for one in found.periods.order_by("number") if one.has_begun()]
    context = {
        "plan": found,
        "project": project,
        "period": its_period,
        "periods": periods[-8:],
        "page": page,
        "refused": status != 200,
        "my_work_url": address("projects:my_work", found),
    }
    return render(request, "projects/entry.html", context, status=status)


def _done(request: HttpRequest, page: EntryPage, saved: int, submitted: int) -> HttpResponse:
    if "submit" in request.POST and not submitted:
        messages.warning(request, _("There is nothing to submit yet: enter a result first."))
    elif submitted:
        messages.success(
            request,
            ngettext(
                "%(n)s result was submitted for review.",
                "%(n)s results were submitted for review.",
                submitted,
            )
            % {"n": submitted},
        )
    elif saved:
        messages.success(
            request,
            ngettext(
                "%(n)s result was saved as a draft; nothing is sent for review until you submit.",
                "%(n)s results were saved as drafts; nothing is sent for review until you submit.",
                saved,
            )
            % {"n": saved},
        )
    else:
        messages.info(request, _("Nothing had changed, so nothing was saved."))
    return redirect(address_of(page.project, page.period))


@require_GET
def rest(request: HttpRequest, plan: str, code: str, period: str) -> HttpResponse:
    """What the categories of one line leave of its total, as typed so far."""
    _found, project, its_period = _asked(request, plan, code, period)
    asked = request.GET.get("line", "")
    line = get_object_or_404(
        project.lines.select_related("indicator", "country", "city"),
        pk=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0,
    )
    reference = read_reference(project.plan, [line.indicator])
    form = ResultForm(request.GET, line=line, period=its_period, reference=reference)
    context = {"line": line, "remainders": form.remainders()}
    return render(request, "projects/_rest.html", context)


@require_GET
def things(request: HttpRequest, plan: str, code: str, period: str) -> HttpResponse:
    """Things whose names hold the words typed, to be added to a list."""
    found, project, _period = _asked(request, plan, code, period)
    asked = request.GET.get("indicator", "")
    reported = Indicator.objects.filter(lines__project=project).distinct()
    indicator = get_object_or_404(reported, plan=found, code=asked)
    words = request.GET.get("q", "").strip()[:200]
    like = Thing.objects.like(found, indicator.counted, words)[:8] if len(words) > 1 else []
    return render(request, "projects/_things.html", {"things": like, "words": words})
