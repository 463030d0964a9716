"""What the map page and the list of projects share: the filters with their counts, and a page of rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from gis_projects.disclosure import showing
from gis_projects.disclosure.forms import PublicFilter
from gis_projects.disclosure.queries import figures, projects
from gis_projects.disclosure.queries.selection import EVERYTHING, Selection, selected
from gis_projects.library.terms import ProjectKind

_PAGING = ("page", "order")


def listing(form: PublicFilter, selection: Selection) -> dict[str, Any]:
    """For the templates and for `listing_json`. Three queries at most, however many projects there are."""
    cells = figures.cells(selection)
    tally = figures.total(cells, selection)
    given = form.cleaned_data if form.is_bound else {}
    order, page = given.get("order") or "", given.get("page") or 1
    pages = max(1, -(-tally.count // projects.PAGE_SIZE))
    page = min(page, pages)
    rows = (
        [showing.row(project) for project in projects.one_page(selected(selection), order=order, page=page)]
        if tally.count
        else []
    )
    query = query_of(form)
    return {
        "form": form,
        "selection": selection,
        "filtered": selection != EVERYTHING,
        "rows": rows,
        "count": tally.count,
        "planned": showing.amount(tally.planned) if tally.with_planned else "",
        "page": page,
        "pages": pages,
        "order": order,
        "choices": showing.choices(
            figures.choices(cells, selection), figures.region_names(cells), _chosen(selection)
        ),
        "query": query,
        "before": _page_of(query, order, page - 1) if page > 1 else "",
        "after": _page_of(query, order, page + 1) if page < pages else "",
    }


def query_of(form: PublicFilter) -> str:
    """The filters of an address without page and order, in one fixed order, ready to be put behind another's ``?``."""
    given = form.cleaned_data if form.is_bound else {}
    pairs: list[tuple[str, str]] = []
    for name in form.fields:
        value = given.get(name)
        if name in _PAGING or value in (None, "", []):
            continue
        if name == "view":
            pairs.append((name, ",".join(f"{part:g}" for part in value or ())))
        else:
            pairs += [(name, str(part)) for part in (value if isinstance(value, list) else [value])]
    return urlencode(pairs)


def _page_of(query: str, order: str, page: int) -> str:
    more = urlencode([(name, value) for name, value in (("order", order), ("page", page)) if value])
    return f"{query}&{more}" if query else more


def _chosen(selection: Selection) -> dict[str, Any]:
    kinds = () if selection.no_kind else selection.kinds or tuple(ProjectKind.values)
    return {
        "region": selection.region,
        "industry": selection.industry,
        "level": selection.level,
        "stage": selection.stage,
        "year": selection.year,
        "kind": kinds,
    }


def said_of_all(request: HttpRequest) -> dict[str, Any]:
    """What stands around every page of projects: notices, 审图号, the day of the newest change."""
    frame = projects.frame()
    return {
        "notices": frame.notices,
        "review_numbers": frame.review_numbers,
        "changed": frame.changed,
        "here": request.build_absolute_uri(request.path),
    }
