"""How people get in: accounts are made by an office's administrator, never by sign-up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from knox.models import AuthToken

from .accounts.actions import record_own_act


class StaffAccountAdapter(DefaultAccountAdapter):
    """Sign-in by e-mail for accounts that exist already."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    @transaction.atomic
    def set_password(self, user: Any, password: str) -> None:
        """A new password ends the tokens given for the old one, as it ends other sessions."""
        super().set_password(user, password)
        AuthToken.objects.filter(user=user).delete()
        record_own_act(user=user, verb="changed password")


def no_such_page(request: HttpRequest, key: str = "") -> HttpResponse:
    """Nobody changes the address of their account: an invitation finds people by it."""
    raise Http404
