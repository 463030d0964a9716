"""Who sits on the committee, its annual plans, its resolutions, and the files beside its meetings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports, files
from gis_projects.argument.actions import committee as actions
from gis_projects.argument.models import AnnualPlan, Committee
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.refusals import refuse
from gis_projects.argument.views.doing import done
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, require, visible
from gis_projects.sites.views.downloads import download

MOST_PEOPLE = 500
PAGE = 50


def chosen_committee(request: HttpRequest, user: User, permission: Permission) -> Committee:
    """The committee that an address or a form names; the first in reach unless it does."""
    rows = queries.committees(user)
    named = request.POST.get("committee") or request.GET.get("committee") or ""
    if named.isdecimal() and len(named) < 19:
        return find(user, permission, rows, reading=Permission.READ_ARGUMENTS, pk=int(named))
    row = queries.committees(user, permission).first()
    if row is None:
        raise PermissionDenied(permission)
    return row


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """The seats of a committee and its rules; its office changes both."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    if request.method == "POST":
        return _change_members(request, user)
    return _members_page(request, user)


def _members_page(request: HttpRequest, user: User) -> HttpResponse:
    rows = list(queries.committees(user))
    named = request.POST.get("committee") or request.GET.get("committee")
    row = next((each for each in rows if str(each.pk) == named), rows[0] if rows else None)
    holds = row is not None and may(user, Permission.HOLD_COMMITTEE, row)
    if row is not None and (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("职务"), _("姓名"), _("单位"), _("任职日期"), _("有表决权")]
        table = (
            [
                seat.title, str(seat.user), seat.user.organisation.name if seat.user.organisation else "",
                seat.starts_on, _("是") if seat.votes else _("否"),
            ]
            for seat in queries.seats_on(row)
        )  # fmt: skip
        return exports.table(row.name, head, table, kind=str(kind))
    return render(
        request,
        "argument/members.html",
        {
            "committees": rows,
            "committee": row,
            "seats": queries.seats_on(row).select_related("user__region") if row else [],
            "past": row.seats.filter(ends_on__lt=timezone.localdate()).select_related("user")[:50]
            if row
            else [],
            "holds": holds,
            "people": queries.people_for_seats(row)[:MOST_PEOPLE] if row and holds else [],
        },
    )


def _change_members(request: HttpRequest, user: User) -> HttpResponse:
    committee = chosen_committee(request, user, Permission.HOLD_COMMITTEE)
    what = request.POST.get("what")

    def work() -> None:
        if what == "seat":
            person = queries.people_for_seats(committee).filter(username=request.POST.get("user", "")).first()
            if person is None:
                raise refuse("no-such-person", "没有这样的人员", field="user")
            rank = request.POST.get("rank", "")
            actions.seat_member(
                by=user, committee=committee, user=person, title=request.POST.get("title", ""),
                rank=int(rank) if rank.isdecimal() and len(rank) < 4 else 9, votes=request.POST.get("votes") == "1",
            )  # fmt: skip
        elif what == "end":
            key = request.POST.get("seat", "")
            seat = committee.seats.filter(pk=int(key) if key.isdecimal() and len(key) < 19 else 0).first()
            if seat is None:
                raise refuse("no-such-seat", "没有这样的成员", field="seat")
            actions.end_seat(by=user, seat=seat)
        elif what == "rules":
            shares = [request.POST.get(name, "") for name in ("quorum_percent", "majority_percent")]
            if not all(share.isdecimal() and len(share) < 4 for share in shares):
                raise refuse("not-a-share", "比例须为整数", field="quorum_percent")
            actions.set_committee(
                by=user, region=committee.region, name=request.POST.get("name", ""),
                abbreviation=request.POST.get("abbreviation", ""), quorum_percent=int(shares[0]),
                majority_percent=int(shares[1]),
            )  # fmt: skip
        else:
            raise refuse("nothing-to-do", "没有这种操作")

    then = redirect(f"{request.path}?committee={committee.pk}")
    return done(request, work, _("已保存。"), then=then, again=lambda: _members_page(request, user))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """The annual plans by version; the office draws up the next."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    if request.method == "POST":
        committee = chosen_committee(request, user, Permission.HOLD_COMMITTEE)
        made: list[AnnualPlan] = []

        def work() -> None:
            year = request.POST.get("year", "")
            if not (year.isdecimal() and len(year) == 4):
                raise refuse("not-a-year", "年度须为四位数字", field="year")
            amounts = dict(_amounts(user, request.POST.get("lines", "")))
            made.append(
                actions.draw_up_plan(
                    by=user,
                    committee=committee,
                    year=int(year),
                    amounts=amounts,
                    note=request.POST.get("note", ""),
                )
            )

        answer = done(
            request, work, _("已保存新的计划版本。"), then=redirect("argument:plans"),
            again=lambda: _plans_page(request, user),
        )  # fmt: skip
        return redirect("argument:plan", made[0].pk) if made and answer.status_code == 302 else answer
    return _plans_page(request, user)


def _plans_page(request: HttpRequest, user: User) -> HttpResponse:
    rows = visible(user, Permission.READ_ARGUMENTS, AnnualPlan.objects.select_related("committee__region"))
    years = list(rows.order_by("-year").values_list("year", flat=True).distinct())
    year = request.GET.get("of_year", "")
    if year.isdecimal() and len(year) == 4:
        rows = rows.filter(year=int(year))
    rows = rows.order_by("-year", "-version", "-pk")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("年度"), _("版本"), _("投委会"), _("项目数"), _("年度计划投资（元）"), _("说明")]
        table = (
            [row.year, row.version, row.committee.name, n, total, row.note]
            for row, n, total in _with_totals(rows, user)
        )
        return exports.table(_("年度投资计划"), head, table, kind=str(kind))
    holding = list(queries.committees(user, Permission.HOLD_COMMITTEE))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/plans.html",
        {
            "page": page,
            "plans": _with_totals(page.object_list, user),
            "years": years,
            "of_year": year,
            "export_query": urlencode({"of_year": year}) + "&" if year else "",
            "holding": holding,
            "year": timezone.localdate().year,
            "typed": request.POST,
        },
    )


def _with_totals(rows: Iterable[AnnualPlan], user: User) -> list[tuple[AnnualPlan, int, Decimal]]:
    plans = list(rows)
    totals = queries.plan_totals(plans, user)
    return [(row, *totals[row.pk]) for row in plans]


def _amounts(user: User, text: str) -> Iterator[tuple[int, Decimal]]:
    """Lines of a project's code and its 元 of the year, with a comma, a tab or a space between."""
    seen: set[str] = set()
    found: list[tuple[int, str, Decimal]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.replace("\t", " ").replace("\uff0c", " ").split()
        if not parts:
            continue
        if len(parts) != 2 or parts[0] in seen:
            raise refuse(
                "plan-line", "第 %(line)s 行须为项目代码和金额，且不重复", field="lines", line=number
            )
        try:
            amount = Decimal(parts[1].replace(",", ""))
        except InvalidOperation as error:
            raise refuse(
                "plan-line", "第 %(line)s 行须为项目代码和金额，且不重复", field="lines", line=number
            ) from error
        seen.add(parts[0])
        found.append((number, parts[0], amount))
    known = dict(
        visible(user, Permission.READ_PROJECTS, Project.objects.filter(code__in=seen)).values_list(
            "code", "pk"
        )
    )
    for number, code, amount in found:
        if code not in known:
            raise refuse(
                "plan-line-project",
                "第 %(line)s 行：没有代码为 %(project)s 的项目",
                field="lines",
                line=number,
                project=code,
            )
        yield known[code], amount


@login_required
@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of a plan, held against the one before."""
    user = cast(User, request.user)
    rows = AnnualPlan.objects.select_related("committee__region", "by")
    row = find(user, Permission.READ_ARGUMENTS, rows, pk=pk)
    changes = queries.plan_changes(row, user)
    lines = queries.plan_lines(row, user)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("项目代码"), _("项目名称"), _("地区"), _("年度计划投资（元）")]
        table = (
            [line.project.code, line.project.name, line.project.region.name, line.amount_yuan]
            for line in lines
        )
        return exports.table(f"{_('年度投资计划')}-{row.year}-{row.version}", head, table, kind=str(kind))
    count, total = queries.plan_totals([row], user)[row.pk]
    return render(
        request,
        "argument/plan.html",
        {
            "plan": row,
            "lines": lines,
            "count": count,
            "total": total,
            "changes": changes if row.version > 1 else [],
            "items": [
                item
                for item in row.items.select_related("meeting", "resolution")
                if may(user, Permission.READ_ARGUMENTS, item.meeting)
            ],
        },
    )


@login_required
@require_safe
def resolution(request: HttpRequest, pk: int) -> HttpResponse:
    """One numbered resolution."""
    user = cast(User, request.user)
    row = queries.resolution(user, pk)
    return render(
        request,
        "argument/resolution.html",
        {
            "resolution": row,
            "item": row.item,
            "meeting": row.item.meeting,
            "tally": queries.tally(row.item),
            "reads_meeting": may(user, Permission.READ_ARGUMENTS, row.item.meeting),
        },
    )


@login_required
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file beside a meeting, as a download: never shown in the page."""
    row = queries.file(cast(User, request.user), pk)
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    response: Any = download(content, row.name, files.KINDS[row.kind].media_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return cast(HttpResponse, response)
