"""Two cities on one platform (F029), and the province above both (F008): each reads its own, in every list."""

from __future__ import annotations

import pytest
from django.urls import reverse

from gis_projects.people.models import Region, RegionKind
from gis_projects.people.permissions import Role
from tests.factories.library import ProjectFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
BAOTOU, ORDOS, PROVINCE = "150200", "150600", "150000"
LISTS = (
    ("library:projects", {"format": "csv"}),
    ("library-api:projects", {}),
    ("library:library-projects", {"list": "outside", "format": "csv"}),
)


def _region(code: str) -> Region:
    return Region.objects.get_or_create(
        code=code,
        defaults={"name": code, "short_name": code, "kind": RegionKind.COUNTY, "position": 0},
    )[0]


@pytest.fixture
def projects():
    return {
        city: ProjectFactory(region=_region(f"{city[:4]}07"), name=f"项目{city}") for city in (BAOTOU, ORDOS)
    }


@pytest.mark.parametrize(("of", "reads"), [(BAOTOU, {BAOTOU}), (ORDOS, {ORDOS}), (PROVINCE, {BAOTOU, ORDOS})])
def test_a_city_reads_its_own_and_the_province_both(client, projects, of, reads):
    client.force_login(UserFactory(roles=[str(Role.PLANNER)], region=_region(of)))
    for name, query in LISTS:
        answer = client.get(reverse(name), query)
        assert answer.status_code == 200, name
        text = answer.getvalue().decode()
        told = {city for city in projects if f"项目{city}" in text or f"\\u9879\\u76ee{city}" in text}
        assert told == reads, name
    for city, project in projects.items():
        for name in ("library:project", "library:standing", "library:project-timeline", "argument:one-thing",
                     "library-api:project"):  # fmt: skip
            found = client.get(reverse(name, args=[project.pk])).status_code
            assert found == (200 if city in reads else 404), (name, city)
