import pytest
from django.test import Client

from gis_projects.people.permissions import Role
from tests.factories.layers import grid_table, published
from tests.factories.people import user_of


@pytest.fixture(autouse=True)
def own_tiles(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path


@pytest.fixture
def layers():
    """An internal, a public and a confidential layer over the same ground."""
    published(
        "DLTB",
        grid_table(3, 3),
        name="国土调查地类图斑",
        theme="现状",
        class_names={"01": "耕地", "02": "园地"},
        style={
            "01": {"fill": "#ffff00", "stroke": "#000000", "hatch": "diagonal"},
            "02": {"fill": "#00ff00"},
        },
        authority="自然资源局",
        notice="演示数据,非真实界线",
        order=2,
    )
    published("XZQ", grid_table(1, 1), name="行政区", theme="基础", secrecy="public", order=1)
    published("MI", grid_table(3, 3), name="涉密设施", theme="密", secrecy="confidential", order=3)


@pytest.fixture
def as_role():
    """A client signed in as a role, of the whole city unless a region is given."""

    def sign_in(role, region="150200"):
        client = Client()
        client.force_login(user_of(role, region=region, username=f"{role}-{region}"))
        return client

    return sign_in


@pytest.fixture
def planner(as_role):
    return as_role(Role.PLANNER)


@pytest.fixture
def reviewer(as_role):
    return as_role(Role.REVIEWER)
