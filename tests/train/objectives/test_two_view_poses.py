"""The frames whose camera path is estimated together."""

import numpy as np

from hondo.core.types import DepthKind, DepthMap
from hondo.train.objectives.two_view_poses import linked_frames, unscaled_depth


def test_frames_are_cut_where_no_target_and_source_lie_on_both_sides():
    assert linked_frames(range(1, 5), (-1, 1)) == [[0, 1, 2, 3, 4, 5]]
    assert linked_frames([1, 11, 12], (-1, 1)) == [[0, 1, 2], [10, 11, 12, 13]]
    assert linked_frames([5, 20], (-3,)) == [[2, 5], [17, 20]]
    assert linked_frames([0, 1], (4,)) == [[0, 1, 4, 5]]
    assert linked_frames([0, 10], ()) == [[0], [10]]


def test_inverse_depth_is_inverted_and_zero_is_infinitely_far() -> None:
    values = np.array([[2.0, 0.0, np.nan]], np.float32)
    inverse = DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH)
    np.testing.assert_array_equal(unscaled_depth(inverse), [[0.5, np.inf, np.nan]])
    np.testing.assert_array_equal(unscaled_depth(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH)), values)
