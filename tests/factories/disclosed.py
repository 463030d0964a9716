"""Projects with a site of many declared vertices, and two people who may show them to the public."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.models import Proposal
from siting.models import Site, SiteVersion
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import user_of

SECRET = "内部联系人王五13800000000"


def boundary(lon: float = 109.8512345, lat: float = 40.6123457, radius: float = 0.006) -> Any:
    """A lobed ring of 60 vertices, none of them round, and a hole."""
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = radius * (1 + 0.12 * np.sin(5 * angles))
    ring = np.column_stack([lon + reach * np.cos(angles), lat + 0.76 * reach * np.sin(angles)])
    hole = (ring - [lon, lat]) / 2.5 + [lon, lat]
    return shapely.MultiPolygon([shapely.Polygon(ring, [hole])])


def site_of(geometry: Any) -> Site:
    site = Site.objects.create(region_code="150207")
    site.current = SiteVersion.objects.create(
        site=site,
        number=1,
        geometry=GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4490),
        declared={"secret": SECRET},
        format="drawing",
        epsg=4490,
        area_m2=1000.0,
        planar_area_m2=1000.0,
        source_name=f"{SECRET}.txt",
    )
    site.save()
    return site


def project_with_site(geometry: Any = None, **fields: Any) -> Project:
    kinds = fields.pop("kinds", ["key"])
    project = ProjectFactory(
        site=site_of(boundary() if geometry is None else geometry),
        location=None,
        precision="unknown",
        kinds=kinds,
        **fields,
    )
    InvestmentFactory(project=project, planned_yuan=Decimal("123456789.10"), recorded_on="2019-03-29")
    return project


def two_people() -> tuple[User, User]:
    return user_of(Role.PLANNER), user_of(Role.REVIEWER)


def shown(project: Project, people: tuple[User, User], **how: Any) -> DisclosedProject:
    by, approved_by = people
    return actions.publish_project(by=by, approved_by=approved_by, project=project, **how)


def approved(proposal: Proposal, by: User) -> DisclosedProject | None:
    """Approved by somebody who saw it as it was proposed."""
    return actions.approve(by=by, proposal=proposal, seen=proposal.digest)
