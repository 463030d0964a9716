"""The ledgers of land quotas and debt limits."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.argument.actions import quotas as actions
from gis_projects.argument.models import EntryKind, QuotaAccount, QuotaEntry, QuotaKind
from gis_projects.argument.queries import quotas as queries
from gis_projects.argument.views.doing import attempted
from gis_projects.library.models import Project
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, ScopePaths, find, has, require, visible

PAGE = 50
_REGION = ScopePaths(region="code")
_OF_ENTRY = ScopePaths(
    region="opinion__task__case__project__region_id",
    organisation="opinion__task__case__project__organisation_id",
    project="opinion__task__case__project_id",
    secrecy="opinion__task__case__project__secrecy",
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quotas(request: HttpRequest) -> HttpResponse:
    """All accounts that the user reaches; a POST grants one."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    problems: list[str] = []
    if request.method == "POST":
        problems = attempted(lambda: _granted(user, request))
        if not problems:
            messages.success(request, _("额度已下达。"))
            return redirect("argument:quotas")
    rows = queries.accounts(user)
    kind = request.GET.get("kind", "")
    if kind in QuotaKind.values:
        rows = rows.filter(kind=kind)
    if (wished := request.GET.get("format")) in exports.FORMATS:
        heads = [
            _("额度类型"),
            _("地区"),
            _("年度"),
            _("下达额度"),
            _("已用额度"),
            _("剩余额度"),
            _("下达文件"),
        ]
        lines = (
            [row.get_kind_display(), row.region.name, row.year, row.granted, row.taken, row.granted - row.taken,
             row.source]
            for row in rows
        )  # fmt: skip
        return exports.table(_("额度台账"), heads, lines, kind=str(wished))
    grants = has(user, Permission.MANAGE_QUOTAS)
    return render(
        request,
        "argument/quotas.html",
        {
            "rows": [{"account": row, "left": queries.remaining(row), "used": _share(row)} for row in rows],
            "kinds": QuotaKind.choices,
            "kind": kind,
            "grants": grants,
            "regions": visible(user, Permission.MANAGE_QUOTAS, _divisions(), _REGION) if grants else [],
            "year": timezone.localdate().year,
            "given": request.POST,
            "problems": problems,
        },
        status=400 if problems else 200,
    )


def _divisions():
    return Region.objects.filter(kind__in=["province", "city", "county", "zone"])


def _share(account: QuotaAccount) -> int:
    return round(100 * account.taken / account.granted) if account.granted else 0


def _granted(user: User, request: HttpRequest) -> None:
    given = request.POST
    try:
        amount = Decimal(given.get("granted", "").replace(",", "").strip())
        year = int(given.get("year", "")[:4])
    except (InvalidOperation, ValueError):
        raise ValidationError(_("年度和额度须为数字。")) from None
    region = find(
        user, Permission.MANAGE_QUOTAS, _divisions(), paths=_REGION, code=given.get("region", "")[:12]
    )
    actions.grant(
        by=user,
        kind=given.get("kind", ""),
        region=region,
        year=year,
        granted=amount,
        source=given.get("source", ""),
    )


@login_required
@require_safe
def quota(request: HttpRequest, pk: int) -> HttpResponse:
    """One account's ledger. Entries of projects that the reader may not see are summed, not told."""
    user = cast(User, request.user)
    account = find(user, Permission.READ_ARGUMENTS, QuotaAccount.objects.select_related("region"), pk=pk)
    entries = QuotaEntry.objects.filter(account=account).select_related("opinion__task__case__project", "by")
    seen = visible(user, Permission.READ_ARGUMENTS, entries, _OF_ENTRY).order_by("-pk")
    withheld = seen.count() != entries.count()
    kind, words = request.GET.get("kind", ""), request.GET.get("q", "")[:100].replace("\0", "")
    if kind in EntryKind.values:
        seen = seen.filter(kind=kind)
    for word in words.split():
        of_project = Project.objects.filter(Q(name__icontains=word) | Q(code__icontains=word))
        seen = seen.filter(opinion__task__case__project__in=of_project)
    if (form := request.GET.get("format")) in exports.FORMATS:
        head = [_("项目代码"), _("项目名称"), _("类型"), _("数额"), _("时间"), _("经办人")]
        return exports.table(_("额度台账"), head, map(_entry_row, seen), kind=str(form))
    filters = {name: value for name, value in (("kind", kind), ("q", words)) if value}
    page = Paginator(seen, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/quota.html",
        {
            "account": account,
            "left": queries.remaining(account),
            "page": page,
            "withheld": withheld,
            "kinds": EntryKind.choices,
            "wanted": {"kind": kind, "q": words},
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _entry_row(entry: QuotaEntry) -> list[Any]:
    project = entry.opinion.task.case.project
    return [
        project.code, project.name, entry.get_kind_display(), entry.amount, entry.at, str(entry.by or ""),
    ]  # fmt: skip
