"""Tokens: how a program comes in, in its owner's name and with less than its owner may.

A token travels in the ``Authorization`` header only: as ``Bearer``, or as the password of ``Basic`` beside
its owner's user name, which is what QGIS and GDAL know. In an address it would end up in logs, histories and
links, so it is not read there. Whoever is signed in by a session is that session's user, whatever header a
server in front may add.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from gis_projects import problems
from gis_projects.people.actions import tokens as actions
from gis_projects.people.models import AccessToken, User
from gis_projects.people.permissions import Permission

# Browsers ask for a name and a password at "Basic", in a window of their own, in the middle of the map.
CHALLENGE = 'Bearer realm="gis-projects"'
_MAX_HEADER = 1000


class TokenRefused(Exception):
    """No token of ours, or one that works no more; ``wait`` (seconds) after too many of them."""

    def __init__(self, wait: int | None = None) -> None:
        self.wait = wait
        self.status = 401 if wait is None else 429
        super().__init__(
            _("令牌无效、已到期或已撤销。") if wait is None else _("无效令牌的请求过多，请稍后再试。")
        )


def authenticate(request: HttpRequest) -> User | None:
    """The owner of the token in the request's header, limited to what the token lets through.

    None where the request brings no name and no token.

    Raises
    ------
    TokenRefused
        It brings something else than a token that works.
    """
    header = request.headers.get("Authorization", "")
    scheme, _space, content = header.partition(" ")
    if scheme.lower() not in ("bearer", "basic"):
        return None
    name, word = _read(scheme.lower(), content.strip()) if len(header) <= _MAX_HEADER else (None, "")
    token = (
        AccessToken.objects.select_related("user").filter(digest=actions.token_digest(word)).first()
        if word
        else None
    )
    if (
        token is None
        or not token.works
        or not token.user.is_active
        or name not in (None, token.user.username)
    ):
        raise _refusal(request, name, word)
    actions.note_token_use(token=token, now=timezone.now())
    user = token.user
    user.limited_to = frozenset(Permission(scope) for scope in token.scopes)
    return user


def _read(scheme: str, content: str) -> tuple[str | None, str]:
    """The user name (None with a bearer token) and the token; an empty token where there is none."""
    if scheme == "bearer":
        return None, content
    try:
        name, _colon, word = base64.b64decode(content, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, no UTF-8
        return None, ""
    return name, word


def _refusal(request: HttpRequest, name: str | None, word: str) -> TokenRefused:
    """Count the failure by the claimed name or token and the address; after a few of them look no more.

    Only failures are counted and held up: 256 bits can't be guessed, so a token that works always does.
    """
    claimed = name if name is not None else word[: actions.TOKEN_PREFIX_LENGTH]
    credentials = {"username": f"token:{claimed}"[:255].replace("\0", "")}
    AxesProxyHandler.update_request(request)
    if AxesProxyHandler.is_allowed(request, credentials):
        user_login_failed.send(sender=__name__, request=request, credentials=credentials)
        # The middleware would answer with the sign-in page's words.
        request.axes_locked_out = False  # type: ignore[attr-defined]
        return TokenRefused()
    cool_off = get_cool_off(request)
    return TokenRefused(int(cool_off.total_seconds()) if cool_off else 3600)


class PersonalToken(authentication.BaseAuthentication):
    """The API's way to take a token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        try:
            user = authenticate(request._request)
        except TokenRefused as refusal:
            if refusal.wait is not None:
                raise exceptions.Throttled(refusal.wait, str(refusal)) from refusal
            raise exceptions.AuthenticationFailed(str(refusal)) from refusal
        return None if user is None else (user, None)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def accepted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that takes a token as well as a session; refusals are problem documents."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse
        if "Authorization" in request.headers and not request.user.is_authenticated:
            try:
                user = authenticate(request)
            except TokenRefused as refusal:
                response = problems.response(refusal.status, str(refusal))
                if refusal.wait is not None:
                    response["Retry-After"] = str(refusal.wait)
            else:
                if user is not None:
                    request.user = user
                response = view(request, *args, **kwargs)
        else:
            response = view(request, *args, **kwargs)
        if response.status_code == 401:
            response["WWW-Authenticate"] = CHALLENGE
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    return asked
