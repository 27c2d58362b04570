"""Addresses where regional strategies are written; each names its plan and its office."""

from django.urls import path

from . import strategy_views as strategies

app_name = "regions"

REGION = "plans/<str:plan>/regions/<str:office>/"

urlpatterns = [
    path(f"{REGION}strategy/", strategies.strategy, name="strategy"),
    path(f"{REGION}priorities/add/", strategies.add_priority, name="priority_add"),
    path(f"{REGION}priorities/<int:pk>/", strategies.priority, name="priority"),
    path(f"{REGION}priorities/<int:pk>/move/", strategies.move, name="priority_move"),
    path(f"{REGION}priorities/<int:pk>/withdraw/", strategies.withdraw, name="priority_withdraw"),
]
