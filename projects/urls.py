"""Addresses of projects, their results and what people have to do; each names its plan."""

from django.urls import path

from .views import (
    cell,
    deliverables,
    entry,
    evidence,
    money,
    project,
    register,
    reported,
    resources,
    result,
    saved_views,
    sheets,
    work,
)

app_name = "projects"

urlpatterns = [
    path("plans/<str:plan>/my-work/", work.my_work, name="my_work"),
    path("plans/<str:plan>/my-work/approve/", work.approve_many, name="approve_many"),
    path("plans/<str:plan>/my-work/results/<str:period>/", entry.all_entry, name="entry_all"),
    path("plans/<str:plan>/my-work/excel/", sheets.sheets, name="sheets"),
    path(
        "plans/<str:plan>/my-work/excel/<str:period>.csv",
        sheets.due_file,
        {"kind": "csv"},
        name="sheet_csv",
    ),
    path(
        "plans/<str:plan>/my-work/excel/<str:period>.xlsx",
        sheets.due_file,
        {"kind": "xlsx"},
        name="sheet_xlsx",
    ),
    path("plans/<str:plan>/my-work/excel/<uuid:pk>/", sheets.sheet, name="sheet"),
    path("plans/<str:plan>/my-work/excel/<uuid:pk>/confirm/", sheets.confirm, name="sheet_confirm"),
    path("plans/<str:plan>/my-work/excel/<uuid:pk>/cancel/", sheets.cancel, name="sheet_cancel"),
    path(
        "plans/<str:plan>/my-work/excel/<uuid:pk>/report.csv",
        sheets.report,
        {"kind": "csv"},
        name="sheet_report_csv",
    ),
    path(
        "plans/<str:plan>/my-work/excel/<uuid:pk>/report.xlsx",
        sheets.report,
        {"kind": "xlsx"},
        name="sheet_report_xlsx",
    ),
    path("plans/<str:plan>/who-reported/", reported.reported, name="reported"),
    path("plans/<str:plan>/who-reported/remind/", reported.remind, name="remind"),
    path("plans/<str:plan>/projects/", register.register, name="register"),
    path("plans/<str:plan>/saved-views/", saved_views.save, name="view_save"),
    path("plans/<str:plan>/saved-views/<int:pk>/remove/", saved_views.remove, name="view_remove"),
    path("plans/<str:plan>/add-project/", project.add, name="add"),
    path("plans/<str:plan>/projects/<str:code>/", project.project, name="project"),
    path("plans/<str:plan>/projects/<str:code>/edit/", project.edit, name="edit"),
    path("plans/<str:plan>/projects/<str:code>/about/", project.describe, name="describe"),
    path("plans/<str:plan>/projects/<str:code>/money/", money.project_money, name="money"),
    path("plans/<str:plan>/money/core-budget/", resources.core_budget, name="core_budget"),
    path("plans/<str:plan>/money/deferrals/", resources.deferrals, name="deferrals"),
    path(
        "plans/<str:plan>/money/deferrals/<int:pk>/end/",
        resources.end_deferral,
        name="deferral_end",
    ),
    path("plans/<str:plan>/transactions/load/", money.load, name="transactions_load"),
    path("plans/<str:plan>/transactions/<int:pk>/", money.transaction, name="transaction"),
    path(
        "plans/<str:plan>/projects/<str:code>/results/<str:period>/",
        entry.entry,
        name="entry",
    ),
    path(
        "plans/<str:plan>/projects/<str:code>/results/<str:period>/cells/<int:line>/",
        cell.cell,
        name="entry_cell",
    ),
    path(
        "plans/<str:plan>/projects/<str:code>/results/<str:period>/things/",
        entry.things,
        name="entry_things",
    ),
    path("plans/<str:plan>/deliverables/", deliverables.deliverables, name="deliverables"),
    path("plans/<str:plan>/deliverables/add/", deliverables.add, name="deliverable_add"),
    path("plans/<str:plan>/deliverables/<int:pk>/", deliverables.deliverable, name="deliverable"),
    path(
        "plans/<str:plan>/deliverables/<int:pk>/change/",
        deliverables.change,
        name="deliverable_change",
    ),
    path(
        "plans/<str:plan>/deliverables/<int:pk>/cancel/",
        deliverables.cancel,
        name="deliverable_cancel",
    ),
    path("plans/<str:plan>/results/<int:pk>/", result.result, name="result"),
    path("plans/<str:plan>/results/<int:pk>/act/", result.act_on_result, name="act_on_result"),
    path(
        "plans/<str:plan>/results/<int:pk>/comments/",
        result.comment_on_result,
        name="comment_on_result",
    ),
    path(
        "plans/<str:plan>/notes/<int:pk>/comments/",
        result.comment_on_note,
        name="comment_on_note",
    ),
    path("plans/<str:plan>/results/<int:pk>/evidence/", evidence.change, name="add_evidence"),
    path(
        "plans/<str:plan>/results/<int:pk>/evidence/<int:piece>/",
        evidence.change,
        name="replace_evidence",
    ),
    path("plans/<str:plan>/notes/<int:pk>/", result.note, name="note"),
    path("plans/<str:plan>/notes/<int:pk>/act/", result.act_on_note, name="act_on_note"),
    path("plans/<str:plan>/evidence/<int:pk>/", evidence.download, name="evidence"),
]
