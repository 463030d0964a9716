"""The page of the calendar: a year of days, what was said of single ones, and a calculator of limits."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from gis_projects import exports
from gis_projects.clock import limits
from gis_projects.clock.actions.overrides import EVERYBODYS, override_day
from gis_projects.clock.calendar import COVERED_UNTIL, FIRST, Calendar, Day, edition
from gis_projects.clock.models import DayOverride
from gis_projects.clock.queries import calendar
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.sentences import sentence
from siting.engine.notices import UnusableInput

#: The longest limit that the calculator counts.
MOST_DAYS = 750
MOST_MONTHS = 120


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_page(request: HttpRequest) -> HttpResponse:
    """A year of days; with MANAGE_CALENDAR also what a bureau says of them itself."""
    user = cast(User, request.user)
    error, said = "", {}
    if request.method == "POST":
        said = {name: request.POST.get(name, "") for name in ("day", "working", "reason", "source")}
        error, day = _override(request, user)
        if not error:
            return redirect(f"{reverse('clock:calendar')}?year={day.year}#day-{day.isoformat()}")
    found = calendar()
    today = timezone.localdate()
    year = _year(request, found, today)
    rows = (
        DayOverride.objects.filter(day__year=year).select_related("by", "replaced_by").order_by("-at", "-pk")
    )
    standing = request.GET.get("standing", "")
    if standing in ("in_force", "replaced"):
        rows = rows.filter(replaced_by__isnull=standing == "in_force")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("工作日设置"), _override_columns(), _override_rows(rows), kind=str(kind))
    context = {
        "year": year,
        "years": range(FIRST.year, COVERED_UNTIL.year + 3),
        "months": _months(found, year, today),
        "working_days": sum(day.working for day in _days(found, year)),
        "covered_until": found.covered_until,
        "edition": edition(),
        "provisional": date(year, 12, 31) > found.covered_until,
        "overrides": rows,
        "standing": standing,
        "may_manage": may(user, Permission.MANAGE_CALENDAR, EVERYBODYS),
        "error": error,
        "said": said,
        **_calculated(request, found, today),
    }
    return render(request, "clock/calendar.html", context, status=400 if error else 200)


def _override_columns() -> list[str]:
    return [_("日期"), _("设置"), _("原因"), _("依据"), _("设置人"), _("设置时间"), _("状态")]


def _override_rows(rows: Iterable[DayOverride]) -> Iterator[list[Any]]:
    said = {None: _("恢复官方日历"), True: _("工作日"), False: _("休息日")}
    for row in rows:
        state = _("已被取代") if hasattr(row, "replaced_by") and row.replaced_by else _("有效")
        yield [row.day, said[row.working], row.reason, row.source, str(row.by or ""), row.at, state]


def _override(request: HttpRequest, user: User) -> tuple[str, date]:
    """Do what the form asks; returns why it was refused, and the day."""
    require(user, Permission.MANAGE_CALENDAR, EVERYBODYS)
    day = _day(request.POST.get("day", ""))
    if day is None:
        return _("请填写日期。"), FIRST
    working = {"yes": True, "no": False}.get(request.POST.get("working", ""))
    try:
        _row, changed = override_day(
            by=user,
            day=day,
            working=working,
            reason=request.POST.get("reason", ""),
            source=request.POST.get("source", ""),
        )
    except ValidationError as refused:
        return " ".join(refused.messages), day
    except UnusableInput as refused:
        return " ".join(sentence(notice) for notice in refused.notices), day
    messages.success(
        request,
        ngettext("已保存，%(n)s个时限的到期日随之改变。", "已保存，%(n)s个时限的到期日随之改变。", changed)
        % {"n": changed},
    )
    return "", day


def _calculated(request: HttpRequest, found: Calendar, today: date) -> dict[str, Any]:
    """What the calculator was asked, and its answer."""
    unit = request.GET.get("unit", "")
    unit = unit if unit in ("months", "accounts") else "days"
    start_text, count_text = request.GET.get("start", ""), request.GET.get("n", "")
    asked: dict[str, Any] = {
        "start": start_text or today.isoformat(),
        "n": count_text or "15",
        "unit": unit,
        "asked": bool(start_text or count_text),
    }
    if not asked["asked"]:
        return asked
    start = _day(start_text)
    most = MOST_MONTHS if unit == "months" else MOST_DAYS
    plain = count_text.isascii() and count_text.isdecimal() and len(count_text) < 6
    if start is None:
        return asked | {"refused": _("请填写起算日。")}
    if unit == "accounts":
        return asked | {"accounts": _accounts(start)}
    if not plain or not 1 <= int(count_text) <= most:
        return asked | {"refused": _("时限应为1至%(most)s的整数。") % {"most": most}}
    try:
        if unit == "months":
            due = limits.months_after(start, int(count_text), found)
            return asked | {"due": due}
        due = found.after(start, int(count_text))
        return asked | {"due": due, "counted": _by_month(found.counted(start, due.day))}
    except UnusableInput as refused:
        return asked | {"refused": " ".join(sentence(notice) for notice in refused.notices)}


def _accounts(completed_on: date) -> list[tuple[str, int, date, date]]:
    """The stages of both accounts: what, how many months, by when, and by when if the last begins with the first."""
    months = [length for _label, length in limits.ACCOUNTS]
    ends = zip(
        limits.chained(completed_on, months),
        limits.chained(completed_on, months, sequential=False),
        strict=True,
    )
    return [(_(label), length, *both) for (label, length), both in zip(limits.ACCOUNTS, ends, strict=True)]


def _by_month(days: Iterable[Day]) -> list[tuple[str, list[Day]]]:
    return [(month, list(some)) for month, some in groupby(days, key=lambda day: f"{day.day:%Y-%m}")]


def _days(found: Calendar, year: int) -> Iterator[Day]:
    for month in range(1, 13):
        for number in range(1, monthrange(year, month)[1] + 1):
            yield found.describe(date(year, month, number))


def _months(found: Calendar, year: int, today: date) -> list[dict[str, Any]]:
    """Twelve months of weeks from Monday to Sunday; None where a week belongs to another month."""
    months = []
    for month in range(1, 13):
        days = [
            found.describe(date(year, month, number)) for number in range(1, monthrange(year, month)[1] + 1)
        ]
        cells: list[Day | None] = [None] * days[0].day.weekday() + list(days)
        cells += [None] * (-len(cells) % 7)
        months.append(
            {
                "first": days[0].day,
                "working": sum(day.working for day in days),
                "weeks": [cells[n : n + 7] for n in range(0, len(cells), 7)],
                "today": today,
            }
        )
    return months


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _year(request: HttpRequest, found: Calendar, today: date) -> int:
    text = request.GET.get("year", "")
    if text.isascii() and text.isdecimal() and FIRST.year <= int(text[:5]) <= found.last.year:
        return int(text)
    return today.year
