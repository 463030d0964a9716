import numpy as np
import pytest

from siting.engine.terrain import share_over


def test_cells_above_the_threshold_count_by_their_fraction():
    values = np.array([[10, 30], [25, 26]])
    fractions = np.array([[1, 0.5], [1, 0.25]])
    assert share_over(values, fractions, 25) == pytest.approx(0.75 / 2.75)


def test_cells_of_different_size_count_by_their_area():
    assert share_over([30, 10], [1, 1], 25, cell_areas=[1, 3]) == pytest.approx(0.25)


def test_a_polygon_without_data_has_no_share():
    assert share_over([np.nan, 30], [1, 1], 25) is None
    assert share_over([-9999, 30], [0.5, 1], 25, nodata=-9999) is None
    assert share_over([], [], 25) is None
    assert share_over([np.nan, 30], [0.005, 1], 25) == 1.0


def test_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match="shape"):
        share_over([1, 2], [1], 25)
    with pytest.raises(ValueError, match="fraction"):
        share_over([1, 2], [1, 2], 25)
