"""Who writes a rulebook draft and who publishes it."""

from __future__ import annotations

import pytest

from gis_projects.people.permissions import Role
from tests.factories.people import user_of


@pytest.fixture
def planner():
    return user_of(Role.PLANNER)


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)
