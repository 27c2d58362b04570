"""Every address of the site."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from . import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

if find_spec("habitat_tracker.api"):
    urlpatterns.append(path("api/v1/", include("habitat_tracker.api")))

if find_spec("habitat_tracker.web"):
    handler404 = "habitat_tracker.web.page_not_found"
    handler500 = "habitat_tracker.web.server_error"
