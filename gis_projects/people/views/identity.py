"""Signing in through the bureau's identity provider (OpenID Connect), where one is set.

Nobody gets an account by it: the provider says who
somebody is, and whether they have an account here, and in which roles, is decided here.
"""

from __future__ import annotations

import logging

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

from gis_projects.people.actions.identity import UnknownIdentity, account_of
from gis_projects.people.models import SignInMethod
from gis_projects.people.views.signing import signed_in

_NEXT = "_oidc_next"
_BACKEND = "gis_projects.people.backends.Accounts"
_log = logging.getLogger(__name__)


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    _require_provider()
    from gis_projects.people import (
        provider,  # its libraries load for longer than a page; most bureaus have none
    )

    request.session[_NEXT] = request.GET.get("next", "")[:500]
    back = request.build_absolute_uri(reverse("people:oidc-callback"))
    try:
        return provider.sent_to(request, back)
    except provider.ProviderFailed as error:
        return _failed(request, error)


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, and sign in whoever it is."""
    _require_provider()
    from gis_projects.people import provider

    try:
        claims = provider.claims(request)
    except provider.ProviderFailed as error:
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


def _require_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """What went wrong is for the log; whoever wanted in may try again, or use a password."""
    _log.warning("sign-in through %s failed: %s", settings.OIDC_ISSUER, error)
    messages.error(request, _("统一身份认证没有成功，请重试，或使用用户名和密码登录。"))
    return redirect("people:login")
