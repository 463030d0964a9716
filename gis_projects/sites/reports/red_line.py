"""建设用地红线图: the boundary alone, to scale, with frame, grid, point numbers and 坐标成果表."""

from __future__ import annotations

from typing import Literal

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

import layers.queries
from gis_projects.people.models import User
from gis_projects.sentences import crs_label
from gis_projects.sites import presenting
from gis_projects.sites.reports import maps, paper
from gis_projects.sites.reports.compliance import coordinate_plots
from gis_projects.sites.withholding import readable
from siting.boundaries import declared_from_json
from siting.checks import PRESENT_LAND_LAYER
from siting.formats import coordinate_table
from siting.models import SiteVersion
from siting.versions import stored

Paper = Literal["A4", "A3"]
#: The map's size on each paper, 1/10 mm; the rest of the sheet (landscape) is for the column beside it.
MAPS: dict[Paper, tuple[int, int]] = {"A4": (1900, 1680), "A3": (2900, 2500)}
#: Rows of the table of points that stand beside the map; a longer one follows on its own pages.
BESIDE: dict[Paper, int] = {"A4": 12, "A3": 28}


def pdf(version: SiteVersion, *, reader: User, sheet: Paper = "A4") -> bytes:
    """Return the map of one boundary version, landscape, with the land around it where the reader may read that."""
    boundary = stored(version)
    land = layers.queries.current(sorted(readable(reader, {PRESENT_LAND_LAYER})))
    read = presenting.layers_of(land)
    notices = presenting.notices_of(read)
    width, height = MAPS[sheet]
    drawn = maps.site_map(
        boundary,
        [],
        versions=land,
        read=read,
        title=gettext("建设用地红线图"),
        notices=notices,
        size=(width, height),
        crosses=True,
    )
    table = coordinate_table.in_plane(declared_from_json(version.declared))
    plots = coordinate_plots(table)
    rows = sum(len(plot["rows"]) for plot in plots)
    return paper.pdf(
        render_to_string(
            "sites/red_line.html",
            {
                "project": version.site.project,
                "site_version": version,
                "areas": presenting.areas(boundary),
                "map": mark_safe(drawn.svg),  # noqa: S308 - drawn by us; every text in it is escaped
                "map_width": width / 10,
                "map_height": height / 10,
                "sheet": sheet,
                "scale": drawn.scale,
                "crs": crs_label(table.crs),
                "land_key": drawn.land_key,
                "plots": plots,
                "points": sum(len(ring.numbers) for plot in table.plots for ring in plot.rings),
                "beside": rows + len(plots) <= BESIDE[sheet],
                "notices": notices,
                "today": timezone.localdate(),
            },
        )
    )
