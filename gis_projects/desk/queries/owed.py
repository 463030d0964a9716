"""What the desk itself has for somebody to do: duties of their department, instructions, and answers to these."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.desk.models import Duty, InstructionTask, TaskState
from gis_projects.desk.periods import rules
from gis_projects.desk.queries.instructions import tasks
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, visible
from gis_projects.people.todo import Waiting

DUTY = "desk.duty"
KINDS: dict[str, str] = {
    "desk.instruction": gettext_noop("领导批示"),
    "desk.reply": gettext_noop("批示反馈"),
    DUTY: gettext_noop("定期工作"),
}
_INSTRUCTION = gettext_noop("办理批示：%(text)s")
_REPLY = gettext_noop("审阅%(organisation)s对批示的反馈：%(text)s")
_DUTY = gettext_noop("%(duty)s（%(period)s）")
_OWN = ScopePaths(organisation="organisation_id")
#: What of an instruction stands in a line.
_SHOWN = 60


def waiting(user: User) -> Iterator[Waiting]:
    """Instructions to the user's department, answers to the user's own instructions, open duties of the department."""
    yield from _instructions(user)
    yield from _duties(user)


def _instructions(user: User) -> Iterator[Waiting]:
    for task in tasks(user, mine=True).exclude(state=TaskState.CLOSED):
        to_do = (
            task.state in (TaskState.SENT, TaskState.READ) and task.organisation_id == user.organisation_id
        )
        to_close = task.state == TaskState.REPLIED and task.instruction.by_id == user.pk
        if to_do or to_close:
            yield _of_task(task, to_close=to_close)


def _of_task(task: InstructionTask, *, to_close: bool) -> Waiting:
    text = task.instruction.text
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return Waiting(
        kind="desk.reply" if to_close else "desk.instruction",
        template=_REPLY if to_close else _INSTRUCTION,
        params={"text": text, "organisation": task.organisation.name},
        address=f"{reverse('desk:instruction', args=[task.instruction_id])}#task-{task.pk}",
        due_on=task.instruction.due_on,
        project=task.instruction.project_id,
        mine=to_close,
    )


def _duties(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.READ_STATISTICS, Duty.objects.all(), _OWN)
    known = rules()
    for duty in rows.filter(done_at=None, starts_on__lte=timezone.localdate()).order_by("due_on", "pk"):
        rule = known.get(duty.code)
        yield Waiting(
            kind=DUTY,
            template=_DUTY,
            params={"duty": rule.label if rule else duty.code, "period": duty.period},
            address=reverse("desk:duty", args=[duty.pk]),
            due_on=duty.due_on,
            mine=False,
        )
