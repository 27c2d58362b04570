"""Addresses of the pages of figures; each names its plan."""

from django.urls import path

from . import views

app_name = "reporting"

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<str:plan>/", views.plan, name="plan"),
    path("plans/<str:plan>/about/", views.about, name="about"),
    path("plans/<str:plan>/operations/", views.operations, name="operations"),
    path("plans/<str:plan>/operations/rebuild/", views.rebuild, name="rebuild"),
    path(
        "plans/<str:plan>/deliverables.csv",
        views.deliverables_file,
        {"kind": "csv"},
        name="deliverables_csv",
    ),
    path(
        "plans/<str:plan>/deliverables.xlsx",
        views.deliverables_file,
        {"kind": "xlsx"},
        name="deliverables_xlsx",
    ),
    path(
        "plans/<str:plan>/projects.csv", views.projects_file, {"kind": "csv"}, name="projects_csv"
    ),
    path(
        "plans/<str:plan>/projects.xlsx",
        views.projects_file,
        {"kind": "xlsx"},
        name="projects_xlsx",
    ),
    path("plans/<str:plan>/money/", views.money, name="money"),
    path("plans/<str:plan>/money.csv", views.money_file, {"kind": "csv"}, name="money_csv"),
    path("plans/<str:plan>/money.xlsx", views.money_file, {"kind": "xlsx"}, name="money_xlsx"),
    path(
        "plans/<str:plan>/transactions.csv",
        views.transactions_file,
        {"kind": "csv"},
        name="transactions_csv",
    ),
    path(
        "plans/<str:plan>/transactions.xlsx",
        views.transactions_file,
        {"kind": "xlsx"},
        name="transactions_xlsx",
    ),
    path("plans/<str:plan>/setup/audit/", views.audit, name="audit"),
    path("plans/<str:plan>/setup/audit.csv", views.audit_file, {"kind": "csv"}, name="audit_csv"),
    path(
        "plans/<str:plan>/setup/audit.xlsx", views.audit_file, {"kind": "xlsx"}, name="audit_xlsx"
    ),
    path("plans/<str:plan>/history/<str:kind>/<int:key>/", views.history, name="history"),
    path("plans/<str:plan>/outcomes/<str:code>/", views.outcome, name="outcome"),
    path("plans/<str:plan>/indicators/<str:code>/", views.indicator, name="indicator"),
    path("plans/<str:plan>/indicators/<str:code>/judge/", views.judge, name="judge"),
    path("plans/<str:plan>/indicators/<str:code>/trend.svg", views.trend, name="trend"),
    path("plans/<str:plan>/figures/<str:code>/why", views.why, name="why"),
    path(
        "plans/<str:plan>/figures/<str:code>/why.csv",
        views.contributions,
        {"kind": "csv"},
        name="why_csv",
    ),
    path(
        "plans/<str:plan>/figures/<str:code>/why.xlsx",
        views.contributions,
        {"kind": "xlsx"},
        name="why_xlsx",
    ),
]
