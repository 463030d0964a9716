"""The list of expert reviews, opening one, one review, and what is done in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports, files
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.actions import reviews as actions
from gis_projects.argument.models import Averaging, ExpertReview, ReviewPurpose, ReviewState, Use
from gis_projects.argument.queries import experts as experts_of
from gis_projects.argument.queries import review_gates as gates
from gis_projects.argument.queries import reviews as queries
from gis_projects.argument.views import review_acts
from gis_projects.argument.views.doing import done
from gis_projects.library.databases import specialities
from gis_projects.library.models import InvestmentRecord, Outcome, Project
from gis_projects.library.queries.timeline import actors
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, has, may, require, visible
from gis_projects.sentences import sentence
from gis_projects.trail.models import Step
from gis_projects.trail.words import sentence as said_of

PAGE = 50
PERIOD_DAYS = 30  # what a new period is offered as


def wanted(request: HttpRequest) -> queries.Wanted:
    """What of the list an address asks for; what it can't mean is left out."""

    def one_of(name: str, known: Iterable[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    def digits(name: str, most: int) -> str:
        value = request.GET.get(name, "")
        return value if value.isascii() and value.isdigit() and len(value) <= most else ""

    return queries.Wanted(
        state=one_of("state", ReviewState.values),
        step=one_of("step", workflow.by_code()),
        purpose=one_of("purpose", ReviewPurpose.values),
        use=one_of("use", Use.values),
        region=digits("region", 12),
        campaign=digits("campaign", 18),
        applied=one_of("applied", ["1"]),
        mine=one_of("mine", ["1"]),
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )


@login_required
@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """The reviews that the user reaches."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    asked = wanted(request)
    rows = queries.reviews(user, asked)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("专家评审"), _head(), _rows(rows), kind=str(kind))
    filters = {name: value for name, value in vars(asked).items() if value}
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/reviews.html",
        {
            "page": page,
            "shown": [
                (row, queries.now_at(row), queries.late(row), queries.soon(row)) for row in page.object_list
            ],
            "wanted": asked,
            "filtered": bool(filters),
            "steps": _tabs(asked, queries.counts(user)),
            "purposes": ReviewPurpose.choices,
            "uses": Use.choices,
            "regions": Region.objects.filter(
                code__in=queries.reviews(user).order_by().values("project__region")
            ),
            "amounts": queries.amounts(rows),
            "holds": has(user, Permission.HOLD_REVIEWS),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _tabs(asked: queries.Wanted, counted: dict[str, int]) -> list[dict[str, Any]]:
    """The steps as tabs: label, how many stand before it, address, and whether it is the one shown."""
    rest = {name: value for name, value in vars(asked).items() if value and name not in ("state", "step")}
    every = not (asked.state or asked.step)
    tabs = [{"label": _("全部"), "count": sum(counted.values()), "query": urlencode(rest), "shown": every}]
    tabs += [
        {"label": step.label, "count": counted[step.code], "query": urlencode({**rest, "step": step.code}),
         "shown": asked.step == step.code}
        for step in workflow.steps()
        if counted[step.code] or asked.step == step.code
    ]  # fmt: skip
    return tabs + [
        {"label": str(state.label), "count": counted[state.value], "query": urlencode({**rest, "state": state.value}),
         "shown": asked.state == state.value}
        for state in (ReviewState.CLOSED, ReviewState.RETURNED)
    ]  # fmt: skip


def _head() -> list[str]:
    return [
        _("评审名称"), _("项目代码"), _("项目名称"), _("地区"), _("评审用途"), _("当前环节"), _("评审截止日期"),
        _("申报金额（元）"), _("综合得分"), _("评审结论"), _("结果运用"), _("核定金额（元）"), _("结果应用"),
    ]  # fmt: skip


def _rows(rows: Iterable[ExpertReview]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.title, row.project.code, row.project.name, row.project.region.short_name, row.get_purpose_display(),
            queries.now_at(row), row.ends_on, row.requested_yuan, row.score, row.get_conclusion_display(),
            row.get_use_display(), row.approved_yuan, _("是") if row.applied else _("否"),
        ]  # fmt: skip


# --- opening one ------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Push a project into the review library."""
    user = cast(User, request.user)
    if not (has(user, Permission.HOLD_REVIEWS) or has(user, Permission.APPLY_ADMISSION)):
        raise PermissionDenied(Permission.HOLD_REVIEWS)
    project = _project(user, request.POST.get("project") or request.GET.get("project", ""))
    if request.method != "POST" or project is None:
        return _new_page(request, project)
    made: list[ExpertReview] = []

    def work() -> None:
        made.append(
            actions.open_review(
                by=user, project=project, title=request.POST.get("title", ""),
                requested_yuan=review_acts.number(request, "requested_yuan") or Decimal(0),
                purpose=request.POST.get("purpose", ""),
                procedure=request.POST.get("procedure", ""), basis=request.POST.get("basis", ""),
            )
        )  # fmt: skip

    page = done(
        request, work, _("已推送评审库，等待接收。"), then=redirect("argument:reviews"),
        again=lambda: _new_page(request, project),
    )  # fmt: skip
    return redirect("argument:review", pk=made[0].pk) if made else page


def _project(user: User, named: str) -> Project | None:
    """The project of that key or code, if the user may push it."""
    if not named:
        return None
    held = visible(user, Permission.HOLD_REVIEWS, Project.objects.all())
    own = visible(user, Permission.APPLY_ADMISSION, Project.objects.all())
    rows = Project.objects.filter(pk__in=held.values("pk")) | Project.objects.filter(pk__in=own.values("pk"))
    if named.isascii() and named.isdigit() and len(named) < 19:
        rows = rows.filter(pk=int(named))
    else:
        rows = rows.filter(code=named.strip()[:40].replace("\0", ""))
    found = rows.select_related("region", "organisation").first()
    if found is None:
        raise Http404
    return found


def _new_page(request: HttpRequest, project: Project | None) -> HttpResponse:
    latest = None
    if project is not None:
        latest = InvestmentRecord.objects.filter(project=project).order_by("-recorded_on", "-pk").first()
    return render(
        request,
        "argument/review_new.html",
        {
            "project": project,
            "typed": request.POST,
            "planned": latest.planned_yuan if latest else None,
            "purposes": ReviewPurpose.choices,
            "procedures": workflow.procedures().values(),
            "names": {step.code: step.label for step in workflow.steps()},
            "required": queries.required(project) if project is not None else [],
        },
    )


# --- one review -------------------------------------------------------------------------------------------


def found(user: User, pk: int) -> ExpertReview:
    """One review that the user may know of: 404 otherwise."""
    return find(user, Permission.READ_ARGUMENTS, queries.reviews(user), pk=pk)


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One review: where it stands, what is next and whose turn it is, and all that was brought to it."""
    user = cast(User, request.user)
    return page_of(request, user, found(user, pk))


def page_of(request: HttpRequest, user: User, row: ExpertReview) -> HttpResponse:
    told = queries.reader(user, row)
    step = workflow.next_step(row.reached) if row.state == ReviewState.OPEN else None
    today = timezone.localdate()
    sheet = queries.own_sheet(told)
    messages_ = row.messages.filter(answers=None).select_related("by", "seat__expert")
    return render(
        request,
        "argument/review.html",
        {
            "review": row,
            "project": row.project,
            "told": told,
            "bar": queries.bar(row),
            "step": step,
            "skippable": step is not None and step.code not in row.mandatory,
            "obstacles": [sentence(notice) for notice in queries.obstacles(row)],
            "late": queries.late(row),
            "panel": queries.panel(row, told),
            "materials": _materials(row, user),
            "messages_of": messages_.prefetch_related("answered_by__by"),
            "visits": row.visits.select_related("by").prefetch_related("photos__attachment"),
            "criteria": list(row.criteria.all()),
            "offered": workflow.criteria(),
            "sheets": queries.open_sheets(row, told),
            "sheet": sheet,
            "scores": {item.criterion_id: item.score for item in sheet.items.all()} if sheet else {},
            "draws": row.draws.all() if told.is_inside else [],
            "recusals": row.recusals.select_related("expert", "by") if told.organises else [],
            "candidates": experts_of.candidates_of(row, user)
            if told.organises and step is not None and step.code == "panel"
            else None,
            "specialities": specialities().values(),
            "averagings": Averaging.choices,
            "outcomes": Outcome.choices,
            "uses": Use.choices,
            "today": today,
            "until": today + timedelta(days=PERIOD_DAYS),
            "typed": request.POST,
            "trail": _trail(user, row),
            "archive": getattr(row, "archive", None),
            "endings": ",".join(files.ENDINGS),
            "brings": told.owns or told.organises,
            "talks": 4 <= row.reached < 9 and row.state == ReviewState.OPEN,
            "required": queries.required(row.project),
            "paper_seats": [
                seat
                for seat in gates.seats(row).filter(expert__user=None, state="accepted")
                if told.organises and not row.sheets.filter(seat=seat, submitted_at__isnull=False).exists()
            ],
        },
    )  # fmt: skip


def _materials(row: ExpertReview, user: User) -> list[tuple[Any, bool]]:
    mine = set(row.readings.filter(by=user).values_list("attachment_id", flat=True))
    return [(file, file.pk in mine) for file in gates.materials(row).select_related("by")]


def _trail(user: User, row: ExpertReview) -> list[tuple[Step, str, str]]:
    """The steps of a review, who took them and what they were, for who may read the trail."""
    if not may(user, Permission.READ_TRAIL, row.project) and not may(
        user, Permission.HOLD_REVIEWS, row.project
    ):
        return []
    steps = Step.objects.filter(subject=f"library.project:{row.project_id}", data__review=row.pk)
    listed = list(steps.order_by("-number")[:100])
    who = actors(user, listed, named=True)
    return [(step, who[step.number], said_of(step)) for step in listed]


@login_required
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing in a review (`review_acts.ACTS`); what is refused is said above the page."""
    user = cast(User, request.user)
    row = found(user, pk)
    doing = review_acts.ACTS.get(name)
    if doing is None:
        raise Http404
    back = redirect("argument:review", pk=pk)
    return done(
        request, lambda: doing.work(request, user, row), doing.told(), then=back,
        again=lambda: page_of(request, user, ExpertReview.objects.get(pk=row.pk)),
    )  # fmt: skip
