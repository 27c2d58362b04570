"""The rates of exchange that amounts are converted with: looked up, and loaded from files."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.accounts.permissions import can_manage_plan
from habitat_tracker.errors import InvalidInput, Problem
from habitat_tracker.paging import page_of
from habitat_tracker.web import add_problems, person, plan_or_404
from projects import actions
from projects.filters import ExchangeRateFilter
from projects.forms import RatesForm
from projects.models import ExchangeRate


def exchange_rates(request: HttpRequest, plan: str) -> HttpResponse:
    """Rates by month and currency; managers of headquarters load files of them."""
    found = plan_or_404(request, plan)
    user = person(request)
    form, status = RatesForm(), 200
    problems: list[Problem] = []
    if request.method == "POST":
        form = RatesForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                loaded = actions.load_exchange_rates(
                    file=form.cleaned_data["file"],
                    name=form.cleaned_data["file"].name,
                    by=user,
                    reason=form.cleaned_data["reason"],
                )
            except InvalidInput as error:
                problems, status = _beside_the_form(form, error), error.status
            else:
                messages.success(request, _in_words(loaded))
                return redirect("setup:exchange_rates", plan=found.code)
        else:
            status = 400
    rates = ExchangeRate.objects.visible_to(user).select_related("loaded_by")
    rates = rates.order_by("-month", "currency")
    filtered = ExchangeRateFilter(request.GET, rates)
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "form": form,
        "problems": problems,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else rates.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_manage": can_manage_plan(user),
    }
    if not valid and status == 200:
        status = 400
    return render(request, "projects/exchange_rates.html", context, status=status)


def _beside_the_form(form: RatesForm, error: InvalidInput) -> list[Problem]:
    """What is wrong with cells of the file is listed; the rest stands beside its field."""
    in_file = [one for one in error.problems if one.row and one.field != "reason"]
    others = [one for one in error.problems if one not in in_file]
    if others:
        add_problems(form, InvalidInput(others))
    else:
        form.add_error("file", _("Nothing was loaded: the file has mistakes."))
    return in_file


def _in_words(loaded: actions.LoadedRates) -> str:
    return _("New rates: %(added)s. Replaced: %(replaced)s. There already: %(unchanged)s.") % {
        "added": loaded.added,
        "replaced": loaded.replaced,
        "unchanged": loaded.unchanged,
    }
