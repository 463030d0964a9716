"""Batches of a year: the list, opening one from a selection of projects, one batch with its sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.actions import campaigns as actions
from gis_projects.argument.models import Campaign, CampaignItem, CampaignKind, Evaluator, Use
from gis_projects.argument.queries import campaigns as queries
from gis_projects.argument.queries import reviews as reviews_of
from gis_projects.argument.views.doing import done
from gis_projects.argument.views.review_acts import key, number, text
from gis_projects.library.filters import ProjectFilter, selection
from gis_projects.library.models import Project
from gis_projects.library.money import Rounding
from gis_projects.library.queries import projects as projects_of
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, has, may, require
from siting.engine.notices import Notice, UnusableInput

PAGE = 50


@login_required
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """The batches, by year."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    year, kind = request.GET.get("year", ""), request.GET.get("kind", "")
    kind = kind if kind in CampaignKind.values else ""
    chosen = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None
    found = queries.campaigns(user, year=chosen, kind=kind)
    if (wanted := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("批次"), _list_columns(), _list_rows(user, found), kind=str(wanted))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    totals = queries.totals_of(user, page.object_list)
    return render(
        request,
        "argument/campaigns.html",
        {
            "page": page,
            "rows": [(row, totals[row.pk], totals[row.pk].done(row.kind)) for row in page.object_list],
            "years": queries.campaigns(user).order_by("-year").values_list("year", flat=True).distinct(),
            "year": chosen,
            "kind": kind,
            "kinds": CampaignKind.choices,
            "export_query": "".join(
                f"{urlencode({name: value})}&" for name, value in (("year", chosen), ("kind", kind)) if value
            ),
            "holds": has(user, Permission.HOLD_REVIEWS) and user.region_id is not None,
        },
    )


def _list_columns() -> list[str]:
    return [
        _("年度"), _("批次名称"), _("批次类型"), _("地区"),
        _("项目数"), _("计划投资（元）"), _("办结"), _("核减（元）"),
    ]  # fmt: skip


def _list_rows(user: User, rows: QuerySet[Campaign]) -> Iterator[list[Any]]:
    found = list(rows)
    totals = queries.totals_of(user, found)
    for row in found:
        sums = totals[row.pk]
        yield [
            row.year, row.name, row.get_kind_display(), row.region.short_name, sums.projects, sums.total_yuan,
            sums.done(row.kind), sums.cut_yuan,
        ]  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a batch: with the projects of a filter of the project list, or of codes."""
    user = cast(User, request.user)
    require(user, Permission.HOLD_REVIEWS)
    if request.method != "POST":
        return _new_page(request, user)
    made: list[Campaign] = []

    def work() -> None:
        codes, chosen = text(request, "codes").split(), request.POST.get("selection", "")[:2000]
        rows = actions.by_codes(user, codes) if codes else _selected(user, chosen, text(request, "least_wan"))
        made.append(
            actions.open_campaign(
                by=user, year=_year(request), name=text(request, "name"), kind=request.POST.get("kind", ""),
                region=_region(request, user), projects=rows, note=text(request, "note"),
                selection="" if codes else chosen,
            )
        )  # fmt: skip

    page = done(
        request,
        work,
        _("批次已建立。"),
        then=redirect("argument:campaigns"),
        again=lambda: _new_page(request, user),
    )
    return redirect("argument:campaign", pk=made[0].pk) if made else page


def _year(request: HttpRequest) -> int:
    value = number(request, "year")
    assert value is not None
    if value != value.to_integral_value():
        raise UnusableInput(Notice("campaign-year", "年度应在 1990 至 2100 之间。", field="year"))
    return int(value)


def _region(request: HttpRequest, user: User) -> Region:
    row = Region.objects.filter(code=request.POST.get("region", "")[:12].replace("\0", "")).first()
    if row is None or not may(user, Permission.HOLD_REVIEWS, Scope(region=row.pk)):
        raise UnusableInput(Notice("campaign-region", "请选择本人所辖的地区。", field="region"))
    return row


def _selected(user: User, chosen: str, least_wan: str) -> QuerySet[Project]:
    """The projects of a filter of the project list; ``least_wan``: of at least that planned investment, 万元."""
    rows = projects_of.projects(user)
    if chosen:
        filtered = ProjectFilter(QueryDict(chosen), queryset=rows)
        if not filtered.form.is_valid():
            raise UnusableInput(Notice("campaign-filter", "筛选条件有误。", field="selection"))
        rows = filtered.qs
    if least_wan.strip():
        if not (least_wan.isascii() and least_wan.strip().isdigit()) or len(least_wan.strip()) > 12:
            raise UnusableInput(Notice("not-a-number", "请填写数字。", field="least_wan"))
        rows = rows.filter(**{"planned_yuan__gte": Decimal(least_wan.strip()) * 10_000})
    return rows


def _new_page(request: HttpRequest, user: User) -> HttpResponse:
    chosen = request.POST.get("selection", "") if request.method == "POST" else selection(request.GET)
    filtered = ProjectFilter(QueryDict(chosen), queryset=projects_of.projects(user))
    valid = filtered.form.is_valid()
    return render(
        request,
        "argument/campaign_new.html",
        {
            "selection": chosen if valid else "",
            "number": filtered.qs.count() if valid else 0,
            "typed": request.POST,
            "kinds": CampaignKind.choices,
            "regions": [
                row
                for row in Region.objects.all()
                if may(user, Permission.HOLD_REVIEWS, Scope(region=row.pk))
            ],
            "year": timezone.localdate().year,
        },
        status=200,
    )


def _found(user: User, pk: int) -> Campaign:
    require(user, Permission.READ_ARGUMENTS)
    return get_object_or_404(queries.campaigns(user), pk=pk)


@login_required
@require_safe
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its progress, its sums, its projects."""
    user = cast(User, request.user)
    row = _found(user, pk)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(str(row), _head(), _rows(queries.items(user, row)), kind=str(kind))
    return _page(request, user, row)


def _page(request: HttpRequest, user: User, row: Campaign) -> HttpResponse:
    items = queries.items(user, row)
    rounding = request.GET.get("rounding", "")
    chosen = Rounding(rounding) if rounding in list(Rounding) else Rounding.HALF_UP
    totals = queries.totals(items)
    use = request.GET.get("use", "")
    shown = items.filter(review__use=use) if use in Use.values else items
    if request.GET.get("applied") == "1":
        shown = shown.filter(review__applied=True)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/campaign.html",
        {
            "campaign": row,
            "totals": totals,
            "done": totals.done(row.kind),
            "cut_share": totals.cut_share(chosen),
            "suspended_share": totals.suspended_share(chosen),
            "rounding": chosen,
            "roundings": Rounding.choices(),
            "page": page,
            "items": [_shown(user, item) for item in page.object_list],
            "evaluators": Evaluator.choices,
            "procedures": workflow.procedures().values(),
            "holds": may(user, Permission.HOLD_REVIEWS, row),
            "typed": request.POST,
            "unassigned": items.filter(review=None).count(),
            "uses": Use.choices,
            "use": use,
            "applied": request.GET.get("applied") == "1",
            "query": urlencode(
                {name: value for name in ("use", "applied") if (value := request.GET.get(name))}
            ),
        },
    )


def _shown(user: User, item: CampaignItem) -> dict[str, Any]:
    given = {row.evaluator: row for row in item.assessments.all()}
    evaluates = item.campaign.kind == CampaignKind.EVALUATION and item.campaign.closed_at is None
    return {
        "item": item,
        "now": reviews_of.now_at(item.review) if item.review else "",
        "assessments": [(value, label, given.get(value)) for value, label in Evaluator.choices],
        "may_assess": [
            (value, label)
            for value, label in Evaluator.choices
            if evaluates and value not in given and actions.may_assess(user, item, Evaluator(value))
        ],
    }


def _head() -> list[str]:
    return [
        _("项目代码"),
        _("项目名称"),
        _("地区"),
        _("计划投资（元）"),
        _("当前环节"),
        _("申报金额（元）"),
        _("核定金额（元）"),
        _("核减金额（元）"),
        _("结果运用"),
        _("结果应用"),
        *(str(label) for _value, label in Evaluator.choices),
    ]


def _rows(rows: Iterable[CampaignItem]) -> Iterator[list[Any]]:
    for item in rows:
        review = item.review
        given = {row.evaluator: row.score for row in item.assessments.all()}
        yield [
            item.project.code,
            item.project.name,
            item.project.region.short_name,
            item.planned_yuan,
            reviews_of.now_at(review) if review else "",
            review.requested_yuan if review else None,
            review.approved_yuan if review else None,
            review.cut_yuan if review else None,
            review.get_use_display() if review else "",
            (_("是") if review.applied else _("否")) if review else "",
            *(given.get(value) for value in Evaluator.values),
        ]


def _assess(request: HttpRequest, by: User, row: Campaign) -> object:
    item = queries.items(by, row).filter(pk=key(request, "item")).first()
    if item is None:
        raise Http404
    score = number(request, "score")
    assert score is not None
    return actions.assess(
        by=by,
        item=item,
        evaluator=request.POST.get("evaluator", ""),
        score=score,
        remark=text(request, "remark"),
    )


Work = Callable[[HttpRequest, User, Campaign], object]
ACTS: dict[str, Work] = {
    "assign": lambda request, by, row: actions.assign_reviews(
        by=by, campaign=row, procedure=request.POST.get("procedure", "")
    ),
    "assess": _assess,
    "close": lambda request, by, row: actions.close_campaign(by=by, campaign=row),
}


@login_required
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Open the reviews of a batch, score a project in it, or end it."""
    user = cast(User, request.user)
    row = _found(user, pk)
    work = ACTS.get(name)
    if work is None:
        raise Http404
    told = {
        "assign": _("已批量发起评审。"),
        "assess": _("评分已记录。"),
        "close": _("批次已结束。"),
    }
    return done(
        request, lambda: work(request, user, row), told[name], then=redirect("argument:campaign", pk=pk),
        again=lambda: _page(request, user, row),
    )  # fmt: skip
