"""Which projects apply a product: saying it, and withdrawing what was said by mistake."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.permissions import has_role_anywhere
from habitat_tracker.errors import DomainError
from habitat_tracker.web import add_problems, allow, person, plan_or_404, visible_or_404
from projects import actions
from projects.forms import ApplicationForm, WithdrawForm
from projects.models import Deliverable, ProductApplication
from projects.permissions import can_apply_products

from .deliverables import projects_offered

READ_AND_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_AND_SEND)
def apply(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say that a project applies a product; the address may name the project."""
    found = plan_or_404(request, plan)
    product = visible_or_404(Deliverable.objects.of_plan(found), request.user, pk=pk)
    user, status = person(request), 200
    allow(
        has_role_anywhere(user, Role.REPORTER) or user.is_superuser,
        _("Reporters of an office say which products its projects apply."),
    )
    if request.method == "POST":
        form = ApplicationForm(request.POST, plan=found)
        status = 400
        if form.is_valid() and _applied(form, product, user):
            words = _("%(project)s applies “%(title)s”.")
            named = {"project": form.cleaned_data["project"].code, "title": product.title}
            messages.success(request, words % named)
            return redirect("projects:deliverable", plan=found.code, pk=product.pk)
    else:
        form = ApplicationForm(
            plan=found, initial={"project": request.GET.get("project", "")[:40].replace("\0", "")}
        )
    context = {
        "plan": found,
        "product": product,
        "form": form,
        "offered": projects_offered(user, found),
    }
    return render(request, "projects/application_add.html", context, status=status)


def _applied(form: ApplicationForm, product: Deliverable, by: Any) -> bool:
    """Whether it was stored; where it was refused the form says why."""
    entered = form.cleaned_data
    try:
        with transaction.atomic():
            actions.apply_product(
                deliverable=product,
                project=entered["project"],
                how=entered["how"],
                since=entered["since"],
                by=by,
            )
    except DomainError as error:
        add_problems(form, error)
        return False
    return True


@require_http_methods(READ_AND_SEND)
def withdraw(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Withdraw, with the reason, that a project applies a product."""
    found = plan_or_404(request, plan)
    rows = ProductApplication.objects.filter(project__plan=found).with_names()
    held = visible_or_404(rows, request.user, pk=pk)
    user, status = person(request), 200
    allow(
        can_apply_products(user, held.project),
        _("Only a reporter of the applying project's office may say this."),
    )
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_application(
                application=held, reason=form.cleaned_data["reason"], by=user
            )
        except DomainError as error:
            add_problems(form, error)
            status = error.status
        else:
            messages.success(request, _("It was withdrawn."))
            return redirect("projects:deliverable", plan=found.code, pk=held.deliverable_id)
    context = {"plan": found, "held": held, "form": form}
    return render(request, "projects/application_withdraw.html", context, status=status)
