"""Where the cities of a plan lie."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from outcomes.models import Thing
from projects import actions
from projects.forms import PositionForm
from projects.permissions import can_place_cities


def position(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say where a city lies, so that it stands on the map."""
    found = plan_or_404(request, plan)
    rows = Thing.objects.filter(plan=found, kind="city").select_related("country")
    city = visible_or_404(rows, request.user, pk=pk)
    user = person(request)
    allow(
        can_place_cities(user),
        _("Only a reporter or manager of an office may say where a city lies."),
    )
    held = {
        "latitude": city.latitude,
        "longitude": city.longitude,
        "source": city.position_source,
    }
    form = PositionForm(request.POST if request.method == "POST" else None, initial=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                actions.place_city(city=city, said=actions.Position(**form.cleaned_data), by=user)
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("The position of %(city)s was saved.") % {"city": city})
                return redirect("reporting:cities", plan=found.code)
    context = {"plan": found, "city": city, "form": form}
    return render(request, "projects/position.html", context, status=status)
