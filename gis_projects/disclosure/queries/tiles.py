"""Vector tiles of the disclosed projects, small enough for a phone, whatever lies in them.

A tile has two layers. ``marks``: the projects whose symbol stands in the tile, gathered by the cells of a grid that
lies fast on it; every project stands in one cell of one tile at every zoom, so counts add up and nothing lies in a
buffer. ``shapes``: public outlines, from `SHAPES_FROM` on, the largest ones first. Tiles are meant to be drawn
512 pixels wide.
"""

from __future__ import annotations

import gzip
import math

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BinaryField, F, Func

from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import RADIUS, Selection, selected
from gis_projects.library.terms import ProjectKind

MIN_ZOOM, MAX_ZOOM = 0, 17
SHAPES_FROM = 11
MOST_BYTES = 100 * 1024  # of a tile, compressed
_MOST_SHAPES = 400
_WORLD = 2 * math.pi * RADIUS
_FIELDS = ("slug", "name", "kinds", "region_name", "stage", "planned_yuan", "completed_yuan")

# A cell of one project says which; of several, how many there are of each kind and how far apart they lie (metres
# of Web Mercator).
_MARKS = """
cells AS (
    SELECT count(*) AS n, avg(ST_X(mark)) AS x, avg(ST_Y(mark)) AS y,
           {kinds},
           greatest(max(ST_X(mark)) - min(ST_X(mark)), max(ST_Y(mark)) - min(ST_Y(mark))) AS span,
           min(slug) AS slug, min(name) AS name, min(region_name) AS region, min(stage) AS stage,
           min(planned_yuan)::float8 AS planned_yuan, min(completed_yuan)::float8 AS completed_yuan
    FROM found
    WHERE ST_X(mark) >= %(w)s AND ST_X(mark) < %(e)s AND ST_Y(mark) > %(s)s AND ST_Y(mark) <= %(n)s
    GROUP BY floor((ST_X(mark) - %(w)s) / %(cell)s), floor((%(n)s - ST_Y(mark)) / %(cell)s)),
marks AS (
    SELECT n::int, {names}, CASE WHEN n > 1 THEN ceil(span)::int END AS span,
           CASE WHEN n = 1 THEN slug END AS slug, CASE WHEN n = 1 THEN name END AS name,
           CASE WHEN n = 1 THEN region END AS region, CASE WHEN n = 1 THEN stage END AS stage,
           CASE WHEN n = 1 THEN planned_yuan END AS planned_yuan,
           CASE WHEN n = 1 THEN completed_yuan END AS completed_yuan,
           ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(x, y), 3857), {box}, 4096, 0, false) AS geom
    FROM cells)
"""
# Nothing is drawn that a symbol would cover anyway; what is drawn has no more detail than the screen.
_SHAPES = """
large AS (
    SELECT slug, kinds, shape FROM found
    WHERE ST_Dimension(shape) > 0
      AND greatest(ST_XMax(shape) - ST_XMin(shape), ST_YMax(shape) - ST_YMin(shape)) > 4 * %(pixel)s
    ORDER BY ST_Area(ST_Envelope(shape)) DESC, slug LIMIT %(shapes)s),
shapes AS (
    SELECT slug, {first_kind} AS kind,
           ST_AsMVTGeom(ST_Transform(ST_Simplify(shape, %(pixel)s / 2, true), 3857), {box}, 2048, 64, true) AS geom
    FROM large)
"""
_BOX = "ST_MakeEnvelope(%(w)s, %(s)s, %(e)s, %(n)s, 3857)"


def exists(z: int, x: int, y: int) -> bool:
    return MIN_ZOOM <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def tile(z: int, x: int, y: int, selection: Selection) -> bytes:
    """One tile's bytes, empty where nothing lies in it; compressed at most `MOST_BYTES`.

    Where it would be more, marks are gathered by larger cells and fewer shapes are drawn.
    """
    across, shapes = (8 if z <= 12 else 16 if z <= 14 else 32), _MOST_SHAPES if z >= SHAPES_FROM else 0
    while True:
        body = _cut(z, x, y, selection, across, shapes)
        if len(body) <= MOST_BYTES or len(gzip.compress(body, 6)) <= MOST_BYTES:
            return body
        across, shapes = max(across // 2, 4), shapes // 2


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north in metres of Web Mercator; neighbours share theirs to the last bit."""
    size = _WORLD / 2**z
    half = _WORLD / 2
    return x * size - half, half - (y + 1) * size, (x + 1) * size - half, half - y * size


def _cut(z: int, x: int, y: int, selection: Selection, across: int, shapes: int) -> bytes:
    west, south, east, north = bounds(z, x, y)
    size = east - west
    margin = size / 32
    left, right = (math.degrees(value / RADIUS) for value in (west - margin, east + margin))
    # A symbol stands within the box of its project's geometry, so the one index on it finds marks and shapes.
    box = Polygon.from_bbox((left, _latitude(south - margin), right, _latitude(north + margin)))
    box.srid = 4490
    found = (
        selected(selection)
        .filter(geometry__bboverlaps=box)
        .order_by()
        .annotate(at=_bare("mark"), drawn=_bare("geometry"))
        .values_list(*_FIELDS, "at", "drawn")
    )
    try:
        inner, values = found.query.sql_with_params()
    except EmptyResultSet:
        return b""
    named = {f"p{index}": value for index, value in enumerate(values)}
    first, *rest = inner.split("%s")
    inner = first + "".join(f"%({name})s{part}" for name, part in zip(named, rest, strict=True))
    kinds = ProjectKind.values
    first_kind = "".join(f" WHEN kinds @> ARRAY['{kind}']::varchar[] THEN '{kind}'" for kind in kinds)
    marks = _MARKS.format(
        kinds=", ".join(
            f"count(*) FILTER (WHERE kinds @> ARRAY['{kind}']::varchar[]) AS k_{kind}" for kind in kinds
        ),
        names=", ".join(f'nullif(k_{kind}, 0)::int AS "{kind}"' for kind in kinds),
        box=_BOX,
    )
    outlines = _SHAPES.format(box=_BOX, first_kind=f"CASE{first_kind} END") if shapes else ""
    tail = " || coalesce((SELECT ST_AsMVT(shapes, 'shapes', 2048, 'geom') FROM shapes WHERE geom IS NOT NULL), '')"
    statement = (
        f"WITH found ({', '.join(_FIELDS)}, mark, shape) AS ({inner}), {marks}{', ' if outlines else ''}{outlines} "
        f"SELECT coalesce((SELECT ST_AsMVT(marks, 'marks', 4096, 'geom') FROM marks), ''){tail if outlines else ''}"
    )
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(
            statement,
            named
            | {"w": west, "s": south, "e": east, "n": north, "cell": size / across, "shapes": shapes}
            | {"pixel": math.degrees(size / RADIUS) / 512},
        )
        return bytes(cursor.fetchone()[0])


def _bare(name: str) -> Func:
    """The column as it is; GeoDjango would turn a geometry into the bytes of its EWKB."""
    return Func(F(name), template="%(expressions)s", output_field=BinaryField())


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y / RADIUS)) - math.pi / 2)
