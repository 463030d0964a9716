"""The table of boundary points of a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.crs import DeclaredCrs
from siting.formats import coordinate_table, coordinate_text
from siting.formats.coordinate_table import PointRow

SAMPLES = Path(__file__).parents[3] / "samples" / "coordinate_text"


def test_rows_carry_northing_easting_and_the_edge_to_the_next_point() -> None:
    declared = coordinate_text.read((SAMPLES / "utf8.txt").read_bytes())
    [rows] = coordinate_table.rows(declared)
    assert rows == (
        PointRow("J1", 4500000.125, 37401000.5, 100.0, "1"),
        PointRow("J2", 4500000.125, 37401100.5, 76.5, "1"),
        PointRow("J3", 4499923.625, 37401100.5, 100.0, "1"),
        PointRow("J4", 4499923.625, 37401000.5, 76.5, "1"),
        PointRow("J1", 4500000.125, 37401000.5, None, "1", "闭合"),
    )


def test_plots_and_rings_keep_their_numbers() -> None:
    declared = coordinate_text.read((SAMPLES / "multi_plot.txt").read_bytes())
    assert [len(rows) for rows in coordinate_table.rows(declared)] == [5, 5]
    declared = coordinate_text.read((SAMPLES / "hole_numbering_runs_on.txt").read_bytes())
    [rows] = coordinate_table.rows(declared)
    assert [(row.number, row.ring) for row in rows][4:7] == [("J1", "1"), ("J5", "2"), ("J6", "2")]


@pytest.mark.parametrize(("longitude", "epsg"), [(109.4, 4524), (109.6, 4525)])
def test_degrees_are_put_into_the_sites_own_zone(longitude: float, epsg: int) -> None:
    xy = np.array([[longitude, 40.6], [longitude + 0.001, 40.6], [longitude + 0.001, 40.601]])
    plot = Plot((Ring(("J1", "J2", "J3"), xy, "1"),), {})
    declared = DeclaredBoundary((plot,), DeclaredCrs(4490), {}, "drawing")
    assert coordinate_table.in_plane(declared).crs == DeclaredCrs(epsg)
    [rows] = coordinate_table.rows(declared)
    assert int(rows[0].y // 1e6) == DeclaredCrs(epsg).zone
    assert 4_400_000 < rows[0].x < 4_600_000
    assert rows[0].edge_m == pytest.approx(84.65, abs=0.1)
