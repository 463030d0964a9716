"""Pages of re-validation and of notices: what a reader may not know of is neither named nor counted."""

from __future__ import annotations

import json

import pytest
import shapely
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from gis_projects.desk import jobs as desk_jobs
from gis_projects.desk.models import Notice
from gis_projects.desk.queries.notices import unread
from gis_projects.library.actions.projects import revise_project
from gis_projects.people.permissions import Role
from gis_projects.sites import jobs
from gis_projects.sites.actions.boundaries import save_boundary
from gis_projects.sites.actions.revalidation import revalidate
from gis_projects.sites.queries.revalidation import Standing, coverage, projects
from layers.models import Layer
from siting.models import Revalidation, Site
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def admin():
    return user_of(Role.ADMINISTRATOR)


@pytest.fixture
def here(tmp_path, admin):
    """A project in 九原区, one in 东河区, each with its answer; then protected ground comes under both."""
    land.publish_land(tmp_path)
    made = []
    for number, region in enumerate(("150207", "150202")):
        project = ProjectFactory(region=RegionFactory(code=region), name=f"项目{region}")
        west = 109.84 + number * 0.004
        boundary = land.boundary(shapely.box(west, 40.615, west + 0.002, 40.617))
        save_boundary(by=admin, project=project, boundary=boundary, facts=land.FACTS)
        project.refresh_from_db()
        made.append(project)
    revalidate(by=None)
    jobs.passed_over()
    land.publish_layer("STBHHX", [("R1", "", shapely.box(109.838, 40.614, 109.848, 40.618))])
    revalidate(by=None)
    desk_jobs.follow_trail()
    return made[0]


@pytest.fixture
def planner(here):
    return user_of(Role.PLANNER, "150207")


def page(user, name, *arguments, **query):
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(name, args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_planner_sees_and_exports_their_own_regions_sites_only(here, planner, admin):
    run = Revalidation.objects.order_by("pk").last()
    for name, arguments in (("sites:revalidation-run", [run.pk]), ("sites:coverage", [])):
        for query in ({}, {"format": "csv"}):
            assert "项目150207" in page(planner, name, *arguments, **query)
            assert "项目150202" not in page(planner, name, *arguments, **query)
            assert "项目150202" in page(admin, name, *arguments, **query)
    assert (coverage(planner).eligible, coverage(planner).pinned) == (1, 1)
    assert (coverage(admin).eligible, coverage(admin).share) == (2, 1.0)
    assert page(planner, "sites:revalidation").count("change=worse") == 1


def test_runs_go_out_as_they_are_narrowed_and_count_what_their_reader_may_know(here, planner, admin):
    for user, sites in ((admin, 2), (planner, 1)):
        _head, *rows = page(user, "sites:revalidation", format="csv").splitlines()
        assert len(rows) == Revalidation.objects.count()
        assert rows[0].split(",")[4:6] == [str(sites)] * 2, "checked again, and all of them worse"
    assert len(page(admin, "sites:revalidation", format="csv", state="running").splitlines()) == 1
    assert "没有符合条件的复检" in page(admin, "sites:revalidation", state="running")


def test_a_confidential_layer_is_not_named_where_it_may_not_be_known(here, planner, admin, tmp_path):
    land.publish_slope(tmp_path, 2.0)
    report = revalidate(by=None)
    assert report.proved_unchanged == 2
    Layer.objects.filter(code="PD").update(secrecy="confidential")
    secretive = page(planner, "sites:revalidation-run", report.run)
    assert "PD 第" not in secretive
    assert "一个涉密图层有更新" in secretive
    assert "PD 第" in page(admin, "sites:revalidation-run", report.run)
    assert "PD@" not in page(planner, "sites:coverage", format="csv")
    assert "PD@" in page(admin, "sites:coverage", format="csv")


def test_who_has_no_comparison_is_listed_with_the_reason(here, admin):
    ProjectFactory(region_id="150207", region=None, name="没有边界")
    late = ProjectFactory(region_id="150207", region=None, name="边界改过")
    box = shapely.box(109.86, 40.62, 109.862, 40.622)
    save_boundary(by=admin, project=late, boundary=land.boundary(box), facts=land.FACTS)
    late.refresh_from_db()

    def standing(project):
        return projects(admin).get(pk=project.pk).standing

    assert standing(late) == Standing.NOT_YET
    revalidate(by=None)
    assert standing(late) == Standing.PINNED
    save_boundary(by=admin, project=late, boundary=land.boundary(shapely.box(109.86, 40.62, 109.863, 40.622)))
    assert standing(late) == Standing.BOUNDARY_CHANGED
    revalidate(by=None)
    Site.objects.filter(pk=late.site_id).update(facts={})
    assert standing(late) == Standing.FACTS_CHANGED
    revalidate(by=None)
    land.publish_layer("STBHHX", [])
    assert standing(late) == Standing.OUTDATED
    revise_project(by=admin, project=late, stage="completed")
    assert standing(late) == Standing.ENDED
    found = coverage(admin)
    assert (found.by_standing["no_boundary"], found.by_standing["ended"], found.eligible) == (1, 1, 2)
    assert "没有选址边界" in page(admin, "sites:coverage", standing="no_boundary", format="csv")


def test_a_notice_is_shown_for_as_long_as_its_project_may_be_read(here, planner, admin):
    elsewhere = user_of(Role.PLANNER, "150202", username="elsewhere")
    Notice.objects.create(
        user=planner, kind="worse", project=here, step=1, template="“%(project)s”", params={"project": here.name},
        address=reverse("sites:checks"), created_at=here.created_at,
    )  # fmt: skip
    assert unread(planner) == 1
    assert "“项目150207”" in page(planner, "desk:notices")
    assert not Notice.objects.filter(user=elsewhere).exists()
    revise_project(by=admin, project=here, secrecy="confidential")
    assert unread(planner) == 0
    assert "“项目150207”" not in page(planner, "desk:notices")


def test_following_a_notice_reads_it_and_nobody_elses_can_be_followed(here, admin):
    notice = Notice.objects.filter(user=admin).first()
    assert unread(admin) == 2
    stranger = Client()
    stranger.force_login(user_of(Role.PLANNER, "150207"))
    assert stranger.post(reverse("desk:notice", args=[notice.pk])).status_code == 404
    client = Client()
    client.force_login(admin)
    answer = client.post(reverse("desk:notice", args=[notice.pk]))
    assert (answer.status_code, answer["Location"]) == (302, notice.address)
    assert unread(admin) == 1
    assert client.post(reverse("desk:mark-read"), {"notice": "x"}).status_code == 404
    assert unread(admin) == 1, "what names no notice doesn't mean all"
    client.post(reverse("desk:mark-read"))
    assert unread(admin) == 0
    assert 'class="badge-count"' not in page(admin, "sites:checks")


def test_notices_ask_a_bounded_number_of_questions(here, admin, django_assert_max_num_queries):
    client = Client()
    client.force_login(admin)
    client.get(reverse("desk:notices"))
    for number in range(60):
        Notice.objects.create(
            user=admin, kind="worse", project=here, step=100 + number, template="x", address="/x",
            created_at=here.created_at,
        )  # fmt: skip
    with django_assert_max_num_queries(8):
        client.get(reverse("desk:notices"))


def test_a_reviewer_has_a_run_queued_and_a_planner_may_not(here, planner):
    client = Client()
    client.force_login(planner)
    assert client.post(reverse("sites:revalidation")).status_code == 403
    client.force_login(user_of(Role.REVIEWER))
    assert client.post(reverse("sites:revalidation"), {"all": "1"}).status_code == 302
    run = Revalidation.objects.order_by("pk").last()
    assert (run.state, run.everything) == ("queued", True)
    assert 'data-run="' in page(user_of(Role.REVIEWER, username="other"), "sites:revalidation")


def test_the_command_prints_what_it_did(here, capsys):
    land.publish_layer("STBHHX", [])
    call_command("revalidate", "--json")
    said = json.loads(capsys.readouterr().out)
    assert {name: said[name] for name in ("sites", "affected", "rechecked", "changed", "proved_unchanged")} == {
        "sites": 2, "affected": 2, "rechecked": 2, "changed": 2, "proved_unchanged": 0,
    }  # fmt: skip
    assert said["seconds"] > 0
    with pytest.raises(CommandError, match="nobody"):
        call_command("revalidate", "--by", "nobody")
    with pytest.raises(CommandError):
        call_command("revalidate", "--by", user_of(Role.SURVEYOR).username)
