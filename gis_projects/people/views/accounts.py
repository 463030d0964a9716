"""Accounts: the list and the page of one, for who manages people and for a unit's own administrator."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.people.actions import passwords, users
from gis_projects.people.forms import AccountForm, AssignForm, ReasonForm, RolesForm
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, may, require
from gis_projects.people.queries import accounts as queries
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.roles import Role, roles_of_unit
from gis_projects.people.views import pages
from gis_projects.sentences import listed
from gis_projects.trail.queries import of_subject
from gis_projects.trail.words import sentence


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts that one manages: filtered, exported, a page at a time."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PEOPLE)
    wanted = pages.asked(request, {"q": 60, "role": 20, "region": 12, "unit": 18, "state": 10})
    rows = queries.chosen(queries.managed(user), queries.Wanted(**wanted))
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("账号"), header(), map(exported, rows), kind=str(kind))
    return render(
        request,
        "people/accounts.html",
        {
            **pages.context(request, rows, wanted),
            "roles": Role.choices(),
            "role_names": dict(Role.choices()),
            "regions": Region.objects.divisions().current(),
            "states": [("active", _("在用")), ("stopped", _("已停用")), ("never", _("从未登录"))],
        },
    )


def header() -> list[str]:
    return [
        _("用户名"),
        _("姓名"),
        _("所属单位"),
        _("所属区划"),
        _("角色"),
        _("电子邮箱"),
        _("上次登录"),
        _("状态"),
    ]


def exported(row: User) -> list[Any]:
    names = dict(Role.choices())
    seen = "" if row.last_login is None else timezone.localtime(row.last_login).strftime("%Y-%m-%d %H:%M")
    return [
        row.username,
        row.full_name,
        row.organisation.name if row.organisation else "",
        row.region.name if row.region else "",
        listed(str(names[role]) for role in row.roles),
        row.email,
        seen,
        _("在用") if row.is_active else _("已停用"),
    ]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_account(request: HttpRequest) -> HttpResponse:
    """Open an account anywhere in one's reach; the link for its password is shown on its page, once."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PEOPLE)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = users.create_user(
                by=user,
                username=said["username"],
                password=None,
                full_name=said["full_name"],
                email=said["email"],
                organisation=said["unit_code"],
                region=said["region"],
                roles=said["roles"],
            )
        except ValidationError as error:
            form.add_errors(error)
        else:
            return with_link(request, made)
    return render(request, "people/account_new.html", {"form": form}, status=400 if form.errors else 200)


def with_link(request: HttpRequest, account: User) -> HttpResponse:
    """The page of an account with a new link for its password, which is shown this once."""
    link = passwords.issue_link(by=cast(User, request.user), user=account)
    return _page(request, account, link=link)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its roles, its unit, its state, and what was done to it."""
    user = cast(User, request.user)
    found = queries.find_account(user, pk)
    if request.method != "POST":
        return _page(request, found)
    step = request.POST.get("step")
    if step not in _STEPS:
        raise SuspiciousOperation("no such step")
    try:
        answer = _STEPS[step](request, user, found)
    except ValidationError as error:
        return _page(request, found, refused=error.messages, status=400)
    return answer or redirect("people:account", pk=pk)


def _set_roles(request: HttpRequest, by: User, found: User) -> None:
    offered = _offered(by, found)
    form = RolesForm(request.POST, roles=offered)
    if not form.is_valid():
        raise ValidationError([message for each in form.errors.values() for message in each])
    # a unit's administrator sees only the unit's roles: what else somebody has stays
    kept = [role for role in found.roles if offered is not None and role not in offered]
    users.set_roles(by=by, user=found, roles=[*form.cleaned_data["roles"], *kept])
    messages.success(request, _("角色已更新，即刻生效。"))


def _assign(request: HttpRequest, by: User, found: User) -> None:
    form = AssignForm(request.POST)
    if not form.is_valid():
        raise ValidationError([message for each in form.errors.values() for message in each])
    said = form.cleaned_data
    users.assign(by=by, user=found, organisation=said["unit_code"], region=said["region"])
    messages.success(request, _("所属单位和区划已更新。"))


def _deactivate(request: HttpRequest, by: User, found: User) -> None:
    users.deactivate(by=by, user=found, reason=request.POST.get("reason", "")[:300])
    messages.success(request, _("账号已停用，其登录和令牌即刻失效。"))


def _reactivate(request: HttpRequest, by: User, found: User) -> None:
    users.reactivate(by=by, user=found)
    messages.success(request, _("账号已启用。"))


def _link(request: HttpRequest, by: User, found: User) -> HttpResponse:
    return with_link(request, found)


_STEPS: dict[str, Any] = {
    "roles": _set_roles,
    "assign": _assign,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
    "link": _link,
}


def _offered(by: User, found: User) -> tuple[Role, ...] | None:
    """The roles that this person may give to that account; None: any."""
    if may(by, Permission.MANAGE_PEOPLE, Scope(region=users.home(found))):
        return None
    unit = found.organisation
    return () if unit is None else roles_of_unit(unit.kind, unit.department_id)


def _page(
    request: HttpRequest, found: User, *, link: passwords.Link | None = None, refused: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    user = cast(User, request.user)
    found = User.objects.select_related("organisation", "region").get(pk=found.pk)
    offered = _offered(user, found)
    address = ""
    if link is not None:
        address = request.build_absolute_uri(
            reverse("people:set-password", kwargs={"uidb64": link.uid, "token": link.token})
        )
    return render(
        request,
        "people/account.html",
        {
            "account": found,
            "role_names": dict(Role.choices()),
            "roles_form": RolesForm(initial={"roles": found.roles}, roles=offered),
            "assign_form": AssignForm(
                initial={
                    "unit_code": found.organisation.code if found.organisation else "",
                    "region": found.region_id,
                }
            ),
            "reason_form": ReasonForm(),
            "everything": offered is None,
            "handled": users.manages(user, found, changing=found.roles),
            "own": same_person(user, found),
            "link": address,
            "refused": refused or [],
            "steps": [(step, sentence(step)) for step in of_subject(f"people.user:{found.pk}")[:20]],
        },
        status=status,
    )
