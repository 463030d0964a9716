"""The bureau's identity provider: OpenID Connect's code flow with PKCE; state, nonce and the keys are Authlib's."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError

_FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError)


class ProviderFailed(Exception):
    """The provider couldn't be reached, or its answer isn't to be believed; the text is for the log."""


def sent_to(request: HttpRequest, back: str) -> HttpResponse:
    """Return the answer that sends the browser to the provider, which sends it ``back``."""
    try:
        answer: HttpResponse = _client().authorize_redirect(request, back)
    except _FAILURES as error:
        raise ProviderFailed(f"{type(error).__name__}: {error}") from error
    return answer


def claims(request: HttpRequest) -> dict[str, Any]:
    """Return what the provider says of who comes back from it, its signature and nonce verified."""
    try:
        found: dict[str, Any] = _client().authorize_access_token(request)["userinfo"]
    except _FAILURES as error:
        raise ProviderFailed(f"{type(error).__name__}: {error}") from error
    return found


def _client() -> Any:
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
