"""What waits to be decided, and the presets."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.publishing.actions.rules import save_rule
from gis_projects.publishing.forms import RuleForm
from gis_projects.publishing.models import DisclosureRule
from gis_projects.publishing.queries import queue as queries

PER_PAGE = 50


def require_publisher(user: User) -> None:
    if not (has(user, Permission.EDIT_PROJECTS) or has(user, Permission.DISCLOSE_PROJECTS)):
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require_publisher(user)
    state = request.GET.get("state", "open")
    state = state if state in queries.STATES else "open"
    words, region = request.GET.get("q", "")[:100], request.GET.get("region", "")[:12]
    found = queries.projects(user, words=words, region=region)
    listed = queries.rows(state, found)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [_("项目代码"), _("项目名称"), _("所属地区"), _("状态"), _("时间"), _("经办人"), _("理由")]
        rows = (
            [
                row.project.code, row.project.name, row.project.region.short_name, str(queries.STATES[state]),
                timezone.localtime(row.at), row.who, row.reason,
            ]
            for row in map(queries.row, listed)
        )  # fmt: skip
        return exports.table(_("公开审批"), header, rows, kind=str(kind))
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    numbers = queries.counts(found)
    return render(
        request,
        "publishing/queue.html",
        {
            "state": state,
            "states": [(code, label, numbers[code]) for code, label in queries.STATES.items()],
            "page": page,
            "rows": [queries.row(one) for one in page],
            "regions": Region.objects.divisions(),
            "chosen": {"q": words, "region": region},
            "narrowed": bool(words or region),
        },
    )


@login_required
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require_publisher(user)
    return render(
        request,
        "publishing/rules.html",
        {
            "rules": DisclosureRule.objects.select_related("region", "authority"),
            "may_edit": has(user, Permission.DISCLOSE_PROJECTS),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A preset, or a new one."""
    user = cast(User, request.user)
    require(user, Permission.DISCLOSE_PROJECTS)
    found = get_object_or_404(DisclosureRule, pk=pk) if pk is not None else DisclosureRule()
    form: Any = RuleForm(request.POST or None, instance=found, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            save_rule(by=user, rule=form.instance, fields=form.cleaned_data["fields_shown"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("公开规则已保存。"))
            return redirect("publishing:rules")
    status = 400 if request.method == "POST" else 200
    return render(request, "publishing/rule.html", {"form": form, "rule": found}, status=status)
