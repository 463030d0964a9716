from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from gis_projects.trail import jobs
from gis_projects.trail.models import Job, JobState
from tests.factories.people import UserFactory
from tests.integration.trail import jobs_to_run


def work():
    call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_is_queued_run_and_done():
    user = UserFactory(username="zhang")
    job = jobs.start(jobs_to_run.add, by=user, kind="test.add", subject="test:1", a=2, b=3)
    assert (job.state, job.actor) == (JobState.QUEUED, "zhang")
    work()
    job.refresh_from_db()
    assert (job.state, job.progress, job.result) == (JobState.DONE, 100, {"sum": 5})
    assert job.started_at <= job.finished_at


def test_a_rolled_back_action_leaves_no_job():
    with transaction.atomic():
        jobs.start(jobs_to_run.add, by=None, kind="test.add", a=1, b=1)
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_failed_job_says_so():
    job = jobs.start(jobs_to_run.break_down, by=None, kind="test.break")
    work()
    job.refresh_from_db()
    assert (job.state, job.message) == (JobState.FAILED, jobs.FAILED_MESSAGE)
    assert DBTaskResult.objects.get().status == "FAILED"


def test_progress_shows_while_it_runs():
    job = jobs.start(jobs_to_run.tell, by=None, kind="test.tell")
    work()
    job.refresh_from_db()
    assert job.result == [[40, "四成"], [100, "满"]]


def test_a_repeated_run_does_not_repeat_finished_steps():
    job = jobs.start(jobs_to_run.in_two_steps, by=None, kind="test.steps")
    with pytest.raises(RuntimeError):
        jobs_to_run.in_two_steps.call(job_id=job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, finished_at=None)
    jobs_to_run.in_two_steps.call(job_id=job.pk)
    job.refresh_from_db()
    assert job.result == {"first": 1, "second": "done"}
    assert Job.objects.filter(kind="test.counted").count() == 1


def test_a_job_that_has_ended_is_not_run_again():
    job = jobs.start(jobs_to_run.add, by=None, kind="test.add", a=2, b=3)
    jobs_to_run.add.call(job_id=job.pk, a=2, b=3)
    jobs_to_run.add.call(job_id=job.pk, a=20, b=30)
    job.refresh_from_db()
    assert job.result == {"sum": 5}


def test_one_that_is_called_off_just_as_a_worker_takes_it_stays_called_off():
    job = jobs.start(jobs_to_run.add, by=None, kind="test.add", a=2, b=3)
    called_off = []

    def meanwhile(execute, statement, parameters, many, context):
        if not called_off and statement.startswith('UPDATE "trail_job"'):
            called_off.append(True)
            jobs.cancel(job)
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(meanwhile):
        jobs_to_run.add.call(job_id=job.pk, a=2, b=3)
    job.refresh_from_db()
    assert called_off
    assert (job.state, job.result) == (JobState.CANCELLED, None)
