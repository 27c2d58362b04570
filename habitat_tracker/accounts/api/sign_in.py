"""Sign-in for programs: e-mail and password for a token that ends by itself."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ...drf import StrictSerializer
from ...tokens import SignInThrottle, TokenAuthentication
from ...web import person
from ..actions import record_own_act


class Credentials(StrictSerializer):
    """Who signs in."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, style={"input_type": "password"}
    )


class Token(serializers.Serializer[Any]):
    """The token, shown this once, and until when it is good."""

    token = serializers.CharField()
    expiry = serializers.DateTimeField()


class SignIn(APIView):
    """Sign in: a token for the header `Authorization: Token <token>`.

    The token is shown only now; the server keeps no more than its hash.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle,)

    def get_authenticate_header(self, request: Request) -> str:
        """A wrong password is 401, as everywhere."""
        return str(knox_settings.AUTH_HEADER_PREFIX)

    @extend_schema(request=Credentials, responses={200: Token}, operation_id="sign_in", auth=[])
    def post(self, request: Request) -> Response:
        """E-mail address and password for a token, shown only now: `Authorization: Token <token>`.

        Failed attempts are limited together with those on the page.
        """
        given = Credentials(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            user: Any = get_adapter().authenticate(
                request._request,
                email=given.validated_data["email"],
                password=given.validated_data["password"],
            )
        except ValidationError:
            raise exceptions.Throttled(
                detail=_("Too many failed attempts to sign in; try again later.")
            ) from None
        if user is None or not user.is_active:
            raise exceptions.AuthenticationFailed(
                _("The e-mail address or the password is wrong."), "wrong_credentials"
            )
        AuthToken.objects.filter(user=user, expiry__lt=timezone.now()).delete()
        kept, text = AuthToken.objects.create(user=user, expiry=knox_settings.TOKEN_TTL)
        record_own_act(user=user, verb="made a token")
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        response = Response(Token({"token": text, "expiry": kept.expiry}).data)
        response["Cache-Control"] = "no-store"
        return response


class _WithToken(APIView):
    """Asks for the token that is to end."""

    authentication_classes = (TokenAuthentication,)


class SignOut(_WithToken):
    """Sign out: the token of this request is good no more."""

    @extend_schema(request=None, responses={204: None}, operation_id="sign_out")
    def post(self, request: Request) -> Response:
        """The token of this request is good no more."""
        request.auth.delete()
        record_own_act(user=person(request), verb="ended a token")
        user_logged_out.send(sender=type(request.user), request=request._request, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignOutEverywhere(_WithToken):
    """Sign out everywhere: no token of this account is good any more."""

    @extend_schema(request=None, responses={204: None}, operation_id="sign_out_everywhere")
    def post(self, request: Request) -> Response:
        """No token of this account is good any more."""
        AuthToken.objects.filter(user=request.user).delete()
        record_own_act(user=person(request), verb="ended all tokens")
        user_logged_out.send(sender=type(request.user), request=request._request, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
