"""Entering the results of a project for a period: one grid of everything that it owes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import DomainError, InvalidInput, NotAllowed, Problem, VersionConflict
from habitat_tracker.navigation import address
from habitat_tracker.web import allow, person, plan_or_404, visible_or_404
from outcomes.choices import Kind, State
from outcomes.models import Dimension, Indicator, Thing
from plans.models import ReportingPeriod
from projects import actions
from projects.actions import Counted
from projects.choices import EDITABLE, EvidenceKind
from projects.due import DueLines, owing, reported_by
from projects.forms import Reference, Remainder, ResultForm, read_reference
from projects.models import Evidence, Project, ProjectIndicator, Result
from projects.permissions import can_report
from projects.schedule import is_expected, standing


@dataclass
class GridCell:
    """One line in the grid: its form, or the result that cannot be changed here now.

    `planned` is the target of the line itself or what is planned next for its country; None
    where the plan sets nothing for that place. `counted` is what the register of deliverables
    says, where that gives the number.
    """

    line: ProjectIndicator
    is_expected: bool
    form: ResultForm | None = None
    result: Result | None = None
    last: Result | None = None
    planned: Decimal | None = None
    can_correct: bool = False
    counted: Counted | None = None


@dataclass
class CategoryRow:
    """A row of the grid for one category of an indicator's breakdown."""

    category: Any
    cells: list[tuple[str, GridCell | None, list[Any], Any]]


@dataclass
class DimensionRows:
    """The rows of one dimension, and what they leave of the total in each column."""

    dimension: Dimension
    rows: list[CategoryRow]
    rest: list[tuple[str, GridCell | None, Remainder | None]]


@dataclass
class IndicatorRow:
    """An indicator in the grid with one cell a place, and its breakdowns below it."""

    indicator: Indicator
    cells: list[tuple[str, GridCell | None]]
    dimensions: list[DimensionRows] = field(default_factory=list)


@dataclass
class Grid:
    """The lines of a project by indicator (rows) and place (columns)."""

    project: Project
    places: list[str]
    rows: list[IndicatorRow]


class EntryPage(DueLines):
    """The grids of projects for a period, read with a number of queries that does not grow."""

    def __init__(
        self,
        projects: Iterable[Project],
        period: ReportingPeriod,
        *,
        only_due: bool = False,
        data: Any = None,
        files: Any = None,
    ) -> None:
        super().__init__(projects, period, only_due=only_due)
        self.data = data
        self.files = files
        self.error = ""
        self.counted = actions.read_counts((line, period) for line in self.lines)
        self.reference: Reference = replace(
            read_reference(period.plan, [line.indicator for line in self.lines]),
            counted=self.counted,
        )
        self.cells = {line.pk: self._cell(line) for line in self.lines}

    def _cell(self, line: ProjectIndicator) -> GridCell:
        now = self.now.get(line.pk, [])
        working, approved = standing(now)
        cell = GridCell(
            line,
            is_expected(line, self.period),
            last=self.last.get(line.pk),
            planned=self.planned.get(line.pk),
            counted=self.counted.get((line.pk, self.period.pk)),
        )
        if self.data is not None:
            is_open = f"l{line.pk}-version" in self.data
        else:
            is_open = self.is_open(line)
        if is_open:
            cell.form = form_for(line, self.period, self.reference, now, self.data, self.files)
        else:
            cell.result = working or approved
            cell.can_correct = bool(approved and not working and self.takes(line))
        return cell

    @property
    def forms(self) -> list[ResultForm]:
        """The forms of the cells that can be changed."""
        return [cell.form for cell in self.cells.values() if cell.form]

    @property
    def filled(self) -> int:
        """How many of the expected cells hold a result."""
        return sum(
            1 for cell in self.cells.values() if cell.is_expected and cell.line.pk in self.now
        )

    @property
    def expected(self) -> int:
        """How many cells are expected in the period."""
        return sum(1 for cell in self.cells.values() if cell.is_expected)

    @property
    def drafts(self) -> int:
        """How many results are saved and not submitted."""
        return sum(1 for rows in self.now.values() for row in rows if row.status in EDITABLE)

    @property
    def is_overdue(self) -> bool:
        """Whether the last day to report in time has passed."""
        return timezone.localdate() > self.period.due

    @property
    def grids(self) -> list[Grid]:
        """The grid of each project, row by row."""
        by_project: dict[int, list[ProjectIndicator]] = {}
        for line in self.lines:
            by_project.setdefault(line.project_id, []).append(line)
        return [self._grid(lines) for lines in by_project.values()]

    def _grid(self, lines: list[ProjectIndicator]) -> Grid:
        places = list(dict.fromkeys(line.place_name for line in lines))
        by_indicator: dict[int, dict[str, GridCell]] = {}
        for line in lines:
            by_indicator.setdefault(line.indicator_id, {})[line.place_name] = self.cells[line.pk]
        rows = []
        for found in by_indicator.values():
            indicator = next(iter(found.values())).line.indicator
            row = IndicatorRow(indicator, [(place, found.get(place)) for place in places])
            is_typed = not indicator.counts_from
            if is_typed and indicator.kind in (Kind.QUANTITY, Kind.PERCENTAGE):
                row.dimensions = self._dimensions(row)
            rows.append(row)
        return Grid(lines[0].project, places, rows)

    def _dimensions(self, row: IndicatorRow) -> list[DimensionRows]:
        left = {
            cell.line.pk: {one.dimension: one for one in cell.form.remainders()}
            for _place, cell in row.cells
            if cell and cell.form
        }
        blocks = []
        for breakdown in self.reference.breakdowns.get(row.indicator.pk, []):
            rows = [
                CategoryRow(category, [_category_cell(*one, category) for one in row.cells])
                for category in breakdown.categories
            ]
            code = breakdown.dimension.code
            rest = [
                (place, cell, left.get(cell.line.pk, {}).get(code) if cell else None)
                for place, cell in row.cells
            ]
            blocks.append(DimensionRows(breakdown.dimension, rows, rest))
        return blocks

    @property
    def takes_changes(self) -> bool:
        """Whether any of the projects can be worked on in the period."""
        return any(self.openness.takes(project.pk, self.period) for project in self.projects)

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
        shown: list[ResultForm | None] = list(touched)
        try:
            with transaction.atomic():
                if any(form.is_overtaken for form in touched):
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
                    drafts = actions.hold_drafts(self._drafts())
                    shown = [self._form_of(row.line_id) for row in drafts]
                    self._prove(drafts, by)
                    submitted = actions.submit(rows=drafts, by=by)
        except InvalidInput as error:
            self._place(error, shown)
            raise
        except VersionConflict:
            self._tell_conflicts(touched)
            raise
        return len(saved), len(submitted)

    def _drafts(self) -> Any:
        """What is sent when all is sent: the drafts of these projects, or of these cells."""
        return Result.objects.filter(
            line__project__in=self.projects, period=self.period, status__in=EDITABLE
        ).order_by("pk")

    def _prove(self, drafts: list[Result], by: User) -> None:
        """Add the page's one piece of evidence to every reported draft that has none.

        Behind what counts from the register the register stands.
        """
        url, file = self.data.get("evidence-url", "").strip(), self.files.get("evidence-file")
        if not url and not file:
            return
        proven = set(
            Evidence.objects.current().filter(result__in=drafts).values_list("result", flat=True)
        )
        counted = {line for line, _period in self.counted}
        bare = [
            row
            for row in drafts
            if row.state == State.REPORTED and row.pk not in proven and row.line_id not in counted
        ]
        piece: dict[str, Any] = {"rows": bare, "title": "", "by": by}
        try:
            if url:
                actions.add_evidence_to_each(kind=EvidenceKind.LINK, url=url, **piece)
            if file:
                actions.add_evidence_to_each(kind=EvidenceKind.FILE, file=file, **piece)
        except InvalidInput as error:
            self.evidence_error = str(error.message)
            raise DomainError(
                _("Evidence for results that have none: %(why)s") % {"why": error.message},
                error.code,
            ) from error

    evidence_error = ""

    @property
    def refusals(self) -> list[tuple[ResultForm, str]]:
        """What was refused, each with the form of its cell."""
        told = [
            (form, str(message))
            for form in self.forms
            if form.is_bound
            for messages_ in form.errors.values()
            for message in messages_
        ]
        return told + [
            (form, _("Somebody changed this meanwhile; both texts stand in the cell."))
            for form in self.forms
            if form.is_conflict
        ]

    def _form_of(self, line_id: int) -> ResultForm | None:
        cell = self.cells.get(line_id)
        return cell.form if cell else None

    def _place(self, error: InvalidInput, forms: list[ResultForm | None]) -> None:
        for problem in error.problems:
            form = forms[problem.row] if problem.row < len(forms) else None
            if form is not None:
                form.refuse(problem)
            else:
                self.error = problem.message

    def _tell_conflicts(self, forms: list[ResultForm]) -> None:
        for form in forms:
            held = self.now.get(form.line.pk, [])
            working, _approved = standing(held)
            seen = form.cleaned_data.get("version") or 0
            if form.is_overtaken or seen != (working.version if working else 0):
                theirs = working or next(iter(held), None)
                form.tell_conflict(theirs, who=str(theirs.changed_by) if theirs else "")


def form_for(
    line: ProjectIndicator,
    period: ReportingPeriod,
    reference: Reference,
    results: Iterable[Result],
    data: Any = None,
    files: Any = None,
) -> ResultForm:
    """The form of a line, with what stands in the period filled in."""
    working, approved = standing(results)
    is_editable = working is not None and working.status in EDITABLE
    return ResultForm(
        data,
        files,
        line=line,
        period=period,
        reference=reference,
        current=working if is_editable else None,
        stands=None if is_editable else working or approved,
    )


def _category_cell(
    place: str, cell: GridCell | None, category: Any
) -> tuple[str, GridCell | None, list[Any], Any]:
    if cell is None:
        return place, None, [], None
    shown = cell.result or cell.last
    written = None
    if shown:
        written = next((one for one in shown.cells.all() if one.category_id == category.pk), None)
    return place, cell, cell.form.cell_fields(category) if cell.form else [], written


def _keep_evidence(form: ResultForm, result: Result, by: User, row: int) -> None:
    try:
        form.keep_evidence(result, by)
    except InvalidInput as error:
        moved = [Problem(one.field, one.code, one.message, row) for one in error.problems]
        raise InvalidInput(moved) from error


def asked(request: HttpRequest, plan: str, code: str, period: str) -> tuple[Any, Any, Any]:
    """Plan, project and period of an address, for those who may enter results there."""
    found = plan_or_404(request, plan)
    project = visible_or_404(
        Project.objects.select_related("plan", "office"), request.user, plan=found, code=code
    )
    allow(
        can_report(person(request), project),
        _("Only a reporter of this project's office may enter its results."),
    )
    return found, project, get_object_or_404(ReportingPeriod, plan=found, label=period)


def same_person(request: HttpRequest) -> None:
    """What was typed by one person is never sent as another, who signed in on that browser."""
    if request.POST.get("person", str(person(request).pk)) != str(person(request).pk):
        raise NotAllowed(
            _("This was typed by somebody else, who was signed in here before."), "other_person"
        )


def entry(request: HttpRequest, plan: str, code: str, period: str) -> HttpResponse:
    """The grid of a project: look, save as drafts, submit."""
    found, project, its_period = asked(request, plan, code, period)
    periods = [one for one in found.periods.order_by("number") if one.has_begun()]
    return _answer(request, found, [project], its_period, periods=periods[-8:], project=project)


# Projects on one page of the grid of all of them.
MOST_PROJECTS = 20


def all_entry(request: HttpRequest, plan: str, period: str) -> HttpResponse:
    """The grid of all my projects that owe something in a period, project by project."""
    found = plan_or_404(request, plan)
    user = person(request)
    its_period = get_object_or_404(ReportingPeriod, plan=found, label=period)
    its_period.plan = found
    if request.method == "POST":
        codes = request.POST.getlist("project")[:MOST_PROJECTS]
        mine = reported_by(user, found).filter(code__in=codes)
    else:
        mine = owing(user, its_period).filter(code__gt=request.GET.get("after", ""))
    projects = list(mine.select_related("plan", "office").order_by("code")[: MOST_PROJECTS + 1])
    more = projects[MOST_PROJECTS:]
    projects = projects[:MOST_PROJECTS]
    after = projects[-1].code if more else ""
    return _answer(request, found, projects, its_period, only_due=True, after=after)


def _answer(
    request: HttpRequest,
    plan: Any,
    projects: list[Project],
    period: ReportingPeriod,
    *,
    only_due: bool = False,
    **context: Any,
) -> HttpResponse:
    """The page of these grids, or what comes after it was sent."""
    status = 200
    period.plan = plan
    if request.method == "POST":
        same_person(request)
        page = EntryPage(
            projects, period, only_due=only_due, data=request.POST, files=request.FILES
        )
        try:
            saved, submitted = page.save(person(request), and_submit="submit" in request.POST)
        except NotAllowed:
            raise
        except DomainError as error:
            status = error.status
            if not (isinstance(error, InvalidInput) and any(form.errors for form in page.forms)):
                page.error = page.error or str(error.message)
        else:
            return _done(request, saved, submitted, had_drafts=bool(page.drafts))
    else:
        page = EntryPage(projects, period, only_due=only_due)
    context |= {
        "plan": plan,
        "period": period,
        "page": page,
        "refused": status != 200,
        "my_work_url": address("projects:my_work", plan),
    }
    return render(request, "projects/entry.html", context, status=status)


def _done(request: HttpRequest, saved: int, submitted: int, *, had_drafts: bool) -> HttpResponse:
    if "submit" in request.POST and not submitted and had_drafts:
        messages.info(request, _("Somebody submitted this meanwhile; nothing is left to submit."))
    elif "submit" in request.POST and not submitted:
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
    return redirect(request.path)


@require_GET
def things(request: HttpRequest, plan: str, code: str, period: str) -> HttpResponse:
    """Things whose names hold the words typed, to be added to a list."""
    found, project, _period = asked(request, plan, code, period)
    reported = Indicator.objects.filter(lines__project=project).distinct()
    indicator = get_object_or_404(reported, plan=found, code=request.GET.get("indicator", ""))
    words = request.GET.get("q", "").strip()[:200]
    like = Thing.objects.like(found, indicator.counted, words)[:8] if len(words) > 1 else []
    return render(request, "projects/_things.html", {"things": like, "words": words})
