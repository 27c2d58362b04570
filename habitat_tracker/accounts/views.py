"""People and their roles by office, and one's own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from ..errors import DomainError, NotAllowed
from ..paging import page_of
from ..web import add_problems, person, plan_or_404, show_refusal, whole_number
from . import actions
from .choices import Role
from .forms import InviteForm, ProfileForm
from .models import Office, OfficeRole, User
from .permissions import can_manage_people


def people(request: HttpRequest, plan: str) -> HttpResponse:
    """Who holds which role in which office; administrators give and take roles."""
    found = plan_or_404(request, plan)
    user = person(request)
    managed = list(Office.objects.of(user, Role.ADMINISTRATOR))
    form = InviteForm(offices=managed)
    refused: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "invite":
            form = InviteForm(request.POST, offices=managed)
            done = _invite(form, user)
        elif act == "revoke":
            done = _revoke(request, user)
            role, reason = request.POST.get("role", ""), request.POST.get("reason", "")
            refused = {"role": whole_number(role, 0, digits=18), "reason": reason}
        else:
            raise Http404
        if done:
            messages.success(request, done)
            return redirect("setup:people", plan=found.code)
        status = 400
    words, office = request.GET.get("q", "").strip()[:100], request.GET.get("office", "")
    held = OfficeRole.objects.visible_to(user).select_related("user", "office")
    for word in words.split():
        held = held.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    if office:
        held = held.filter(office__path__startswith=get_object_or_404(Office, code=office).path)
    page = page_of(held.order_by("office__path", "user__name", "user__email", "role"), request)
    context = {
        "plan": found,
        "page": page,
        "words": words,
        "office": office,
        "offices": Office.objects.order_by("path"),
        "form": form,
        "refused": refused,
        "may_manage": bool(managed),
        "managed": {one.pk for one in page.rows if can_manage_people(user, one.office)},
    }
    return render(request, "accounts/people.html", context, status=status)


def _invite(form: InviteForm, by: User) -> str:
    """Give a role, making the account where there is none."""
    if not form.is_valid():
        if "office" in form.errors and not form.fields["office"].queryset.exists():  # type: ignore[attr-defined]
            raise NotAllowed(_("Only an administrator of an office may add people to it."))
        return ""
    entered = form.cleaned_data
    try:
        invited = actions.invite_person(
            email=entered["email"],
            name=entered["name"],
            office=entered["office"],
            role=entered["role"],
            by=by,
        )
    except DomainError as error:
        add_problems(form, error)
        return ""
    words = {
        "who": invited,
        "role": Role(entered["role"]).label.lower(),
        "office": entered["office"],
    }
    if invited.has_usable_password():
        return _("%(who)s is now %(role)s in %(office)s.") % words
    return (
        _(
            "%(who)s is now %(role)s in %(office)s. A new account sets its password under "
            "“Forgotten your password?” on the sign-in page."
        )
        % words
    )


def _revoke(request: HttpRequest, by: User) -> str:
    """Take a role away; a refusal is shown at the head of the page."""
    held = get_object_or_404(
        OfficeRole.objects.visible_to(by).select_related("user", "office"),
        pk=whole_number(request.POST.get("role", ""), 0, digits=18),
    )
    said = {
        "who": held.user,
        "role": held.get_role_display().lower(),
        "office": held.office,
    }
    try:
        actions.revoke_role(held=held, by=by, reason=request.POST.get("reason", ""))
    except DomainError as error:
        show_refusal(request, error)
        return ""
    return _("%(who)s is no longer %(role)s in %(office)s.") % said


def profile(request: HttpRequest) -> HttpResponse:
    """One's own name and language, and the roles that one holds."""
    user = person(request)
    language = user.language or translation.get_language() or settings.LANGUAGE_CODE
    initial = {"name": user.name, "language": language, "digest": user.digest}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.save_profile(user=user, **form.cleaned_data)
        translation.activate(user.language)
        messages.success(request, _("Your account was saved."))
        response = redirect("accounts:profile")
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response
    context = {
        "form": form,
        "roles": user.office_roles.select_related("office"),
    }
    return render(request, "accounts/profile.html", context, status=400 if form.errors else 200)
