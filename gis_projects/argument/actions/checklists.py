"""The only writers of tripartite checklists: opened, signed by each of the three, closed by the third signature."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument import checklists
from gis_projects.argument.models import Checklist, ChecklistParty, ChecklistState
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.scopes import SIGNING
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.models import EvidenceKind, Outcome, Project
from gis_projects.library.subjects import locked, subject
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Permission, find, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.queries.organisations import department_of
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice, UnusableInput


@transaction.atomic
def open_checklist(*, by: User, project: Project, system_lead: Organisation) -> Checklist:
    """Ask the three parties of a project; ``system_lead`` is the lead unit of the system that it belongs to.

    Raises
    ------
    UnusableInput
        One of the departments is missing, or the lead unit is no department or one of the other two.
    NotNow
        The project has an open checklist.
    """
    project = locked(project)
    require(by, Permission.START_ARGUMENTS, project)
    content = checklists.default()
    units: dict[str, Organisation | None] = {
        party.code: department_of(party.function, project.region) if party.function else system_lead
        for party in checklists.read(content).parties
    }
    if missing := [party for party in checklists.read(content).parties if units[party.code] is None]:
        raise UnusableInput(
            *(
                Notice(
                    "checklist-no-unit", "本地区及上级没有“%(name)s”", {"name": party.name}, field=party.code
                )
                for party in missing
            )
        )
    keys = {unit.pk for unit in units.values() if unit is not None}
    if system_lead.kind != OrganisationKind.DEPARTMENT or len(keys) != len(units):
        raise refuse("checklist-three-units", "牵头单位须是另外两方之外的管理部门", field="system_lead")
    try:
        with transaction.atomic():
            row = Checklist.objects.create(project=project, content=content, opened_by=by)
    except IntegrityError as error:
        if "argument_one_open_checklist" not in str(error):
            raise
        raise not_now("checklist-open", "该项目的三方会商正在进行") from None
    ChecklistParty.objects.bulk_create(
        ChecklistParty(checklist=row, party=code, organisation=unit) for code, unit in units.items()
    )
    trail.record(
        by=by,
        verb="argument.open_checklist",
        subject=subject(project),
        data={"checklist": row.pk, "departments": [unit.name for unit in units.values() if unit]},
    )
    return row


@transaction.atomic
def sign(*, by: User, party: ChecklistParty, answers: Mapping[str, str], remark: str = "") -> ChecklistParty:
    """Sign for one party with an answer (yes, no, na) to each of its points; the third signature closes the list.

    Raises
    ------
    UnusableInput
        A point has no answer, or one is refused without a word why.
    NotNow
        The party has signed, or this person signed for another.
    """
    find(by, Permission.GIVE_OPINIONS, ChecklistParty.objects.all(), paths=SIGNING, pk=party.pk)
    checklist = Checklist.objects.select_for_update().get(pk=party.checklist_id)
    checklist.project = locked(checklist.project)
    row = ChecklistParty.objects.select_related("organisation").get(pk=party.pk)
    if row.signed_at is not None:
        raise not_now("party-signed", "这一方已经签署")
    others = list(checklist.parties.exclude(pk=row.pk))
    if any(
        same_person(by, other.signed_by_id, other.signed_at and timezone.localdate(other.signed_at))
        for other in others
    ):
        raise not_now("party-one-person", "同一人不能代表两方签署")
    points = checklists.read(checklist.content).party(row.party).points
    kept = {point.code: str(answers.get(point.code, "")) for point in points}
    problems = [
        Notice("point-missing", "请核对要点“%(name)s”", {"name": point.name}, field=point.code)
        for point in points
        if kept[point.code] not in checklists.ANSWERS
    ]
    passes = all(answer in checklists.PASSING for answer in kept.values())
    said = words(remark, field="remark", needed=False)
    if not problems and not passes and not said:
        problems.append(Notice("reason-missing", "请写明理由", field="remark"))
    if problems:
        raise UnusableInput(*problems)
    row.answers, row.remark, row.passes = kept, said, passes
    row.signed_by, row.signed_at = by, timezone.now()
    row.save()
    trail.record(
        by=by,
        verb="argument.sign_checklist",
        subject=subject(checklist.project),
        data={
            "checklist": checklist.pk,
            "party": row.party,
            "department": row.organisation.name,
            "passes": passes,
            "answers": kept,
        },
    )
    if all(other.signed_at is not None for other in others):
        _close(by, checklist, passes and all(other.passes for other in others))
    return row


def _close(by: User, checklist: Checklist, passed: bool) -> None:
    checklist.state = ChecklistState.PASSED if passed else ChecklistState.FAILED
    checklist.closed_at = timezone.now()
    checklist.save(update_fields=["state", "closed_at"])
    trail.record(
        by=by,
        verb="argument.close_checklist",
        subject=subject(checklist.project),
        data={"checklist": checklist.pk, "passed": passed},
    )
    record_evidence(
        by=by,
        project=checklist.project,
        kind=EvidenceKind.CONSULTATION,
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        reference=f"argument.checklist:{checklist.pk}",
        title=checklist.content["name"],
        address=reverse("argument:checklist", args=[checklist.pk]),
    )
