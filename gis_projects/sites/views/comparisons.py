"""Pages of comparisons: the list with the form, one comparison with its map, and crosswalks."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports, problems
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sentences import sentence
from gis_projects.sites.actions import comparisons as actions
from gis_projects.sites.comparing import data, tables
from gis_projects.sites.comparing.reading import Asked, asked_of
from gis_projects.sites.comparing.sums import matrix, reconciliation
from gis_projects.sites.models import HandlingState, Yields
from gis_projects.sites.queries import comparisons as queries
from layers.models import LayerVersion, Status
from layers.notices import Notice, Refused
from siting.conflicts import crosswalk as crosswalks_
from siting.conflicts import publishing
from siting.conflicts.queries import MAX_ZOOM
from siting.conflicts.queries import tile as patch_tile
from siting.conflicts.run import SLIVER_WIDTH_M
from siting.models import Crosswalk, PlanComparison

PER_PAGE = 30
MVT = "application/vnd.mapbox-vector-tile"
KINDS = ("xlsx", "csv", "gpkg")
SHAPES = ("gpkg",)
#: A patch looks by its state; a sliver that nobody has dealt with looks like one.
_LOOK = "CASE WHEN h.state IS NOT NULL THEN h.state WHEN p.sliver THEN 'sliver' ELSE 'open' END"
_JOIN = "LEFT JOIN sites_patchhandling h ON h.patch_id = p.id"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comparisons(request: HttpRequest) -> HttpResponse:
    """Comparisons there are and those under way; the form for another one."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    given: Mapping[str, str] = {}
    faults: dict[str, str] = {}
    if request.method == "POST":
        require(user, Permission.COMPARE_PLANS)
        given = {name: text.replace("\0", "") for name, text in request.POST.dict().items()}
        try:
            _ask(user, given)
        except Refused as refusal:
            faults = {notice.field or "": sentence(notice) for notice in refusal.notices}
        else:
            messages.success(request, _("比对任务已开始，完成后出现在列表中。"))
            return redirect("sites:comparisons")
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = queries.comparisons(user, q=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("规划比对"), tables.list_columns(), tables.list_rows(found), kind=str(kind))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    open_runs = queries.runs(user).filter(comparison=None, job__isnull=False)[:20]
    context = {
        "page": page,
        "rows": page.object_list,
        "q": words,
        "runs": [data.run_data(run) for run in open_runs],
        "may_compare": has(user, Permission.COMPARE_PLANS),
        "versions": [
            {
                "value": f"{version.layer.code}@{version.number}",
                "name": version.layer_name,
                "layer": version.layer.code,
                "number": version.number,
                "current": version.status == Status.PUBLISHED,
            }
            for version in queries.versions(user)
        ],
        "crosswalks": queries.crosswalks(),
        "given": {"sliver_width_m": f"{SLIVER_WIDTH_M:g}", **given},
        "faults": faults,
    }
    return render(request, "sites/comparisons.html", context, status=400 if faults else 200)


def _ask(user: User, given: Mapping[str, str]) -> None:
    a, b = _version(user, given.get("a", ""), "layer_a"), _version(user, given.get("b", ""), "layer_b")
    try:
        bound = float(given.get("sliver_width_m") or SLIVER_WIDTH_M)
    except ValueError:
        bound = -1.0  # refused with the place
    row = None
    if given.get("crosswalk"):
        row = Crosswalk.objects.filter(code=given["crosswalk"]).order_by("-version").first()
    actions.ask(by=user, a=a, b=b, crosswalk=row, sliver_width_m=bound, previous=queries.earlier(user, a, b))


def _version(user: User, text: str, field: str) -> LayerVersion:
    """A version as the form's choice names it: DLTB@2."""
    code, _at, number = text.partition("@")
    try:
        return queries.version(user, code, int(number))
    except (ValueError, OverflowError, Http404):
        raise Refused(Notice("comparison-choose", "请选择图层。", field=field)) from None


@login_required
@require_safe
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """One comparison: where the plans differ, how much, and how far the towns are with it."""
    user = cast(User, request.user)
    row = queries.comparison(user, pk)
    asked = asked_of(request.GET)
    rows = queries.sorted_by(queries.patches(row, asked.filter), asked.order)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    handled = queries.changed_since(row)
    extent = _extent(row)
    run = getattr(row, "run", None)
    context = {
        "comparison": row,
        "a": data.version_data(row.version_a, row.root_hash_a),
        "b": data.version_data(row.version_b, row.root_hash_b),
        "carried": run.carried if run is not None else {},
        "page": page,
        "patches": [data.patch_data(one) for one in page.object_list],
        "settleable": set(queries.settleable(user, queries.patches(row)).filter(
            pk__in=[one.pk for one in page.object_list]).values_list("number", flat=True)),
        "may_settle": has(user, Permission.SETTLE_CONFLICTS),
        "may_export": has(user, Permission.EXPORT_LAYERS),
        "asked": asked,
        "pairs": queries.pairs(row),
        "towns": queries.progress(row),
        "departments": queries.departments(row),
        "organisations": queries.organisations() if has(user, Permission.SETTLE_CONFLICTS) else [],
        "states": HandlingState.choices,
        "yields": Yields.choices,
        "matrix": matrix(row),
        "sums": reconciliation(row),
        "config": {
            "tiles": reverse("sites:comparison-tile", args=[row.pk, 0, 0, 0]).replace("/0/0/0", "/{z}/{x}/{y}")
            + (f"?{handled.timestamp():.0f}" if handled else ""),
            "patches": reverse("sites-api:comparison-patches", args=[row.pk]),
            "patch": reverse("sites-api:comparison-patch", args=[row.pk, 0]),
            "handling": reverse("sites-api:comparison-handling", args=[row.pk]),
            "bounds": extent,
            "layers": [row.version_a.layer.code, row.version_b.layer.code],
            "states": {value: str(label) for value, label in HandlingState.choices},
        },
    }  # fmt: skip
    return render(request, "sites/comparison.html", context)


def _extent(row: PlanComparison) -> list[float] | None:
    found = queries.patches(row).order_by().aggregate(box=Extent("geometry"))["box"]
    return list(found) if found else None


@login_required
@require_safe
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The patches that the list shows, whole, as a table; for who may take layers out, as a GeoPackage with shapes."""
    user = cast(User, request.user)
    row = queries.comparison(user, pk)
    if kind not in KINDS:
        raise Http404
    if kind in SHAPES:
        require(user, Permission.EXPORT_LAYERS)
    actions.record_export(by=user, comparison=row, kind=kind, selection=request.GET.urlencode())
    asked: Asked = asked_of(request.GET)
    rows = queries.sorted_by(queries.patches(row, asked.filter), asked.order)
    plans = tables.plans_of(row)
    name = f"差异图斑_{row.version_a.layer.code}_{row.version_b.layer.code}_{row.pk}"
    if kind == "gpkg":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "patches.gpkg"
            tables.geopackage(path, tables.of_rows(rows), plans)
            response = HttpResponse(path.read_bytes(), content_type=tables.GPKG)
        response["Content-Disposition"] = f'attachment; filename="patches-{row.pk}.gpkg"'
        response["Cache-Control"] = "private, no-store"
        return response
    return exports.table(name, tables.header(), tables.table(tables.of_rows(rows), plans), kind=kind)


@require_safe
def tile(request: HttpRequest, pk: int, z: int, x: int, y: int) -> HttpResponse:
    """One vector tile of the patches; whoever asks is asked first."""
    if not request.user.is_authenticated:
        return problems.response(401, _("请先登录。"))
    try:
        row = queries.comparison(request.user, pk)
    except (Http404, PermissionDenied):
        return problems.response(404, _("没有这样的对象，或者您无权查看。"))
    if not (z <= MAX_ZOOM and x < 1 << z and y < 1 << z):
        return problems.response(400, _("瓦片编号有误。"))
    content = patch_tile(row.pk, z, x, y, look=_LOOK, join=_JOIN)
    response = HttpResponse(content_type=MVT)
    if content and "gzip" in request.headers.get("Accept-Encoding", ""):
        response["Content-Encoding"] = "gzip"
        content = gzip.compress(content, 5)
    response.content = content
    response["Cache-Control"] = "private, no-cache"  # its colours change with the patches' states
    response["Vary"] = "Accept-Encoding, Cookie"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def crosswalks(request: HttpRequest) -> HttpResponse:
    """Crosswalks as they hold now; a new version by file."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    faults: list[str] = []
    if request.method == "POST":
        require(user, Permission.COMPARE_PLANS)
        try:
            row = _imported(user, request)
        except Refused as refusal:
            faults = [_placed(notice) for notice in refusal.notices]
        else:
            messages.success(
                request,
                _("已导入对照表 %(name)s 第 %(version)d 版。") % {"name": row.name, "version": row.version},
            )
            return redirect("sites:crosswalks")
    rows = queries.crosswalks()
    context = {
        "crosswalks": [
            {
                "row": row, "entries": row.content["entries"], "system_a": tables.system_label(row.system_a),
                "system_b": tables.system_label(row.system_b),
                "versions": Crosswalk.objects.filter(code=row.code).order_by("-version"),
            }
            for row in rows
        ],
        "may_import": has(user, Permission.COMPARE_PLANS),
        "faults": faults,
    }  # fmt: skip
    return render(request, "sites/crosswalks.html", context, status=400 if faults else 200)


def _imported(user: User, request: HttpRequest) -> Crosswalk:
    file = request.FILES.get("file")
    if file is None:
        raise Refused(Notice("crosswalk-no-file", "请选择 TOML 或 CSV 文件。", field="file"))
    content = file.read(crosswalks_.MAX_BYTES + 1)
    if (file.name or "").lower().endswith(".csv"):
        base = Crosswalk.objects.filter(code=_given(request, "of")).order_by("-version").first()
        if base is None:
            raise Refused(
                Notice("crosswalk-no-base", "CSV 只含对应关系，请选择它是哪个对照表的新版本。", field="of")
            )
        source = _given(request, "source")
        if not source:
            raise Refused(Notice("crosswalk-no-source", "请写明新版本的来源。", field="source"))
        found = crosswalks_.read_csv(
            content, publishing.of(base), valid_from=timezone.localdate(), source=source[:200]
        )
    else:
        found = crosswalks_.read(content)
    return actions.import_crosswalk(by=user, found=found)


def _given(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()


def _placed(notice: Any) -> str:
    """A fault with its line or field before it."""
    said = sentence(notice)
    if notice.line is not None:
        return _("第 %(line)d 行：%(said)s") % {"line": notice.line, "said": said}
    return f"{notice.field}：{said}" if notice.field else said
