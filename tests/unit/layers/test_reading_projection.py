"""Declared coordinates become degrees once: true to a millimetre, the same whatever else is in the file, bounded."""

import numpy as np
import pyproj
import pytest
import shapely

from layers.notices import UnreadableFile
from layers.projection import to_degrees

ZONE = pyproj.CRS(4525)
PARCEL = shapely.box(37_400_000, 4_500_000, 37_401_000, 4_500_700)


def array(*shapes):
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def test_points_do_not_depend_on_what_else_is_in_the_file():
    far = shapely.box(37_900_000, 1_000_000, 37_990_000, 1_900_000)
    alone = to_degrees(array(PARCEL), ZONE)[0]
    assert to_degrees(array(far, PARCEL), ZONE)[1].equals_exact(alone, 0)
    assert shapely.get_num_coordinates(alone) > 30


@pytest.mark.parametrize(
    "shape",
    [
        PARCEL,
        PARCEL.difference(shapely.box(37_400_200, 4_500_200, 37_400_300, 4_500_300)),
        shapely.MultiPolygon([PARCEL, shapely.box(37_402_000, 4_500_000, 37_402_100, 4_500_100)]),
        shapely.LineString([(37_400_000, 4_500_000), (37_400_500, 4_500_100)]),
        shapely.MultiLineString([[(37_400_000, 4_500_000), (37_400_500, 4_500_100)]]),
        shapely.Point(37_400_000, 4_500_000),
        shapely.MultiPoint([(37_400_000, 4_500_000), (37_400_001, 4_500_000)]),
        shapely.GeometryCollection([PARCEL, shapely.Point(37_400_000, 4_500_000)]),
        shapely.force_3d(PARCEL, 9.0),
    ],
    ids=lambda shape: shape.geom_type,
)
def test_shapes_of_every_kind_keep_their_kind_and_place(shape):
    [made] = to_degrees(array(shape), ZONE)
    assert made.geom_type == shape.geom_type
    assert not made.has_z
    back = pyproj.Transformer.from_crs(4490, 4525, always_xy=True)
    returned = shapely.transform(made, back.transform, interleaved=False)
    assert shapely.hausdorff_distance(shapely.force_2d(shape), returned) < 0.001


def test_shapes_of_all_kinds_together_stay_in_their_order():
    shapes = array(PARCEL, None, shapely.Point(37_400_000, 4_500_000), shapely.Polygon(),
                   shapely.MultiPolygon([PARCEL]), PARCEL)  # fmt: skip
    made = to_degrees(shapes, ZONE)
    assert made[1] is None
    assert [shape.geom_type for shape in made[2:]] == ["Point", "Polygon", "MultiPolygon", "Polygon"]
    assert made[3].is_empty
    assert made[0].equals_exact(made[5], 0)
    assert made[4].geoms[0].equals_exact(made[0], 0)


@pytest.mark.parametrize(
    "wild",
    [
        shapely.Polygon([(np.inf, 0), (1, 1), (1, 0), (np.inf, 0)]),
        shapely.box(1e12, 1e12, 2e12, 2e12),
        shapely.LineString([(0, 0), (9e7, 9e7)] * 3),
    ],
    ids=["no number", "beyond the earth", "endless"],
)
def test_a_wild_shape_stays_as_it_is_and_harms_no_other(wild):
    """An edge of a million kilometres has thousands of millions of points on the grid."""
    made = to_degrees(array(wild, PARCEL), ZONE)
    assert made[1].equals_exact(to_degrees(array(PARCEL), ZONE)[0], 0)
    assert np.array_equal(shapely.get_coordinates(made[0]), shapely.get_coordinates(wild), equal_nan=True)
    with pytest.raises(UnreadableFile):
        to_degrees(array(wild), ZONE)


def test_many_long_shapes_are_split_in_parts(monkeypatch):
    shapes = array(*(shapely.box(37_400_000 + k, 4_500_000, 37_450_000 + k, 4_550_000) for k in range(8)))
    whole = to_degrees(shapes, ZONE)
    monkeypatch.setattr("layers.projection._MOST_SPLITS", 3_000)
    assert shapely.equals_exact(to_degrees(shapes, ZONE), whole, 0).all()
