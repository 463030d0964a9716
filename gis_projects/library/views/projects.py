"""The project list: any combination of filters, columns as one likes them, views that are kept, exports that stream."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects.exports import FORMATS
from gis_projects.library import listing
from gis_projects.library.actions import views as view_actions
from gis_projects.library.filters import ProjectFilter, selection
from gis_projects.library.models import Code, Industry, Level, Project, ProjectKind, Stage
from gis_projects.library.models.record import CODED
from gis_projects.library.queries import overviews
from gis_projects.library.queries import projects as queries
from gis_projects.library.queries import tables as table_queries
from gis_projects.library.record_filters import NONE
from gis_projects.library.selecting import are_wanted
from gis_projects.library.tables import downloads
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, require

PER_PAGE = 50
LIST = "projects"  # whose views are kept
_CELL = '<td><span class="card-label">{} </span>{}</td>'
_NUMBER = '<td class="num"><span class="card-label">{} </span>{}</td>'
_FIRST = ("industry", "level", "stage", "library", "has_site")


@login_required
@require_safe
def projects(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    every = queries.projects(user)
    chosen = ProjectFilter(request.GET, queryset=every)
    # A filter that can't be understood selects nothing: showing everything would pass for an answer.
    found = chosen.qs if chosen.form.is_valid() else every.none()
    ordering = request.GET.get("sort", "code")
    found = queries.ordered(found, ordering)
    wanted = request.GET.get("format")
    if wanted in FORMATS:
        return _export(request, found, wanted)
    columns = listing.chosen(request.GET.getlist("columns"), listing.SHOWN)
    kinds = request.GET.getlist("kind")
    counts = overviews.overview(chosen.without_kinds)
    summary = _of_kinds(counts, kinds) if chosen.form.is_valid() else overviews.Overview()
    page = _Counted(_joined(found, columns), PER_PAGE, summary.number).get_page(request.GET.get("page"))
    more = _more(chosen)
    return render(
        request,
        "library/projects.html",
        {
            "page": page,
            "rows": _rows(cast("list[Any]", page.object_list), columns),
            "filter": chosen,
            "summary": summary,
            "kinds": [
                {
                    "value": kind.value,
                    "label": kind.label,
                    "number": counts.kinds[kind.value],
                    "on": kind.value in kinds,
                }
                for kind in ProjectKind
            ]
            + [
                {
                    "value": queries.NO_KIND,
                    "label": _("不属四类"),
                    "number": counts.none,
                    "on": queries.NO_KIND in kinds,
                }
            ],
            "regions": Region.objects.divisions(),
            "chosen_regions": request.GET.getlist("region"),
            "choices": _first(chosen),
            "more": more,
            "more_chosen": any(field["value"] for field in more),
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "selection": selection(request.GET),
            "columns": _headings(request, columns, ordering),
            "offered": _offered(columns),
            "own_columns": bool(request.GET.getlist("columns")),
            "ordering": ordering,
            "views": table_queries.views(user, LIST),
            "kept": _kept(request),
            "export": _without(request, "page", "format"),
        },
    )


class _Counted(Paginator[Any]):
    """A list whose length is known already."""

    def __init__(self, rows: Any, per_page: int, number: int) -> None:
        super().__init__(rows, per_page)
        self.number = number

    @cached_property
    def count(self) -> int:
        return self.number


def _of_kinds(every: overviews.Overview, wanted: list[str]) -> overviews.Overview:
    return every.where(lambda kinds: are_wanted(kinds, wanted)) if wanted else every


def _joined(found: QuerySet[Project], columns: list[listing.ListColumn]) -> QuerySet[Project]:
    related = [column.related for column in columns if column.related]
    return found.select_related(*related) if related else found


def _rows(projects: list[Any], columns: list[listing.ListColumn]) -> list[list[SafeString]]:
    """The cells of the list, as they stand in its table: 600 of them, each of which a template would ask what it is."""
    headings = {column.key: column.heading() for column in columns}
    kinds = {
        kind: format_html('<span class="kind kind-{}">{}</span>', kind, label)
        for kind, label in listing.labels("kinds").items()
    }

    def cell(row: Any, column: listing.ListColumn) -> SafeString:
        if column.key == "kinds":
            return format_html(
                "<td>{}</td>", format_html_join("", "{}", ((kinds[kind],) for kind in row.kinds))
            )
        text = column.said(row)
        if column.key == "code":
            return format_html('<td class="text-nowrap">{}</td>', text)
        if column.key == "name":
            return format_html(
                '<th scope="row"><a href="{}">{}</a></th>', reverse("library:project", args=[row.pk]), text
            )
        return format_html(_NUMBER if column.numeric else _CELL, headings[column.key], text)

    return [[cell(row, column) for column in columns] for row in projects]


def _first(chosen: ProjectFilter) -> list[dict[str, Any]]:
    """The filters that are always in view."""
    options: dict[str, list[tuple[str, Any]]] = {
        "industry": list(Industry.choices),
        "level": list(Level.choices),
        "stage": list(Stage.choices),
        "library": list(cast(Any, ProjectFilter.base_filters["library"]).extra["choices"]),
        "has_site": [("true", _("有选址边界")), ("false", _("没有选址边界"))],
    }
    return [
        {
            "name": name,
            "label": ProjectFilter.base_filters[name].label,
            "options": options[name],
            "value": chosen.form[name].value() or "",
        }
        for name in _FIRST
    ]


def _more(chosen: ProjectFilter) -> list[dict[str, Any]]:
    """Every other filter, as the form shows it. One query for all codes, and one for each list of units."""
    codes: dict[str, list[tuple[str, str]]] = {}
    for code in Code.objects.filter(list__in=set(CODED.values())):
        codes.setdefault(code.list_id, []).append((code.key, code.shown))
    fields = []
    for name, one in ProjectFilter.base_filters.items():
        if name in (*_FIRST, "q", "kind", "region", "year"):
            continue
        options: list[tuple[str, Any]] = []
        kind = "text"
        if name in CODED:
            options = [*codes.get(CODED[name], []), (NONE, _("未填"))]
        elif isinstance(one, django_filters.BooleanFilter):
            options = [("true", _("是")), ("false", _("否"))]
        elif isinstance(one, django_filters.ModelChoiceFilter):
            options = [(str(row.pk), str(row)) for row in cast(Any, one).queryset]
        elif isinstance(one, django_filters.ChoiceFilter):
            asked = one.extra["choices"]
            options = list(asked() if callable(asked) else asked)
        elif isinstance(one, django_filters.DateFilter):
            kind = "date"
        elif isinstance(one, django_filters.NumberFilter):
            kind = "number"
        value = chosen.data.get(name, "")
        fields.append({"name": name, "label": one.label, "options": options, "kind": kind, "value": value})
    return fields


def _headings(request: HttpRequest, columns: list[listing.ListColumn], ordering: str) -> list[dict[str, Any]]:
    """The list's headings: each a link that orders by it, and the other way round the second time."""
    found = []
    for column in columns:
        params = request.GET.copy()
        for gone in ("page", "format"):
            params.pop(gone, None)
        if column.order:
            params["sort"] = f"-{column.order}" if ordering == column.order else column.order
        found.append(
            {
                "label": column.heading(),
                "query": params.urlencode() if column.order else "",
                "sorted": {column.order: "ascending", f"-{column.order}": "descending"}.get(ordering, "")
                if column.order
                else "",
                "numeric": column.numeric,
            }
        )
    return found


def _offered(columns: list[listing.ListColumn]) -> list[dict[str, Any]]:
    """Every column, those that are shown first and in their order."""
    on = [column.key for column in columns]
    keys = [*on, *(key for key in listing.COLUMNS if key not in on)]
    return [{"key": key, "label": listing.COLUMNS[key].heading(), "on": key in on} for key in keys]


def _without(request: HttpRequest, *gone: str) -> str:
    params = request.GET.copy()
    for name in gone:
        params.pop(name, None)
    return params.urlencode()


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form that changes the columns carries on."""
    return [
        (name, value)
        for name, values in request.GET.lists()
        if name not in ("page", "format", "columns")
        for value in values
    ]


def _export(request: HttpRequest, found: QuerySet[Project], kind: str) -> HttpResponseBase:
    """The whole selection, row by row, in the chosen columns; amounts in 元."""
    columns = listing.chosen(request.GET.getlist("columns"), listing.EXPORTED)
    rows = _joined(found, columns).iterator(chunk_size=500)
    return downloads.of_cells(
        _("项目清单"),
        [listing.export_heading(column) for column in columns],
        ([column.value(row) for column in columns] for row in rows),
        kind=kind,
        encoding=request.GET.get("encoding", "utf-8").lower(),
    )


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is shown."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    query = QueryDict(request.POST.get("query", "")[:4000], mutable=True)
    for gone in ("page", "format"):
        query.pop(gone, None)
    kept = query.urlencode()
    try:
        view = view_actions.save_view(
            by=user,
            table=LIST,
            name=request.POST.get("name", ""),
            query=kept,
            columns=query.getlist("columns"),
            shared=request.POST.get("shared") == "on",
        )
        messages.success(request, _("已保存视图“%(name)s”。") % {"name": view.name})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{reverse('library:projects')}?{kept}")


@login_required
@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    view_actions.drop_view(by=user, view=get_object_or_404(table_queries.views(user, LIST), pk=pk))
    return redirect("library:projects")
