"""The construction diary of a project: what was written, and what happened by itself."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_projects import exports, files, problems
from gis_projects.library.actions.diary import write_diary
from gis_projects.library.forms import DiaryForm
from gis_projects.library.models import DiaryEntry, Project
from gis_projects.library.queries import diary as queries
from gis_projects.library.views.record import errors_of, found_project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require
from siting.engine.notices import UnusableInput

PER_PAGE = 50
MOST_PHOTOS = 9


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def diary(request: HttpRequest, pk: int) -> HttpResponse:
    """Entries and what the trail adds, newest day first; a form for the next entry or for a correction."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    corrects = _named(request, found)
    form = DiaryForm(initial=_initial(corrects))
    if request.method == "POST":
        require(user, Permission.EDIT_PROJECTS, found)
        form = DiaryForm(request.POST)
        if _write(request, found, form, corrects):
            return redirect("library:project-diary", found.pk)
    lines = queries.lines(user, found)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [_("日期"), _("来源"), _("内容"), _("记录人"), _("经度"), _("纬度")]
        return exports.table(_("建设日志"), header, [line.row() for line in lines], kind=str(kind))
    return render(
        request,
        "library/project_diary.html",
        {
            "project": found,
            "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("page")),
            "form": form,
            "corrects": corrects,
            "may_write": may(user, Permission.EDIT_PROJECTS, found),
            "most": MOST_PHOTOS,
        },
    )


def _write(request: HttpRequest, found: Project, form: DiaryForm, corrects: DiaryEntry | None) -> bool:
    photos = request.FILES.getlist("photos")
    if len(photos) > MOST_PHOTOS:
        form.add_error(None, _("一次最多 %(most)s 张照片。") % {"most": MOST_PHOTOS})
    if any((photo.size or 0) > files.MAX_BYTES for photo in photos):
        form.add_error(None, _("单个文件不能超过 %(limit)s MB。") % {"limit": files.MAX_BYTES // 1024**2})
    if not form.is_valid():
        return False
    try:
        write_diary(
            by=cast(User, request.user),
            project=found,
            text=form.cleaned_data["text"].replace("\0", ""),
            on=form.cleaned_data["on"],
            location=form.place,
            photos=[(photo.name or "", photo.read()) for photo in photos],
            corrects=corrects,
        )
    except ValidationError as refused:
        for name, said in errors_of(refused).items():
            form.add_error(name if name in form.fields else None, said)
        return False
    except UnusableInput as refused:
        for notice in refused.notices:
            form.add_error(None, problems.notice_error(notice)["message"])
        return False
    messages.success(request, _("日志已更正。") if corrects else _("日志已记入。"))
    return True


def _named(request: HttpRequest, found: Project) -> DiaryEntry | None:
    """The entry that is being corrected, if the address names one of this project that may be."""
    named = request.GET.get("correct", "")
    if not (named.isascii() and named.isdigit()):
        return None
    return DiaryEntry.objects.filter(project=found, pk=int(named[:18]), corrected_by=None).first()


def _initial(corrects: DiaryEntry | None) -> dict[str, object] | None:
    if corrects is None:
        return None
    place = corrects.location
    where = {"lon": place.x, "lat": place.y} if place is not None else {}
    return {"on": corrects.on, "text": corrects.text, **where}
