"""Many projects by one decision: who is refused says why, and what changed since it was seen is not shown."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedEvent, DisclosedMedia, DisclosedProject, DisclosedResult
from gis_projects.library.actions.diary import write_diary
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.publishing import jobs
from gis_projects.publishing.actions import batches, progress
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.models import ProgressMedia, PublicationBatch, PublicationRecord
from gis_projects.trail.jobs import Progress
from gis_projects.trail.models import Job, Step
from tests.factories import media
from tests.factories.disclosed import project_with_site, shown, two_people
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def projects():
    return [project_with_site(name=f"三环路 {number}") for number in range(4)]


def prepared(people, query="q=三环路", **how):
    batch = batches.propose_batch(by=people[0], query=query, reason="年度公开", **how)
    run(batches.prepare_batch, batch)
    batch.refresh_from_db()
    return batch


def run(work, batch):
    """As a worker would; twice, as one that died would."""
    batch.refresh_from_db()
    for _time in range(2):
        work.func.__wrapped__(Progress(Job.objects.get(pk=batch.job)), batch=batch.pk)


def carried_out(batch, people):
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    run(batches.publish_batch, batch)
    batch.refresh_from_db()
    return batch


def refusals(batch):
    return {
        item.project.name: item.refusal for item in batch.items.exclude(refusal="").select_related("project")
    }


def test_what_can_be_shown_is_and_what_can_not_says_why(people, projects):
    shown(projects[0], people)
    Project.objects.filter(pk=projects[1].pk).update(sensitive=True, sensitive_reason="军事设施周边")
    Project.objects.filter(pk=projects[2].pk).update(secrecy="confidential")
    other = project_with_site(name="环城水系")
    batch = prepared((people[1], people[0]))  # a reviewer reads what is confidential
    assert set(refusals(batch)) == {"三环路 0", "三环路 1", "三环路 2"}
    assert "已公开" in refusals(batch)["三环路 0"]
    assert "军事设施周边" in refusals(batch)["三环路 1"]
    assert "涉密" in refusals(batch)["三环路 2"]
    batch = carried_out(batch, (people[1], user_of(Role.ADMINISTRATOR)))
    assert batch.state == "done"
    assert set(DisclosedProject.objects.values_list("name", flat=True)) == {"三环路 0", "三环路 3"}
    assert not PublicationRecord.objects.filter(project=other).exists()


def test_each_has_its_record_with_both_people_once(people, projects):
    carried_out(prepared(people, fields=("industry",)), people)
    records = PublicationRecord.objects.all()
    assert {(record.by, record.approved_by, record.reason) for record in records} == {(*people, "年度公开")}
    assert records.count() == 4
    assert set(DisclosedProject.objects.values_list("code", flat=True)) == {""}
    assert set(Step.objects.filter(verb="disclosure.approve_batch").values_list("actor", flat=True)) == {
        people[1].username
    }


def test_what_changed_since_it_was_listed_is_refused(people, projects):
    batch = prepared(people)
    revise_project(by=people[0], project=projects[0], content="另一回事")
    shown(projects[1], people)
    actions.withdraw_project(by=people[1], project=projects[1], reason="x")
    with pytest.raises(ValidationError, match="清单已变化"):
        carried_out(batch, people)
    batch.refresh_from_db()
    carried_out(batch, people)
    found = refusals(batch)
    assert "已变化" in found["三环路 0"]
    assert "已撤回" in found["三环路 1"]
    assert DisclosedProject.objects.count() == 2


def test_nobody_decides_their_own_batch(projects):
    reviewer = user_of(Role.REVIEWER)
    batch = prepared((reviewer, reviewer))
    with pytest.raises(ValidationError, match="另一人"):
        batches.approve_batch(by=reviewer, batch=batch, seen=batch.digest)
    with pytest.raises(IntegrityError, match="publishing_two_people_decide_batch"), transaction.atomic():
        PublicationBatch.objects.filter(pk=batch.pk).update(
            state="publishing", decided_by=reviewer, decided_at=batch.proposed_at
        )


def test_a_list_that_was_not_seen_is_not_approved(people, projects):
    batch = batches.propose_batch(by=people[0], query="q=三环路")
    with pytest.raises(ValidationError, match="还在准备"):
        batches.approve_batch(by=people[1], batch=batch, seen="")
    run(batches.prepare_batch, batch)
    with pytest.raises(ValidationError, match="清单已变化"):
        batches.approve_batch(by=people[1], batch=batch, seen="0" * 64)
    assert not DisclosedProject.objects.exists()


def test_a_batch_is_turned_down(people, projects):
    batch = prepared(people)
    batches.reject_batch(by=people[1], batch=batch, reason="再议")
    with pytest.raises(ValidationError, match="已处理"):
        batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)


@pytest.mark.parametrize(
    ("query", "words"), [("q=没有这样的", "没有符合"), ("year=abc", "有误"), ("kind=nothing", "有误")]
)
def test_a_filter_that_chooses_nothing_or_is_none_is_refused(people, projects, query, words):
    with pytest.raises(ValidationError, match=words):
        batches.propose_batch(by=people[0], query=query)


def test_a_batch_for_later_is_shown_when_its_moment_has_come(people, projects, monkeypatch):
    when = timezone.now() + timedelta(days=1)
    batch = prepared(people, starts_at=when)
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    batch.refresh_from_db()
    assert batch.state == "scheduled"
    jobs.tick()
    batch.refresh_from_db()
    assert batch.state == "scheduled"
    revise_project(by=people[0], project=projects[0], content="另一回事")
    PublicationBatch.objects.filter(pk=batch.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
    jobs.tick()
    jobs.tick()
    assert Job.objects.filter(kind="publishing.publish_batch").count() == 1
    run(batches.publish_batch, batch)
    batch.refresh_from_db()
    assert batch.state == "done"
    assert "已变化" in refusals(batch)["三环路 0"]
    assert DisclosedProject.objects.count() == 3
    (step,) = Step.objects.filter(verb="disclosure.schedule_batch")
    assert (step.actor, step.data["starts_at"]) == (people[1].username, when.isoformat())


def test_a_batch_for_later_is_called_off(people, projects):
    with pytest.raises(ValidationError, match="早于"):
        batches.propose_batch(
            by=people[0], query="q=三环路", starts_at=timezone.now() + timedelta(days=9),
            until=timezone.localdate() + timedelta(days=3),
        )  # fmt: skip
    batch = prepared(people, starts_at=timezone.now() + timedelta(days=1))
    batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    with pytest.raises(ValidationError, match="已处理"):  # once is enough
        batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    batches.reject_batch(by=people[0], batch=batch, reason="改期")
    PublicationBatch.objects.filter(pk=batch.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
    jobs.tick()
    assert not Job.objects.filter(kind="publishing.publish_batch").exists()
    with pytest.raises(IntegrityError, match="publishing_batch_scheduled_for"), transaction.atomic():
        PublicationBatch.objects.filter(pk=batch.pk).update(state="scheduled", starts_at=None)


@pytest.fixture
def with_content(people, projects, settings, tmp_path):
    """Of the first project two photos, a result that isn't released, and a line of its diary."""
    settings.MEDIA_ROOT = tmp_path / "media"
    for name, content in (("a.jpg", media.jpeg(60, 40)), ("b.png", media.png())):
        (tmp_path / name).write_bytes(content)
        progress.add_media(by=people[0], project=projects[0], name=name, path=tmp_path / name, caption=name)
    progress.write_result(by=people[0], project=projects[0], year=2026, target="通车", result="未放行的结果")
    write_diary(by=people[0], project=projects[0], text="王五到场")
    return projects[0]


def test_a_batch_takes_photos_and_results_and_no_diary(people, projects, with_content):
    batch = carried_out(prepared(people, takes=("media", "results", "milestones")), people)
    assert set(DisclosedMedia.objects.values_list("caption", flat=True)) == {"a.jpg", "b.png"}
    (result,) = DisclosedResult.objects.all()
    assert (result.target, result.result) == ("通车", "")
    assert not DisclosedEvent.objects.filter(text__contains="王五").exists()
    assert PublicationRecord.objects.get(project=with_content).choice["media"]
    assert not DisclosedMedia.objects.exclude(slug=PublicationRecord.objects.get(project=with_content).slug)
    assert batch.items.exclude(done_at=None).count() == 4


@pytest.mark.django_db(databases=["default", "public"])
def test_a_photo_is_left_out_before_the_list_is_approved(people, projects, with_content, clients):
    batch = prepared(people, takes=("media",))
    item = batch.items.get(project=with_content)
    address = f"/publishing/batches/{batch.pk}/projects/{item.pk}/"
    planner, reviewer = clients
    page = planner.get(address).content.decode()
    assert "更新选择" in page
    assert "更新选择" not in reviewer.get(address).content.decode()
    preview = reviewer.get(address, {"preview": "1"}).content.decode()
    assert "a.jpg" in preview
    assert "b.png" in preview
    keep, leave = ProgressMedia.objects.order_by("caption")
    assert reviewer.post(address, {"media": [keep.pk]}).status_code == 403
    assert planner.post(address, {"media": [keep.pk, 999_999]}).status_code == 400
    assert planner.post(address, {"media": [keep.pk]}).status_code == 302
    with pytest.raises(ValidationError, match="清单已变化"):
        batches.approve_batch(by=people[1], batch=batch, seen=batch.digest)
    batch.refresh_from_db()
    carried_out(batch, people)
    assert [row.caption for row in DisclosedMedia.objects.all()] == [keep.caption]
    assert planner.post(address, {"media": [leave.pk]}).status_code == 400  # decided


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def clients(people):
    found = []
    for person in people:
        found.append(Client())
        found[-1].force_login(person)
    return found


def test_a_batch_from_page_to_page(people, projects, clients):
    planner, reviewer = clients
    Project.objects.filter(pk=projects[1].pk).update(sensitive=True, sensitive_reason="军事设施周边")
    address = "/publishing/batches/new/?q=三环路"
    asked = planner.get(address).content.decode()
    assert "选中的项目：4 个" in asked
    assert "未知" not in asked
    assert "---------" not in asked
    later = timezone.localtime() + timedelta(days=2)
    said = {
        "fields_shown": ["industry"], "form": "point", "precision_m": "500", "reason": "年度公开",
        "starts_at": f"{later:%Y-%m-%dT%H:%M}", "takes": ["media"],
    }  # fmt: skip
    answer = planner.post(address, said)
    assert answer.status_code == 302
    batch = PublicationBatch.objects.get()
    run(batches.prepare_batch, batch)
    page = reviewer.get(answer.url).content.decode()
    assert "军事设施周边" in page
    assert "批准整批公开" in page
    assert "批准整批公开" not in planner.get(answer.url).content.decode()
    batch.refresh_from_db()
    assert planner.post(answer.url, {"step": "approve", "seen": batch.digest}).status_code == 400
    assert f"{later:%Y-%m-%d %H:%M}" in page
    assert reviewer.post(answer.url, {"step": "approve", "seen": batch.digest}).status_code == 302
    page = reviewer.get(answer.url).content.decode()
    assert "取消定时公开" in page
    assert "批准整批公开" not in page
    PublicationBatch.objects.update(starts_at=timezone.now())
    jobs.tick()
    run(batches.publish_batch, batch)
    assert DisclosedProject.objects.count() == 3
    table = reviewer.get(answer.url, {"show": "refused", "format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == 2
    assert rows[1][1] == "三环路 1"
    assert "军事设施周边" in rows[1][-1]
    assert "第 " in reviewer.get("/publishing/batches/").content.decode()


def test_a_list_names_no_project_that_its_reader_may_not_know_of(people, projects):
    Project.objects.filter(pk=projects[2].pk).update(secrecy="confidential")
    batch = prepared((people[1], people[0]))
    client = Client()
    client.force_login(people[0])
    page = client.get(f"/publishing/batches/{batch.pk}/").content.decode()
    assert "三环路 1" in page
    assert "三环路 2" not in page
    assert "涉密" not in page


def test_the_queue_lists_every_state(people, projects, clients):
    actions.propose(by=people[0], project=projects[0], reason="甲")
    shown(projects[1], people)
    shown(projects[2], people)
    actions.withdraw_project(by=people[1], project=projects[2], reason="乙")
    actions.reject(by=people[1], proposal=actions.propose(by=people[0], project=projects[3]), reason="丙")
    where = {
        "open": "三环路 0",
        "shown": "三环路 1",
        "withdrawn": "三环路 2",
        "rejected": "三环路 3",
        "scheduled": "",
    }
    for state, name in where.items():
        page = clients[0].get("/publishing/", {"state": state}).content.decode()
        listed = {other.name for other in projects if f">{other.name}</a>" in page}
        assert listed == ({name} if name else set()), state
    table = (
        clients[0].get("/publishing/", {"state": "withdrawn", "format": "csv"}).content.decode("utf-8-sig")
    )
    assert [row[1] for row in csv.reader(io.StringIO(table))] == ["项目名称", "三环路 2"]
    assert "没有符合条件" in clients[0].get("/publishing/", {"q": "别的"}).content.decode()


def test_a_rule_names_its_source(people, clients):
    said = {
        "name": "水利项目", "basis": "条例第二十条（十）", "document": "", "form": "point", "precision_m": "100",
        "fields_shown": ["industry"], "offered": "on",
    }  # fmt: skip
    assert clients[0].get("/publishing/rules/new/").status_code == 403
    assert clients[1].post("/publishing/rules/new/", said).status_code == 400
    assert (
        clients[1].post("/publishing/rules/new/", said | {"document": "国务院令第711号"}).status_code == 302
    )
    page = clients[0].get("/publishing/rules/").content.decode()
    assert "水利项目" in page
    assert "国务院令第711号" in page
    assert Step.objects.get(verb="disclosure.save_rule").data["document"] == "国务院令第711号"
