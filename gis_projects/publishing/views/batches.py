"""Batches: chosen by the library's own filters, seen as a list, decided as a whole."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.forms import Form, ModelMultipleChoiceField, Select
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.library.filters import ProjectFilter, selection
from gis_projects.library.queries.projects import projects
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, ScopePaths, find, may, visible
from gis_projects.publishing import copying, differences
from gis_projects.publishing.actions import batch_ends as ends
from gis_projects.publishing.actions import batches as actions
from gis_projects.publishing.forms import BatchForm, ContentForm, dress
from gis_projects.publishing.models import BatchItem, BatchState, PublicationBatch, Taken
from gis_projects.publishing.queries.rules import everywhere
from gis_projects.publishing.views import preview as previews
from gis_projects.publishing.views.queue import require_publisher
from gis_projects.trail.models import Job

PER_PAGE = 50
_FILTERS = ("q", "region", "kind", "industry", "level", "stage", "year", "library", "placed")
_ITEMS = ScopePaths(
    region="project__region_id",
    organisation="project__organisation_id",
    project="project_id",
    secrecy="project__secrecy",
)


@login_required
@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require_publisher(user)
    found = visible(user, Permission.READ_PROJECTS, PublicationBatch.objects.all())
    found = found.select_related("proposed_by", "decided_by", "region").annotate(
        number=Count("items"),
        refused=Count("items", filter=~Q(items__refusal="")),
        shown=Count("items", filter=Q(items__done_at__isnull=False)),
    )
    found = found.order_by("-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "publishing/batches.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose projects by the address's filters (those of the library's list), then what is shown of each."""
    user = cast(User, request.user)
    require_publisher(user)
    query = selection(request.GET)
    chosen = ProjectFilter(request.GET, queryset=projects(user))
    form = BatchForm(request.POST or None, rules=everywhere(), initial={"fields_shown": list(copying.USUAL)})
    status = 200
    if request.method == "POST":
        try:
            if not form.is_valid():
                raise ValidationError(form.errors.as_data())
            batch = actions.propose_batch(by=user, query=query, **form.chosen())
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
            status = 400
        else:
            messages.success(request, _("批量公开申请已提交，清单正在准备。"))
            return redirect("publishing:batch", pk=batch.pk)
    valid = chosen.form.is_valid()
    _ask_plainly(chosen.form)
    found = chosen.qs if valid else projects(user).none()
    return render(
        request,
        "publishing/batch_new.html",
        {
            "form": form,
            "filters": [chosen.form[name] for name in _FILTERS if name in chosen.form.fields],
            "filter_errors": not valid,
            "number": found.count(),
            "first": found.order_by("code")[:10],
            "query": query,
        },
        status=status,
    )


def _ask_plainly(filters: Form) -> None:
    """The library's filters on a page of their own: divisions that have projects, “all” where nothing is asked."""
    dress(filters)
    for name in ("industry", "level", "stage", "library"):
        widget = cast(Select, filters.fields[name].widget)
        widget.choices = [("", _("全部")), *(choice for choice in widget.choices if choice[0] != "")]
    cast(ModelMultipleChoiceField, filters.fields["region"]).queryset = Region.objects.divisions()
    placed = cast(Select, filters.fields["placed"].widget)
    placed.choices = [("unknown", _("全部")), ("true", _("是")), ("false", _("否"))]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The list that is decided about, with every refusal and its reason."""
    user = cast(User, request.user)
    require_publisher(user)
    found = find(
        user,
        Permission.READ_PROJECTS,
        PublicationBatch.objects.select_related("proposed_by", "decided_by", "region", "rule"),
        pk=pk,
    )
    status = 200
    if request.method == "POST":
        try:
            messages.success(request, _decide(request, user, found))
            return redirect("publishing:batch", pk=pk)
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
            status = 400
    items = visible(user, Permission.READ_PROJECTS, BatchItem.objects.filter(batch=found), _ITEMS)
    items = items.select_related("project__region")
    numbers = items.aggregate(
        all=Count("pk"),
        refused=Count("pk", filter=~Q(refusal="")),
        shown=Count("pk", filter=~Q(done_at=None)),
    )
    wanted = request.GET.get("show", "")
    if wanted == "refused":
        items = items.exclude(refusal="")
    elif wanted == "shown":
        items = items.filter(refusal="")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return _export(found, items, str(kind))
    page = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
    waiting = found.state == BatchState.OPEN
    scheduled = found.state == BatchState.SCHEDULED
    may_decide = may(user, Permission.DISCLOSE_PROJECTS, found)
    choice = copying.Choice.of(found)
    stuck = ends.is_stuck(found)
    return render(
        request,
        "publishing/batch.html",
        {
            "batch": found,
            "page": page,
            "rows": [(item, *_told(item)) for item in page],
            "numbers": numbers,
            "show": wanted,
            "job": Job.objects.filter(pk=found.job).first()
            if found.job and found.state in (BatchState.PREPARING, BatchState.PUBLISHING) and not stuck
            else None,
            "stuck": stuck,
            "may_mend": stuck and ends.may_mend(user, found),
            "field_names": [differences.label_of(name) for name in choice.fields],
            "may_approve": waiting and may_decide and found.proposed_by_id != user.pk,
            "takes": [str(Taken(kind).label) for kind in found.takes],
            "scheduled": scheduled,
            "may_reject": (waiting or scheduled) and (may_decide or found.proposed_by_id == user.pk),
            "waiting": waiting,
        },
        status=status,
    )


def _decide(request: HttpRequest, user: User, found: PublicationBatch) -> str:
    step = request.POST.get("step", "")
    if step == "approve":
        decided = actions.approve_batch(by=user, batch=found, seen=request.POST.get("seen", ""))
        if decided.state == BatchState.SCHEDULED:
            return _("已批准，到时自动公开。")
        return _("已批准，正在逐个公开。")
    if step == "reject":
        was = found.state
        actions.reject_batch(by=user, batch=found, reason=request.POST.get("reason", "")[:300])
        return _("定时公开已取消。") if was == BatchState.SCHEDULED else _("批量公开申请已退回。")
    if step == "resume":
        ends.resume_batch(by=user, batch=found)
        return _("已从中断处继续。")
    if step == "end":
        ends.end_batch(by=user, batch=found, reason=request.POST.get("reason", "")[:300])
        return _("批量公开已终止，未公开的项目不再公开。")
    raise Http404


def _export(found: PublicationBatch, items: QuerySet[BatchItem], kind: str) -> HttpResponse:
    header = [
        _("项目代码"), _("项目名称"), _("所属地区"), _("公开位置"), _("照片与视频"), _("时间线"), _("绩效"), _("结果"),
        _("未公开原因"),
    ]  # fmt: skip
    return exports.table(
        _("批量公开清单 %(number)s") % {"number": found.pk}, header, map(_row, items.iterator()), kind=kind
    )


def _told(item: BatchItem) -> tuple[str, int, int, int]:
    """Where the public sees it; how many photos and videos, milestones and results."""
    copy = item.content
    if not copy:
        return "", 0, 0, 0
    return differences.place(copy), len(copy["media"]), len(copy["events"]), len(copy["results"])


def _row(item: BatchItem) -> list[Any]:
    result = _("已公开") if item.done_at else (_("不公开") if item.refusal else _("待公开"))
    return [
        item.project.code, item.project.name, item.project.region.short_name, *_told(item), result, item.refusal,
    ]  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """One project of a batch: what of it comes along, and its public page as it would be (``?preview=1``)."""
    user = cast(User, request.user)
    require_publisher(user)
    found = find(
        user, Permission.READ_PROJECTS, PublicationBatch.objects.select_related("proposed_by"), pk=pk
    )
    items = visible(user, Permission.READ_PROJECTS, BatchItem.objects.filter(batch=found), _ITEMS)
    row = get_object_or_404(items.select_related("project__region"), pk=item)
    if "preview" in request.GET:
        if not row.content:
            raise Http404
        return previews.page(request, row.project, row.content)
    form = ContentForm(request.POST or None, project=row.project, initial=row.chosen)
    status = 200
    if request.method == "POST":
        try:
            if not form.is_valid():
                raise ValidationError(form.errors.as_data())
            actions.choose(by=user, item=row, **form.content())
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
            status = 400
        else:
            messages.success(request, _("已更新，批准人将看到新的清单。"))
            return redirect("publishing:batch-item", pk=pk, item=item)
    context = {
        "batch": found,
        "item": row,
        "form": form,
        "told": _told(row),
        "may_choose": found.state == BatchState.OPEN and found.proposed_by_id == user.pk and not row.refusal,
    }
    return render(request, "publishing/batch_item.html", context, status=status)
