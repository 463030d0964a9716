"""Sign-in through an identity provider: a real one, on this machine, with codes, PKCE and signed tokens."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from gis_projects.people.models import SignIn, User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.people import user_of
from tests.integration.people.provider import CLIENT, SECRET, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    with running() as found:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
            found.issuer,
            CLIENT,
            SECRET,
        )
        found.person = {"sub": "u-1", "preferred_username": "planner"}
        yield found


def walk(client=None, **query):
    """What a browser does: to the provider, and back with its answer."""
    client = client or Client()
    sent = client.get("/accounts/oidc/", query)
    assert sent.status_code == 302
    back = requests.get(sent.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    address = urlsplit(back)
    return client, client.get(f"{address.path}?{address.query}")


def test_who_has_an_account_comes_in_and_is_bound_to_the_subject(provider):
    planner = user_of(Role.PLANNER)
    client, answer = walk(next="/regions/")
    assert answer.headers["Location"] == "/regions/"
    assert client.get("/regions/").status_code == 200
    assert SignIn.objects.get().method == "oidc"
    planner.refresh_from_db()
    assert planner.external_subject == f"{provider.issuer} u-1"
    walk()
    assert Step.objects.filter(verb="people.bind_identity").count() == 1
    # somebody else who is given that name there later doesn't get this account
    provider.person = {"sub": "u-2", "preferred_username": "planner"}
    client, answer = walk()
    assert answer.headers["Location"] == "/accounts/login/"
    assert client.get("/regions/").status_code == 302
    # and whose name changed there keeps it
    provider.person = {"sub": "u-1", "preferred_username": "renamed"}
    client, _answer = walk()
    assert client.get("/regions/").status_code == 200


def test_nobody_gets_an_account_by_it(provider):
    provider.person = {"sub": "u-9", "preferred_username": "stranger"}
    client, answer = walk()
    assert "没有对应的在用账号" in client.get(answer.headers["Location"]).content.decode()
    user_of(Role.PLANNER, is_active=False)
    provider.person = {"sub": "u-1", "preferred_username": "planner"}
    client, _answer = walk()
    assert client.get("/regions/").status_code == 302
    assert User.objects.count() == 1


@pytest.mark.parametrize("fault", ["denied", "signature", "nonce", "expired", "audience"])
def test_an_answer_that_is_not_right_lets_nobody_in(provider, fault, caplog):
    user_of(Role.PLANNER)
    provider.fault = fault
    client, answer = walk()
    assert answer.headers["Location"] == "/accounts/login/"
    assert client.get("/regions/").status_code == 302
    assert provider.issuer in caplog.text


def test_an_answer_for_another_browser_is_refused(provider):
    user_of(Role.PLANNER)
    sent = Client().get("/accounts/oidc/")
    back = requests.get(sent.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    other = Client()
    answer = other.get(f"/accounts/oidc/callback/?{urlsplit(back).query}")
    assert answer.headers["Location"] == "/accounts/login/"
    assert other.get("/regions/").status_code == 302


def test_it_never_leads_to_another_host(provider):
    user_of(Role.PLANNER)
    _client, answer = walk(next="https://elsewhere.example/")
    assert answer.headers["Location"] == "/desk/"


def test_a_provider_that_is_not_there_is_said(settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    client = Client()
    answer = client.get("/accounts/oidc/")
    assert "没有成功" in client.get(answer.headers["Location"]).content.decode()


def test_it_is_off_unless_set_and_shown_where_it_is(client, settings):
    assert client.get("/accounts/oidc/").status_code == 404
    assert client.get("/accounts/oidc/callback/").status_code == 404
    assert "/accounts/oidc/" not in client.get("/accounts/login/").content.decode()
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert "/accounts/oidc/" in client.get("/accounts/login/").content.decode()
