"""Photos, videos and results of a project: brought, looked at, and made ready to be chosen for the public."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import files, problems
from gis_projects.disclosure.models import MediaKind
from gis_projects.library.models import Attachment, Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.publishing import cleaning, media_store, small_pictures
from gis_projects.publishing.actions import progress as actions
from gis_projects.publishing.actions import transcoding
from gis_projects.publishing.forms import MediaForm, ResultForm
from gis_projects.publishing.models import PerformanceResult, ProgressMedia
from gis_projects.publishing.queries import transcoding as transcodings
from siting.engine.notices import UnusableInput

_TYPES = {MediaKind.PHOTO: "image/jpeg", MediaKind.VIDEO: "video/mp4"}


def _upload(request: HttpRequest, project: Project) -> str:
    brought = request.FILES.getlist("files")
    if not brought:
        raise ValidationError(_("请选择文件。"))
    form = _media_form(request)
    waiting = 0
    for file in brought:
        with _on_disk(file) as path:
            said: dict[str, Any] = {
                "by": cast(User, request.user),
                "project": project,
                "name": file.name or "",
                "path": path,
                "caption": form.cleaned_data["caption"],
                "location": form.location(),
            }
            try:
                actions.add_media(**said)
            except cleaning.OtherCodec:
                transcoding.request(**said)
                waiting += 1
    if waiting:
        return _("已采集 %(number)s 个文件；%(waiting)s 个视频浏览器不能直接播放，正在转码，进度见下。") % {
            "number": len(brought) - waiting,
            "waiting": waiting,
        }
    return _("已采集 %(number)s 个文件。") % {"number": len(brought)}


def _call_off(request: HttpRequest, project: Project) -> str:
    job = get_object_or_404(transcodings.jobs(project), pk=_key(request, "job"))
    ended = transcoding.call_off(by=cast(User, request.user), project=project, job=job)
    return _("转码已取消。") if ended else _("该视频的转码已经结束。")


def _from_diary(request: HttpRequest, project: Project) -> str:
    source = get_object_or_404(_diary_photos(project), pk=_key(request, "attachment"))
    actions.add_media(
        by=cast(User, request.user),
        project=project,
        name=source.name,
        path=files.path_of(source.sha256),
        caption=_media_form(request).cleaned_data["caption"],
        source=source,
    )
    return _("已由建设日志采集。")


def _drop(request: HttpRequest, project: Project) -> str:
    media = get_object_or_404(ProgressMedia, project=project, pk=_key(request, "media"))
    actions.drop_media(by=cast(User, request.user), media=media)
    return _("已删除。")


def _write(request: HttpRequest, project: Project) -> str:
    form = ResultForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    actions.write_result(by=cast(User, request.user), project=project, **form.cleaned_data)
    return _("绩效目标与评价结果已保存。")


def _release(request: HttpRequest, project: Project) -> str:
    result = get_object_or_404(PerformanceResult, project=project, pk=_key(request, "result"))
    actions.release_result(by=cast(User, request.user), result=result)
    return _("评价结果已准予公开，随下一次公开或更正显示。")


_STEPS: dict[str, Callable[[HttpRequest, Project], str]] = {
    "upload": _upload,
    "call-off": _call_off,
    "from-diary": _from_diary,
    "drop": _drop,
    "write": _write,
    "release": _release,
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """A project's photos, videos and results, for everyone who may read it; writing is each action's own question."""
    project = find(request.user, Permission.READ_PROJECTS, Project.objects.select_related("region"), pk=pk)
    status = 200
    if request.method == "POST":
        step = _STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise Http404
        try:
            messages.success(request, step(request, project))
            return redirect("publishing:progress", pk=pk)
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
        except UnusableInput as refusal:
            for notice in refusal.notices:
                messages.error(request, problems.notice_error(notice)["message"])
        status = 400
    taken = ProgressMedia.objects.filter(project=project).select_related("by")
    posted = request.POST if request.POST.get("step") == "write" else None
    return render(
        request,
        "publishing/progress.html",
        {
            "project": project,
            "media": taken,
            "films": transcodings.recent(project),
            "diary": _diary_photos(project).exclude(sha256__in=taken.values("sha256")),
            "results": PerformanceResult.objects.filter(project=project).select_related(
                "written_by", "released_by"
            ),
            "media_form": MediaForm(),
            "result_form": ResultForm(posted),
            "may_write": may(request.user, Permission.EDIT_PROJECTS, project),
            "may_release": may(request.user, Permission.DISCLOSE_PROJECTS, project),
            "most_mb": cleaning.MOST_BYTES >> 20,
            "accept": ",".join(ending for kind in MediaKind for ending in cleaning.ENDINGS[kind]),
        },
        status=status,
    )


@login_required
@require_safe
def media_file(request: HttpRequest, pk: int, media: int) -> HttpResponseBase:
    """The inside's copy of a photo or video, for who may read the project."""
    project = find(request.user, Permission.READ_PROJECTS, Project.objects.all(), pk=pk)
    row = get_object_or_404(ProgressMedia, project=project, pk=media)
    small = "small" in request.GET
    path = media_store.path_of(row, preview=small)
    if not path.is_file():
        raise Http404
    kind = MediaKind.PHOTO if small else MediaKind(row.kind)
    answer = FileResponse(path.open("rb"), content_type=_TYPES[kind])
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def diary_photo(request: HttpRequest, attachment: int) -> HttpResponseBase:
    """A diary's photo made small, for who may read its project."""
    photos = Attachment.objects.filter(subject__startswith="library.diary:", kind__in=("jpeg", "png"))
    photo = find(request.user, Permission.READ_PROJECTS, photos, pk=attachment)
    try:
        path = small_pictures.small(photo)
    except (FileNotFoundError, UnusableInput) as error:
        raise Http404 from error
    answer = FileResponse(path.open("rb"), content_type="image/jpeg")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _diary_photos(project: Project) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        project=project, subject__startswith="library.diary:", kind__in=("jpeg", "png")
    )


def _media_form(request: HttpRequest) -> MediaForm:
    form = MediaForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return form


def _key(request: HttpRequest, name: str) -> int:
    asked = request.POST.get(name, "")
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    return int(asked)


@contextmanager
def _on_disk(file: UploadedFile) -> Iterator[Path]:
    """An upload as a file on the disk, wherever Django keeps it."""
    with tempfile.NamedTemporaryFile() as draft:
        for chunk in file.chunks():
            draft.write(chunk)
        draft.flush()
        yield Path(draft.name)
