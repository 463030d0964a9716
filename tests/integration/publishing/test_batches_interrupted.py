"""Batches whose projects, people, files or work are not any more what they were when they were approved."""

import errno
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.publishing import copying, jobs, media_store
from gis_projects.publishing.actions import batch_ends, batches, progress
from gis_projects.publishing.actions.sensitive import mark_sensitive
from gis_projects.publishing.models import BatchItem, BatchState, ProgressMedia, PublicationBatch
from gis_projects.trail.models import Job, Step
from tests.factories import media
from tests.factories.disclosed import project_with_site, two_people
from tests.factories.people import user_of
from tests.integration.publishing.test_batches import carried_out, prepared, refusals, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def projects():
    return [project_with_site(name=f"三环路 {number}") for number in range(3)]


def marked_and_unmarked(project, by):
    mark_sensitive(by=by, project=project, sensitive=True, reason="军事设施周边")
    mark_sensitive(by=by, project=project, sensitive=False, reason="已脱敏")


def failed(batch):
    batch.refresh_from_db()
    Job.objects.filter(pk=batch.job).update(state="failed", finished_at=timezone.now())
    return batch


# --- a project that became sensitive --------------------------------------------------------------


def test_a_scheduled_batch_shows_nothing_that_was_marked_meanwhile(people, projects):
    batch = prepared(people, starts_at=timezone.now() + timedelta(hours=2))
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    marked_and_unmarked(projects[0], people[1])
    PublicationBatch.objects.update(starts_at=timezone.now() - timedelta(minutes=1))
    assert jobs.tick() == 1
    run(batches.publish_batch, batch)
    assert "军事设施周边" in refusals(batch)["三环路 0"]
    assert set(DisclosedProject.objects.values_list("name", flat=True)) == {"三环路 1", "三环路 2"}
    (step,) = Step.objects.filter(verb="disclosure.drop_of_batches")
    assert (step.actor, step.data["batches"]) == (people[1].username, [batch.pk])


def test_a_list_that_waits_is_another_one_without_it(people, projects):
    batch = prepared(people)
    marked_and_unmarked(projects[0], people[1])
    with pytest.raises(ValidationError, match="清单已变化"):
        batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    batch.refresh_from_db()
    carried_out(batch, people)
    assert DisclosedProject.objects.count() == 2


def test_what_is_marked_while_the_list_is_prepared_stays_out(people, projects):
    batch = batches.propose_batch(by=people[0], query="q=三环路")
    marked_and_unmarked(projects[0], people[1])
    run(batches.prepare_batch, batch)
    assert set(refusals(batch)) == {"三环路 0"}


def test_what_is_done_is_not_touched(people, projects):
    batch = carried_out(prepared(people), people)
    marked_and_unmarked(projects[0], people[1])
    assert refusals(batch) == {}
    assert not Step.objects.filter(verb="disclosure.drop_of_batches").exists()


# --- rights that went while it was under way ------------------------------------------------------


def test_a_right_that_goes_while_a_batch_is_published_counts(people, projects, monkeypatch):
    batch = prepared(people)
    would_be, made = copying.would_be, []

    def then_dismissed(*args, **how):
        made.append(1)
        if len(made) == 2:
            User.objects.filter(pk=people[1].pk).update(is_active=False)
        return would_be(*args, **how)

    monkeypatch.setattr(copying, "would_be", then_dismissed)
    carried_out(batch, people)
    assert len(refusals(batch)) == 1
    assert "无权" in refusals(batch)["三环路 2"]
    assert DisclosedProject.objects.count() == 2


# --- work that fails --------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "words"), [(errno.ENOSPC, "磁盘空间不足"), (errno.EIO, "不能读写")])
def test_a_project_whose_files_can_not_be_copied_is_refused(
    people, projects, settings, tmp_path, monkeypatch, error, words
):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "a.jpg").write_bytes(media.jpeg(60, 40))
    progress.add_media(by=people[0], project=projects[0], name="a.jpg", path=tmp_path / "a.jpg")
    batch = prepared(people, takes=("media",))

    def broken(row):
        raise OSError(error, "broken")

    monkeypatch.setattr(media_store, "show", broken)
    assert carried_out(batch, people).state == BatchState.DONE
    assert words in refusals(batch)["三环路 0"]
    assert DisclosedProject.objects.count() == 2


def test_a_photo_that_is_gone_refuses_its_project_alone(people, projects, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "a.jpg").write_bytes(media.jpeg(60, 40))
    progress.add_media(by=people[0], project=projects[0], name="a.jpg", path=tmp_path / "a.jpg")
    batch = prepared(people, takes=("media",))
    media_store.path_of(ProgressMedia.objects.get()).unlink()
    carried_out(batch, people)
    assert "不能读写" in refusals(batch)["三环路 0"]


def test_a_batch_whose_work_failed_is_gone_on_with(people, projects):
    batch = prepared(people)
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    with pytest.raises(ValidationError, match="没有中断"):
        batch_ends.resume_batch(by=people[0], batch=batch)
    failed(batch)
    with pytest.raises(PermissionDenied):
        batch_ends.resume_batch(by=user_of(Role.PLANNER, username="other"), batch=batch)
    batch_ends.resume_batch(by=people[0], batch=batch)
    run(batches.publish_batch, batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert DisclosedProject.objects.count() == 3


def test_a_list_whose_preparing_failed_is_prepared_or_given_up(people, projects):
    batch = failed(batches.propose_batch(by=people[0], query="q=三环路"))
    batch_ends.resume_batch(by=people[1], batch=batch)
    run(batches.prepare_batch, batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.OPEN
    other = failed(batches.propose_batch(by=people[0], query="q=三环路"))
    batch_ends.end_batch(by=people[0], batch=other, reason="重做")
    other.refresh_from_db()
    assert (other.state, other.answer) == (BatchState.REJECTED, "重做")


def test_the_page_ends_a_batch_as_far_as_it_came(people, projects):
    batch = prepared(people)
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    client = Client()
    client.force_login(people[1])
    address = f"/publishing/batches/{batch.pk}/"
    assert "任务中断" not in client.get(address).content.decode()
    assert client.post(address, {"step": "end"}).status_code == 400
    BatchItem.objects.filter(project=projects[0]).update(done_at=timezone.now())
    failed(batch)
    assert "任务中断" in client.get(address).content.decode()
    assert client.post(address, {"step": "end", "reason": "改日再报"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert set(refusals(batch)) == {"三环路 1", "三环路 2"}
    assert "改日再报" in refusals(batch)["三环路 1"]
    assert Project.objects.filter(disclosed=True).count() == 0
