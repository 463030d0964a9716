"""The committee's meetings: the list, one of them with what its office does, its minutes on paper, its tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.argument.actions import meeting_tasks, minutes
from gis_projects.argument.actions import meetings as actions
from gis_projects.argument.models import (
    AgendaItem,
    AnnualPlan,
    Choice,
    ItemKind,
    Link,
    Meeting,
    MeetingKind,
    MeetingState,
    Presence,
    ResolutionOutcome,
)
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.queries import referrals
from gis_projects.argument.refusals import refuse
from gis_projects.argument.views.committee import chosen_committee
from gis_projects.argument.views.doing import done, files_of
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, may, require, visible

PAGE = 50


@login_required
@require_safe
def meetings(request: HttpRequest) -> HttpResponse:
    """Meetings of the committees in reach, the newest first."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    chosen = {
        name: value
        for name, known in (("kind", MeetingKind.values), ("state", MeetingState.values))
        if (value := request.GET.get(name, "")) in known
    }
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.meetings(user).filter(**chosen)
    for word in words.split():
        rows = rows.filter(title__icontains=word)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("时间"), _("会议类型"), _("会议名称"), _("地点"), _("状态"), _("议题数")]
        table = (
            [
                timezone.localtime(row.scheduled_at), row.get_kind_display(), row.title, row.place,
                row.get_state_display(), row.item_count,  # type: ignore[attr-defined]
            ]
            for row in rows
        )  # fmt: skip
        return exports.table(_("投委会会议"), head, table, kind=str(kind))
    filters = chosen | ({"q": words} if words else {})
    return render(
        request,
        "argument/meetings.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "kinds": MeetingKind.choices,
            "states": MeetingState.choices,
            "wanted": {"kind": "", "state": "", "q": words} | chosen,
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
            "holds": queries.committees(user, Permission.HOLD_COMMITTEE).exists(),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def convene(request: HttpRequest) -> HttpResponse:
    """Call a meeting."""
    user = cast(User, request.user)
    require(user, Permission.HOLD_COMMITTEE)
    made: list[Meeting] = []

    def page() -> HttpResponse:
        return render(
            request,
            "argument/meeting_new.html",
            {
                "committees": queries.committees(user, Permission.HOLD_COMMITTEE),
                "kinds": MeetingKind.choices,
                "typed": request.POST,
            },
        )

    if request.method != "POST":
        return page()

    def work() -> None:
        # who may, before what is filled in
        committee = chosen_committee(request, user, Permission.HOLD_COMMITTEE)
        at = _instant(request.POST.get("scheduled_at", ""))
        made.append(
            actions.convene(
                by=user, committee=committee,
                title=request.POST.get("title", ""), scheduled_at=at,
                kind=request.POST.get("kind", MeetingKind.COMMITTEE), place=request.POST.get("place", ""),
            )
        )  # fmt: skip

    answer = done(request, work, _("会议已召集。"), then=redirect("argument:meetings"), again=page)
    return redirect("argument:meeting", made[0].pk) if made and answer.status_code == 302 else answer


def _instant(text: str) -> Any:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise refuse("not-a-time", "请填写日期和时间", field="scheduled_at")
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def day_of(text: str) -> Any:
    """The day that a form brought."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise refuse("not-a-day", "请填写日期", field="due_on")
    return day


@login_required
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: agenda, attendance, votes, resolutions, minutes and what it left to be done."""
    user = cast(User, request.user)
    return shown(request, user, queries.meeting(user, pk))


def shown(request: HttpRequest, user: User, row: Meeting) -> HttpResponse:
    """A meeting's page, also where a form of it was refused."""
    row = queries.meeting(user, row.pk)
    holds = may(user, Permission.HOLD_COMMITTEE, row)
    day = timezone.localtime(row.scheduled_at).date()
    attendance = list(row.attendance.select_related("user__organisation", "seat"))
    seats = list(queries.seats_on(row.committee, day))
    agenda = list(queries.items(user, row))
    tallies = queries.tallies(row, agenda)
    items = [_shown(item, tallies[item.pk], attendance, holds) for item in agenda]
    by_user = {entry.user_id: entry.presence for entry in attendance}
    guests = [entry for entry in attendance if entry.seat is None]
    return render(
        request,
        "argument/meeting.html",
        {
            "meeting": row,
            "items": items,
            "attendance": attendance,
            "quorum": queries.quorum(row),
            "seats": [(seat, by_user.get(seat.user_id, "")) for seat in seats],
            "guests": guests,
            "tasks": queries.tasks(user).filter(meeting=row),
            "files": row.files.filter(item=None, task=None),
            "holds": holds,
            "edits": holds and row.state == MeetingState.PLANNED,
            "confirms": holds and row.state == MeetingState.RECORDED and row.recorded_by_id != user.pk,
            "returns": holds and row.state == MeetingState.RECORDED,
            "assigns": holds and row.state != MeetingState.CANCELLED,
            "bodies": referrals.bodies(row.committee) if _refers(row, holds) else [],
            "referable": [item for item in agenda if item.project] if _refers(row, holds) else [],
            "resolved": bool(items) and all(item["resolution"] for item in items),
            "presences": Presence.choices,
            "item_kinds": ItemKind.choices,
            "links": Link.choices,
            "choices": Choice.choices,
            "outcomes": ResolutionOutcome.choices,
            "plans": AnnualPlan.objects.filter(committee=row.committee_id)[:50],
            "organisations": queries.departments_for(row.committee) if holds else [],
            "typed": request.POST,
        },
    )


def _refers(row: Meeting, holds: bool) -> bool:
    return holds and row.kind == MeetingKind.JOINT and row.state != MeetingState.CANCELLED


def _shown(item: AgendaItem, tally: queries.Tally, attendance: list[Any], holds: bool) -> dict[str, Any]:
    votes = {vote.user_id: vote for vote in item.votes.all()}
    voting = [
        entry
        for entry in attendance
        if entry.presence == Presence.PRESENT and entry.seat and entry.seat.votes
    ]
    return {
        "row": item,
        "resolution": getattr(item, "resolution", None),
        "tally": tally,
        "votes": [
            (
                entry,
                votes[entry.user_id].choice if entry.user_id in votes else "",
                queries.own_unit(item, entry.user),
            )
            for entry in voting
        ]
        if holds
        else [],
        "files": [file for file in item.files.all() if file.task_id is None],
    }


@login_required
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Whatever the office does with a meeting as a whole."""
    user = cast(User, request.user)
    row = queries.meeting(user, pk, Permission.HOLD_COMMITTEE)
    form = request.POST

    def seats() -> dict[User, str]:
        people = {
            seat.user for seat in queries.seats_on(row.committee, timezone.localtime(row.scheduled_at).date())
        }
        found = {person: form.get(f"presence-{person.pk}", "") for person in people}
        for name in form.get("guests", "").replace("、", " ").replace(",", " ").split():
            guest = queries.people_for_seats(row.committee).filter(username=name).first()
            if guest is None:
                raise refuse("no-such-person", "没有这样的人员：%(name)s", field="guests", name=name)
            found.setdefault(guest, Presence.OBSERVING)
        return {person: presence for person, presence in found.items() if presence}

    def attach() -> None:
        brought = list(files_of(request))
        if not brought:
            raise refuse("no-file", "请选择文件", field="file")
        for name, content in brought:
            meeting_tasks.attach(
                by=user, meeting=row, name=name, content=content, item=_item(user, row, form.get("item", ""))
            )

    works: dict[str, tuple[Callable[[], object], str]] = {
        "cancel": (lambda: actions.cancel(by=user, meeting=row, reason=form.get("reason", "")), _("会议已取消。")),
        "item": (lambda: _add_item(user, row, form), _("已列入议程。")),
        "attendance": (
            lambda: actions.record_attendance(by=user, meeting=row, presence=seats()), _("已登记出席情况。"),
        ),
        "minutes": (
            lambda: minutes.record_minutes(by=user, meeting=row, minutes=form.get("minutes", "")),
            _("纪要已提交，等待另一人确认。"),
        ),
        "return": (
            lambda: minutes.return_minutes(by=user, meeting=row, reason=form.get("reason", "")), _("纪要已退回。"),
        ),
        "confirm": (
            lambda: minutes.confirm_minutes(by=user, meeting=row, revision=_number(form.get("revision", ""))),
            _("纪要已确认，决议已编号。"),
        ),
        "task": (
            lambda: meeting_tasks.assign(
                by=user, meeting=row, title=form.get("title", ""), organisation=_department(row, form),
                due_on=day_of(form.get("due_on", "")), item=_item(user, row, form.get("item", "")),
            ),
            _("已交办。"),
        ),
        "file": (attach, _("材料已上传。")),
    }  # fmt: skip
    return _do(request, user, row, works)


@login_required
@require_POST
def item_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Votes and the resolution on one item, or taking it off."""
    user = cast(User, request.user)
    item = AgendaItem.objects.select_related("meeting").filter(pk=pk).first()
    if item is None:
        require(user, Permission.READ_ARGUMENTS)
        raise Http404
    row = queries.meeting(user, item.meeting_id, Permission.HOLD_COMMITTEE)
    if not queries.items(user, row).filter(pk=pk).exists():
        raise Http404
    form = request.POST

    def votes() -> object:
        people = User.objects.filter(pk__in=row.attendance.values("user"))
        choices = {person: form.get(f"vote-{person.pk}", "") for person in people}
        return actions.cast_votes(
            by=user, item=item, choices={person: choice for person, choice in choices.items() if choice}
        )

    works: dict[str, tuple[Callable[[], object], str]] = {
        "votes": (votes, _("已登记表决。")),
        "resolve": (
            lambda: actions.resolve(
                by=user, item=item, outcome=form.get("outcome", ""), text=form.get("text", ""),
                conditions=form.get("conditions", ""),
            ),
            _("已记录决议。"),
        ),
        "remove": (lambda: actions.remove_item(by=user, item=item), _("议题已撤下。")),
    }  # fmt: skip
    return _do(request, user, row, works)


def _do(
    request: HttpRequest, user: User, row: Meeting, works: dict[str, tuple[Callable[[], object], str]]
) -> HttpResponse:
    def unknown() -> None:
        raise refuse("nothing-to-do", "没有这种操作")

    work, told = works.get(request.POST.get("what", ""), (unknown, ""))
    then = redirect("argument:meeting", row.pk)
    return done(request, work, told, then=then, again=lambda: shown(request, user, row))


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise refuse("not-a-number", "版本号须为数字", field="revision")
    return int(text)


def _item(user: User, row: Meeting, key: str) -> AgendaItem | None:
    if not key:
        return None
    found = (
        queries.items(user, row).filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
    )
    if found is None:
        raise refuse("no-such-item", "没有这样的议题", field="item")
    return found


def _department(row: Meeting, form: Any) -> Organisation:
    key = form.get("organisation", "")
    found = queries.departments_for(row.committee).filter(
        pk=int(key) if key.isdecimal() and len(key) < 19 else 0
    )
    department = found.first()
    if department is None:
        raise refuse("no-such-department", "请选择承办单位", field="organisation")
    return department


def _add_item(user: User, row: Meeting, form: Any) -> AgendaItem:
    project = plan = None
    if code := form.get("project", "").strip():
        project = visible(user, Permission.READ_PROJECTS, Project.objects.filter(code=code)).first()
        if project is None:
            raise refuse("item-project", "没有这样的项目", field="project")
    if (key := form.get("plan", "")) and key.isdecimal() and len(key) < 19:
        plan = AnnualPlan.objects.filter(committee=row.committee_id, pk=int(key)).first()
    organisation = _department(row, form) if form.get("organisation") else None
    return actions.add_item(
        by=user, meeting=row, kind=form.get("kind", ""), title=form.get("title", ""), text=form.get("text", ""),
        project=project, plan=plan, link=form.get("link", ""), organisation=organisation,
    )  # fmt: skip


@login_required
@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes as they are printed: who was there, what was resolved on each item, what is to be done."""
    user = cast(User, request.user)
    row = queries.meeting(user, pk)
    if row.state not in (MeetingState.RECORDED, MeetingState.CONFIRMED):
        raise Http404
    agenda = list(queries.items(user, row))
    tallies = queries.tallies(row, agenda)
    return render(
        request,
        "argument/minutes.html",
        {
            "meeting": row,
            "items": [{"row": item, "tally": tallies[item.pk]} for item in agenda],
            "attendance": row.attendance.select_related("user__organisation", "seat"),
            "quorum": queries.quorum(row),
            "tasks": queries.tasks(user).filter(meeting=row),
        },
    )
