"""Views of registers: kept under a name, and removed; shown on the register's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from habitat_tracker.errors import InvalidInput
from habitat_tracker.web import person, plan_or_404, show_refusal, visible_or_404
from projects import actions
from projects.choices import Register
from projects.models import SavedView

PAGES = {
    Register.PROJECTS: "projects:register",
    Register.DELIVERABLES: "projects:deliverables",
    Register.PARTNERS: "projects:partners",
    Register.RISKS: "projects:risks",
    Register.COUNTRIES: "reporting:countries",
    Register.AGREEMENTS: "projects:agreements",
}


def kept_views(request: HttpRequest, plan: Any, register: Register) -> dict[str, Any]:
    """What `_views.html` shows: the filters, and the views that one keeps; one query."""
    views = list(
        SavedView.objects.visible_to(person(request))
        .filter(plan=plan, register=register)
        .order_by("name")
    )
    query = request.GET.urlencode()
    return {
        "query": query,
        "views": views,
        "register": register.value,
        "register_page": PAGES[register],
        "shown_view": next((one.pk for one in views if one.query == query), None),
    }


@require_POST
def save(request: HttpRequest, plan: str) -> HttpResponse:
    """Keep the filters that the page was asked with; back to the page."""
    found = plan_or_404(request, plan)
    register = _register(request.POST.get("register", ""))
    query = request.POST.get("query", "")
    try:
        view = actions.save_view(
            plan=found,
            register=register,
            name=request.POST.get("name", ""),
            query=query,
            by=person(request),
        )
    except InvalidInput as error:
        show_refusal(request, error)
        return redirect(f"{reverse(PAGES[register], args=[found.code])}?{query[:2000]}")
    messages.success(request, _("“%(name)s” is kept.") % {"name": view.name})
    return redirect(f"{reverse(PAGES[register], args=[found.code])}?{view.query}")


@require_POST
def remove(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Forget one of one's own views; back to the register."""
    found = plan_or_404(request, plan)
    view = visible_or_404(SavedView.objects.filter(plan=found), request.user, pk=pk)
    register, name = _register(view.register), view.name
    actions.remove_view(view=view, by=person(request))
    messages.success(request, _("“%(name)s” was removed.") % {"name": name})
    return redirect(PAGES[register], plan=found.code)


def _register(name: str) -> Register:
    try:
        return Register(name)
    except ValueError:
        raise Http404 from None
