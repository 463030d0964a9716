"""Re-validation: the runs, what became of sites in one, and which projects have an answer."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sentences import word
from gis_projects.sites import revalidating
from gis_projects.sites.actions.revalidation import queue_revalidation
from gis_projects.sites.queries import revalidation as queries
from gis_projects.sites.queries.revalidation import STANDINGS, Standing
from siting.models import Change, How, Proof, Revalidation, RunState

RUNS, PAGE = 20, 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revalidation(request: HttpRequest) -> HttpResponse:
    """How the answers stand, and the runs that brought them there; a reviewer may have another run done."""
    user = cast(User, request.user)
    require(user, Permission.READ_SITES)
    if request.method == "POST":
        queue_revalidation(by=user, everything=request.POST.get("all") == "1")
        messages.success(request, _("复检已排入后台任务，进度见本页。"))
        return redirect("sites:revalidation")
    state = request.GET.get("state", "")
    state = state if state in RunState.values else ""
    found = queries.runs(user).filter(state=state) if state else queries.runs(user)
    readable = queries.readable_layers(user)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        cells = (_cells(item) for item in _runs(user, list(found), readable))
        return exports.table(_("复检记录"), _columns(), cells, kind=str(kind))
    page = Paginator(found, RUNS).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    newest = rows[0] if rows and page.number == 1 and not state else None
    return render(
        request,
        "sites/revalidation.html",
        {
            "page": page,
            "runs": _runs(user, rows, readable),
            "state": state,
            "states": _choices(revalidating.STATES),
            "coverage": queries.coverage(user),
            "newest": newest,
            "job": queries.open_job(newest) if newest and newest.state not in _ENDED else None,
            "may_start": has(user, Permission.REVIEW_CHECKS),
        },
    )


def _columns() -> list[str]:
    return [_("编号"), _("时间"), _("缘由"), _("进展"), _("重新检查"), _("变严"), _("变宽"), _("无法判定"),
            _("证明未变"), _("用时（秒）")]  # fmt: skip


def _cells(item: dict[str, Any]) -> list[Any]:
    counts, seconds = item["counts"], item["seconds"]
    return [
        item["run"].pk, item["run"].created_at, item["causes"], item["state"], counts[How.CHECKED],
        counts[Change.WORSE], counts[Change.BETTER], counts[Change.UNANSWERABLE], counts[How.PROVED],
        None if seconds is None else round(seconds, 1),
    ]  # fmt: skip


_ENDED = (RunState.DONE, RunState.SUPERSEDED)


def _runs(user: User, rows: list[Revalidation], readable: set[str]) -> list[dict[str, Any]]:
    counted = queries.counts(user, [row.pk for row in rows])
    return [
        {
            "run": row,
            "state": word(revalidating.STATES[RunState(row.state)]),
            "causes": revalidating.causes(row, readable),
            "counts": {name: counted[row.pk][name] for name in (*How, *Change)},
            "seconds": (row.finished_at - row.started_at).total_seconds()
            if row.finished_at and row.started_at
            else None,
        }
        for row in rows
    ]


@login_required
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: what became of the sites in the reader's reach, and what its proofs rest on."""
    user = cast(User, request.user)
    require(user, Permission.READ_SITES)
    row = queries.runs(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    change, how = request.GET.get("change", ""), request.GET.get("how", "")
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.outcomes(user, pk, change=change, how=how, q=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(
            _("复检结果"), revalidating.outcome_columns(), revalidating.outcome_rows(rows), kind=str(kind)
        )
    filters = {name: value for name, value in (("change", change), ("how", how), ("q", words)) if value}
    readable = queries.readable_layers(user)
    proofs = Proof.objects.filter(revalidation=row).order_by("pk")
    return render(
        request,
        "sites/revalidation_run.html",
        {
            **_runs(user, [row], readable)[0],
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "proofs": [revalidating.statements(proof, readable) for proof in proofs],
            "change": change,
            "how": how,
            "q": words,
            "changes": [(queries.TURNED, _("结论有变化")), *_choices(revalidating.CHANGES)],
            "hows": _choices(revalidating.HOWS),
            "change_words": {str(name): word(text) for name, text in revalidating.CHANGES.items()},
            "how_words": {str(name): word(text) for name, text in revalidating.HOWS.items()},
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _choices(words: Any) -> list[tuple[str, str]]:
    return [(str(name), word(text)) for name, text in words.items()]


@login_required
@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Which projects have a comparison pinned to the versions in force, and why the others have none."""
    user = cast(User, request.user)
    require(user, Permission.READ_SITES)
    standing = request.GET.get("standing", "")
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.projects(user)
    if standing in set(Standing):
        rows = rows.filter(standing=standing)
    for text in words.split():
        rows = rows.filter(name__icontains=text) | rows.filter(code__icontains=text)
    rows = rows.select_related(
        "region", "site__current", "site__answer__evidence", "site__answer__footing"
    ).defer(
        "site__current__geometry", "site__current__declared", "site__current__source_file",
        "site__answer__evidence__canonical",
    )  # fmt: skip
    if (kind := request.GET.get("format")) in exports.FORMATS:
        table = revalidating.project_rows(rows, queries.readable_layers(user))
        return exports.table(_("图斑比对覆盖情况"), revalidating.project_columns(), table, kind=str(kind))
    filters = {name: value for name, value in (("standing", standing), ("q", words)) if value}
    summed = queries.coverage(user)
    return render(
        request,
        "sites/coverage.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "coverage": summed,
            "standings": [
                (str(name), word(text), summed.by_standing[name]) for name, text in STANDINGS.items()
            ],
            "standing_words": {str(name): word(text) for name, text in STANDINGS.items()},
            "standing": standing,
            "q": words,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )
