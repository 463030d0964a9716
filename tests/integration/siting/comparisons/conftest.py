"""Two plans on the same ground, compared."""

from __future__ import annotations

import numpy as np
import pytest

from gis_projects.people.permissions import Role
from layers.table import Table
from tests.factories.layers import grid_table, published, square
from tests.factories.people import user_of
from tests.factories.plans import kept, plan_table


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)


@pytest.fixture
def land():
    published("XZQ", Table(
        geometries=np.array([square(0, 0, 0.02), square(2, 0, 0.02)], dtype=object), keys=["W", "E"],
        class_codes=["150207", "150202"], names=["九原区", "东河区"],
    ))  # fmt: skip
    published("ATTR", grid_table(4, 4))
    published("PLAN", plan_table())


@pytest.fixture
def comparison(land, reviewer):
    return kept("ATTR", "PLAN", reviewer)
