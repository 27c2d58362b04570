"""Addresses where regional strategies and country records are written; each names its plan."""

from django.urls import path

from . import country_views as countries
from . import strategy_views as strategies

app_name = "regions"

REGION = "plans/<str:plan>/regions/<str:office>/"

urlpatterns = [
    path("plans/<str:plan>/countries/<str:iso3>/record/", countries.record, name="record"),
    path(f"{REGION}strategy/", strategies.strategy, name="strategy"),
    path(f"{REGION}priorities/add/", strategies.add_priority, name="priority_add"),
    path(f"{REGION}priorities/<int:pk>/", strategies.priority, name="priority"),
    path(f"{REGION}priorities/<int:pk>/move/", strategies.move, name="priority_move"),
    path(f"{REGION}priorities/<int:pk>/withdraw/", strategies.withdraw, name="priority_withdraw"),
]
