from __future__ import annotations

import base64

import numpy as np
import pytest
import shapely
from django.test import Client

from gis_projects.people.actions import tokens as actions
from gis_projects.people.models import TokenScope
from gis_projects.people.permissions import Permission, Role, has
from tests.factories.layers import grid_table, published, square
from tests.factories.people import user_of


@pytest.fixture(autouse=True)
def own_tiles(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path


@pytest.fixture
def layers(db):
    """DLTB (two versions: the second without K0015, and with K0000 moved), a public and a confidential layer."""
    published(
        "DLTB", grid_table(4, 4), name="国土调查地类图斑", authority="自然资源局", notice="演示数据,非真实界线",
        class_names={"01": "耕地", "02": "园地"}, order=2,
    )  # fmt: skip
    table = grid_table(4, 4)
    shapes = np.array([shapely.transform(table.geometries[0], lambda xy: xy + 1e-6), *table.geometries[1:15]])
    published(
        "DLTB",
        grid_table(
            4, 4, geometries=shapes, keys=list(table.keys[:15]), class_codes=list(table.class_codes[:15]),
            names=list(table.names[:15]),
            attributes={name: values[:15] for name, values in table.attributes.items()},
        ),
    )  # fmt: skip
    holed = shapely.difference(square(0, 0), square(0.25, 0.25, 0.004))
    parts = shapely.MultiPolygon([square(2, 2), square(3, 3, 0.005)])
    shapes = np.array([holed, parts], dtype=object)
    published(
        "XZQ",
        grid_table(
            2, 1, geometries=shapes, keys=["150207/甲 #1", "乙"],
            attributes=[{"MC": "=1+1", "人口": 12, "比": 0.5, "城区": True}, {"MC": "乙区", "人口": 7}],
        ),
        name="行政区", secrecy="public", order=1,
    )  # fmt: skip
    published("MI", grid_table(3, 3), name="涉密设施", secrecy="confidential", order=3)


def token_client(user, *, how="basic") -> Client:
    """A program with a token of the user, with every scope that they may give it."""
    scopes = [TokenScope.READ_LAYERS]
    if has(user, Permission.READ_CONFIDENTIAL):
        scopes.append(TokenScope.READ_CONFIDENTIAL)
    _token, word = actions.create_token(by=user, name="test", scopes=scopes)
    if how == "bearer":
        return Client(headers={"authorization": f"Bearer {word}"})
    pair = base64.b64encode(f"{user.username}:{word}".encode()).decode()
    return Client(headers={"authorization": f"Basic {pair}"})


@pytest.fixture
def planner(db):
    return token_client(user_of(Role.PLANNER))


@pytest.fixture
def reviewer(db):
    return token_client(user_of(Role.REVIEWER), how="bearer")
