"""Files beside a project: brought with a purpose, given out as downloads; and the package for funds from above."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import files, problems
from gis_projects.library import packages, upkeep
from gis_projects.library.actions.attachments import attach
from gis_projects.library.models import Attachment, Code
from gis_projects.library.subjects import subject
from gis_projects.library.views.record import found_project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find
from siting.engine.notices import UnusableInput


@login_required
@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a file beside a project, with what it is for."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    if not upkeep.parties_of(user, found):
        raise PermissionDenied(Permission.EDIT_PROJECTS)
    file, purpose = request.FILES.get("file"), request.POST.get("purpose", "")
    offered = Code.objects.of("attachment").offered().filter(value=purpose[:40]).exists()
    if file is None or not offered:
        messages.error(request, _("请选择文件及其用途。"))
    elif (file.size or 0) > files.MAX_BYTES:  # before any of it is read
        messages.error(request, _("单个文件不能超过 %(limit)s MB。") % {"limit": files.MAX_BYTES // 1024**2})
    else:
        try:
            attach(by=user, project=found, purpose=purpose, name=file.name or "", content=file.read())
        except UnusableInput as refused:
            for notice in refused.notices:
                messages.error(request, problems.notice_error(notice)["message"])
        else:
            messages.success(request, _("附件已上传。"))
    return redirect(f"{reverse('library:project', args=[found.pk])}#files")


@login_required
@require_safe
def download(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """A file beside a project itself or an entry of its diary; a photo may be shown, the rest only saved."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    rows = Attachment.objects.filter(project=found, pk=file)
    row = find(user, Permission.READ_PROJECTS, rows)
    if row.subject != subject(found) and not row.subject.startswith("library.diary:"):
        raise Http404  # what lies beside an opinion or a review is given out by its own room
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    shown = row.kind in ("png", "jpeg") and "show" in request.GET
    response = HttpResponse(content, content_type=files.KINDS[row.kind].media_type)
    place = "inline" if shown else "attachment"
    response["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(row.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """The package for funds from above (F030), of a project of the reserve or the implementation library."""
    found = found_project(request, pk)
    try:
        content = packages.made(found)
    except packages.NotInReserve:
        messages.error(request, _("争取上级资金的项目须在储备库或实施库。"))
        return redirect("library:project", found.pk)
    response = HttpResponse(content, content_type="application/zip")
    name = quote(f"{_('申报材料')}-{found.code}.zip", safe="")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Cache-Control"] = "private, no-store"
    return response
