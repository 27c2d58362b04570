"""Addresses of the pages of figures; each names its plan."""

from django.urls import path

from . import (
    analysis_views,
    catalogue_views,
    country_views,
    framework_views,
    list_files,
    region_views,
    views,
)
from .downloads import both

app_name = "reporting"

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<str:plan>/", views.plan, name="plan"),
    path("plans/<str:plan>/about/", views.about, name="about"),
    path("plans/<str:plan>/flagships/", views.flagships, name="flagships"),
    path("plans/<str:plan>/about-projects/", analysis_views.about_projects, name="analyses"),
    *both(
        "about-projects", analysis_views.about_projects_file, "analyses", "what-projects-are-about"
    ),
    path("plans/<str:plan>/tools/", catalogue_views.tools, name="tools"),
    *both("tools", catalogue_views.tools_file, file="services-and-tools"),
    path("plans/<str:plan>/products-by-city/", catalogue_views.cities, name="cities"),
    path("plans/<str:plan>/products-by-city.svg", catalogue_views.cities_map, name="cities_map"),
    *both("products-by-city", catalogue_views.cities_file, "cities", "products-by-city"),
    path("plans/<str:plan>/frameworks/", framework_views.frameworks, name="frameworks"),
    path("plans/<str:plan>/frameworks/<str:code>/", framework_views.framework, name="framework"),
    *both("frameworks/<str:code>/projects", framework_views.framework_file, "framework"),
    path("plans/<str:plan>/operations/", views.operations, name="operations"),
    path("plans/<str:plan>/operations/rebuild/", views.rebuild, name="rebuild"),
    path("plans/<str:plan>/money/", views.money, name="money"),
    *both("money", views.money_file, file="money-by-part"),
    path("plans/<str:plan>/countries/", country_views.countries, name="countries"),
    *both("countries", country_views.countries_file),
    path("plans/<str:plan>/countries/<str:iso3>/", country_views.country, name="country"),
    path("plans/<str:plan>/regions/", region_views.regions, name="regions"),
    *both("regions", region_views.regions_file),
    path("plans/<str:plan>/regions/<str:office>/", region_views.region, name="region"),
    path("plans/<str:plan>/setup/audit/", views.audit, name="audit"),
    *both("setup/audit", views.audit_file),
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
