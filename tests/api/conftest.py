from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import shapely
from django.test import Client

from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from tests.api import world as making
from tests.api.addresses.visits import World
from tests.api.walk import Standing, standing
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, user_of


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def visitors() -> dict[str, User]:
    return making.visitors()


@pytest.fixture
def world(visitors, tmp_path) -> World:
    return making.world(visitors, tmp_path)


@pytest.fixture(scope="module")
def walked(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Standing]:
    """A committed world that all tests of a module visit; see `tests.api.walk`."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("walked")) as stands:
        yield stands


@pytest.fixture
def published_land(tmp_path, db):
    """Every layer of the rulebook; regions: the west is 九原区, the east 东河区."""
    land.publish_land(tmp_path)
    west = shapely.box(land.WEST, land.SOUTH, 109.86, land.NORTH)
    east = shapely.box(109.86, land.SOUTH, land.EAST, land.NORTH)
    land.publish_layer("XZQ", [("150207", "150207", west), ("150202", "150202", east)])
    RegionFactory(code="150202")


@pytest.fixture
def project(db):
    return ProjectFactory(name="滨河净水厂工程", region=RegionFactory(code="150207"))


def signed_in(role: Role, region: str = "150207", **more) -> Client:
    client = Client()
    client.force_login(user_of(role, region, **more))
    return client


@pytest.fixture
def planner(db) -> Client:
    return signed_in(Role.PLANNER)


def geojson(polygon=land.SITE) -> dict:
    return json.loads(shapely.to_geojson(polygon))
