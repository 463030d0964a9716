"""What goes wrong is told a leader once, the heaviest first, with the department whose it is and a draft to send."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.models import Blocker
from gis_projects.clock.queries import calendar
from gis_projects.desk.actions.instructions import instruct
from gis_projects.desk.models import Instruction
from gis_projects.desk.queries import concerns, key_figures
from gis_projects.desk.queries.concerns import Weight
from gis_projects.library.actions.projects import set_kinds
from gis_projects.library.models import Project
from gis_projects.library.queries import projects as projects_of
from gis_projects.library.upkeep import thresholds
from gis_projects.people.permissions import Role
from gis_projects.reporting import pivots
from gis_projects.reporting.queries import statistics
from tests.factories.libraries import in_library, project_for_catalogue
from tests.factories.library import InvestmentFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def blocked(city, project, days: int, title: str = "用地"):
    return Blocker.objects.create(
        project=project, link="site", title=title, organisation=city.departments["water"],
        due_on=timezone.localdate() + timedelta(days=days), raised_by=city.coordinator,
    )  # fmt: skip


def neglect(project, days: int) -> None:
    Project.objects.filter(pk=project.pk).update(updated_at=timezone.now() - timedelta(days=days))


@pytest.fixture
def troubled(city):
    """A project late and neglected, one held up, one neglected, one well, and a confidential one late."""
    city.held, city.old, city.well = (
        ProjectFactory(name=name, region_id="150207", region=None) for name in ("泵站", "管网", "绿道")
    )
    city.late = blocked(city, city.project, -20)
    blocked(city, city.held, 9)
    blocked(city, city.secret, -90)
    red = max(days for _yellow, days in thresholds().values())
    neglect(city.old, red + 1)
    neglect(city.project, red + 30)
    return city


def test_overdue_comes_before_held_up_before_neglected_and_each_project_once(troubled):
    found = concerns.concerns(troubled.mayor)
    assert [one.project for one in found] == [troubled.project, troubled.held, troubled.old]
    assert [[cause.weight for cause in one.causes] for one in found] == [
        [Weight.OVERDUE, Weight.STALE],
        [Weight.BLOCKED],
        [Weight.STALE],
    ]
    first = found[0].causes[0]
    today, due = timezone.localdate(), troubled.late.due_on
    worked = [n for n in range(1, 21) if calendar().is_working(due + timedelta(days=n))]
    assert due + timedelta(days=20) == today
    assert (first.organisation, first.days) == (troubled.departments["water"], len(worked))
    assert concerns.counts(found) == {Weight.OVERDUE: 1, Weight.BLOCKED: 1, Weight.STALE: 2}


def test_whoever_may_not_know_of_a_project_is_told_nothing_of_it(troubled):
    reviewer = troubled.person("审核", Role.REVIEWER, None, "150200")
    assert troubled.secret in [one.project for one in concerns.concerns(reviewer)]
    assert troubled.secret not in [one.project for one in concerns.concerns(troubled.mayor)]
    assert concerns.concerns(troubled.east) == []
    name = concerns.concerns(reviewer)[0].causes[0].name
    assert concerns.cause(reviewer, troubled.secret, name) is not None
    assert concerns.cause(troubled.mayor, troubled.secret, name) is None


def test_an_overdue_instruction_is_told_of_its_project_and_of_none(troubled):
    today = timezone.localdate()
    for project in (troubled.well, None):
        row = instruct(
            by=troubled.mayor, text="请核实", project=project,
            organisations=[troubled.departments["water"]], due_on=today,
        )  # fmt: skip
        assert row.due_on == today
    assert troubled.well not in [one.project for one in concerns.concerns(troubled.mayor)]
    tomorrow = concerns.concerns(troubled.mayor, today + timedelta(days=1))
    said = {one.project: one.causes[0].sentence for one in tomorrow if one.project in (troubled.well, None)}
    assert said == dict.fromkeys((troubled.well, None), "批示“请核实”未办结")


def test_the_questions_do_not_grow_with_what_goes_wrong(troubled, django_assert_max_num_queries):
    for n in range(6):
        project = ProjectFactory(name=f"支线 {n}", region_id="150207", region=None)
        blocked(troubled, project, -n)
        neglect(project, 900)
    calendar()
    with django_assert_max_num_queries(20):
        assert len(concerns.concerns(troubled.mayor)) == 9


def test_key_figures_are_those_of_the_pivot_and_of_the_statistics(city):
    projects = [
        city.project,
        city.secret,
        *(ProjectFactory(name=f"工程 {n}", region_id="150202", region=None) for n in range(3)),
    ]
    for n, project in enumerate(projects):
        set_kinds(by=None, project=project, kinds=["key"] if n % 2 else ["key", "reserve"])
        InvestmentFactory(project=project)
    for reader in (city.mayor, city.leader, city.person("审核", Role.REVIEWER, None, "150200")):
        found = key_figures.key_figures(reader)
        every = projects_of.projects(reader)
        for each in found.kinds:
            assert each.figures == pivots.pivot(projects_of.of_kinds(every, [each.code]), ["year"]).total
        for each in found.libraries:
            assert each.figures == pivots.pivot(every.filter(library=each.code), ["year"]).total
        by_region = statistics(reader, timezone.localdate()).rows
        own = [row.figures for row in by_region if row.code]
        assert found.total.figures == pivots.pivot(every, ["year"]).total == sum(own[1:], own[0])
        assert found.kinds[0].figures.number == every.filter(memberships__kind="key").distinct().count() > 0


def test_each_library_is_summed(city):
    in_library(project_for_catalogue(name="净水厂"), "implementation")
    found = {each.code: each.figures.number for each in key_figures.key_figures(city.mayor).libraries}
    assert found == {"catalogue": 0, "reserve": 0, "implementation": 1}


def test_a_project_that_came_between_the_two_queries_is_left_out(city, monkeypatch):
    later = ProjectFactory(name="后来", region_id="150202", region=None)
    set_kinds(by=None, project=later, kinds=["key"])
    whole = key_figures.key_figures(city.mayor)
    with_records = projects_of.with_records
    monkeypatch.setattr(projects_of, "with_records", lambda known: with_records(known).exclude(pk=later.pk))
    found = key_figures.key_figures(city.mayor)
    assert (whole.kinds[0].code, whole.kinds[0].figures.number) == ("key", 1)
    assert found.kinds[0].figures.number == 0
    assert found.total.figures.number == whole.total.figures.number - 1


def test_an_instruction_opens_as_a_draft_that_only_has_to_be_sent(troubled):
    page = Client()
    page.force_login(troubled.mayor)
    listed = page.get(reverse("desk:leading"))
    address = listed.context["cards"][0]["instruct"]
    assert address == f"{reverse('desk:instruct')}?" + urlencode(
        {"project": troubled.project.pk, "about": f"blocker:{troubled.late.pk}"}
    )
    form = page.get(address).context
    water = troubled.departments["water"].pk
    assert form["chosen"] == {water}
    assert "堵点“用地”未解决" in form["text"]
    assert str(troubled.late.due_on) in form["text"]
    given = page.post(
        reverse("desk:instruct"),
        {
            "project": troubled.project.pk,
            "text": form["text"],
            "organisations": [water],
            "due_on": form["due_on"],
        },
    )
    row = Instruction.objects.get()
    assert given.url == reverse("desk:instruction", args=[row.pk])
    assert (row.project, row.due_on) == (
        troubled.project,
        calendar().after(timezone.localdate(), 5).day,
    )
    assert "未签收" in page.get(given.url).content.decode()
    assert [task.instruction_id for task in page.get(reverse("desk:leading")).context["given"]] == [row.pk]


def test_about_what_is_over_or_unknown_the_form_is_empty(troubled):
    page = Client()
    page.force_login(troubled.mayor)
    for about in (f"blocker:{troubled.late.pk + 999}", "x", "stale:", ""):
        form = page.get(reverse("desk:instruct"), {"project": troubled.project.pk, "about": about}).context
        assert (form["text"], form["chosen"]) == ("", set())
    groups = page.get(reverse("desk:instruct"), {"project": troubled.project.pk}).context["groups"]
    offered = {one for group in groups for one in group["rows"]}
    assert troubled.elsewhere not in offered
    assert troubled.departments["water"] in offered
    everywhere = page.get(reverse("desk:instruct")).context["groups"]
    assert troubled.elsewhere in {one for group in everywhere for one in group["rows"]}


def test_the_map_and_the_list_tell_the_same(troubled):
    page = Client()
    page.force_login(troubled.mayor)
    for weight in ("", "overdue", "stale", "nonsense"):
        shown = page.get(reverse("desk:leading"), {"weight": weight}).context
        listed = {card["concern"].project.pk for card in shown["cards"]}
        assert {one["id"] for one in shown["on_map"]} | {
            card["concern"].project.pk for card in shown["cards"] if card["concern"].place is None
        } == listed
        assert shown["unplaced"] + len(shown["on_map"]) == len(listed)
    assert len(page.get(reverse("desk:leading"), {"weight": "stale"}).context["cards"]) == 2
