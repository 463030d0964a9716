"""One's own tokens for programs."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gis_projects.people.actions import tokens as actions
from gis_projects.people.models import MAX_TOKEN_DAYS, TOKEN_DAYS, AccessToken, TokenScope, User
from gis_projects.people.permissions import Permission, may, require


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
