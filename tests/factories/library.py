from __future__ import annotations

from decimal import Decimal

import factory
from django.contrib.gis.geos import Point

from gis_projects.library.models import InvestmentRecord, Membership, Project
from gis_projects.people.models import Department, Organisation, User
from gis_projects.people.permissions import Role
from tests.factories.people import OrganisationFactory, RegionFactory, user_of


class ProjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Project
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"2019-150200-{n:06d}")
    name = factory.Sequence(lambda n: f"道路改造工程 {n}")
    region = factory.SubFactory(RegionFactory)
    industry = "E"
    level = "city"
    stage = "construction"
    year = 2019
    location = factory.LazyFunction(lambda: Point(109.9, 40.6, srid=4490))
    precision = "exact"

    @factory.post_generation
    def kinds(project, create, kinds, **_more):
        Membership.objects.bulk_create(Membership(project=project, kind=kind) for kind in kinds or [])


class InvestmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = InvestmentRecord

    project = factory.SubFactory(ProjectFactory)
    region = factory.SelfAttribute("project.region")
    planned_yuan = Decimal("10000000.00")
    cumulative_yuan = Decimal("2500000.00")
    recorded_on = "2019-03-29"


def department(function: str, name: str = "") -> Organisation:
    """The department of a function; one for all tests of a run that ask for it."""
    kind, _made = Department.objects.get_or_create(code=function, defaults={"name": name or function})
    found = Organisation.objects.filter(department=kind).first()
    return found or OrganisationFactory(kind="department", department=kind, name=name or f"{function} 局")


def clerk(
    function: str = "construction", role: Role = Role.PLANNER, region: str | None = "150207", **more: object
) -> User:
    """Somebody of a department, which enters projects of government investment unless another is named."""
    return user_of(role, region, organisation=department(function), **more)


def owner(username: str = "owner") -> User:
    """Somebody of a project unit, which reaches what is its own."""
    return user_of(Role.OWNER, None, username=username, organisation=OrganisationFactory())
