"""Furniture stands on the ground and has the size of the real thing."""

import numpy as np
import pytest

from hondo.synthetic.worlds import furniture

HEIGHTS = {  # metres: at least, at most
    "chair": (0.7, 1.3),
    "table": (0.35, 1.9),
    "sofa": (0.6, 1.1),
    "bed": (0.6, 1.4),
    "cupboard": (0.7, 2.4),
    "stool": (0.4, 0.9),
    "floor_lamp": (1.2, 2.1),
    "person": (1.4, 2.1),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEIGHTS)
def test_stands_on_the_ground_in_its_true_size(extent_of, name: str, seed: int) -> None:
    low, high = extent_of(getattr(furniture, name), seed)
    smallest, largest = HEIGHTS[name]
    assert low[1] == pytest.approx(0, abs=0.1)
    assert smallest <= high[1] <= largest
    assert np.isfinite(high - low).all() and (high[[0, 2]] - low[[0, 2]] <= 2.5).all()
