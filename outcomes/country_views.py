"""Where a country stands with assessment and framework: written by the managers of its office."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import Country
from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404

from . import actions
from .forms import CountryRecordForm
from .models import CountryRecord
from .permissions import can_keep_country


def record(request: HttpRequest, plan: str, iso3: str) -> HttpResponse:
    """Say where a country stands; the record before is kept."""
    found = plan_or_404(request, plan)
    country = visible_or_404(Country.objects.select_related("office"), request.user, iso3=iso3)
    user = person(request)
    allow(
        can_keep_country(user, country),
        _("Only a manager of the country's office or one above it may keep its record."),
    )
    held = CountryRecord.objects.at().filter(plan=found, country=country).first()
    form = CountryRecordForm(request.POST or None, held=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.save_country_record(
                    plan=found,
                    country=country,
                    said=form.record(),
                    by=user,
                    version=form.cleaned_data["version"] or 0,
                    reason=form.cleaned_data["reason"],
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("The record was saved."))
                return redirect("reporting:country", plan=found.code, iso3=country.iso3)
    context = {"plan": found, "country": country, "record": held, "form": form}
    return render(request, "outcomes/country_record.html", context, status=status)
