"""The only writers of joint consultations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.actions import closing
from gis_projects.argument.models import Case, CaseState, Consultation
from gis_projects.argument.queries import standing
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.argument.subjects import locked_case
from gis_projects.library.actions import attachments
from gis_projects.library.models import Attachment
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, require


def consultation_subject(consultation: Consultation) -> str:
    """Where the files of a consultation lie (`library.Attachment.subject`)."""
    return f"argument.consultation:{consultation.pk}"


@transaction.atomic
def call(
    *,
    by: User,
    case: Case,
    topic: str,
    meets_on: date,
    place: str = "",
    organisations: Collection[Organisation],
) -> Consultation:
    """Call the departments of a case together.

    Raises
    ------
    UnusableInput
        Fewer than two take part, or one that the case doesn't ask.
    NotNow
        The case is not open.
    """
    case = locked_case(case)
    require(by, Permission.START_ARGUMENTS, case.project)
    about = words(topic, field="topic", limit=300)
    if case.state != CaseState.OPEN:
        raise not_now("case-not-open", "论证处于“%(state)s”，不能召集会商", state=case.get_state_display())
    asked = {task.organisation_id for task in standing.tasks(case)}
    named = {each.pk for each in organisations}
    if len(named) < 2 or not named <= asked:
        raise refuse("consultation-departments", "会商须有本论证的两个以上部门参加", field="organisations")
    row = Consultation.objects.create(
        case=case,
        topic=about,
        meets_on=meets_on,
        place=words(place, field="place", needed=False, limit=120),
        called_by=by,
    )
    row.participants.set(organisations)
    case.state = CaseState.CONSULTING
    case.save(update_fields=["state"])
    closing.written(
        by=by,
        case=case,
        verb="argument.call_consultation",
        data={
            "consultation": row.pk,
            "topic": about,
            "meets_on": meets_on.isoformat(),
            "departments": sorted(each.name for each in organisations),
        },
    )
    return row


@transaction.atomic
def keep_minutes(
    *, by: User, consultation: Consultation, minutes: str, attended: str, settled: bool
) -> Consultation:
    """Write down what a consultation came to. Departments that objected say themselves, by a new version of their
    opinion, whether they still do.
    """
    case = locked_case(consultation.case_id)
    require(by, Permission.START_ARGUMENTS, case.project)
    row = Consultation.objects.select_for_update().get(pk=consultation.pk)
    said = words(minutes, field="minutes")
    who = words(attended, field="attended", limit=500)
    if row.settled is not None:
        raise not_now("consultation-held", "会商已经形成纪要")
    row.minutes, row.attended, row.settled = said, who, settled
    row.recorded_by, row.recorded_at = by, timezone.now()
    row.save()
    case.state = CaseState.OPEN
    case.save(update_fields=["state"])
    closing.written(
        by=by,
        case=case,
        verb="argument.keep_minutes",
        data={
            "consultation": row.pk,
            "topic": row.topic,
            "settled": settled,
            "minutes": said,
            "attended": who,
        },
    )
    return row


@transaction.atomic
def attach(*, by: User, consultation: Consultation, name: str, content: bytes) -> Attachment:
    """Put a file (signed minutes, a list of those present) beside a consultation."""
    case = locked_case(consultation.case_id)
    require(by, Permission.START_ARGUMENTS, case.project)
    return attachments.attach(
        by=by,
        project=case.project,
        purpose="minutes",
        name=name,
        content=content,
        subject=consultation_subject(consultation),
    )
