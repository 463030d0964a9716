"""Signing in through the bureau's identity provider (OpenID Connect), where one is set.

The code flow with PKCE; state, nonce and the keys are Authlib's. Nobody gets an account by it: the provider says who
somebody is, and whether they have an account here, and in which roles, is decided here.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from joserfc.errors import JoseError

from gis_projects.people.actions.identity import UnknownIdentity, account_of
from gis_projects.people.models import SignInMethod
from gis_projects.people.views.signing import signed_in

_NEXT = "_oidc_next"
_BACKEND = "gis_projects.people.backends.Accounts"
_log = logging.getLogger(__name__)


def _client() -> Any:
    if not settings.OIDC_ISSUER:
        raise Http404
    return _registered(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=4)
def _registered(issuer: str, client_id: str, secret: str) -> Any:
    """The client of one provider; its addresses and keys are fetched once."""
    return OAuth().register(
        "provider",
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=client_id,
        client_secret=secret,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    client = _client()
    request.session[_NEXT] = request.GET.get("next", "")[:500]
    back = request.build_absolute_uri(reverse("people:oidc-callback"))
    try:
        answer: HttpResponse = client.authorize_redirect(request, back)
    except (AuthlibBaseError, requests.RequestException, ValueError) as error:
        return _failed(request, error)
    return answer


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, and sign in whoever it is."""
    client = _client()
    try:
        claims = client.authorize_access_token(request)["userinfo"]
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError) as error:
        return _failed(request, error)
    try:
        user = account_of(
            issuer=claims["iss"],
            subject=claims["sub"],
            username=str(claims.get(settings.OIDC_USERNAME_CLAIM, "")),
        )
    except UnknownIdentity:
        messages.error(request, _("统一身份认证已通过，但平台上没有对应的在用账号，请联系管理员开通。"))
        return redirect("people:login")
    wanted = request.session.pop(_NEXT, "")
    login(request, user, backend=_BACKEND)
    signed_in(request, user, SignInMethod.OIDC)
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL))


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """What went wrong is for the log; whoever wanted in may try again, or use a password."""
    _log.warning("sign-in through %s failed: %s: %s", settings.OIDC_ISSUER, type(error).__name__, error)
    messages.error(request, _("统一身份认证没有成功，请重试，或使用用户名和密码登录。"))
    return redirect("people:login")
