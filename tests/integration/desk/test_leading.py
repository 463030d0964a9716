"""The leaders' page: five functions, and every number is that of the list it leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.models import Blocker
from gis_projects.desk.actions.instructions import instruct
from gis_projects.desk.queries import leading
from gis_projects.library.actions.projects import set_kinds
from gis_projects.library.models import DiaryEntry
from gis_projects.people.permissions import Role
from tests.factories.library import InvestmentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(city):
    """A key project and a confidential one, each with money, a blocker that is overdue, a diary and an instruction."""
    today = timezone.localdate()
    for project in (city.project, city.secret):
        set_kinds(by=None, project=project, kinds=["key"])
        InvestmentFactory(project=project)
        for title, due_on in (("用地", today - timedelta(days=1)), ("环评", today + timedelta(days=9))):
            Blocker.objects.create(
                project=project, link="site", title=title, organisation=city.departments["water"], due_on=due_on,
                raised_by=city.coordinator,
            )  # fmt: skip
        DiaryEntry.objects.create(project=project, on=today, text="浇筑", by=city.coordinator)
    DiaryEntry.objects.create(
        project=city.project, on=today - timedelta(days=31), text="放线", by=city.coordinator
    )
    instruct(
        by=city.mayor,
        text="请核实",
        project=city.project,
        organisations=[city.departments["water"]],
        due_on=today,
    )
    return city


def values(user) -> dict[str, object]:
    rows = leading.sections(user, timezone.localdate())
    return {f"{row.part.code}.{each.name}": each.value for row in rows for each in row.figures}


def test_five_functions_count_what_their_reader_may_know_of(busy):
    said = values(busy.mayor)
    assert [section.part.code for section in leading.sections(busy.mayor, timezone.localdate())] == list(
        "12345"
    )
    assert said["1.重点项目"] == said["2.项目数"] == 1
    assert said["2.计划投资（元）"] == busy.project.investments.get().planned_yuan
    assert (said["4.待解决堵点"], said["4.逾期堵点"]) == (2, 1)
    assert said["3.近30日建设日志"] == 1
    assert (said["5.待签收"], said["5.已逾期"]) == (1, 0)
    more = values(busy.person("审核", Role.REVIEWER, None, "150200"))
    assert (more["1.重点项目"], more["4.待解决堵点"], more["3.近30日建设日志"]) == (2, 4, 2)


def test_each_number_is_that_of_the_list_it_leads_to(busy):
    page = Client()
    page.force_login(busy.mayor)
    counted = 0
    for section in leading.sections(busy.mayor, timezone.localdate()):
        for figure in section.figures:
            shown = page.get(figure.address)
            assert shown.status_code == 200, figure
            if shown.context is not None and "page" in shown.context and "?" in figure.address:
                assert shown.context["page"].paginator.count == figure.value, figure
                counted += 1
    assert counted >= 9


def test_the_page_is_bounded_and_goes_out_as_a_table(busy, django_assert_max_num_queries):
    page = Client()
    page.force_login(busy.mayor)
    address = reverse("desk:leading")
    page.get(address)
    with django_assert_max_num_queries(40):
        assert "项目地理信息展示" in page.get(address).content.decode()
    lines = page.get(address, {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(values(busy.mayor))
    page.force_login(busy.person("单位", Role.UNIT_ADMIN, None, "150207"))
    assert page.get(address).status_code == 403
