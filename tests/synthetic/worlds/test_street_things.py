"""What stands in streets and fields reaches the ground and has the size of the real thing."""

import numpy as np
import pytest

from hondo.synthetic.worlds import street_things

HEIGHTS = {  # metres: at least, at most
    "tree": (3, 18),
    "hedge": (0.7, 2.5),
    "pole": (2.2, 9.5),
    "fence": (0.7, 2.2),
    "wall": (0.5, 3),
    "guard_rail": (0.75, 0.85),
    "bench": (0.9, 1.0),
    "cabinet": (0.6, 2.2),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEIGHTS)
def test_stands_on_the_ground_in_its_true_size(extent_of, name: str, seed: int) -> None:
    low, high = extent_of(getattr(street_things, name), seed)
    smallest, largest = HEIGHTS[name]
    assert low[1] == pytest.approx(0, abs=1e-3)
    assert smallest <= high[1] <= largest
    assert np.isfinite(high - low).all() and (high[[0, 2]] - low[[0, 2]] <= 30).all()


def test_a_bridge_leaves_room_below_and_crosses_the_road(extent_of) -> None:
    low, high = extent_of(lambda b: street_things.bridge(b, span=10))
    assert low[1] == pytest.approx(0, abs=0.2) and high[1] > 4.8 and high[0] - low[0] > 20
