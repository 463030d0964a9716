"""A leader asks departments for something; they receive it, answer, and the leader closes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.desk.models import Instruction, InstructionTask, Reply, ReplyKind, TaskState
from gis_projects.desk.queries.instructions import knows
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Permission, Scope, may, require
from gis_projects.trail import actions as trail


def subject(instruction: Instruction) -> str:
    """Where the trail keeps what becomes of an instruction: beside its project, if it is about one."""
    if instruction.project_id is not None:
        return f"library.project:{instruction.project_id}"
    return f"desk.instruction:{instruction.pk}"


@transaction.atomic
def instruct(
    *,
    by: User,
    text: str,
    organisations: Collection[Organisation],
    due_on: date | None = None,
    project: Project | None = None,
) -> Instruction:
    """Ask departments of one's own region for something, about a project or about none.

    Raises
    ------
    ValidationError
        Nothing is said, nobody is asked, the day has gone by, or a department can't know of the project.
    """
    require(by, Permission.INSTRUCT)
    if project is not None:
        require(by, Permission.READ_PROJECTS, project)
    if not text.strip():
        raise ValidationError({"text": _("请填写批示内容。")})
    if not organisations:
        raise ValidationError({"organisations": _("请选择承办单位。")})
    if due_on is not None and due_on < timezone.localdate():
        raise ValidationError({"due_on": _("办理期限不能早于今天。")})
    for organisation in organisations:
        _demand_addressee(by, organisation, project)
    row = Instruction.objects.create(text=text.strip(), project=project, due_on=due_on, by=by)
    InstructionTask.objects.bulk_create(
        InstructionTask(instruction=row, organisation=organisation) for organisation in organisations
    )
    trail.record(
        by=by,
        verb="desk.instruct",
        subject=subject(row),
        data={
            "instruction": row.pk,
            "text": row.text,
            "due_on": due_on.isoformat() if due_on else "",
            "organisations": "、".join(sorted(one.name for one in organisations)),
        },
    )
    return row


def _demand_addressee(by: User, organisation: Organisation, project: Project | None) -> None:
    """A department of the leader's region; of a project, one whose region or unit reaches it."""
    if organisation.kind != OrganisationKind.DEPARTMENT or organisation.closed_at is not None:
        raise ValidationError(
            {"organisations": _("“%(name)s”不是可用的管理部门。") % {"name": organisation.name}}
        )
    if not may(by, Permission.INSTRUCT, Scope(region=organisation.region_id or "")):
        raise ValidationError(
            {"organisations": _("“%(name)s”不在您的管辖范围内。") % {"name": organisation.name}}
        )
    if project is not None and not knows(organisation, project):
        raise ValidationError(
            {"organisations": _("“%(name)s”看不到该项目，不能承办。") % {"name": organisation.name}}
        )


@transaction.atomic
def receive(*, by: User, task: InstructionTask) -> InstructionTask:
    """Note that a department has received an instruction, the first time that one of its people opens it."""
    task = _locked(task)
    _demand_own(by, task)
    if task.state != TaskState.SENT:
        return task
    task.state, task.read_at, task.read_by = TaskState.READ, timezone.now(), by
    task.save(update_fields=["state", "read_at", "read_by"])
    _record(by, "desk.receive_instruction", task)
    return task


@transaction.atomic
def reply(*, by: User, task: InstructionTask, text: str) -> Reply:
    """Answer an instruction for one's own department; who hasn't received it does so by this.

    Raises
    ------
    ValidationError
        Nothing is said, or the task is closed.
    """
    task = receive(by=by, task=task)
    _demand_open(task)
    if not text.strip():
        raise ValidationError({"text": _("请填写反馈内容。")})
    row = Reply.objects.create(task=task, kind=ReplyKind.REPLY, text=text.strip(), by=by)
    task.state, task.replied_at = TaskState.REPLIED, row.at
    task.save(update_fields=["state", "replied_at"])
    _record(by, "desk.reply_to_instruction", task, text=row.text)
    return row


@transaction.atomic
def send_back(*, by: User, task: InstructionTask, text: str) -> Reply:
    """Ask for another answer.

    Raises
    ------
    ValidationError
        There is no answer to send back, or nothing is said about what is missing.
    """
    task = _locked(task)
    _demand_author(by, task)
    if task.state != TaskState.REPLIED:
        raise ValidationError(_("承办单位还没有反馈。"), code="state")
    if not text.strip():
        raise ValidationError({"text": _("请说明需要补充什么。")})
    row = Reply.objects.create(task=task, kind=ReplyKind.RETURN, text=text.strip(), by=by)
    task.state = TaskState.READ
    task.save(update_fields=["state"])
    _record(by, "desk.send_back_reply", task, text=row.text)
    return row


@transaction.atomic
def close(*, by: User, task: InstructionTask, text: str = "") -> InstructionTask:
    """Take an answer for done.

    Raises
    ------
    ValidationError
        There is no answer yet.
    """
    task = _locked(task)
    _demand_author(by, task)
    if task.state != TaskState.REPLIED:
        raise ValidationError(_("承办单位还没有反馈。"), code="state")
    Reply.objects.create(task=task, kind=ReplyKind.CLOSE, text=text.strip(), by=by)
    task.state, task.closed_at = TaskState.CLOSED, timezone.now()
    task.save(update_fields=["state", "closed_at"])
    _record(by, "desk.close_instruction", task, text=text.strip())
    return task


def _locked(task: InstructionTask) -> InstructionTask:
    rows = InstructionTask.objects.select_for_update(of=("self",)).select_related(
        "instruction", "organisation"
    )
    return rows.get(pk=task.pk)


def _demand_own(by: User, task: InstructionTask) -> None:
    require(by, Permission.READ_PROJECTS)
    if by.organisation_id != task.organisation_id:
        raise PermissionDenied(Permission.READ_PROJECTS)


def _demand_author(by: User, task: InstructionTask) -> None:
    require(by, Permission.INSTRUCT)
    if by.pk != task.instruction.by_id:
        raise PermissionDenied(Permission.INSTRUCT)


def _demand_open(task: InstructionTask) -> None:
    if task.state == TaskState.CLOSED:
        raise ValidationError(_("该批示已办结。"), code="state")


def _record(by: User, verb: str, task: InstructionTask, **data: str) -> None:
    trail.record(
        by=by,
        verb=verb,
        subject=subject(task.instruction),
        data={
            "instruction": task.instruction_id,
            "task": task.pk,
            "organisation": task.organisation.name,
            **data,
        },
    )
