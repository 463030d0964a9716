"""Which steps of the trail are told to whom: one entry per verb.

A notice of such a step mostly has no sentence of its own: it says the step, in the words of the room that took it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.argument.models import Condition, Opinion, Task
from gis_projects.argument.models.experts import Seat
from gis_projects.argument.models.meeting_tasks import MeetingTask
from gis_projects.desk.models import Instruction, InstructionTask, Kind, Notice
from gis_projects.desk.recipients import members, named, reaching, readers, watching
from gis_projects.library.models import Acceptance, Application, BuildingChange, Project
from gis_projects.people.models import Engagement, Organisation, Service
from gis_projects.people.permissions import Permission
from gis_projects.sites.queries.reviews import authors
from gis_projects.trail.models import Step
from siting.models import Check

_REFERRED = gettext_noop("有项目移送本单位知悉，请登录平台查看。")
_REFERRAL_ENDED = gettext_noop("一项向本单位的移送已终止。")
_UNNAMED_TASK = gettext_noop("有一项会议交办事项与您有关，请登录平台查看。")


@dataclass(frozen=True)
class Told:
    """Who is told of a step, of what kind of thing, and on which page more is to be seen.

    ``template``: a sentence in place of the step's own.
    """

    kind: Kind
    to: set[int]
    address: str
    project: Project | None = None
    template: str = ""


def of_step(step: Step) -> Iterator[Notice]:
    """The notices of one step; who took it needs none."""
    teller = TELLERS.get(step.verb)
    if teller is None:
        return
    for told in teller(step):
        for user in sorted(told.to):
            if str(user) != step.actor_id:
                yield Notice(
                    user_id=user,
                    kind=told.kind,
                    project=told.project,
                    step=step.number,
                    template=told.template,
                    address=told.address,
                    created_at=step.at,
                )


def _project(step: Step) -> Project:
    return Project.objects.select_related("region").get(pk=int(step.subject.rpartition(":")[2]))


# --- the libraries --------------------------------------------------------------------------------


def _applied(step: Step) -> Iterable[Told]:
    project = _project(step)
    address = reverse("library:application", args=[step.data["application"]])
    yield Told(Kind.ADMISSION, reaching(project, Permission.ADMIT_PROJECTS), address, project)


def _application_decided(step: Step) -> Iterable[Told]:
    project = _project(step)
    row = Application.objects.filter(pk=step.data.get("application")).first()
    to = members(project.organisation_id, Permission.APPLY_ADMISSION)
    yield Told(Kind.ADMISSION, to | named([row.applicant_id] if row else []), _of_project(project), project)


def _at_work(step: Step) -> Iterable[Told]:
    """A change or an acceptance is applied for: whoever decides it."""
    project = _project(step)
    yield Told(Kind.ADMISSION, reaching(project, Permission.MANAGE_LIBRARIES), _of_work(project), project)


def _at_work_decided(step: Step) -> Iterable[Told]:
    """The project's unit and whoever applied."""
    project = _project(step)
    rows = BuildingChange.objects if "change" in step.data else Acceptance.objects
    row = rows.filter(pk=step.data.get("change", step.data.get("acceptance"))).first()
    to = members(project.organisation_id, Permission.EDIT_PROJECTS)
    yield Told(Kind.ADMISSION, to | named([row.applied_by_id] if row else []), _of_work(project), project)


def _of_work(project: Project) -> str:
    return f"{reverse('library:standing', args=[project.pk])}#at-work"


def _of_project(project: Project) -> str:
    return reverse("library:project", args=[project.pk])


# --- arguments ------------------------------------------------------------------------------------


def _case_opened(step: Step) -> Iterable[Told]:
    project = _project(step)
    for task in Task.objects.filter(case=step.data["case"], state="waiting"):
        yield Told(
            Kind.TASK, members(task.organisation_id, Permission.GIVE_OPINIONS), _of_task(task), project
        )


def _case_ended(step: Step) -> Iterable[Told]:
    project = _project(step)
    to = members(project.organisation_id, Permission.EDIT_PROJECTS)
    yield Told(Kind.TASK, to, reverse("argument:case", args=[step.data["case"]]), project)


def _opinion_sent_back(step: Step) -> Iterable[Told]:
    opinion = Opinion.objects.select_related("task").get(pk=step.data["opinion"])
    yield Told(Kind.OPINION, named([opinion.drafted_by_id]), _of_task(opinion.task), _project(step))


def _opinion_handed_in(step: Step) -> Iterable[Told]:
    task = Task.objects.get(pk=step.data["task"])
    to = members(task.organisation_id, Permission.APPROVE_OPINIONS)
    yield Told(Kind.OPINION, to, _of_task(task), _project(step))


def _opinion_signed(step: Step) -> Iterable[Told]:
    """In force: whoever holds the case is told; what it asks for, the project's own unit."""
    opinion = Opinion.objects.select_related("task__case").get(pk=step.data["opinion"])
    if opinion.state not in ("approved", "verified", "filed"):
        return
    project, address = _project(step), reverse("argument:case", args=[opinion.task.case_id])
    holders = named([opinion.task.case.opened_by_id])
    unit = members(project.organisation_id, Permission.EDIT_PROJECTS)
    asks = Condition.objects.filter(opinion=opinion).exists()
    yield Told(Kind.OPINION, holders - (unit if asks else set()), address, project)
    if asks:
        yield Told(Kind.CONDITION, unit, address, project)
    if opinion.verdict == "return":
        yield Told(Kind.OPINION, unit - holders, _of_task(opinion.task), project)


def _conditions_set(step: Step) -> Iterable[Told]:
    """A superior decided with conditions: the project's own unit has to meet them."""
    project, task = _project(step), Task.objects.get(pk=step.data["task"])
    unit = members(project.organisation_id, Permission.EDIT_PROJECTS)
    yield Told(Kind.CONDITION, unit, reverse("argument:case", args=[task.case_id]), project)


def _condition_claimed(step: Step) -> Iterable[Told]:
    row = Condition.objects.select_related("task").get(pk=step.data["condition"])
    to = members(row.organisation_id, Permission.GIVE_OPINIONS)
    yield Told(Kind.CONDITION, to, _of_task(row.task), _project(step))


def _condition_answered(step: Step) -> Iterable[Told]:
    project = _project(step)
    row = Condition.objects.select_related("task").get(pk=step.data["condition"])
    to = members(project.organisation_id, Permission.EDIT_PROJECTS) | named([row.claimed_by_id])
    yield Told(Kind.CONDITION, to, reverse("argument:case", args=[row.task.case_id]), project)


def _of_task(task: Task) -> str:
    return reverse("argument:task", args=[task.pk])


# --- experts, intermediaries, the committee -------------------------------------------------------


def _drawn(step: Step) -> Iterable[Told]:
    """Who is invited doesn't reach the project before accepting: the notice is about none."""
    seats = Seat.objects.filter(review=step.data["review"], state="invited")
    if "seat" in step.data:
        seats = seats.filter(pk=step.data["seat"])
    yield Told(
        Kind.REVIEW,
        named(seats.values_list("expert__user", flat=True)),
        reverse("desk:home"),
    )


def _engaged(step: Step) -> Iterable[Told]:
    row = _engagement(step)
    project = Project.objects.filter(pk=row.project).first()
    address = _of_project(project) if project else reverse("desk:home")
    template = _REFERRED if row.service == Service.REFERRAL else ""
    yield Told(Kind.ENGAGEMENT, _let_in(row), address, project, template)


def _engagement_ended(step: Step) -> Iterable[Told]:
    """Who was let in reaches the project no longer: the notice is about none."""
    row = _engagement(step)
    template = _REFERRAL_ENDED if row.service == Service.REFERRAL else ""
    yield Told(Kind.ENGAGEMENT, _let_in(row), reverse("desk:home"), template=template)


def _engagement(step: Step) -> Engagement:
    return Engagement.objects.get(pk=int(step.subject.rpartition(":")[2]))


def _let_in(row: Engagement) -> set[int]:
    """Whom an engagement lets in: an expert, the people who deliver an intermediary's services, of a supervising body
    those who have the role, and none of their colleagues.
    """
    if row.service == Service.REFERRAL:
        return watching(row.organisation_id)
    return members(row.organisation_id, Permission.DELIVER_SERVICES) | named([row.user_id])


def _task_of_meeting(step: Step) -> Iterable[Told]:
    task = MeetingTask.objects.select_related("item__project__region").get(pk=step.data["task"])
    to = members(task.organisation_id, Permission.READ_ARGUMENTS)
    if step.verb == "argument.report_meeting_task":
        to = named([task.assigned_by_id])
    project = task.item.project if task.item else None
    address = reverse("argument:meeting-task", args=[task.pk])
    unknown = set() if project is None else to - readers(project, to)
    yield Told(Kind.RESOLUTION, to - unknown, address, project)
    # A department is given a task about a project that its people may not read: they are told that there is one.
    yield Told(Kind.RESOLUTION, unknown, address, template=_UNNAMED_TASK)


# --- reviews of sites -----------------------------------------------------------------------------


def _submitted(step: Step) -> Iterable[Told]:
    project = _project(step)
    yield Told(Kind.SUBMITTED, reaching(project, Permission.REVIEW_CHECKS), _of_review(step.data), project)


def _change_asked(step: Step) -> Iterable[Told]:
    project = _project(step)
    check = Check.objects.select_related("site_version__site__project").get(pk=step.data["check"])
    boundary_by, _check_by = authors(check)
    unit = members(project.organisation_id, Permission.EDIT_SITES)
    yield Told(
        Kind.CHANGE, unit | named([boundary_by.pk if boundary_by else None]), _of_review(step.data), project
    )


def _of_review(data: Mapping[str, Any]) -> str:
    return reverse("sites:review", args=[data["check"]])


# --- units and instructions -----------------------------------------------------------------------


def _registered(step: Step) -> Iterable[Told]:
    """A unit's own administrators, once it is one."""
    code = step.data.get("code") or step.subject.rpartition(":")[2]
    unit = Organisation.objects.filter(code=code).first()
    yield Told(Kind.UNIT, members(unit.pk if unit else None, Permission.MANAGE_UNIT), reverse("desk:home"))


def _instructed(step: Step) -> Iterable[Told]:
    row = Instruction.objects.select_related("project__region").get(pk=step.data["instruction"])
    address = _of_instruction(row.pk)
    to: set[int] = set()
    for task in row.tasks.all():
        to |= members(task.organisation_id, Permission.READ_PROJECTS)
    yield Told(Kind.INSTRUCTION, to, address, row.project)


def _replied(step: Step) -> Iterable[Told]:
    row = Instruction.objects.select_related("project__region").get(pk=step.data["instruction"])
    yield Told(Kind.INSTRUCTION, named([row.by_id]), _of_instruction(row.pk), row.project)


def _reply_answered(step: Step) -> Iterable[Told]:
    task = InstructionTask.objects.select_related("instruction__project__region").get(pk=step.data["task"])
    yield Told(
        Kind.INSTRUCTION,
        members(task.organisation_id, Permission.READ_PROJECTS),
        _of_instruction(task.instruction_id),
        task.instruction.project,
    )


def _of_instruction(pk: int) -> str:
    return reverse("desk:instruction", args=[pk])


TELLERS: Mapping[str, Callable[[Step], Iterable[Told]]] = {
    "library.apply": _applied,
    "library.admit": _application_decided,
    "library.return_application": _application_decided,
    "library.apply_change": _at_work,
    "library.approve_change": _at_work_decided,
    "library.return_change": _at_work_decided,
    "library.apply_acceptance": _at_work,
    "library.accept": _at_work_decided,
    "library.demand_rectification": _at_work_decided,
    "argument.open_case": _case_opened,
    "argument.reconfirm_case": _case_opened,
    "argument.conclude_case": _case_ended,
    "argument.withdraw_case": _case_ended,
    "argument.send_back_opinion": _opinion_sent_back,
    "argument.hand_in_opinion": _opinion_handed_in,
    "argument.sign_opinion": _opinion_signed,
    "argument.set_conditions": _conditions_set,
    "argument.claim_condition": _condition_claimed,
    "argument.confirm_condition": _condition_answered,
    "argument.refuse_condition": _condition_answered,
    "argument.draw_experts": _drawn,
    "argument.replace_seat": _drawn,
    "argument.assign_meeting_task": _task_of_meeting,
    "argument.report_meeting_task": _task_of_meeting,
    "argument.return_meeting_task": _task_of_meeting,
    "people.engage": _engaged,
    "people.end_engagement": _engagement_ended,
    "people.approve_registration": _registered,
    "sites.submit_check": _submitted,
    "sites.request_change": _change_asked,
    "desk.instruct": _instructed,
    "desk.reply_to_instruction": _replied,
    "desk.send_back_reply": _reply_answered,
    "desk.close_instruction": _reply_answered,
}
