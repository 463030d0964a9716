"""The leaders' page, made for a phone first: what goes wrong, figures, a map, instructions; and the five functions."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.desk.queries import concerns as concern_queries
from gis_projects.desk.queries import instructions, key_figures
from gis_projects.desk.queries import leading as queries
from gis_projects.desk.queries.concerns import Cause, Concern, Weight
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require

PAGE = 20
#: So many of one's own instructions are shown with their receipts; the others stand in the list.
LATEST = 12


@login_required
@require_safe
def leading(request: HttpRequest) -> HttpResponse:
    """What a leader looks at on the way. ``weight`` narrows what goes wrong; ``format`` gives the figures as a file."""
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    require(user, Permission.READ_PROJECTS)
    today = timezone.localdate()
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return _file(user, str(kind))
    found = concern_queries.concerns(user, today)
    wanted = request.GET.get("weight", "")
    weight = next((each for each in Weight if each == wanted), None)
    shown = found if weight is None else concern_queries.of_weight(found, weight)
    counted = concern_queries.counts(found)
    may_instruct = has(user, Permission.INSTRUCT)
    numbers = key_figures.key_figures(user)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "desk/leading.html",
        {
            "page": page,
            "cards": [
                {"concern": one, "instruct": _instruct(one) if may_instruct else ""}
                for one in page.object_list
            ],
            "total": len(found),
            "weights": [(each, each.label, counted[each]) for each in Weight],
            "weight": weight,
            "on_map": _on_map(shown, may_instruct),
            "unplaced": sum(1 for one in shown if one.place is None),
            "key_figures": numbers,
            "key_groups": [(_("四类项目"), numbers.kinds), (_("三库"), numbers.libraries)],
            "sections": queries.sections(user, today),
            "given": instructions.tasks(user, mine=True, today=today)[:LATEST],
            "may_instruct": may_instruct,
            "today": today,
        },
    )


def _file(user: User, kind: str) -> HttpResponse:
    sections = queries.sections(user, timezone.localdate())
    table = ([row.part.label, each.name, each.value] for row in sections for each in row.figures)
    return exports.table(_("决策视图"), [_("功能"), _("指标"), _("数量")], table, kind=kind)


def _instruct(concern: Concern) -> str:
    """Where an instruction about a concern is written; empty for one of no project."""
    if concern.project is None:
        return ""
    asked = {"project": concern.project.pk, "about": concern.causes[0].name}
    return f"{reverse('desk:instruct')}?{urlencode(asked)}"


def _said(cause: Cause) -> str:
    """A cause in one line, with the department whose it is to do."""
    if cause.organisation is None:
        return cause.sentence
    return _("%(unit)s：%(said)s") % {"unit": cause.organisation.name, "said": cause.sentence}


def _on_map(found: list[Concern], may_instruct: bool) -> list[dict[str, Any]]:
    """The same concerns for the map: what stands on the card of each, and its place."""
    return [
        {
            "id": one.project.pk,
            "name": one.project.name,
            "weight": str(one.weight),
            "said": [_said(cause) for cause in one.causes],
            "lon": round(one.place[0], 6),
            "lat": round(one.place[1], 6),
            "project": reverse("library:project", args=[one.project.pk]),
            "instruct": _instruct(one) if may_instruct else "",
        }
        for one in found
        if one.project is not None and one.place is not None
    ]
