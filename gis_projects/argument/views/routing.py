"""The routing table: what is in force, earlier versions, and another one published."""

from __future__ import annotations

from typing import cast

import tomli_w
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects.argument.actions.routing import PERMISSION, publish_routing
from gis_projects.argument.models import CaseKind, RoutingTable
from gis_projects.argument.queries.routing import in_force, table
from gis_projects.argument.routing.reading import BY_FINDING, SECTOR, said
from gis_projects.argument.views.doing import attempted, files_of
from gis_projects.library.models import Code, Industry, InvestmentKind
from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, has, require, visible
from gis_projects.sentences import word
from gis_projects.sites.views.downloads import download
from gis_projects.sites.withholding import LAYER_SCOPE
from layers.models import Layer
from siting.checks import DEFAULT_RULEBOOK
from siting.rulebook.selection import NoRulebook
from siting.rulebook.selection import in_force as rulebook_in_force


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def routing(request: HttpRequest) -> HttpResponse:
    """Who is asked for what, by version; a POST publishes another file."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    problems: list[str] = []
    if request.method == "POST":
        require(user, PERMISSION)
        problems = attempted(lambda: _publish(user, request))
        if not problems:
            messages.success(request, _("分派表已发布，此后发起的论证按新表分派。"))
            return redirect("argument:routing")
    versions = list(RoutingTable.objects.select_related("published_by").defer("content"))
    wanted = request.GET.get("version", "")
    row = RoutingTable.objects.filter(version=int(wanted)).first() if _is_version(wanted) else in_force()
    if wanted and row is None:
        raise Http404
    return render(
        request,
        "argument/routing.html",
        {
            "row": row,
            "versions": versions,
            "page": _described(user, row) if row is not None else None,
            "publishes": has(user, PERMISSION),
            "problems": problems,
            "reason": request.POST.get("reason", ""),
        },
        status=400 if problems else 200,
    )


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _publish(user: User, request: HttpRequest) -> None:
    content = next((content for _name, content in files_of(request)), b"")
    publish_routing(by=user, content=content, reason=request.POST.get("reason", ""))


def _described(user: User, row: RoutingTable) -> dict[str, object]:
    """A version as its page shows it; a layer that the user may not read stays its code."""
    rules = table(row)
    rules_by_code = _rule_names()
    names = {code: word(name) for code, name in Department.objects.values_list("code", "name")}
    special = {SECTOR: _("项目所属行业的主管部门"), BY_FINDING: _("检查发现所涉部门")}
    kinds = dict(CaseKind.choices)
    investments = dict(InvestmentKind.choices)
    sources = {code.value: code.shown for code in Code.objects.of("fund_source")}
    layers = {
        layer.code: word(layer.name)
        for layer in visible(user, Permission.READ_LAYERS, Layer.objects.all(), LAYER_SCOPE)
    }
    return {
        "name": said(rules.name, rules.name_en),
        "source": said(rules.source, rules.source_en),
        "limits": rules.limits,
        "kinds": [
            {
                "label": label,
                "after": [kinds[before] for before in rules.after.get(kind, ())],
                "items": [
                    {
                        "item": item,
                        "name": str(item),
                        "function": special.get(item.function) or names.get(item.function, item.function),
                        "investment": [investments.get(each, each) for each in item.when.investment],
                        "sources": [sources.get(each, each) for each in item.when.sources],
                        "layers": [layers.get(each, each) for each in item.layers],
                        "points": [str(point) for point in item.points],
                        "fields": [str(field) for field in item.fields],
                    }
                    for item in rules.items
                    if item.kind == kind
                ],
            }
            for kind, label in CaseKind.choices
        ],
        "findings": [
            {
                "rule": rules_by_code.get(each.rule, each.rule),
                "layer": layers.get(each.layer, each.layer),
                "functions": [names.get(code, code) for code in each.functions],
            }
            for each in rules.findings
        ],
        "authorities": [
            {"name": word(name), "functions": [names.get(code, code) for code in functions]}
            for name, functions in rules.authorities.items()
        ],
        "fallback": names.get(rules.fallback, rules.fallback),
        "severities": sorted(rules.severities, key="PRCI".index),
        "sector": [
            {
                "code": code,
                "name": dict(Industry.choices).get(code, code),
                "function": names.get(function, function),
            }
            for code, function in rules.sector.items()
        ],
    }


def _rule_names() -> dict[str, str]:
    """What the rules are called that checks go by today, in the reader's language; none before the first rulebook."""
    try:
        rulebook = rulebook_in_force(DEFAULT_RULEBOOK, timezone.localdate())
    except NoRulebook:
        return {}
    return {rule.code: word(rule.name) for rule in rulebook.rules}


@login_required
@require_safe
def routing_file(request: HttpRequest, version: int) -> HttpResponse:
    """A version as a file (TOML), to be edited and published."""
    require(cast(User, request.user), Permission.READ_ARGUMENTS)
    row = RoutingTable.objects.filter(version=version).first()
    if row is None:
        raise Http404
    content = tomli_w.dumps(row.content, multiline_strings=False).encode()
    return download(content, f"routing-{version}.toml", "application/toml; charset=utf-8")
