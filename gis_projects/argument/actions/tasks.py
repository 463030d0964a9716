"""What the other side does about a task: papers that a department returned are handed in again."""

from __future__ import annotations

from django.db import transaction

from gis_projects.argument.actions import closing
from gis_projects.argument.models import Task, TaskState
from gis_projects.argument.refusals import not_now, words
from gis_projects.argument.subjects import locked_task
from gis_projects.argument.workflow import LIVE_CASE
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require


@transaction.atomic
def supplement(*, by: User, task: Task, text: str) -> Task:
    """Say what was supplemented; the department that returned the papers is asked for its opinion again.

    Raises
    ------
    NotNow
        The department has not returned them, or the case is closed.
    """
    task = locked_task(task)
    project = task.case.project
    if not may(by, Permission.START_ARGUMENTS, project):
        require(by, Permission.EDIT_PROJECTS, project)
    said = words(text, field="text")
    if task.case.state not in LIVE_CASE or task.state != TaskState.RETURNED:
        raise not_now("task-not-returned", "部门没有退回补正，无需补充材料")
    task.state = TaskState.WAITING
    task.save(update_fields=["state"])
    closing.written(
        by=by,
        case=task.case,
        verb="argument.supplement_task",
        data={"task": task.pk, "department": task.organisation.name, "text": said},
    )
    return task
