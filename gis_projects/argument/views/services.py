"""Intermediaries' services: the list by phase (their own desk for themselves), engaging one, one engagement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports, files
from gis_projects.argument.actions import services as actions
from gis_projects.argument.models import Deliverable
from gis_projects.argument.queries import services as queries
from gis_projects.argument.views.doing import done
from gis_projects.argument.views.review_acts import day, key, several, text
from gis_projects.argument.views.review_files import attached
from gis_projects.library.models import Project
from gis_projects.people.models import Engagement, Organisation, OrganisationKind, Phase, Service, User
from gis_projects.people.permissions import Permission, find, has, may, require

PAGE = 50
SERVICES = [
    (value, label) for value, label in Service.choices if value not in (Service.REVIEW, Service.REFERRAL)
]


@login_required
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """Engagements by phase: of the projects in one's reach, or of one's own unit."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)

    def one_of(name: str, known: Iterable[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    asked = queries.Wanted(
        phase=one_of("phase", Phase.values),
        service=one_of("service", [value for value, _label in SERVICES]),
        state=one_of("state", queries.state_labels()),
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )
    rows = queries.engagements(user, asked)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("中介服务"), _head(), _rows(queries.with_projects(list(rows))), kind=str(kind))
    filters = {name: value for name, value in vars(asked).items() if value}
    rest = {name: value for name, value in filters.items() if name != "phase"}
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    own = user.organisation is not None and user.organisation.kind == OrganisationKind.INTERMEDIARY
    return render(
        request,
        "argument/services.html",
        {
            "page": page,
            "shown": queries.with_projects(list(page.object_list)),
            "wanted": asked,
            "filtered": bool(filters),
            "phases": [
                (value, label, n, m, urlencode({**rest, "phase": value}))
                for value, label, n, m in queries.by_phase(
                    queries.engagements(user, queries.Wanted("", asked.service, asked.state, asked.q))
                )
            ],
            "rest": urlencode(rest),
            "services": SERVICES,
            "states": queries.state_labels().items(),
            "own": own,
            "engages": has(user, Permission.MANAGE_ENGAGEMENTS),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _head() -> list[str]:
    return [
        _("项目代码"),
        _("项目名称"),
        _("中介机构"),
        _("阶段"),
        _("服务类型"),
        _("服务内容"),
        _("起始日期"),
        _("截止日期"),
        _("状态"),
        _("成果数"),
    ]


def _rows(rows: Iterable[queries.Service]) -> Iterator[list[Any]]:
    for row in rows:
        kept = row.engagement
        yield [
            row.project.code,
            row.project.name,
            kept.organisation.name if kept.organisation else "",
            kept.get_phase_display(),
            kept.get_service_display(),
            kept.purpose,
            kept.starts_on,
            kept.ends_on,
            row.label,
            kept.delivered,  # type: ignore[attr-defined]
        ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def engage(request: HttpRequest, pk: int) -> HttpResponse:
    """Engage an intermediary for a project."""
    user = cast(User, request.user)
    project = find(
        user, Permission.MANAGE_ENGAGEMENTS, Project.objects.select_related("region", "organisation"),
        reading=Permission.READ_PROJECTS, pk=pk,
    )  # fmt: skip
    if request.method != "POST":
        return _engage_page(request, project)
    made: list[Engagement] = []

    def work() -> None:
        organisation = Organisation.objects.filter(
            pk=key(request, "organisation"), kind=OrganisationKind.INTERMEDIARY
        ).first()
        if organisation is None:
            raise Http404
        made.append(
            actions.engage(
                by=user, project=project, organisation=organisation, phase=request.POST.get("phase", ""),
                service=request.POST.get("service", ""), purpose=text(request, "purpose")[:300],
                starts_on=day(request, "starts_on"), ends_on=day(request, "ends_on"),
            )
        )  # fmt: skip

    page = done(
        request, work, _("已委托，对方即可查看该项目。"), then=redirect("argument:services"),
        again=lambda: _engage_page(request, project),
    )  # fmt: skip
    return redirect("argument:service", pk=made[0].pk) if made else page


def _engage_page(request: HttpRequest, project: Project) -> HttpResponse:
    return render(
        request,
        "argument/service_new.html",
        {
            "project": project,
            "typed": request.POST,
            "organisations": Organisation.objects.filter(kind=OrganisationKind.INTERMEDIARY),
            "phases": Phase.choices,
            "services": SERVICES,
            "today": timezone.localdate(),
        },
    )


def _found(user: User, pk: int) -> Engagement:
    require(user, Permission.READ_ARGUMENTS)
    row = queries.engagements(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@login_required
@require_safe
def service(request: HttpRequest, pk: int) -> HttpResponse:
    """One engagement: its period, the declaration of interest, what was delivered."""
    user = cast(User, request.user)
    return _page(request, user, _found(user, pk))


def _page(request: HttpRequest, user: User, row: Engagement) -> HttpResponse:
    delivered = list(queries.deliverables(row))
    kept = queries.files_of(delivered)
    [told] = queries.with_projects([row])
    serves = has(user, Permission.DELIVER_SERVICES) and row.organisation_id == user.organisation_id
    return render(
        request,
        "argument/service.html",
        {
            "service": told,
            "engagement": row,
            "project": told.project,
            "declaration": getattr(row, "declaration", None),
            "deliverables": [(each, kept[each.pk], getattr(each, "receipt", None)) for each in delivered],
            "serves": serves,
            "open": told.state == "current",
            "manages": may(user, Permission.MANAGE_ENGAGEMENTS, told.project)
            and row.organisation_id != user.organisation_id,
            "reads_project": may(user, Permission.READ_PROJECTS, told.project),
            "typed": request.POST,
            "endings": ",".join(files.ENDINGS),
        },
    )


def _received(request: HttpRequest, by: User, row: Engagement) -> object:
    deliverable = Deliverable.objects.filter(engagement=row, pk=key(request, "deliverable")).first()
    if deliverable is None:
        raise Http404
    return actions.receive(
        by=by,
        deliverable=deliverable,
        accepted=request.POST.get("answer") == "accept",
        reason=text(request, "reason"),
    )


Work = Callable[[HttpRequest, User, Engagement], object]
ACTS: dict[str, Work] = {
    "end": lambda request, by, row: actions.end(by=by, engagement=row, reason=text(request, "reason")),
    "declare": lambda request, by, row: actions.declare(
        by=by, engagement=row, conflict=request.POST.get("conflict") == "1", text=text(request, "text")
    ),
    "deliver": lambda request, by, row: actions.deliver(
        by=by, engagement=row, title=text(request, "title"), text=text(request, "text"),
        files=several(request, "files"),
    ),
    "receive": _received,
}  # fmt: skip


@login_required
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """End an engagement, declare, deliver, or say what is thought of a deliverable."""
    user = cast(User, request.user)
    row = _found(user, pk)
    work = ACTS.get(name)
    if work is None:
        raise Http404
    told = {
        "end": _("委托已终止，对方的访问随即结束。"),
        "declare": _("声明已记录。"),
        "deliver": _("成果已提交。"),
        "receive": _("已记录验收意见。"),
    }
    return done(
        request, lambda: work(request, user, row), told[name], then=redirect("argument:service", pk=pk),
        again=lambda: _page(request, user, row),
    )  # fmt: skip


@login_required
@require_safe
def deliverable_file(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """A file of a deliverable: for who reads the project, and for the unit that brought it while it is engaged."""
    user = cast(User, request.user)
    row = _found(user, pk)
    [told] = queries.with_projects([row])
    if not may(user, Permission.READ_PROJECTS, told.project):
        raise Http404
    for kept in queries.files_of(list(queries.deliverables(row))).values():
        for each in kept:
            if each.pk == attachment:
                return attached(each)
    raise Http404
