"""A committee that can sit, and a project on the agenda of its meeting."""

from __future__ import annotations

import pytest

from gis_projects.argument.actions import meetings
from tests.factories.committee import Sitting, meeting, sitting
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory


@pytest.fixture
def of() -> Sitting:
    return sitting()


@pytest.fixture
def project():
    return ProjectFactory(region=RegionFactory(code="150207"), organisation=OrganisationFactory())


@pytest.fixture
def item(of, project):
    return meetings.add_item(
        by=of.clerk, meeting=meeting(of), kind="fiscal", title="滨河路财力论证", project=project
    )
