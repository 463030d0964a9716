"""Signing in and out, and one's own password."""

from __future__ import annotations

from typing import Any, cast

from axes.helpers import get_cool_off
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from gis_projects.people.actions import passwords as actions
from gis_projects.people.models import User


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy("用户名或密码不正确。注意区分大小写。"),
        "inactive": gettext_lazy("该账号已停用，请联系管理员。"),
    }


class Login(auth_views.LoginView):
    template_name = "people/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class Logout(auth_views.LogoutView):
    """By POST only: a link elsewhere can't sign anybody out."""

    http_method_names = ["post", "options"]


@method_decorator(never_cache, name="dispatch")
class PasswordChange(auth_views.PasswordChangeView):
    template_name = "people/password.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("people:password")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        actions.note_password_change(by=cast(User, self.request.user))
        messages.success(self.request, _("密码已更改，其他设备上的登录已失效。"))
        return response


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """What django-axes answers to someone who guessed too often."""
    cool_off = get_cool_off(request)
    minutes = round(cool_off.total_seconds() / 60) if cool_off else None
    return render(request, "people/locked.html", {"minutes": minutes}, status=429)
