"""What every page shares: sign-in, the two checks on access, refusals, and the plan at hand.

Views ask `visible_or_404` for rows and `allow` for abilities; a `DomainError` that a view
does not show itself becomes a page (or an htmx message) with its words and status. The plan
is named by the address (`/plans/<plan>/...`) and found with `plan_or_404`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import structlog
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from .accounts.choices import Role
from .accounts.models import User
from .accounts.permissions import has_role_anywhere
from .errors import DomainError, InvalidInput, NotAllowed, VersionConflict

logger = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=models.Model)
Otherwise = TypeVar("Otherwise", int, None)


# --- Every request and answer ------------------------------------------------------------


class ReadableAddress:
    """No address (404), query or cookie (400) holds NUL, which PostgreSQL takes in no text.

    The API refuses it in a query itself, and names the parameter.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path:
            raise Http404
        sent = list(request.COOKIES.values())
        if not _is_api(request):
            sent += [value for _name, values in request.GET.lists() for value in values]
        if any("\0" in text for text in sent):
            raise SuspiciousOperation("NUL in the query or a cookie")
        return self.get_response(request)


class NotKept:
    """What is shown depends on who asks and moves: no cache keeps it without asking again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response


# --- The two checks, and refusals --------------------------------------------------------


class SignInRequired(LoginRequiredMiddleware):
    """Every page needs an account, unless its view says `login_not_required`.

    A partial request of a page that was signed out meanwhile is told so and swaps nothing, so
    that what was typed stays on the page.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if is_partial(request) or wants_json(request):
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)


class Asked(Protocol):
    """A request of a page or of the API."""

    @property
    def user(self) -> Any: ...


def person(request: Asked) -> User:
    """Who is signed in; every page and endpoint but the way in asks for it."""
    assert isinstance(request.user, User)
    return request.user


def visible_or_404(rows: Any, user: Any, **lookup: Any) -> Any:
    """The row that the user may see; what is not visible does not exist (404).

    `rows` is a queryset with `visible_to`.
    """
    return get_object_or_404(rows.visible_to(user), **lookup)


def allow(allowed: bool, message: str = "") -> None:
    """Go on only if a predicate of `permissions.py` said yes; else 403 with the message."""
    if not allowed:
        raise NotAllowed(message or _("You may see this, but your role does not let you do that."))


def whole_number(text: str, otherwise: Otherwise, digits: int = 9) -> int | Otherwise:
    """A number as an address or form has it, of so many digits at most (a key has 18)."""
    is_one = text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if is_one else otherwise


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of a page asks, which reads refusals as JSON."""
    return request.headers.get("Accept", "").startswith("application/json")


class ShowRefusals:
    """A refused rule is shown in its own words with its status; nothing was changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for a `DomainError` that the view did not show itself."""
        return refusal(request, error) if isinstance(error, DomainError) else None


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page (for htmx a message in its place, for scripts JSON) that says why it was refused."""
    if wants_json(request):
        body = {"code": error.code, "message": str(error.message), "problems": []}
        return JsonResponse(body, status=error.status)
    if is_partial(request):
        response = render(request, "_message.html", {"message": error.message}, status=error.status)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML"
        response["X-Message"] = quote(str(error.message))
        return response
    problems = error.problems if isinstance(error, InvalidInput) else []
    context = {"message": error.message, "problems": problems[1:], "code": error.code}
    return render(request, "refused.html", context, status=error.status)


def show_refusal(request: HttpRequest, error: DomainError) -> None:
    """Put the words of a refusal at the head of the next page that is shown.

    Who may not do it at all gets the page that says so.
    """
    if isinstance(error, NotAllowed):
        raise error
    messages.error(request, str(error.message))


def add_problems(form: BaseForm, error: DomainError) -> None:
    """Put each problem of a refusal beside its field; what has no field stands above the form.

    Who may not do it at all gets the page that says so.
    """
    if isinstance(error, NotAllowed):
        raise error
    if isinstance(error, VersionConflict):
        form.add_error(None, _("%(why)s Your text is kept.") % {"why": error.message})
        return
    if not isinstance(error, InvalidInput):
        form.add_error(None, str(error.message))
        return
    for problem in error.problems:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)


# --- Errors --------------------------------------------------------------------------------


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 in the site's layout."""
    if _is_api(request) or wants_json(request):
        message = _("There is nothing at this address.")
        return JsonResponse({"code": "not_found", "message": message, "problems": []}, status=404)
    # Http404("...") carries words for the reader; what the resolver raises is a dictionary.
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "404.html", {"message": said}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a reference that the log has too, and nothing else of what went wrong.

    Asks nothing of the database or the session, which may be what failed.
    """
    reference = secrets.token_hex(4).upper()
    logger.error("page failed", reference=reference, path=request.path, exc_info=True)
    if _is_api(request):
        body = {"code": "server_error", "message": _("Something failed."), "problems": []}
        return JsonResponse(body | {"reference": reference}, status=500)
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or sent from elsewhere: say what to do."""
    if wants_json(request):
        message = _("You signed in again meanwhile.")
        body = {"code": "csrf_failed", "message": message, "problems": []}
        return JsonResponse(body, status=403)
    return render(request, "csrf_failure.html", status=403)


# --- The plan and the frame ----------------------------------------------------------------


def plans_of(request: HttpRequest) -> list[Any]:
    """The plans that a user may open, the newest real one first; one query a request.

    Each has its dates and settings that count now in `current`. A plan that is known by name
    only (a predecessor) has none and is not listed.
    """
    if not hasattr(request, "_plans"):
        plans: list[Any] = []
        if request.user.is_authenticated and request.user.is_active:
            revisions = apps.get_model("plans", "PlanRevision").objects.at(None)
            for revision in revisions.select_related("plan").order_by(
                "plan__is_demonstration", "-plan__code"
            ):
                plan: Any = revision.plan
                plan.current = revision
                plans.append(plan)
        request._plans = plans  # type: ignore[attr-defined]
    return request._plans  # type: ignore[attr-defined]


def plan_or_404(request: HttpRequest, code: str) -> Any:
    """The plan that the address names, with its dates and settings in `current`."""
    for plan in plans_of(request):
        if plan.code == code:
            return plan
    raise Http404(_("There is no plan “%(code)s”.") % {"code": code})


def may_set_up(user: Any) -> bool:
    """Managers and administrators of any office find something to do under Set-up."""
    return has_role_anywhere(user, Role.MANAGER, Role.ADMINISTRATOR)
