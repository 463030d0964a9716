"""The ten databases: all of them at a glance, and each with what is in it."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects.library.actions import databases as actions
from gis_projects.library.databases import project_databases, registers
from gis_projects.library.models import Project
from gis_projects.library.queries import databases as queries
from gis_projects.library.queries.overviews import overview
from gis_projects.library.tables import downloads, get
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, has, require

PER_PAGE = 50


@login_required
@require_safe
def databases(request: HttpRequest) -> HttpResponse:
    """Seven of projects and three that support decisions, with numbers that add up."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    found = [_shown(holdings) for holdings in queries.overview(user)]
    return render(
        request,
        "library/databases.html",
        {
            "groups": [
                (_("七个项目库"), [one for one in found if one["code"] in project_databases()]),
                (_("三个决策支持库"), [one for one in found if one["code"] in registers()]),
            ],
        },
    )


def _shown(holdings: queries.Holdings) -> dict[str, Any]:
    database = holdings.database
    address = address_of(database.code)

    def numbers(field: str, terms: Any, counts: dict[str, int]) -> list[dict[str, Any]]:
        rows = [
            {"label": term.label, "number": counts[term.code], "address": f"{address}?{field}={term.code}"}
            for term in terms
        ]
        if terms and counts.get(""):
            rows.append({"label": _("未分"), "number": counts[""], "address": f"{address}?{field}=-"})
        return rows

    return {
        "code": database.code,
        "number_of": database.number,
        "label": database.label,
        "about": database.about,
        "number": holdings.number,
        "address": address,
        "parts": numbers("part", database.parts, holdings.parts),
        "stages": numbers("stage", database.stages, holdings.stages),
    }


def address_of(code: str) -> str:
    if code in registers():
        return reverse("library:register", args=[code])
    return reverse("library:database", args=[code])


@login_required
@require_safe
def database(request: HttpRequest, code: str) -> HttpResponseBase:
    """One database of projects: filtered by part, stage, region and words; on the page, as a file, on the map."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    kind = project_databases().get(code)
    if kind is None:
        raise Http404(code)
    chosen = {name: request.GET.get(name, "").strip()[:60] for name in ("part", "stage", "region", "words")}
    found = queries.members(user, code, **chosen).order_by("code")
    if request.GET.get("format") in ("csv", "xlsx"):
        return _export(request, code, chosen)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    summary = overview(found)
    return render(
        request,
        "library/database.html",
        {
            "database": kind,
            "page": page,
            "rows": [
                {
                    "project": row,
                    "parts": [term.label for part in row.parts if (term := kind.part(part))],
                    "stage": term.label if (term := kind.stage(row.at_stage)) else "",
                }
                for row in cast("list[Any]", page.object_list)
            ],
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "summary": summary,
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "regions": Region.objects.divisions(),
            "manages": has(user, Permission.MANAGE_LIBRARIES),
            "map": urlencode(
                {
                    name: value
                    for name, value in (
                        ("database", code),
                        ("dbpart", chosen["part"]),
                        ("dbstage", chosen["stage"]),
                        ("region", chosen["region"]),
                        ("q", chosen["words"]),
                    )
                    if value
                }
            ),
        },
    )


def _export(request: HttpRequest, code: str, chosen: dict[str, str]) -> HttpResponseBase:
    user = cast(User, request.user)
    table = get("memberships")
    options = {"database": code, **chosen}
    return downloads.of_columns(
        project_databases()[code].label,
        table.rows(user, options),
        table.columns(options),
        kind=request.GET["format"],
        encoding=request.GET.get("encoding", "utf-8"),
    )


@login_required
@require_POST
def place(request: HttpRequest, code: str) -> HttpResponse:
    """Put a project into a database, or say anew which parts and which stage it is in."""
    project = _named(request, code)
    if project is None:
        messages.error(request, _("没有这个项目，或者您无权查看。"))
    else:
        try:
            actions.place(
                by=cast(User, request.user),
                project=project,
                database=code,
                parts=tuple(request.POST.getlist("part")),
                stage=request.POST.get("stage", ""),
            )
            messages.success(request, _("已记入：%(name)s") % {"name": project.name})
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("library:database", code)


@login_required
@require_POST
def leave(request: HttpRequest, code: str) -> HttpResponse:
    project = _named(request, code)
    if project is None:
        raise Http404
    try:
        actions.leave(
            by=cast(User, request.user),
            project=project,
            database=code,
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, _("已移出：%(name)s") % {"name": project.name})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("library:database", code)


def _named(request: HttpRequest, code: str) -> Project | None:
    """The project that a form names, if the user may keep the databases for it."""
    if code not in project_databases():
        raise Http404(code)
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    try:
        return find(
            user,
            Permission.MANAGE_LIBRARIES,
            Project.objects.all(),
            reading=Permission.READ_PROJECTS,
            code=request.POST.get("code", "").strip(),
        )
    except Http404:
        return None
