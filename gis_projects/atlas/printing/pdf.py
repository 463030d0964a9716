"""The sheet as HTML and PDF."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from gis_projects.atlas.printing import content, drawing
from gis_projects.atlas.printing.sheet import FOOT, GAP, LABELS, MARGIN, TITLE, Frame, Sheet
from gis_projects.people.models import User
from gis_projects.sentences import crs_label, word

#: The base map's calm looks, as on the screen, and its layers from bottom to top.
BASE: dict[str, content.Style] = {
    "XZQ": {"": {"fill": "#fbfaf5", "stroke": "#8d877a", "width": 1.4}},
    "SX": {"": {"fill": "#c3dbe8", "stroke": "#8fb6cc", "width": 0.8}},
    "DL": {"": {"fill": None, "stroke": "#b5a98f", "width": 1.6}},
}

_LINE = 5.4  # mm that an entry of the legend takes
PNG = "data:image/png;base64,"
_COLUMN = 48.0  # mm of width that one needs

#: Heads of layers and entries below them, from top to bottom.
Column = list[dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """Where a sheet stands in a series: which of how many, and the number of its first page."""

    number: int
    of: int
    page: int


@dataclass(frozen=True)
class Order:
    """One map to print. `layers` lie as on the screen, the uppermost first, all above the `base`.

    ``over`` is SVG above them, in millimetres of the window, and ``over_legend`` what the legend says of it before all
    else, as blocks of `context`. ``notes`` are said below the map; ``place`` is given in a series. ``told`` is what the
    trail says of the projects that are shown.
    """

    sheet: Sheet
    frame: Frame
    title: str
    approval: str
    layers: Sequence[content.Wanted]
    base: Sequence[content.Wanted] = ()
    over: Sequence[str] = ()
    over_legend: Sequence[dict[str, Any]] = ()
    notes: Sequence[str] = ()
    place: Place | None = None
    legend_title: str = ""
    told: Mapping[str, Any] | None = None


def pdf(order: Order, *, by: User) -> bytes:
    """The sheet as a PDF; what doesn't fit into the legend beside the map follows on a second page."""
    return written(context(order, by))


def written(shown: dict[str, Any]) -> bytes:
    """A sheet's `context` as a PDF of ``1 + len(shown["pages"])`` pages."""
    from gis_projects import typesetting

    return typesetting.pdf(render_to_string("atlas/print.html", shown), _inside)


def _inside(url: str) -> tuple[bytes, str] | None:
    """Rasters stand in the page itself, as data."""
    return (base64.b64decode(url.removeprefix(PNG)), "image/png") if url.startswith(PNG) else None


def context(order: Order, by: User) -> dict[str, Any]:
    """Everything that the sheet's template prints."""
    drawn = [(wanted, content.draw(wanted, order.frame)) for wanted in order.layers]
    below = [content.draw(wanted, order.frame, look=BASE[wanted.version.layer.code]) for wanted in order.base]
    svg = drawing.svg(
        order.frame,
        [*(layer.svg for layer in below), *(layer.svg for _wanted, layer in reversed(drawn)), *order.over],
        [one for _wanted, layer in drawn for one in layer.patterns],
        title=order.title,
    )
    blocks: list[dict[str, Any]] = [
        *order.over_legend,
        *(_block(wanted, layer) for wanted, layer in drawn),
    ]
    width, height = order.sheet.size
    legend_width, legend_height = order.sheet.legend
    columns = 1 if order.sheet.landscape else int(legend_width // _COLUMN)
    beside, left = _fitted(blocks, columns, int((legend_height - 10) / _LINE))
    pages = []
    while left:
        page, left = _fitted(
            left, int((width - 2 * MARGIN) // _COLUMN), int((height - 2 * MARGIN - 14) / _LINE)
        )
        pages.append(page)
    notices = list(
        dict.fromkeys(word(w.version.layer.notice) for w in order.layers if w.version.layer.notice)
    )
    return {
        "title": order.title,
        "approval": order.approval,
        "map": mark_safe(svg),  # noqa: S308 - drawn by us; every text in it is escaped
        "sheet": order.sheet,
        "page_width": width,
        "page_height": height,
        "margin": MARGIN,
        "title_height": TITLE,
        "foot_height": FOOT,
        "gap": GAP,
        "map_width": order.frame.width + 2 * LABELS,
        "map_height": order.frame.height + 2 * LABELS,
        "body_height": height - 2 * MARGIN - TITLE - FOOT,
        "legend_width": legend_width,
        "legend_height": legend_height,
        "beside": beside,
        "pages": pages,
        "full_height": height - 2 * MARGIN - 1,
        "place": order.place,
        "legend_title": order.legend_title,
        "base": [wanted.version for wanted in order.base],
        "notes": [*order.notes, *(layer.note for _wanted, layer in drawn if layer.note)],
        "notices": notices,
        "crs": crs_label(order.frame.crs),
        "scale": f"1 : {order.frame.scale:,}",
        "turned": order.frame.turned,
        "printed_at": timezone.localtime(),
        "by": by.get_full_name() or by.get_username(),
    }


def _block(wanted: content.Wanted, layer: content.Drawn) -> dict[str, Any]:
    return {
        "name": wanted.version.layer_name,
        "version": wanted.version.number,
        "date": wanted.version.source_date,
        "entries": [{**entry, "swatch": mark_safe(entry["swatch"])} for entry in layer.legend],  # noqa: S308 - drawn by us
        "empty": not layer.svg,
    }


def _fitted(
    blocks: list[dict[str, Any]], columns: int, lines: int
) -> tuple[list[Column], list[dict[str, Any]]]:
    """The legend in columns of so many lines, and what is left over. A block that is cut has its head again."""
    made: list[Column] = []
    waiting = list(blocks)
    while waiting and len(made) < columns:
        column: Column = []
        while waiting and len(column) + min(2, 1 + len(waiting[0]["entries"])) <= lines:
            block = waiting.pop(0)
            entries = block["entries"]
            room = lines - len(column) - 1
            column.append({**block, "entries": None})
            column += entries[:room]
            if entries[room:]:
                waiting.insert(0, {**block, "entries": entries[room:], "again": True})
                break
        made.append(column)
    return made, waiting
