"""The circular as a page: narrowed by region and lamp, in what goes out too."""

from __future__ import annotations

import pytest

from gis_projects.people.permissions import Role
from tests.factories.people import OrganisationFactory, baotou, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client):
    baotou()
    for region, name in (("150207", "九原区水务局"), ("150202", "东河区水务局")):
        OrganisationFactory(kind="department", region_id=region, name=name)
    user = user_of(Role.LEADER, "150200")
    client.force_login(user, backend="gis_projects.people.backends.Accounts")
    return user


def named(client, **asked):
    content = client.get("/desk/circular/", {**asked, "format": "csv"}).content.decode("utf-8-sig")
    return {line.partition(",")[0] for line in content.splitlines()[1:]}


def test_it_is_narrowed_by_region_and_lamp(client, leader):
    assert named(client) == {"九原区水务局", "东河区水务局"}
    assert named(client, region="150207") == {"九原区水务局"}
    assert named(client, lamp="yellow") == set()
    assert named(client, region="nowhere") == {"九原区水务局", "东河区水务局"}


def test_what_matches_nothing_says_how_to_go_on(client, leader):
    page = client.get("/desk/circular/", {"lamp": "yellow", "month": "2026-04"}).content.decode()
    assert "没有符合条件的部门" in page
    assert 'href="?month=2026-04"' in page


@pytest.mark.parametrize("role", [Role.UNIT_ADMIN, Role.OWNER, Role.EXPERT])
def test_whoever_may_not_read_it_isnt_led_there(client, role):
    user = user_of(role, None, organisation=OrganisationFactory())
    client.force_login(user, backend="gis_projects.people.backends.Accounts")
    page = client.get("/desk/").content.decode()
    assert "/desk/circular/" not in page
    assert "/desk/duties/" not in page
    assert client.get("/desk/circular/").status_code == 403
