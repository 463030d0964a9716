"""The budget's lines, money from above, monitoring, and what a bureau sets: pages of the libraries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.library import fund_packages, packages
from gis_projects.library.actions import budget as actions
from gis_projects.library.actions import funds as fund_actions
from gis_projects.library.actions.parameters import set_parameter
from gis_projects.library.models import (
    FundApplication,
    FundFlow,
    FundState,
    Monitoring,
    Parameter,
    ParameterKey,
)
from gis_projects.library.queries.admitting import enters
from gis_projects.library.queries.budget import lines
from gis_projects.library.queries.parameters import DEFAULTS
from gis_projects.library.views.libraries import PAGE, Telling
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, has, may, require, visible


class _Dressed(forms.Form):
    """A form whose fields look like the platform's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                plain = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
                field.widget.attrs["class"] = f"{plain} {plain}-sm"


class ChangeForm(_Dressed):
    delta_yuan = forms.DecimalField(
        label=gettext_lazy("调整额（元，调减为负）"), max_digits=18, decimal_places=2
    )
    reason = forms.CharField(label=gettext_lazy("调整依据"), max_length=300)


class AppropriateForm(_Dressed):
    amount_yuan = forms.DecimalField(
        label=gettext_lazy("拨付金额（元）"), max_digits=18, decimal_places=2, min_value=Decimal("0.01")
    )
    reference = forms.CharField(label=gettext_lazy("拨款单号"), max_length=120)


_LINE_ACTS: dict[str, tuple[type[forms.Form], Any]] = {
    "change": (ChangeForm, actions.change_line),
    "appropriate": (AppropriateForm, actions.appropriate),
}


@login_required
@require_safe
def budget(request: HttpRequest) -> HttpResponse:
    """The budget's lines, with what is paid and what is left."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    rows = lines(user)
    if (year := request.GET.get("year", "")).isascii() and year.isdigit():
        rows = rows.filter(year=int(year[:4]))
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(project__name__icontains=words) | rows.filter(project__code__icontains=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("项目代码"), _("项目名称"), _("地区"), _("预算年度"), _("资金类型"), _("文号或依据"),
                _("预算安排（元）"), _("调整（元）"), _("已拨付（元）"), _("余额（元）")]  # fmt: skip
        cells = (
            [row.project.code, row.project.name, row.project.region.short_name, row.year, row.get_instrument_display(),
             row.reference, row.amount_yuan, row.changed_yuan, row.paid_yuan, row.balance_yuan]  # type: ignore[attr-defined]
            for row in rows
        )  # fmt: skip
        return exports.table(_("预算安排"), head, cells, kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "library/budget.html", {"page": page, "year": year, "q": words})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """One line: its changes and what is paid from it. POST changes it or pays (``act``)."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_PROJECTS, lines(user), pk=pk)
    filled: dict[str, forms.Form] = {}
    if request.method == "POST":
        found = find(user, Permission.MANAGE_BUDGET, lines(user), reading=Permission.READ_PROJECTS, pk=pk)
        name = request.POST.get("act", "")
        if name not in _LINE_ACTS:
            raise Http404
        kind, act = _LINE_ACTS[name]
        form = kind(request.POST, auto_id=f"id_{name}_%s")
        if form.is_valid():
            with Telling(request):
                act(by=user, line=found, **form.cleaned_data)
                messages.success(request, _("已记录。"))
            return redirect("library:budget-line", pk=pk)
        filled[name] = form
    return render(
        request,
        "library/budget_line.html",
        {
            "line": found,
            "project": found.project,
            "changes": found.changes.select_related("by"),
            "appropriations": found.appropriations.select_related("by"),
            "may_manage": may(user, Permission.MANAGE_BUDGET, found.project),
            "forms": [
                (name, label, filled.get(name) or _LINE_ACTS[name][0](auto_id=f"id_{name}_%s"))
                for name, label in (("appropriate", _("拨付")), ("change", _("调整预算")))
            ],
        },
        status=400 if filled else 200,
    )


@login_required
@require_safe
def fund_applications(request: HttpRequest) -> HttpResponse:
    """Projects put forward for money from above, by the three reserve businesses (F380)."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    rows = visible(user, Permission.READ_PROJECTS, FundApplication.objects.all()).select_related(
        "project", "project__region", "declared_by"
    )
    flow, state = request.GET.get("flow", ""), request.GET.get("state", "")
    if flow in FundFlow.values:
        rows = rows.filter(flow=flow)
    if state in FundState.values:
        rows = rows.filter(state=state)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [
            _("项目代码"),
            _("项目名称"),
            _("地区"),
            _("申报类别"),
            _("申报年度"),
            _("申请资金（元）"),
            _("状态"),
        ]
        cells = (
            [row.project.code, row.project.name, row.project.region.short_name, row.get_flow_display(), row.year,
             row.amount_yuan, row.get_state_display()]
            for row in rows
        )  # fmt: skip
        return exports.table(_("资金申报"), head, cells, kind=str(kind))
    return render(
        request,
        "library/funds.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "flows": FundFlow.choices,
            "flow": flow if flow in FundFlow.values else "",
            "states": FundState.choices,
            "state": state if state in FundState.values else "",
        },
    )


_FUND_ACTS: dict[str, Any] = {
    "assess": fund_actions.assess_funds,
    "recommend": fund_actions.recommend_funds,
    "return": fund_actions.return_funds,
    "withdraw": fund_actions.withdraw_funds,
}
_WITH_REASON = frozenset({"recommend", "return", "withdraw"})


@login_required
@require_safe
def fund_application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application for money from above."""
    user = cast(User, request.user)
    found = _fund(user, pk)
    under_way = found.state in (FundState.DECLARED, FundState.ASSESSED)
    return render(
        request,
        "library/fund.html",
        {
            "application": found,
            "project": found.project,
            "under_way": under_way,
            "may_decide": under_way and may(user, Permission.MANAGE_LIBRARIES, found.project),
            "may_withdraw": under_way
            and may(user, Permission.APPLY_ADMISSION, found.project)
            and enters(user, found.project),
        },
    )


@login_required
@require_POST
def fund_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Assess, recommend, return or withdraw."""
    user = cast(User, request.user)
    if act not in _FUND_ACTS:
        raise Http404
    permission = Permission.APPLY_ADMISSION if act == "withdraw" else Permission.MANAGE_LIBRARIES
    rows = FundApplication.objects.select_related("project")
    found = find(user, permission, rows, reading=Permission.READ_PROJECTS, pk=pk)
    reason = (
        {"reason": request.POST.get("reason", "")[:2000].replace("\0", "")} if act in _WITH_REASON else {}
    )
    with Telling(request):
        _FUND_ACTS[act](by=user, application=found, **reason)
        messages.success(request, _("已办结。"))
    return redirect("library:fund", pk=pk)


@login_required
@require_safe
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """The application with its attachments and the evidence of the site, as one zip file (F030)."""
    user = cast(User, request.user)
    found = _fund(user, pk)
    try:
        content = fund_packages.fund_package(found, with_site=may(user, Permission.READ_SITES, found.project))
    except packages.NotInReserve:
        messages.error(request, _("争取上级资金的项目须在储备库或实施库。"))
        return redirect("library:fund", pk)
    name = quote(f"{found.project.code}-{found.get_flow_display()}-{found.year}.zip", safe="")
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Cache-Control"] = "private, no-store"
    return response


def _fund(user: User, pk: int) -> FundApplication:
    rows = FundApplication.objects.select_related("project__region", "project__organisation", "assessment")
    return find(user, Permission.READ_PROJECTS, rows, pk=pk)


@login_required
@require_safe
def monitoring(request: HttpRequest) -> HttpResponse:
    """Projects under dynamic management: those to which a review's result was applied, and no others (F021)."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    rows = visible(user, Permission.READ_PROJECTS, Monitoring.objects.all()).select_related(
        "project", "project__region", "review"
    )
    rows = rows.order_by("project__code")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("项目代码"), _("项目名称"), _("地区"), _("评审报告"), _("纳入时间")]
        cells = (
            [row.project.code, row.project.name, row.project.region.short_name, row.review.title,
             timezone.localtime(row.at).replace(tzinfo=None)]
            for row in rows
        )  # fmt: skip
        return exports.table(_("动态管理项目"), head, cells, kind=str(kind))
    return render(
        request, "library/monitoring.html", {"page": Paginator(rows, PAGE).get_page(request.GET.get("page"))}
    )


class ParameterForm(_Dressed):
    key = forms.ChoiceField(label=gettext_lazy("参数"), choices=ParameterKey.choices)
    region = forms.ModelChoiceField(
        label=gettext_lazy("适用地区"),
        queryset=Region.objects.none(),
        required=False,
        empty_label=gettext_lazy("全部"),
    )
    value = forms.DecimalField(
        label=gettext_lazy("取值"), max_digits=20, decimal_places=4, min_value=Decimal(0)
    )
    inclusive = forms.BooleanField(
        label=gettext_lazy("含本数（“以上”含本数，“超过”不含）"), required=False, initial=True
    )
    source = forms.CharField(label=gettext_lazy("来源说明"), max_length=300)
    valid_from = forms.DateField(
        label=gettext_lazy("起用日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        field = cast(forms.ModelChoiceField, self.fields["region"])
        reach = Region.objects.filter(projects__isnull=False) | Region.objects.filter(pk=user.region_id)
        field.queryset = reach.distinct()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def parameters(request: HttpRequest) -> HttpResponse:
    """What is set for the libraries, with its sources; POST sets one."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    form = ParameterForm(user)
    if request.method == "POST":
        require(user, Permission.MANAGE_LIBRARIES)
        form = ParameterForm(user, request.POST)
        if form.is_valid():
            with Telling(request):
                set_parameter(by=user, **form.cleaned_data)
                messages.success(request, _("参数已设定。"))
            return redirect("library:parameters")
    return render(
        request,
        "library/parameters.html",
        {
            "rows": Parameter.objects.select_related("region", "by"),
            "defaults": [
                (ParameterKey(key).label, value, source) for key, (value, source) in DEFAULTS.items()
            ],
            "form": form,
            "may_set": has(user, Permission.MANAGE_LIBRARIES),
        },
        status=400 if form.is_bound else 200,
    )
