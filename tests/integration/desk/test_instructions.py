"""A leader's instruction: received, answered, sent back, closed; and only by whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.desk.actions.instructions import close, instruct, receive, reply, send_back
from gis_projects.desk.jobs import follow_trail
from gis_projects.desk.models import Instruction, InstructionTask, Kind, Notice, TaskState
from gis_projects.desk.queries import instructions as queries
from gis_projects.desk.queries.todo import todos
from gis_projects.trail.models import Step
from tests.factories.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(city) -> InstructionTask:
    row = instruct(
        by=city.leader,
        text="请水务局核实取水许可，本周反馈。",
        organisations=[city.departments["water"], city.departments["finance"]],
        due_on=timezone.localdate() + timedelta(days=7),
        project=city.project,
    )
    return row.tasks.get(organisation=city.departments["water"])


def test_from_the_instruction_to_its_closing(city, task):
    client = signed_in(city.water)
    page = f"/desk/instructions/{task.instruction_id}/"
    assert client.get(page).status_code == 200
    task.refresh_from_db()
    assert (task.state, task.read_by) == (TaskState.READ, city.water)
    first = task.read_at
    signed_in(city.water_chief).get(page)
    task.refresh_from_db()
    assert (task.read_at, task.read_by) == (first, city.water)
    assert client.post(page, {"task": task.pk, "do": "reply", "text": "正在核实。"}).status_code == 302
    leader = signed_in(city.leader)
    assert leader.post(page, {"task": task.pk, "do": "return", "text": "请附许可证号。"}).status_code == 302
    task.refresh_from_db()
    assert task.state == TaskState.READ
    client.post(page, {"task": task.pk, "do": "reply", "text": "许可证号 2026-17。"})
    assert leader.post(page, {"task": task.pk, "do": "close", "text": ""}).status_code == 302
    task.refresh_from_db()
    assert task.state == TaskState.CLOSED
    assert [step.verb for step in Step.objects.filter(subject=f"library.project:{city.project.pk}")] == [
        "desk.instruct", "desk.receive_instruction", "desk.reply_to_instruction", "desk.send_back_reply",
        "desk.reply_to_instruction", "desk.close_instruction",
    ]  # fmt: skip
    assert "许可证号 2026-17。" in client.get(page).content.decode()


def test_the_instruction_is_on_the_desk_of_the_department_and_its_answer_on_the_leaders(city, task):
    assert [row.waiting.kind for row in todos(city.water)] == ["desk.instruction"]
    assert todos(city.east) == []
    assert todos(city.leader) == []
    reply(by=city.water, task=task, text="已核实。")
    assert [row.waiting.kind for row in todos(city.leader)] == ["desk.reply"]
    assert todos(city.water) == []
    (row,) = todos(city.leader)
    assert signed_in(city.leader).get(row.waiting.address.partition("#")[0]).status_code == 200


def test_each_is_told_once(city, task):
    follow_trail()
    follow_trail()
    told = Notice.objects.filter(kind=Kind.INSTRUCTION)
    assert set(told.values_list("user__username", flat=True)) == {
        "水务经办", "水务审批", "财政经办",
    }  # fmt: skip
    assert told.count() == 3
    reply(by=city.water, task=task, text="已核实。")
    follow_trail()
    assert Notice.objects.get(user=city.leader).kind == Kind.INSTRUCTION


def test_who_may_not(city, task):
    with pytest.raises(PermissionDenied):
        instruct(by=city.water, text="请办理", organisations=[city.departments["finance"]])
    for stranger in (city.finance, city.east, city.leader):
        with pytest.raises(PermissionDenied):
            receive(by=stranger, task=task)
        with pytest.raises(PermissionDenied):
            reply(by=stranger, task=task, text="代为反馈")
    reply(by=city.water, task=task, text="已核实。")
    for stranger in (city.water, city.mayor):
        with pytest.raises(PermissionDenied):
            close(by=stranger, task=task)
        with pytest.raises(PermissionDenied):
            send_back(by=stranger, task=task, text="补充")


def test_what_is_refused(city, task):
    water, today = city.departments["water"], timezone.localdate()
    for wrong in (
        {"text": " "},
        {"organisations": []},
        {"due_on": today - timedelta(days=1)},
        {"organisations": [city.elsewhere]},  # out of the leader's region
    ):
        with pytest.raises(ValidationError):
            instruct(**{"by": city.leader, "text": "请办理", "organisations": [water], **wrong})
    with pytest.raises(ValidationError):  # the department of 东河区 can't know of a project of 九原区
        instruct(by=city.mayor, text="请办理", organisations=[city.elsewhere], project=city.project)
    with pytest.raises(PermissionDenied):
        instruct(by=city.leader, text="请办理", organisations=[water], project=city.secret)
    with pytest.raises(ValidationError):
        close(by=city.leader, task=task)
    with pytest.raises(ValidationError):
        reply(by=city.water, task=task, text="")
    reply(by=city.water, task=task, text="已核实。")
    close(by=city.leader, task=task)
    with pytest.raises(ValidationError):
        reply(by=city.water, task=task, text="再说一次")
    assert Instruction.objects.count() == 1


def test_who_sees_it(city, task):
    def sees(user) -> bool:
        return queries.tasks(user).filter(pk=task.pk).exists()

    assert sees(city.leader)
    assert sees(city.mayor)  # whoever instructs above
    assert sees(city.water)
    assert sees(city.monitor)  # reads the trail
    assert not sees(city.finance)  # has another task of it
    assert not sees(city.east)
    city.project.secrecy = "confidential"
    city.project.save()
    assert not sees(city.water)
    assert signed_in(city.water).get(f"/desk/instructions/{task.instruction_id}/").status_code == 404


def test_what_was_said_stays(task):
    for row in (task.instruction, task):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Instruction.objects.update(text="别的话")
    with pytest.raises(IntegrityError), transaction.atomic():
        InstructionTask.objects.filter(pk=task.pk).update(state="closed")  # nobody has received it


def test_the_form_says_what_is_missing(city):
    client = signed_in(city.leader)
    answer = client.post("/desk/instructions/new/", {"text": "请办理"})
    assert answer.status_code == 400
    assert "请选择承办单位。" in answer.content.decode()
    answer = client.post(
        "/desk/instructions/new/",
        {"text": "请办理", "organisations": [city.departments["water"].pk], "due_on": "x"},
    )
    assert answer.status_code == 400
    answer = client.post(
        "/desk/instructions/new/", {"text": "请办理", "organisations": [city.departments["water"].pk]}
    )
    assert answer.headers["Location"] == f"/desk/instructions/{Instruction.objects.get().pk}/"
