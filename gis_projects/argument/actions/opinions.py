"""The only writers of opinions: drafted, handed in, signed level by level, sent back, in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.argument import statements
from gis_projects.argument.actions import closing, quotas
from gis_projects.argument.actions.conditions import demanded
from gis_projects.argument.actions.conditions import establish as set_conditions
from gis_projects.argument.models import (
    Approval,
    Escalation,
    Opinion,
    OpinionState,
    Task,
    TaskState,
    Verdict,
)
from gis_projects.argument.queries.routing import facts_of, table
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.scopes import HANDLING
from gis_projects.argument.subjects import locked_task, opinion_subject
from gis_projects.argument.workflow import EFFECTIVE, ENDS, LIVE_CASE
from gis_projects.library.actions import attachments
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find
from gis_projects.people.queries import chains
from gis_projects.people.queries.delegations import same_person
from siting.engine.notices import Notice, UnusableInput


@transaction.atomic
def draft(
    *,
    by: User,
    task: Task,
    verdict: str,
    text: str = "",
    fields: Mapping[str, Any] | None = None,
    conditions: Iterable[Mapping[str, Any]] = (),
) -> Opinion:
    """Write, or go on writing, the opinion that a department will hand in.

    A draft that a colleague began is dropped for the new one, so whoever hands in has written it all.

    Parameters
    ----------
    fields
        What the items ask (`statements.Asked.key`, `statements.points`); a draft may lack some.
    conditions
        ``{"text": …, "due_on": "2026-05-01"}``, the day may be empty; kept with ``conditional`` alone.

    Raises
    ------
    PermissionDenied, Http404
        Who isn't of the department asked, or may not know of the project.
    NotNow
        The task waits for no opinion: one is on its way, or the case has gone on.
    """
    task = _handled(by, task)
    _demand_open(task)
    if verdict not in Verdict.values:
        raise refuse("verdict-unknown", "没有这种意见：%(verdict)s", field="verdict", verdict=verdict)
    if task.opinions.filter(state=OpinionState.APPROVING).exists():
        raise not_now("opinion-under-way", "已有意见正在审签，不能另行拟稿")
    said = words(text, field="text", needed=False)
    stated, problems = _stated(task, fields or {}, complete=False)
    if problems:
        raise UnusableInput(*problems)
    asked = demanded(conditions) if verdict == Verdict.CONDITIONAL else []
    row = task.opinions.filter(state=OpinionState.DRAFT).first()
    if row is not None and row.drafted_by_id != by.pk:
        closing.drop_opinions(by=by, tasks=[task])
        row = None
    if row is None:
        last = task.opinions.order_by("-version").values_list("version", flat=True).first() or 0
        row = Opinion(task=task, version=last + 1, drafted_by=by)
    row.verdict, row.text, row.fields, row.conditions_asked = verdict, said, stated, asked
    row.drafted_at = timezone.now()
    row.save()
    if task.handler_id != by.pk:
        task.handler = by
        task.save(update_fields=["handler"])
    closing.written(
        by=by,
        case=task.case,
        verb="argument.draft_opinion",
        data={
            "task": task.pk,
            "opinion": row.pk,
            "department": task.organisation.name,
            "version": row.version,
        },
    )
    return row


@transaction.atomic
def attach(*, by: User, opinion: Opinion, name: str, content: bytes) -> Attachment:
    """Put a file beside a draft; what is handed in gets no more."""
    task = _handled(by, opinion.task)
    row = _locked(opinion)
    if row.state != OpinionState.DRAFT:
        raise not_now("opinion-fixed", "意见已经提交，不能再添加附件")
    return attachments.attach(
        by=by,
        project=task.case.project,
        purpose="opinion",
        name=name,
        content=content,
        subject=opinion_subject(row),
    )


@transaction.atomic
def hand_in(*, by: User, opinion: Opinion) -> Opinion:
    """Hand a draft in: it goes through the chain that the task keeps, or is in force at once where it is only filed.

    Raises
    ------
    UnusableInput
        Something that the items ask, a reason or a condition is missing.
    NotNow
        It is no draft any more, or the case has gone on.
    """
    task = _handled(by, opinion.task)
    _demand_open(task)
    row = _locked(opinion)
    row.task = task
    if row.state != OpinionState.DRAFT:
        raise not_now("opinion-not-draft", "意见已经提交，不能重复提交")
    if row.drafted_by_id != by.pk:
        raise not_now("opinion-of-another", "这份意见由他人拟稿，请另存为自己的拟稿后提交")
    _complete(task, row)
    row.submitted_at = timezone.now()
    if task.chain_mode == "file":
        _into_force(by, task, row)
    else:
        row.state = OpinionState.APPROVING
        row.save(update_fields=["state", "submitted_at"])
        _move(task, TaskState.APPROVING)
    closing.written(
        by=by,
        case=task.case,
        verb="argument.hand_in_opinion",
        data={
            "task": task.pk,
            "opinion": row.pk,
            "department": task.organisation.name,
            "version": row.version,
            "verdict": row.verdict,
            "mode": task.chain_mode,
            "files": [
                {"name": file.name, "sha256": file.sha256}
                for file in Attachment.objects.filter(subject=opinion_subject(row))
            ],
        },
    )
    return row


@transaction.atomic
def sign(*, by: User, opinion: Opinion, level: int, text: str = "") -> Opinion:
    """Sign an opinion at the level that it has come to; with the last level's signature it is in force.

    Parameters
    ----------
    level
        The level that the signer saw; where another has signed meanwhile, nothing is written.

    Raises
    ------
    NotNow
        It isn't at that level (any more), the signer drafted it or signed it before, or a quota has not enough left.
    PermissionDenied
        The level belongs to the holder of another post.
    """
    task, row = _at_level(by, opinion, level)
    said = words(text, field="text", needed=False)
    _signed(by, row, level, said, agreed=True)
    last = level >= len(task.chain_levels)
    if last:
        _into_force(by, task, row)
    closing.written(
        by=by,
        case=task.case,
        verb="argument.sign_opinion",
        data={
            "task": task.pk,
            "opinion": row.pk,
            "department": task.organisation.name,
            "level": level,
            "of": len(task.chain_levels),
            "verdict": row.verdict,
            "state": row.state,
        },
    )
    return row


@transaction.atomic
def send_back(*, by: User, opinion: Opinion, level: int, text: str) -> Opinion:
    """Send an opinion back to who drafted it, with the reason; another version follows."""
    task, row = _at_level(by, opinion, level)
    said = words(text, field="text")
    _signed(by, row, level, said, agreed=False)
    row.state = OpinionState.SENT_BACK
    row.save(update_fields=["state"])
    _move(task, TaskState.GIVEN if task.result else TaskState.WAITING)
    closing.written(
        by=by,
        case=task.case,
        verb="argument.send_back_opinion",
        data={
            "task": task.pk,
            "opinion": row.pk,
            "department": task.organisation.name,
            "level": level,
            "text": said,
        },
    )
    return row


def _handled(by: User, task: Task) -> Task:
    """A task, held with its case, of the department that the user handles tasks for."""
    find(by, Permission.GIVE_OPINIONS, Task.objects.all(), paths=HANDLING, pk=task.pk)
    return locked_task(task)


def _locked(opinion: Opinion) -> Opinion:
    return Opinion.objects.select_for_update().get(pk=opinion.pk)


def _demand_open(task: Task) -> None:
    case = task.case
    if case.state not in LIVE_CASE:
        raise not_now("case-closed", "论证%(state)s，不能再办理", state=case.get_state_display())
    if task.state not in (TaskState.WAITING, TaskState.GIVEN):
        raise not_now("task-not-open", "任务处于“%(state)s”，不能提交意见", state=task.get_state_display())
    if Escalation.objects.filter(task=task, decision="").exists():
        raise not_now("task-escalated", "该事项已提请上级，等待裁定")


def _stated(task: Task, given: Mapping[str, Any], *, complete: bool) -> tuple[dict[str, str], list[Notice]]:
    return statements.stated(
        table(task.case.routing),
        task.items,
        facts_of(task.case.project).sources,
        given,
        complete=complete,
    )


def _complete(task: Task, row: Opinion) -> None:
    """Refuse an opinion that lacks something. Who only returns the papers needn't state anything but why."""
    problems: list[Notice] = []
    if row.verdict in (Verdict.OBJECT, Verdict.RETURN) and not row.text:
        problems.append(Notice("reason-missing", "请写明理由", field="text"))
    if row.verdict == Verdict.CONDITIONAL and not row.conditions_asked:
        problems.append(Notice("conditions-missing", "有条件同意须至少写明一项条件", field="conditions"))
    if row.verdict != Verdict.RETURN:
        _kept, missing = _stated(task, row.fields, complete=True)
        problems += missing
    if problems:
        raise UnusableInput(*problems)


def _at_level(by: User, opinion: Opinion, level: int) -> tuple[Task, Opinion]:
    """An opinion that waits for a signature at this level, which is this person's to give."""
    find(by, Permission.APPROVE_OPINIONS, Task.objects.all(), paths=HANDLING, pk=opinion.task_id)
    task = locked_task(opinion.task_id)
    row = _locked(opinion)
    row.task = task
    if row.state != OpinionState.APPROVING:
        raise not_now("opinion-not-waiting", "意见处于“%(state)s”，不在审签中", state=row.get_state_display())
    done = Approval.objects.filter(opinion=row)
    if level != len(done) + 1:
        raise not_now("level-signed", "第 %(level)s 级已由他人审签，请刷新后再看", level=level)
    if same_person(by, row.drafted_by, timezone.localdate(row.drafted_at)):
        raise not_now("two-persons", "拟稿人不能审签自己的意见，须由另一人审签")
    if any(same_person(by, each.by_id, timezone.localdate(each.at)) for each in done):
        raise not_now("one-level-a-person", "同一人不能审签两级")
    step = task.chain_levels[level - 1]
    wanted = chains.Level(step["number"], step["post"], step["name"])
    if not chains.may_decide(by, task.organisation_id, wanted):
        raise not_now("level-of-another", "这一级（%(name)s）由相应岗位审签", name=step["name"])
    return task, row


def _signed(by: User, row: Opinion, level: int, text: str, *, agreed: bool) -> Approval:
    try:
        with transaction.atomic():
            return Approval.objects.create(
                opinion=row, level=level, agreed=agreed, text=text, by=by, drafted_by_id=row.drafted_by_id
            )
    except IntegrityError as error:
        if "argument_one_signature_a_level" not in str(error):
            raise
        raise not_now("level-signed", "第 %(level)s 级已由他人审签，请刷新后再看", level=level) from None


def _into_force(by: User, task: Task, row: Opinion) -> None:
    """An opinion counts from now on: it replaces the one before, takes its quotas and sets its conditions."""
    now = timezone.now()
    closing.lapse_conditions([task])
    for earlier in task.opinions.filter(state__in=EFFECTIVE).select_related("task__case__project"):
        quotas.release(by=by, opinion=earlier)
    row.state, row.effective_at = OpinionState(ENDS[task.chain_mode]), now
    row.save(update_fields=["state", "submitted_at", "effective_at"])
    if row.verdict == Verdict.RETURN:
        task.result, task.settled_at = "", None
        _move(task, TaskState.RETURNED)
        return
    if row.verdict != Verdict.OBJECT:
        for kind, amount in statements.quotas(table(task.case.routing), task.items, row.fields).items():
            quotas.reserve(by=by, opinion=row, kind=kind, amount=amount)
    set_conditions(row, row.conditions_asked)
    task.result, task.settled_at = row.verdict, now
    _move(task, TaskState.GIVEN)


def _move(task: Task, state: TaskState) -> None:
    task.state = state
    task.save(update_fields=["state", "result", "settled_at"])
