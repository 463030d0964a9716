"""A project that may be let into the catalogue, who applies for it and who lets it in."""

from __future__ import annotations

import pytest

from tests.factories.libraries import admission, owner_of, project_for_catalogue


@pytest.fixture
def project():
    return project_for_catalogue(name="滨河路改造")


@pytest.fixture
def owner(project):
    return owner_of(project)


@pytest.fixture
def admitter():
    return admission()
