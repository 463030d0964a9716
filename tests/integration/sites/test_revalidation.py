"""Re-validation as the platform does it: from the trail, as a job, told to whom it concerns, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest
import shapely
from django.conf import settings as django_settings
from django.core.management import call_command

from gis_projects.desk import jobs as desk_jobs
from gis_projects.desk.models import Notice
from gis_projects.library.actions.sites import state_facts
from gis_projects.people.permissions import Role
from gis_projects.sites import jobs
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from gis_projects.trail.actions import record
from gis_projects.trail.models import Cursor, Job, JobStep, Step
from siting import revalidation
from siting.models import Check, CurrentAnswer, RevalidatedSite, Revalidation
from tests.factories import land
from tests.factories.answers import answers_hold
from tests.factories.library import ProjectFactory
from tests.factories.people import user_of
from tests.integration.trail.test_supervisor import database_url, until

pytestmark = pytest.mark.django_db(transaction=True)

RED = shapely.buffer(shapely.Point(109.841, 40.616), 0.0004)  # on the first site alone


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def planner():
    return user_of(Role.PLANNER, "150207")


@pytest.fixture
def projects(tmp_path, planner):
    """Five projects with sites side by side, their answers, and everything that was to be read read."""
    land.publish_land(tmp_path)
    made = []
    for number in range(5):
        project = ProjectFactory(region_id="150207", region=None, name=f"项目{number}")
        west = 109.84 + number * 0.004
        outline = shapely.box(west, 40.615, west + 0.002, 40.617)
        save_boundary(by=planner, project=project, boundary=land.boundary(outline), facts=land.FACTS)
        project.refresh_from_db()
        made.append(project)
    jobs.passed_over()
    revalidation.run(revalidation.begin().pk, revalidation.InOneGo())
    return made


def publish(code="STBHHX", rows=(("R1", "", RED),)):
    """A version comes into force, and the trail says so."""
    land.publish_layer(code, rows)
    record(by=None, verb="atlas.publish_layer", subject=f"layers.version:{code}@2")


def work():
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


def test_a_published_layer_queues_one_run_that_tells_whom_it_concerns(projects, planner):
    elsewhere = user_of(Role.PLANNER, "150202", username="elsewhere")
    publish()
    assert jobs.follow_trail() == 1
    assert jobs.follow_trail() == 0
    job = Job.objects.get(kind=jobs.KIND)
    run = Revalidation.objects.order_by("pk").last()
    assert [cause["verb"] for cause in run.causes] == ["atlas.publish_layer"]
    work()
    job.refresh_from_db()
    assert (job.state, job.progress) == ("done", 100)
    assert (job.result["affected"], job.result["proved_unchanged"], job.result["changed"]) == (1, 4, 1)
    answers_hold()
    step = Step.objects.get(verb="sites.revalidate")
    run.refresh_from_db()
    assert step.subject == f"sites.revalidation:{run.pk}"
    assert step.data["digest"] == run.digest
    desk_jobs.follow_trail()
    notice = Notice.objects.get(user=planner)
    assert (notice.kind, notice.project, notice.read_at) == ("worse", projects[0], None)
    assert notice.template % notice.params == "“项目0”复检后结论由“未发现冲突”变为“禁止建设”。"
    assert not Notice.objects.filter(user=elsewhere).exists()
    Cursor.objects.filter(name=desk_jobs.CURSOR).delete()
    desk_jobs.follow_trail()  # read once more from the beginning
    assert Notice.objects.filter(user=planner).count() == 1


def test_steps_join_a_run_that_waits(projects, planner):
    publish()
    jobs.follow_trail()
    state_facts(by=planner, project=projects[1], facts={**land.FACTS, "blocks_flood": "no"})
    jobs.follow_trail()
    run = Revalidation.objects.order_by("pk").last()
    assert [cause["verb"] for cause in run.causes] == ["atlas.publish_layer", "library.state_facts"]
    assert Job.objects.filter(kind=jobs.KIND).count() == 1
    work()
    run.refresh_from_db()
    assert (run.state, run.affected, run.proved) == ("done", 2, 3)
    answers_hold()


def test_a_saved_boundary_is_answered_anew_and_what_a_person_checked_is_not_kept_twice(projects, planner):
    wider = land.boundary(shapely.box(109.84, 40.615, 109.843, 40.617))
    version = save_boundary(by=planner, project=projects[0], boundary=wider)
    check = run_check(by=planner, project=projects[0], site_version=version)
    count = Check.objects.count()
    jobs.follow_trail()
    work()
    assert Check.objects.count() == count
    answer = CurrentAnswer.objects.get(site=projects[0].site)
    assert (answer.evidence, answer.site_version, answer.proof) == (check, version, None)
    answers_hold()


def test_a_version_superseded_while_a_run_goes_on_is_the_next_runs(projects):
    publish()
    first = revalidation.begin()
    steps = Kept()
    steps.stop_before = "block 0"
    with pytest.raises(Stopped):
        revalidation.run(first.pk, steps)
    publish(rows=[])  # the next version is in force before the first run has checked anything
    steps.stop_before = ""
    report = revalidation.run(first.pk, steps)
    assert (report.state, report.rechecked) == ("done", 1)
    assert {answer.footing_id for answer in CurrentAnswer.objects.all()} == {first_footing(first)}
    assert CurrentAnswer.objects.get(site=projects[0].site).verdict == "prohibited"
    again = revalidation.run(revalidation.begin().pk, revalidation.InOneGo())
    assert (again.affected, again.changed, again.proved_unchanged) == (1, 1, 4)
    answers_hold()


def first_footing(run):
    run.refresh_from_db()
    return run.footing_id


def test_of_two_runs_at_once_the_earlier_one_gives_way(projects):
    publish()
    earlier, steps = revalidation.begin(), Kept()
    steps.stop_before = "block 0"
    with pytest.raises(Stopped):
        revalidation.run(earlier.pk, steps)
    publish(rows=[])
    later = revalidation.run(revalidation.begin().pk, revalidation.InOneGo())
    steps.stop_before = ""
    report = revalidation.run(earlier.pk, steps)
    assert (report.state, report.rechecked) == ("superseded", 0)
    assert later.state == "done"
    # the earlier run had proved four answers; what it was to check again stood where it stood before
    assert (later.affected, later.proved_unchanged) == (0, 5)
    answers_hold()


class Stopped(Exception):
    """The worker was killed here."""


class Kept:
    """Steps that are kept as a job keeps them."""

    def __init__(self):
        self.done = {}
        self.stop_before = ""

    def report(self, percent, message=""):
        pass

    def once(self, name, work):
        if name not in self.done:
            if name == self.stop_before:
                raise Stopped
            self.done[name] = revalidation.InOneGo().once(name, work)
        return self.done[name]


KILLED = """
import os, time, django
django.setup()
from siting.revalidation import answering, planning
from gis_projects.sites import jobs
planning.BLOCK = 2
keep, count = answering._keep, 0
def halting(*arguments):
    global count
    count += 1
    keep(*arguments)
    if count == 2:
        open({path!r}, "w").write(str(os.getpid()))
        time.sleep(120)
answering._keep = halting
jobs.revalidate_sites.call(job_id={job}, run={run})
"""


def test_a_worker_killed_in_a_block_costs_that_block_and_nothing_else(projects, tmp_path, settings):
    row = jobs.queue([{"verb": "first"}], everything=True)
    job = Job.objects.get(kind=jobs.KIND)
    path = tmp_path / "pid"
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED).format(path=str(path), job=job.pk, run=row.pk)],
        env=os.environ
        | {
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "gis_projects.settings",
            "PYTHONPATH": str(django_settings.BASE_DIR),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "SIGNING_KEY_PATH": str(settings.SIGNING_KEY_PATH),
        },
    )
    before = Check.objects.count()
    until(path.exists, 60)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert sorted(JobStep.objects.values_list("name", flat=True)) == ["block 0", "plan"]
    assert Check.objects.count() == before  # an answer of today says the same as yesterday's evidence
    assert RevalidatedSite.objects.filter(revalidation=row).count() == 2
    jobs.revalidate_sites.call(job_id=job.pk, run=row.pk)
    row.refresh_from_db()
    assert (row.state, row.sites, row.rechecked, row.failed) == ("done", 5, 5, 0)
    assert RevalidatedSite.objects.filter(revalidation=row).count() == 5
    assert Step.objects.filter(verb="sites.revalidate").count() == 1
    jobs.revalidate_sites.call(job_id=job.pk, run=row.pk)  # delivered once more
    assert RevalidatedSite.objects.filter(revalidation=row).count() == 5
    answers_hold()
