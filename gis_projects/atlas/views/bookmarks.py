"""The list of bookmarks, their form, and opening one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.atlas.actions import bookmarks as actions
from gis_projects.atlas.forms import BookmarkForm
from gis_projects.atlas.models import Bookmark
from gis_projects.atlas.queries import bookmarks as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

_WHOSE = ("own", "shared", "others")


@login_required
@require_safe
def bookmarks_page(request: HttpRequest) -> HttpResponse:
    """One's own bookmarks and those of one's unit, by words, series and owner; also as a file."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    wanted = {
        "q": request.GET.get("q", "")[:100].replace("\0", ""),
        "series": request.GET.get("series", "")[:40].replace("\0", ""),
        "whose": whose if (whose := request.GET.get("whose", "")) in _WHOSE else "",
    }
    rows = queries.search(user, words=wanted["q"], series=wanted["series"], whose=wanted["whose"])
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("地图书签"), _columns(), _cells(request, user, rows), kind=str(kind))
    filters = {name: value for name, value in wanted.items() if value}
    own = list(queries.readable(user).filter(owner=user.pk).values_list("pk", flat=True))
    return render(
        request,
        "atlas/bookmarks.html",
        {
            "rows": list(rows),
            "series": queries.series_of(user),
            "wanted": wanted,
            "filters": filters,
            "here": urlencode(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
            "first": own[0] if own else None,
            "last": own[-1] if own else None,
        },
    )


@login_required
@require_safe
def open_bookmark(request: HttpRequest, pk: int) -> HttpResponse:
    """The map as it was kept: its layers, days and symbols, as far as the reader may see them now."""
    user = cast(User, request.user)
    found = queries.bookmark(user, pk)
    query = f"?{found.query}" if found.query else ""
    answer = HttpResponseRedirect(f"{reverse('atlas:map')}{query}#{queries.hash_for(user, found)}")
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_bookmark(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, annotate, share or delete one's own bookmark."""
    user = cast(User, request.user)
    found = queries.own_bookmark(user, pk)
    form = BookmarkForm(
        request.POST or None, initial={name: getattr(found, name) for name in BookmarkForm.NAMES}
    )
    if not (may_share := user.organisation_id is not None):
        # Whether it is shared stays as it was: it isn't asked, and nothing of it is sent.
        del form.fields["shared"]
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_bookmark(by=user, pk=pk, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("书签已保存。"))
            return redirect("atlas:bookmarks")
    shown = {"form": form, "bookmark": found, "series": queries.series_of(user), "may_share": may_share}
    return render(request, "atlas/bookmark_edit.html", shown, status=400 if form.errors else 200)


@login_required
@require_POST
def delete_bookmark(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own bookmark; the form says that it goes for good."""
    user = cast(User, request.user)
    actions.delete_bookmark(by=user, pk=pk)
    messages.success(request, _("书签已删除。"))
    return redirect("atlas:bookmarks")


@login_required
@require_POST
def move_bookmark(request: HttpRequest, pk: int) -> HttpResponse:
    """One place further up or down (``to``) among one's own bookmarks."""
    user = cast(User, request.user)
    found = queries.own_bookmark(user, pk)
    order = list(queries.readable(user).filter(owner=user.pk).values_list("pk", flat=True))
    at = order.index(found.pk)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        actions.order_bookmarks(by=user, pks=order)
    here = request.POST.get("here", "")[:400]
    return redirect(f"{reverse('atlas:bookmarks')}{'?' if here else ''}{here}#bookmark-{pk}")


def _columns() -> list[str]:
    return [
        _("名称"),
        pgettext("bookmarks", "专题"),
        _("备注"),
        _("所有人"),
        _("本单位共享"),
        _("最近变化"),
        _("地址"),
    ]


def _cells(request: HttpRequest, user: User, rows: Any) -> Iterator[tuple[Any, ...]]:
    row: Bookmark
    for row in rows:
        yield (
            row.name,
            row.series,
            row.note,
            str(row.owner),
            _("是") if row.shared else _("否"),
            row.changed_at,
            request.build_absolute_uri(reverse("atlas:bookmark-open", args=[row.pk])),
        )
