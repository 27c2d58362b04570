"""Addresses of the pages of figures."""

from django.urls import path

from . import views

app_name = "reporting"

urlpatterns = [
    path("", views.home, name="home"),
    path("plans/<str:plan>/", views.plan, name="plan"),
]
