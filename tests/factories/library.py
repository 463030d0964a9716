from __future__ import annotations

from decimal import Decimal

import factory
from django.contrib.gis.geos import Point

from gis_projects.library.models import InvestmentRecord, Membership, Project
from tests.factories.people import RegionFactory


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
