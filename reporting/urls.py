"""Addresses of the pages of figures; each names its plan."""

from django.urls import path

from . import (
    analysis_views,
    catalogue_views,
    country_views,
    framework_views,
    list_files,
    partner_files,
    region_views,
    views,
)

app_name = "reporting"

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<str:plan>/", views.plan, name="plan"),
    path("plans/<str:plan>/about/", views.about, name="about"),
    path("plans/<str:plan>/flagships/", views.flagships, name="flagships"),
    path("plans/<str:plan>/about-projects/", analysis_views.about_projects, name="analyses"),
    path(
        "plans/<str:plan>/about-projects.csv",
        analysis_views.about_projects_file,
        {"kind": "csv"},
        name="analyses_csv",
    ),
    path(
        "plans/<str:plan>/about-projects.xlsx",
        analysis_views.about_projects_file,
        {"kind": "xlsx"},
        name="analyses_xlsx",
    ),
    path("plans/<str:plan>/tools/", catalogue_views.tools, name="tools"),
    path(
        "plans/<str:plan>/tools.csv", catalogue_views.tools_file, {"kind": "csv"}, name="tools_csv"
    ),
    path(
        "plans/<str:plan>/tools.xlsx",
        catalogue_views.tools_file,
        {"kind": "xlsx"},
        name="tools_xlsx",
    ),
    path("plans/<str:plan>/products-by-city/", catalogue_views.cities, name="cities"),
    path("plans/<str:plan>/products-by-city.svg", catalogue_views.cities_map, name="cities_map"),
    path(
        "plans/<str:plan>/products-by-city.csv",
        catalogue_views.cities_file,
        {"kind": "csv"},
        name="cities_csv",
    ),
    path(
        "plans/<str:plan>/products-by-city.xlsx",
        catalogue_views.cities_file,
        {"kind": "xlsx"},
        name="cities_xlsx",
    ),
    path("plans/<str:plan>/frameworks/", framework_views.frameworks, name="frameworks"),
    path("plans/<str:plan>/frameworks/<str:code>/", framework_views.framework, name="framework"),
    path(
        "plans/<str:plan>/frameworks/<str:code>/projects.csv",
        framework_views.framework_file,
        {"kind": "csv"},
        name="framework_csv",
    ),
    path(
        "plans/<str:plan>/frameworks/<str:code>/projects.xlsx",
        framework_views.framework_file,
        {"kind": "xlsx"},
        name="framework_xlsx",
    ),
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
        "plans/<str:plan>/partners.csv", views.partners_file, {"kind": "csv"}, name="partners_csv"
    ),
    path(
        "plans/<str:plan>/partners.xlsx",
        views.partners_file,
        {"kind": "xlsx"},
        name="partners_xlsx",
    ),
    path(
        "plans/<str:plan>/agreements.csv",
        partner_files.agreements_file,
        {"kind": "csv"},
        name="agreements_csv",
    ),
    path(
        "plans/<str:plan>/agreements.xlsx",
        partner_files.agreements_file,
        {"kind": "xlsx"},
        name="agreements_xlsx",
    ),
    path(
        "plans/<str:plan>/contributions.csv",
        partner_files.contributions_file,
        {"kind": "csv"},
        name="contributions_csv",
    ),
    path(
        "plans/<str:plan>/contributions.xlsx",
        partner_files.contributions_file,
        {"kind": "xlsx"},
        name="contributions_xlsx",
    ),
    path(
        "plans/<str:plan>/partner-feedback.csv",
        partner_files.feedback_file,
        {"kind": "csv"},
        name="feedback_csv",
    ),
    path(
        "plans/<str:plan>/partner-feedback.xlsx",
        partner_files.feedback_file,
        {"kind": "xlsx"},
        name="feedback_xlsx",
    ),
    path(
        "plans/<str:plan>/money/core-budget.csv",
        partner_files.core_budget_file,
        {"kind": "csv"},
        name="core_budget_csv",
    ),
    path(
        "plans/<str:plan>/money/core-budget.xlsx",
        partner_files.core_budget_file,
        {"kind": "xlsx"},
        name="core_budget_xlsx",
    ),
    path(
        "plans/<str:plan>/money/forecast.csv",
        partner_files.forecast_file,
        {"kind": "csv"},
        name="forecast_csv",
    ),
    path(
        "plans/<str:plan>/money/forecast.xlsx",
        partner_files.forecast_file,
        {"kind": "xlsx"},
        name="forecast_xlsx",
    ),
    path(
        "plans/<str:plan>/money/deferrals.csv",
        partner_files.deferrals_file,
        {"kind": "csv"},
        name="deferrals_csv",
    ),
    path(
        "plans/<str:plan>/money/deferrals.xlsx",
        partner_files.deferrals_file,
        {"kind": "xlsx"},
        name="deferrals_xlsx",
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
        "plans/<str:plan>/appraisals.csv",
        views.appraisals_file,
        {"kind": "csv"},
        name="appraisals_csv",
    ),
    path(
        "plans/<str:plan>/appraisals.xlsx",
        views.appraisals_file,
        {"kind": "xlsx"},
        name="appraisals_xlsx",
    ),
    path("plans/<str:plan>/risks.csv", views.risks_file, {"kind": "csv"}, name="risks_csv"),
    path("plans/<str:plan>/risks.xlsx", views.risks_file, {"kind": "xlsx"}, name="risks_xlsx"),
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
    path("plans/<str:plan>/countries/", country_views.countries, name="countries"),
    path(
        "plans/<str:plan>/countries.csv",
        country_views.countries_file,
        {"kind": "csv"},
        name="countries_csv",
    ),
    path(
        "plans/<str:plan>/countries.xlsx",
        country_views.countries_file,
        {"kind": "xlsx"},
        name="countries_xlsx",
    ),
    path("plans/<str:plan>/countries/<str:iso3>/", country_views.country, name="country"),
    path("plans/<str:plan>/regions/", region_views.regions, name="regions"),
    path(
        "plans/<str:plan>/regions.csv",
        region_views.regions_file,
        {"kind": "csv"},
        name="regions_csv",
    ),
    path(
        "plans/<str:plan>/regions.xlsx",
        region_views.regions_file,
        {"kind": "xlsx"},
        name="regions_xlsx",
    ),
    path(
        "plans/<str:plan>/regions/priorities.csv",
        region_views.priorities_file,
        {"kind": "csv"},
        name="priorities_csv",
    ),
    path(
        "plans/<str:plan>/regions/priorities.xlsx",
        region_views.priorities_file,
        {"kind": "xlsx"},
        name="priorities_xlsx",
    ),
    path("plans/<str:plan>/regions/<str:office>/", region_views.region, name="region"),
    path("plans/<str:plan>/setup/audit/", views.audit, name="audit"),
    path("plans/<str:plan>/setup/audit.csv", views.audit_file, {"kind": "csv"}, name="audit_csv"),
    path(
        "plans/<str:plan>/setup/audit.xlsx", views.audit_file, {"kind": "xlsx"}, name="audit_xlsx"
    ),
    *list_files.urlpatterns,
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
