"""Pages of duties: the list, one of them, the year's list of tasks, and the month's circular."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.desk import periods
from gis_projects.desk.actions import duties as actions
from gis_projects.desk.models import Deadline, Duty
from gis_projects.desk.queries import duties as queries
from gis_projects.people.models import Department, Region, User
from gis_projects.people.permissions import Permission, ScopePaths, has, require, visible
from gis_projects.sentences import listed

PAGE = 50
_REGIONS = ScopePaths(region="code")


@login_required
@require_safe
def duties(request: HttpRequest) -> HttpResponse:
    """What departments owe, and what of it is done."""
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    today = timezone.localdate()
    wanted = queries.Wanted(
        code=_known(request, "code", periods.rules()),
        state=_known(request, "state", list(queries.State)),
        period=_text(request, "period", 8),
        region=_text(request, "region", 12),
        function=_text(request, "function", 20),
        q=_text(request, "q", 100),
    )
    rows = queries.duties(user, wanted, today=today)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("定期工作"), _columns(), _rows(rows), kind=str(kind))
    filters = {name: value for name, value in vars(wanted).items() if value}
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "desk/duties.html",
        {
            "page": page,
            "shown": [_shown(row, today) for row in page.object_list],
            "wanted": wanted,
            "rules": periods.rules().values(),
            "states": [(one, one.label, n) for one, n in queries.counts(rows, today).items()],
            "regions": _regions(user),
            "functions": Department.objects.all(),
            "filters": filters,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def duty(request: HttpRequest, pk: int) -> HttpResponse:
    """One duty; its own department says here that it is done."""
    user = cast(User, request.user)
    row = queries.duty(user, pk)
    error, note = "", ""
    if request.method == "POST":
        note = request.POST.get("note", "")
        try:
            actions.complete(by=user, duty=row, note=note)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            messages.success(request, _("已登记完成。"))
            return redirect("desk:duty", row.pk)
    today = timezone.localdate()
    return render(
        request,
        "desk/duty.html",
        {
            **_shown(row, today),
            "error": error,
            "note": note,
            "own": user.organisation_id == row.organisation_id and row.done_at is None,
        },
        status=400 if error else 200,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tasks(request: HttpRequest) -> HttpResponse:
    """The year's list of tasks, how far each is, and the days that superiors set."""
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    error = ""
    if request.method == "POST":
        error = _set_deadline(request, user)
        if not error:
            return redirect("desk:tasks")
    today = timezone.localdate()
    year = _year(request, today.year)
    counted = queries.listed(queries.duties(user, today=today), year, today)
    names = dict(Department.objects.values_list("code", "name"))
    english = dict(Department.objects.values_list("code", "name_en"))
    rows = [
        {
            "task": task,
            "owners": [
                (english.get(code) or names.get(code, code))
                if request.LANGUAGE_CODE == "en"
                else names.get(code, code)
                for code in task.functions
            ],
            "rule": periods.rules()[task.duty],
            "counts": counted.get(task.duty, {}),
        }
        for task in periods.tasks()
    ]
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("年度任务清单"), _task_columns(), _task_rows(rows), kind=str(kind))
    regions = _regions(user)
    return render(
        request,
        "desk/tasks.html",
        {
            "rows": rows,
            "year": year,
            "error": error,
            "posted": request.POST if error else {},
            "rules": periods.rules().values(),
            "regions": regions,
            "may_set": has(user, Permission.MANAGE_CALENDAR),
            "deadlines": Deadline.objects.filter(region__in=regions).select_related("region", "by")[:50],
        },
        status=400 if error else 200,
    )


@login_required
@require_safe
def circular(request: HttpRequest) -> HttpResponse:
    """How departments used the platform in a month, for the committee's office to circulate."""
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    today = timezone.localdate()
    month = request.GET.get("month", "") or f"{today:%Y-%m}"
    try:
        if periods.period_of(periods.Every.MONTH, periods.bounds(month)[0]) != month:
            raise Http404
    except ValueError as error:
        raise Http404 from error
    regions = list(_regions(user))
    region = _known(request, "region", (one.code for one in regions))
    lamp = _known(request, "lamp", ("yellow",))
    every = queries.circular(user, month, today=today)
    lines = [
        line
        for line in every
        if (not region or line.organisation.region_id == region) and (not lamp or line.lamp == lamp)
    ]
    if (kind := request.GET.get("format")) in exports.FORMATS:
        name = _("平台运用情况通报（%(month)s）") % {"month": month}
        return exports.table(name, _circular_columns(), _circular_rows(lines), kind=str(kind))
    return render(
        request,
        "desk/circular.html",
        {
            "month": month,
            "page": Paginator(lines, PAGE).get_page(request.GET.get("page")),
            "number": len(lines),
            "yellow": sum(line.lamp == "yellow" for line in lines),
            "overdue": sum(line.overdue for line in lines),
            "regions": regions,
            "region": region,
            "lamp": lamp,
            "export_query": urlencode({"month": month, "region": region, "lamp": lamp}) + "&",
            "made_at": timezone.localtime(),
        },
    )


def _set_deadline(request: HttpRequest, user: User) -> str:
    """Do what the form asks; returns why it was refused."""
    if not has(user, Permission.MANAGE_CALENDAR):
        raise PermissionDenied(Permission.MANAGE_CALENDAR)
    region = Region.objects.filter(code=request.POST.get("region", "")).first()
    if region is None:
        return _("请选择适用地区。")
    try:
        due_on = parse_date(request.POST.get("due_on", ""))
    except ValueError:
        due_on = None
    if due_on is None:
        return _("请填写截止日期。")
    try:
        _row, changed = actions.set_deadline(
            by=user,
            code=request.POST.get("code", ""),
            period=request.POST.get("period", "").strip(),
            region=region,
            due_on=due_on,
            source=request.POST.get("source", ""),
        )
    except ValidationError as refused:
        return " ".join(refused.messages)
    messages.success(
        request,
        ngettext(
            "已设置，%(n)s项工作的截止日期随之改变。", "已设置，%(n)s项工作的截止日期随之改变。", changed
        )
        % {"n": changed},
    )
    return ""


def _regions(user: User) -> Any:
    return visible(user, Permission.READ_STATISTICS, Region.objects.divisions(), _REGIONS).order_by(
        "position", "code"
    )


def _shown(row: Duty, today: Any) -> dict[str, Any]:
    rule = periods.rules().get(row.code)
    return {"duty": row, "name": rule.label if rule else row.code, "state": queries.state(row, today)}


def _known(request: HttpRequest, name: str, known: Iterable[str]) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


def _text(request: HttpRequest, name: str, most: int) -> str:
    return request.GET.get(name, "")[:most].replace("\0", "")


def _year(request: HttpRequest, default: int) -> int:
    text = request.GET.get("year", "")
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) == 4 and int(text) >= 1900 else default
    )


def _columns() -> list[str]:
    return [
        _("责任单位"),
        _("职能"),
        _("地区"),
        _("事项"),
        _("周期"),
        _("截止日期"),
        _("状态"),
        _("完成时间"),
        _("完成情况"),
        _("依据"),
    ]


def _rows(rows: Any) -> Iterator[list[Any]]:
    today = timezone.localdate()
    for row in rows.iterator(chunk_size=1000):
        shown = _shown(row, today)
        department, region = row.organisation.department, row.organisation.region
        yield [
            row.organisation.name,
            department.label if department else "",
            region.name if region else "",
            shown["name"],
            row.period,
            row.due_on,
            shown["state"].label,
            timezone.localtime(row.done_at).replace(tzinfo=None) if row.done_at else "",
            row.note,
            row.source,
        ]


def _task_columns() -> list[str]:
    return [_("序号"), _("重点工作"), _("责任单位"), _("完成时间"), *(one.label for one in queries.State)]


def _task_rows(rows: Iterable[dict[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        task = row["task"]
        counts = [row["counts"].get(one, 0) for one in queries.State]
        yield [task.number, task.label, listed(row["owners"]), task.due_label, *counts]


def _circular_columns() -> list[str]:
    return [
        _("责任单位"),
        _("地区"),
        _("登录次数"),
        _("应登录周数"),
        _("未登录周数"),
        _("应完成事项"),
        _("按时完成"),
        _("逾期完成"),
        _("已逾期"),
        _("未办结批示"),
        _("预警"),
    ]


def _circular_rows(lines: Iterable[queries.Line]) -> Iterator[list[Any]]:
    for line in lines:
        yield [
            line.organisation.name,
            line.organisation.region.name if line.organisation.region else "",
            line.sign_ins,
            line.weeks,
            line.weeks_missed,
            line.due,
            line.in_time,
            line.late,
            line.overdue,
            line.instructions_open,
            _("黄灯") if line.lamp == "yellow" else "",
        ]
