"""What waits for a person in this room's cases, for the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.argument.models import (
    Blocker,
    Case,
    ChecklistParty,
    Condition,
    Escalation,
    Opinion,
    Task,
)
from gis_projects.argument.queries import standing
from gis_projects.argument.queries.campaigns import evaluations_waiting
from gis_projects.argument.queries.committee_todo import committee_waiting
from gis_projects.argument.queries.reviews import reviews_waiting
from gis_projects.argument.scopes import CONFIRMING, DECIDING, HANDLING, SIGNING, SOLVING
from gis_projects.argument.workflow import LIVE_CASE, OWED
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.queries import chains
from gis_projects.people.todo import Waiting

MOST = 200

KINDS: dict[str, str] = {
    "review_invitation": gettext_noop("评审邀请"),
    "review_reading": gettext_noop("评审材料"),
    "review_scores": gettext_noop("评审打分"),
    "review_questions": gettext_noop("评审咨询"),
    "review_statement": gettext_noop("项目陈述"),
    "review_step": gettext_noop("评审办理"),
    "evaluation": gettext_noop("绩效评价"),
}

TO_GIVE = gettext_noop("%(kind)s：请出具意见（%(project)s）")
TO_SIGN = gettext_noop("%(kind)s：意见待您审签（%(project)s，第 %(level)s 级）")
TO_DECIDE = gettext_noop("%(kind)s：%(department)s的意见提请裁定（%(project)s）")
TO_CONFIRM = gettext_noop("条件待确认是否落实：%(about)s（%(project)s）")
TO_MEET = gettext_noop("条件待落实：%(about)s（%(project)s）")
TO_SUPPLEMENT = gettext_noop("%(department)s退回补正，请补充材料（%(project)s）")
TO_CONCLUDE = gettext_noop("%(kind)s：各部门意见已齐，请办结（%(project)s）")
TO_PARTY = gettext_noop("三方会商要点清单待签署（%(project)s）")
TO_SOLVE = gettext_noop("堵点待解决：%(title)s（%(project)s）")
TO_STRIKE = gettext_noop("堵点待确认销号：%(title)s（%(project)s）")


def waiting(user: User) -> Iterator[Waiting]:
    """Everything in cases, checklists and blockers that this person, or their department, has to do."""
    if has(user, Permission.GIVE_OPINIONS):
        yield from _to_give(user)
        yield from _to_confirm(user)
        yield from _to_party(user)
    if has(user, Permission.APPROVE_OPINIONS):
        yield from _to_sign(user)
        yield from _to_decide(user)
    if has(user, Permission.START_ARGUMENTS):
        yield from _to_conclude(user)
    if user.organisation_id is not None:
        yield from _of_unit(user)
        yield from _blockers(user)
    yield from committee_waiting(user)
    yield from reviews_waiting(user)
    yield from evaluations_waiting(user)


def _of_task(
    task: Task, kind: str, template: str, *, mine: bool = True, due: bool = True, **more: object
) -> Waiting:
    return Waiting(
        kind=kind,
        template=template,
        params={
            "kind": str(task.case.get_kind_display()),
            "project": task.case.project.name,
            "department": task.organisation.name,
            **more,
        },
        address=reverse("argument:task", args=[task.pk]),
        due_on=task.due_on if due else None,
        provisional=task.due_provisional if due else False,
        project=task.case.project_id,
        mine=mine,
    )


def _to_give(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.GIVE_OPINIONS, Task.objects.all(), HANDLING)
    rows = rows.filter(state="waiting", case__state__in=LIVE_CASE).exclude(escalations__decision="")
    for task in _with_all(rows):
        yield _of_task(task, "opinion", TO_GIVE, mine=task.handler_id in (None, user.pk))


def _with_all(rows):
    return rows.select_related("case__project", "organisation", "clock").order_by("clock__due_on", "pk")[
        :MOST
    ]


def _to_sign(user: User) -> Iterator[Waiting]:
    mine = visible(user, Permission.APPROVE_OPINIONS, Task.objects.all(), HANDLING)
    rows = Opinion.objects.filter(task__in=mine, state="approving").exclude(drafted_by=user)
    rows = rows.exclude(approvals__by=user).select_related(
        "task__case__project", "task__organisation", "task__clock"
    )
    for opinion in rows.prefetch_related("approvals").order_by("task__clock__due_on", "pk")[:MOST]:
        level = len(opinion.approvals.all()) + 1
        step = opinion.task.chain_levels[level - 1]
        wanted = chains.Level(step["number"], step["post"], step["name"])
        if chains.may_decide(user, opinion.task.organisation_id, wanted):
            yield _of_task(opinion.task, "signature", TO_SIGN, mine=step["post"] is not None, level=level)


def _to_decide(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.APPROVE_OPINIONS, Escalation.objects.filter(decision=""), DECIDING)
    rows = rows.exclude(by=user).select_related("task__case__project", "task__organisation", "task__clock")
    for row in rows.order_by("pk")[:MOST]:
        yield _of_task(row.task, "decision", TO_DECIDE, mine=False, due=False)


def _to_confirm(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.GIVE_OPINIONS, Condition.objects.filter(state="claimed"), CONFIRMING)
    rows = rows.exclude(claimed_by=user)
    for row in rows.select_related("task__case__project").order_by("claimed_at")[:MOST]:
        yield _of_condition(row, "confirmation", TO_CONFIRM)


def _of_condition(row: Condition, kind: str, template: str, due_on: date | None = None) -> Waiting:
    case = row.task.case
    return Waiting(
        kind=kind,
        template=template,
        params={"about": row.text[:60], "project": case.project.name},
        address=reverse("argument:case", args=[case.pk]) + f"#condition-{row.pk}",
        due_on=due_on,
        project=case.project_id,
        mine=False,
    )


def _to_party(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.GIVE_OPINIONS, ChecklistParty.objects.filter(signed_at=None), SIGNING)
    rows = rows.filter(checklist__state="open").select_related("checklist__project")
    for row in rows.order_by("pk")[:MOST]:
        yield Waiting(
            kind="checklist",
            template=TO_PARTY,
            params={"project": row.checklist.project.name},
            address=reverse("argument:checklist", args=[row.checklist_id]),
            project=row.checklist.project_id,
            mine=False,
        )


def _to_conclude(user: User) -> Iterator[Waiting]:
    """Cases in which nobody owes anything any more; whoever opened them is meant."""
    rows = visible(user, Permission.START_ARGUMENTS, Case.objects.filter(state="open"))
    rows = rows.exclude(tasks__state__in=OWED).select_related("project", "clock", "routing")
    for case in rows.order_by("clock__due_on", "pk")[:MOST]:
        if standing.obstacles(case):
            continue
        yield Waiting(
            kind="conclusion",
            template=TO_CONCLUDE,
            params={"kind": str(case.get_kind_display()), "project": case.project.name},
            address=reverse("argument:case", args=[case.pk]),
            due_on=case.clock.due_on if case.clock else None,
            provisional=case.clock.provisional if case.clock else False,
            project=case.project_id,
            mine=case.opened_by_id == user.pk,
        )


def _of_unit(user: User) -> Iterator[Waiting]:
    """What a project's own unit owes: papers returned, conditions to be met."""
    if not has(user, Permission.EDIT_PROJECTS):
        return
    own = Task.objects.filter(case__project__organisation=user.organisation_id, case__state__in=LIVE_CASE)
    for task in _with_all(visible(user, Permission.EDIT_PROJECTS, own).filter(state="returned")):
        yield _of_task(task, "supplement", TO_SUPPLEMENT, mine=False)
    tasks = visible(
        user,
        Permission.EDIT_PROJECTS,
        Task.objects.filter(case__project__organisation=user.organisation_id),
    )
    rows = Condition.objects.filter(state="open", task__in=tasks)
    rows = rows.exclude(task__case__outcome="failed").select_related("task__case__project")
    for row in rows.order_by("due_on", "pk")[:MOST]:
        yield _of_condition(row, "condition", TO_MEET, row.due_on)


def _blockers(user: User) -> Iterator[Waiting]:
    rows = visible(user, Permission.READ_ARGUMENTS, Blocker.objects.filter(state="open"), SOLVING)
    for row in rows.select_related("project").order_by("due_on", "pk")[:MOST]:
        yield _of_blocker(row, TO_SOLVE)
    solved = Blocker.objects.filter(state="solved", raised_by=user).exclude(solved_by=user)
    for row in (
        visible(user, Permission.READ_ARGUMENTS, solved).select_related("project").order_by("pk")[:MOST]
    ):
        yield _of_blocker(row, TO_STRIKE)


def _of_blocker(row: Blocker, template: str) -> Waiting:
    return Waiting(
        kind="blocker",
        template=template,
        params={"title": row.title, "project": row.project.name},
        address=reverse("argument:blocker", args=[row.pk]),
        due_on=row.due_on,
        project=row.project_id,
        mine=False,
    )
