"""What a person wants to be told, and how."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_projects.desk.actions import notices as actions
from gis_projects.desk.mail import configured
from gis_projects.desk.models import Kind
from gis_projects.desk.queries import notices as queries
from gis_projects.people.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Which kinds of notices one wants, and which by mail."""
    user = cast(User, request.user)
    if request.method == "POST":
        wanted = [kind for kind in Kind.values if kind in request.POST.getlist("told")]
        actions.prefer(
            by=user,
            muted=[kind for kind in Kind.values if kind not in wanted],
            by_email=[kind for kind in Kind.values if kind in request.POST.getlist("mailed")],
            weekly_digest=request.POST.get("digest") == "1",
        )
        messages.success(request, _("通知设置已保存。"))
        return redirect("desk:notice-settings")
    preference = queries.preference(user)
    return render(
        request,
        "desk/notice_settings.html",
        {
            "rows": [
                (value, label, value not in preference.muted, value in preference.by_email)
                for value, label in Kind.choices
            ],
            "preference": preference,
            "sends_mail": configured(),
            "address": user.email,
        },
    )
