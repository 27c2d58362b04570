"""Who brought about a result together with UN-Habitat."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from projects import actions
from projects.forms import CoDeliveryForm, in_their_rows
from projects.models import Partner, Result
from projects.permissions import can_report

MOST_NAMED = 1_000


@require_http_methods(["GET", "HEAD", "POST"])
def co_delivery(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say who leads, which partners took part, what each did, and whose share is how much."""
    found = plan_or_404(request, plan)
    rows = Result.objects.of_plan(found).with_names().with_co_delivery()
    shown = visible_or_404(rows, request.user, pk=pk)
    user, status = person(request), 200
    allow(
        can_report(user, shown.line.project),
        _("Only a reporter of this project's office may say who delivered its results."),
    )
    form = CoDeliveryForm(
        request.POST if request.method == "POST" else None,
        plan=found,
        held=list(shown.co_deliverers.all()),
        version=shown.version,
    )
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said, places = form.entered()
            try:
                with transaction.atomic():
                    actions.set_co_delivery(
                        result=shown, said=said, by=user, version=form.cleaned_data["version"]
                    )
            except DomainError as error:
                add_problems(form, in_their_rows(error, places))
                status = error.status
            else:
                messages.success(request, _("Who delivered it is kept."))
                where = reverse("projects:result", args=[found.code, shown.pk])
                return redirect(f"{where}#delivered")
    names = Partner.objects.counting().filter(plan=found).order_by("key")
    context = {
        "plan": found,
        "result": shown,
        "line": shown.line,
        "project": shown.line.project,
        "form": form,
        "names": names.values_list("name", flat=True)[:MOST_NAMED],
    }
    return render(request, "projects/co_delivery.html", context, status=status)
