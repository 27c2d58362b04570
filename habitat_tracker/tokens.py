"""Sign-in of programs with a token.

The framework loads this while it loads itself, so nothing of its views is imported here.
"""

from __future__ import annotations

import binascii
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework import exceptions
from rest_framework.throttling import AnonRateThrottle


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token <token>`; one query a request, and no error on a token that is none.

    Expired tokens of a person are deleted when they sign in, not with each request.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """The account and the token; raises `invalid_token`."""
        try:
            text = token.decode("ascii")
            digest = hash_token(text)
            if not text.isprintable():
                raise ValueError(text)
        except (UnicodeDecodeError, TypeError, ValueError, binascii.Error):
            raise exceptions.AuthenticationFailed(_("The token is not valid.")) from None
        found = (
            AuthToken.objects.select_related("user")
            .filter(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], digest=digest)
            .first()
        )
        if found is None:
            raise exceptions.AuthenticationFailed(_("The token is not valid."))
        if self.has_expired(found):
            raise exceptions.AuthenticationFailed(_("The token has expired."), "token_expired")
        return self.validate_user(found)

    @staticmethod
    def has_expired(token: AuthToken) -> bool:
        """Whether its time is over."""
        return token.expiry is not None and token.expiry < timezone.now()


class SignInThrottle(AnonRateThrottle):
    """Attempts to sign in from one address, besides the limits for one account."""

    scope = "sign_in"
