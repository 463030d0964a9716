"""Sessions and accounts are read by plain SQL: they must end and stop as Django's own do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from gis_projects.people.backends import Accounts
from gis_projects.people.models import Session, User
from gis_projects.people.permissions import Role
from gis_projects.people.sessions import SessionStore
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner():
    return user_of(Role.PLANNER)


@pytest.fixture
def session():
    store = SessionStore()
    store["word"] = "图斑"
    store.save()
    return store


def test_what_was_kept_is_read_by_one_query(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert SessionStore(session.session_key)["word"] == "图斑"


def test_a_session_that_ended_is_empty_and_gets_another_key(session):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    late = SessionStore(session.session_key)
    assert "word" not in late
    assert late.session_key is None


def test_an_unknown_key_is_empty(session):
    assert SessionStore("x" * 32).get("word") is None


def test_an_account_is_read_whole_by_one_query(planner, django_assert_num_queries):
    kept = User.objects.get(pk=planner.pk)
    with django_assert_num_queries(1):
        found = Accounts().get_user(planner.pk)
        assert found is not None
        names = [field.attname for field in User._meta.concrete_fields]
        assert {name: getattr(found, name) for name in names} == {name: getattr(kept, name) for name in names}
    assert found.roles == [Role.PLANNER]


def test_a_disabled_or_missing_account_is_nobody(planner):
    User.objects.filter(pk=planner.pk).update(is_active=False)
    assert Accounts().get_user(planner.pk) is None
    assert Accounts().get_user(planner.pk + 1) is None


def test_a_page_is_closed_as_soon_as_the_account_is_disabled(client, planner):
    client.force_login(planner)
    assert client.get("/map/").status_code == 200
    User.objects.filter(pk=planner.pk).update(is_active=False)
    assert client.get("/map/").status_code == 302


@pytest.mark.parametrize("key", ["aaaaaaaa\\000aaaa", "éééééééé", "a", "'; DROP TABLE--"])
def test_a_cookie_that_is_no_key_is_nobodys(client, key):
    """Quoted cookies may write any octet, also a NUL, which no database takes."""
    for page in ("/map/", "/ogc/"):
        assert client.get(page, headers={"cookie": f'sessionid="{key}"'}).status_code in (302, 401)
