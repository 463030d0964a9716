"""Referrals (移送知悉): what a joint meeting lets 人大、政协、纪委监委 read; the list, and the steps of the office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.argument.actions import referrals as actions
from gis_projects.argument.queries import meetings
from gis_projects.argument.queries import referrals as queries
from gis_projects.argument.queries.services import state_labels
from gis_projects.argument.refusals import refuse
from gis_projects.argument.views.doing import done
from gis_projects.argument.views.meetings import day_of, shown
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require

PAGE = 50
_STATES = ("current", "over", "ended")


@login_required
@require_safe
def referrals(request: HttpRequest) -> HttpResponse:
    """What was referred to the reader's unit, or by the meetings that they hold."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    return _page(request, user)


def _page(request: HttpRequest, user: User) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in _STATES else ""
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.referrals(user, state=state, q=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [
            _("项目代码"),
            _("项目名称"),
            _("移送单位"),
            _("事由"),
            _("起始日期"),
            _("截止日期"),
            _("状态"),
        ]
        return exports.table(_("移送知悉"), head, _rows(queries.with_projects(rows)), kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    filters = {name: value for name, value in (("state", state), ("q", words)) if value}
    labels = state_labels()
    return render(
        request,
        "argument/referrals.html",
        {
            "page": page,
            "rows": [(each, labels[each.state]) for each in queries.with_projects(page.object_list)],
            "states": [(value, labels[value]) for value in _STATES],
            "wanted": {"state": state, "q": words},
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
            "holds": has(user, Permission.HOLD_COMMITTEE),
        },
    )


def _rows(rows: Iterable[queries.Referral]) -> Iterator[list[Any]]:
    labels = state_labels()
    for each in rows:
        row = each.row
        name = row.organisation.name if row.organisation else ""
        yield [
            each.project.code, each.project.name, name, row.purpose, row.starts_on, row.ends_on, labels[each.state],
        ]  # fmt: skip


@login_required
@require_POST
def refer(request: HttpRequest, pk: int) -> HttpResponse:
    """Refer the project of an item of a joint meeting to one of the bodies."""
    user = cast(User, request.user)
    row = meetings.meeting(user, pk, Permission.HOLD_COMMITTEE)
    form = request.POST

    def work() -> None:
        item = _chosen(form.get("item", ""), meetings.items(user, row))
        body = _chosen(form.get("organisation", ""), queries.bodies(row.committee))
        if item is None:
            raise refuse("no-such-item", "没有这样的议题", field="item")
        if body is None:
            raise refuse("referral-body", "该单位没有“联动监督”人员", field="organisation")
        actions.refer(
            by=user, item=item, organisation=body, ends_on=day_of(form.get("ends_on", "")),
            text=form.get("text", ""),
        )  # fmt: skip

    then = redirect("argument:meeting", row.pk)
    return done(request, work, _("已移送。"), then=then, again=lambda: shown(request, user, row))


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a referral before its last day."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    row = queries.referrals(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    then = redirect("argument:referrals")
    return done(
        request,
        lambda: actions.end(by=user, referral=row, reason=request.POST.get("reason", "")),
        _("移送已终止。"),
        then=then,
        again=lambda: _page(request, user),
    )


def _chosen(key: str, rows: Any) -> Any:
    return rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
