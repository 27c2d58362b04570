"""The register of partners: the list, how many there are, one of them, and its agreements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from habitat_tracker.accounts.choices import Role
from habitat_tracker.accounts.models import ActivityEntry, Office, User
from habitat_tracker.clock import end_of_day
from habitat_tracker.errors import DomainError, InvalidInput
from habitat_tracker.paging import page_of
from habitat_tracker.web import (
    add_problems,
    allow,
    person,
    plan_or_404,
    show_refusal,
    visible_or_404,
    whole_number,
)
from outcomes.choices import StatedTopic
from outcomes.models import StatedFigure
from projects import actions
from projects.choices import Register
from projects.filters import AgreementFilter, PartnerCountForm, PartnerFilter
from projects.forms import AgreementForm, ContributionForm, MergeForm, PartnerForm, WithdrawForm
from projects.models import (
    Agreement,
    Partner,
    PartnerContribution,
    PartnerFeedback,
    Project,
    Result,
)
from projects.partners import count_partners, preview_merge, similar_partners, usual_window
from projects.permissions import (
    can_add_partner,
    can_change_agreement,
    can_change_partner,
    can_keep_contributions,
)

from .saved_views import kept_views

# Partners that are offered where one is looked for.
MOST_OFFERED = 20
MOST_NAMED = 1_000
MOST_CONTRIBUTIONS = 200
# Agreements that end within so many days are to be renewed or let go.
SOON = 90


@require_safe
def partners(request: HttpRequest, plan: str) -> HttpResponse:
    """The register, searched and filtered, by name; a fixed number of queries."""
    found = plan_or_404(request, plan)
    user = person(request)
    rows = Partner.objects.visible_to(user).filter(plan=found).select_related("country")
    filtered = PartnerFilter(
        request.GET,
        rows.with_numbers(timezone.localdate()).order_by("key", "pk"),
        request=request,
    )
    valid = filtered.is_valid()
    context = {
        "plan": found,
        "filter": filtered,
        "page": page_of(filtered.qs if valid else rows.none(), request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "may_add": can_add_partner(user),
        "count": count_partners(found, *usual_window(found.current)),
        "stated": StatedFigure.objects.visible_to(user).on(found, StatedTopic.PARTNERS),
        "soon": SOON,
        **kept_views(request, found, Register.PARTNERS),
    }
    return render(request, "projects/partners.html", context, status=200 if valid else 400)


@require_safe
def count(request: HttpRequest, plan: str) -> HttpResponse:
    """How many partners have agreements signed within a window, by kind, as of a day."""
    found = plan_or_404(request, plan)
    start, end = usual_window(found.current)
    form = PartnerCountForm(request.GET or None, initial={"start": start, "end": end})
    valid = not form.is_bound or form.is_valid()
    asked = form.cleaned_data if form.is_bound and valid else {}
    start, end = asked.get("start") or start, asked.get("end") or end
    as_of = asked.get("as_of")
    context = {
        "plan": found,
        "form": form,
        "as_of": as_of,
        "count": count_partners(found, start, max(start, end), end_of_day(as_of) if as_of else None)
        if valid
        else None,
        "stated": StatedFigure.objects.visible_to(person(request)).on(found, StatedTopic.PARTNERS),
    }
    return render(request, "projects/partner_count.html", context, status=200 if valid else 400)


def _found(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Partner]:
    its_plan = plan_or_404(request, plan)
    rows = Partner.objects.filter(plan=its_plan).select_related(
        "plan", "country", "merged_into", "thing"
    )
    return its_plan, visible_or_404(rows, request.user, pk=pk)


@require_safe
def partner(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """One partner under all its names: agreements, contributions, answers, joint results."""
    its_plan, shown = _found(request, plan, pk)
    return _show(request, its_plan, shown)


def _show(
    request: HttpRequest,
    plan: Any,
    shown: Partner,
    withdrawing: tuple[Agreement, WithdrawForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    agreements = (
        Agreement.objects.visible_to(user).of_partner(shown).with_names().order_by("-signed", "-pk")
    )
    contributed = (
        PartnerContribution.objects.visible_to(user)
        .standing()
        .of_partner(shown)
        .with_names()
        .order_by("-start", "-pk")
    )
    context = {
        "plan": plan,
        "shown": shown,
        "spellings": list(shown.spellings.order_by("key")),
        "agreements": [(one, can_change_agreement(user, one)) for one in agreements],
        "withdrawing": withdrawing,
        "contributions": contributed[:MOST_CONTRIBUTIONS],
        "usd": contributed.aggregate(all=Sum("usd"))["all"],
        "feedback": PartnerFeedback.objects.visible_to(user)
        .of_partner(shown)
        .filter(answered_at__isnull=False)
        .with_names()
        .order_by("-answered_at", "-pk")[:MOST_CONTRIBUTIONS],
        "joint_results": Result.objects.visible_to(user)
        .joint(shown)
        .listed_with_partners()[:MOST_CONTRIBUTIONS],
        "without_amount": contributed.filter(usd__isnull=True).count(),
        "history": ActivityEntry.objects.about(shown).select_related("actor")[:10],
        "may_change": can_change_partner(user) and shown.merged_into is None,
        "may_add_agreement": can_add_partner(user) and shown.merged_into is None,
    }
    return render(request, "projects/partner.html", context, status=status)


def add(request: HttpRequest, plan: str) -> HttpResponse:
    """Add a partner to the register."""
    found = plan_or_404(request, plan)
    allow(
        can_add_partner(person(request)),
        _("Only reporters and managers of an office may add partners."),
    )
    return _edit(request, found, None)


def change(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Change a partner; a new name changes nothing of what is counted."""
    found, held = _found(request, plan, pk)
    allow(
        can_change_partner(person(request)), _("Only a manager of an office may change partners.")
    )
    return _edit(request, found, held)


def _edit(request: HttpRequest, plan: Any, held: Partner | None) -> HttpResponse:
    user, status = person(request), 200
    seen = held.version if held else 0
    similar: list[Partner] = []
    form = PartnerForm(request.POST or None, held=held)
    if request.method == "POST":
        seen = whole_number(request.POST.get("version", ""), seen)
        if form.is_valid():
            try:
                with transaction.atomic():
                    saved = actions.save_partner(
                        plan=plan,
                        entered=form.entered(),
                        by=user,
                        partner=held,
                        version=seen if held else None,
                        confirm_similar=form.cleaned_data["confirm_similar"],
                    )
            except DomainError as error:
                similar = similar_partners(plan, form.cleaned_data["name"], held)
                add_problems(form, error)
                form.asks_to_confirm = "similar_partner" in codes_of(error)
            else:
                words = _("“%(name)s” was changed.") if held else _("“%(name)s” is registered.")
                messages.success(request, words % {"name": saved.name})
                return redirect("projects:partner", plan=plan.code, pk=saved.pk)
        status = 400
    context = {"plan": plan, "held": held, "form": form, "seen": seen, "similar": similar}
    return render(request, "projects/partner_edit.html", context, status=status)


def codes_of(error: DomainError) -> set[str]:
    """The codes of a refusal, those of every problem."""
    problems = error.problems if isinstance(error, InvalidInput) else []
    return {error.code, *(one.code for one in problems)}


# --- Two that are one ---------------------------------------------------------------------------


def merge(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Say that a partner is another one: choose which, see what is counted then, confirm."""
    found, shown = _found(request, plan, pk)
    user = person(request)
    allow(can_change_partner(user), _("Only a manager of an office may change partners."))
    given = request.POST if request.method == "POST" else request.GET
    others = Partner.objects.visible_to(user).filter(plan=found).select_related("country", "thing")
    chosen = given.get("into", "")
    into = visible_or_404(others, user, pk=whole_number(chosen, 0)) if chosen else None
    form, status = MergeForm(request.POST or None), 200
    if request.method == "POST" and into is not None and form.is_valid():
        try:
            root = actions.merge_partners(
                partner=shown,
                into=into,
                by=user,
                reason=form.cleaned_data["reason"],
                preview=request.POST.get("preview", ""),
            )
        except DomainError as error:
            add_problems(form, error)
            status = error.status
        else:
            words = _("“%(name)s” and “%(root)s” count as one from now on.")
            messages.success(request, words % {"name": shown.name, "root": root.name})
            return redirect("projects:partner", plan=found.code, pk=root.pk)
    preview = None
    if into is not None and shown.merged_into is None:
        try:
            preview = preview_merge(shown, into)
        except DomainError as error:
            into = None
            show_refusal(request, error)
    words = request.GET.get("q", "").strip()[:200]
    offered: list[Partner] = []
    if into is None and words:
        rows = others.counting().search(words).exclude(pk=shown.pk).order_by("key", "pk")
        offered = list(rows[:MOST_OFFERED])
    elif into is None:
        offered = similar_partners(found, shown.name, shown)
    context = {
        "plan": found,
        "shown": shown,
        "into": into,
        "form": form,
        "offered": offered,
        "words": words,
        "preview": preview,
    }
    return render(request, "projects/partner_merge.html", context, status=status)


# --- Agreements --------------------------------------------------------------------------------


@require_safe
def agreements(request: HttpRequest, plan: str) -> HttpResponse:
    """Agreements of all partners, the last signed first; of those that end soon the first to end.

    A fixed number of queries.
    """
    found = plan_or_404(request, plan)
    user = person(request)
    rows = Agreement.objects.visible_to(user).of_plan(found).with_names()
    filtered = AgreementFilter(request.GET, rows.order_by("-signed", "-pk"), request=request)
    its_partner = filtered.form.fields["partner"]
    its_partner.widget = its_partner.hidden_widget()
    valid = filtered.is_valid()
    asked = filtered.form.cleaned_data
    shown = filtered.qs if valid else rows.none()
    if valid and asked["ending_within"] is not None:
        shown = shown.order_by("end", "pk")
    context = {
        "plan": found,
        "filter": filtered,
        "partner": asked.get("partner"),
        "page": page_of(shown, request),
        "is_filtered": any(request.GET.get(name) for name in filtered.filters),
        "soon": SOON,
        **kept_views(request, found, Register.AGREEMENTS),
    }
    return render(request, "projects/agreements.html", context, status=200 if valid else 400)


def agreement_add(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Add an agreement with a partner, of an office that one reports for or manages."""
    found, its_partner = _found(request, plan, pk)
    offices = list(Office.objects.of(person(request), Role.REPORTER, Role.MANAGER))
    allow(bool(offices), _("Only reporters and managers of an office may add its agreements."))
    return _edit_agreement(request, found, its_partner, None, offices)


def agreement_change(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Change an agreement."""
    found, held = _agreement(request, plan, pk)
    user = person(request)
    allow(
        can_change_agreement(user, held),
        _("Only a manager of the agreement's office may change it."),
    )
    offices = list(Office.objects.of(user, Role.REPORTER, Role.MANAGER))
    return _edit_agreement(request, found, held.partner, held, offices)


def _agreement(request: HttpRequest, plan: str, pk: int) -> tuple[Any, Agreement]:
    its_plan = plan_or_404(request, plan)
    rows = Agreement.objects.of_plan(its_plan).with_names()
    return its_plan, visible_or_404(rows, request.user, pk=pk)


def _edit_agreement(
    request: HttpRequest,
    plan: Any,
    its_partner: Partner,
    held: Agreement | None,
    offices: list[Office],
) -> HttpResponse:
    user, status = person(request), 200
    seen = held.version if held else 0
    initial = {"office": offices[0].code} if len(offices) == 1 else {}
    form = AgreementForm(request.POST or None, offices=offices, held=held, initial=initial)
    if request.method == "POST":
        seen = whole_number(request.POST.get("version", ""), seen)
        if form.is_valid():
            try:
                with transaction.atomic():
                    actions.save_agreement(
                        partner=its_partner,
                        entered=form.entered(),
                        by=user,
                        agreement=held,
                        version=seen if held else None,
                        reason=form.cleaned_data.get("reason", ""),
                    )
            except DomainError as error:
                add_problems(form, error)
            else:
                messages.success(request, _("The agreement is kept."))
                return redirect("projects:partner", plan=plan.code, pk=_shown_at(its_partner))
        status = 400
    context = {"plan": plan, "partner": its_partner, "held": held, "form": form, "seen": seen}
    return render(request, "projects/agreement_edit.html", context, status=status)


def _shown_at(its_partner: Partner) -> int:
    """The page that an agreement is shown on: that of the partner that counts."""
    return its_partner.merged_into_id or its_partner.pk


@require_POST
def agreement_withdraw(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Withdraw an agreement that was entered by mistake, with the reason."""
    found, held = _agreement(request, plan, pk)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            actions.withdraw_agreement(
                agreement=held,
                reason=form.cleaned_data["reason"],
                by=person(request),
                version=whole_number(request.POST.get("version", ""), held.version),
            )
        except DomainError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("“%(title)s” was withdrawn.") % {"title": held.title})
            return redirect("projects:partner", plan=found.code, pk=_shown_at(held.partner))
    its_partner = held.partner.merged_into or held.partner
    return _show(request, found, its_partner, (held, form), 400)


# --- What partners contribute to projects -------------------------------------------------------


def contribution_add(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """Say what a partner contributes to a project."""
    its_plan = plan_or_404(request, plan)
    rows = Project.objects.select_related("plan", "office").filter(plan=its_plan)
    its_project = visible_or_404(rows, request.user, code=code)
    return _edit_contribution(request, its_plan, its_project, None)


def _contribution(request: HttpRequest, plan: str, pk: int) -> tuple[Any, PartnerContribution]:
    its_plan = plan_or_404(request, plan)
    rows = PartnerContribution.objects.filter(project__plan=its_plan).select_related(
        "project__office", "project__plan", "partner"
    )
    return its_plan, visible_or_404(rows, request.user, pk=pk)


def contribution_change(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Change what a partner contributes, or withdraw it."""
    its_plan, held = _contribution(request, plan, pk)
    return _edit_contribution(request, its_plan, held.project, held)


def _edit_contribution(
    request: HttpRequest,
    plan: Any,
    its_project: Project,
    held: PartnerContribution | None,
    withdrawing: WithdrawForm | None = None,
) -> HttpResponse:
    user = person(request)
    allow(
        can_keep_contributions(user, its_project),
        _("Only reporters and managers of the project's office say what partners contribute."),
    )
    seen = held.version if held else 0
    is_sent = request.method == "POST" and withdrawing is None
    form = ContributionForm(request.POST if is_sent else None, project=its_project, held=held)
    if is_sent:
        seen = whole_number(request.POST.get("version", ""), seen)
        if form.is_valid() and _save_contribution(form, user, its_project, held, seen):
            messages.success(request, _("The contribution is kept."))
            return _to_project(plan, its_project)
    context = {
        "plan": plan,
        "project": its_project,
        "held": held,
        "form": form,
        "seen": seen,
        "withdrawing": withdrawing or WithdrawForm(),
        "names": Partner.objects.counting()
        .filter(plan=plan)
        .order_by("key")
        .values_list("name", flat=True)[:MOST_NAMED],
    }
    status = 200 if request.method != "POST" else 400
    return render(request, "projects/contribution_edit.html", context, status=status)


def _save_contribution(
    form: ContributionForm,
    by: User,
    its_project: Project,
    held: PartnerContribution | None,
    seen: int,
) -> bool:
    """Whether it was saved; where it was refused the form says why."""
    try:
        with transaction.atomic():
            actions.save_contribution(
                project=its_project,
                entered=form.entered(),
                by=by,
                contribution=held,
                version=seen if held else None,
            )
    except DomainError as error:
        add_problems(form, error)
    else:
        return True
    return False


def _to_project(plan: Any, its_project: Project) -> HttpResponse:
    where = reverse("projects:project", args=[plan.code, its_project.code])
    return redirect(f"{where}#partners")


@require_POST
def contribution_withdraw(request: HttpRequest, plan: str, pk: int) -> HttpResponse:
    """Withdraw a contribution that was entered by mistake, with the reason."""
    its_plan, held = _contribution(request, plan, pk)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            actions.withdraw_contribution(
                contribution=held,
                reason=form.cleaned_data["reason"],
                by=person(request),
                version=whole_number(request.POST.get("version", ""), held.version),
            )
        except DomainError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("The contribution was withdrawn."))
            return _to_project(its_plan, held.project)
    return _edit_contribution(request, its_plan, held.project, held, form)
