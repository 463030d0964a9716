"""The page of a project's timeline, and its export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.actions.sharing import note_export, note_reading
from gis_projects.library.models import Project
from gis_projects.library.queries import timeline as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find
from gis_projects.trail.models import Step

PAGE = 50
MOST = 20_000  # rows of an export


def _rooms() -> dict[str, Any]:
    """The rooms by their label, as people call them."""
    return {
        app.label: app.verbose_name for app in apps.get_app_configs() if app.name.startswith("gis_projects.")
    }


@login_required
@require_safe
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened to a project, newest first, in words."""
    user = cast(User, request.user)
    rows = Project.objects.select_related("region", "organisation")
    project = find(user, Permission.READ_PROJECTS, rows, pk=pk)
    wanted = _wanted(request)
    steps = queries.steps(user, project, wanted)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        answer = exports.table(
            f"{_('过程记录')}-{project.code}",
            _columns(user, project),
            _rows(user, project, steps[:MOST]),
            kind=str(kind),
        )
        note_export(by=user, project=project, what="timeline", form=str(kind))
        return answer
    note_reading(by=user, project=project, what="timeline")
    page = Paginator(steps, PAGE).get_page(request.GET.get("page"))
    filters = {
        name: str(value)
        for name, value in (
            ("room", wanted.room), ("who", wanted.who), ("since", wanted.since or ""), ("until", wanted.until or ""),
            ("files", "1" if wanted.files else ""),
        )
        if value
    }  # fmt: skip
    return render(
        request,
        "library/timeline.html",
        {
            "project": project,
            "page": page,
            "lines": queries.lines(user, project, page.object_list),
            "parts": [(room, _rooms().get(room, room)) for room in queries.rooms(user, project)],
            "wanted": wanted,
            "names": queries.reads_names(user, project),
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _wanted(request: HttpRequest) -> queries.Wanted:
    def day(name: str) -> date | None:
        try:
            return parse_date(request.GET.get(name, "")[:10])
        except ValueError:
            return None  # what it can't mean is left out, as in the other lists

    room = request.GET.get("room", "")
    return queries.Wanted(
        room=room if room in _rooms() else "",
        who=request.GET.get("who", "")[:60].replace("\0", ""),
        since=day("since"),
        until=day("until"),
        files=request.GET.get("files") == "1",
    )


def _columns(user: User, project: Project) -> list[str]:
    columns = [_("序号"), _("时间"), _("经办"), _("事项"), _("修改前后"), _("文件 SHA-256")]
    return [*columns, _("记录摘要")] if queries.reads_names(user, project) else columns


def _rows(user: User, project: Project, steps: QuerySet[Step]) -> Iterator[list[Any]]:
    for line in queries.lines(user, project, steps):
        changed = "\n".join(f"{change.field} {change.before} → {change.after}" for change in line.changes)
        hashes = "\n".join(f"{file.name} {file.sha256}".strip() for file in line.files)
        row = [line.number, timezone.localtime(line.at), line.who, line.said, changed, hashes]
        yield [*row, line.digest] if line.digest else row
