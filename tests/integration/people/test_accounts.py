from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from gis_projects.people.actions import regions, users
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.people import PASSWORD, RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db


def test_an_administrator_opens_an_account():
    boss = user_of(Role.ADMINISTRATOR)
    user = users.create_user(
        by=boss, username="li", password=PASSWORD, roles=["reviewer", "planner"], region=RegionFactory()
    )
    assert user.check_password(PASSWORD)
    assert user.roles == ["planner", "reviewer"]
    step = Step.objects.get()
    assert (step.actor, step.verb, step.subject) == (
        "administrator",
        "people.create_user",
        f"people.user:{user.pk}",
    )
    assert step.data["roles"] == ["planner", "reviewer"]
    assert PASSWORD not in str(step.data)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.REVIEWER, Role.SURVEYOR])
def test_nobody_else_does(role):
    with pytest.raises(PermissionDenied):
        users.create_user(by=user_of(role), username="li", password=PASSWORD, roles=["planner"])
    assert not Step.objects.exists()


@pytest.mark.parametrize(
    ("username", "password", "roles"),
    [
        ("li", "short", ["planner"]),
        ("li", PASSWORD, ["king"]),
        ("taken", PASSWORD, ["planner"]),
        ("li", "1234567890", []),
    ],
)
def test_what_an_account_may_not_be(username, password, roles):
    UserFactory(username="taken")
    with pytest.raises(ValidationError):
        users.create_user(by=None, username=username, password=password, roles=roles)
    assert not User.objects.filter(username="li").exists()


def test_roles_are_set_and_recorded_but_never_ones_own():
    boss, user = user_of(Role.ADMINISTRATOR), user_of(Role.PLANNER)
    users.set_roles(by=boss, user=user, roles=["surveyor"])
    user.refresh_from_db()
    assert user.roles == ["surveyor"]
    assert Step.objects.get().data == {"username": "planner", "before": ["planner"], "after": ["surveyor"]}
    with pytest.raises(ValidationError, match="自己"):
        users.set_roles(by=boss, user=boss, roles=["planner"])


def test_the_database_knows_the_roles():
    user = UserFactory()
    with pytest.raises(IntegrityError, match="people_user_roles_known"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(roles=["king"])


def test_a_region_is_entered_and_corrected():
    regions.save_region(
        by=None, code="150207", name="九原", short_name="九原区", kind="county", parent=None, position=4
    )
    regions.save_region(
        by=None, code="150207", name="九原区", short_name="九原区", kind="county", parent=None, position=4
    )
    assert Region.objects.get().name == "九原区"
    assert Step.objects.count() == 2
    with pytest.raises(ValidationError):
        regions.save_region(
            by=None, code="15", name="x", short_name="x", kind="county", parent=None, position=0
        )


def test_command_opens_an_account_and_prints_a_password_that_works(monkeypatch):
    monkeypatch.delenv("NEW_PASSWORD", raising=False)
    RegionFactory(code="150207")
    out = StringIO()
    call_command("create_user", "planner", role=["planner"], region="150207", stdout=out)
    name, password = out.getvalue().split()
    assert User.objects.get(username=name).check_password(password)


def test_command_takes_a_password_without_repeating_it(monkeypatch):
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    out = StringIO()
    call_command("create_user", "planner", role=["planner"], stdout=out)
    assert User.objects.get().check_password(PASSWORD)
    assert PASSWORD not in out.getvalue()


@pytest.mark.parametrize("more", [{"region": "999999"}, {"by": "nobody"}])
def test_command_names_what_does_not_exist(more):
    with pytest.raises(CommandError, match="no "):
        call_command("create_user", "li", role=["planner"], **more)


# --- signing in -----------------------------------------------------------------------------------


def sign_in(client, password=PASSWORD, **more):
    return client.post(reverse("people:login"), {"username": "planner", "password": password, **more})


def test_signing_in_leads_to_where_one_wanted(client):
    user_of(Role.PLANNER)
    assert client.get("/projects/").headers["Location"] == "/accounts/login/?next=/projects/"
    assert sign_in(client, next="/projects/").headers["Location"] == "/projects/"
    assert client.get("/projects/").status_code == 200


def test_signing_in_never_leads_to_another_host(client):
    user_of(Role.PLANNER)
    assert sign_in(client, next="https://elsewhere.example/").headers["Location"] == "/desk/"


def test_a_wrong_password_is_told_in_chinese(client):
    user_of(Role.PLANNER)
    page = sign_in(client, "wrong")
    assert page.status_code == 200
    assert "用户名或密码不正确" in page.content.decode()


def test_who_guesses_too_often_is_locked_out_with_a_clear_message(client):
    user_of(Role.PLANNER)
    answers = [sign_in(client, "wrong") for _ in range(8)]
    assert answers[-1].status_code == 429
    assert "暂停登录 15 分钟" in answers[-1].content.decode()
    assert sign_in(client).status_code == 429  # the right password too


def test_signing_out_is_a_post(client):
    client.force_login(user_of(Role.PLANNER))
    assert client.get(reverse("people:logout")).status_code == 405
    assert client.post(reverse("people:logout")).status_code == 302
    assert client.get("/projects/").status_code == 302


def test_a_new_password_is_recorded_without_itself(client):
    user = user_of(Role.PLANNER)
    client.force_login(user)
    new = "另一个-密码-9mK"
    answer = client.post(
        reverse("people:password"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)
    step = Step.objects.get()
    assert (step.verb, step.data) == ("people.change_password", {})


def test_language_is_switched(client):
    client.post("/i18n/setlang/", {"language": "en", "next": "/accounts/login/"})
    assert '<html lang="en">' in client.get("/accounts/login/").content.decode()


def test_cookies_are_kept_from_scripts(client):
    user_of(Role.PLANNER)
    cookie = sign_in(client).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
