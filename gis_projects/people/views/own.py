"""One's own sessions, and what one lends and borrows."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gis_projects import exports
from gis_projects.people.actions.delegations import delegate, end_delegation
from gis_projects.people.actions.sign_ins import end_sessions
from gis_projects.people.forms import DelegationForm
from gis_projects.people.models import Delegation, Session, User
from gis_projects.people.permissions import Permission, listed
from gis_projects.people.queries.delegations import delegations_of
from gis_projects.people.templatetags.people_words import in_force
from gis_projects.sentences import listed as listed_as

_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_name(agent: str) -> str:
    """What a browser says of itself, in two words; empty where it says nothing known."""
    browser = next((name for word, name in _BROWSERS if re.search(rf"\b{word}", agent)), "")
    system = next((name for word, name in _SYSTEMS if word in agent), "")
    return " · ".join(part for part in (browser, system) if part)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in; by POST all of them end but this one."""
    user = cast(User, request.user)
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen", "pk")
    here = request.session.session_key
    if request.method == "POST":
        ended = end_sessions(by=user, sessions=[row for row in rows if row.pk != here])
        messages.success(request, _("已结束其他 %(number)d 个登录。") % {"number": ended})
        return redirect("people:sessions")
    shown = [{"row": row, "here": row.pk == here, "device": device_name(row.device)} for row in rows]
    return render(
        request,
        "people/sessions.html",
        {"sessions": shown, "last": user.sign_ins.order_by("-at")[:10]},
    )


@login_required
@require_POST
def end_session(request: HttpRequest, public: UUID) -> HttpResponse:
    """End one session of one's own."""
    user = cast(User, request.user)
    row = get_object_or_404(Session, public=public, user=user)
    end_sessions(by=user, sessions=[row])
    if row.pk == request.session.session_key:
        logout(request)
        return redirect("people:login")
    messages.success(request, _("该登录已结束。"))
    return redirect("people:sessions")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """What one lends to colleagues and borrows from them; and the form to lend more."""
    user = cast(User, request.user)
    form = DelegationForm(request.POST if request.method == "POST" else None, user=user, own=listed(user))
    if request.method == "POST" and form.is_valid():
        try:
            delegate(by=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_errors(error)
        else:
            messages.success(request, _("委托已生效；受托人以您的名义所做的每一步都会留痕。"))
            return redirect("people:delegations")
    wanted = {name: request.GET.get(name, "").replace("\0", "").strip()[:60] for name in ("state", "q")}
    rows = delegations_of(user, state=wanted["state"], words=wanted["q"])
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("委托人"), _("受托人"), _("权限"), _("起始日期"), _("截止日期"), _("事由"), _("状态")]
        return exports.table(_("委托"), head, map(_delegation_row, rows), kind=str(kind))
    filters = {name: value for name, value in wanted.items() if value}
    return render(
        request,
        "people/delegations.html",
        {
            "form": form,
            "lent": [row for row in rows if row.giver_id == user.pk],
            "borrowed": [row for row in rows if row.taker_id == user.pk],
            "wanted": wanted,
            "states": [("current", _("有效")), ("coming", _("未开始")), ("over", _("已结束"))],
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
            "names": dict(Permission.choices()),
            "today": timezone.localdate(),
        },
        status=400 if form.errors else 200,
    )


def _delegation_row(row: Delegation) -> list[Any]:
    names = dict(Permission.choices())
    lent = listed_as(names.get(each, each) for each in row.permissions)
    return [
        str(row.giver), str(row.taker), lent, row.starts_on, row.ends_on, row.reason,
        in_force(row, timezone.localdate()),
    ]  # fmt: skip


@login_required
@require_POST
def end_delegation_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one lent, or give back what one borrowed."""
    user = cast(User, request.user)
    rows = Delegation.objects.filter(giver=user) | Delegation.objects.filter(taker=user)
    end_delegation(by=user, delegation=get_object_or_404(rows, pk=pk))
    messages.success(request, _("委托已终止，即刻失效。"))
    return redirect("people:delegations")
