"""Random sites on random layers against a witness of its own: PostGIS on the uncut features as stored.

The witness shares nothing with the engine but the numbers in the database: areas come from the closed form of the
ellipsoid's zones, overlays from PostGIS, distances from a plane of the site's own, slopes from cell by cell.
"""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest
import rasterio
import shapely
from django.db import connection
from rasterio.transform import from_bounds

import layers.queries
from layers.loading import load_raster
from layers.models import Layer
from layers.rasters import media_path
from siting import checks
from siting.boundaries import from_drawing
from siting.engine.rules import Relation
from siting.engine.verdict import Outcome
from tests.factories import land

pytestmark = pytest.mark.django_db
SITES = 36
USE = "07"
RANDOM = np.random.default_rng(20260)
CENTRE = (109.85, 40.62)


def blob(centre, radius_m, vertices):
    """A star-shaped polygon around a place."""
    angles = np.sort(RANDOM.uniform(0, 2 * np.pi, vertices))
    reach = radius_m * RANDOM.uniform(0.5, 1.3, vertices)
    east, north = reach * np.cos(angles) / 84_500, reach * np.sin(angles) / 111_000
    return shapely.make_valid(shapely.Polygon(np.column_stack((centre[0] + east, centre[1] + north))))


def place(spread=0.03):
    return CENTRE[0] + RANDOM.uniform(-spread, spread), CENTRE[1] + RANDOM.uniform(
        -spread * 0.8, spread * 0.8
    )


def parcels(count, classes, prefix):
    """A gap-free coverage of the extent."""
    points = shapely.multipoints([place(0.05) for _ in range(count)])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=land.EXTENT))
    cells = [cell for cell in shapely.intersection(cells, land.EXTENT) if cell.area > 0]
    return [(f"{prefix}{i:04d}", str(RANDOM.choice(classes)), cell) for i, cell in enumerate(cells)]


def winding(vertices, classes):
    """A long band with far more vertices than one piece may have, bent so that its parts lie near each other."""
    along = np.linspace(0, 4 * np.pi, vertices)
    line = np.column_stack(
        (109.82 + 0.06 * along / along[-1], 40.62 + 0.015 * np.sin(along) + RANDOM.normal(0, 2e-5, vertices))
    )
    return [("W", classes, shapely.buffer(shapely.LineString(line), 0.0004, quad_segs=2))]


@pytest.fixture
def world(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    ring_of_red = shapely.difference(blob(place(), 2500, 500), blob(CENTRE, 300, 40))
    land.publish_land(
        tmp_path,
        {
            "DLTB": parcels(600, ["0101", "0103", "0307", "0404", "0701", "1104", "1203", "0602"], "P"),
            "GHFQ": parcels(60, ["01", "03", "07", "0701", "10", "12"], "Z"),
            "STBHHX": [("R1", "", ring_of_red), ("R2", "", blob(place(), 1500, 300))],
            "YJJBNT": [(f"Y{i}", "", blob(place(), 500, 30)) for i in range(25)],
            "LD": [(f"L{i}", "", blob(place(), 900, 20)) for i in range(20)],
            "ZRBHQ": [(f"N{i}", ["core", "general"][i % 2], blob(place(), 1500, 200)) for i in range(6)],
            "CZKFBJ": [("B1", "", blob(CENTRE, 3000, 150)), ("B2", "", blob(place(), 1500, 20))],
            "HHAX": winding(700, "main"),
            "GLYD": [(f"G{i}", "provincial", g) for i, (_, _, g) in enumerate(winding(300, ""))]
            + [("G9", "county", blob(place(), 200, 12))],
        },
    )
    path = tmp_path / "hills.tif"
    values = RANDOM.normal(22, 8, (160, 200)).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=160, count=1, dtype="float32", crs="EPSG:4490", nodata=-9999.0,
        transform=from_bounds(land.WEST - 0.01, land.SOUTH - 0.01, land.EAST + 0.01, land.NORTH + 0.01, 200, 160),
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    load_raster(Layer.objects.get(code="PD"), path)


def sites():
    dltb = list(stored("DLTB").values())
    for number in range(SITES):
        radius = 10 ** RANDOM.uniform(1.3, 3.2)
        kind = number % 6
        if kind == 0:
            yield blob(place(), radius, 40)
        elif kind == 1:
            yield shapely.difference(blob(place(0.01), radius * 2, 30), blob(place(0.01), radius, 9))
        elif kind == 2:
            yield shapely.union_all([blob(place(), radius, 12) for _ in range(3)])
        elif kind == 3:  # along the edges of parcels, exactly
            near = blob(place(), radius, 12)
            yield shapely.union_all([g for _, g in dltb if g.intersects(near)])
        elif kind == 4:  # a strip 5 cm to 5 m wide
            east, north = place()
            yield shapely.affinity.rotate(
                shapely.box(
                    east, north, east + radius / 80_000, north + 10 ** RANDOM.uniform(-1.3, 0.7) / 111_000
                ),
                RANDOM.uniform(0, 180),
            )
        else:
            yield blob(place(0.04), min(radius, 900), 300)


# --- the witness ------------------------------------------------------------------------------------------------
A, F = 6378137.0, 1 / 298.257222101
E2 = F * (2 - F)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(6)


def zone(latitude):
    """Area between the equator and a latitude per radian of longitude."""
    e, s = np.sqrt(E2), np.sin(latitude)
    return (A * (1 - F)) ** 2 / 2 * (s / (1 - E2 * s * s) + np.arctanh(e * s) / e)


def ring_area(ring):
    xy = np.radians(shapely.get_coordinates(ring))
    middle, half = (xy[1:, 1] + xy[:-1, 1]) / 2, np.diff(xy[:, 1]) / 2
    mean = sum(
        w / 2 * (zone(middle + x * half) - zone(xy[0, 1])) for x, w in zip(NODES, WEIGHTS, strict=True)
    )
    return abs(float(np.sum(np.diff(xy[:, 0]) * mean)))


def area(geometry):
    polygons = [p for p in shapely.get_parts(shapely.get_parts(geometry)) if p.geom_type == "Polygon"]
    return sum(ring_area(p.exterior) - sum(map(ring_area, p.interiors)) for p in polygons)


def rows(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def stored(code):
    """Every feature as published, whole: key → (class, geometry)."""
    found = rows(
        "SELECT key, class_code, ST_AsBinary(geom) FROM layers_feature f JOIN layers_layer l ON l.id = f.layer_id"
        " WHERE l.code = %s AND last_version IS NULL",
        code,
    )
    return {key: (class_code, shapely.from_wkb(bytes(wkb))) for key, class_code, wkb in found}


def shared_area(site, code, wanted):
    """m² of the site that any feature of a wanted class covers."""
    found = rows(
        "SELECT class_code, ST_AsBinary(ST_Intersection(geom, site)) FROM layers_feature f"
        " JOIN layers_layer l ON l.id = f.layer_id,"
        " (SELECT ST_SetSRID(ST_GeomFromWKB(%s), 4490) AS site) AS s"
        " WHERE l.code = %s AND last_version IS NULL AND ST_Intersects(geom, site)",
        shapely.to_wkb(site), code,
    )  # fmt: skip
    cut = [shapely.from_wkb(bytes(wkb)) for class_code, wkb in found if wanted(class_code)]
    cut = [shapely.to_wkb(g) for g in cut if g.area > 0]
    if not cut:
        return 0.0
    union = rows("SELECT ST_AsBinary(ST_Union(ST_GeomFromWKB(w))) FROM unnest(%s::bytea[]) AS w", cut)[0][0]
    return area(shapely.from_wkb(bytes(union)))


def near_area(site, code, distance_of):
    """m² of the site within the distance of each feature, in a plane that touches the ellipsoid at the site."""
    degrees = "+proj=longlat +ellps=GRS80"
    plane = f"+proj=tmerc +lat_0={site.centroid.y} +lon_0={site.centroid.x} +k=1 +ellps=GRS80 +units=m"
    pieces = []
    for class_code, geometry in stored(code).values():
        if (distance := distance_of(class_code)) is not None:
            pieces.append((shapely.to_wkb(geometry), distance))
    return float(
        rows(
            "SELECT ST_Area(ST_Intersection(ST_Transform(ST_GeomFromWKB(%s), %s, %s), ST_Union("
            " ST_Buffer(ST_Transform(ST_GeomFromWKB(w), %s, %s), d, 'quad_segs=48'))))"
            " FROM unnest(%s::bytea[], %s::float8[]) AS f (w, d)",
            shapely.to_wkb(site), degrees, plane, degrees, plane, [w for w, _ in pieces], [d for _, d in pieces],
        )[0][0] or 0.0
    )  # fmt: skip


def steep_share(site, threshold):
    """Cell by cell."""
    path = media_path(layers.queries.current(["PD"])["PD"].raster_path)
    with rasterio.open(path) as raster:
        values, transform = raster.read(1), raster.transform
    row, column = (axis.ravel() for axis in np.indices(values.shape))
    west, north = transform * (column, row)
    east, south = transform * (column + 1, row + 1)
    cells = shapely.box(west, south, east, north)
    met = shapely.intersects(cells, site)
    parts = np.array([area(part) for part in shapely.intersection(cells[met], site)])
    return float(parts[values.ravel()[met] > threshold].sum() / parts.sum())


def starts(prefixes):
    return lambda code: not prefixes or code.startswith(tuple(prefixes))


def expected(rule, site, total):
    """m² of the site that concern a rule, and by how much they may be off."""
    exact = 1e-6, 1e-3
    if rule.relation is Relation.RASTER_SHARE:
        # Fractions of cells are single precision.
        return steep_share(site, rule.raster_threshold) * total, (1e-5, 1e-6 * total)
    if rule.relation is Relation.WITHIN_DISTANCE:
        prefixes = sorted(rule.distances_m, key=len)
        chosen = lambda code: next(  # noqa: E731
            (rule.distances_m[p] for p in reversed(prefixes) if code.startswith(p)), None
        )
        # Two planes: the engine's is that of the 3° zone, whose scale here is off by 1.2e-4.
        slack = 2e-4 * max(rule.distances_m.values()) * shapely.length(site) * 111_000
        return near_area(site, rule.layer, chosen), (1e-3, slack + 1.0)
    if rule.relation is Relation.INSIDE:
        return total - shared_area(site, rule.layer, starts(rule.classes)), exact
    if rule.relation is Relation.COMPATIBLE_USE:
        fits = starts(rule.crosswalk[USE])
        return shared_area(site, rule.layer, lambda code: not fits(code)), exact
    return shared_area(site, rule.layer, starts(rule.classes)), exact


def test_every_rule_and_the_present_land_agree_with_postgis(world):
    seen = defaultdict(int)
    for number, polygon in enumerate(sites()):
        found = checks.run(from_drawing(json.loads(shapely.to_geojson(polygon))), facts={"intended_use": USE})
        site, boundary = found.boundary.geometry, found.boundary
        total = area(site)
        assert boundary.exact_area_m2 == pytest.approx(total, rel=1e-9, abs=1e-6)
        scale = boundary.area_m2 / total
        # Ground along shared edges narrower than 1 mm is contact, which the witness counts.
        contact = 1e-3 * boundary.perimeter_m if number % 6 == 3 else 0.0
        for result in found.results:
            rule = result.rule
            if result.outcome is Outcome.NOT_CHECKED:
                assert rule.relation is Relation.WITHIN_DISTANCE, (number, rule.code, str(result.reason))
                continue
            area_m2, (relative, absolute) = expected(rule, site, total)
            where = number, rule.code, result.raw_area_m2 / scale, area_m2
            assert result.raw_area_m2 / scale == pytest.approx(
                area_m2, rel=relative, abs=absolute + contact
            ), where
            assert (result.outcome is Outcome.HIT) == (result.area_m2 > 0), where
            if area_m2 > 1 + absolute + contact + 0.01 * boundary.perimeter_m:
                assert result.outcome is Outcome.HIT, where
                assert result.share == pytest.approx(area_m2 / total, rel=relative, abs=absolute / total), (
                    where
                )
            if result.geometry is not None:
                assert area(result.geometry) * scale == pytest.approx(
                    result.area_m2 or result.raw_area_m2, rel=1e-6, abs=1e-3
                ), where
            seen[rule.relation, result.outcome] += 1
        table = {row.code: row.area_m2 for row in found.land}
        assert sum(table.values()) == pytest.approx(boundary.area_m2, abs=0.006)
        for code in {code for code, _ in stored("DLTB").values()}:
            area_m2 = shared_area(site, "DLTB", lambda it, code=code: it == code) * scale
            assert table.get(code, 0.0) == pytest.approx(area_m2, rel=1e-6, abs=0.02 + contact), (
                number,
                code,
            )
    assert {relation for relation, outcome in seen if outcome is Outcome.HIT} == {
        rule.relation for rule in found.rulebook.rules
    }, seen
