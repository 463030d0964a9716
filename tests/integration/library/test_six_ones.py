"""One form, one code, one map, one library, one standard, one mechanism (F283): each is there by what makes it so."""

from __future__ import annotations

import pytest

from gis_projects.library.models import Code, Project
from gis_projects.library.queries.record import six_ones
from tests.factories import libraries as factory

pytestmark = pytest.mark.django_db


def has(project) -> list[bool]:
    found = Project.objects.select_related("site__current").get(pk=project.pk)
    return [one.there for one in six_ones(found)]


def test_each_of_the_six_comes_by_itself(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    project = factory.project_for_catalogue()
    rows = Project.objects.filter(pk=project.pk)
    rows.update(source_kind=None, policy=None)
    assert has(project) == [False] * 6
    rows.update(source_kind=Code.objects.of("source_kind").first())
    assert has(project) == [True, False, False, False, False, False]
    factory.in_library(project, "catalogue")
    assert has(project) == [True, False, False, True, False, False]
    rows.update(national_code="2611-150207-04-01-123456")
    assert has(project) == [True, True, False, True, False, False]
    factory.answered(Project.objects.get(pk=project.pk))
    assert has(project) == [True, True, True, True, False, False]
    rows.update(
        **{name: Code.objects.of(name).first() for name in ("policy", "industry_type", "project_type")}
    )
    assert has(project) == [True, True, True, True, True, False]
    factory.proven(project, "total_structure")
    assert has(project)[-1] is False, "no department is in charge yet"
    rows.update(authority=factory.bureau("water"))
    assert has(project) == [True] * 6
