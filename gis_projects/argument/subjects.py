"""How this room names its things to the trail, the clock and the library, and what it locks."""

from __future__ import annotations

from gis_projects.argument.models import Case, Opinion, Task


def case_subject(case: Case) -> str:
    """What a case's clock runs on, and where its files and its evidence lead to."""
    return f"argument.case:{case.pk}"


def opinion_subject(opinion: Opinion) -> str:
    """Where the files of an opinion lie (`library.Attachment.subject`)."""
    return f"argument.opinion:{opinion.pk}"


def locked_case(case: Case | int) -> Case:
    """A case's row, held: whoever changes anything in it waits here, so states of its tasks change one by one."""
    key = case if isinstance(case, int) else case.pk
    Case.objects.select_for_update().only("pk").get(pk=key)
    return Case.objects.select_related("project__region", "routing", "clock", "answer", "site_version").get(
        pk=key
    )


def locked_task(task: Task | int) -> Task:
    """A task with its case, both held."""
    key = task if isinstance(task, int) else task.pk
    of_case = Task.objects.values_list("case_id", flat=True).get(pk=key)
    case = locked_case(of_case)
    row = (
        Task.objects.select_for_update(of=("self",))
        .select_related("organisation", "function", "clock")
        .get(pk=key)
    )
    row.case = case
    return row
