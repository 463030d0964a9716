"""The siting report (选址论证报告): its texts, written chapter by chapter, and the report as a file."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import problems
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, require
from gis_projects.sites.actions.statements import WrittenMeanwhile, write
from gis_projects.sites.models.statements import Chapter, Statement
from gis_projects.sites.queries import statements
from gis_projects.sites.reports import siting_report, word
from gis_projects.sites.verification import address_of
from gis_projects.sites.views.downloads import download

MAX_CHARACTERS = 20_000
_HINTS = {
    Chapter.OVERVIEW: gettext_lazy("表格由项目库和选址边界生成；可补充建设背景、必要性和规模依据。"),
    Chapter.ALTERNATIVES: gettext_lazy("比选表由备选方案生成；可补充方案的提出过程。"),
    Chapter.OPINIONS: gettext_lazy("须征求意见的部门由检查得出，复核意见自动列入；可补充会议和函件。"),
    Chapter.LEGALITY: gettext_lazy("冲突和未检查的规则逐条列出；可说明所需审批和进展。"),
    Chapter.RATIONALITY: gettext_lazy("敏感条件由检查得出；可说明地形、交通、配套等条件。"),
    Chapter.SAVING: gettext_lazy("现状用地和投资强度由平台计算；可说明用地指标和节地措施。"),
    Chapter.CONCLUSION: gettext_lazy("检查结论自动写入；可补充建议。"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def chapters(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and write the report's texts; each chapter is saved by itself."""
    user = cast(User, request.user)
    project = _project(user, pk)
    if request.method == "POST":
        return _write(request, user, project)
    return _page(request, user, project)


@login_required
@require_safe
def report_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The report as a sealed PDF or as a Word file; 409 while there is no check to stand on."""
    user = cast(User, request.user)
    project = _project(user, pk)
    made = {
        "pdf": (siting_report.pdf, "application/pdf"),
        "docx": (siting_report.docx, word.DOCX),
    }.get(kind)
    if made is None:
        raise Http404
    check = statements.newest_check(user, project)
    if check is None:
        return problems.response(409, _("还不能生成报告：请先保存选址边界并运行检查。"))
    write_file, content_type = made
    content = write_file(check, reader=user, verify_at=address_of(request, check.digest))
    return download(content, f"{project.code}-{_('选址论证报告')}.{kind}", content_type)


def _project(user: User, pk: int) -> Project:
    projects = Project.objects.select_related("site__current", "region", "organisation")
    require(user, Permission.READ_SITES)
    return find(user, Permission.READ_PROJECTS, projects, pk=pk)


def _write(request: HttpRequest, user: User, project: Project) -> HttpResponse:
    require(user, Permission.EDIT_SITES, project)
    chapter, text = request.POST.get("chapter", ""), request.POST.get("text", "").replace("\0", "")
    based_on = request.POST.get("based_on", "")
    if chapter not in Chapter.values or not based_on.isdecimal() or len(based_on) > 9:
        return problems.response(400, _("章节不存在。"))
    if len(text) > MAX_CHARACTERS:
        return problems.response(400, _("一章的文字最多 %(n)s 字。") % {"n": MAX_CHARACTERS})
    try:
        write(by=user, project=project, chapter=Chapter(chapter), text=text.strip(), based_on=int(based_on))
    except WrittenMeanwhile as meanwhile:
        return _page(request, user, project, unsaved=(Chapter(chapter), text, meanwhile.theirs))
    messages.success(request, _("“%(chapter)s”已保存。") % {"chapter": Chapter(chapter).label})
    return redirect(f"{reverse('sites:siting-report', args=[project.pk])}#{chapter}")


def _page(
    request: HttpRequest,
    user: User,
    project: Project,
    *,
    unsaved: tuple[Chapter, str, Statement] | None = None,
) -> HttpResponse:
    standing = statements.standing(project)
    rows = []
    for chapter in Chapter:
        row = standing.get(chapter)
        mine = unsaved is not None and unsaved[0] is chapter
        rows.append(
            {
                "value": chapter.value,
                "label": chapter.label,
                "hint": _HINTS[chapter],
                "text": unsaved[1] if unsaved is not None and mine else row.text if row else "",
                "theirs": row.text if row and mine else "",
                "number": row.number if row else 0,
                "by": row.by if row else None,
                "at": row.at if row else None,
            }
        )
    context = {
        "project": project,
        "check": statements.newest_check(user, project),
        "chapters": rows,
        "may_edit": may(user, Permission.EDIT_SITES, project),
        "meanwhile": unsaved[2] if unsaved is not None else None,
    }
    return render(request, "sites/siting_chapters.html", context, status=409 if unsaved else 200)
