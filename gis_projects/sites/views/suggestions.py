"""Searching for sites: what is asked, how far it is, and the ranked patches with the reasons for their scores."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.sentences import word
from gis_projects.sites.models import SuggestionRun
from gis_projects.sites.queries import suggestions as queries
from gis_projects.sites.queries.alternatives import pins
from siting import suggestions, wording
from siting.engine.rules import standing
from siting.engine.verdict import Severity, Verdict


@login_required
@require_safe
def suggested(request: HttpRequest, pk: int) -> HttpResponse:
    """The searches of a project: the form, the last one (or ``?run=``) with its patches; also as a spreadsheet."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("site", "region")
    project = find(user, Permission.READ_SITES, projects, pk=pk)
    rows = list(queries.runs(project))
    asked = request.GET.get("run", "")
    chosen = (
        rows[0].pk if rows and not asked else int(asked) if asked.isdecimal() and len(asked) < 10 else None
    )
    if asked and chosen not in {row.pk for row in rows}:
        raise Http404
    data = queries.shown(user, queries.run(user, chosen)) if chosen else None
    if data is not None and (kind := request.GET.get("format")) in exports.FORMATS:
        name = _("%(code)s 推荐选址") % {"code": project.code}
        return exports.table(name, _head(data), _rows(data), kind=str(kind))
    return render(
        request,
        "sites/suggestions.html",
        {
            "config": {
                "api": reverse("sites-api:suggestions", args=[project.pk]),
                "alternatives": reverse("sites-api:alternatives", args=[project.pk]),
                "alternatives_page": reverse("sites:alternatives", args=[project.pk]),
                "one": reverse("sites-api:suggestion", args=[chosen]) if chosen else "",
                "stop": reverse("sites-api:suggestion-stop", args=[chosen]) if chosen else "",
            },
            "project": project,
            "data": data,
            "chosen": chosen,
            "runs": [(row, queries.standing(row)) for row in rows],
            "may_edit": may(user, Permission.EDIT_SITES, project),
            "regions": queries.regions(user),
            "form": _form(project, rows[0] if rows else None),
        },
    )


def _form(project: Project, last: SuggestionRun | None) -> dict[str, Any]:
    """What the form begins with: the last search's parameters, else the usual ones; and every rule."""
    now = pins(project)
    before = last.parameters if last else {}
    weights = {entry["code"]: entry for entry in before.get("preferences", [])}
    rules: dict[str, list[dict[str, Any]]] = {"always": [], "optional": [], "none": []}
    for rule in now.rulebook.rules:
        severity = standing(rule, now.facts).severity
        kind = (
            "always" if severity is Severity.PROHIBITED
            else "none" if severity in (None, Severity.INFORMATIVE)
            else "optional"
        )  # fmt: skip
        rules[kind].append(
            {
                "code": rule.code,
                "name": word(rule.name),
                "severity": str(severity or ""),
                "on": rule.code in before.get("optional", ()),
            }
        )
    return {
        "numbers": {
            name: {
                "value": before.get(name, usual),
                "least": least,
                "greatest": round(greatest, 4),
            }
            for name, (least, greatest, usual) in suggestions.LIMITS.items()
        },
        "irregular": before.get("irregular", True),
        "past_unchecked": before.get("past_unchecked", False),
        "rules": rules,
        "preferences": [
            {
                "code": preference.code,
                "name": word(preference.name),
                "unit": preference.unit,
                "kind": preference.kind,
                "weight": weights.get(preference.code, {}).get(
                    "weight", 0.0 if weights else preference.weight
                ),
                "best": weights.get(preference.code, {}).get("best", preference.best),
                "worst": weights.get(preference.code, {}).get("worst", preference.worst),
            }
            for preference in suggestions.preferences()
        ],
        "rulebook": now.rulebook,
    }


def _head(data: dict[str, Any]) -> list[str]:
    names = (
        [entry["name"] for entry in data["patches"][0]["explanation"]["criteria"]] if data["patches"] else []
    )
    return [
        _("名次"), _("得分"), _("椭球面积（平方米）"), _("检查结论"), _("长（m）"), _("宽（m）"), _("紧凑度"),
        *(heading for name in names for heading in (name, _("%(name)s 得分") % {"name": name})),
    ]  # fmt: skip


def _rows(data: dict[str, Any]) -> list[list[Any]]:
    return [
        [
            patch["rank"],
            "" if patch["score"] is None else round(patch["score"], 4),
            patch["area_m2"],
            str(wording.VERDICTS[Verdict(patch["verdict"])]),
            patch["explanation"]["length_m"],
            patch["explanation"]["width_m"],
            round(patch["explanation"]["compactness"], 3),
            *(
                None if value is None else round(value, 4)
                for entry in patch["explanation"]["criteria"]
                for value in (entry["mean"], entry["score"])
            ),
        ]
        for patch in data["patches"]
    ]
