"""Tripartite checklists: the list, opening one, and its page on which each party signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.argument import checklists as lists
from gis_projects.argument.actions import checklists as actions
from gis_projects.argument.models import Checklist, ChecklistParty
from gis_projects.argument.refusals import refuse
from gis_projects.argument.scopes import SIGNING
from gis_projects.argument.statements import ANSWERS
from gis_projects.argument.views.doing import attempted, done
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Permission, find, has, may, require, visible

PAGE = 50


@login_required
@require_safe
def checklists(request: HttpRequest) -> HttpResponse:
    """The checklists of the projects that the user reaches, the open ones first; which await their unit."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    rows = visible(user, Permission.READ_ARGUMENTS, Checklist.objects.select_related("project__region"))
    state = request.GET.get("state", "")
    if state in ("open", "passed", "failed"):
        rows = rows.filter(state=state)
    else:
        state = ""
    rows = rows.prefetch_related("parties").order_by("closed_at", "-pk")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("三方会商"), _columns(), _rows(rows), kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/checklists.html",
        {
            "page": page,
            "rows": [
                {"row": row, "signed": sum(each.signed_at is not None for each in row.parties.all())}
                for row in page.object_list
            ],
            "state": state,
            "export_query": f"{urlencode({'state': state})}&" if state else "",
            "starts": has(user, Permission.START_ARGUMENTS),
        },
    )


def _columns() -> list[str]:
    return [_("项目代码"), _("项目"), _("地区"), _("状态"), _("已签"), _("发起时间"), _("办结时间")]


def _rows(rows: QuerySet[Checklist]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=1000):
        signed = sum(each.signed_at is not None for each in row.parties.all())
        closed = timezone.localtime(row.closed_at).replace(tzinfo=None) if row.closed_at else ""
        opened = timezone.localtime(row.opened_at).replace(tzinfo=None)
        project = row.project
        yield [
            project.code, project.name, project.region.name, row.get_state_display(), f"{signed}/3", opened, closed,
        ]  # fmt: skip


@login_required
@require_POST
def open_checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a project's checklist with the lead unit chosen."""
    user = cast(User, request.user)
    project = find(
        user, Permission.START_ARGUMENTS, Project.objects.all(), reading=Permission.READ_PROJECTS, pk=pk
    )
    lead = request.POST.get("system_lead", "")
    unit = Organisation.objects.filter(
        pk=int(lead) if lead.isascii() and lead.isdigit() and len(lead) < 18 else 0,
        kind=OrganisationKind.DEPARTMENT,
    ).first()
    opened: list[Checklist] = []

    def work() -> None:
        if unit is None:
            raise refuse("checklist-lead", "请选择牵头单位", field="system_lead")
        opened.append(actions.open_checklist(by=user, project=project, system_lead=unit))

    problems = attempted(work)
    for problem in problems:
        messages.error(request, problem)
    if problems:
        return redirect("argument:open", pk=pk)
    return redirect("argument:checklist", pk=opened[0].pk)


@login_required
@require_safe
def checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """One checklist: what each party looks at, and its signature."""
    user = cast(User, request.user)
    return _page(request, user, _found(user, pk))


def _found(user: User, pk: int) -> Checklist:
    rows = Checklist.objects.select_related("project__region", "opened_by")
    return find(user, Permission.READ_ARGUMENTS, rows, pk=pk)


def _page(request: HttpRequest, user: User, row: Checklist) -> HttpResponse:
    listed = lists.read(row.content)
    parties = {each.party: each for each in row.parties.select_related("organisation", "signed_by")}
    mine = set(
        visible(user, Permission.GIVE_OPINIONS, row.parties.all(), SIGNING).values_list("pk", flat=True)
    )
    return render(
        request,
        "argument/checklist.html",
        {
            "checklist": row,
            "project": row.project,
            "name": str(listed),
            "parties": [
                {
                    "party": party,
                    "name": str(party),
                    "row": parties[party.code],
                    "points": [_point(parties[party.code], point) for point in party.points],
                    "may_sign": parties[party.code].signed_at is None and parties[party.code].pk in mine,
                }
                for party in listed.parties
            ],
            "answers": [(each.code, str(each)) for each in ANSWERS],
            "signed": sum(each.signed_at is not None for each in parties.values()),
            "reads_trail": may(user, Permission.READ_TRAIL, row.project),
        },
    )


def _point(row: ChecklistParty, point: Any) -> dict[str, str]:
    code = row.answers.get(point.code, "")
    return {
        "code": point.code,
        "name": str(point),
        "answer": code,
        "answer_label": next((str(each) for each in ANSWERS if each.code == code), ""),
    }


@login_required
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for one's own unit."""
    user = cast(User, request.user)
    party = find(user, Permission.GIVE_OPINIONS, ChecklistParty.objects.all(), paths=SIGNING, pk=pk)
    given = request.POST
    answers = {
        name.removeprefix("point."): str(given.get(name, "")) for name in given if name.startswith("point.")
    }
    return done(
        request,
        lambda: actions.sign(by=user, party=party, answers=answers, remark=given.get("remark", "")),
        _("已签署。"),
        then=redirect("argument:checklist", pk=party.checklist_id),
        again=lambda: _page(request, user, _found(user, party.checklist_id)),
    )
