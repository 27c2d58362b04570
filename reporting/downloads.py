"""Tables as files to be downloaded, for every page that has one."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_filters import FilterSet

from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import person, plan_or_404
from outcomes.models import StatedFigure
from plans.models import StrategicPlan

from .exports import csv_file, excel
from .exports.stated import stated_table
from .exports.tables import Table

# The table of a page, by its request, the plan, and what else its address names.
Build = Callable[..., Table]

_WRITERS = {
    "csv": (csv_file.CONTENT_TYPE, csv_file.write_csv),
    "xlsx": (excel.CONTENT_TYPE, excel.write_excel),
}


def as_file(table: Table, name: str, kind: str) -> FileResponse:
    """A table as a download; written to the disk first, so that no row stays in memory."""
    content_type, write = _WRITERS[kind]
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    write(table, file)
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response["Cache-Control"] = "private, no-cache"
    return response


def stated_of(request: HttpRequest, plan: StrategicPlan, *topics: str) -> Table | None:
    """What the review states on some topics, beside the table of a page."""
    return stated_table(StatedFigure.objects.visible_to(person(request)).on(plan, *topics))


def refuse_unclear(asked: FilterSet | forms.Form) -> None:
    """A file is of what was asked for, or it is none."""
    if not asked.is_valid():
        name, problems = next(iter(asked.errors.items()))
        raise InvalidInput.of(str(name), "invalid", str(problems[0]))


@require_safe
def page_file(
    request: HttpRequest, plan: str, build: Build, file: str, kind: str, **asked: Any
) -> FileResponse:
    """What a page shows as a file, filtered as there."""
    table = build(request, plan_or_404(request, plan), **asked)
    name = "-".join([file, *(str(one).lower() for one in asked.values())])
    return as_file(table, f"{name}-{timezone.localdate()}.{kind}", kind)


def both(where: str, build: Build, name: str = "", file: str = "") -> list[URLPattern]:
    """The addresses of a table as CSV and Excel.

    They are named as `name`, else as the last part of `where`; so is the file, else as `file`.
    """
    name = name or where.rpartition("/")[2]
    return [
        path(
            f"plans/<str:plan>/{where}.{kind}",
            page_file,
            {"build": build, "file": file or name, "kind": kind},
            name=f"{name.replace('-', '_')}_{kind}",
        )
        for kind in ("csv", "xlsx")
    ]
