"""Small objects stand on the table and have the sizes of real ones."""

import numpy as np
import pytest

from hondo.synthetic.worlds import tabletop

HEIGHTS = {  # metres: at least, at most
    "cup": (0.05, 0.15),
    "bottle": (0.15, 0.4),
    "books": (0.01, 0.4),
    "paper": (0.0, 0.01),
    "ball": (0.03, 0.3),
    "screen": (0.3, 0.7),
    "laptop": (0.15, 0.35),
    "desk_lamp": (0.3, 0.7),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEIGHTS)
def test_stands_on_the_ground_in_its_true_size(extent_of, name: str, seed: int) -> None:
    low, high = extent_of(getattr(tabletop, name), seed)
    smallest, largest = HEIGHTS[name]
    assert low[1] == pytest.approx(0, abs=1e-3)
    assert smallest <= high[1] <= largest
    assert np.isfinite(high - low).all() and (high[[0, 2]] - low[[0, 2]] <= 1).all()
