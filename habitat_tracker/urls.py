"""Every address of the site. Pages of a plan name it first: `/plans/<plan>/...`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from . import health, metrics
from .sign_in import no_such_page

urlpatterns = [
    path("healthz", login_not_required(health.alive), name="healthz"),
    path("readyz", login_not_required(health.ready), name="readyz"),
    path("metrics", login_not_required(metrics.metrics), name="metrics"),
    path("accounts/email/", no_such_page),
    path("accounts/confirm-email/", no_such_page),
    path("accounts/confirm-email/<str:key>/", no_such_page),
    path("accounts/", include("allauth.account.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("api/v1/", include("habitat_tracker.api")),
    path("plans/<str:plan>/setup/", include("habitat_tracker.setup_urls")),
    path("", include("habitat_tracker.accounts.urls")),
    path("", include("outcomes.urls")),
    path("", include("projects.urls")),
    path("", include("reporting.urls")),
]

handler400 = "habitat_tracker.uploads.bad_request"
handler404 = "habitat_tracker.web.page_not_found"
handler500 = "habitat_tracker.web.server_error"
