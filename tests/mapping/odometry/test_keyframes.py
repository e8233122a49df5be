"""The window loses its oldest keyframe and some points, and everything else stays where it was."""

import numpy as np

from hondo.mapping.odometry.keyframes import NOWHERE, empty_window, only_points, with_keyframe, without_oldest
from tests.mapping.odometry.test_bundle import KEYFRAMES, window


def test_points_stay_where_they_are_when_their_keyframe_leaves() -> None:
    before = window()
    after = without_oldest(before)
    assert len(after.poses) == KEYFRAMES - 1 and (after.anchor >= 0).all() and after.seen.keyframe.min() == 0
    np.testing.assert_allclose(after.points(), before.points(), atol=1e-9)
    np.testing.assert_array_equal(np.isfinite(after.kept_inverse), before.anchor == 0)


def test_only_some_points_keep_their_observations() -> None:
    before = window()
    chosen = np.arange(len(before.ray)) % 3 == 0
    after, number = only_points(before, chosen)
    np.testing.assert_array_equal(after.points(), before.points()[chosen])
    assert (number[~chosen] == NOWHERE).all() and number[chosen].tolist() == list(range(chosen.sum()))
    assert len(after.seen.point) == chosen[before.seen.point].sum() and (np.diff(after.seen.point) >= 0).all()


def test_new_points_start_at_the_models_depth_times_the_scale() -> None:
    rays, none = np.zeros((2, 2)), np.zeros(0, int)
    first = with_keyframe(
        empty_window(), np.eye(4), log_scale=np.log(2.0), point=none, ray=np.zeros((0, 2)), log_depth=np.zeros(0),
        new_ray=rays, new_log_depth=np.array([np.log(3.0), np.nan]),
    )  # fmt: skip
    np.testing.assert_allclose(first.points(), [[0, 0, 6], [0, 0, 6]])  # unknown: the middle of the others
