"""A layer with one version, and a second one that waits."""

from __future__ import annotations

import pytest

from gis_projects.people.permissions import Role
from layers.models import Layer
from tests.api.atlas.uploading import ANSWERS, told, whole, work
from tests.factories.files import zipped_shapefile
from tests.factories.layers import grid_table, published, square


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture
def surveyor(as_role):
    return as_role(Role.SURVEYOR)


@pytest.fixture
def layer():
    published("GRID", grid_table(2, 2), name="网格")
    return Layer.objects.get(code="GRID")


@pytest.fixture
def staged(surveyor, layer, tmp_path):
    """Version 2 of GRID, brought by the surveyor, waits."""
    path = zipped_shapefile(tmp_path / "GRID.zip", [square(i, 1) for i in range(3)])
    upload = whole(surveyor, path, layer="GRID", answers=ANSWERS)
    work()
    upload = told(surveyor, upload)
    assert upload["state"] == "staged", upload
    return upload
