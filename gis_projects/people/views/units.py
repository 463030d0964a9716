"""Units: the list, the record of one, and what its own administrator sets up in it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.people.actions import chains, organisations, units, users
from gis_projects.people.forms import (
    LEVELS_SHOWN,
    AccountForm,
    AppointForm,
    ChainForm,
    InternalUnitForm,
    PostForm,
    ReasonForm,
    UnitForm,
)
from gis_projects.people.items import DEALING, ITEMS
from gis_projects.people.models import (
    ApprovalChain,
    Department,
    InternalUnit,
    Organisation,
    OrganisationKind,
    Post,
    PostHolding,
    Region,
    User,
)
from gis_projects.people.permissions import Permission, Scope, may, require
from gis_projects.people.queries import accounts
from gis_projects.people.queries import chains as chain_queries
from gis_projects.people.queries import organisations as queries
from gis_projects.people.queries import units as unit_queries
from gis_projects.people.roles import Role
from gis_projects.people.views import pages
from gis_projects.people.views.accounts import with_link
from gis_projects.sentences import sentence


@login_required
@require_safe
def units_list(request: HttpRequest) -> HttpResponse:
    """The units that one manages: filtered, exported, a page at a time."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PEOPLE)
    wanted = pages.asked(request, {"q": 60, "kind": 12, "department": 20, "region": 12, "state": 10})
    rows = queries.chosen(queries.managed(user), queries.Wanted(**wanted))
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("单位"), header(), map(exported, rows), kind=str(kind))
    return render(
        request,
        "people/units.html",
        {
            **pages.context(request, rows, wanted),
            "kinds": OrganisationKind.choices,
            "departments": Department.objects.all(),
            "regions": Region.objects.divisions().current(),
            "states": [("open", _("在册")), ("closed", _("已注销"))],
        },
    )


def header() -> list[str]:
    return [
        _("统一社会信用代码"), _("单位名称"), _("单位类型"), _("职能"), _("所属区划"), _("联系人"), _("联系电话"),
        _("状态"),
    ]  # fmt: skip


def exported(row: Organisation) -> list[Any]:
    return [
        row.code,
        row.name,
        row.get_kind_display(),
        row.department.label if row.department else "",
        row.region.name if row.region else "",
        row.contact,
        row.phone,
        _("在册") if row.closed_at is None else _("已注销"),
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit's record: seen by its own people, corrected and closed by who manages people there."""
    user = cast(User, request.user)
    found = queries.find_unit(user, pk)
    manages = may(user, Permission.MANAGE_PEOPLE, Scope(region=_home(found)))
    form = UnitForm(request.POST if request.POST.get("step") == "save" else None, initial=_initial(found))
    refused: list[str] = []
    if request.method == "POST":
        require(user, Permission.MANAGE_PEOPLE, Scope(region=_home(found)))
        try:
            if request.POST.get("step") == "close":
                reason = request.POST.get("reason", "")[:300]
                organisations.close_organisation(by=user, organisation=found, reason=reason)
                messages.success(request, _("单位已注销，其账号已停用。"))
                return redirect("people:unit", pk=pk)
            if form.is_valid():
                organisations.save_organisation(by=user, code=found.code, **form.cleaned_data)
                messages.success(request, _("单位信息已保存。"))
                return redirect("people:unit", pk=pk)
        except ValidationError as error:
            refused = error.messages
    return render(
        request,
        "people/unit.html",
        {
            **_about(user, found),
            "manages": manages,
            "form": form,
            "reason_form": ReasonForm(),
            "refused": refused,
            "warning": sentence(notice) if (notice := queries.credit_code_notice(found.code)) else "",
            "people_count": User.objects.filter(organisation=found, is_active=True).count(),
        },
        status=400 if refused or form.errors else 200,
    )


def _home(found: Organisation) -> str:
    return organisations.home(found.region)


def _initial(found: Organisation) -> dict[str, Any]:
    said = {name: getattr(found, name) for name in ("name", "kind", "contact", "phone", "email", "address")}
    return said | {"department": found.department_id, "region": found.region_id}


def _about(user: User, found: Organisation) -> dict[str, Any]:
    return {
        "unit": found,
        "runs": may(user, Permission.MANAGE_UNIT, Scope(organisation=str(found.pk)))
        and found.closed_at is None,
        "deals": found.kind in DEALING,
    }


def _own(request: HttpRequest, pk: int) -> tuple[User, Organisation]:
    """The unit whose inside this is: its people look at it, its administrator sets it up."""
    user = cast(User, request.user)
    if user.organisation_id != pk:
        raise Http404
    return user, Organisation.objects.select_related("region", "department").get(pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def structure(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit's internal units and posts, and who holds them."""
    user, found = _own(request, pk)
    refused: list[str] = []
    if request.method == "POST":
        require(user, Permission.MANAGE_UNIT, Scope(organisation=str(pk)))
        step = _STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise SuspiciousOperation("no such step")
        try:
            step(request, user, found)
        except ValidationError as error:
            refused = error.messages
        else:
            messages.success(request, _("已保存。"))
            return redirect("people:structure", pk=pk)
    return render(
        request,
        "people/structure.html",
        {
            **_about(user, found),
            "rows": unit_queries.structure(found),
            "refused": refused,
            "unit_form": InternalUnitForm(unit=found, auto_id="unit_%s"),
            "post_form": PostForm(unit=found, auto_id="post_%s"),
            "appoint_form": AppointForm(unit=found, auto_id="appoint_%s"),
        },
        status=400 if refused else 200,
    )


def _said(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise ValidationError([message for each in form.errors.values() for message in each])
    return dict(form.cleaned_data)


def _add_unit(request: HttpRequest, by: User, found: Organisation) -> None:
    units.save_internal_unit(by=by, organisation=found, **_said(InternalUnitForm(request.POST, unit=found)))


def _close_unit(request: HttpRequest, by: User, found: Organisation) -> None:
    row = _mine(InternalUnit, request, organisation=found)
    units.close_internal_unit(by=by, unit=row)


def _add_post(request: HttpRequest, by: User, found: Organisation) -> None:
    units.save_post(by=by, organisation=found, **_said(PostForm(request.POST, unit=found)))


def _close_post(request: HttpRequest, by: User, found: Organisation) -> None:
    units.close_post(by=by, post=_mine(Post, request, organisation=found))


def _appoint(request: HttpRequest, by: User, found: Organisation) -> None:
    units.appoint(by=by, **_said(AppointForm(request.POST, unit=found)))


def _relieve(request: HttpRequest, by: User, found: Organisation) -> None:
    units.relieve(by=by, holding=_mine(PostHolding, request, post__organisation=found))


def _mine(model: Any, request: HttpRequest, **of: Organisation) -> Any:
    key = request.POST.get("key", "")
    return get_object_or_404(
        model, pk=int(key) if key.isascii() and key.isdigit() and len(key) < 16 else 0, **of
    )


_STEPS = {
    "add-unit": _add_unit,
    "close-unit": _close_unit,
    "add-post": _add_post,
    "close-post": _close_post,
    "appoint": _appoint,
    "relieve": _relieve,
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def chains_of_unit(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """An item's chain: the version in force, those before, and the form of the next."""
    user, found = _own(request, pk)
    if item not in ITEMS or found.kind not in DEALING:
        raise Http404
    now = chain_queries.current(found, item)
    initial: dict[str, Any] = {"mode": now.mode}
    for level in now.levels[:LEVELS_SHOWN]:
        initial |= {f"name_{level.number}": level.name, f"post_{level.number}": level.post}
    form = ChainForm(request.POST if request.method == "POST" else None, unit=found, initial=initial)
    if request.method == "POST":
        require(user, Permission.MANAGE_UNIT, Scope(organisation=str(pk)))
        if form.is_valid():
            try:
                made = chains.set_chain(
                    by=user,
                    organisation=found,
                    item=item,
                    mode=form.cleaned_data["mode"],
                    levels=form.levels(),
                )
            except ValidationError as error:
                form.add_errors(error)
            else:
                messages.success(
                    request,
                    _("流程第 %(version)d 版已生效：新办的事项按它办理，在办的仍按原来的版本。")
                    % {"version": made.version},
                )
                return redirect("people:chain", pk=pk, item=item)
    versions = ApprovalChain.objects.filter(organisation=found, item=item).order_by("-version")
    return render(
        request,
        "people/chain.html",
        {
            **_about(user, found),
            "item": item,
            "items": ITEMS.items(),
            "item_name": ITEMS[item],
            "now": now,
            "levels": chain_queries.described(now),
            "versions": versions.select_related("made_by").prefetch_related("levels__post"),
            "form": form,
        },
        status=400 if form.errors else 200,
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unit_accounts(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit's own accounts; its administrator opens new ones with its roles."""
    user, found = _own(request, pk)
    require(user, Permission.MANAGE_UNIT, Scope(organisation=str(pk)))
    rows = accounts.of_unit(found)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        from gis_projects.people.views.accounts import exported as account_row
        from gis_projects.people.views.accounts import header as account_header

        return exports.table(_("账号"), account_header(), map(account_row, rows), kind=str(kind))
    form = AccountForm(request.POST if request.method == "POST" else None, unit=found)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        department = found.kind == OrganisationKind.DEPARTMENT
        try:
            made = users.create_user(
                by=user,
                username=said["username"],
                password=None,
                full_name=said["full_name"],
                email=said["email"],
                organisation=found,
                region=found.region if department else None,
                roles=said["roles"],
            )
        except ValidationError as error:
            form.add_errors(error)
        else:
            return with_link(request, made)
    return render(
        request,
        "people/unit_accounts.html",
        {
            **_about(user, found),
            **pages.context(request, rows, {}),
            "form": form,
            "role_names": dict(Role.choices()),
        },
        status=400 if form.errors else 200,
    )
