"""A project's eight links on one page."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.argument.queries import one_thing as queries
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find


@login_required
@require_safe
def one_thing(request: HttpRequest, pk: int) -> HttpResponse:
    """From application to evaluation: what each of the eight links of a project came to."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("region", "organisation", "start")
    project = find(user, Permission.READ_ARGUMENTS, projects, pk=pk)
    reached = queries.links(user, project)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("序号"), _("环节"), _("进展"), _("日期"), _("内容"), _("状态")]
        return exports.table(f"{_('一件事')} {project.code}", head, queries.rows(reached), kind=str(kind))
    return render(
        request,
        "argument/one_thing.html",
        {
            "project": project,
            "number": queries.case_number(project),
            "links": reached,
            "done": sum(one.standing == queries.Standing.DONE for one in reached),
        },
    )
