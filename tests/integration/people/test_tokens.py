"""Tokens: made by their owner, shown once, limited to reading, and ended at once."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.people import tokens
from gis_projects.people.actions import tokens as actions
from gis_projects.people.actions import users
from gis_projects.people.models import MAX_TOKEN_DAYS, AccessToken, TokenScope
from gis_projects.people.permissions import Permission, Role, has
from gis_projects.trail.models import Step
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


def bearer(word):
    return {"authorization": f"Bearer {word}"}


def basic(name, word):
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode()}


def asked(headers):
    return tokens.authenticate(RequestFactory().get("/", headers=headers))


@pytest.fixture
def planner():
    return user_of(Role.PLANNER)


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)


def test_only_the_digest_is_kept_and_the_trail_tells_neither(planner):
    token, word = actions.create_token(by=planner, name="QGIS")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM people_accesstoken t UNION ALL SELECT s::text FROM trail_step s")
        rows = [row for (row,) in cursor.fetchall()]
    assert len(rows) == 2
    secret = word.removeprefix(token.prefix)
    assert len(secret) > 40
    assert not any(secret in row for row in rows)
    step = Step.objects.get()
    assert (step.verb, step.subject, step.actor) == (
        "people.create_token", f"people.token:{token.prefix}", "planner",
    )  # fmt: skip
    assert token.expires_at - token.created_at == timedelta(days=90)


@pytest.mark.parametrize("headers", [lambda word: bearer(word), lambda word: basic("planner", word)])
def test_the_owner_comes_in_by_either_header_with_no_more_than_reading(planner, headers):
    _token, word = actions.create_token(by=planner, name="QGIS")
    user = asked(headers(word))
    assert user == planner
    allowed = {permission for permission in Permission if has(user, permission)}
    assert allowed == {Permission.READ_LAYERS}
    with pytest.raises(PermissionDenied):
        actions.create_token(by=user, name="another")


def test_a_request_without_a_token_is_nobodys():
    assert asked({}) is None
    assert asked({"authorization": "Digest x"}) is None


def test_confidential_layers_need_the_scope_and_the_permission(planner, reviewer):
    with pytest.raises(PermissionDenied):
        actions.create_token(by=planner, name="x", scopes=[TokenScope.READ_CONFIDENTIAL])
    _token, word = actions.create_token(by=reviewer, name="open")
    assert not has(asked(bearer(word)), Permission.READ_CONFIDENTIAL)
    _token, word = actions.create_token(by=reviewer, name="all", scopes=[TokenScope.READ_CONFIDENTIAL])
    assert has(asked(bearer(word)), Permission.READ_CONFIDENTIAL)
    users.set_roles(by=None, user=reviewer, roles=[Role.PLANNER])
    user = asked(bearer(word))
    assert has(user, Permission.READ_LAYERS)
    assert not has(user, Permission.READ_CONFIDENTIAL)


@pytest.mark.parametrize(
    "end",
    [
        lambda token: actions.revoke_token(by=token.user, token=token),
        lambda token: AccessToken.objects.filter(pk=token.pk).update(
            created_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(seconds=1)
        ),
        lambda token: type(token.user).objects.filter(pk=token.user_id).update(is_active=False),
    ],
    ids=["revoked", "expired", "owner inactive"],
)
def test_what_ended_works_no_more(planner, end):
    token, word = actions.create_token(by=planner, name="QGIS")
    assert asked(bearer(word)) == planner
    end(token)
    with pytest.raises(tokens.TokenRefused) as refusal:
        asked(bearer(word))
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        bearer("gp-aaaaaaaa-nothing"),
        bearer(""),
        bearer("x" * 5000),
        bearer("nul\0"),
        {"authorization": "Basic not-base64!"},
        {"authorization": "Basic é"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        basic("planner", "wrong"),
    ],
)
def test_what_is_no_token_is_refused(planner, headers):
    with pytest.raises(tokens.TokenRefused):
        asked(headers)


def test_a_token_beside_another_name_or_a_password_is_refused(planner, reviewer):
    from tests.factories.people import PASSWORD

    _token, word = actions.create_token(by=planner, name="QGIS")
    for headers in (basic("reviewer", word), basic("planner", PASSWORD), basic("", word)):
        with pytest.raises(tokens.TokenRefused):
            asked(headers)


def test_failures_are_held_up_and_a_working_token_is_not(planner, settings):
    settings.AXES_FAILURE_LIMIT = 3
    _token, word = actions.create_token(by=planner, name="QGIS")
    statuses = []
    for _attempt in range(5):
        with pytest.raises(tokens.TokenRefused) as refusal:
            asked(basic("planner", "gp-wrong"))
        statuses.append(refusal.value.status)
    assert statuses == [401, 401, 401, 429, 429]
    assert refusal.value.wait == 900
    assert asked(basic("planner", word)) == planner
    # … nor is the person at the sign-in page
    assert not AccessAttempt.objects.filter(username="planner").exists()


def test_use_is_noted_but_not_at_every_tile(planner):
    token, word = actions.create_token(by=planner, name="QGIS")
    asked(bearer(word))
    token.refresh_from_db()
    assert token.last_used_at is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        asked(bearer(word))
    assert len(queries) == 1


@pytest.mark.parametrize("days", [0, -1, MAX_TOKEN_DAYS + 1])
def test_a_term_is_from_a_day_to_a_year(planner, days):
    with pytest.raises(ValidationError):
        actions.create_token(by=planner, name="QGIS", days=days)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "长" * 61])
def test_a_token_has_a_name(planner, name):
    with pytest.raises(ValidationError):
        actions.create_token(by=planner, name=name)


def test_the_database_itself_refuses_longer_terms(planner):
    token, _word = actions.create_token(by=planner, name="QGIS")
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(expires_at=token.created_at + timedelta(days=400))


def test_nobody_hoards_tokens(planner, monkeypatch):
    monkeypatch.setattr(actions, "MAX_TOKENS", 2)
    first, _word = actions.create_token(by=planner, name="1")
    actions.create_token(by=planner, name="2")
    with pytest.raises(ValidationError):
        actions.create_token(by=planner, name="3")
    actions.revoke_token(by=planner, token=first)
    actions.create_token(by=planner, name="3")


def test_revoking_is_for_the_owner_and_who_manages_people(planner, reviewer):
    token, _word = actions.create_token(by=planner, name="QGIS")
    with pytest.raises(PermissionDenied):
        actions.revoke_token(by=reviewer, token=token)
    actions.revoke_token(by=user_of(Role.ADMINISTRATOR), token=token)
    actions.revoke_token(by=planner, token=token)  # again: nothing more happens
    assert Step.objects.filter(verb="people.revoke_token").count() == 1


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def page(planner):
    client = Client()
    client.force_login(planner)
    return client


def test_the_page_shows_a_new_token_once(page, planner):
    made = page.post("/account/tokens/", {"name": "QGIS <b>", "days": 30})
    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    word = made.context["word"]
    assert f'value="{word}"' in made.content.decode()
    later = page.get("/account/tokens/").content.decode()
    assert word not in later
    assert planner.tokens.get().prefix in later
    assert "QGIS &lt;b&gt;" in later


def test_the_page_refuses_what_the_action_refuses(page, planner):
    for form in ({"name": "", "days": 30}, {"name": "x", "days": 0}, {"name": "x", "days": 999}):
        assert page.post("/account/tokens/", form).status_code == 400
    assert page.post("/account/tokens/", {"name": "x", "days": 9, "confidential": "on"}).status_code == 403
    assert not planner.tokens.exists()


def test_revoking_by_page_is_for_ones_own(page, planner, reviewer):
    mine, _word = actions.create_token(by=planner, name="mine")
    others, _word = actions.create_token(by=reviewer, name="theirs")
    assert page.post(f"/account/tokens/{mine.pk}/revoke/").status_code == 302
    assert page.post(f"/account/tokens/{others.pk}/revoke/").status_code == 404
    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.revoked_at is not None
    assert others.revoked_at is None
