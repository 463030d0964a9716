"""Signing in and out, and one's own password."""

from __future__ import annotations

from typing import Any, cast

from axes.helpers import get_client_ip_address, get_cool_off
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from gis_projects.people.actions import passwords as actions
from gis_projects.people.actions.sign_ins import note_sign_in
from gis_projects.people.models import SignInMethod, User
from gis_projects.people.password_rules import overdue
from gis_projects.people.sessions import ADDRESS, DEVICE


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy("用户名或密码不正确。注意区分大小写。"),
        "inactive": gettext_lazy("该账号已停用，请联系管理员。"),
    }


class Login(auth_views.LoginView):
    template_name = "people/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if overdue(user):
            # The right password, but too old a one: it opens nothing but the page on which another is chosen.
            link = actions.link_of(user)
            messages.warning(self.request, _("密码已超过使用期限，请设置新密码后登录。"))
            return redirect("people:set-password", uidb64=link.uid, token=link.token)
        answer = super().form_valid(form)
        signed_in(self.request, user, SignInMethod.PASSWORD)
        return answer

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        oidc = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(**more, oidc=oidc)


def signed_in(request: HttpRequest, user: User, method: SignInMethod) -> None:
    """Keep what tells this session from the owner's others, and that somebody of their unit was there."""
    address = get_client_ip_address(request) or None
    request.session[DEVICE] = request.headers.get("User-Agent", "")[:300]
    request.session[ADDRESS] = address
    note_sign_in(by=user, method=method, address=address)


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
        here = self.request.session.session_key or ""
        actions.note_password_change(by=cast(User, self.request.user), keep=here)
        messages.success(self.request, _("密码已更改，其他设备上的登录已失效。"))
        return response


class SetPassword(auth_views.PasswordResetConfirmView):
    """A password by a link, which works once: Django keeps the token out of the address of the form itself."""

    template_name = "people/set_password.html"
    success_url = reverse_lazy("people:login")

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        actions.note_password_change(by=form.user)
        messages.success(self.request, _("密码已设置，请登录。"))
        return response


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """What django-axes answers to someone who guessed too often."""
    cool_off = get_cool_off(request)
    minutes = round(cool_off.total_seconds() / 60) if cool_off else None
    return render(request, "people/locked.html", {"minutes": minutes}, status=429)
