"""Pages of the countries: the list of all, as a file too, and all that concerns one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from habitat_tracker.accounts.models import Country, Office
from habitat_tracker.web import person, plan_or_404, visible_or_404
from plans.models import StrategicPlan
from projects.choices import Register
from projects.views.saved_views import kept_views

from .countries import country_page, region_counts, with_records
from .downloads import refuse_unclear
from .exports.countries import countries_table
from .exports.tables import Table
from .filters import CountryFilter
from .selection import read_selection


def _asked(request: HttpRequest) -> CountryFilter:
    """The countries of the offices, as the address asks for them."""
    rows = Country.objects.visible_to(person(request)).filter(office__isnull=False)
    return CountryFilter(request.GET, rows.select_related("office"), request=request)


@require_safe
def countries(request: HttpRequest, plan: str) -> HttpResponse:
    """Where every country stands, and the counts of each region."""
    found = plan_or_404(request, plan)
    asked = _asked(request)
    valid = asked.is_valid()
    regions = Office.objects.visible_to(person(request)).regions()
    context = {
        "plan": found,
        "filter": asked,
        "rows": with_records(asked.qs if valid else [], asked.records()),
        "counts": region_counts(found, regions, person(request), asked.moment),
        "day": asked.day,
        "is_filtered": any(request.GET.get(name) for name in asked.filters),
        **kept_views(request, found, Register.COUNTRIES),
    }
    return render(request, "reporting/countries.html", context, status=200 if valid else 400)


def countries_file(request: HttpRequest, plan: StrategicPlan) -> Table:
    """The countries as a table, filtered as on their page; they are those of every plan."""
    asked = _asked(request)
    refuse_unclear(asked)
    return countries_table(asked)


@require_safe
def country(request: HttpRequest, plan: str, iso3: str) -> HttpResponse:
    """One country: its record, what its region sets out to do, results, projects, deliverables."""
    found = plan_or_404(request, plan)
    rows = Country.objects.select_related("office__parent")
    shown = visible_or_404(rows, request.user, iso3=iso3)
    selection = read_selection(found, request.GET.dict() | {"scope": shown.iso3})
    page = country_page(selection, person(request))
    context = {
        "plan": found,
        "country": shown,
        "region": page.strategies[0].office if page.strategies else None,
        "selection": selection,
        "page": page,
        "updating": page.updating,
    }
    response = render(request, "reporting/country.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response
