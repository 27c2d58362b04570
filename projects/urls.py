"""Addresses of projects, their results and what people have to do; each names its plan."""

from django.urls import path

from .views import (
    cell,
    deliverables,
    entry,
    evidence,
    partners,
    project,
    register,
    reported,
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
    path("plans/<str:plan>/partners/", partners.partners, name="partners"),
    path("plans/<str:plan>/partners/count/", partners.count, name="partner_count"),
    path("plans/<str:plan>/partners/add/", partners.add, name="partner_add"),
    path("plans/<str:plan>/partners/<int:pk>/", partners.partner, name="partner"),
    path("plans/<str:plan>/partners/<int:pk>/change/", partners.change, name="partner_change"),
    path("plans/<str:plan>/partners/<int:pk>/merge/", partners.merge, name="partner_merge"),
    path(
        "plans/<str:plan>/partners/<int:pk>/agreements/add/",
        partners.agreement_add,
        name="agreement_add",
    ),
    path(
        "plans/<str:plan>/projects/<str:code>/contributions/add/",
        partners.contribution_add,
        name="contribution_add",
    ),
    path(
        "plans/<str:plan>/contributions/<int:pk>/change/",
        partners.contribution_change,
        name="contribution_change",
    ),
    path(
        "plans/<str:plan>/contributions/<int:pk>/withdraw/",
        partners.contribution_withdraw,
        name="contribution_withdraw",
    ),
    path(
        "plans/<str:plan>/agreements/<int:pk>/change/",
        partners.agreement_change,
        name="agreement_change",
    ),
    path(
        "plans/<str:plan>/agreements/<int:pk>/withdraw/",
        partners.agreement_withdraw,
        name="agreement_withdraw",
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
