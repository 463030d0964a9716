"""The only writers of referrals: what a joint meeting deliberates is shown to the bodies that supervise with it."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.actions.meetings import held, meeting_subject
from gis_projects.argument.models import AgendaItem, MeetingKind, MeetingState
from gis_projects.argument.queries import referrals as queries
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject as of_project
from gis_projects.people.actions import engagements
from gis_projects.people.models import Engagement, Organisation, Phase, Service, User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.trail import actions as trail


@transaction.atomic
def refer(*, by: User, item: AgendaItem, organisation: Organisation, ends_on: date, text: str) -> Engagement:
    """Let a body of the joint meeting (人大、政协、纪委监委) read the project of one of its items, until a day.

    Its people with the role 联动监督 read that project, its arguments and its site as anybody who may read it does, and
    nothing else; what is confidential stays closed to them.

    Raises
    ------
    UnusableInput
        The item is about no project or a confidential one, the body has nobody with the role, the day has passed.
    NotNow
        It is no joint meeting or was cancelled, or the project is open to the body already.
    """
    meeting = held(by, item.meeting)
    said = words(text, field="text", limit=300)
    if meeting.kind != MeetingKind.JOINT or meeting.state == MeetingState.CANCELLED:
        raise not_now("not-joint", "只有联席会议的议题可以移送联动单位")
    item = meeting.items.select_related("project").get(pk=item.pk)
    project = item.project
    if project is None or not may(by, Permission.READ_PROJECTS, project):
        raise refuse("referral-project", "该议题没有可以移送的项目", field="item")
    if project.secrecy == "confidential":
        raise refuse("referral-secret", "涉密项目不能移送", field="item")
    if not queries.bodies(meeting.committee).filter(pk=organisation.pk).exists():
        raise refuse("referral-body", "该单位没有“联动监督”人员", field="organisation")
    if ends_on < timezone.localdate():
        raise refuse("referral-past", "截止日期已过", field="ends_on")
    # Two who refer at once wait here, and the second sees what the first did.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    if queries.current(project.pk).filter(organisation=organisation).exists():
        raise not_now("referred-already", "已向%(name)s移送该项目", name=organisation.name)
    row = engagements.engage(
        by=None, in_name_of=by, project_key=project.pk, organisation=organisation, phase=Phase.EARLY,
        service=Service.REFERRAL, purpose=f"{meeting.title}：{item.title}"[:300],
        starts_on=timezone.localdate(), ends_on=ends_on,
    )  # fmt: skip
    trail.record(
        by=by,
        verb="argument.refer_project",
        subject=of_project(project),
        data={
            "of": meeting_subject(meeting), "meeting": meeting.title, "item": item.pk, "referral": row.pk,
            "name": organisation.name, "ends_on": ends_on.isoformat(), "text": said,
        },
    )  # fmt: skip
    return row


@transaction.atomic
def end(*, by: User, referral: Engagement, reason: str) -> Engagement:
    """End a referral before its last day: the body reads the project no longer."""
    project = Project.objects.get(pk=referral.project)
    require(by, Permission.HOLD_COMMITTEE, project)
    why = words(reason, field="reason", limit=300)
    # Two who end it at once wait here, and the second sees that it is over.
    Project.objects.select_for_update().only("pk").get(pk=project.pk)
    if queries.current(project.pk).filter(pk=referral.pk).first() is None:
        raise not_now("referral-over", "移送已经结束")
    assert referral.organisation is not None, "what is referred is referred to a body"
    row = engagements.end_engagement(by=None, engagement=referral, reason=why)
    trail.record(
        by=by,
        verb="argument.end_referral",
        subject=of_project(project),
        data={"referral": row.pk, "name": referral.organisation.name, "reason": why},
    )
    return row
