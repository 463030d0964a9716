"""The comparison of a project's alternatives: table, linked maps, weights, choice, and the table as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.sites.presenting_alternatives import comparison_data, stale_words
from gis_projects.sites.queries import alternatives as queries


@login_required
@require_safe
def alternatives(request: HttpRequest, pk: int) -> HttpResponse:
    """A project's alternatives in one table and on linked maps; as a spreadsheet by ``?format=xlsx`` or ``csv``."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("site__current", "region")
    project = find(user, Permission.READ_SITES, projects, pk=pk)
    compared = queries.comparison(project, reader=user)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        name = _("%(code)s 方案比选") % {"code": project.code}
        return exports.table(name, queries.table_head(compared), queries.table_rows(compared), kind=str(kind))
    data = comparison_data(user, compared)
    return render(
        request,
        "sites/alternatives.html",
        {
            "config": {
                "project": project.pk,
                "api": reverse("sites-api:alternatives", args=[project.pk]),
                "recheck": reverse("sites-api:alternatives-recheck", args=[project.pk]),
                "weights": reverse("sites-api:alternatives-weights", args=[project.pk]),
                "choice": reverse("sites-api:alternatives-choice", args=[project.pk]),
                "usual": compared.weights,
            },
            "lines": _lines(data, compared.weights),
            "required_ha": "" if data["required_m2"] is None else f"{data['required_m2'] / 1e4:.12g}",
            "next_name": _("方案%(number)s") % {"number": len(data["rows"]) + 1},
            "project": project,
            "compared": compared,
            "stale": stale_words(user, compared),
            "data": data,
            "may_edit": may(user, Permission.EDIT_SITES, project),
            "may_check": may(user, Permission.RUN_CHECKS, project),
            "current": project.site.current if project.site else None,
        },
    )


def _lines(data: dict[str, Any], weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """The table's lines: one for each criterion, with a cell of every alternative."""
    lines = []
    for number, criterion in enumerate(data["criteria"]):
        cells = []
        for row in data["rows"]:
            cell = row["cells"][number]
            verdict = row["verdict"] if cell["value"] is None and cell["reason"] is None else ""
            text = "" if cell["value"] is None else f"{round(cell['value'], 2) + 0.0:,.2f}"  # never -0.00
            cells.append({**cell, "verdict": verdict, "text": text})
        lines.append({**criterion, "weight": weights[criterion["code"]], "cells": cells})
    return lines
