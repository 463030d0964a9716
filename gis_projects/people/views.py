"""Signing in and out, and one's own password."""

from __future__ import annotations

from typing import Any, cast

from axes.helpers import get_cool_off
from django import forms
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gis_projects.people import actions
from gis_projects.people.models import MAX_TOKEN_DAYS, TOKEN_DAYS, AccessToken, TokenScope, User
from gis_projects.people.permissions import Permission, may, require


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


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("用途"), max_length=60)
    days = forms.IntegerField(
        label=gettext_lazy("有效天数"), min_value=1, max_value=MAX_TOKEN_DAYS, initial=TOKEN_DAYS
    )
    confidential = forms.BooleanField(label=gettext_lazy("也可读取涉密图层"), required=False)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one's word stands on the page that made it, and nowhere else."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    form, word = TokenForm(), ""
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            scopes = [TokenScope.READ_LAYERS]
            if form.cleaned_data["confidential"]:
                scopes.append(TokenScope.READ_CONFIDENTIAL)
            name, days = form.cleaned_data["name"], form.cleaned_data["days"]
            try:
                _token, word = actions.create_token(by=user, name=name, days=days, scopes=scopes)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                form = TokenForm()
    return render(
        request,
        "people/tokens.html",
        {
            "form": form,
            "word": word,
            "tokens": user.tokens.order_by("revoked_at", "-expires_at", "-pk"),
            "now": timezone.now(),
            "scopes": dict(TokenScope.choices),
            "may_read_confidential": may(user, Permission.READ_CONFIDENTIAL),
            "service": request.build_absolute_uri("/ogc/"),
        },
        status=400 if form.errors else 200,
    )


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token of one's own."""
    user = cast(User, request.user)
    token = actions.revoke_token(by=user, token=get_object_or_404(AccessToken, pk=pk, user=user))
    messages.success(request, _("令牌“%(name)s”已撤销，即刻失效。") % {"name": token.name})
    return redirect(reverse("people:tokens"))
