"""Addresses of the set-up pages of a plan; each view lives in the app that owns the data."""

from django.urls import path

from habitat_tracker.accounts import views as accounts
from outcomes import views as outcomes
from plans import views as plans
from projects.views import delegations, exchange_rates, setup

from . import outbox

app_name = "setup"

urlpatterns = [
    path("", setup.home, name="home"),
    path("periods/", plans.periods, name="periods"),
    path("themes/", plans.themes, name="themes"),
    path("themes/<int:pk>/", plans.theme, name="theme"),
    path("late-entries/", setup.late_entries, name="late_entries"),
    path("values/<str:code>/evidence/", outcomes.evidence_rule, name="evidence_rule"),
    path("values/<str:code>/counting/", outcomes.counting, name="counting"),
    path("values/<str:code>/frameworks/", outcomes.frameworks, name="indicator_frameworks"),
    path("values/", outcomes.values, name="values"),
    path("values/<str:code>/", outcomes.indicator_values, name="indicator_values"),
    path("lines/", setup.lines_by_project, name="lines_by_project"),
    path("lines/<str:code>/", setup.lines, name="lines"),
    path("exchange-rates/", exchange_rates.exchange_rates, name="exchange_rates"),
    path("delegations/", delegations.delegations, name="delegations"),
    path("meetings/", delegations.meetings, name="meetings"),
    path("checklist/", delegations.checklist, name="checklist"),
    path("mail/", outbox.mail, name="mail"),
    path("people/", accounts.people, name="people"),
]
