"""What a project may spend, receives and spends: its page, and one transaction."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from habitat_tracker.accounts.models import User
from habitat_tracker.errors import (
    DomainError,
    InvalidInput,
    Problem,
)
from habitat_tracker.fields import plain
from habitat_tracker.paging import page_of
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    visible_or_404,
    whole_number,
)
from projects import actions
from projects.filters import TransactionFilter
from projects.forms import TransactionForm, TransactionsFileForm, WithdrawalForm
from projects.models import BudgetLine, OutcomeShare, Project, Transaction, TransactionFile
from projects.money import budget_warnings, total_of, years_of
from projects.permissions import can_keep_money, can_load_money

# What the list of one project's transactions is narrowed by.
ASKED = ("kind", "year", "donor", "state")


def project_money(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """A project's budget, income and expenditure; managers of its office record more."""
    its_plan = plan_or_404(request, plan)
    user = person(request)
    rows = Project.objects.filter(plan=its_plan).select_related("office", "plan")
    shown: Project = visible_or_404(rows, user, code=code)
    may_keep = can_keep_money(user, shown)
    form, status = TransactionForm(initial=_again(request, shown), plan=its_plan), 200
    if request.method == "POST":
        allow(may_keep, _("Only a manager of the project's office may record money."))
        form = TransactionForm(request.POST, plan=its_plan)
        if form.is_valid() and (recorded := _record(form, shown, user)):
            messages.success(request, _("It is recorded."))
            for warning in recorded.warnings:
                messages.warning(request, warning.message)
            return redirect("projects:money", plan=its_plan.code, code=shown.code)
        status = 400
    moved = Transaction.objects.visible_to(user).filter(project=shown).with_names()
    asked = TransactionFilter(request.GET, moved.order_by("-date", "-pk"), request=request)
    for name in set(asked.form.fields) - set(ASKED):
        del asked.form.fields[name]
    valid = asked.is_valid()
    years = years_of(shown)
    context = {
        "plan": its_plan,
        "project": shown,
        "years": years,
        "total": total_of(years),
        "lines": BudgetLine.objects.at().filter(project=shown)[:200],
        "shares": OutcomeShare.objects.at().filter(project=shown).select_related("outcome"),
        "warnings": budget_warnings([shown]),
        "filter": asked,
        "page": page_of(asked.qs if valid else moved.none(), request),
        "is_filtered": any(request.GET.get(name) for name in ASKED),
        "query": urlencode({name: request.GET[name] for name in ASKED if request.GET.get(name)}),
        "form": form,
        "may_keep": may_keep,
    }
    if not valid and status == 200:
        status = 400
    return render(request, "projects/money.html", context, status=status)


def _record(form: TransactionForm, project: Project, by: Any) -> actions.Recorded | None:
    """What was recorded; None where it was refused, and the form says why."""
    try:
        return actions.record_transaction(project=project, entered=form.entered(), by=by)
    except DomainError as error:
        add_problems(form, error)
    return None


def _again(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What the form begins with where a withdrawn transaction is recorded anew."""
    asked = whole_number(request.GET.get("again", ""), None, digits=18)
    if asked is None:
        return {}
    rows = Transaction.objects.filter(project=project, withdrawn_at__isnull=False, pk=asked)
    held = rows.select_related("prong").first()
    if held is None:
        return {}
    names = ("kind", "date", "currency", "donor", "description", "external_id")
    answers = {None: "", True: "yes", False: "no"}
    return {
        **{name: getattr(held, name) for name in names},
        "amount": plain(held.amount),
        "earmarked": answers[held.earmarked],
        "prong": held.prong.code if held.prong else "",
    }


def load(request: HttpRequest, plan: str) -> HttpResponse:
    """Load a file of income and expenditure, or look at what it would do and confirm that."""
    its_plan = plan_or_404(request, plan)
    user = person(request)
    allow(can_load_money(user), _("Only managers load what projects receive and spend."))
    form, status = TransactionsFileForm(), 200
    problems: list[Problem] = []
    loaded, kept = None, None
    preview = "preview" in request.POST
    if request.method == "POST":
        kept = _kept(request, its_plan, user)
        form, status = TransactionsFileForm(request.POST, request.FILES, kept=kept), 400
        if "kept" in request.POST:
            form.fields["file"].error_messages["required"] = actions.not_kept().message
        if form.is_valid():
            file, reason = form.cleaned_data["file"], form.cleaned_data["reason"]
            try:
                if preview:
                    if file:
                        kept = actions.keep_transaction_file(plan=its_plan, file=file, by=user)
                    assert kept is not None  # else the form asks for a file
                    loaded = actions.preview_transaction_file(kept=kept, by=user, reason=reason)
                elif file:
                    loaded = actions.load_transactions(
                        plan=its_plan, file=file, name=file.name, by=user, reason=reason
                    )
                else:
                    assert kept is not None
                    loaded = actions.load_transaction_file(kept=kept, by=user, reason=reason)
            except InvalidInput as error:
                problems = _beside_the_form(form, error)
                if problems:  # to be corrected, and chosen anew
                    kept = None
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                status, kept = 200, kept if preview else None
        if status == 200:  # what is asked next begins with what is kept
            initial = {"reason": form.cleaned_data["reason"] if kept else ""}
            form = TransactionsFileForm(kept=kept, initial=initial)
    context = {
        "plan": its_plan,
        "form": form,
        "problems": problems,
        "loaded": loaded,
        "preview": preview,
        "kept": kept,
        "columns": actions.TRANSACTION_COLUMNS,
    }
    return render(request, "projects/transactions_load.html", context, status=status)


def _kept(request: HttpRequest, plan: Any, user: User) -> TransactionFile | None:
    """The file that the form names, while its sender keeps it."""
    try:
        key = UUID(request.POST.get("kept", ""))
    except ValueError:
        return None
    return TransactionFile.objects.visible_to(user).filter(plan=plan, pk=key).first()


def _beside_the_form(form: TransactionsFileForm, error: InvalidInput) -> list[Problem]:
    """What is wrong with cells of the file is listed; the rest stands beside its field."""
    in_file = [one for one in error.problems if one.row and one.field != "reason"]
    others = [one for one in error.problems if one not in in_file]
    if others:
        add_problems(form, InvalidInput(others))
    else:
        form.add_error("file", _("Nothing was loaded: the file has mistakes."))
    return in_file


def transaction(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One transaction; managers of the project's office withdraw it with a reason."""
    its_plan = plan_or_404(request, plan)
    user = person(request)
    rows = Transaction.objects.of_plan(its_plan).with_names().select_related("project__plan")
    shown: Transaction = visible_or_404(rows, user, pk=pk)
    may_keep = can_keep_money(user, shown.project)
    form, status = WithdrawalForm(), 200
    if request.method == "POST":
        allow(may_keep, _("Only a manager of the project's office may withdraw it."))
        form, status = WithdrawalForm(request.POST), 400
        if form.is_valid():
            try:
                actions.withdraw_transaction(
                    transaction=shown, reason=form.cleaned_data["reason"], by=user
                )
            except DomainError as error:
                add_problems(form, error)
                status = error.status
            else:
                messages.success(request, _("It is withdrawn and counts no longer."))
                return redirect("projects:transaction", plan=its_plan.code, pk=shown.pk)
    context = {"plan": its_plan, "shown": shown, "form": form, "may_keep": may_keep}
    return render(request, "projects/transaction.html", context, status=status)
