"""The register of experts as those who draw see it, and an expert's own desk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.models import SEATED, Draw, Seat
from gis_projects.argument.queries import experts as queries
from gis_projects.argument.queries import reviews as reviews_of
from gis_projects.library.databases import purposes, registers, specialities
from gis_projects.library.models import Expert
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.sentences import listed

PAGE = 50
DRAWS = 30


@login_required
@require_safe
def experts(request: HttpRequest) -> HttpResponse:
    """The register with how often each sat of late, and the latest draws."""
    user = cast(User, request.user)
    require(user, Permission.HOLD_REVIEWS)
    speciality, purpose, source = (request.GET.get(name, "") for name in ("speciality", "purpose", "source"))
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.experts(user).filter(is_active=True)
    filters: dict[str, str] = {}
    if speciality in specialities():
        rows, filters["speciality"] = rows.filter(specialities__contains=[speciality]), speciality
    if purpose in purposes():
        rows, filters["purpose"] = rows.filter(purposes__contains=[purpose]), purpose
    if registers()["experts"].part(source):
        rows, filters["source"] = rows.filter(source=source), source
    if words:
        filters["q"] = words
        for word in words.split():
            rows = rows.filter(name__icontains=word) | rows.filter(unit__icontains=word)
    rows = rows.order_by("code")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("评审专家"), _head(), _rows(rows), kind=str(kind))
    reviews = reviews_of.reviews(user).order_by()
    return render(
        request,
        "argument/experts.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "filters": filters,
            "specialities": specialities().values(),
            "purposes": purposes().values(),
            "sources": registers()["experts"].parts,
            "export_query": urlencode(filters) + "&" if filters else "",
            "settings": workflow.settings(),
            "draws": Draw.objects.filter(review__in=reviews.values("pk"))
            .select_related("review__project", "by")
            .order_by("-at")[:DRAWS],
        },
    )


def _head() -> list[str]:
    return [
        _("专家编号"),
        _("姓名"),
        _("来源"),
        _("工作单位"),
        _("职称"),
        _("专业"),
        _("用途"),
        _("近期评审次数"),
        _("有账号"),
    ]


def _rows(rows: Iterable[Expert]) -> Iterator[list[Any]]:
    names, uses, parts = specialities(), purposes(), registers()["experts"]
    for row in rows:
        part = parts.part(row.source)
        yield [
            row.code,
            row.name,
            part.label if part else row.source,
            row.unit,
            row.title,
            listed(names[code].label for code in row.specialities if code in names),
            listed(uses[code].label for code in row.purposes if code in uses),
            row.recent_seats,  # type: ignore[attr-defined]
            _("是") if row.user_id else _("否"),
        ]


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What an expert is invited to, what they have to read and to score, and what they have done."""
    user = cast(User, request.user)
    require(user, Permission.REVIEW_AS_EXPERT)
    reached = reviews_of.reviews(user).order_by()
    seats = (
        Seat.objects.filter(expert__user=user, review__in=reached.values("pk"), state__in=SEATED)
        .select_related("review__project__region", "sheet")
        .order_by("review__state", "review__ends_on")
    )
    return render(
        request,
        "argument/expert_desk.html",
        {
            "seats": [(seat, reviews_of.now_at(seat.review), getattr(seat, "sheet", None)) for seat in seats],
            "waiting": list(reviews_of.reviews_waiting(user)),
            "past": Seat.objects.filter(expert__user=user).count(),
            "holds": has(user, Permission.HOLD_REVIEWS),
        },
    )
