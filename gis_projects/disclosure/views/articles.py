"""Item lists, guides, policies, notices, contacts and delegated items: lists, single articles, their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.disclosure import article_fields
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.models import ArticleFile, ArticleKind, PublishedArticle
from gis_projects.disclosure.queries import articles as queries

PAGE = 30
#: Of each list: its heading, and what it is for.
HEADINGS: dict[str, tuple[Any, Any]] = {
    "items": (
        gettext_lazy("事项清单"),
        gettext_lazy(
            "本市投资项目审批和绩效综合评价改革的办理事项：设定依据、申请材料、时限、收费和办理地点。"
        ),
    ),
    "guides": (
        gettext_lazy("办事指南"),
        gettext_lazy("办理流程、所需表格、相关制度和办事须知。"),
    ),
    "policies": (
        gettext_lazy("政策法规与解读"),
        gettext_lazy("国家、自治区和本市有关政策法规，以及对它们的解读。"),
    ),
    "notices": (gettext_lazy("通知公告"), gettext_lazy("规划与项目管理工作的通知和公告。")),
    "contacts": (
        gettext_lazy("论证工作联系方式"),
        gettext_lazy("承担项目论证具体工作的科（股）室、联系人和联系方式。"),
    ),
    "delegated": (
        gettext_lazy("委托、下放事项"),
        gettext_lazy("市级委托、下放到旗县区和功能区的审批事项，以及办理备案情况。"),
    ),
}
_TEMPLATES = {"contacts": "disclosure/contacts.html", "delegated": "disclosure/delegated.html"}


@require_safe
@kept_public
def listing(request: HttpRequest, name: str) -> HttpResponse:
    """One of the public lists, narrowed by kind, region, department and words; as a page or as a table (CSV)."""
    kinds = article_fields.LISTS[name]
    wanted = {key: _text(request, key) for key in ("kind", "region", "department", "q")}
    rows = queries.articles(
        kinds,
        kind=wanted["kind"],
        region=wanted["region"],
        department=wanted["department"],
        words=wanted["q"],
    )
    heading, lead = HEADINGS[name]
    if request.GET.get("format") == "csv":
        return exports.table(str(heading), _columns(kinds), _rows(rows, kinds), kind="csv")
    filters = {key: value for key, value in wanted.items() if value}
    # Contacts and delegated items are looked through and printed as a whole.
    page = Paginator(rows, PAGE if name not in _TEMPLATES else 500).get_page(request.GET.get("page"))
    return render(
        request,
        _TEMPLATES.get(name, "disclosure/articles.html"),
        {
            "name": name,
            "heading": heading,
            "lead": lead,
            "page": page,
            "rows": [{"article": row, "facts": article_fields.said(row.kind, row.facts)} for row in page],
            "wanted": wanted,
            "filters": filters,
            "query": urlencode(filters) + "&" if filters else "",
            "choices": queries.choices(kinds),
        },
    )


@require_safe
@kept_public
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with its fields, its files, and what explains it or what it explains."""
    row = queries.article(slug)
    if row is None:
        raise Http404
    return render(request, "disclosure/article.html", shown(row, queries.files_of(slug)))


def shown(row: PublishedArticle, files: list[ArticleFile]) -> dict[str, Any]:
    """What the page of an article shows; of one that isn't published yet too (the inside's preview)."""
    name = article_fields.list_of(row.kind)
    return {
        "article": row,
        "facts": article_fields.said(row.kind, row.facts),
        "files": files,
        "list_address": reverse(f"disclosure:{name}"),
        "list_heading": HEADINGS[name][0],
        "about": queries.article(row.about_slug) if row.about_slug else None,
        "interpretations": queries.interpretations(row.slug) if row.kind == ArticleKind.POLICY else [],
    }


@require_safe
@kept_public
def article_file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of an article as a download."""
    row = queries.file(name)
    if row is None:
        raise Http404
    response = HttpResponse(bytes(row.content), content_type=row.media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.title)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "")[:100].replace("\0", "").strip()


def _columns(kinds: tuple[ArticleKind, ...]) -> list[str]:
    return [
        _("类别"),
        _("标题"),
        _("所属地区"),
        _("责任部门"),
        *(str(field.label) for field in _fields(kinds)),
        _("摘要"),
        _("公开时间"),
        _("更新时间"),
    ]


def _fields(kinds: tuple[ArticleKind, ...]) -> list[article_fields.Field]:
    """The fields of all kinds of a list, each once."""
    return list({field.code: field for kind in kinds for field in article_fields.FIELDS[kind]}.values())


def _rows(rows: Any, kinds: tuple[ArticleKind, ...]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.get_kind_display(),
            row.title,
            row.region_name,
            row.department,
            *(row.facts.get(field.code, "") for field in _fields(kinds)),
            row.summary,
            row.published_at,
            row.changed_at,
        ]
