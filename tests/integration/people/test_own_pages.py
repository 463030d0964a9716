"""Passwords by rules, links that work once, sessions that their owner sees and ends, sign-ins that are counted."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.people.actions import passwords, users
from gis_projects.people.models import PasswordRecord, Session, SignIn, User
from gis_projects.people.permissions import Role
from gis_projects.people.queries.logins import last_seen, organisations_seen
from gis_projects.people.views.own import device_name
from gis_projects.trail.models import Step
from tests.factories.people import PASSWORD, OrganisationFactory, UserFactory, baotou, user_of

pytestmark = pytest.mark.django_db
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"
)


@pytest.fixture
def person():
    user = user_of(Role.PLANNER, organisation=OrganisationFactory())
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(agent=WINDOWS, password=PASSWORD, **more):
    client = Client(headers={"user-agent": agent})
    answer = client.post(reverse("people:login"), {"username": "planner", "password": password, **more})
    return client, answer


def change(client, old, new):
    return client.post(
        reverse("people:password"), {"old_password": old, "new_password1": new, "new_password2": new}
    )


# --- passwords ------------------------------------------------------------------------------------


def test_the_last_five_passwords_are_not_taken_again(person):
    client, _answer = sign_in()
    words = [PASSWORD, *(f"第{n}个-很长的登录口令" for n in range(6))]
    for old, new in pairwise(words[:5]):
        assert change(client, old, new).status_code == 302
    assert "最近 5 次" in change(client, words[4], words[0]).content.decode()
    assert "最近 5 次" in change(client, words[4], words[3]).content.decode()
    assert change(client, words[4], words[5]).status_code == 302
    assert change(client, words[5], words[0]).status_code == 302  # by now it is the sixth one back
    assert PasswordRecord.objects.filter(user=person).count() == 5
    assert not any(word in str(step.data) for step in Step.objects.all() for word in words)


@pytest.mark.parametrize("new", ["planner-2026-abc", "short-1", "1234567890", "PLANNERplanner"])
def test_what_a_password_may_not_be(person, new):
    client, _answer = sign_in()
    assert change(client, PASSWORD, new).status_code == 200
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_one_that_is_too_old_opens_nothing_but_its_own_change(person, settings):
    settings.PASSWORD_MAX_DAYS = 90
    User.objects.update(password_changed_at=timezone.now() - timedelta(days=89))
    assert sign_in()[1].headers["Location"] == "/desk/"
    User.objects.update(password_changed_at=timezone.now() - timedelta(days=91))
    client, answer = sign_in()
    assert "/accounts/set-password/" in answer.headers["Location"]
    assert client.get("/projects/").status_code == 302
    form = client.get(answer.headers["Location"], follow=True).request["PATH_INFO"]
    assert client.post(form, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 200
    new = "全新的-口令-8xQ"
    assert client.post(form, {"new_password1": new, "new_password2": new}).status_code == 302
    assert sign_in(password=new)[1].headers["Location"] == "/desk/"


def test_a_link_works_once_and_for_active_accounts(person):
    boss = user_of(Role.ADMINISTRATOR)
    link = passwords.issue_link(by=boss, user=person)
    address = reverse("people:set-password", kwargs={"uidb64": link.uid, "token": link.token})
    form = Client().get(address, follow=True)
    assert form.context["validlink"]
    client = Client()
    there = client.get(address, follow=True).request["PATH_INFO"]
    assert link.token not in there
    client.post(there, {"new_password1": "设好的-口令-8xQ", "new_password2": "设好的-口令-8xQ"})
    assert not Client().get(address, follow=True).context["validlink"]
    link = passwords.issue_link(by=boss, user=person)
    users.deactivate(by=boss, user=person, reason="离职")
    address = reverse("people:set-password", kwargs={"uidb64": link.uid, "token": link.token})
    assert not Client().get(address, follow=True).context["validlink"]
    with pytest.raises(ValidationError):
        passwords.issue_link(by=boss, user=person)


def test_a_link_is_made_by_those_who_could_give_all_its_roles(person):
    boss = user_of(Role.ADMINISTRATOR)
    unit = OrganisationFactory(kind="department")
    runs = user_of(Role.UNIT_ADMIN, organisation=unit)
    leader = UserFactory(organisation=unit, roles=["leader"])
    handler = UserFactory(organisation=unit, roles=["handler"])
    passwords.issue_link(by=runs, user=handler)
    for by, user in ((runs, leader), (runs, person), (handler, runs)):
        with pytest.raises(PermissionDenied):
            passwords.issue_link(by=by, user=user)
    with pytest.raises(ValidationError):
        passwords.issue_link(by=boss, user=boss)
    elsewhere = user_of(Role.ADMINISTRATOR, "150202", username="elsewhere")
    with pytest.raises(PermissionDenied):
        passwords.issue_link(by=elsewhere, user=person)


# --- sessions -------------------------------------------------------------------------------------


def test_sessions_are_seen_with_their_device_and_end_when_their_owner_says(person):
    desk, _answer = sign_in()
    phone, _answer = sign_in(PHONE)
    page = desk.get(reverse("people:sessions")).content.decode()
    assert "Edge · Windows" in page
    assert "Safari · iPhone" in page
    assert desk.session.session_key not in page
    other = Session.objects.exclude(pk=desk.session.session_key).get()
    answer = desk.post(reverse("people:end-session", args=[other.public]))
    assert answer.status_code == 302
    assert phone.get(reverse("people:sessions")).status_code == 302
    assert desk.get(reverse("people:sessions")).status_code == 200
    assert Step.objects.filter(verb="people.end_session").count() == 1


def test_nobody_ends_anybody_elses(person):
    desk, _answer = sign_in()
    stranger = Client()
    stranger.force_login(UserFactory())
    row = Session.objects.get(user=person)
    assert stranger.post(reverse("people:end-session", args=[row.public])).status_code == 404
    stranger.post(reverse("people:sessions"))
    assert desk.get(reverse("people:sessions")).status_code == 200


def test_all_others_end_at_once_and_with_a_new_password(person):
    desk, _answer = sign_in()
    for _ in range(2):
        sign_in(PHONE)
    desk.post(reverse("people:sessions"))
    assert Session.objects.filter(user=person).count() == 1
    phone, _answer = sign_in(PHONE)
    change(desk, PASSWORD, "换成新的-口令-7Q")
    assert Session.objects.filter(user=person).count() == 1
    assert phone.get(reverse("people:sessions")).status_code == 302
    assert desk.get(reverse("people:sessions")).status_code == 200


def test_ending_the_session_at_hand_signs_out(person):
    desk, _answer = sign_in()
    row = Session.objects.get(user=person)
    answer = desk.post(reverse("people:end-session", args=[row.public]))
    assert answer.headers["Location"] == reverse("people:login")
    assert not Session.objects.filter(user=person).exists()


def test_when_it_was_last_seen_is_noted_to_a_few_minutes(person):
    desk, _answer = sign_in()
    long_ago = timezone.now() - timedelta(hours=1)
    Session.objects.update(last_seen=long_ago, since=long_ago)
    desk.get(reverse("people:sessions"))
    row = Session.objects.get(user=person)
    assert row.last_seen > long_ago
    seen = row.last_seen
    desk.get(reverse("people:sessions"))
    row.refresh_from_db()
    assert (row.last_seen, row.since) == (seen, long_ago)


@pytest.mark.parametrize(
    ("agent", "name"), [(WINDOWS, "Edge · Windows"), (PHONE, "Safari · iPhone"), ("", "")]
)
def test_a_device_has_a_short_name(agent, name):
    assert device_name(agent) == name


# --- sign-ins -------------------------------------------------------------------------------------


def test_sign_ins_are_counted_by_unit_and_week(person):
    sign_in()
    sign_in(PHONE)
    sign_in(password="wrong")
    now = timezone.now()
    unit = person.organisation_id
    assert organisations_seen(now - timedelta(days=1), now + timedelta(minutes=1)) == {unit: 2}
    assert organisations_seen(now + timedelta(minutes=1), now + timedelta(days=7)) == {}
    assert set(last_seen([unit, 10**9])) == {unit}
    boundary = SignIn.objects.order_by("at")[0].at
    assert organisations_seen(boundary, boundary) == {}
    assert organisations_seen(boundary - timedelta(days=7), boundary) == {}


# --- accounts -------------------------------------------------------------------------------------


def test_accounts_are_listed_by_reach_filtered_and_exported():
    baotou()
    unit = OrganisationFactory(region_id="150207", name="九原水务")
    UserFactory(username="liang", full_name="梁工", region=None, organisation=unit, roles=["owner"])
    UserFactory(username="far", region_id="150202", region=None)
    UserFactory(username="expert9", region=None, organisation=None, roles=["expert"])

    def names(client, **query):
        return [row.username for row in client.get(reverse("people:accounts"), query).context["page"]]

    city, district = Client(), Client()
    city.force_login(user_of(Role.ADMINISTRATOR))
    district.force_login(user_of(Role.ADMINISTRATOR, "150207", username="jiuyuan"))
    assert names(district) == ["jiuyuan", "liang"]
    assert names(city) == ["administrator", "expert9", "far", "jiuyuan", "liang"]
    assert names(city, role="owner") == ["liang"]
    assert names(city, q="水务") == ["liang"]
    assert names(city, region="150202") == ["far"]
    assert names(city, state="stopped") == []
    text = city.get(reverse("people:accounts"), {"role": "owner", "format": "csv"}).content.decode()
    assert text.splitlines()[1].startswith("liang,梁工,九原水务,,项目单位经办")
    far = User.objects.get(username="far")
    assert district.get(reverse("people:account", args=[far.pk])).status_code == 404


def test_the_page_of_an_account_changes_it(person):
    baotou()
    client = Client()
    client.force_login(user_of(Role.ADMINISTRATOR))
    there = reverse("people:account", args=[person.pk])
    assert client.post(there, {"step": "roles", "roles": ["reviewer", "planner"]}).status_code == 302
    person.refresh_from_db()
    assert person.roles == ["planner", "reviewer"]
    assert client.post(there, {"step": "deactivate", "reason": ""}).status_code == 400
    assert client.post(there, {"step": "deactivate", "reason": "离职"}).status_code == 302
    assert client.post(there, {"step": "reactivate"}).status_code == 302
    assert client.post(there, {"step": "crown"}).status_code == 400
    assert "/accounts/set-password/" in client.post(there, {"step": "link"}).content.decode()
    unit = OrganisationFactory(region_id="150202")
    assert (
        client.post(there, {"step": "assign", "unit_code": unit.code, "region": "150202"}).status_code == 302
    )
    person.refresh_from_db()
    assert (person.organisation, person.region_id) == (unit, "150202")
    page = client.get(there).content.decode()
    assert "停用账号 planner" in page
    made = client.post(
        reverse("people:new-account"),
        {"username": "sun", "full_name": "孙七", "roles": ["planner"], "region": "150207"},
    )
    assert "/accounts/set-password/" in made.content.decode()
    assert User.objects.get(username="sun").region_id == "150207"
