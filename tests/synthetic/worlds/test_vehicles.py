"""Vehicles stand on the road and have the sizes of real ones."""

import numpy as np
import pytest

from hondo.synthetic.worlds import vehicles

HEIGHTS = {  # metres: at least, at most
    "car": (1.3, 1.9),
    "van": (1.9, 2.5),
    "truck": (2.6, 4.0),
    "bus": (2.8, 4.2),
    "two_wheeler": (0.7, 2.4),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEIGHTS)
def test_stands_on_the_ground_in_its_true_size(extent_of, name: str, seed: int) -> None:
    low, high = extent_of(getattr(vehicles, name), seed)
    smallest, largest = HEIGHTS[name]
    assert low[1] == pytest.approx(0, abs=1e-3)
    assert smallest <= high[1] <= largest
    assert np.isfinite(high - low).all() and (high[[0, 2]] - low[[0, 2]] <= 13).all()


def test_vehicles_point_along_the_road(extent_of) -> None:
    low, high = extent_of(vehicles.car)
    assert high[2] - low[2] > 1.5 * (high[0] - low[0])
