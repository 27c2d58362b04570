"""Work in Excel: download what is owed, send the filled-in sheet back, look, confirm."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO, Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.paging import page_of
from habitat_tracker.web import allow, person, plan_or_404, show_refusal, visible_or_404
from plans.models import ReportingPeriod, StrategicPlan
from projects import actions
from projects.choices import EDITABLE, IN_WORK, ImportStatus, RowKind, RowOutcome
from projects.due import owing, reported_by
from projects.models import ImportRun
from projects.sheets import comparison, workbook
from projects.sheets.reading import MOST_ROWS
from projects.waiting import owed_by

# Projects that the page offers a file for, one by one; all of them are in the file of the period.
MOST_PROJECTS = 12
MOST_RUNS = 10
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def _plan(request: HttpRequest, plan: str) -> StrategicPlan:
    found = plan_or_404(request, plan)
    allow(
        has_role_anywhere(person(request), Role.REPORTER),
        _("Only reporters send sheets with results."),
    )
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def sheets(request: HttpRequest, plan: str) -> HttpResponse:
    """What can be downloaded to fill in, where it is sent back, and what became of it."""
    found, error = _plan(request, plan), ""
    user = person(request)
    if request.method == "POST":
        try:
            run = actions.upload_sheet(plan=found, file=request.FILES.get("file"), by=user)
            return redirect("projects:sheet", plan, run.pk)
        except DomainError as refused:
            error = str(refused.message)
            status = refused.status
    context = {
        "plan": found,
        "owed": owed_by(user, found, MOST_PROJECTS),
        "runs": ImportRun.objects.visible_to(user).filter(plan=found)[:MOST_RUNS],
        "error": error,
    }
    return render(request, "projects/sheets.html", context, status=status if error else 200)


@require_safe
def due_file(request: HttpRequest, plan: str, period: str, kind: str) -> FileResponse:
    """What all my projects, or the one asked for, owe in a period, as a file to fill in."""
    found = _plan(request, plan)
    user = person(request)
    its_period = get_object_or_404(ReportingPeriod, plan=found, label=period)
    its_period.plan = found
    code = request.GET.get("project", "")
    projects: Any = owing(user, its_period)
    if code:
        projects = reported_by(user, found).filter(code=code)
        get_object_or_404(projects)
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    rows = workbook.due_rows(projects, its_period)
    try:
        if kind == "csv":
            workbook.write_csv(rows, file)
        else:
            workbook.write_workbook(rows, file, title=f"{found}, {its_period}")
    except workbook.TooManyRows as error:
        file.close()
        raise InvalidInput.of(
            "project",
            "too_many_rows",
            _("There are more than %(most)s rows to fill in. Download them project by project.")
            % {"most": MOST_ROWS},
        ) from error
    return _download(file, f"{found.code}_{its_period.label}_{code or _('my-projects')}", kind)


def _download(file: IO[bytes], stem: str, kind: str) -> FileResponse:
    """A file that was written as a download, which no cache keeps."""
    file.seek(0)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=get_valid_filename(f"{stem}.{kind}"),
        content_type=CONTENT_TYPES[kind],
    )
    response["Cache-Control"] = "private, no-cache, no-store"
    return response


def _run(request: HttpRequest, plan: str, pk: Any) -> tuple[StrategicPlan, ImportRun]:
    """A sheet of one's own; nobody else's exists."""
    found = plan_or_404(request, plan)
    runs = ImportRun.objects.filter(plan=found)
    return found, visible_or_404(runs, person(request), pk=pk)


@require_safe
def sheet(request: HttpRequest, plan: str, pk: Any) -> HttpResponse:
    """How far a sheet is; what it says, before it is confirmed; what became of it."""
    found, run = _run(request, plan, pk)
    shown = request.GET.get("show", "")
    shown = shown if shown in {*RowKind.values, *RowOutcome.values} else ""
    context = {
        "plan": found,
        "run": run,
        "progress": _progress(run),
        "is_in_work": run.status in IN_WORK,
        "is_ready": run.status == ImportStatus.READY,
        "shown": shown,
        "tabs": _tabs(run),
    }
    if run.status not in IN_WORK:  # meanwhile the page is asked for each second
        context |= _listing(request, run, shown)
    return render(request, "projects/sheet.html", context)


def _listing(request: HttpRequest, run: ImportRun, shown: str) -> dict[str, Any]:
    """The rows of one kind or outcome, or all that differ; and what there is to decide."""
    rows = run.rows.all()
    if shown in RowKind.values:
        rows = rows.filter(kind=shown)
    elif shown:
        rows = rows.filter(outcome=shown)
    elif run.status == ImportStatus.READY:
        rows = rows.exclude(kind=RowKind.UNCHANGED)
    else:
        rows = rows.exclude(kind=RowKind.UNCHANGED, outcome=RowOutcome.OPEN)
    page = page_of(comparison.with_names(rows).order_by("position", "pk"), request)
    to_decide = run.rows.filter(kind=RowKind.CONFLICT, result__status__in=EDITABLE)
    return {
        "page": page,
        "compared": comparison.compared(page.rows),
        "is_kept": run.rows.exists(),
        "to_save": run.counts.get(RowKind.NEW, 0) + run.counts.get(RowKind.CHANGED, 0),
        "overwritable": to_decide.count(),
    }


def _progress(run: ImportRun) -> dict[str, int] | None:
    """How much of a confirmed sheet is done, in results; None while that is not known."""
    if run.status != ImportStatus.SAVING:
        return None
    wanted = run.rows.exclude(kind__in=(RowKind.REFUSED, RowKind.UNCHANGED)).exclude(
        kind=RowKind.CONFLICT, is_mine=False
    )
    in_all, done = wanted.count(), wanted.exclude(outcome=RowOutcome.OPEN).count()
    if run.submits:
        in_all, done = (
            in_all * 2,
            done + wanted.exclude(outcome__in=(RowOutcome.OPEN, RowOutcome.SAVED)).count(),
        )
    return {"done": done, "in_all": max(in_all, 1)}


def _tabs(run: ImportRun) -> list[tuple[str, str, int]]:
    """What can be looked at alone: code, words and how many."""
    words: list[tuple[str, Any]] = [*RowOutcome.choices[1:]] if run.ended_at else []
    words += RowKind.choices
    return [
        (str(code), str(label), run.counts[code]) for code, label in words if run.counts.get(code)
    ]


@require_POST
def confirm(request: HttpRequest, plan: str, pk: Any) -> HttpResponse:
    """Save what the sheet says."""
    _found, run = _run(request, plan, pk)
    mine = [
        int(one)
        for one in request.POST.getlist("mine")
        if one.isascii() and one.isdigit() and len(one) < 18
    ]
    try:
        actions.confirm_import(
            run=run,
            by=person(request),
            submits="submit" in request.POST,
            mine=mine,
            all_mine="all_mine" in request.POST,
        )
    except DomainError as error:
        show_refusal(request, error)
    return redirect("projects:sheet", plan, pk)


@require_POST
def cancel(request: HttpRequest, plan: str, pk: Any) -> HttpResponse:
    """Put the sheet aside."""
    _found, run = _run(request, plan, pk)
    try:
        actions.cancel_import(run=run, by=person(request))
    except DomainError as error:
        show_refusal(request, error)
        return redirect("projects:sheet", plan, pk)
    messages.success(request, _("The sheet was put aside; nothing of it was saved."))
    return redirect("projects:sheets", plan)


@require_safe
def report(request: HttpRequest, plan: str, pk: Any, kind: str) -> FileResponse:
    """What the sheet says and what became of it, result by result, as a file."""
    _found, run = _run(request, plan, pk)
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    comparison.write_report(run, file, kind)
    return _download(file, f"{_('report')}_{run.name.rpartition('.')[0] or run.name}", kind)
